"""The gateway: sessions that outlive their connection, and the events that they carry."""

import asyncio
import json
import zlib
from collections.abc import Callable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from .ledger import Ledger
from .world import Guild, Json, World

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 0, 1, 2, 6, 7, 9, 10, 11
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15  # members, presences, message content


class Connection:
    """One websocket. Frames leave in the order in which they were put, by one writer."""

    def __init__(self, socket: web.WebSocketResponse, compress: str | None) -> None:
        self.socket = socket
        self._frames: asyncio.Queue[str] = asyncio.Queue()
        # discord.py asks for zstd where Python has it; a plain text frame is accepted whatever was asked.
        self._compressor = zlib.compressobj() if compress == "zlib-stream" else None

    def put(self, op: int, data: Any = None, event: str | None = None, sequence: int | None = None) -> None:
        """Queue a frame, as its data are now."""
        self._frames.put_nowait(json.dumps({"op": op, "d": data, "t": event, "s": sequence}))

    async def write(self) -> None:
        """Send what is queued, until cancelled or disconnected."""
        while True:
            text = await self._frames.get()
            try:
                if self._compressor is None:
                    await self.socket.send_str(text)
                else:
                    body = self._compressor.compress(text.encode())
                    await self.socket.send_bytes(body + self._compressor.flush(zlib.Z_SYNC_FLUSH))
            except ConnectionError:
                return


class Session:
    """What an IDENTIFY began: the events of one shard, kept so that RESUME can repeat them."""

    def __init__(self, session_id: str, shard: tuple[int, int], connection: Connection) -> None:
        self.id = session_id
        self.shard = shard
        self.connection: Connection | None = connection
        self._events: list[tuple[str, Any]] = []

    def push(self, event: str, data: Any) -> None:
        """Send an event, now or when the session is resumed."""
        self._events.append((event, data))
        if self.connection is not None:
            self.connection.put(DISPATCH, data, event, len(self._events))

    def resume(self, connection: Connection, seen: int) -> None:
        """Repeat on a new connection what came after sequence number `seen`."""
        self.connection = connection
        for number, (event, data) in enumerate(self._events[seen:], start=seen + 1):
            connection.put(DISPATCH, data, event, number)
        self.push("RESUMED", {})


class Gateway:
    """Answers at /gateway and sends events to the sessions."""

    def __init__(self, world: World, ledger: Ledger, token: str, url: Callable[[], str]) -> None:
        self._world = world
        self._ledger = ledger
        self._token = token
        self._url = url
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self.heartbeat_interval = 41.25
        self.acknowledge_heartbeats = True
        world.appeared.append(self.appear)

    @property
    def connected(self) -> bool:
        """Whether a session has a connection now."""
        return any(session.connection for session in self._sessions.values())

    def dispatch(self, event: str, data: Json, *, guild_id: int | None = None) -> None:
        """Send an event to the session whose shard has the server; without one, to shard 0."""
        for session in self._sessions.values():
            if session.shard[0] == (0 if guild_id is None else (guild_id >> 22) % session.shard[1]):
                session.push(event, data)

    def appear(self, guild: Guild) -> None:
        """Tell the bot that it is in the server."""
        if guild.joined:
            self.dispatch("GUILD_CREATE", guild.payload(self._world.bot), guild_id=guild.id)

    async def disconnect(self, code: int = 4000) -> None:
        """Close all connections with this code; the sessions can be resumed unless the code is fatal."""
        for connection in tuple(self._connections):
            await connection.socket.close(code=code)

    def order_reconnect(self) -> None:
        """Ask all connections to reconnect (op 7)."""
        for connection in self._connections:
            connection.put(RECONNECT)

    def forget_sessions(self) -> None:
        """Make every later RESUME fail, so that the client must identify anew."""
        self._sessions.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket from HELLO to its close."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        connection = Connection(socket, request.query.get("compress"))
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        connection.put(HELLO, {"heartbeat_interval": int(self.heartbeat_interval * 1000)})
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    refused = await self._received(connection, json.loads(frame.data))
                    if refused:
                        await socket.close(code=refused)
        finally:
            writer.cancel()
            self._connections.discard(connection)
            for session in self._sessions.values():
                if session.connection is connection:
                    session.connection = None
            await self._ledger.changed()
        return socket

    async def close(self) -> None:
        """Close all connections because the stand-in ends."""
        await self.disconnect(WSCloseCode.GOING_AWAY)

    async def _received(self, connection: Connection, frame: Json) -> int | None:
        """Act on one frame; returns the code to close with, if any."""
        op, data = frame["op"], frame["d"]
        if op == HEARTBEAT:
            if self.acknowledge_heartbeats:
                connection.put(HEARTBEAT_ACK)
        elif op == IDENTIFY:
            self._ledger.identifies.append(data)
            refused = self._identify(connection, data)
            await self._ledger.changed()
            return refused
        elif op == RESUME:
            self._ledger.resumes.append(data)
            session = self._sessions.get(data["session_id"])
            if data["token"] != self._token:
                return 4004
            if session is None:
                connection.put(INVALID_SESSION, False)
            else:
                session.resume(connection, data["seq"])
            await self._ledger.changed()
        return None

    def _identify(self, connection: Connection, data: Json) -> int | None:
        if data["token"] != self._token:
            return 4004
        if data.get("intents") is None:
            return 4013
        if data["intents"] & PRIVILEGED:
            return 4014
        number, count = data.get("shard") or (0, 1)
        if not 0 <= number < count:
            return 4010
        session = Session(f"session-{self._world.new_id()}", (number, count), connection)
        # A new session takes the place of the shard's earlier one, which a crashed program may have left.
        self._sessions = {key: kept for key, kept in self._sessions.items() if kept.shard[0] != number}
        self._sessions[session.id] = session
        guilds = [g for g in self._world.guilds.values() if g.joined and (g.id >> 22) % count == number]
        session.push(
            "READY",
            {
                "v": 10,
                "user": self._world.bot.payload(),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self._url(),
                "shard": [number, count],
                "application": {"id": str(self._world.bot.id), "flags": 0},
            },
        )
        for guild in guilds:
            # `unavailable` tells a server that comes back from one that is joined, which lacks the field.
            session.push("GUILD_CREATE", guild.payload(self._world.bot) | {"unavailable": False})
        return None
