"""Which stories make a short briefing: the hottest, but not all of one publisher or one topic."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SIZES = (3, 5, 7)
"""Stories in a short briefing. Five are read in half a minute; more is a list, and lists there are."""

PUBLISHER_CAP = 2
"""Stories of one publisher in a briefing: one publisher has four fifths of a real feed."""


@dataclass(frozen=True, slots=True)
class Story:
    """What choosing needs to know of a story: its best article's key, and its folded names."""

    key: str
    provider: str
    topics: frozenset[str]


def choose_stories(hottest_first: Sequence[Story], size: int, topic: str | None = None) -> list[str]:
    """Return the keys of up to `size` stories in their order: at most two of a publisher, a fair share per topic.

    A topic's share is half of the places, rounded up; where shares leave places free, the hottest of the rest fill
    them. The topic that was asked for has no share: all are of it. Where all stories are of one publisher, all may be.
    """
    share = -(-size // 2)
    cap = PUBLISHER_CAP if len({story.provider for story in hottest_first}) > 1 else size
    chosen: set[str] = set()
    of_provider: Counter[str] = Counter()
    of_topic: Counter[str] = Counter()

    def has_share(story: Story) -> bool:
        others = story.topics - {topic}
        return not others or any(of_topic[name] < share for name in others)

    for shared in (True, False):
        for story in hottest_first:
            if len(chosen) == size:
                break
            if story.key in chosen or of_provider[story.provider] >= cap or (shared and not has_share(story)):
                continue
            chosen.add(story.key)
            of_provider[story.provider] += 1
            of_topic.update(story.topics - {topic})
    return [story.key for story in hottest_first if story.key in chosen]
