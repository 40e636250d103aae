"""Writing what a load found: articles, their topics and names, sightings, problems, and the load itself."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.models import Article, LoadReport, Problem, fold
from bot.store import notes, search
from bot.store.articles import load_report
from bot.store.rows import ArticleRow, epoch, moment
from bot.store.tables import article_topics, articles, loads, names, problems, roots, sightings

# Above this share of changed rows, building the full-text index anew is cheaper than mending it (measured: 2.5 %).
_REBUILD_SHARE = 0.025


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows before a load: rows by article id, first sights by key, roots, and the newest load."""

    rows: dict[str, tuple[int, str, bool, str]]  # number, fingerprint, published, story
    sights: dict[str, int]
    roots: frozenset[str]
    newest_load: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """A first sight of this load; a quiet one never makes a candidate."""

    key: str
    seen_at: int
    quiet: bool


@dataclass(frozen=True, slots=True)
class Change:
    """All that one load writes. `upserts` holds the rows that are new or changed, `stories` those that moved."""

    upserts: Sequence[tuple[ArticleRow, Article]]
    removals: Sequence[int]
    stories: dict[str, str]
    sightings: Sequence[Sighting]
    roots: Sequence[str]


class OvertakenError(Exception):
    """Another load was committed in the meantime: what this one compared with is stale."""


def known(connection: Connection) -> Known:
    """Return what a load compares with."""
    rows = connection.execute(
        select(articles.c.id, articles.c.number, articles.c.fingerprint, articles.c.published, articles.c.story)
    )
    sights = connection.execute(select(sightings.c.key, sightings.c.seen_at))
    return Known(
        {row[0]: (row[1], row[2], row[3], row[4]) for row in rows},
        {row[0]: row[1] for row in sights},
        frozenset(connection.execute(select(roots.c.path)).scalars()),
        newest_load(connection),
    )


def newest_load(connection: Connection) -> int:
    """Return the number of the newest load that changed anything, 0 before the first."""
    return connection.execute(select(func.max(loads.c.number))).scalar_one() or 0


def commit_load(
    connection: Connection,
    before: Known,
    change: Change,
    report: LoadReport,
    found: Sequence[Problem],
    now: datetime,
) -> LoadReport:
    """Write a load and return its report, with the number it got if it changed anything. Raises `OvertakenError`."""
    if newest_load(connection) != before.newest_load:
        raise OvertakenError
    at = epoch(now)
    for path in change.roots:
        # Two first loads that both find an empty folder have no number, so neither is overtaken.
        connection.execute(upsert(roots).values(path=path, first_load_at=at).on_conflict_do_nothing())
    if change.upserts or change.removals or change.stories or change.sightings:
        report = replace(report, number=before.newest_load + 1)
        _merge(connection, before, change, report.number or 0)
        report = replace(report, articles=_visible(connection))
        connection.execute(insert(loads).values(number=report.number, at=at, report=_json(report)))
    else:
        report = replace(report, articles=_visible(connection))
    connection.execute(delete(problems))
    if found:
        connection.execute(insert(problems), [asdict(p) | {"position": n} for n, p in enumerate(found, 1)])
    notes.keep_note(connection, "last_load", json.dumps(json.loads(_json(report)) | {"at": at}))
    return report


def _json(report: LoadReport) -> str:
    return json.dumps(asdict(report), ensure_ascii=False)


def _visible(connection: Connection) -> int:
    counted = select(func.count()).select_from(articles).where(articles.c.published.is_(True))
    return connection.execute(counted).scalar_one()


