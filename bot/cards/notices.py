"""What a server's admins are told without having asked: trouble, once, and that Heatline has come."""

from collections.abc import Sequence

from bot.cards import limits, order_texts, texts
from bot.cards.language import N_, _, ngettext
from bot.models import Subscription
from bot.store.notices import DROPPED, Notice

HERE = N_("Heatline is here. Try {command}. It posts nothing until you do.")


def notice_line(notice: Notice, about: Sequence[Subscription]) -> str:
    """Return what is said of trouble; `about` are the paused subscriptions of the channel."""
    channel = f"<#{notice.channel_id}>"
    if notice.because == DROPPED:
        return ngettext(
            "{number} message for {channel} had waited too long and was dropped.",
            "{number} messages for {channel} had waited too long and were dropped.",
            int(notice.detail[0]) if notice.detail else 1,
            channel=channel,
        )
    news = texts.about(about[0].terms) if len(about) == 1 else _("the news")
    if notice.because == "gone":
        return _(
            "I can't find {channel} any more, so {news} there is paused. "
            "Your set-up is kept and resumes by itself if the channel comes back.",
            channel=channel,
            news=news,
        )
    lost = _(
        "I lost access to {channel}, so {news} there is paused. Your set-up is kept and resumes by itself.",
        channel=channel,
        news=news,
    )
    if not notice.detail:
        return lost
    missing = _("Missing: {permissions}.", permissions=texts.listed(order_texts.permissions(notice.detail)))
    return f"{lost} {missing}"


def notices_text(lines: Sequence[str]) -> tuple[str, int]:
    """Return the lines as one message, and how many of them fit it."""
    fitting = len(lines)
    while len("\n".join(lines[:fitting])) > limits.CONTENT:
        fitting -= 1
    return "\n".join(lines[:fitting]), fitting
