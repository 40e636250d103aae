"""The help."""

from collections.abc import Callable

from discord import ui

from bot.cards.layout import Layout, separator

_READING = (
    ("brief", "the short briefing, half a minute to read"),
    ("news top", "the hottest stories"),
    ("news latest", "the newest first"),
    ("news topic", "one topic, or all of them"),
    ("news provider", "one publisher, or all of them"),
    ("news search", "find words in headlines and summaries"),
    ("news story", "one story in full, and who covers it"),
    ("trends", "how much news there was, by day and topic"),
    ("saved", "the stories that you saved"),
    ("privacy", "what is stored about you, export, delete"),
)
_MANAGING = (
    ("subscribe", "send news to a channel"),
    ("subscriptions list", "see, pause or remove what is sent here"),
    ("subscriptions edit", "change what is sent, when, and how it looks"),
    ("subscriptions explain", "why a story was posted, or why not"),
    ("settings", "time zone, notices, sharing, what is blocked"),
)
_HOSTING = (
    ("admin reload", "read the news folder now"),
    ("admin status", "whether all is well"),
    ("admin deliveries", "what was sent in all servers, what waits, what failed"),
    ("admin problems", "what is wrong with news files"),
    ("admin hide", "take an article out of everything"),
    ("admin pause", "stop all sending"),
    ("admin resume", "send again"),
)


def help_layout(mention: Callable[[str], str], *, manages: bool, hosts: bool) -> ui.LayoutView:
    """Return the commands that a person may use, so that they can be clicked."""

    def section(title: str, commands: tuple[tuple[str, str], ...]) -> ui.TextDisplay[ui.LayoutView]:
        return ui.TextDisplay("\n".join([f"**{title}**", *(f"{mention(name)} {what}" for name, what in commands)]))

    pieces: list[ui.Item[ui.LayoutView]] = [
        ui.TextDisplay("### Heatline\nNews briefings in Discord. What you ask for, only you see, until you share it."),
        separator(),
        section("Read", _READING),
    ]
    if manages:
        pieces += [separator(visible=False), section("Send news to this server", _MANAGING)]
    if hosts:
        pieces += [separator(visible=False), section("Host", _HOSTING)]
    pieces += [separator(), ui.TextDisplay("-# Which news there is, is the choice of whoever hosts this bot.")]
    return Layout(*pieces)
