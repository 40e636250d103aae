"""The REST routes by which the program answers interactions."""

from aiohttp import web

from .answers import CHOICES, DEFERRED_MESSAGE, DEFERRED_UPDATE, MESSAGE, MODAL, UPDATE, Answer
from .interactions import AUTOCOMPLETE, COMMAND, MODAL_SUBMIT, Interactions
from .messages import EPHEMERAL, LOADING, Messages
from .wire import RefusedError, answer, payload_of
from .world import Json, World

# What Discord takes as a first answer, by the interaction's type.
ALLOWED = {
    COMMAND: (MESSAGE, DEFERRED_MESSAGE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE),
}
ANY_COMPONENT = (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL)


class Callbacks:
    """The first answer, the original message and the followups; none of them needs the bot's token."""

    def __init__(self, world: World, messages: Messages, interactions: Interactions) -> None:
        self._world = world
        self._messages = messages
        self._interactions = interactions
        self.deadline = 3.0  # seconds for the first answer
        self.token_lifetime = 900.0  # seconds for all others

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, relative to the API's root."""
        message = "/webhooks/{application}/{token}/messages/{message}"
        return [
            web.post("/interactions/{id}/{token}/callback", self.callback),
            web.post("/webhooks/{application}/{token}", self.followup),
            web.get(message, self.read),
            web.patch(message, self.edit),
            web.delete(message, self.delete),
        ]

    async def callback(self, request: web.Request) -> web.Response:
        """POST the first answer, once and within 3 seconds."""
        payload, files = await payload_of(request)
        record = self._interactions.by_token.get(request.match_info["token"])
        if record is None or str(record.id) != request.match_info["id"] or self._age(record) > self.deadline:
            raise RefusedError(404, 10062, "Unknown interaction")
        if record.replies:
            raise RefusedError(400, 40060, "Interaction has already been acknowledged.")
        kind, data = int(payload["type"]), payload.get("data") or {}
        if kind not in ALLOWED.get(record.type, ANY_COMPONENT) or (kind == UPDATE and record.source_id is None):
            raise RefusedError(
                400, 50035, f"Invalid Form Body: type {kind} does not answer an interaction of type {record.type}"
            )
        if kind == CHOICES:
            self._check_choices(data.get("choices") or [])
        elif kind in (DEFERRED_UPDATE, UPDATE):
            record.original_id = record.source_id
            if kind == UPDATE:
                self._messages.edit(self._messages.get(record.source_id or 0), data, files)
        elif kind in (MESSAGE, DEFERRED_MESSAGE):
            if kind == DEFERRED_MESSAGE:
                data = {"flags": int(data.get("flags") or 0) & EPHEMERAL | LOADING}
            record.original_id = int(self._messages.create(record.channel, self._world.bot, data, files)["id"])
        record.add("callback", payload, record.original_id)
        if request.query.get("with_response", "").lower() not in ("1", "true"):
            return web.Response(status=204)
        return answer(self._response(record, kind))

    async def followup(self, request: web.Request) -> web.Response:
        """POST another message; the first one after a deferral takes the place of "is thinking"."""
        payload, files = await payload_of(request)
        record = self._record(request)
        loading = record.original_id is not None and record.message["flags"] & LOADING
        if loading:
            payload = {name: value for name, value in payload.items() if name != "flags"} | {
                "flags": int(payload.get("flags") or 0) & ~EPHEMERAL
            }
            message = self._messages.edit(record.message, payload, files)
        else:
            message = self._messages.create(record.channel, self._world.bot, payload, files)
        record.add("edit" if loading else "followup", payload, int(message["id"]))
        return answer(message)

    async def read(self, request: web.Request) -> web.Response:
        """GET the original message or a followup."""
        return answer(self._message(request, self._record(request)))

    async def edit(self, request: web.Request) -> web.Response:
        """PATCH the original message or a followup."""
        payload, files = await payload_of(request)
        record = self._record(request)
        message = self._messages.edit(self._message(request, record), payload, files)
        record.add("edit", payload, int(message["id"]))
        return answer(message)

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE the original message or a followup."""
        record = self._record(request)
        message_id = int(self._message(request, record)["id"])
        self._messages.delete(message_id)
        record.add("delete", {}, message_id)
        return web.Response(status=204)

    def _age(self, record: Answer) -> float:
        return record.ledger.now() - record.sent_at

    def _record(self, request: web.Request) -> Answer:
        """Return the interaction of a webhook's token, if it was acknowledged and still counts."""
        record = self._interactions.by_token.get(request.match_info["token"])
        if record is None or request.match_info["application"] != str(self._world.bot.id):
            raise RefusedError(404, 10015, "Unknown Webhook")
        if self._age(record) > self.token_lifetime:
            raise RefusedError(401, 50027, "Invalid Webhook Token")
        record.acknowledged()
        return record

    def _message(self, request: web.Request, record: Answer) -> Json:
        name = request.match_info["message"]
        mine = {str(record.original_id)} | {str(reply.message_id) for reply in record.replies}
        if name == "@original" and record.original_id is not None:
            return record.message
        if name not in mine:
            raise RefusedError(404, 10008, "Unknown Message")
        return self._messages.get(int(name))

    def _response(self, record: Answer, kind: int) -> Json:
        """Return what `with_response` asks for."""
        about: Json = {"id": str(record.id), "type": record.type}
        resource: Json = {"type": kind}
        if record.original_id is not None:
            flags = record.message["flags"]
            about |= {
                "response_message_id": str(record.original_id),
                "response_message_loading": bool(flags & LOADING),
                "response_message_ephemeral": bool(flags & EPHEMERAL),
            }
            if kind in (MESSAGE, UPDATE):
                resource["message"] = record.message
        return {"interaction": about, "resource": resource}

    @staticmethod
    def _check_choices(choices: list[Json]) -> None:
        fits = all(1 <= len(choice["name"]) <= 100 and len(str(choice["value"])) <= 100 for choice in choices)
        if len(choices) > 25 or not fits:
            raise RefusedError(400, 50035, "Invalid Form Body: at most 25 choices of 1 to 100 characters")
