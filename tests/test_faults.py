"""What goes wrong around the real program: dead channels, no disk, no files, a busy machine, a broken database."""

import asyncio
import contextlib
import os
import resource
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.delivery.pace import IN_FLIGHT
from tests.audit import until
from tests.delivery.newsroom import Newsroom
from tests.loopback import Loopback, Program
from tests.loopback.world import SEND_MESSAGES
from tests.running import CREATE, LONG, all_well, asked, busiest_second, open_messages, queue, run, states, subscribed

# What Cloudflare answers, shortened.
PAGE = "<!DOCTYPE html>\n<html><head><title>discord.com</title></head><body>Cloudflare Ray ID</body></html>\n"
# Seconds of sleep: longer than heartbeats, the bucket's second, and what the watchdog waits.
SUSPENDED = 2.5


@contextmanager
def limited(program: Program, limit: int, most: int) -> Iterator[None]:
    """Limit what the running program may use of something."""
    soft, hard = resource.prlimit(program.pid, limit)
    resource.prlimit(program.pid, limit, (most, hard))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it may have ended of it
            resource.prlimit(program.pid, limit, (soft, hard))


@contextmanager
def writing(database: Path) -> Iterator[None]:
    """Hold the one writing transaction."""
    with closing(sqlite3.connect(database, timeout=15, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


# --- channels (row 11) ---------------------------------------------------------------------------------------


async def test_dead_channels_cost_one_request_each_and_delay_nobody(loopback: Loopback, room: Newsroom) -> None:
    channels = subscribed(loopback, room, 100)
    dead, alive = channels[:30], channels[30:]
    for number, channel in enumerate(dead):
        channel.deny, channel.gone = SEND_MESSAGES * (number % 2), number % 2 == 0
    queue(room, "a", "b")
    async with run(loopback, room) as program:
        await until(lambda: states(room)["sent"] == 2 * len(alive), LONG)
        await program.terminate()
    assert [asked(loopback, channel) for channel in dead] == [1] * 30
    assert [len(loopback.messages(channel)) for channel in alive] == [2] * 70
    assert paused(room) == {channel.id for channel in dead}


def paused(room: Newsroom) -> set[int]:
    """Return the channels whose subscriptions trouble has paused."""
    with closing(sqlite3.connect(room.settings.database)) as connection:
        rows = connection.execute("SELECT channel_id FROM subscriptions WHERE paused_because IS NOT NULL")
        return {channel_id for (channel_id,) in rows}


# --- answers that break off or are not Discord's (rows 3, 6) --------------------------------------------------


async def test_broken_and_foreign_answers_are_asked_for_again_by_us_without_a_word_of_them_in_the_log(
    loopback: Loopback, room: Newsroom
) -> None:
    subscribed(loopback, room, 5)
    queue(room, "a")
    loopback.fault("POST", CREATE, cut="body")
    loopback.fault("POST", CREATE, cut="before")
    for status in (502, 503, 520):
        loopback.fault("POST", CREATE, status=status, body=PAGE, effect_first=status == 502)
    loopback.fault("GET", "/oauth2/applications/@me")  # it is asked for twice
    loopback.fault("GET", "/oauth2/applications/@me", status=520, body=PAGE)
    loopback.fault("PUT", "/applications/*/commands", status=503, body=PAGE)
    loopback.fault("GET", "/gateway/bot", status=503, body=PAGE)
    async with run(loopback, room) as program:
        await program.wait_for_output("Discord's gateway was not found (503 Service Unavailable)", LONG)
        await until(lambda: states(room) == {"sent": 5}, LONG)
        await loopback.wait_for(lambda: loopback.gateway.connected, LONG)
        code, _ = await program.terminate()
    assert code == 0
    assert Counter(request.status for request in loopback.requests if request.method == "POST") == {
        0: 2,
        502: 1,
        503: 1,
        520: 1,
        200: 5,
    }
    assert "Discord was not told of changed commands (503 Service Unavailable)" in program.output()
    assert "The app's owner could not be learned (520)" in program.output()
    assert "<" not in program.output()
    assert "Traceback" not in program.output()
    all_well(loopback, room)


async def test_a_login_that_cloudflare_answers_is_one_line(loopback: Loopback, room: Newsroom) -> None:
    loopback.fault("GET", "/users/@me", status=503, body=PAGE)
    async with run(loopback, room) as program:
        assert await program.wait(LONG) == 1
    assert program.output() == (
        "heatline: Discord cannot be reached (503 Service Unavailable). Try again in a minute.\n"
    )


# --- the machine (rows 16, 17, 20, 23, 25) -----------------------------------------------------------------------


async def test_on_a_full_disk_nothing_is_posted_and_then_it_goes_on(loopback: Loopback, room: Newsroom) -> None:
    subscribed(loopback, room, 3)
    queue(room, "a", "b")
    held = loopback.fault("POST", CREATE, hang=True, effect_first=True, times=3)
    async with run(loopback, room) as program:
        await loopback.wait_for(lambda: held.hits == 3, LONG)
        with limited(program, resource.RLIMIT_FSIZE, 0):
            held.release()
            await program.wait_for_output("The database cannot be used", LONG)
            room.write("c")  # the loader cannot write either
            await program.wait_for_output("The news folder was not loaded", LONG)
            assert states(room) == {"sending": 3, "pending": 3}
            assert len(loopback.posts) == 3  # no request without a claim
        room.write("d")
        await until(lambda: states(room)["sent"] > 6 and not open_messages(room), LONG)
        code, _ = await program.terminate()
    assert code == 0
    all_well(loopback, room)


async def test_without_free_file_descriptors_it_waits_and_goes_on(loopback: Loopback, room: Newsroom) -> None:
    subscribed(loopback, room, 6)
    queue(room, "a", "b")
    held = loopback.fault("POST", CREATE, hang=True, effect_first=True, times=6)
    async with run(loopback, room) as program:
        await loopback.wait_for(lambda: held.hits == 6, LONG)
        await program.wait_for_output("Invite:", LONG)
        with limited(program, resource.RLIMIT_NOFILE, len(os.listdir(f"/proc/{program.pid}/fd"))):  # noqa: PTH208
            await loopback.shut()  # whatever is open is closed after its answer, so all that follows must be opened
            await loopback.open()
            held.release()
            room.write("c")
            await program.wait_for_output("The loader could not be started", LONG)
        room.write("d")
        await until(lambda: states(room)["sent"] > 12 and not open_messages(room), LONG)
        code, _ = await program.terminate()
    assert code == 0
    all_well(loopback, room)


async def test_a_writer_that_holds_the_database_blocks_neither_answers_nor_messages(
    loopback: Loopback, room: Newsroom
) -> None:
    subscribed(loopback, room, 3)
    queue(room, "a", "b")
    held = loopback.fault("POST", CREATE, hang=True, times=3)
    async with run(loopback, room) as program:
        await program.wait_for_output("Invite:", LONG)
        await loopback.wait_for(lambda: held.hits == 3, LONG)
        await loopback.slash(loopback.channel, "news top", within=LONG)  # the first of a day is kept for its buttons
        with writing(room.settings.database):
            held.release()
            answers = [await loopback.slash(loopback.channel, "news top", within=LONG) for _ in range(10)]
            writes = await loopback.slash(
                loopback.channel, "subscribe", {"topic": "AI"}, until="acknowledged", within=LONG
            )
            assert states(room) == {"sending": 3, "pending": 3}
        await writes.wait_for(lambda answer: answer.answered and "Done" in answer.text, LONG)
        await until(lambda: not open_messages(room), LONG)
        await program.terminate()
    assert max(answer.answered_in for answer in answers) < 3
    assert writes.acknowledged_in < 3
    all_well(loopback, room)


async def test_beside_a_busy_machine_commands_are_answered_in_time(loopback: Loopback, room: Newsroom) -> None:
    subscribed(loopback, room, 3)
    queue(room, "a")
    async with run(loopback, room) as program:
        await program.wait_for_output("Invite:", LONG)
        hogs = [
            await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
            for _ in range(2 * (os.cpu_count() or 1))
        ]
        try:
            answers = [await loopback.slash(loopback.channel, "news top", within=LONG) for _ in range(15)]
        finally:
            for hog in hogs:
                hog.kill()
                await hog.wait()
        await until(lambda: states(room) == {"sent": 3}, LONG)
        await program.terminate()
    assert max(answer.acknowledged_in for answer in answers) < 3
    all_well(loopback, room)


async def test_suspended_in_the_middle_of_sending_it_goes_on_by_itself(loopback: Loopback, room: Newsroom) -> None:
    subscribed(loopback, room, 24)
    queue(room, "a", "b", "c")
    loopback.gateway.heartbeat_interval = 0.5
    held = loopback.fault("POST", CREATE, hang=True, times=24)
    async with run(loopback, room) as program:
        await loopback.wait_for(lambda: loopback.gateway.connected and held.hits == 24, LONG)
        held.release()
        await loopback.wait_for(lambda: len(loopback.posts) >= 30, LONG)
        os.killpg(program.pid, signal.SIGSTOP)
        hanging_up = asyncio.create_task(loopback.gateway.disconnect())  # as Discord does without heartbeats
        await asyncio.sleep(SUSPENDED)
        assert open_messages(room) > 20
        woken = loopback.ledger.now()
        os.killpg(program.pid, signal.SIGCONT)
        await hanging_up
        await until(lambda: not open_messages(room), LONG)
        await loopback.wait_for(lambda: loopback.ledger.resumes, LONG)
        answer = await loopback.slash(loopback.channel, "news top", within=LONG)
        assert "**a**" in answer.text
        code, _ = await program.terminate()
    assert code == 0
    assert busiest_second([post.at for post in loopback.posts if post.at >= woken]) <= IN_FLIGHT
    assert "stuck" not in program.output()
    assert "Traceback" not in program.output()
    all_well(loopback, room)


# --- the database (row 19) -----------------------------------------------------------------------------------


def scribble(database: Path, start: int, length: int) -> None:
    """Overwrite a part of the file."""
    with database.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * length)


@pytest.mark.parametrize("where", ["header", "schema", "truncated", "tables"])
async def test_a_broken_database_is_said_and_left_as_it_is(loopback: Loopback, room: Newsroom, where: str) -> None:
    subscribed(loopback, room, 3)
    queue(room, "a")
    database = room.settings.database
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = database.stat().st_size
    if where == "header":
        scribble(database, 0, 100)
    elif where == "schema":
        scribble(database, 100, 3996)
    elif where == "truncated":
        os.truncate(database, size // 2)
    else:
        scribble(database, 8192, size - 8192)
    before = database.read_bytes()
    async with run(loopback, room) as program:
        assert await program.wait(within=LONG) == 1
    (line,) = program.output().splitlines()
    assert line.startswith(f"heatline: The database {database} cannot be opened (")
    assert "restore a backup" in line
    assert database.read_bytes() == before
    assert loopback.posts == []


async def test_a_backup_that_is_put_back_posts_nothing_again(loopback: Loopback, room: Newsroom) -> None:
    channels = subscribed(loopback, room, 3)
    database = room.settings.database
    kept = database.with_name("kept.db")
    queue(room, "a")
    with closing(sqlite3.connect(database)) as now, closing(sqlite3.connect(kept)) as backup:
        now.backup(backup)
        with backup:  # it is older than the time for which Discord knows nonces
            backup.execute("UPDATE deliveries SET queued_at = queued_at - 120")
    queue(room, "b")
    async with run(loopback, room) as program:
        await until(lambda: states(room) == {"sent": 6}, LONG)
        await program.terminate()
    loopback.messages_book.forget_nonces()
    for part in ("", "-wal", "-shm"):
        database.with_name(database.name + part).unlink(missing_ok=True)
    kept.rename(database)
    room.write("c")
    async with run(loopback, room) as program:
        await program.wait_for_output("put back from a backup", LONG)
        await program.wait_for_output("Invite:", LONG)
        await until(lambda: not open_messages(room), LONG)
        room.write("d")
        await until(lambda: len(loopback.messages(channels[-1])) == 3, LONG)
        await until(lambda: not open_messages(room), LONG)
        await program.terminate()
    for channel in channels:
        shown = [message["content"].split()[0] for message in loopback.messages(channel)]
        assert shown == ["a", "b", "d"]  # "c" came while nobody could tell it from "b"


# --- the corpus (row 22) -------------------------------------------------------------------------------------


async def test_a_half_written_corpus_while_pushing_disturbs_nothing(loopback: Loopback, room: Newsroom) -> None:
    channels = subscribed(loopback, room, 30)
    queue(room, "a")
    room.write("b")
    whole = (room.corpus / "b.md").read_bytes()
    (room.corpus / "b.md").unlink()
    async with run(loopback, room) as program:
        await loopback.wait_for(lambda: loopback.posts, LONG)
        (room.corpus / "b.md").write_bytes(whole[: len(whole) // 2])
        await until(lambda: problems(room) == ["b.md"], LONG)
        answer = await loopback.slash(loopback.channel, "news top", within=LONG)
        assert answer.text.count("**a**") == 1
        (room.corpus / "b.md").write_bytes(whole)
        await until(lambda: states(room) == {"sent": 60}, LONG)
        await program.terminate()
    assert [len(loopback.messages(channel)) for channel in channels] == [2] * 30
    all_well(loopback, room)


def problems(room: Newsroom) -> list[str]:
    """Return the files that had problems in the last load."""
    with closing(sqlite3.connect(room.settings.database, timeout=15)) as connection:
        return [file for (file,) in connection.execute("SELECT DISTINCT file FROM problems")]
