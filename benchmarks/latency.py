"""How long commands take with so many articles: the real program, asked over a loopback Discord.

Of each command the time until it is acknowledged and until its answer is complete, in milliseconds, and how many times
its bare statements the whole way takes: the same reads, made by one synchronous connection in this process.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from benchmarks.rows import write_rows
from bot.models import Listing, Order
from bot.store.articles import names_of, page, story
from bot.store.briefs import brief
from bot.store.database import connect
from bot.store.known import key_by_address
from bot.store.readers import count_kept, saved_stories
from bot.store.spelling import nearest_search
from bot.store.tables import articles
from bot.store.trends import trends
from tests.loopback import Loopback, Program
from tests.loopback.answers import Answer

_SIZES = (1_000, 100_000, 1_000_000)
_LONGEST = 60.0
_ACKNOWLEDGED, _COMPLETE, _COMPLETED = 300, 1_000, 100  # milliseconds, p99: the goals, the last for autocomplete

Read = Callable[[Connection, datetime], object]


def _page(listing: Listing) -> Read:
    return lambda connection, now: page(connection, listing, now)


@dataclass(frozen=True)
class Asked:
    """A command with its options, and the reads behind it.

    `typing` completes its last option, `menu` chooses it in the menu of a message with the newest article's link.
    """

    path: str
    options: Mapping[str, str] = field(default_factory=dict)
    read: Read | None = None
    typing: bool = False
    menu: bool = False

    @property
    def name(self) -> str:
        """The command as people see it."""
        if self.menu:
            return f"{self.path} (menu of a message)"
        options = " ".join(f"{name}:{value}" for name, value in self.options.items())
        return f"/{self.path} {options}".strip() + (" (completing)" if self.typing else "")


_NEWEST = "(the newest)"  # stands for its address


def _newest(connection: Connection) -> str:
    query = select(articles.c.url).where(articles.c.published.is_(True)).order_by(articles.c.seen_at.desc()).limit(1)
    return str(connection.execute(query).scalar_one())


def _story(connection: Connection, _now: datetime) -> object:
    return story(connection, key_by_address(connection, _newest(connection)) or "")


_NOWHERE = Listing(Order.SEARCH, words="nothing of this")


def _nowhere(connection: Connection, now: datetime) -> object:
    return page(connection, _NOWHERE, now), nearest_search(connection, _NOWHERE)


_ASKED = (
    Asked("brief", {}, lambda connection, now: brief(connection, None, 5, now, None)),
    Asked("brief", {"topic": "AI"}, lambda connection, now: brief(connection, "AI", 5, now, None)),
    Asked("news top", {}, _page(Listing(Order.TOP))),
    Asked("news topic", {"name": "AI"}, _page(Listing(Order.TOP, topic="AI"))),
    Asked("news provider", {"name": "Provider 0"}, _page(Listing(Order.TOP, provider="Provider 0"))),
    Asked("news topic", {}, lambda connection, now: names_of(connection, "topic")),
    Asked("news provider", {}, lambda connection, now: names_of(connection, "provider")),
    Asked("news story", {"headline": _NEWEST}, _story),
    Asked("Find coverage", {}, _story, menu=True),
    Asked("news latest", {}, _page(Listing(Order.LATEST))),
    Asked("news search", {"words": "ba"}, _page(Listing(Order.SEARCH, words="ba"))),
    Asked("news search", {"words": _NOWHERE.words or ""}, _nowhere),
    Asked("trends", {"topic": "AI"}, lambda connection, now: trends(connection, "AI", 30, now, None)),
    Asked("trends", {}, lambda connection, now: trends(connection, None, 30, now, None)),
    Asked("saved", {}, lambda connection, now: saved_stories(connection, 1)),
    Asked("privacy", {}, lambda connection, now: count_kept(connection, 1)),
    Asked("subscriptions list"),
    Asked("help"),
    Asked("news top", {"topic": "cli"}, lambda connection, now: names_of(connection, "topic"), typing=True),
    Asked("news story", {"headline": "ba"}, _page(Listing(Order.SEARCH, words="ba")), typing=True),
)


@dataclass
class Times:
    """Milliseconds of one command, one value for each time it was asked; and the median of its bare reads."""

    acknowledged: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)
    bare: float | None = None


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.99 * len(values)))]


async def _ask(loopback: Loopback, asked: Asked, newest: str) -> Answer:
    options = {name: newest if value is _NEWEST else value for name, value in asked.options.items()}
    reader = loopback.world.add_user("reader", admin=True)  # each of them asks once: nobody meets a cooldown
    if asked.menu:
        said = loopback.say(loopback.channel, newest, reader)
        return await loopback.menu(loopback.channel, asked.path, said, user=reader, within=_LONGEST)
    if asked.typing:
        return await loopback.autocomplete(loopback.channel, asked.path, options, user=reader, within=_LONGEST)
    return await loopback.slash(loopback.channel, asked.path, options, user=reader, within=_LONGEST)


async def _measure(database: Path, times: int) -> dict[str, Times]:
    found = {asked.name: Times() for asked in _ASKED}
    url = f"sqlite+aiosqlite:///{database}"
    with connect(url, writes=False) as connection:
        newest = _newest(connection)
    with tempfile.TemporaryDirectory() as place:
        empty = tempfile.mkdtemp(dir=place)
        # The folder is empty: the load at the start stops, because it would remove all of the news.
        settings = {"CORPUS_DIR": empty, "DATABASE_URL": url}
        async with Loopback() as loopback, Program(loopback, Path(place), settings=settings) as program:
            await program.wait_for_output("Invite:", within=_LONGEST)
            for turn in range(times + 1):
                for asked in _ASKED:
                    answer = await _ask(loopback, asked, newest)
                    if turn:  # the first one pays for statements and pages in the cache
                        found[asked.name].acknowledged.append(answer.acknowledged_in * 1000)
                        found[asked.name].complete.append(answer.replies[-1].at * 1000)
    with connect(url, writes=False) as connection:
        for asked in _ASKED:
            if asked.read is not None:
                found[asked.name].bare = _bare(connection, asked.read, times)
    return found


def _bare(connection: Connection, read: Read, times: int) -> float:
    taken = []
    for _ in range(times + 1):
        begun = time.perf_counter()
        read(connection, datetime.now(UTC))
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken[1:])


def _row(asked: Asked, by_size: Mapping[int, dict[str, Times]]) -> str:
    cells, largest = [], None
    for measured in by_size.values():
        largest = measured[asked.name]
        complete = f"{statistics.median(largest.complete):.0f} / {_p99(largest.complete):.0f}"
        cells.append(f"{_p99(largest.acknowledged):.0f} · {complete}")
    assert largest is not None
    ratio = (
        "" if not largest.bare else f"{statistics.median(largest.complete) / largest.bare:.1f}x of {largest.bare:.1f}"
    )
    return f"| {asked.name} | {' | '.join(cells)} | {ratio} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES)
    parser.add_argument("--times", type=int, default=30, help="how often each command is asked")
    parser.add_argument("--folder", type=Path, help="keep the databases there, and take those that are there")
    given = parser.parse_args()
    by_size: dict[int, dict[str, Times]] = {}
    with tempfile.TemporaryDirectory() as place:
        for size in given.sizes:
            database = (given.folder or Path(place)) / f"articles-{size}.db"
            if not database.exists():
                write_rows(database, size, datetime.now(UTC))
            by_size[size] = asyncio.run(_measure(database, given.times))
    print(f"| command | {' | '.join(f'{size:,}' for size in given.sizes)} | whole way / bare reads, the last size |")
    print("|---" * (len(given.sizes) + 2) + "|")
    for asked in _ASKED:
        print(_row(asked, by_size))
    print("\nEach cell: acknowledged p99 · complete p50 / p99, in ms.")
    late = [
        f"{asked.name} at {size:,}"
        for asked in _ASKED
        for size, measured in by_size.items()
        if _p99(measured[asked.name].acknowledged) > (_COMPLETED if asked.typing else _ACKNOWLEDGED)
        or _p99(measured[asked.name].complete) > (_COMPLETED if asked.typing else _COMPLETE)
    ]
    print(f"Over the goals: {', '.join(late) or 'none'}.")


if __name__ == "__main__":
    main()
