"""How much news there was, as a reply: a picture, and the same figures in words."""

from datetime import datetime
from typing import Any

import discord
from discord import ui

from bot.briefing.trends import Course, Trends, busiest
from bot.cards import ids, limits, news_texts, texts
from bot.cards.language import _, day_and_month, ngettext, number, percent, weekday
from bot.cards.layout import Layout, button
from bot.cards.markup import cut, escape, shown

PICTURE = "trends.png"
"""The name of the picture's file."""

_NAME = 60


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
    controls = (ui.ActionRow[Any](button(_("Share here"), ids.trends(listing_key, at))),) if shares else ()
    return Layout(*pieces, controls=controls)


def alt(trends: Trends) -> str:
    """Return the picture in words, for who cannot see it."""
    if trends.topic is not None:
        return cut(_sentences(_chart_of_topic(trends), _most(trends), _share(trends)), limits.ALT_TEXT)
    rows = [f"{cut(row.name, _NAME)} {number(row.total)}" for row in trends.leading]
    rows += [_("other topics {number}", number=trends.other.total)] if trends.other else []
    topics, period = texts.listed(rows), _period(trends)
    if trends.step > 1:
        text = _("Chart of stories a week by topic in {period}: {topics}.", period=period, topics=topics)
    else:
        text = _("Chart of stories a day by topic in {period}: {topics}.", period=period, topics=topics)
    return cut(_sentences(text, _most(trends)), limits.ALT_TEXT)


def _sentences(*said: str) -> str:
    return " ".join(filter(None, said))


def _chart_of_topic(trends: Trends) -> str:
    assert trends.topic is not None
    topic, period = cut(trends.topic, _NAME), _period(trends)
    if trends.step > 1:
        return ngettext(
            "Chart of {topic}: stories a week in {period}, {number} story in all.",
            "Chart of {topic}: stories a week in {period}, {number} stories in all.",
            trends.stories.total,
            topic=topic,
            period=period,
        )
    return ngettext(
        "Chart of {topic}: stories a day in {period}, {number} story in all.",
        "Chart of {topic}: stories a day in {period}, {number} stories in all.",
        trends.stories.total,
        topic=topic,
        period=period,
    )


def _period(trends: Trends) -> str:
    """Return the period as it stands after `in`."""
    if trends.step > 1:
        return _("the last {weeks} weeks", weeks=len(trends.starts))
    return _("the last {days} days", days=trends.days)


def _period_before(trends: Trends) -> str:
    """Return the period before as it stands after `in`."""
    if trends.step > 1:
        return _("the {weeks} weeks before", weeks=len(trends.starts))
    return _("the {days} days before", days=trends.days)


def _header(trends: Trends) -> str:
    title = ngettext(
        "{name} · {number} story in {period}",
        "{name} · {number} stories in {period}",
        trends.stories.total,
        name=shown(trends.topic, _NAME) if trends.topic else _("Trends"),
        period=_period(trends),
    )
    figures = _sentences(_change(trends), _most(trends), _share(trends) if trends.topic else "")
    return "\n".join(filter(None, (f"### {title}", figures)))


def _change(trends: Trends) -> str:
    """Return the change to the period before; nothing where not all of that is known."""
    before, total, period = trends.stories.before, trends.stories.total, _period_before(trends)
    if before is None:
        return ""
    if not before:
        return _("None in {period}.", period=period)
    if total == before:
        return _("As many as in {period}.", period=period)
    if total > before:
        return _("Up from {number} in {period}.", number=before, period=period)
    return _("Down from {number} in {period}.", number=before, period=period)


def _most(trends: Trends) -> str:
    """Return the day or week with the most stories, where one has more than one."""
    place = busiest(trends.stories)
    start, most = trends.starts[place], trends.stories.counts[place]
    if most < 2:
        return ""
    day = day_and_month(start)
    if trends.step > 1:
        return ngettext(
            "Busiest week: from {day}, {number} story.", "Busiest week: from {day}, {number} stories.", most, day=day
        )
    return ngettext(
        "Busiest day: {weekday} {day}, {number} story.",
        "Busiest day: {weekday} {day}, {number} stories.",
        most,
        weekday=weekday(start),
        day=day,
    )


def _share(trends: Trends) -> str:
    """Return what part of all stories a topic has."""
    share = trends.stories.total / max(1, trends.everything.total)
    if round(100 * share):
        return _("{percent} of all stories.", percent=percent(share))
    return _("Under {percent} of all stories.", percent=percent(0.01))


def _topics(trends: Trends) -> str:
    """Return the leading topics with their figures, numbered as in the picture."""
    compared = bool(trends.stories.before)
    lines = [
        f"**{rank}. {shown(row.name, _NAME)}** · {_figures(row) if compared else number(row.total)}"
        for rank, row in enumerate(trends.leading, 1)
    ]
    if trends.other:
        lines.append(f"{_('Other topics')} · {number(trends.other.total)}")
    return "\n".join(lines)


def _figures(row: Course) -> str:
    """Return a leading topic's number, and what it came from where it changed."""
    if row.before is None or row.before == row.total:
        return number(row.total)
    if not row.before:
        return _("{number}, none before", number=row.total)
    if row.total > row.before:
        return _("{number}, up from {before}", number=row.total, before=row.before)
    return _("{number}, down from {before}", number=row.total, before=row.before)


def _footer(trends: Trends, shared_by: int | None, *, drawn: bool) -> str:
    lines = [_sentences(_counted(trends), _calendar(trends, drawn=drawn))]
    if trends.drawn and not drawn:
        lines.append(_("There is no picture this time: try again in a minute."))
    if shared_by is not None:
        lines.append(news_texts.shared_by(shared_by))
    return "\n".join(f"-# {line}" for line in lines)


def _counted(trends: Trends) -> str:
    """Return what was counted, and how often."""
    several = len(trends.leading) > 1
    if trends.apart and several:
        return _("Every story counts once, on the day it came in; with several topics, in each of them.")
    if trends.apart:
        return _("Every story counts once, on the day it came in.")
    if several:
        return _("Every report of a story counts; with several topics, in each of them.")
    return _("Every report of a story counts.")


def _calendar(trends: Trends, *, drawn: bool) -> str:
    """Return whose days they are, and which of them is not over."""
    zone = escape(trends.timezone.replace("_", " ")) if trends.timezone else "UTC"
    if trends.step > 1:
        return _("Days are those of {zone}; the weeks end today.", zone=zone)
    if drawn:
        return _("Days are those of {zone}; today, outlined, is not over.", zone=zone)
    return _("Days are those of {zone}; today is not over.", zone=zone)
