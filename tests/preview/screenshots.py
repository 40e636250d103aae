"""Takes the README's pictures: the real bot in the preview, seen by a real browser. `make screenshots` runs it."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot.preview.program import preview_program
from bot.preview.serve import listen, running
from bot.settings import SEEDS, read_settings
from tests.preview.browser import CHROMIUM, Tab, open_tab


async def command(tab: Tab, path: str, /, **options: str) -> None:
    """Run a slash command in the channel that is on; `words`, the one required option, is asked for by itself."""
    await tab.click("#channel-composer-input")
    await tab.type(f"/{path}")
    await tab.see(f"/{path}")
    await asyncio.sleep(0.3)
    await tab.press("Enter")
    for option, value in options.items():
        if option != "words":
            await tab.click("[role=option]", option)
        await tab.type(value)
        await asyncio.sleep(0.5)
        await tab.press("Enter")
        await asyncio.sleep(0.3)
    await tab.click("#send-message, #run-command, .send-message")


async def main(folder: Path) -> None:
    """Write the pictures into the folder."""
    if CHROMIUM is None:
        raise SystemExit("The pictures are taken with Chromium: install it first.")
    listener = listen(0)
    with tempfile.TemporaryDirectory() as base:
        async with (
            running(
                lambda sandbox: preview_program(sandbox, read_settings()),
                listener=listener,
                folder=Path(base) / "preview",
                seeds=SEEDS,
                now=datetime.now(UTC),
            ) as preview,
            open_tab(1280, 900) as tab,
        ):
            await tab.goto(preview.url)
            await command(tab, "news top")
            await tab.see("Share here")
            await picture(tab, folder / "top.png")
            await command(tab, "brief")
            await tab.see("More stories")
            await picture(tab, folder / "brief.png")
            await tab.resize(1000, 860)
            await tab.click("#channels button", "ai-news")
            await tab.ready()
            await command(tab, "subscribe", topic="AI")
            await tab.see("Open a story")
            await picture(tab, folder / "subscribe.png")
            await tab.click("#story")
            await tab.see("1 other report")
            await picture(tab, folder / "push.png")
            await panel(tab, folder)


async def panel(tab: Tab, folder: Path) -> None:
    """Write pictures of a subscription's panel with its backtest, wide and narrow, and of the log."""
    await command(tab, "subscriptions edit")
    await tab.see("Preview:")
    await tab.resize(1000, 1060)
    await picture(tab, folder / "panel.png")
    await tab.resize(520, 1060)
    await picture(tab, folder / "panel-narrow.png")
    await tab.resize(1000, 860)
    await tab.click("button", "Log")
    await tab.see("What was sent")
    await picture(tab, folder / "log.png")


async def picture(tab: Tab, path: Path) -> None:
    """Write a picture of the page once it is calm."""
    await asyncio.sleep(1)
    await tab.screenshot(path)


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1])))
