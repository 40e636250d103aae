"""What a server's admins are told without having asked: trouble, once, and that Heatline has come."""

from collections.abc import Sequence

from bot.cards import limits, texts
from bot.cards.texts import count, listed
from bot.models import Subscription
from bot.store.notices import DROPPED, Notice

HERE = "Heatline is here. Try {command}. It posts nothing until you do."


def notice_line(notice: Notice, about: Sequence[Subscription]) -> str:
    """Return what is said of trouble; `about` are the paused subscriptions of the channel."""
    channel = f"<#{notice.channel_id}>"
    if notice.because == DROPPED:
        number = int(notice.detail[0]) if notice.detail else 1
        were = "was" if number == 1 else "were"
        return f"{count(number, 'message')} for {channel} had waited too long and {were} dropped."
    news = texts.about(about[0].terms) if len(about) == 1 else "the news"
    if notice.because == "gone":
        return (
            f"I can't find {channel} any more, so {news} there is paused. "
            "Your set-up is kept and resumes by itself if the channel comes back."
        )
    missing = f" Missing: {listed(notice.detail)}." if notice.detail else ""
    return f"I lost access to {channel}, so {news} there is paused. Your set-up is kept and resumes by itself.{missing}"


def notices_text(lines: Sequence[str]) -> tuple[str, int]:
    """Return the lines as one message, and how many of them fit it."""
    fitting = len(lines)
    while len("\n".join(lines[:fitting])) > limits.CONTENT:
        fitting -= 1
    return "\n".join(lines[:fitting]), fitting
