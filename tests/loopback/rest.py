"""The REST routes that Heatline uses, except those of interactions."""

from aiohttp import web

from .faults import Limits
from .interactions import Interactions
from .ledger import Ledger, Post
from .messages import Around, Messages
from .wire import RefusedError, answer, payload_of
from .world import VIEW_CHANNEL, Channel, Guild, Json, World

WAYS: tuple[Around, ...] = ("before", "after", "around")


class Rest:
    """Login, commands, channels, servers and messages."""

    def __init__(
        self, world: World, messages: Messages, ledger: Ledger, limits: Limits, interactions: Interactions, url: Json
    ) -> None:
        self._world = world
        self._messages = messages
        self._ledger = ledger
        self._limits = limits
        self._interactions = interactions
        self._gateway = url
        self.shards = 1
        self.identifies_left = 1000

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, relative to the API's root."""
        commands = "/applications/{application}/commands"
        guild_commands = "/applications/{application}/guilds/{guild}/commands"
        message = "/channels/{channel}/messages/{message}"
        return [
            web.get("/users/@me", self.me),
            web.get("/oauth2/applications/@me", self.application),
            web.get("/applications/@me", self.application),
            web.get("/gateway", self.gateway),
            web.get("/gateway/bot", self.gateway_bot),
            web.get(commands, self.synced_commands),
            web.put(commands, self.sync),
            web.get(guild_commands, self.synced_commands),
            web.put(guild_commands, self.sync),
            web.get("/guilds/{guild}", self.guild),
            web.get("/channels/{channel}", self.channel),
            web.get("/channels/{channel}/messages", self.history),
            web.post("/channels/{channel}/messages", self.create),
            web.get(message, self.message),
            web.patch(message, self.edit),
            web.delete(message, self.delete),
        ]

    async def me(self, request: web.Request) -> web.Response:
        """GET /users/@me."""
        return answer(self._world.bot.payload())

    async def application(self, request: web.Request) -> web.Response:
        """GET /oauth2/applications/@me."""
        bot, owner = self._world.bot, self._world.owner
        return answer(
            {
                "id": str(bot.id),
                "name": bot.name,
                "icon": None,
                "description": "",
                "summary": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "owner": owner.payload(),
                "team": None,
                "flags": 0,
                "rpc_origins": [],
                "bot": bot.payload(),
                "integration_types_config": {"0": {}, "1": {}},
            }
        )

    async def gateway(self, request: web.Request) -> web.Response:
        """GET /gateway."""
        return answer({"url": self._gateway["url"]})

    async def gateway_bot(self, request: web.Request) -> web.Response:
        """GET /gateway/bot."""
        start = {"total": 1000, "remaining": self.identifies_left, "reset_after": 86_400_000, "max_concurrency": 1}
        return answer({"url": self._gateway["url"], "shards": self.shards, "session_start_limit": start})

    async def sync(self, request: web.Request) -> web.Response:
        """PUT the whole list of commands; a command that stays keeps its id."""
        guild_id = self._scope(request)
        body, _ = await payload_of(request)
        old = {(c["type"], c["name"]): c["id"] for c in self._interactions.commands.get(guild_id, [])}
        commands = []
        for given in body:
            kind = given.get("type", 1)
            command = {
                "default_member_permissions": None,
                "options": [],
                **given,
                "description": given.get("description", ""),
                "id": old.get((kind, given["name"])) or str(self._world.new_id()),
                "application_id": str(self._world.bot.id),
                "type": kind,
                "version": str(self._world.new_id()),
            }
            commands.append(command | ({"guild_id": str(guild_id)} if guild_id else {}))
        self._interactions.commands[guild_id] = commands
        self._ledger.syncs.append((guild_id, commands))
        return answer(commands)

    async def synced_commands(self, request: web.Request) -> web.Response:
        """GET the list of commands."""
        return answer(self._interactions.commands.get(self._scope(request), []))

    async def guild(self, request: web.Request) -> web.Response:
        """GET /guilds/{id}."""
        return answer(self._guild(int(request.match_info["guild"])).payload(self._world.bot))

    async def channel(self, request: web.Request) -> web.Response:
        """GET /channels/{id}."""
        return answer(self._channel(request).payload(self._world.bot))

    async def history(self, request: web.Request) -> web.Response:
        """GET a page of the channel's messages, newest first."""
        query = request.query
        way = next((way for way in WAYS if way in query), None)
        limit = min(100, int(query.get("limit", "50")))
        return answer(self._messages.history(self._channel(request), limit, way, int(query[way]) if way else 0))

    async def create(self, request: web.Request) -> web.Response:
        """POST a message; a nonce seen before is answered with its message."""
        channel = self._channel(request)
        payload, files = await payload_of(request)
        over, headers = self._limits.check_channel(channel.id)
        if over is not None:
            return over
        self._may_send(channel)
        message = self._messages.with_nonce(self._world.bot, payload)
        duplicate = message is not None
        if message is None:
            message = self._messages.create(channel, self._world.bot, payload, files)
        nonce = payload.get("nonce")
        self._ledger.posts.append(
            Post(
                kind="create",
                channel_id=channel.id,
                message_id=int(message["id"]),
                payload=payload,
                nonce=None if nonce is None else str(nonce),
                duplicate=duplicate,
                at=self._ledger.now(),
            )
        )
        return answer(message, headers=headers)

    async def message(self, request: web.Request) -> web.Response:
        """GET one message."""
        return answer(self._message(request))

    async def edit(self, request: web.Request) -> web.Response:
        """PATCH a message of the bot's own."""
        self._may_send(self._channel(request))
        message = self._message(request)
        payload, files = await payload_of(request)
        if message["author"]["id"] != str(self._world.bot.id):
            raise RefusedError(403, 50005, "Cannot edit a message authored by another user")
        self._messages.edit(message, payload, files)
        channel_id, message_id = int(message["channel_id"]), int(message["id"])
        self._ledger.posts.append(Post("edit", channel_id, message_id, payload, None, False, self._ledger.now()))
        return answer(message)

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE a message."""
        self._messages.delete(int(self._message(request)["id"]))
        return web.Response(status=204)

    def _scope(self, request: web.Request) -> int | None:
        if request.match_info["application"] != str(self._world.bot.id):
            raise RefusedError(404, 10002, "Unknown Application")
        if "guild" not in request.match_info:
            return None
        return self._guild(int(request.match_info["guild"])).id

    def _guild(self, guild_id: int) -> Guild:
        guild = self._world.guilds.get(guild_id)
        if guild is None or not guild.joined:
            raise RefusedError(404, 10004, "Unknown Guild")
        return guild

    def _channel(self, request: web.Request) -> Channel:
        channel = self._world.channels.get(int(request.match_info["channel"]))
        if channel is None or channel.gone:
            raise RefusedError(404, 10003, "Unknown Channel")
        if (channel.guild and not channel.guild.joined) or not channel.allows(VIEW_CHANNEL):
            raise RefusedError(403, 50001, "Missing Access")
        return channel

    def _message(self, request: web.Request) -> Json:
        message = self._messages.get(int(request.match_info["message"]))
        if message["channel_id"] != str(self._channel(request).id):
            raise RefusedError(404, 10008, "Unknown Message")
        return message

    @staticmethod
    def _may_send(channel: Channel) -> None:
        if channel.forbidden or not channel.can_send():
            raise RefusedError(403, 50013, "Missing Permissions")
