"""Takes the README's pictures: the real bot in the preview, seen by a real browser. `make screenshots` runs it."""

import asyncio
import io
import sqlite3
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from PIL import Image

from bot.preview.program import preview_program
from bot.preview.sandbox import Sandbox
from bot.preview.serve import listen, running
from bot.settings import SEEDS, read_settings
from tests.preview.browser import CHROMIUM, Tab, open_tab

_REQUIRED = ("words", "article", "headline")

WIDE, NARROW = 1000, 520
"""How wide the pictures are, in pixels; they are as high as what they show."""

_LOWEST = {WIDE: 740, NARROW: 560}

# Leaves only so many of the last messages to be seen, and returns how much higher the page must be to show them whole.
_ARRANGE = """(count) => {
  const page = document.querySelector("iframe.on").contentDocument;
  const messages = [...page.querySelectorAll("[data-message-id]")];
  const shown = new Set(messages.slice(messages.length - count));
  for (const message of messages) message.style.display = shown.has(message) ? "" : "none";
  for (const day of page.querySelectorAll(".timeline-day-divider")) day.style.display = "none";
  const list = page.getElementById("channel-message-list");
  return Math.ceil(list.getBoundingClientRect().height) - page.getElementById("channel-timeline").clientHeight;
}"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who reads the news in their language: what they see there, and what their pictures' names end with."""

    person: str
    ending: str
    width: int  # where it is not a long list
    more_stories: str
    matches: str
    trends: str
    reports: str
    save: str
    saved: str
    seen: str
    coverage: str


ENGLISH = Reader(
    person="You",
    ending="",
    width=WIDE,
    more_stories="More stories",
    matches="4 matches",
    trends="Days are those",
    reports="5 other reports",
    save="Save",
    saved="Remove from saved",
    seen="Seen this?",
    coverage="Find coverage",
)
GERMAN = Reader(
    person="Klara",
    ending="-de",
    width=NARROW,
    more_stories="Weitere Meldungen",
    matches="4 Treffer",
    trends="Jede Meldung",
    reports="5 weitere Berichte",
    save="Speichern",
    saved="Aus der Liste entfernen",
    seen="Schon gesehen?",
    coverage="Berichte finden",
)


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


async def say(tab: Tab, text: str) -> None:
    """Post a message in the channel that is on."""
    await tab.click("#channel-composer-input")
    await tab.type(text)
    await tab.press("Enter")
    await tab.see(text)


async def become(tab: Tab, person: str) -> None:
    """Go on as somebody else."""
    await tab.click("#people button", person)
    await tab.ready()


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
            open_tab(WIDE, _LOWEST[WIDE]) as tab,
        ):
            await tab.goto(preview.url)
            # Where `make run` has it: the pictures' own folder is another one each time.
            await tab.evaluate('document.querySelector(".folder code").textContent = "data/preview/8730/corpus"')
            await command(tab, "news top")
            await tab.see("Share here")
            await picture(tab, folder / "top.png")
            for reader in (ENGLISH, GERMAN):
                await become(tab, reader.person)
                await read(tab, folder, reader, preview.sandbox)
            await become(tab, "You")
            await tab.click("#channels button", "ai-news")
            await tab.ready()
            await command(tab, "subscribe", topic="AI")
            await tab.see("Open a story")
            await picture(tab, folder / "subscribe.png", messages=2)
            await say(tab, "That was quick.")
            await tab.click("#story")
            await tab.see("1 other report")
            await picture(tab, folder / "push.png")
            await edited(tab, folder, preview.sandbox.corpus)
            await panel(tab, folder)
            await explanation(tab, folder)


