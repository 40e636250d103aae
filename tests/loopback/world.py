"""What exists in the stand-in's Discord: servers, channels, roles, people; and how Discord writes them as JSON."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
READ_MESSAGE_HISTORY = 1 << 16
SEND_MESSAGES_IN_THREADS = 1 << 38
ADMINISTRATOR = 1 << 3
INVITED = 274877991936  # what Heatline's invite asks for
MEMBER = INVITED | 1 << 31  # and what lets a member use slash commands
EVERYTHING = (1 << 53) - 1

TEXT, DM, ANNOUNCEMENT, THREAD = 0, 1, 5, 11


class Snowflakes:
    """Hands out ids that carry the time and never repeat, as Discord's do."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        """Return a new id, later than every earlier one."""
        now = (time.time_ns() // 1_000_000 - 1420070400000) << 22
        self._last = max(self._last + 1, now)
        return self._last


def created_at(snowflake: int) -> str:
    """Return the time that an id carries, as Discord writes times."""
    return datetime.fromtimestamp(((snowflake >> 22) + 1420070400000) / 1000, UTC).isoformat()


@dataclass(slots=True)
class Person:
    """A user. An `admin` has a role with ADMINISTRATOR in every server and `permissions` to match."""

    id: int
    name: str
    admin: bool = False
    permissions: int = MEMBER
    bot: bool = False
    locale: str = "en-US"
    """The language that the person has chosen in Discord."""

    def payload(self) -> Json:
        """Return the user object."""
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
            "system": False,
            "public_flags": 0,
            "flags": 0,
        }


@dataclass(slots=True)
class Role:
    """A role of a server."""

    id: int
    name: str
    permissions: int = 0
    mentionable: bool = False
    position: int = 1

    def payload(self) -> Json:
        """Return the role object."""
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(self.permissions),
            "mentionable": self.mentionable,
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }


@dataclass(slots=True)
class Guild:
    """A server; `joined=False` means that the bot is not in it, so only user installs work there."""

    id: int
    name: str
    owner: Person
    roles: list[Role]
    joined: bool = True
    channels: list["Channel"] = field(default_factory=list)
    updates: "Channel | None" = None
    """Where its community updates go."""

    @property
    def everyone(self) -> Role:
        """The role that all members have."""
        return self.roles[0]

    @property
    def admins(self) -> Role:
        """The role that people with `admin` have."""
        return self.roles[1]

    def member(self, person: Person) -> Json:
        """Return the person's member object."""
        return {
            "user": person.payload(),
            "roles": [str(self.admins.id)] if person.admin else [],
            "nick": None,
            "avatar": None,
            "joined_at": created_at(self.id),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }

    def payload(self, bot: Person) -> Json:
        """Return the guild object as GUILD_CREATE and GET /guilds/{id} give it."""
        live = [channel for channel in self.channels if not channel.gone]
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "owner_id": str(self.owner.id),
            "joined_at": created_at(self.id),
            "large": False,
            "member_count": 2,
            "members": [self.member(bot)],
            "roles": [role.payload() for role in self.roles],
            "channels": [channel.payload(bot) for channel in live if channel.kind != THREAD],
            "threads": [channel.payload(bot) for channel in live if channel.kind == THREAD],
            "emojis": [],
            "stickers": [],
            "features": [],
            "preferred_locale": "en-US",
            "nsfw_level": 0,
            "premium_tier": 0,
            "verification_level": 0,
            "default_message_notifications": 1,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "system_channel_flags": 0,
            "public_updates_channel_id": str(self.updates.id) if self.updates else None,
        }


