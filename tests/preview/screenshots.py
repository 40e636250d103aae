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

_REQUIRED = ("words", "article")


async def command(tab: Tab, path: str, /, **options: str) -> None:
    """Run a slash command in the channel that is on; required options are asked for by themselves."""
    await tab.click("#channel-composer-input")
    await tab.type(f"/{path}")
    await tab.see(f"/{path}")
    await asyncio.sleep(0.3)
    await tab.press("Enter")
    for option, value in options.items():
        if option not in _REQUIRED:
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
            await readers(tab, folder)
            await tab.resize(1000, 860)
            await tab.click("#channels button", "ai-news")
            await tab.ready()
            await command(tab, "subscribe", topic="AI")
            await tab.see("Open a story")
            await picture(tab, folder / "subscribe.png")
            await tab.click("#channel-composer-input")
            await tab.type("That was quick.")
            await tab.press("Enter")
            await tab.click("#story")
            await tab.see("1 other report")
            await picture(tab, folder / "push.png")
            await edited(tab, folder, preview.sandbox.corpus)
            await panel(tab, folder)
            await explanation(tab, folder)


async def readers(tab: Tab, folder: Path) -> None:
    """Write pictures of what a member asks for: a search, trends, a story, and the same in German."""
    await command(tab, "news search", words="robot")
    await tab.see("4 matches")
    await picture(tab, folder / "search.png")
    await command(tab, "trends")
    await tab.see("Days are those")
    await picture(tab, folder / "trends.png")
    await tab.click("#people button", "Klara")
    await tab.ready()
    await command(tab, "brief")
    await tab.see("Weitere Meldungen")
    await picture(tab, folder / "brief-de.png")
    await command(tab, "trends")
    await tab.see("Jede Meldung")
    await tab.resize(520, 1060)
    await picture(tab, folder / "narrow-de.png")
    await tab.resize(1280, 900)
    await tab.click("#people button", "You")
    await tab.ready()


async def edited(tab: Tab, folder: Path, corpus: Path) -> None:
    """Write a picture of a post that was edited: two more report its story since."""
    await asyncio.to_thread(_add_reports, corpus)
    await tab.see("3 other reports", within=60)
    await picture(tab, folder / "edited.png")


def _add_reports(corpus: Path) -> None:
    """Let two more publishers report the story that was just posted."""
    (page,) = corpus.glob("*-ai-writes-weather-reports-sailors-actually-read.md")
    text = page.read_text(encoding="utf-8")
    reports = "".join(
        f"""
  - title: "Sailors swear by a forecast that admits its doubts"
    publishedDateTime: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}
    webUrl: "https://{domain}/news/forecast-that-admits-its-doubts"
    provider:
      name: {name}
      domain: {domain}
    quality: 80"""
        for name, domain in (("Meridian Post", "meridian-post.example"), ("Patchbay", "patchbay.example"))
    )
    page.write_text(text.replace("\nrelated:", f"\nrelated:{reports}", 1), encoding="utf-8")


async def explanation(tab: Tab, folder: Path) -> None:
    """Write a picture of why a story came in one channel and not in another, whose bar is higher."""
    await tab.click("#channels button", "tech")
    await tab.ready()
    await command(tab, "subscribe", how_hot="Hot")
    await tab.see("Done: ")
    await tab.click("#story")
    await tab.see("Bank finds")
    await tab.click("#story")
    await tab.click("#channels button", "ai-news")
    await tab.see("Choir of AI voices")
    await tab.click("#channels button", "tech")
    await tab.ready()
    await command(tab, "subscriptions explain", article="choir")
    await tab.see("was below Hot")
    await picture(tab, folder / "explain.png")


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
