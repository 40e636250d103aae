"""The real program, as a subprocess, against the loopback Discord: start, push, crash, stop."""

import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.loading import load
from bot.settings import read_settings
from tests.corpus.news import CIPHERTEXT, news
from tests.loopback import Channel, Loopback, Program
from tests.loopback.answers import texts

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789AB"
CREATE = "/channels/*/messages"


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    async with Loopback(token=TOKEN) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    write(folder, "old")
    return folder


def write(corpus: Path, name: str) -> None:
    """Publish an article."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    text = news(title=f'"Story {name}"', webUrl=f'"https://example.com/{name}"', publishedDateTime=now)
    (corpus / f"{name}.md").write_text(text)


def prepare(folder: Path, corpus: Path) -> None:
    """Load the corpus once, so that what comes later is new."""
    load(read_settings(corpus_dir=str(corpus), database_url=f"sqlite+aiosqlite:///{folder / 'heatline.db'}"))


def run(loopback: Loopback, folder: Path, corpus: Path | None, **settings: str) -> Program:
    """Return the program, not yet started."""
    given = {"PUSH_SPACING_MINUTES": "0", **settings}
    if corpus is not None:
        given["CORPUS_DIR"] = str(corpus)
    return Program(loopback, folder, settings=given)


def subscribe(folder: Path, channels: list[Channel]) -> None:
    """Subscribe channels to everything, as of now, behind the program's back."""
    with closing(sqlite3.connect(folder / "heatline.db", timeout=15)) as connection, connection:
        ((newest,),) = connection.execute("SELECT max(number) FROM loads")
        connection.executemany(
            "INSERT INTO subscriptions (guild_id, channel_id, terms, state, strikes, after_load, created_at, edited_at)"
            " VALUES (?, ?, '{}', 'active', 0, ?, 0, 0)",
            [(channel.guild.id if channel.guild else 0, channel.id, newest) for channel in channels],
        )


def problems_of(folder: Path) -> list[str]:
    """Return the files that had problems in the last load."""
    with closing(sqlite3.connect(folder / "heatline.db", timeout=15)) as connection:
        return [file for (file,) in connection.execute("SELECT DISTINCT file FROM problems")]


def outbox(folder: Path) -> Counter[str]:
    """Return the outbox's states."""
    with closing(sqlite3.connect(folder / "heatline.db", timeout=15)) as connection:
        return Counter(state for (state,) in connection.execute("SELECT state FROM deliveries"))