@dataclass(slots=True)
class Channel:
    """A place for messages.

    `deny` is a set of permission bits that the bot lacks here, visibly to it. `forbidden` refuses sends although the
    cached permissions look fine, and `gone` makes the channel unknown: both as when an event has not arrived yet.
    """

    id: int
    name: str
    guild: Guild | None
    kind: int = TEXT
    deny: int = 0
    parent: "Channel | None" = None
    forbidden: bool = False
    gone: bool = False

    def allows(self, permission: int) -> bool:
        """Tell whether the bot has all bits of `permission` here."""
        return self.permissions() & permission == permission

    def permissions(self) -> int:
        """Return the bot's permission bits here."""
        if self.guild is None:
            return EVERYTHING
        denied = self.deny | (self.parent.deny if self.parent else 0)
        return self.guild.everyone.permissions & ~denied

    def can_send(self) -> bool:
        """Tell whether the bot may send here; threads have a permission of their own."""
        return self.allows(SEND_MESSAGES_IN_THREADS if self.kind == THREAD else SEND_MESSAGES)

    def payload(self, bot: Person) -> Json:
        """Return the channel object."""
        common: Json = {"id": str(self.id), "type": self.kind, "last_message_id": None, "flags": 0}
        if self.guild is None:
            return common | {"recipients": []}
        common |= {"name": self.name, "guild_id": str(self.guild.id), "rate_limit_per_user": 0}
        if self.kind == THREAD and self.parent:
            return common | {
                "parent_id": str(self.parent.id),
                "owner_id": str(self.guild.owner.id),
                "message_count": 0,
                "member_count": 1,
                "thread_metadata": {
                    "archived": False,
                    "auto_archive_duration": 4320,
                    "archive_timestamp": created_at(self.id),
                    "locked": False,
                },
            }
        overwrite = {"id": str(bot.id), "type": 1, "allow": "0", "deny": str(self.deny)}
        return common | {
            "position": self.guild.channels.index(self),
            "permission_overwrites": [overwrite] if self.deny else [],
            "parent_id": None,
            "topic": None,
            "nsfw": False,
        }


class World:
    """Everything that exists, by id. The bot and its owner are there from the start."""

    def __init__(self) -> None:
        self.new_id = Snowflakes()
        self.people: dict[int, Person] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.appeared: list[Callable[[Guild], None]] = []
        self.owner = self.add_user("owner", admin=True)
        self.bot = Person(self.new_id(), "Heatline", bot=True)
        self.people[self.bot.id] = self.bot

    def add_user(self, name: str, *, admin: bool = False, permissions: int | None = None) -> Person:
        """Make a user; `permissions` are the bits that interactions report for them."""
        person = Person(self.new_id(), name, admin, permissions or (EVERYTHING if admin else MEMBER))
        self.people[person.id] = person
        return person

    def add_guild(
        self, name: str, *, owner: Person | None = None, permissions: int = MEMBER, joined: bool = True
    ) -> Guild:
        """Make a server in which everyone, and so the bot, has `permissions`; connected bots are told."""
        guild_id = self.new_id()
        everyone = Role(guild_id, "@everyone", permissions, position=0)
        admins = Role(self.new_id(), "Admins", ADMINISTRATOR)
        guild = Guild(guild_id, name, owner or self.owner, [everyone, admins], joined)
        self.guilds[guild.id] = guild
        for told in self.appeared:
            told(guild)
        return guild

    def add_role(self, guild: Guild, name: str, *, permissions: int = 0, mentionable: bool = False) -> Role:
        """Make a role; before the bot connects, since no event tells of it."""
        role = Role(self.new_id(), name, permissions, mentionable, len(guild.roles))
        guild.roles.append(role)
        return role

    def add_channel(
        self,
        guild: Guild | None,
        name: str,
        *,
        kind: int = TEXT,
        deny: int = 0,
        parent: Channel | None = None,
        forbidden: bool = False,
    ) -> Channel:
        """Make a channel, or with `guild=None` a direct message; before the bot connects, since no event tells of it.

        A `parent` makes it a thread.
        """
        kind = DM if guild is None else THREAD if parent else kind
        channel = Channel(self.new_id(), name, guild, kind, deny, parent, forbidden)
        self.channels[channel.id] = channel
        if guild is not None:
            guild.channels.append(channel)
        return channel
