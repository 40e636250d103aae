"""The menus of messages, over HTTP, with the real bot."""

from collections.abc import Callable

import pytest

from bot.preview.program import preview_program
from bot.preview.sandbox import Sandbox
from bot.preview.serve import Program
from bot.settings import Settings
from tests.preview.conftest import Started


@pytest.fixture
def make_program() -> Callable[[Sandbox], Program]:
    """Run the real bot."""
    return lambda sandbox: preview_program(sandbox, Settings())


async def test_menus_are_offered_in_the_persons_language(started: Started) -> None:
    english = await started.shell.open("general")
    assert await english.menus() == {"Find coverage": "Find coverage", "Save story": "Save story"}
    german = await started.shell.open("announcements", "Klara")
    assert await german.menus() == {"Find coverage": "Berichte finden", "Save story": "Meldung speichern"}


async def test_a_menu_is_used_and_its_answer_is_for_that_person_alone(started: Started) -> None:
    you, klara = await started.shell.open("general"), await started.shell.open("general", "Klara")
    while not await you.complete("news topic", "name", "robo"):
        pass  # the news is still being read
    await you.act("send_message", content="Seen this? https://signal-circuit.example/news/four-corners-solved")
    message = await klara.see("Seen this?")
    assert await klara.use_menu("Find coverage", message["id"]) == 204
    found = await klara.see("5 weitere Berichte")
    assert found["ephemeral"]
    await you.look()
    assert "weitere Berichte" not in str(you.state)
    assert await you.use_menu("Save story", message["id"]) == 204
    await you.see("Remove from saved")


async def test_what_cannot_be_done_is_refused(started: Started) -> None:
    page = await started.shell.open("general")
    assert await page.use_menu("Find coverage", "1") == 409
    assert await page.use_menu("Find coverage", "this one") == 400
    await page.act("send_message", content="Good morning!")
    message = await page.see("Good morning!")
    assert await page.use_menu("Find gold", message["id"]) == 409
    assert await (await started.shell.open("tech")).use_menu("Find coverage", message["id"]) == 409
    async with started.http.get("/menus") as answer:
        assert answer.status == 401
    async with started.http.post("/menus", json={"name": "Find coverage", "message": message["id"]}) as answer:
        assert answer.status == 401
