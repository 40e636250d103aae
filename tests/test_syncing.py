"""CORPUS_SYNC: run in each folder before a timed load, and its failure shown."""

import asyncio
import fcntl
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot.loader import Loader, Watcher
from bot.models import LoadReport
from bot.settings import Settings
from bot.syncing import sync
from tests.conftest import Corpus


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


def lock_is_free(path: Path) -> bool:
    """Wait until the process that held the lock is dead."""
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    return True


async def test_it_runs_in_each_folder_without_a_shell_and_without_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret-token")
    folders = [tmp_path / "one", tmp_path / "two; touch x"]
    for folder in folders:
        folder.mkdir()
    tell = (
        "import os, sys; open('told', 'w').write(repr((os.environ.get('DISCORD_TOKEN'), sys.stdin.read(), sys.argv)))"
    )
    assert await sync((*python(tell), "$HOME; *"), folders) is None
    for folder in folders:
        assert (folder / "told").read_text() == "(None, '', ['-c', '$HOME; *'])"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("import sys; sys.exit(3)", "ended with status 3"),
        (
            "import sys; sys.exit('first\\nno access to https://ann:hunter2@git.example/x\\x1b[1m')",
            "ended with status 1 (no access to https://git.example/x [1m)",
        ),
        ("import sys; sys.exit('x' * 10**6)", f"ended with status 1 ({'x' * 199}…)"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by signal 9"),
    ],
)
async def test_a_failure_is_one_sentence(tmp_path: Path, script: str, said: str) -> None:
    name = Path(sys.executable).name
    assert await sync(python(script), [tmp_path]) == f"CORPUS_SYNC failed in {tmp_path}: {name} {said}."


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    said = await sync(("/no/such/program",), [tmp_path])
    assert said == f"CORPUS_SYNC failed in {tmp_path}: program could not be started (No such file or directory)."


async def test_a_command_that_never_ends_is_stopped_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.syncing._TIME_LIMIT", 1)
    starts = "import fcntl, os, time\nf = open('lock', 'w')\nif os.fork() == 0: fcntl.flock(f, 2)\ntime.sleep(100)"
    async with asyncio.timeout(20):
        said = await sync(python(starts), [tmp_path])
        assert said is not None
        assert "minutes and was stopped" in said
    assert lock_is_free(tmp_path / "lock")


async def test_loads_at_a_change_do_not_run_it(settings: Settings, corpus: Corpus, tmp_path: Path) -> None:
    count = tmp_path / "count"
    command = shlex.join(python(f"open({str(count)!r}, 'a').write('x')"))
    synced = settings.model_copy(update={"corpus_sync": command})
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    loader = Loader(synced)
    running = asyncio.create_task(Watcher(synced, loader, on_load=reports.put_nowait).run())
    async with asyncio.timeout(30):
        await reports.get()
        assert count.read_text() == "x"
        corpus.write("a")
        assert (await reports.get()).added == 1
        assert count.read_text() == "x"
        await loader.load(sync_first=True)
        assert count.read_text() == "xx"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_timed_loads_run_it_and_a_failure_stops_nothing(
    settings: Settings, corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    corpus.write("a")
    failing = settings.model_copy(update={"corpus_sync": "false", "reload_minutes": 0.0001})
    reports: asyncio.Queue[LoadReport] = asyncio.Queue()
    loader = Loader(failing)
    running = asyncio.create_task(Watcher(failing, loader, on_load=reports.put_nowait).run())
    async with asyncio.timeout(30):
        assert (await reports.get()).added == 1
        await reports.get()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    said = f"CORPUS_SYNC failed in {corpus.folder}: false ended with status 1."
    assert loader.sync_failure == said
    assert said in caplog.text


async def test_following_a_repository(settings: Settings, corpus: Corpus, tmp_path: Path) -> None:
    """The README's way: clone, then `git pull --ff-only`."""
    publisher = Corpus(tmp_path / "publisher")
    environment = os.environ | {
        f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull}

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=publisher.folder, env=environment, check=True, capture_output=True)

    def publish(name: str) -> None:
        publisher.write(name)
        git("add", ".")
        git("commit", "-m", name)

    git("init")
    publish("one")
    git("clone", "--depth", "1", publisher.folder.as_uri(), str(corpus.folder))
    loader = Loader(settings.model_copy(update={"corpus_sync": "git pull --ff-only"}))
    assert (await loader.load(sync_first=True)).added == 1
    publish("two")
    assert (await loader.load(sync_first=True)).added == 1
    assert loader.sync_failure is None
