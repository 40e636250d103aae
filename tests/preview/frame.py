"""Acts in a channel as SimCord's page does, without a browser."""

import asyncio
import html
import itertools
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import aiohttp

Json = dict[str, Any]


class Shell:
    """What the page knows: channels, people and the keys of their frames."""

    def __init__(self, http: aiohttp.ClientSession, config: Json, text: str) -> None:
        self._http = http
        self.config = config
        self.text = text

    def key(self, channel: str, person: str = "You") -> str:
        """Return the key of a channel's frame as one person sees it."""
        channel_id = next(item["id"] for item in self.config["channels"] if item["name"] == channel)
        person_id = next(item["id"] for item in self.config["people"] if item["name"] == person)
        return str(self.config["frames"][f"{channel_id}/{person_id}"]).partition("#")[2]

    async def open(self, channel: str, person: str = "You") -> "Channel":
        """Open a channel."""
        page = Channel(self._http, self.key(channel, person))
        await page.open()
        return page


async def read_shell(http: aiohttp.ClientSession) -> Shell:
    async with http.get("/") as answer:
        text = await answer.text()
    found = re.search(r'id="config">(.*?)</script>', text)
    assert found is not None
    return Shell(http, json.loads(found[1]), html.unescape(text))


class Channel:
    """One open page of a channel."""

    def __init__(self, http: aiohttp.ClientSession, key: str) -> None:
        self._http = http
        self._headers = {"X-Simcord-Capability": key}
        self._sequence = itertools.count(1)
        self.state: Json = {}

    async def open(self) -> None:
        async with self._http.post("/api/pages", json={}, headers=self._headers) as answer:
            assert answer.status == 200
            self.state = await answer.json()
        self._headers["X-Simcord-Context"] = self.state["context"]["id"]

    async def look(self) -> Json:
        """Return what the channel shows now."""
        async with self._http.get("/api/state", headers=self._headers) as answer:
            assert answer.status == 200
            self.state = await answer.json()
        return self.state

    async def see(self, text: str, *, within: float = 5) -> Json:
        """Return the newest message's projection once the channel shows the text; `revision` stays where it was."""
        before, end = self.state, time.perf_counter() + within
        while True:
            state = await self.look()
            self.state = before
            found = [state["messages"][key] for key in state["timeline"] if text in json.dumps(state["messages"][key])]
            if found:
                return dict(found[-1])
            assert time.perf_counter() < end, f"{text!r} is not in {json.dumps(state['messages'])[:2000]}"
            await asyncio.sleep(0.05)

    async def commands(self) -> dict[str, Json]:
        """Return the slash commands that this person may use here."""
        async with self._http.get("/api/commands", headers=self._headers) as answer:
            return {entry["invocation"]: entry for entry in (await answer.json())["entries"]}

    async def act(self, kind: str, **body: Any) -> Json:
        """Do something, as of the state looked at last, and return the receipt."""
        number = next(self._sequence)
        action = body | {
            "kind": kind,
            "protocol_version": 3,
            "sequence": number,
            "request_id": f"test-{number}",
            "generation": self.state["context"]["generation"],
            "bot_generation": self.state["botGeneration"],
            "published_revision": self.state["publishedRevision"],
        }
        async with self._http.post("/api/action", json=action, headers=self._headers) as answer:
            assert answer.status == 200
            return dict(await answer.json())

    async def run(self, command: str, **options: str) -> Json:
        """Run a slash command."""
        return await self.act("run_command", **await self._leaf(command), options=options)

    async def complete(self, command: str, option: str, typed: str) -> list[str]:
        """Return what is offered for an option while something is typed there."""
        leaf = await self._leaf(command)
        receipt = await self.act("autocomplete_command", **leaf, focused=option, value=typed, options={})
        return [choice["name"] for choice in receipt["result"]["choices"]]

    async def _leaf(self, command: str) -> Json:
        entry = (await self.commands())[command]
        return {
            "command_id": entry["commandId"],
            "path": entry["path"],
            "schema_fingerprint": entry["schemaFingerprint"],
        }

    async def menus(self) -> dict[str, str]:
        """Return what the menu of a message offers: the words shown by name."""
        async with self._http.get("/menus", headers=self._headers) as answer:
            assert answer.status == 200
            return dict(await answer.json())

    async def use_menu(self, name: str, message_id: str) -> int:
        """Use a message's menu, and return how that was answered."""
        chosen = {"name": name, "message": message_id}
        async with self._http.post("/menus", json=chosen, headers=self._headers) as answer:
            return answer.status

    async def click(self, message: Json, label: str) -> Json:
        """Click a message's button."""
        key = next(part["control_key"] for part in _parts(message) if part.get("label") == label)
        return await self.act("click", control_key=key, target_id=message["id"])


def _parts(value: Any) -> Iterator[Json]:
    """Yield every object within a JSON value."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)
