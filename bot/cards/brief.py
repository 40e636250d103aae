"""The short briefing, as a reply."""

from datetime import datetime
from typing import Any

from discord import ui

from bot.cards import ids, limits, news_texts, texts
from bot.cards.language import _
from bot.cards.layout import Layout, alt_text, button, illustrated, sentence, separator
from bot.cards.markup import cut, escape, link, shown
from bot.cards.push import story_select
from bot.models import Article, Brief

# Longest headline, excerpt and link, in characters: where a briefing is over Discord's limit, the next is tried. At the
# last one seven stories fit even if every character needs escaping.
_SHRINKING = (
    (limits.LIST_HEADLINE, limits.LIST_EXCERPT, limits.LINK),
    (limits.LIST_HEADLINE, limits.LIST_EXCERPT, 150),
    (limits.LIST_HEADLINE, 0, 0),
    (100, 0, 0),
)


def brief_layout(
    brief: Brief,
    listing_key: str,
    now: datetime,
    *,
    note: str | None = None,
    shared_by: int | None = None,
    shareable: bool = True,
    manages: bool = False,
) -> ui.LayoutView:
    """Return a short briefing of at least one story.

    `note` leads it; one that is shared by a user names them and has no buttons of the reader. Who `manages` the server
    can have it sent daily.
    """
    header = _header(brief, now, note)
    footer = _footer(brief, now, shared_by)
    entries: list[str] = []
    for shape in _SHRINKING:
        entries = [_entry(article, now, *shape) for article in brief.articles]
        if len(header) + sum(map(len, entries)) + len(footer) <= limits.V2_TEXT:
            break
    pieces: list[ui.Item[Any]] = [ui.TextDisplay(header)]
    for entry, article in zip(entries, brief.articles, strict=True):
        pieces += [separator(), illustrated(entry, article.best_image, alt_text(article))]
    if footer:
        pieces += [separator(), ui.TextDisplay(footer)]
    controls: list[ui.ActionRow[Any]] = [ui.ActionRow(story_select(brief.articles, ids.STORY))]
    buttons = [] if shared_by is not None else _buttons(brief, listing_key, shareable=shareable, manages=manages)
    if buttons:
        controls.append(ui.ActionRow(*buttons))
    return Layout(*pieces, controls=tuple(controls))


def nothing_new_layout(brief: Brief, listing_key: str, now: datetime) -> ui.LayoutView:
    """Return that nothing came since the reader's last look, and a button that shows the briefing all the same."""
    assert brief.since is not None
    when = news_texts.looked(brief.since, now)
    again = button(_(texts.SHOW_ANYWAY), ids.brief("show", listing_key, brief.size, brief.at))
    if brief.topic:
        text = _("Nothing new in {topic} since you looked {when}.", topic=escape(brief.topic), when=when)
    else:
        text = _("Nothing new since you looked {when}.", when=when)
    return sentence(text, again)


def _header(brief: Brief, now: datetime, note: str | None) -> str:
    name = _("{topic} briefing", topic=escape(brief.topic)) if brief.topic else _("Briefing")
    stories = news_texts.some_stories(len(brief.articles), brief.stories)
    lines = [f"### {name} · {stories}, {news_texts.window(brief.days)}"]
    if brief.since is not None and brief.new:
        new = _("{number} new since you looked {when}.", number=brief.new, when=news_texts.looked(brief.since, now))
        lines.append(f"**{new}**")
    widened = news_texts.widened(brief.in_first_window, brief.days, brief.stories)
    lines += [f"-# {line}" for line in (widened, note) if line]
    return "\n".join(lines)


def _entry(article: Article, now: datetime, headline: int, excerpt: int, longest_link: int) -> str:
    provider, read = escape(cut(article.provider, 60)), link(_("Read"), article.url, longest_link)
    source = " · ".join(filter(None, (provider, news_texts.age(article, now), news_texts.others(article), read)))
    summary = shown(article.excerpt, excerpt) if excerpt else ""
    return "\n".join(filter(None, (f"**{shown(article.title, headline)}**", summary, f"-# {source}")))


def _footer(brief: Brief, now: datetime, shared_by: int | None) -> str:
    lines = [news_texts.left_out(brief.stories - len(brief.articles), brief.reports)]
    if brief.outside is not None and brief.topic:
        label = escape(cut(next(iter(brief.outside.topics), brief.outside.provider), 40))
        read = link(_("Read"), brief.outside.url, 150)
        place = _(
            "Outside {topic}: **{headline}** ({label})",
            topic=escape(brief.topic),
            headline=shown(brief.outside.title, 120),
            label=label,
        )
        lines.append(" · ".join(filter(None, (place, read))))
    if shared_by is not None:
        lines.append(news_texts.shared_by(shared_by))
    return "\n".join(f"-# {line}" for line in lines if line)


def _buttons(brief: Brief, listing_key: str, *, shareable: bool, manages: bool) -> list[ui.Button[Any]]:
    buttons = []
    if shareable:
        buttons.append(button(_("Share here"), ids.brief("share", listing_key, brief.size, brief.at)))
    if brief.stories > len(brief.articles):
        buttons.append(button(_("More stories"), ids.ask(listing_key)))
    if manages:
        buttons.append(button(_("Get this daily"), ids.daily(listing_key)))
    return buttons
