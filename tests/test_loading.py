"""Loads: what changed, what is remembered, and that nothing half done is ever seen."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text

from bot.loader import Loader
from bot.loading import load
from bot.models import HeatlineError, LoadReport, Name, key_of
from bot.settings import Settings, child_environment
from bot.store.articles import all_articles, corpus_summary, names_of, story
from bot.store.candidates import candidates
from bot.store.database import connect
from bot.store.loads import last_load, newest_load, unplanned_loads
from bot.store.merging import first_problems
from bot.store.migrate import migrate
from bot.store.tables import articles, sightings
from tests.conftest import CANARY, NOW, Corpus

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@contextmanager
def reading(settings: Settings) -> Iterator[Connection]:
    with connect(settings.database_url, writes=False) as connection:
        yield connection


def counts(report: LoadReport) -> tuple[int, int, int, int, int]:
    """Return added, updated, hidden, gone, unchanged."""
    return report.added, report.updated, report.hidden, report.gone, report.unchanged


def ids(settings: Settings) -> list[str]:
    with reading(settings) as connection:
        return [a.id for a in all_articles(connection)]


def seen(settings: Settings) -> dict[str, datetime | None]:
    """Return the first sights by id."""
    with reading(settings) as connection:
        return {a.id: a.seen_at for a in all_articles(connection)}


def pushable(settings: Settings) -> set[str]:
    """Return the ids of what could be pushed."""
    with reading(settings) as connection:
        keys = {candidate.key for candidate in candidates(connection, NOW - 3 * DAY)}
        return {a.id for a in all_articles(connection) if a.key in keys}


def check_search(settings: Settings) -> None:
    """Raise unless the full-text index holds exactly what the articles say."""
    with connect(settings.database_url, writes=True) as connection, connection.begin():
        connection.exec_driver_sql("INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)")


# --- what changed --------------------------------------------------------------------------------------------


def test_each_kind_of_change_is_counted(settings: Settings, corpus: Corpus) -> None:
    for name in ("same", "retitled", "rescored", "hidden", "gone", "secured", "unhidden"):
        corpus.write(name, published=name != "unhidden")
    assert counts(load(settings, now=NOW)) == (7, 0, 0, 0, 0)
    corpus.write("retitled", title="Another title")
    corpus.write("rescored", heat=120)
    corpus.write("hidden", published=False)
    corpus.write("unhidden")
    corpus.write("secured", secured="YW5vdGhlcg==;Y2lwaGVydGV4dA==")
    corpus.write("new")
    corpus.remove("gone")
    report = load(settings, now=NOW + HOUR)
    assert counts(report) == (1, 3, 1, 1, 2)
    assert (report.number, report.articles, report.problem_count) == (2, 6, 0)
    check_search(settings)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"excerpt": "Other."},
        {"webUrl": "https://news.example/other"},
        {"heat": 91},
        {"heat": None},
        {"quality": 61},
        {"topics": ["AI", "Robotics"]},
        {"topics": []},
        {"type": "video"},
        {"provider": "Daily Sample"},
        {"publishedDateTime": NOW - HOUR},
        {"images": [{"url": "https://pictures.example/a.png", "width": 800, "height": 400}]},
        {"related": [{"title": "Report", "webUrl": "https://other.example/a", "provider": {"name": "Other"}}]},
    ],
)
def test_what_is_shown_or_ranked_by_makes_an_update(
    settings: Settings, corpus: Corpus, change: dict[str, object]
) -> None:
    corpus.write("a")
    load(settings, now=NOW)
    corpus.write("a", **change)
    assert counts(load(settings, now=NOW)) == (0, 1, 0, 0, 0)
    assert counts(load(settings, now=NOW)) == (0, 0, 0, 0, 1)
    check_search(settings)


def test_only_loads_that_change_something_get_a_number(settings: Settings, corpus: Corpus) -> None:
    numbers = [load(settings, now=NOW).number]
    corpus.write("a")
    numbers += [load(settings, now=NOW).number, load(settings, now=NOW).number]
    corpus.write("a", secured="other")
    numbers.append(load(settings, now=NOW).number)
    corpus.write("a", heat=100)
    numbers.append(load(settings, now=NOW).number)
    assert numbers == [None, 1, None, None, 2]
    with reading(settings) as connection:
        assert unplanned_loads(connection) == (1, 2)
        assert newest_load(connection) == 2


def test_the_last_load_and_its_problems_are_remembered(settings: Settings, corpus: Corpus) -> None:
    corpus.write("good")
    corpus.write("bad", title=None)
    corpus.write("lame", quality="high")
    (corpus.folder / "notes.txt").write_text("No front matter here.\n")
    report = load(settings, now=NOW)
    assert (report.added, report.rejected, report.skipped, report.problem_count) == (2, 1, 1, 2)
    assert [(p.file, p.field) for p in report.problems] == [("bad.md", "title"), ("lame.md", "quality")]
    with reading(settings) as connection:
        assert last_load(connection) == (report, NOW)
        assert first_problems(connection, 10) == report.problems
        assert corpus_summary(connection).problems == 2
    corpus.write("bad")
    corpus.remove("lame")
    mended = load(settings, now=NOW + HOUR)
    assert mended.problem_count == 0
    with reading(settings) as connection:
        assert first_problems(connection, 10) == ()
        assert last_load(connection) == (mended, NOW + HOUR)


def test_only_the_first_problems_travel(settings: Settings, corpus: Corpus) -> None:
    for number in range(15):
        corpus.write(f"bad{number:02}", title=None)
    report = load(settings, now=NOW)
    assert (report.problem_count, len(report.problems), report.number) == (15, 10, None)


def test_nothing_secured_is_in_the_database(settings: Settings, corpus: Corpus) -> None:
    corpus.write("a", related=[{"title": "Report", "webUrl": "https://other.example/a", "secured": CANARY}])
    corpus.write("bad", title=None)
    corpus.write("worse", secured=[CANARY])
    report = load(settings, now=NOW)
    assert report.added == 2
    kept = b"".join(path.read_bytes() for path in settings.database.parent.glob("heatline.db*"))
    assert b"Story a" in kept
    for piece in CANARY.split(";"):
        assert piece.encode() not in kept
    assert CANARY not in repr(report)


# --- first sight ---------------------------------------------------------------------------------------------


def test_the_first_load_of_a_folder_goes_by_published_dates(settings: Settings, corpus: Corpus) -> None:
    corpus.write("old", publishedDateTime=NOW - 400 * DAY)
    corpus.write("edge", publishedDateTime=NOW - 48 * HOUR)
    corpus.write("past", publishedDateTime=NOW - 49 * HOUR)
    corpus.write("today", publishedDateTime=NOW - HOUR)
    corpus.write("undated", publishedDateTime=None)
    corpus.write("future", publishedDateTime=NOW + HOUR)
    report = load(settings, now=NOW)
    assert report.backfilled == 2
    assert seen(settings) == {
        "old": NOW - 400 * DAY,
        "edge": NOW - 48 * HOUR,
        "past": NOW - 49 * HOUR,
        "today": NOW - HOUR,
        "undated": NOW,
        "future": NOW,
    }
    assert pushable(settings) == {"edge", "today", "undated", "future"}


def test_later_articles_are_seen_when_they_come(settings: Settings, corpus: Corpus) -> None:
    load(settings, now=NOW)
    corpus.write("late", publishedDateTime=NOW - 30 * DAY)
    report = load(settings, now=NOW + HOUR)
    assert (report.added, report.backfilled) == (1, 0)
    assert seen(settings) == {"late": NOW + HOUR}
    assert pushable(settings) == {"late"}


@pytest.mark.parametrize(("held", "new", "quiet"), [(0, 50, 0), (0, 51, 51), (300, 60, 0), (300, 61, 61)])
def test_a_flood_is_taken_in_quietly(settings: Settings, corpus: Corpus, held: int, new: int, quiet: int) -> None:
    corpus.write("first/marker", published=False)
    for number in range(held - 1):
        corpus.write(f"held/{number}")
    load(settings, now=NOW)
    for number in range(new):
        corpus.write(f"new/{number}", publishedDateTime=NOW - 10 * DAY)
    report = load(settings, now=NOW)
    assert (report.added, report.backfilled) == (new, quiet)
    times = {at for name, at in seen(settings).items() if name.startswith("new/")}
    assert times == {NOW - 10 * DAY if quiet else NOW}
    check_search(settings)


def test_a_second_folder_is_backfilled_and_renames_nothing(settings: Settings, corpus: Corpus, tmp_path: Path) -> None:
    corpus.write("a")
    load(settings, now=NOW)
    before = seen(settings)
    second = Corpus(tmp_path / "more")
    second.write("a", publishedDateTime=NOW - 20 * DAY)
    second.write("b", publishedDateTime=NOW)
    corpus.write("c", publishedDateTime=NOW - 20 * DAY)
    both = settings.model_copy(update={"corpus_dir": os.pathsep.join([str(corpus.folder), f"extra={second.folder}"])})
    report = load(both, now=NOW + HOUR)
    assert (counts(report), report.backfilled) == ((3, 0, 0, 0, 1), 1)
    assert seen(settings) == before | {"c": NOW + HOUR, "extra/a": NOW - 20 * DAY, "extra/b": NOW}
    assert pushable(settings) == {"a", "c", "extra/b"}
    second.write("d", publishedDateTime=NOW - 20 * DAY)
    load(both, now=NOW + 2 * HOUR)
    assert seen(settings)["extra/d"] == NOW + 2 * HOUR


def test_first_sight_outlives_the_article(settings: Settings, corpus: Corpus) -> None:
    corpus.write("a")
    load(settings, now=NOW)
    corpus.remove("a")
    assert counts(load(settings, now=NOW + HOUR)) == (0, 0, 0, 1, 0)
    assert ids(settings) == []
    corpus.write("a", title="Another report, swapped in")
    assert counts(load(settings, now=NOW + 2 * HOUR)) == (1, 0, 0, 0, 0)
    assert seen(settings) == {"a": NOW}
    with reading(settings) as connection:
        rows = connection.execute(select(sightings.c.key, sightings.c.load)).all()
    assert [tuple(row) for row in rows] == [(key_of("a"), 1)]


def test_first_sight_outlives_a_rebuild_of_the_articles(settings: Settings, corpus: Corpus) -> None:
    for number in range(5):
        corpus.write(f"a{number}")
    load(settings, now=NOW)
    before = seen(settings)
    with connect(settings.database_url, writes=True) as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM articles")
        connection.exec_driver_sql("INSERT INTO articles_fts(articles_fts) VALUES ('rebuild')")
    report = load(settings, now=NOW + 5 * DAY)
    assert (report.added, report.backfilled) == (5, 0)
    assert seen(settings) == before


# --- what follows from the articles --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [30, 120])
def test_search_stays_right_through_changes(settings: Settings, corpus: Corpus, size: int) -> None:
    """Both ways: mending the index after few changes, building it anew after many."""
    for number in range(size):
        corpus.write(f"a{number}", title=f"Robot number{number}")
    load(settings, now=NOW)
    check_search(settings)
    for number in range(0, size, 3):
        corpus.write(f"a{number}", title=f"Submarine number{number}", excerpt="Deep.")
    for number in range(1, size, 3):
        corpus.remove(f"a{number}")
    corpus.write("new", title="Submarine too")
    load(settings, now=NOW)
    check_search(settings)
    with reading(settings) as connection:
        matches = {
            word: connection.execute(text("SELECT count(*) FROM articles_fts(:word)"), {"word": word}).scalar_one()
            for word in ("robot", "submarine")
        }
    assert matches == {"robot": size // 3, "submarine": size // 3 + 1}


def test_names_are_counted_anew(settings: Settings, corpus: Corpus) -> None:
    corpus.write("a", topics=["AI", "Robotics"])
    corpus.write("b", topics=["ai"], provider="Daily Sample")
    corpus.write("c", topics=["AI"], published=False)
    load(settings, now=NOW)
    with reading(settings) as connection:
        assert names_of(connection, "topic") == (Name("AI", 2), Name("Robotics", 1))
        assert names_of(connection, "provider") == (Name("Daily Sample", 1), Name("Example Times", 1))
    corpus.write("a", topics=["Space"])
    corpus.write("c", topics=["AI"])
    corpus.remove("b")
    load(settings, now=NOW)
    with reading(settings) as connection:
        assert names_of(connection, "topic") == (Name("AI", 1), Name("Space", 1))
        assert names_of(connection, "provider") == (Name("Example Times", 2),)


def test_stories_follow_addresses_and_coverage(settings: Settings, corpus: Corpus) -> None:
    def stories() -> set[frozenset[str]]:
        with reading(settings) as connection:
            found = [story(connection, a.key) for a in all_articles(connection)]
        return {frozenset(a.id for a in members) for members in found}

    report = {"title": "Report", "webUrl": "https://news.example/c", "provider": {"name": "Example Times"}}
    corpus.write("a", webUrl="https://news.example/same")
    corpus.write("b", webUrl="http://www.news.example/same/")
    corpus.write("c")
    corpus.write("d", related=[report])
    load(settings, now=NOW)
    assert stories() == {frozenset("ab"), frozenset("cd")}
    corpus.write("b", related=[report])
    load(settings, now=NOW)
    assert stories() == {frozenset("a"), frozenset("bcd")}
    corpus.remove("c")
    load(settings, now=NOW)
    corpus.write("d")
    load(settings, now=NOW)
    assert stories() == {frozenset("a"), frozenset("b"), frozenset("d")}


# --- side by side, and cut off -------------------------------------------------------------------------------


def test_a_load_that_is_overtaken_reads_again(settings: Settings, corpus: Corpus) -> None:
    """The other one saw the folder later: what this one had read would take its article away again."""
    corpus.write("a")
    load(settings, now=NOW)
    overtaken = False

    def overtake(_done: int, _total: int) -> None:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            corpus.write("b")
            assert load(settings, now=NOW).number == 2

    corpus.write("a", heat=100)
    report = load(settings, overtake, now=NOW)
    assert overtaken
    assert ids(settings) == ["a", "b"]
    assert counts(report) == (0, 0, 0, 0, 2)


def test_loads_at_once_do_not_mix(settings: Settings, corpus: Corpus) -> None:
    for number in range(40):
        corpus.write(f"a{number}")
    load(settings, now=NOW)
    corpus.write("new")
    corpus.remove("a0")
    together = threading.Barrier(4)
    reports: list[LoadReport] = []

    def start() -> None:
        together.wait()
        reports.append(load(settings, now=NOW + HOUR))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts(report) for report in reports) == [(0, 0, 0, 0, 40)] * 3 + [(1, 0, 0, 1, 39)]
    assert len(ids(settings)) == 40
    check_search(settings)


def test_first_loads_of_an_empty_folder_at_once(settings: Settings, corpus: Corpus) -> None:
    def again(_done: int, _total: int) -> None:
        load(settings, now=NOW)

    assert load(settings, again, now=NOW).number is None
    corpus.write("a", publishedDateTime=NOW - 10 * DAY)
    assert load(settings, now=NOW).backfilled == 0


def test_a_load_that_is_killed_leaves_everything_as_it_was(settings: Settings, corpus: Corpus) -> None:
    for number in range(10):
        corpus.write(f"a{number}")
    load(settings, now=NOW)
    before = seen(settings)
    for number in range(5):
        corpus.write(f"a{number}", heat=120)
        corpus.remove(f"a{number + 5}")
        corpus.write(f"b{number}")
    script = """
        import sys, time
        from bot import loading
        from bot.settings import read_settings
        from bot.store import merging

        def hang(connection):  # the last step of the transaction
            print("all but committed", flush=True)
            time.sleep(60)

        merging._merge_files = hang
        loading.load(read_settings())
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], env=child_environment(settings), stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"all but committed\n"
        child.kill()
        assert child.wait() == -signal.SIGKILL
    assert seen(settings) == before
    with reading(settings) as connection:
        assert newest_load(connection) == 1
        assert connection.execute(select(func.max(articles.c.heat))).scalar_one() == 90
    assert counts(load(settings, now=NOW)) == (5, 5, 0, 5, 0)
    check_search(settings)


