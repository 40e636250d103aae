"""The real program with news to deliver, as the tests of what goes wrong around it use it."""

from collections import Counter
from collections.abc import Sequence

from tests.audit import audit, outbox
from tests.delivery.newsroom import Newsroom
from tests.loopback import Channel, Loopback, Program

CREATE = "/channels/*/messages"
LONG = 60.0


def run(loopback: Loopback, room: Newsroom, **settings: str) -> Program:
    """Return the program, not yet started."""
    settings = {"CORPUS_DIR": str(room.corpus), "PUSH_SPACING_MINUTES": "0"} | settings
    return Program(loopback, room.corpus.parent, settings=settings)


def subscribed(loopback: Loopback, room: Newsroom, number: int) -> list[Channel]:
    """Return new channels that get everything."""
    channels = [loopback.world.add_channel(loopback.guild, f"c{n}") for n in range(number)]
    for channel in channels:
        room.subscribe(channel.id)
    return channels


def queue(room: Newsroom, *names: str) -> None:
    """Publish articles, and queue each as a message of its own."""
    for name in names:
        room.write(name)
        room.round()


def states(room: Newsroom) -> Counter[str]:
    """Return the outbox's states."""
    return Counter(each.state for each in outbox(room.settings.database))


def open_messages(room: Newsroom) -> int:
    """Return how many messages are not sent yet."""
    return states(room)["pending"] + states(room)["sending"]


def asked(loopback: Loopback, channel: Channel) -> int:
    """Return how often the program tried to post to the channel."""
    path = f"/channels/{channel.id}/messages"
    return sum((request.method, request.path) == ("POST", path) for request in loopback.requests)


def busiest_second(times: Sequence[float]) -> int:
    """Return how many fell into the busiest second."""
    return max(sum(start <= at < start + 1 for at in times) for start in times)


def all_well(loopback: Loopback, room: Newsroom) -> None:
    """Everything that was queued arrived once, where it belongs and in order."""
    books = audit(outbox(room.settings.database), loopback)
    assert (books.lost, books.twice, books.astray, books.disordered, books.uncertain) == (0, 0, 0, 0, 0)
