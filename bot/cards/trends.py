"""How much news there was, as a reply: a picture, and the same figures in words."""

from datetime import date, datetime
from typing import Any

import discord
from discord import ui

from bot.briefing.trends import Course, Trends, busiest
from bot.cards import ids, limits, texts
from bot.cards.layout import Layout, button
from bot.cards.markup import cut, escape, shown

PICTURE = "trends.png"
"""The name of the picture's file."""

_NAME = 60


def share_id(listing_key: str, at: datetime) -> str:
    """Return the id of the button that shows a period's trends, as they were at a time, to everybody."""
    return f"{ids.VERSION}tr:{listing_key}:{int(at.timestamp())}"


def trends_layout(
    trends: Trends,
    listing_key: str,
    at: datetime,
    *,
    drawn: bool,
    note: str | None = None,
    shared_by: int | None = None,
    shareable: bool = True,
) -> ui.LayoutView:
    """Return the trends of a period with at least one story, with the picture that is sent along if there is one.

    `note` leads them; what is shared by a user names them and has no button.
    """
    pieces: list[ui.Item[Any]] = [ui.TextDisplay("\n".join([_header(trends), *([f"-# {note}"] if note else [])]))]
    if drawn:
        pieces.append(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{PICTURE}", description=alt(trends))))
    if trends.leading:
        pieces.append(ui.TextDisplay(_topics(trends)))
    pieces.append(ui.TextDisplay(_footer(trends, shared_by, drawn=drawn)))
    shares = shareable and shared_by is None
    controls = (ui.ActionRow[Any](button("Share here", share_id(listing_key, at))),) if shares else ()
    return Layout(*pieces, controls=controls)


def alt(trends: Trends) -> str:
    """Return the picture in words, for who cannot see it."""
    span = "week" if trends.step > 1 else "day"
    total = texts.count(trends.stories.total, "story", "stories")
    if trends.topic is not None:
        text = f"Chart of {cut(trends.topic, _NAME)}: stories a {span} in the {period(trends)}, {total} in all."
        text = " ".join(filter(None, (text, _most(trends), _share(trends))))
    else:
        rows = [f"{cut(row.name, _NAME)} {row.total:,}" for row in trends.leading]
        rows += [f"other topics {trends.other.total:,}"] if trends.other else []
        text = f"Chart of stories a {span} by topic in the {period(trends)}: {texts.listed(rows)}. {_most(trends)}"
    return cut(text.strip(), limits.ALT_TEXT)


def period(trends: Trends) -> str:
    """Return the period in words."""
    return f"last {len(trends.starts)} weeks" if trends.step > 1 else f"last {trends.days} days"


def _header(trends: Trends) -> str:
    name = shown(trends.topic, _NAME) if trends.topic else "Trends"
    title = f"### {name} · {texts.count(trends.stories.total, 'story', 'stories')} in the {period(trends)}"
    figures = filter(None, (_change(trends), _most(trends), _share(trends) if trends.topic else ""))
    return "\n".join(filter(None, (title, " ".join(figures))))


def _change(trends: Trends) -> str:
    """Return the change to the period before; nothing where not all of that is known."""
    before, total = trends.stories.before, trends.stories.total
    if before is None:
        return ""
    change = f"{'Up' if total > before else 'Down'} from {before:,}" if total != before else "As many as"
    return f"{change if before else 'None'} in the {period(trends).removeprefix('last ')} before."


def _most(trends: Trends) -> str:
    """Return the day or week with the most stories, where one has more than one."""
    place = busiest(trends.stories)
    most = trends.stories.counts[place]
    if most < 2:
        return ""
    weekly = trends.step > 1
    day = _day(trends.starts[place])
    when = f"week: from {day}" if weekly else f"day: {trends.starts[place]:%A} {day}"
    return f"Busiest {when}, {most:,} stories."


def _day(day: date) -> str:
    return f"{day.day} {day:%B}"


def _share(trends: Trends) -> str:
    """Return what part of all stories a topic has."""
    percent = round(100 * trends.stories.total / max(1, trends.everything.total))
    return f"{percent}% of all stories." if percent else "Under 1% of all stories."


def _topics(trends: Trends) -> str:
    """Return the leading topics with their figures, numbered as in the picture."""
    lines = [
        f"**{number}. {shown(row.name, _NAME)}** · {row.total:,}{_from(row) if trends.stories.before else ''}"
        for number, row in enumerate(trends.leading, 1)
    ]
    if trends.other:
        lines.append(f"Other topics · {trends.other.total:,}")
    return "\n".join(lines)


def _from(row: Course) -> str:
    """Return what a leading topic's number came from, where it changed."""
    if row.before is None or row.before == row.total:
        return ""
    if not row.before:
        return ", none before"
    return f", {'up' if row.total > row.before else 'down'} from {row.before:,}"


def _footer(trends: Trends, shared_by: int | None, *, drawn: bool) -> str:
    told = "Every story counts once, on the day it came in" if trends.apart else "Every report of a story counts"
    several = "; with several topics, in each of them" if len(trends.leading) > 1 else ""
    zone = escape(trends.timezone.replace("_", " ")) if trends.timezone else "UTC"
    today = "today, outlined," if drawn else "today"
    over = "the weeks end today" if trends.step > 1 else f"{today} is not over"
    lines = [f"{told}{several}. Days are those of {zone}; {over}."]
    if trends.drawn and not drawn:
        lines.append("There is no picture this time: try again in a minute.")
    if shared_by is not None:
        lines.append(f"Shared by <@{shared_by}>")
    return "\n".join(f"-# {line}" for line in lines)