def _merge(connection: Connection, before: Known, change: Change, load: int) -> None:
    if change.sightings:
        connection.execute(insert(sightings), [asdict(sighting) | {"load": load} for sighting in change.sightings])
    sights = before.sights | {sighting.key: sighting.seen_at for sighting in change.sightings}
    changed = [before.rows[row["id"]][0] for row, _ in change.upserts if row["id"] in before.rows]
    touched = changed + list(change.removals)
    held = len(before.rows) + len(change.upserts)
    rebuilds = len(change.upserts) + len(change.removals) > max(50, held * _REBUILD_SHARE)
    if not rebuilds:
        search.unindex(connection, touched)
    if touched:
        connection.execute(
            delete(article_topics).where(article_topics.c.article == bindparam("gone")), [{"gone": n} for n in touched]
        )
    if change.removals:
        connection.execute(
            delete(articles).where(articles.c.number == bindparam("gone")), [{"gone": n} for n in change.removals]
        )
    # New rows are numbered in the order of first sight.
    rows = [
        {**row, "seen_at": sights[row["key"]], "story": change.stories.get(row["key"], "")} for row, _ in change.upserts
    ]
    rows.sort(key=lambda row: (row["seen_at"], row["id"]))
    if rows:
        kept = [column for column in rows[0] if column not in ("id", "story")]
        statement = upsert(articles)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_={c: statement.excluded[c] for c in kept}), rows
        )
    if change.stories:
        connection.execute(
            update(articles).where(articles.c.key == bindparam("of")).values(story=bindparam("to")),
            [{"of": key, "to": story} for key, story in change.stories.items()],
        )
    written = {row["key"] for row in rows}
    every = connection.execute(select(articles.c.key, articles.c.number)) if rows else ()
    numbers = {key: number for key, number in every if key in written}
    _tag(connection, (article for _, article in change.upserts), numbers, sights)
    if rebuilds:
        search.rebuild(connection)
    else:
        search.index(connection, list(numbers.values()))
    _count_names(connection)


def _tag(connection: Connection, tagged: Iterable[Article], numbers: dict[str, int], sights: dict[str, int]) -> None:
    rows = [
        {"topic": topic, "seen_at": sights[article.key], "article": numbers[article.key], "heat": article.heat}
        for article in tagged
        if article.published
        for topic in {fold(topic) for topic in article.topics}
    ]
    if rows:
        connection.execute(insert(article_topics), rows)


def _count_names(connection: Connection) -> None:
    """Count the visible articles of every topic and provider anew."""
    counts: Counter[tuple[str, str]] = Counter()
    spelled: dict[tuple[str, str], str] = {}
    visible = select(articles.c.provider, articles.c.topics).where(articles.c.published.is_(True))
    for provider, topics in connection.execute(visible):
        counts["provider", fold(provider)] += 1
        spelled["provider", fold(provider)] = provider
        for topic in json.loads(topics):
            counts["topic", fold(topic)] += 1
            spelled["topic", fold(topic)] = topic
    connection.execute(delete(names))
    if counts:
        connection.execute(
            insert(names),
            [
                {"kind": kind, "folded": folded, "name": spelled[kind, folded], "count": count}
                for (kind, folded), count in counts.items()
            ],
        )


def unplanned_loads(connection: Connection) -> tuple[int, ...]:
    """Return the numbers of the loads after which nothing has been planned yet, oldest first."""
    query = select(loads.c.number).where(loads.c.planned_at.is_(None)).order_by(loads.c.number)
    return tuple(connection.execute(query).scalars())


def mark_planned(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Record that the loads have been planned."""
    connection.execute(update(loads).where(loads.c.number.in_(numbers)).values(planned_at=epoch(now)))


def last_load(connection: Connection) -> tuple[LoadReport, datetime] | None:
    """Return the report and the time of the last load, whether it changed anything or not."""
    kept = notes.note(connection, "last_load")
    if kept is None:
        return None
    value = json.loads(kept)
    at = moment(value.pop("at"))
    assert at is not None
    return load_report(value), at


def problems_of_last_load(connection: Connection, most: int) -> tuple[Problem, ...]:
    """Return the first problems of the last load."""
    columns = (problems.c.file, problems.c.what, problems.c.done, problems.c.line, problems.c.field)
    rows = connection.execute(select(*columns).order_by(problems.c.position).limit(most))
    return tuple(Problem(*row) for row in rows)
