"""Lists of articles and of names, as replies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from discord import ui

from bot.briefing.windows import PAGE
from bot.cards import ids, limits, news_texts
from bot.cards.highlight import highlighted
from bot.cards.language import N_, _, number
from bot.cards.layout import Layout, alt_text, button, illustrated, separator
from bot.cards.markup import cut, escape, link, shown
from bot.cards.push import story_select
from bot.models import Article, Name, Order, Page

# Among fewer stories a rank says nothing.
_RANKED = 10

# Longest link and excerpt that are shown, in characters: where a page is over Discord's limit, the next is tried. At
# the last one five stories fit even if every character of every headline needs escaping.
_SHRINKING = ((limits.LINK, limits.LIST_EXCERPT), (150, limits.LIST_EXCERPT), (0, limits.LIST_EXCERPT), (0, 0))

_MORE = {
    "topic": N_("and {number} more: type a few letters in /news topic to find them"),
    "provider": N_("and {number} more: type a few letters in /news provider to find them"),
}


def page_layout(
    page: Page,
    listing_key: str,
    now: datetime,
    *,
    note: str | None = None,
    shared_by: int | None = None,
    shareable: bool = True,
) -> ui.LayoutView:
    """Return a page of a list. `note` leads it; a page shared by a user names them and has no Share button."""
    header = _header(page, note)
    footer = f"-# {news_texts.shared_by(shared_by)}" if shared_by is not None else ""
    numbered = page.listing.order is Order.TOP and page.total >= _RANKED
    entries: list[str] = []
    for longest_link, excerpt in _SHRINKING:
        entries = [
            _entry(article, place if numbered else None, now, longest_link, excerpt, page.listing.words)
            for place, article in enumerate(page.articles, page.rank)
        ]
        if len(header) + sum(map(len, entries)) + len(footer) <= limits.V2_TEXT:
            break
    pieces: list[ui.Item[Any]] = [ui.TextDisplay(header)]
    for entry, article in zip(entries, page.articles, strict=True):
        pieces += [separator(), illustrated(entry, article.best_image, alt_text(article))]
    if footer:
        pieces.append(ui.TextDisplay(footer))
    return Layout(*pieces, controls=_controls(page, listing_key, shared=shared_by is not None, shareable=shareable))


def _header(page: Page, note: str | None) -> str:
    lines = [f"### {news_texts.list_title(page.listing)}", f"-# {news_texts.list_place(page)}"]
    widened = news_texts.widened(page.in_first_window, page.days, page.total)
    lines += [f"-# {line}" for line in (widened, note) if line]
    return "\n".join(lines)


def _entry(
    article: Article, place: int | None, now: datetime, longest_link: int, excerpt: int, searched: str | None
) -> str:
    rank = f"{place}. " if place else ""
    headline = f"**{rank}{shown(article.title, limits.LIST_HEADLINE)}**"
    if searched:  # bold are the words that match, so the headline is larger instead
        headline = f"### {highlighted(article.title, searched, limits.LIST_HEADLINE)}"
    provider, read = escape(cut(article.provider, 60)), link(_("Read"), article.url, longest_link)
    source = " · ".join(filter(None, (provider, news_texts.age(article, now), news_texts.others(article), read)))
    summary = highlighted(article.excerpt, searched or "", excerpt) if excerpt else ""
    return "\n".join(filter(None, (headline, summary, f"-# {source}")))


def _controls(page: Page, listing_key: str, *, shared: bool, shareable: bool) -> tuple[ui.ActionRow[Any], ...]:
    if not page.articles:
        return ()
    select: ui.ActionRow[Any] = ui.ActionRow(story_select(page.articles, ids.STORY))
    first, last = page.articles[0].key, page.articles[-1].key
    buttons = []
    if page.has_previous and not shared:
        buttons.append(button(_("Previous"), ids.page(listing_key, "b", first, max(1, page.rank - PAGE))))
    if page.has_next and not shared:
        buttons.append(button(_("Next"), ids.page(listing_key, "a", last, page.rank + len(page.articles))))
    if shareable and not shared:
        buttons.append(button(_("Share here"), ids.share(listing_key, first, page.rank)))
    return (select, ui.ActionRow(*buttons)) if buttons else (select,)


def names_layout(kind: news_texts.Kind, names: Sequence[Name], listing_keys: dict[str, str]) -> ui.LayoutView:
    """Return all topics, or all providers, with their counts; the first few as buttons."""
    title = _("Topics") if kind == "topic" else _("Publishers")
    lines = [f"**{escape(cut(name.name, 60))}** · {number(name.count)}" for name in names]
    text, shown_lines = f"### {title}", 0
    for line in lines:
        if len(text) + len(line) > limits.V2_TEXT - 200 or shown_lines == 60:
            break
        text += f"\n{line}"
        shown_lines += 1
    if shown_lines < len(lines):
        text += f"\n-# {_(_MORE[kind], number=len(lines) - shown_lines)}"
    buttons = [button(name.name, ids.ask(listing_keys[name.name])) for name in names[:5] if name.name in listing_keys]
    return Layout(ui.TextDisplay(text), controls=(ui.ActionRow(*buttons),) if buttons else ())