# --- the child process ---------------------------------------------------------------------------------------


async def test_the_loader_tells_progress_and_the_report(settings: Settings, corpus: Corpus) -> None:
    for number in range(3):
        corpus.write(f"a{number}")
    corpus.write("bad", title=None)
    told: list[tuple[int, int]] = []
    report = await Loader(settings).load(lambda done, total: told.append((done, total)))
    assert told[-1] == (4, 4)
    assert all(0 <= done <= total == 4 for done, total in told)
    assert (report.number, report.added, report.rejected, report.articles) == (1, 3, 1, 3)
    assert [problem.file for problem in report.problems] == ["bad.md"]
    with reading(settings) as connection:
        kept = last_load(connection)
    assert kept is not None
    assert kept[0] == report


async def test_a_missing_folder_is_one_sentence(settings: Settings, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    wrong = settings.model_copy(update={"corpus_dir": str(nowhere)})
    with pytest.raises(HeatlineError) as caught:
        await Loader(wrong).load()
    assert str(caught.value) == f"The corpus folder {nowhere} does not exist; correct CORPUS_DIR or create it."


async def test_a_child_that_dies_in_the_midst_of_a_line_is_reported(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    dies = 'import os\nos.write(1, b\'{"event": "repo\')\nos.kill(os.getpid(), 9)\n'
    (folder / "sitecustomize.py").write_text(dies)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    with pytest.raises(HeatlineError, match="The loader was killed by signal 9"):
        await Loader(settings).load()


async def test_a_database_that_is_none_is_named(settings: Settings) -> None:
    settings.database.write_bytes(b"This is no database, and long enough to be sure of that. " * 40)
    with pytest.raises(HeatlineError, match="file is not a database"):
        await Loader(settings).load()


def test_a_busy_database_is_one_sentence(settings: Settings, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.database.BUSY_TIMEOUT", 50)
    migrate(settings.database_url)
    corpus.write("a")
    holder = sqlite3.connect(settings.database, isolation_level=None)

    def hold(_done: int, _total: int) -> None:
        if not holder.in_transaction:
            holder.execute("BEGIN IMMEDIATE")

    try:
        with pytest.raises(HeatlineError, match="The database was busy for too long"):
            load(settings, hold, now=NOW)
    finally:
        holder.close()
    assert load(settings, now=NOW).added == 1


async def test_the_child_is_told_no_token(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret-token")
    assert "secret-token" not in repr(child_environment(settings))


async def test_cancelling_a_load_ends_the_child(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    pid_file = tmp_path / "pid"
    hangs = f"import os, pathlib, time\npathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\n"
    hangs += 'print(\'{"event": "progress", "done": 0, "total": 1}\', flush=True)\ntime.sleep(60)\n'
    (folder / "sitecustomize.py").write_text(hangs)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    started = asyncio.Event()
    loading = asyncio.create_task(Loader(settings).load(lambda _done, _total: started.set()))
    async with asyncio.timeout(20):
        await started.wait()
        loading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loading
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
