"""The page in a real browser, as a newcomer uses it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.preview.program import preview_program
from bot.preview.sandbox import Sandbox
from bot.preview.serve import Program
from bot.settings import Settings
from tests.preview.browser import CHROMIUM, open_tab
from tests.preview.conftest import Started

FRAME = 'document.querySelector("iframe.on").contentDocument'
"""The channel that is on."""


@pytest.fixture
def make_program() -> Callable[[Sandbox], Program]:
    """Run the real bot."""
    return lambda sandbox: preview_program(sandbox, Settings())


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome is installed")
async def test_a_newcomers_first_minutes(started: Started) -> None:
    async with open_tab() as tab:
        await tab.goto(started.url)

        # A slash command with autocomplete.
        await tab.click("#channel-composer-input")
        await tab.type("/news topic")
        await tab.see("One topic's hottest stories")
        await tab.press("Enter")
        await tab.click("[role=option]", "name")
        await tab.type("robo")
        await tab.choices("Robotics (6)")
        await tab.press("Enter")
        await tab.press("Enter")
        await tab.see("Robot learns to fold fitted sheets")
        assert "Only you can see this" in await tab.text()

        # A button: what was for the visitor alone is shown to everybody.
        await tab.click("button.component-button", "Share here")
        await tab.see("Shared by")

        # Pictures are there: no box says that one is missing.
        images = f"[...{FRAME}.images]"
        await tab.wait_for(f"{images}.filter((image) => image.naturalWidth >= 300).length >= 3")
        assert "unavailable" not in await tab.text()

        # The menu of a message, by a hint: its story for the link in it.
        await tab.click("[data-text]")
        await tab.wait_for(f'{FRAME}.activeElement.value?.includes("four-corners-solved")')
        await tab.press("Enter")
        await tab.see("Seen this?")
        await tab.click("[data-message-id]", "Seen this?", button="right")
        await tab.click("#menu button", "Find coverage")
        await tab.see("5 other reports")
        await tab.hover("[data-message-id]", "Seen this?")
        await tab.click('[data-control-key$=":action:more"]')
        await tab.wait_for('document.activeElement.textContent === "Find coverage"')
        await tab.press("ArrowDown")
        await tab.wait_for('document.activeElement.textContent === "Save story"')
        await tab.press("Enter")
        await tab.see("Remove from saved")
        await tab.wait_for('document.getElementById("menu").hidden')

        # Another channel, by a hint.
        await tab.click("#channels button", "ai-news")
        await tab.ready()
        await tab.click("[data-command]", "/subscribe")
        await tab.wait_for(f'{FRAME}.querySelector(".command-option-input")?.value === "AI"')
        await tab.press("Enter")
        await tab.see("Done: AI news goes to")
        await tab.see("Hottest in AI now")

        # A push arrives without touching the page: seen in the channel, and as a dot from elsewhere.
        stories = sorted(started.preview.sandbox.spare.glob("*.md"))
        corpus = started.preview.sandbox.corpus
        shutil.copyfile(next(path for path in stories if "-choir-" in path.name), corpus / "2026-01-01-choir.md")
        await tab.see("Choir of AI voices invited to a small-town festival")
        await tab.click("#channels button", "general")
        await tab.click("#story")
        await tab.wait_for('document.querySelector("#channels .unread")?.textContent.includes("ai-news")')
        await tab.click("#channels button", "ai-news")
        await tab.see("AI writes weather reports that sailors actually read")

        # A reload of the page keeps the channel and goes on.
        await tab.reload()
        await tab.see("AI writes weather reports that sailors actually read")
        await tab.click("button.component-button", "Details")
        await tab.see("Read at")

        # The plain member sees the channel, but neither the private answers nor the admin's command.
        await tab.click("#people button", "Sam")
        await tab.ready()
        await tab.see("AI writes weather reports that sailors actually read")
        assert "Only you can see this" not in await tab.text()
        await tab.click("#channel-composer-input")
        await tab.type("/")
        await tab.see("One topic's hottest stories")
        assert not await tab.evaluate(f'{FRAME}.body.innerText.includes("/subscribe\\n")')
        assert tab.errors == []


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome is installed")
async def test_a_picture_of_the_page_can_be_taken(started: Started, tmp_path: Path) -> None:
    async with open_tab(900, 700) as tab:
        await tab.goto(started.url)
        await tab.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
