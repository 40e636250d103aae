"""What people do: slash commands, menus, autocomplete, buttons, selects, forms, as a Discord client would send them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .answers import Answer
from .gateway import Gateway
from .ledger import Ledger
from .messages import Messages
from .rules import BUTTON, CHANNEL_SELECT, ROLE_SELECT, STRING_SELECT, USER_SELECT, walk
from .world import ADMINISTRATOR, EVERYTHING, Channel, Json, Person, World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
MESSAGE_MENU = 3
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, NUMBER = 3, 4, 5, 6, 7, 8, 10

PLAIN: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}
Value = str | int | float | bool | Channel | Person


class Interactions:
    """Sends interactions and keeps the answers by token.

    It is as strict as the client: an option that the synced command does not have, or a button that is not there or
    disabled, is a LookupError or a ValueError of the test.
    """

    def __init__(self, world: World, messages: Messages, ledger: Ledger, gateway: Gateway) -> None:
        self._world = world
        self._messages = messages
        self._ledger = ledger
        self._gateway = gateway
        self.commands: dict[int | None, list[Json]] = {}
        self.by_token: dict[str, Answer] = {}

    async def slash(
        self, channel: Channel, path: str, options: Mapping[str, Value], user: Person, within: float, until: str
    ) -> Answer:
        """Send a slash command once it is synced, and wait for its answer."""
        command, levels, leaf = await self._find(channel, path, within)
        known = {option["name"]: option for option in leaf.get("options") or []}
        for name in options.keys() - known.keys():
            raise LookupError(f"/{path} has no option {name!r}, only {sorted(known)}")
        for name in (name for name, option in known.items() if option.get("required") and name not in options):
            raise ValueError(f"/{path} needs the option {name!r}")
        resolved: Json = {}
        given = [self._option(known[name], value, channel, resolved) for name, value in options.items()]
        data = self._command(command, levels, given) | ({"resolved": resolved} if resolved else {})
        answer = self._send(COMMAND, channel, user, data)
        return await self._answered(answer, within, until)

    async def autocomplete(
        self, channel: Channel, path: str, options: Mapping[str, Value], focus: str, user: Person, within: float
    ) -> Answer:
        """Send what a user typed so far, with the cursor in option `focus`, and wait for the choices."""
        command, levels, leaf = await self._find(channel, path, within)
        known = {option["name"]: option for option in leaf.get("options") or []}
        if not known.get(focus, {}).get("autocomplete"):
            raise LookupError(f"/{path} has no autocomplete for {focus!r}")
        given: list[Json] = []
        for name, value in options.items():
            plain = str(value.id) if isinstance(value, (Channel, Person)) else value
            given.append({"name": name, "type": known[name]["type"], "value": plain})
            if name == focus:
                given[-1]["focused"] = True
        answer = self._send(AUTOCOMPLETE, channel, user, self._command(command, levels, given))
        return await self._answered(answer, within, "answered")

    async def menu(self, channel: Channel, name: str, message: Json, user: Person, within: float, until: str) -> Answer:
        """Choose an entry of a message's menu once it is synced, and wait for its answer."""

        def found() -> Json | None:
            every = (command for commands in self.commands.values() for command in commands)
            return next((each for each in every if each["type"] == MESSAGE_MENU and each["name"] == name), None)

        command = await self._ledger.wait_for(found, within, what=f"the sync of {name!r}")
        assert command is not None
        data = {"id": command["id"], "name": name, "type": MESSAGE_MENU, "target_id": message["id"]}
        answer = self._send(COMMAND, channel, user, data | {"resolved": {"messages": {message["id"]: message}}})
        return await self._answered(answer, within, until)

    async def component(
        self, message_id: int, custom_id: str, values: Sequence[str] | None, user: Person, within: float, until: str
    ) -> Answer:
        """Click a button or, with `values`, choose in a select of a message as it is now."""
        message = self._messages.get(message_id)
        parts = {part["custom_id"]: part for _, part in walk(message["components"]) if part.get("custom_id")}
        part = parts.get(custom_id)
        if part is None or part.get("disabled"):
            usable = sorted(key for key, other in parts.items() if not other.get("disabled"))
            raise LookupError(f"message {message_id} has no usable control {custom_id!r}, only {usable}")
        if (part["type"] == BUTTON) is (values is not None):
            raise ValueError(f"{custom_id!r} is {'a button' if part['type'] == BUTTON else 'a select'}")
        channel = self._world.channels[int(message["channel_id"])]
        data: Json = {"custom_id": custom_id, "component_type": part["type"]}
        if values is not None:
            data |= {"values": list(values)} | self._chosen(part, values, channel)
        answer = self._send(COMPONENT, channel, user, data, message)
        return await self._answered(answer, within, until)

    async def submit(self, form: Answer, values: Mapping[str, Any], within: float, until: str) -> Answer:
        """Send a form that an answer opened; lists of values are for its selects."""
        parts = {part["custom_id"]: part for _, part in walk(form.modal["components"]) if part.get("custom_id")}
        for name in values.keys() - parts.keys():
            raise LookupError(f"the form has no field {name!r}, only {sorted(parts)}")
        rows = []
        for row in form.modal["components"]:
            children = [
                {"type": child["type"], "custom_id": child["custom_id"], **self._typed(values.get(child["custom_id"]))}
                for _, child in walk([row])
                if child.get("custom_id")
            ]
            rows.append(
                {"type": row["type"]} | ({"component": children[0]} if row["type"] == 18 else {"components": children})
            )
        message = self._messages.get(form.source_id) if form.source_id else None
        data = {"custom_id": form.modal["custom_id"], "components": rows}
        answer = self._send(MODAL_SUBMIT, form.channel, form.user, data, message)
        return await self._answered(answer, within, until)

    def _send(self, kind: int, channel: Channel, user: Person, data: Json, message: Json | None = None) -> Answer:
        """Dispatch INTERACTION_CREATE and return the record that collects the answers."""
        world, guild = self._world, channel.guild
        interaction_id = world.new_id()
        token = f"interaction-{interaction_id}"
        home = {"1": str(user.id)} if guild is not None and not guild.joined else {"0": str(guild.id if guild else 0)}
        bits = EVERYTHING if user.permissions & ADMINISTRATOR else user.permissions
        payload: Json = {
            "id": str(interaction_id),
            "application_id": str(world.bot.id),
            "type": kind,
            "data": data,
            "token": token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": channel.payload(world.bot) | {"permissions": str(bits)},
            "app_permissions": str(channel.permissions()),
            "locale": user.locale,
            "entitlements": [],
            "authorizing_integration_owners": home,
            "context": 1 if guild is None else 0,
            "attachment_size_limit": 10485760,
        }
        if guild is None:
            payload["user"] = user.payload()
        else:
            payload |= {
                "guild_id": str(guild.id),
                "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
                "guild_locale": "en-US",
                "member": guild.member(user) | {"permissions": str(bits)},
            }
        if message is not None:
            payload["message"] = message
        answer = Answer(
            id=interaction_id,
            token=token,
            type=kind,
            channel=channel,
            user=user,
            data=data,
            sent_at=self._ledger.now(),
            messages=self._messages,
            ledger=self._ledger,
            source_id=int(message["id"]) if message else None,
        )
        self.by_token[token] = answer
        self._gateway.dispatch("INTERACTION_CREATE", payload, guild_id=guild.id if guild else None)
        return answer

    async def _answered(self, answer: Answer, within: float, until: str) -> Answer:
        """Wait until the answer is there: `answered`, or only `acknowledged` (deferred)."""
        if until == "acknowledged":
            await answer.wait_for(lambda a: bool(a.replies), within, what="an acknowledgement")
        elif until == "answered":
            await answer.wait_for(lambda a: a.answered, within, what="an answer")
        return answer

    async def _find(self, channel: Channel, path: str, within: float) -> tuple[Json, list[Json], Json]:
        """Return the synced command, its subcommand levels and the last of them, waiting for the sync if need be."""
        names = path.split()

        def found() -> tuple[Json, list[Json], Json] | None:
            scopes = [channel.guild.id if channel.guild else None, None]
            for command in (c for scope in dict.fromkeys(scopes) for c in self.commands.get(scope, [])):
                levels = [command]
                for name in names[1:]:
                    inner = [o for o in levels[-1].get("options") or [] if o["name"] == name and o["type"] in (1, 2)]
                    levels += inner
                is_leaf = not any(o["type"] in (1, 2) for o in levels[-1].get("options") or [])
                if command["name"] == names[0] and command["type"] == 1 and len(levels) == len(names) and is_leaf:
                    return command, levels[1:], levels[-1]
            return None

        try:
            await self._ledger.wait_for(lambda: self._gateway.connected, within, what="a session of the gateway")
            result = await self._ledger.wait_for(found, within, what=f"the sync of /{path}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; synced are {sorted(self._paths())}") from None
        assert result is not None
        return result

    def _paths(self) -> Iterator[str]:
        for commands in self.commands.values():
            for command in commands:
                yield command["name"]

    @staticmethod
    def _command(command: Json, levels: list[Json], given: list[Json]) -> Json:
        """Return the data of a command's interaction: its subcommands around the given options."""
        options = given
        for level in reversed(levels):
            options = [{"name": level["name"], "type": level["type"], "options": options}]
        data = {"id": command["id"], "name": command["name"], "type": 1, "options": options}
        return data | ({"guild_id": command["guild_id"]} if command.get("guild_id") else {})

    def _option(self, option: Json, value: Value, channel: Channel, resolved: Json) -> Json:
        """Return a filled option, checked as the client does, adding what it refers to to `resolved`."""
        name, kind = option["name"], option["type"]
        plain: Any = value
        choices = [choice["value"] for choice in option.get("choices") or []]
        if isinstance(value, Channel):
            plain = str(value.id)
            kinds = option.get("channel_types")
            if kind != CHANNEL or (kinds and value.kind not in kinds):
                raise ValueError(f"option {name!r} takes no channel of type {value.kind}")
            resolved.setdefault("channels", {})[plain] = self._partial(value)
        elif isinstance(value, Person):
            plain = str(value.id)
            if kind != USER:
                raise ValueError(f"option {name!r} takes no user")
            resolved |= self._people(resolved, value, channel)
        elif kind == ROLE:
            plain = str(value)
            roles = {str(role.id): role.payload() for role in channel.guild.roles} if channel.guild else {}
            resolved.setdefault("roles", {})[plain] = roles[plain]
        else:
            if not isinstance(value, PLAIN.get(kind, ())):
                raise ValueError(f"option {name!r} of type {kind} takes no {value!r}")
            size = len(value) if isinstance(value, str) else value
            unit = "_length" if isinstance(value, str) else "_value"
            if not option.get(f"min{unit}", size) <= size <= option.get(f"max{unit}", size):
                raise ValueError(f"option {name!r} is out of its range: {value!r}")
        if choices and plain not in choices:
            raise ValueError(f"option {name!r} has the choices {choices}, not {value!r}")
        return {"name": name, "type": kind, "value": plain}

    def _chosen(self, select: Json, values: Sequence[str], channel: Channel) -> Json:
        """Check what was chosen and return what it refers to."""
        if not select.get("min_values", 1) <= len(values) <= select.get("max_values", 1):
            raise ValueError(f"{select['custom_id']!r} takes no {len(values)} values")
        if select["type"] == STRING_SELECT:
            for value in set(values) - {option["value"] for option in select["options"]}:
                raise LookupError(f"{select['custom_id']!r} has no option {value!r}")
            return {}
        resolved: Json = {}
        for value in values:
            if select["type"] == CHANNEL_SELECT:
                resolved.setdefault("channels", {})[value] = self._partial(self._world.channels[int(value)])
            elif select["type"] == USER_SELECT:
                resolved |= self._people(resolved, self._world.people[int(value)], channel)
            elif select["type"] == ROLE_SELECT and channel.guild:
                role = next(role for role in channel.guild.roles if str(role.id) == value)
                resolved.setdefault("roles", {})[value] = role.payload()
        return {"resolved": resolved}

    @staticmethod
    def _typed(value: Any) -> Json:
        return (
            {"values": list(value)} if isinstance(value, (list, tuple)) else {"value": "" if value is None else value}
        )

    def _partial(self, channel: Channel) -> Json:
        return channel.payload(self._world.bot) | {"permissions": str(EVERYTHING)}

    @staticmethod
    def _people(resolved: Json, person: Person, channel: Channel) -> Json:
        users = resolved.get("users", {}) | {str(person.id): person.payload()}
        if channel.guild is None:
            return {"users": users}
        member = channel.guild.member(person) | {"permissions": str(person.permissions)}
        return {"users": users, "members": resolved.get("members", {}) | {str(person.id): member}}
