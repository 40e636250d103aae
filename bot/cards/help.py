"""The help."""

from collections.abc import Callable

from discord import ui

from bot.cards.language import N_, _, pgettext
from bot.cards.layout import Layout, separator

_READING = (
    ("brief", N_("the short briefing, half a minute to read")),
    ("news top", N_("the hottest stories")),
    ("news latest", N_("the newest first")),
    ("news topic", N_("one topic, or all of them")),
    ("news provider", N_("one publisher, or all of them")),
    ("news search", N_("find words in headlines and summaries")),
    ("news story", N_("one story in full, and who covers it")),
    ("trends", N_("how much news there was, by day and topic")),
    ("saved", N_("the stories that you saved")),
    ("privacy", N_("what is stored about you, export, delete")),
)
_MANAGING = (
    ("subscribe", N_("send news to a channel")),
    ("subscriptions list", N_("see, pause or remove what is sent here")),
    ("subscriptions edit", N_("change what is sent, when, and how it looks")),
    ("subscriptions explain", N_("why a story was posted, or why not")),
    ("settings", N_("time zone, notices, sharing, what is blocked")),
)
_HOSTING = (
    ("admin reload", N_("read the news folder now")),
    ("admin status", N_("whether all is well")),
    ("admin deliveries", N_("what was sent in all servers, what waits, what failed")),
    ("admin problems", N_("what is wrong with news files")),
    ("admin hide", N_("take an article out of everything")),
    ("admin pause", N_("stop all sending")),
    ("admin resume", N_("send again")),
)


def help_layout(mention: Callable[[str], str], *, manages: bool, hosts: bool) -> ui.LayoutView:
    """Return the commands that a person may use, so that they can be clicked."""

    def section(title: str, commands: tuple[tuple[str, str], ...]) -> ui.TextDisplay[ui.LayoutView]:
        return ui.TextDisplay("\n".join([f"**{title}**", *(f"{mention(name)} {_(what)}" for name, what in commands)]))

    pieces: list[ui.Item[ui.LayoutView]] = [
        ui.TextDisplay(
            "### Heatline\n" + _("News briefings in Discord. What you ask for, only you see, until you share it.")
        ),
        separator(),
        section(_("Read"), _READING),
        ui.TextDisplay(
            _(
                "Right-click a message with a link (on a phone: hold it), then Apps: **{find}** shows who reports it, "
                "**{save}** keeps it for you.",
                find=pgettext("name of a command or an option", "Find coverage"),
                save=pgettext("name of a command or an option", "Save story"),
            )
        ),
    ]
    if manages:
        pieces += [separator(visible=False), section(_("Send news to this server"), _MANAGING)]
    if hosts:
        pieces += [separator(visible=False), section(_("Host"), _HOSTING)]
    pieces += [separator(), ui.TextDisplay("-# " + _("Which news there is, is the choice of whoever hosts this bot."))]
    return Layout(*pieces)
