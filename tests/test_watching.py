"""Loads that no one asks for: at the start, and whenever something in the news folder changes."""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot import loader
from bot.loader import Loader, Watcher
from bot.models import LoadReport
from bot.settings import Settings
from tests.conftest import Corpus


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look whether folders are still the same, and watch again after trouble, in a fraction of a second."""
    monkeypatch.setattr(loader, "_LOOK", 200)
    monkeypatch.setattr(loader, "_REWATCH", 0.2)


async def test_the_watcher_loads_at_the_start_and_on_every_change(settings: Settings, corpus: Corpus) -> None:
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    watcher = Watcher(settings, Loader(settings), on_load=reports.put_nowait)
    corpus.write("a")
    running = asyncio.create_task(watcher.run())
    async with asyncio.timeout(30):
        assert (await reports.get()).added == 1
        await watcher.loaded.wait()
        corpus.write("deep/er/b")
        assert (await reports.get()).added == 1
        corpus.remove("a")
        assert (await reports.get()).gone == 1
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_the_watcher_notices_what_comes_into_folders_within_old_and_new(
    settings: Settings, corpus: Corpus
) -> None:
    corpus.write("2026/03/a")
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    watcher = Watcher(settings, Loader(settings), on_load=reports.put_nowait)
    running = asyncio.create_task(watcher.run())

    async def until(articles: int) -> None:
        async with asyncio.timeout(30):
            while (await reports.get()).articles != articles:
                pass

    try:
        await until(1)
        corpus.write("2026/03/b")
        await until(2)
        corpus.write("2026/04/c")  # with its folder
        await until(3)
        corpus.write("2026/04/d")
        await until(4)
        corpus.write(".releases/1/e")  # hidden, but for the link to it
        (corpus.folder / "current").symlink_to(".releases/1")
        await until(5)
        corpus.write(".releases/1/f")
        await until(6)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_watcher_survives_a_name_that_is_no_text(settings: Settings, corpus: Corpus) -> None:
    """The library that watches cannot decode it, and stops: watching begins anew."""
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    watcher = Watcher(settings, Loader(settings), on_load=reports.put_nowait)
    running = asyncio.create_task(watcher.run())
    async with asyncio.timeout(40):
        await watcher.loaded.wait()
        await reports.get()
        await asyncio.to_thread(Path(os.fsdecode(os.fsencode(corpus.folder) + b"/bad\xfe.md")).write_bytes, b"x")
        while (await reports.get()).rejected != 1:
            pass
        corpus.write("later")
        while (await reports.get()).articles != 1:
            pass
        assert not running.done()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_the_watcher_notices_a_folder_that_was_replaced(settings: Settings, corpus: Corpus) -> None:
    """As where `current` is a link that each release moves."""
    link = corpus.folder.with_name("current")
    link.symlink_to(corpus.folder)
    linked = settings.model_copy(update={"corpus_dir": str(link)})
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    watcher = Watcher(linked, Loader(linked), on_load=reports.put_nowait)
    running = asyncio.create_task(watcher.run())
    async with asyncio.timeout(40):
        await reports.get()
        release = Corpus(corpus.folder.with_name("release"))
        release.write("a")
        link.with_name("next").symlink_to(release.folder)
        link.with_name("next").replace(link)
        while (await reports.get()).articles != 1:
            pass
        release.write("b")
        while (await reports.get()).articles != 2:
            pass
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_the_watcher_survives_a_folder_that_is_missing_for_a_while(
    settings: Settings, corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    often = settings.model_copy(update={"reload_minutes": 0.001})
    watcher = Watcher(often, Loader(settings), on_load=reports.put_nowait)
    away = corpus.folder.rename(corpus.folder.with_name("away"))
    running = asyncio.create_task(watcher.run())
    async with asyncio.timeout(30):
        await watcher.loaded.wait()
        assert "does not exist" in caplog.text
        away.rename(corpus.folder)
        await reports.get()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_the_watcher_finds_a_folder_that_came_while_they_were_listed(
    settings: Settings, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    within, listed, watched_anew = loader._folders_within, 0, asyncio.Event()
    loop = asyncio.get_running_loop()

    def late(roots: Iterable[Path]) -> set[str]:
        nonlocal listed
        listed += 1
        found = within(roots)
        if listed == 1:
            corpus.write("late/b")
        elif listed == 4:  # looked for once more after it was found
            loop.call_soon_threadsafe(watched_anew.set)
        return found

    monkeypatch.setattr(loader, "_folders_within", late)
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    watcher = Watcher(settings, Loader(settings), on_load=reports.put_nowait)
    running = asyncio.create_task(watcher.run())
    try:
        async with asyncio.timeout(30):
            while (await reports.get()).articles != 1:
                pass
            await watched_anew.wait()
            corpus.write("late/c")
            while (await reports.get()).articles != 2:
                pass
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
