"""The messages that exist, and Discord's rules for making and changing them."""

import time
from datetime import UTC, datetime
from typing import Any, Literal

from .rules import COMPONENTS_V2, is_empty, problems, refusal, walk
from .wire import RefusedError
from .world import READ_MESSAGE_HISTORY, VIEW_CHANNEL, Channel, Json, Person, World, created_at

EPHEMERAL = 1 << 6
LOADING = 1 << 7
NOTHING: Json = {"content": "", "embeds": [], "components": [], "flags": 0}
FIELDS = ("content", "embeds", "components", "flags", "poll", "message_reference")

Around = Literal["before", "after", "around"]


class Messages:
    """All messages by id, in order, and the nonces that still count."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._messages: dict[int, Json] = {}
        self._nonces: dict[tuple[int, str], tuple[float, int]] = {}
        self.nonce_window = 120.0

    def get(self, message_id: int) -> Json:
        """Return the message as it is now, or refuse with Unknown Message."""
        try:
            return self._messages[message_id]
        except KeyError:
            raise RefusedError(404, 10008, "Unknown Message") from None

    def shown_in(self, channel_id: int) -> list[Json]:
        """Return what everyone sees in the channel, oldest first."""
        return [
            message
            for message in self._messages.values()
            if message["channel_id"] == str(channel_id) and not message["flags"] & EPHEMERAL
        ]

    def with_nonce(self, author: Person, payload: Json) -> Json | None:
        """Return the earlier message that this payload would repeat.

        Like Discord, by author and nonce but not by channel, and 404 if that message was deleted meanwhile.
        """
        if not payload.get("enforce_nonce") or payload.get("nonce") is None:
            return None
        made, message_id = self._nonces.get((author.id, str(payload["nonce"])), (float("-inf"), 0))
        return self.get(message_id) if time.monotonic() - made < self.nonce_window else None

    def forget_nonces(self) -> None:
        """Forget all nonces at once, as after Discord's window."""
        self._nonces.clear()

    def create(self, channel: Channel, author: Person, payload: Json, files: list[str] | None = None) -> Json:
        """Make a message and return it."""
        draft: Json = {name: payload[name] for name in FIELDS if payload.get(name) is not None}
        draft["attachments"] = [self._attachment(name) for name in files or []]
        if is_empty(draft) and not int(payload.get("flags") or 0) & LOADING:
            raise RefusedError(400, 50006, "Cannot send an empty message")
        self._check(draft | {"nonce": payload.get("nonce")})
        message_id = self._world.new_id()
        message: Json = {
            "id": str(message_id),
            "channel_id": str(channel.id),
            "author": author.payload(),
            "content": "",
            "embeds": [],
            "components": [],
            "flags": 0,
            "type": 0,
            "timestamp": created_at(message_id),
            "edited_timestamp": None,
            "tts": False,
            "pinned": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            **draft,
        }
        if payload.get("nonce") is not None:
            message["nonce"] = payload["nonce"]
            self._nonces[author.id, str(payload["nonce"])] = (time.monotonic(), message_id)
        self._number(message)
        self._messages[message_id] = message
        return message

    def edit(self, message: Json, payload: Json, files: list[str] | None = None) -> Json:
        """Change a message in place and return it; what the payload leaves out stays."""
        changed: Json = {name: payload[name] for name in FIELDS if name in payload}
        for name in (name for name, value in changed.items() if value is None):
            changed[name] = NOTHING.get(name)
        keep = int(message["flags"]) & (COMPONENTS_V2 | EPHEMERAL)  # neither can be taken back
        flags: Any = changed.get("flags", message["flags"])
        changed["flags"] = int(flags) & ~LOADING | keep
        if "attachments" in payload or files:
            kept = {part.get("id") for part in payload.get("attachments") or []}
            old = [part for part in message["attachments"] if part["id"] in kept]
            changed["attachments"] = old + [self._attachment(name) for name in files or []]
        draft = message | changed
        if is_empty(draft):
            raise RefusedError(400, 50006, "Cannot send an empty message")
        self._check({name: value for name, value in draft.items() if name != "nonce"})
        message.update(changed, edited_timestamp=datetime.now(UTC).isoformat())
        self._number(message)
        return message

    def delete(self, message_id: int) -> None:
        """Remove the message; its nonce stays known, and answers 404 from now on."""
        self.get(message_id)
        del self._messages[message_id]

    def history(self, channel: Channel, limit: int, way: Around | None, anchor: int) -> list[Json]:
        """Return up to `limit` messages, newest first; none without the permission to read history, as Discord does."""
        if not channel.allows(VIEW_CHANNEL):
            raise RefusedError(403, 50001, "Missing Access")
        if not channel.allows(READ_MESSAGE_HISTORY):
            return []
        shown = self.shown_in(channel.id)
        older = [message for message in shown if int(message["id"]) < anchor]
        newer = [message for message in shown if int(message["id"]) > anchor]
        if way == "before":
            page = older[-limit:]
        elif way == "after":
            page = newer[:limit]
        elif way == "around":
            exact = [message for message in shown if int(message["id"]) == anchor]
            page = (older[-(limit // 2) :] if limit > 1 else []) + exact
            page += newer[: limit - len(page)]
        else:
            page = shown[-limit:]
        return page[::-1]

    def _check(self, draft: Json) -> None:
        found = problems(draft)
        if int(draft.get("flags") or 0) & COMPONENTS_V2 and (draft.get("content") or draft.get("embeds")):
            found.append(("content", "Cannot be used with the flag IS_COMPONENTS_V2."))
        if found:
            raise RefusedError(400, 50035, "Invalid Form Body", refusal(found))

    def _attachment(self, name: str) -> Json:
        new_id = str(self._world.new_id())
        url = f"https://cdn.discordapp.com/attachments/{new_id}/{name}"
        return {"id": new_id, "filename": name, "size": 1, "url": url, "proxy_url": url}

    def _number(self, message: Json) -> None:
        """Give every component an id and every embed its type, as Discord does in what it returns."""
        for number, (_, component) in enumerate(walk(message["components"]), start=1):
            component.setdefault("id", number)
        for embed in message["embeds"]:
            embed.setdefault("type", "rich")