async def read(tab: Tab, folder: Path, reader: Reader, sandbox: Sandbox) -> None:
    """Write pictures of what a member asks for: the briefing, a search, trends, a story, what they saved."""

    async def take(name: str, width: int = reader.width) -> None:
        await picture(tab, folder / f"{name}{reader.ending}.png", width=width)

    await command(tab, "brief")
    await tab.see(reader.more_stories)
    await take("brief", WIDE)
    await command(tab, "news search", words="robot")
    await tab.see(reader.matches)
    await take("search", WIDE)
    await command(tab, "trends")
    await tab.see(reader.trends)
    await take("trends")
    for headline in ("hospital", "tidal", "fold fitted"):
        await command(tab, "news story", headline=headline)
        await tab.click("button.component-button", reader.save)
        await tab.see(reader.saved)
        if headline == "fold fitted":
            await take("story")
        else:
            await arrange(tab, 0, reader.width)
    await asyncio.to_thread(_as_if_saved_on_other_days, sandbox)
    await command(tab, "saved")
    await tab.see("Tidal turbines")
    await take("saved")
    await menu(tab, folder, reader)


async def menu(tab: Tab, folder: Path, reader: Reader) -> None:
    """Write pictures of a message's menu, and of the coverage that it finds for the link in the message."""
    await say(tab, f"{reader.seen} https://signal-circuit.example/news/four-corners-solved")
    await arrange(tab, 1, reader.width)
    await tab.hover("[data-message-id]", reader.seen)
    await tab.click('[data-control-key$=":action:more"]')
    await tab.wait_for(f'document.activeElement.textContent === "{reader.coverage}"')
    await shoot(tab, folder / f"menu{reader.ending}.png")
    await tab.click("#menu button", reader.coverage)
    await tab.see(reader.reports)
    await picture(tab, folder / f"coverage{reader.ending}.png", messages=2, width=reader.width)


def _as_if_saved_on_other_days(sandbox: Sandbox) -> None:
    """Let a day and a half be between each two stories that somebody saved."""
    with sqlite3.connect(sandbox.folder / "heatline.db", timeout=15) as database:
        rows = database.execute("SELECT user_id, key FROM saved ORDER BY user_id, at DESC").fetchall()
        users = [user for user, _ in rows]
        for place, (user, key) in enumerate(rows):
            days = 0.1 + 1.5 * (place - users.index(user))
            statement = "UPDATE saved SET at = at - ? WHERE user_id = ? AND key = ? AND at > unixepoch() - 3600"
            database.execute(statement, (round(days * 86400), user, key))
    database.close()


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
    await picture(tab, folder / "panel.png")
    await picture(tab, folder / "panel-narrow.png", width=NARROW)
    await tab.click("button", "Log")
    await tab.see("What was sent")
    await picture(tab, folder / "log.png")


async def arrange(tab: Tab, messages: int, width: int) -> None:
    """Show the last messages whole and nothing of what stands above them."""
    await tab.resize(width, _LOWEST[width])
    await asyncio.sleep(1)  # pictures may still come
    more = await tab.evaluate(f"({_ARRANGE})({messages})")
    await tab.resize(width, _LOWEST[width] + max(0, more))
    await asyncio.sleep(0.5)


async def picture(tab: Tab, path: Path, *, messages: int = 1, width: int = WIDE) -> None:
    """Write a picture of the last messages once the page is calm."""
    await arrange(tab, messages, width)
    await tab.hover("#channel-topic")  # off the messages, whose buttons would show
    await tab.evaluate('document.querySelector("iframe.on").contentDocument.activeElement.blur()')
    await shoot(tab, path)
    await tab.resize(WIDE, _LOWEST[WIDE])


async def shoot(tab: Tab, path: Path) -> None:
    """Write a picture of the page as it is, in 256 colours: half of the bytes, and the eye sees no difference."""
    await asyncio.sleep(0.5)
    await tab.screenshot(path)
    await asyncio.to_thread(_shrink, path)


def _shrink(path: Path) -> None:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        full = image.convert("RGB")
    # Surfaces keep their exact colours; skies are dithered, or they would have stripes.
    counted = cast(list[tuple[int, tuple[int, int, int]]], full.getcolors(full.width * full.height))
    exact = [value for _, colour in sorted(counted, reverse=True)[:16] for value in colour]
    mixed = full.quantize(240, kmeans=2).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*exact, *mixed[: 240 * 3]])
    full.quantize(palette=palette).save(path, optimize=True)


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1])))