def resident_megabytes(pid: int) -> int:
    """Return how much memory a process holds."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


def everything_kept(folder: Path) -> bytes:
    """Return the bytes of the logs and of the database."""
    return b"".join(path.read_bytes() for path in (*folder.glob("*.log"), *folder.glob("heatline.db*")))


# --- Must show 4 ---------------------------------------------------------------------------------------------


async def test_it_logs_in_answers_pushes_and_stops(loopback: Loopback, tmp_path: Path, corpus: Path) -> None:
    async with run(loopback, tmp_path, corpus) as program:
        await program.wait_for_output("Invite:", within=30)
        assert "Logged in as Heatline in 1 server: Newsroom." in program.output()
        assert f"client_id={loopback.world.bot.id}" in program.output()
        answer = await loopback.slash(loopback.channel, "news top", within=10)
        assert "Story old" in answer.text
        assert answer.acknowledged_in < 3
        done = await loopback.slash(loopback.channel, "subscribe", {"topic": "AI"}, within=10)
        assert "Done: AI news goes to" in done.text
        await loopback.wait_for(lambda: len(loopback.messages(loopback.channel)) == 1, within=10)
        write(corpus, "new")
        await loopback.wait_for(lambda: "Story new" in str(loopback.messages(loopback.channel)), within=15)
        assert len(loopback.ledger.syncs) == 1
        code, seconds = await program.terminate()
    assert (code, outbox(tmp_path)) == (0, {"sent": 2})
    assert seconds < 10
    async with run(loopback, tmp_path, corpus) as program:
        await program.wait_for_output("Invite:", within=30)
        again = await loopback.slash(loopback.channel, "subscriptions list", within=10)
        assert "AI" in again.text
        assert len(loopback.ledger.syncs) == 1
        code, seconds = await program.terminate()
    assert code == 0
    assert seconds < 10


async def test_it_stops_in_time_with_answers_outstanding_and_finishes_later(
    loopback: Loopback, tmp_path: Path, corpus: Path
) -> None:
    prepare(tmp_path, corpus)
    subscribe(tmp_path, [loopback.channel])
    write(corpus, "new")
    hanging = loopback.fault("POST", CREATE, hang=True, effect_first=True)
    async with run(loopback, tmp_path, corpus) as program:
        await loopback.wait_for(lambda: hanging.hits, within=15)
        code, seconds = await program.terminate()
    assert (code, outbox(tmp_path)) == (0, {"sending": 1})
    assert seconds < 10
    hanging.release()
    async with run(loopback, tmp_path, corpus) as program:
        await loopback.wait_for(lambda: len(loopback.posts) == 2, within=30)
        assert loopback.posts[1].duplicate
        assert len(loopback.messages(loopback.channel)) == 1
        await program.terminate()
    assert outbox(tmp_path) == {"sent": 1}


async def test_it_stops_while_discord_does_not_let_it_in(loopback: Loopback, tmp_path: Path, corpus: Path) -> None:
    hanging = loopback.fault("GET", "/users/@me", hang=True)
    async with run(loopback, tmp_path, corpus) as program:
        await loopback.wait_for(lambda: hanging.hits, within=30)
        code, seconds = await program.terminate()
    assert code == 0
    assert seconds < 10


# --- Must show 5 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accepted", [1, 13])
async def test_killed_in_the_middle_of_pushing_every_channel_gets_its_message_once(
    loopback: Loopback, tmp_path: Path, corpus: Path, accepted: int
) -> None:
    channels = [loopback.world.add_channel(loopback.guild, f"c{number}") for number in range(20)]
    prepare(tmp_path, corpus)
    subscribe(tmp_path, channels)
    write(corpus, "new")
    # The first ones are answered, the others never: whether those were accepted the program does not know.
    loopback.fault("POST", CREATE, delay=0.01, times=accepted)
    stuck = loopback.fault("POST", CREATE, hang=True, effect_first=accepted % 2 == 1, times=20)
    async with run(loopback, tmp_path, corpus) as program:
        await loopback.wait_for(lambda: len(loopback.posts) >= accepted and stuck.hits, within=30)
        await program.kill()
    before = outbox(tmp_path)
    assert before["sending"] > 0
    expected = len(loopback.posts) + before["sending"] + before["pending"]
    stuck.times = 0
    async with run(loopback, tmp_path, corpus) as program:
        await loopback.wait_for(lambda: len(loopback.posts) == expected, within=30)
        code, _ = await program.terminate()
    assert (code, outbox(tmp_path)) == (0, {"sent": 20})
    assert [len(loopback.messages(channel)) for channel in channels] == [1] * 20
    assert len(loopback.messages(loopback.channel)) == 0
    sys.stdout.write(f"after {accepted} answers: {dict(before)}, then {len(loopback.posts)} posts, 20 messages\n")


async def test_a_load_that_was_not_planned_is_pushed_at_the_next_start_before_the_gateway_is_there(
    loopback: Loopback, tmp_path: Path, corpus: Path
) -> None:
    prepare(tmp_path, corpus)
    subscribe(tmp_path, [loopback.channel])
    write(corpus, "new")
    prepare(tmp_path, corpus)  # and the program dies before it plans
    hanging = loopback.fault("GET", "/gateway*", hang=True)
    async with run(loopback, tmp_path, corpus):
        await loopback.wait_for(lambda: loopback.posts and hanging.hits, within=30)
        assert loopback.ledger.identifies == []
    assert "Story new" in str(loopback.messages(loopback.channel))


# --- Must show 6 ---------------------------------------------------------------------------------------------


async def test_the_bundled_corpus_is_one_article_and_called_a_sample(loopback: Loopback, tmp_path: Path) -> None:
    async with run(loopback, tmp_path, None) as program:
        await program.wait_for_output("Invite:", within=30)
        assert "News: 1 story, newest 28 Feb 2020: SAMPLE ONLY." in program.output()
        top = (await loopback.slash(loopback.channel, "news top", within=10)).text
        assert "Sample" in top
        assert top.count("**Facial recognition company") == 1
        await loopback.slash(loopback.channel, "subscribe", {"topic": "AI"}, within=10)
        await loopback.wait_for(lambda: len(loopback.posts) == 1, within=10)
    first = loopback.messages_book.get(loopback.posts[0].message_id)
    assert texts(first).startswith("Sample story, posted to show how cards look. New stories will follow here.")
    with closing(sqlite3.connect(tmp_path / "heatline.db")) as connection:
        assert connection.execute("SELECT count(*), sum(published) FROM articles").fetchone() == (2, 1)


# --- what ends it --------------------------------------------------------------------------------------------


async def test_a_bad_token_is_one_line_that_does_not_show_it(loopback: Loopback, tmp_path: Path, corpus: Path) -> None:
    wrong = TOKEN[::-1]
    async with run(loopback, tmp_path, corpus, DISCORD_TOKEN=wrong) as program:
        assert await program.wait(within=30) == 1
    (line,) = program.output().splitlines()
    assert line.startswith("heatline: Discord does not accept DISCORD_TOKEN.")
    assert wrong not in line


async def test_a_token_that_is_revoked_while_running_ends_it_with_one_line(
    loopback: Loopback, tmp_path: Path, corpus: Path
) -> None:
    prepare(tmp_path, corpus)
    subscribe(tmp_path, [loopback.channel])
    write(corpus, "new")
    loopback.fault("POST", CREATE, status=401, times=None)
    async with run(loopback, tmp_path, corpus) as program:
        assert await program.wait(within=30) == 1
    assert program.output().splitlines()[-1].startswith("heatline: Discord does not accept DISCORD_TOKEN.")
    assert "Traceback" not in program.output()
    assert outbox(tmp_path) == {"sending": 1}


async def test_a_discord_in_trouble_is_one_line(loopback: Loopback, tmp_path: Path, corpus: Path) -> None:
    loopback.fault("GET", "/users/@me", reset=True, times=None)
    async with run(loopback, tmp_path, corpus) as program:
        assert await program.wait(within=30) == 1
    (line,) = program.output().splitlines()
    assert line.startswith("heatline: Discord cannot be reached")


async def test_a_second_program_names_the_first(loopback: Loopback, tmp_path: Path, corpus: Path) -> None:
    async with run(loopback, tmp_path, corpus) as first:
        await first.wait_for_output("Invite:", within=30)
        async with run(loopback, tmp_path, corpus) as second:
            assert await second.wait(within=30) == 1
        assert f"(process {first.pid})" in second.output()
        assert len(second.output().splitlines()) == 1
        assert first.exit_code is None


# --- what it costs, and what it keeps to itself --------------------------------------------------------------


async def test_idle_with_a_thousand_articles_it_stays_small(loopback: Loopback, tmp_path: Path, corpus: Path) -> None:
    for number in range(999):
        write(corpus, f"n{number}")
    async with run(loopback, tmp_path, corpus) as program:
        await program.wait_for_output("Invite:", within=60)
        assert "1,000 stories" in program.output()
        await loopback.slash(loopback.channel, "news top", within=10)
        resident = resident_megabytes(program.pid)
    sys.stdout.write(f"{resident} MB resident\n")
    assert resident < 150


async def test_neither_token_nor_ciphertext_nor_interaction_tokens_are_logged(
    loopback: Loopback, tmp_path: Path, corpus: Path
) -> None:
    async with run(loopback, tmp_path, corpus, LOG_LEVEL="DEBUG") as program:
        await program.wait_for_output("Invite:", within=30)
        (corpus / "bad.md").write_text(news(heat="hot", secured=f'"{CIPHERTEXT}'))
        answer = await loopback.slash(loopback.channel, "subscribe", within=10)
        await loopback.wait_for(lambda: loopback.posts, within=10)
        loopback.fault("POST", CREATE, status=502)
        write(corpus, "new")
        await loopback.wait_for(lambda: len(loopback.posts) == 2, within=15)
        limited = loopback.fault("PATCH", "/webhooks/*", status=429, body={"retry_after": 0.1})
        await loopback.slash(loopback.channel, "news top", within=10)
        assert limited.hits
        await program.terminate()
    assert len(program.output().splitlines()) > 5
    kept = everything_kept(tmp_path)
    for secret in (TOKEN, TOKEN.split(".")[2], CIPHERTEXT, answer.token):
        assert secret.encode() not in kept
    assert problems_of(tmp_path) == ["bad.md"]
