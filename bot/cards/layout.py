"""The pieces of a reply made of Components V2, and its limits."""

from typing import Any

import discord
from discord import ui

from bot.cards import limits
from bot.cards.language import _
from bot.cards.markup import cut
from bot.models import Article, Image

ACCENT = discord.Colour(0xE8590C)


class Layout(ui.LayoutView):
    """A reply: one framed column of pieces, then rows of controls."""

    def __init__(self, *pieces: ui.Item[Any], controls: tuple[ui.ActionRow[Any], ...] = ()) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.Container(*pieces, accent_colour=ACCENT))
        for row in controls:
            self.add_item(row)
        assert self.content_length() <= limits.V2_TEXT, "a reply is over Discord's text limit"
        self.stop()


def sentence(text: str, *buttons: ui.Button[Any]) -> ui.LayoutView:
    """Return the layout of an answer that is a few words, with buttons under it."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(cut(text, limits.V2_TEXT)))
    if buttons:
        view.add_item(ui.ActionRow(*buttons))
    view.stop()
    return view


def separator(*, visible: bool = True) -> ui.Separator[Any]:
    """Return a line, or just space, between pieces."""
    return ui.Separator(visible=visible, spacing=discord.SeparatorSpacing.small)


def illustrated(text: str, image: Image | None, alt: str) -> ui.Item[Any]:
    """Return a text with a thumbnail beside it, or alone where there is no image."""
    if image is None or len(image.url) > limits.IMAGE_LINK:
        return ui.TextDisplay(text)
    return ui.Section(text, accessory=ui.Thumbnail(image.url, description=cut(alt, limits.ALT_TEXT)))


def alt_text(article: Article) -> str:
    """Return the alternative text of an article's picture."""
    return _("Picture for: {title}", title=article.title)


def button(label: str, custom_id: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary) -> ui.Button[Any]:
    """Return a button; its answer is a `DynamicItem` of `bot.commands`."""
    return ui.Button(label=cut(label, limits.BUTTON), custom_id=custom_id, style=style)


def link_button(label: str, url: str) -> ui.Button[Any] | None:
    """Return a button that opens an address, or None where the address is too long for one."""
    return ui.Button(label=cut(label, limits.BUTTON), url=url) if len(url) <= limits.LINK else None
