"""The loader's child process: its limits, its deaths, and loads that are refused."""

import asyncio
import os
import resource
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.loader import Loader, Watcher, _death
from bot.loading import MassRemovalError, OutOfMemoryError, load
from bot.models import HeatlineError, LoadReport
from bot.settings import Settings
from bot.store.articles import all_articles
from bot.store.database import connect
from tests.conftest import NOW, Corpus

NO_MEMORY = "The loader ran out of memory; nothing was changed."
Patch = Callable[[str], None]
ONCE = pytest.mark.usefixtures("many")


@pytest.fixture
def in_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have every child patch itself: once its limits are set, and before it loads."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))

    def patch(script: str) -> None:
        body = textwrap.indent(script, "        ")
        (folder / "sitecustomize.py").write_text(
            f"""
import os, sys
if "load" in sys.orig_argv:
    import bot.limits
    limit = bot.limits.limit_process
    def patched():
        limit()
{body}
    bot.limits.limit_process = patched
"""
        )

    return patch


@pytest.fixture
def many(settings: Settings, corpus: Corpus) -> None:
    """Load 60 articles, then take 30 of them away."""
    for number in range(60):
        corpus.write(f"a{number}")
    load(settings, now=NOW)
    for number in range(30):
        corpus.remove(f"a{number}")


def held(settings: Settings) -> int:
    with connect(settings.database_url, writes=False) as connection:
        return len(all_articles(connection))


# --- refused loads -------------------------------------------------------------------------------------------


@ONCE
async def test_a_mass_removal_is_refused_until_it_is_allowed(settings: Settings) -> None:
    loader = Loader(settings)
    with pytest.raises(MassRemovalError) as refused:
        await loader.load()
    sentence = "30 of 60 articles would be removed: is the news folder complete? Nothing was changed."
    assert (str(refused.value), refused.value.gone, refused.value.held) == (sentence, 30, 60)
    assert loader.refused == sentence
    assert held(settings) == 60
    report = await loader.load(allow_mass_removal=True)
    assert (report.gone, held(settings)) == (30, 30)
    assert vars(loader)["refused"] is None


@ONCE
async def test_what_comes_back_ends_the_refusal(settings: Settings, corpus: Corpus) -> None:
    loader = Loader(settings)
    with pytest.raises(MassRemovalError):
        await loader.load()
    for number in range(30):
        corpus.write(f"a{number}")
    assert (await loader.load()).gone == 0
    assert loader.refused is None


@ONCE
async def test_a_refusal_is_logged_once(settings: Settings, corpus: Corpus, caplog: pytest.LogCaptureFixture) -> None:
    often = settings.model_copy(update={"reload_minutes": 0.0001})
    loader = Loader(settings)
    tries = 0

    async def counted(*arguments: object, **named: object) -> LoadReport:
        nonlocal tries
        tries += 1
        if tries == 4:
            for number in range(30):
                corpus.write(f"a{number}")
        return await Loader.load(loader, None)

    loader.load = counted  # type: ignore[method-assign]  # counts, and is the loader otherwise
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    running = asyncio.create_task(Watcher(often, loader, on_load=reports.put_nowait).run())
    async with asyncio.timeout(30):
        assert (await reports.get()).unchanged == 60
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert tries >= 4
    assert caplog.text.count("30 of 60 articles would be removed") == 1
    assert "heatline load --allow-mass-removal" in caplog.text


# --- limits --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not enforce RLIMIT_DATA")
@pytest.mark.parametrize("where", ["bot.corpus.reading.read_article", "bot.loading.link", "bot.loading.merge"])
async def test_a_load_that_needs_too_much_memory_changes_nothing(
    settings: Settings, corpus: Corpus, in_child: Patch, where: str
) -> None:
    corpus.write("a")
    load(settings, now=NOW)
    corpus.write("a", heat=120)
    module, name = where.rsplit(".", 1)
    in_child(f"import {module} as m\nm.{name} = lambda *a: bytearray(800 << 20)")
    with pytest.raises(HeatlineError) as failed:
        await Loader(settings).load()
    assert str(failed.value) == NO_MEMORY
    with connect(settings.database_url, writes=False) as connection:
        assert [article.heat for article in all_articles(connection)] == [90]


async def test_the_child_gives_way(settings: Settings, corpus: Corpus, in_child: Patch, tmp_path: Path) -> None:
    corpus.write("a")
    in_child(
        "import atexit, pathlib, resource\n"
        "def tell():\n"
        "  limits = resource.getrlimit(resource.RLIMIT_DATA)\n"
        f"  pathlib.Path({str(tmp_path / 'told')!r}).write_text(f'{{os.nice(0)}} {{limits[0] >> 20}}')\n"
        "atexit.register(tell)\n"
    )
    assert (await Loader(settings).load()).added == 1
    nice, mebibytes = (tmp_path / "told").read_text().split()
    assert int(nice) >= min(19, os.nice(0) + 10)
    assert int(mebibytes) == 768


def test_many_files_may_take_more_memory_if_the_process_is_limited_by_itself() -> None:
    tell = "r.getrlimit(r.RLIMIT_DATA)[0] >> 20"
    script = (
        "import resource as r; from bot.limits import *; allow_files(1 << 20); print(r.getrlimit(r.RLIMIT_DATA)[0]);"
        f"limit_process(); allow_files(1 << 20); print({tell}); allow_files(1); print({tell});"
        f"r.setrlimit(r.RLIMIT_DATA, (1900 << 20,) * 2); allow_files(2 << 20); print({tell})"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.split() == [str(resource.RLIM_INFINITY), "1792", "1792", "1900"]


async def test_a_load_that_never_ends_is_stopped(
    settings: Settings, in_child: Patch, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_child("import time\ntime.sleep(100)")
    monkeypatch.setattr("bot.loader._TIME_LIMIT", 0.3)
    with pytest.raises(HeatlineError, match=r"took over .* minutes and was stopped; nothing was changed\.$"):
        await Loader(settings).load()


@pytest.mark.parametrize(
    ("dies", "said"),
    [
        (
            "os.kill(os.getpid(), 9)",
            "The loader was killed by signal 9 (SIGKILL); the system may be short of memory. "
            "Nothing half done was kept.",
        ),
        ("os.kill(os.getpid(), 11)", "The loader was killed by signal 11 (SIGSEGV). Nothing half done was kept."),
        ("os.write(2, b'memory allocation of 9 bytes failed\\n'); os.abort()", NO_MEMORY),
        ("raise MemoryError", NO_MEMORY),
        ("os._exit(7)", "The loader ended with status 7."),
    ],
)
async def test_how_a_child_dies_is_one_sentence(
    settings: Settings, corpus: Corpus, in_child: Patch, dies: str, said: str
) -> None:
    """It dies in the midst of its transaction: nothing of that is kept."""
    corpus.write("a")
    load(settings, now=NOW)
    corpus.write("a", heat=120)
    in_child(f"import bot.store.merging as m\ndef die(*a): {dies}\nm._merge_files = die")
    with pytest.raises(HeatlineError) as failed:
        await Loader(settings).load()
    assert str(failed.value) == said
    with connect(settings.database_url, writes=False) as connection:
        assert [article.heat for article in all_articles(connection)] == [90]


def test_a_death_by_an_unknown_signal() -> None:
    assert str(_death(-99, "")) == "The loader was killed by signal 99. Nothing half done was kept."
    assert isinstance(_death(1, "Traceback\n  File x\nMemoryError"), OutOfMemoryError)
