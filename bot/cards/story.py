"""One story in full, as a reply."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from discord import ui

from bot.briefing.stories import url_key
from bot.cards import ids, limits, news_texts
from bot.cards.language import _
from bot.cards.layout import Layout, alt_text, button, illustrated, link_button, separator
from bot.cards.markup import cut, escape, link, shown
from bot.models import Article, Report

_REPORTS = 8

# Room for the line that names who shared a story.
_FOOTER = 60

# An excerpt beside a link so long that it cannot be a button has less room.
_EXCERPT, _EXCERPT_BESIDE_LINK = 600, 300


def story_layout(
    lead: Article,
    siblings: Sequence[Article],
    now: datetime,
    *,
    saved: bool = False,
    shareable: bool = True,
    shared_by: int | None = None,
) -> ui.LayoutView:
    """Return a story: the article, then who else covers it, the best report first, and who was first.

    `saved` is whether the reader has it on their list; one that a user shares names them and has no buttons of the
    reader.
    """
    button_to_read = link_button(_("Read at {provider}", provider=lead.provider), lead.url)
    read = "" if button_to_read else link(_("Read the story"), lead.url, limits.TEXT_LINK)
    text = f"### {shown(lead.title, 250)}\n{shown(lead.excerpt, _EXCERPT_BESIDE_LINK if read else _EXCERPT)}".rstrip()
    topics = shown(", ".join(lead.topics[:5]), 120)
    text += "\n-# " + " · ".join(filter(None, (escape(cut(lead.provider, 60)), news_texts.age(lead, now), topics)))
    pieces: list[ui.Item[Any]] = [illustrated(text, lead.best_image, alt_text(lead))]
    reports = _reports(lead, siblings)
    if reports:
        room = limits.V2_TEXT - len(text) - len(read) - _FOOTER
        pieces += [separator(), *_coverage(lead, reports, room)]
    if read:
        pieces.append(ui.TextDisplay(read))
    if shared_by is not None:
        pieces.append(ui.TextDisplay(f"-# {news_texts.shared_by(shared_by)}"))
    buttons: list[ui.Button[Any]] = [button_to_read] if button_to_read else []
    if shared_by is None:
        buttons.append(button(_("Remove from saved") if saved else _("Save"), ids.save(lead.key)))
        if shareable:
            buttons.append(button(_("Share here"), ids.share_story(lead.key)))
        buttons.append(button(_("More like this"), ids.more_like(lead.key)))
    return Layout(*pieces, controls=(ui.ActionRow(*buttons),) if buttons else ())


def _coverage(lead: Article, reports: Sequence[Report], room: int) -> Iterator[ui.Item[Any]]:
    """Yield who else covers the story: how many and who was first, then report by report while there is room."""
    head = "\n-# ".join(filter(None, (f"**{news_texts.other_reports(len(reports))}**", _first(lead, reports))))
    room -= len(head) + 40  # the line of those left out
    yield ui.TextDisplay(head)
    for told, report in enumerate(reports):
        line = _report_line(report)
        room -= len(line)
        if told == _REPORTS or room < 0:
            yield ui.TextDisplay("-# " + _("and {number} more", number=len(reports) - told))
            return
        yield ui.TextDisplay(line)


def _first(lead: Article, reports: Sequence[Report]) -> str:
    """Return who reported first and when, by the publishers' clocks; nothing where not all have given a time."""
    dated = [(lead.published_at, lead.provider), *((report.published_at, report.provider) for report in reports)]
    known = [(at, provider) for at, provider in dated if at is not None and provider]
    if len(known) < len(dated):
        return ""
    at, provider = min(known)
    time = f"<t:{int(at.timestamp())}:f>"
    return _("First to report: {provider}, {time}", provider=escape(cut(provider, 40)), time=time)


def _reports(lead: Article, siblings: Sequence[Article]) -> list[Report]:
    """Return the other reports of the story, each address once, by quality."""
    every = [
        *(Report(a.title, a.url, a.provider, quality=a.quality, published_at=a.published_at) for a in siblings),
        *(report for article in (lead, *siblings) for report in article.coverage),
    ]
    known = {url_key(lead.url)}
    found = []
    for report in sorted(every, key=lambda report: report.quality or 0, reverse=True):
        if url_key(report.url) not in known:
            known.add(url_key(report.url))
            found.append(report)
    return found


def _report_line(report: Report) -> str:
    at = f"<t:{int(report.published_at.timestamp())}:f>" if report.published_at else ""
    source = filter(None, (escape(cut(report.provider, 40)), at, link(_("Read"), report.url, 250)))
    return f"{shown(report.title, 100)}\n-# {' · '.join(source)}"
