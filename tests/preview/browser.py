"""Drives a headless Chromium over its DevTools protocol: for the tests of the page, and for the README's picture."""

import asyncio
import base64
import itertools
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import aiohttp

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The browser's program, None where none is installed."""

_SWITCHES = (
    "--headless",
    "--no-sandbox",  # it runs as root in containers, and opens nothing but our own page
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)

# Finds the last visible match in the page or in the channel that is on; with `text`, one that contains it.
_FIND = """(selector, text) => {
  const frame = document.querySelector("iframe.on");
  const inner = frame?.contentDocument;
  for (const root of [document, inner]) {
    const found = [...(root?.querySelectorAll(selector) || [])]
      .filter((item) => item.checkVisibility() && (!text || item.textContent.includes(text)));
    const element = found[found.length - 1];
    if (!element) continue;
    element.scrollIntoView({ block: "nearest" });
    const box = element.getBoundingClientRect();
    const offset = root === inner ? frame.getBoundingClientRect() : { x: 0, y: 0 };
    return { x: offset.x + box.x + box.width / 2, y: offset.y + box.y + box.height / 2 };
  }
  return null;
}"""

_KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Backspace": 8}


class BrowserError(Exception):
    """The browser answered with an error, or something expected in the page did not come."""


class Tab:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.errors: list[str] = []
        """Exceptions of the page's scripts, in order."""

    async def read(self) -> None:
        """Take in what the browser says, until it is closed."""
        async for message in self._socket:
            data = json.loads(message.data)
            if data.get("method") == "Runtime.exceptionThrown":
                details = data["params"]["exceptionDetails"]
                self.errors.append(details.get("exception", {}).get("description") or details["text"])
            waiting = self._waiting.pop(data.get("id", 0), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(data)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        number = next(self._ids)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await asyncio.wait_for(self._waiting[number], 20)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def evaluate(self, script: str) -> Any:
        """Return the value of a JavaScript expression."""
        answer = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(answer["exceptionDetails"].get("exception", {}).get("description", script))
        return answer["result"].get("value")

    async def goto(self, url: str) -> None:
        """Open the preview's page and wait until a channel is there."""
        await self.call("Page.navigate", url=url)
        await self.ready()

    async def reload(self) -> None:
        """Load the page anew and wait until a channel is there."""
        await self.evaluate("window.beforeReload = true")
        await self.call("Page.reload")
        await self.wait_for("!window.beforeReload")
        await self.ready()

    async def ready(self) -> None:
        """Wait until the channel that is on can be used."""
        await self.wait_for('document.querySelector("iframe.on")?.contentWindow?.simcordPreview?.ready')

    async def resize(self, width: int, height: int) -> None:
        """Give the page another size, in pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    async def wait_for(self, script: str, *, within: float = 10) -> Any:
        """Return the expression's value as soon as it is truthy; raise `BrowserError` after `within` seconds."""
        end = time.perf_counter() + within
        while True:
            try:
                value = await self.evaluate(script)
            except BrowserError:
                value = None  # the page is being loaded
            if value:
                return value
            if time.perf_counter() > end:
                raise BrowserError(f"not within {within} s: {script}; the channel shows: {await self.text()}")
            await asyncio.sleep(0.05)

    async def text(self) -> str:
        """Return what stands in the channel that is on, without the composer's pickers."""
        return str(
            await self.evaluate(
                'document.querySelector("iframe.on")?.contentDocument?.getElementById("channel-message-list")?.innerText'
                ' || ""'
            )
        )

    async def see(self, text: str, *, within: float = 10) -> None:
        """Wait until the channel that is on shows the text."""
        script = (
            'document.querySelector("iframe.on")?.contentDocument?.getElementById("preview-app")?.innerText'
            f".includes({json.dumps(text)})"
        )
        await self.wait_for(script, within=within)

    async def choices(self, *texts: str) -> None:
        """Wait until the composer's picker offers exactly this."""
        script = (
            'JSON.stringify([...document.querySelector("iframe.on").contentDocument.querySelectorAll("[role=option]")]'
            ".filter((item) => item.checkVisibility()).map((item) => item.innerText.trim()))"
        )
        await self.wait_for(f"{script} === JSON.stringify({json.dumps(texts)})")

    async def click(self, selector: str, text: str = "", *, button: Literal["left", "right"] = "left") -> None:
        """Click at the last element that matches, in the shell or in the channel that is on."""
        place = await self.hover(selector, text)
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, button=button, clickCount=1, **place)

    async def hover(self, selector: str, text: str = "") -> dict[str, float]:
        """Move the pointer to the last element that matches, once it stands still, and return where it is."""
        find = f"({_FIND})({json.dumps(selector)}, {json.dumps(text)})"
        before, place = None, await self.wait_for(find)
        while place != before:
            await asyncio.sleep(0.1)
            before, place = place, await self.wait_for(find)
        await self.call("Input.dispatchMouseEvent", type="mouseMoved", **place)
        return dict(place)

    async def type(self, text: str) -> None:
        """Type a text, key by key."""
        for character in text:
            await self.call("Input.dispatchKeyEvent", type="keyDown", text=character, key=character)
            await self.call("Input.dispatchKeyEvent", type="keyUp", key=character)

    async def press(self, key: str) -> None:
        """Press a named key."""
        code = _KEYS[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            extra = text if kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **extra)

    async def screenshot(self, path: Path) -> None:
        """Write a picture of the page, as PNG."""
        answer = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(answer["data"]))


@asynccontextmanager
async def open_tab(width: int = 1280, height: int = 860) -> AsyncIterator[Tab]:
    """Start a browser with a profile of its own and one empty page, until the block ends."""
    assert CHROMIUM is not None
    profile = Path(tempfile.mkdtemp(prefix="heatline-chromium-"))
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *_SWITCHES,
        f"--user-data-dir={profile}",
        f"--window-size={width},{height}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session:
            address = await _page_address(session, profile)
            async with session.ws_connect(address, max_msg_size=64 * 1024 * 1024) as socket:
                tab = Tab(socket)
                reader = asyncio.create_task(tab.read())
                try:
                    await tab.call("Page.enable")
                    await tab.call("Runtime.enable")
                    await tab.resize(width, height)
                    yield tab
                finally:
                    reader.cancel()
                    await asyncio.wait([reader])
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()
        # Helpers of the browser may still be writing for a moment.
        shutil.rmtree(profile, ignore_errors=True)


async def _page_address(session: aiohttp.ClientSession, profile: Path) -> str:
    """Return the address of the first page's socket, once the browser has written its port into its profile."""
    end = time.perf_counter() + 20
    while time.perf_counter() < end:
        try:
            port = (profile / "DevToolsActivePort").read_text(encoding="utf-8").splitlines()[0]
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                for target in await answer.json():
                    if target["type"] == "page":
                        return str(target["webSocketDebuggerUrl"])
        except (OSError, IndexError, aiohttp.ClientError):
            pass  # not yet
        await asyncio.sleep(0.05)
    raise BrowserError("Chromium did not open its debugging port within 20 s")
