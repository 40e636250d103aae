"""What goes wrong ends in one sentence; with an id, which is in the log, only where the fault is ours."""

import re
import sqlite3

import pytest
from sqlalchemy import Connection

from tests.commands.reading import answer, words
from tests.conftest import World

FAULT = re.compile(r"That went wrong on our side; nothing was changed\. Try again in a minute \(id ([0-9A-F]{4,})\)\.")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait 50 ms for another's write instead of 15 s."""
    monkeypatch.setattr("bot.store.database.BUSY_TIMEOUT", 50)


def drop(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"DROP TABLE {table}")


@pytest.mark.parametrize(("command", "table"), [("news top", "listings"), ("news latest", "articles")])
async def test_a_fault_in_a_command_has_an_id_that_is_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture, command: str, table: str
) -> None:
    world.corpus.write("a")
    world.load()
    await world.program.database.write(drop, table)
    asked = await world.mo.slash(world.news, command)
    assert asked.ephemeral
    found = FAULT.fullmatch(words(asked))
    assert found is not None
    assert f"Fault {found[1]}" in caplog.text
    assert f"no such table: {table}" in caplog.text
    assert len(world.env.errors) == 1


async def test_a_fault_in_a_control_has_one_too(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(6):
        world.corpus.write(f"a{number}")
    world.load()
    asked = await world.mo.slash(world.news, "news top")
    listed = words(asked)
    await world.program.database.write(drop, "listings")
    refused = await world.mo.click(answer(asked), label="Next")
    assert refused.ephemeral
    found = FAULT.fullmatch(words(refused))
    assert found is not None
    assert f"Fault {found[1]}" in caplog.text
    assert words(asked) == listed


async def test_a_busy_database_is_no_fault(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.corpus.write("a")
    world.load()
    await world.mo.slash(world.news, "news top")
    holder = sqlite3.connect(world.program.settings.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        asked = await world.ann.slash(world.news, "subscribe")
        assert words(asked) == "Heatline is busy right now: try again in a minute."
        read = await world.mo.slash(world.news, "news search", words="nothing like it")
        assert words(read).startswith("Nothing for “")
        assert words(await world.mo.slash(world.news, "news top")).startswith("### Hottest")
    finally:
        holder.close()
    assert "Fault" not in caplog.text
    assert len(world.env.errors) == 1
    again = await world.ann.slash(world.news, "subscribe")
    assert words(again).startswith("**Done: ")
