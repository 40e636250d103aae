"""One story in full, as a reply."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from discord import ui

from bot.briefing.stories import url_key
from bot.cards import limits, texts
from bot.cards.layout import Layout, alt_text, illustrated, link_button, separator
from bot.cards.markup import cut, escape, link, shown
from bot.models import Article, Report

_REPORTS = 8

# An excerpt beside a link so long that it cannot be a button has less room.
_EXCERPT, _EXCERPT_BESIDE_LINK = 600, 300


def story_layout(lead: Article, siblings: Sequence[Article], now: datetime) -> ui.LayoutView:
    """Return a story: the article, then who else covers it, the best report first."""
    button = link_button(f"Read at {lead.provider}", lead.url)
    read = "" if button else link("Read the story", lead.url, limits.TEXT_LINK)
    text = f"### {shown(lead.title, 250)}\n{shown(lead.excerpt, _EXCERPT_BESIDE_LINK if read else _EXCERPT)}".rstrip()
    topics = shown(", ".join(lead.topics[:5]), 120)
    text += "\n-# " + " · ".join(filter(None, (escape(cut(lead.provider, 60)), texts.age(lead, now), topics)))
    pieces: list[ui.Item[Any]] = [illustrated(text, lead.best_image, alt_text(lead))]
    reports = _reports(lead, siblings)
    if reports:
        room = limits.V2_TEXT - len(text) - len(read)
        pieces += [separator(), ui.TextDisplay(_report_lines(reports, room))]
    if read:
        pieces.append(ui.TextDisplay(read))
    return Layout(*pieces, controls=(ui.ActionRow(button),) if button else ())


def _report_lines(reports: Sequence[Report], room: int) -> str:
    text = f"**{texts.count(len(reports), 'other report')}**"
    told = 0
    for report in reports[:_REPORTS]:
        line = f"\n{_report_line(report)}"
        if len(text) + len(line) > room - 40:  # the line of those left out
            break
        text += line
        told += 1
    return text if told == len(reports) else f"{text}\n-# and {len(reports) - told} more"


def _reports(lead: Article, siblings: Sequence[Article]) -> list[Report]:
    """Return the other reports of the story, each address once, by quality."""
    every = [
        *(Report(a.title, a.url, a.provider, quality=a.quality) for a in siblings),
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
    source = filter(None, (escape(cut(report.provider, 40)), link("Read", report.url, 250)))
    return f"{shown(report.title, 100)}\n-# {' · '.join(source)}"
