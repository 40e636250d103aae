"""The demo server and its people."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import discord
from simcord import ChannelHandle, Env, MemberActor, UserHandle, interactions
from simcord.backend.models import Interaction, Overwrite, User
from simcord.backend.state import Backend
from simcord.enums import ChannelType, OverwriteType

from bot.preview.pictures import avatar_hash
from bot.preview.sandbox import GERMAN_ID, MEMBER_ID, VISITOR_ID

GUILD_NAME = "Newsroom demo"
GUILD_ID = 1_100_000_000_000_000_000

TOPICS = {
    "general": "Look around: type /news top, /news search or /help",
    "ai-news": "Type /subscribe and choose the topic AI: from then on, news comes here by itself",
    "tech": "One more channel: /subscribe to Security or Robotics, or ask with /news topic",
}
ANNOUNCEMENTS = ("announcements", "Members only read here: the place for a daily /subscribe")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone whom the visitor can be."""

    actor: MemberActor
    name: str
    role: str
    locale: str = "en-US"


@dataclass(frozen=True, slots=True)
class World:
    """The demo server: its channels in the order shown, and its people, the owner first."""

    name: str
    channels: tuple[ChannelHandle, ...]
    people: tuple[Person, ...]


def _user(env: Env, user_id: int, name: str) -> UserHandle:
    """Make a user with an id of our choice."""
    user = User(id=env.backend.reserve_id(user_id), name=name.casefold(), global_name=name, avatar=avatar_hash(name))
    env.backend.users[user.id] = user
    return UserHandle(env, user)


@contextmanager
def locales(people: Sequence[Person]) -> Iterator[None]:
    """Let the program be told which language each of the people has chosen; SimCord says English of everybody."""
    chosen = {person.actor.id: person.locale for person in people}
    original = interactions.base_payload

    def base_payload(backend: Backend, *, user_id: int, **rest: Any) -> tuple[Interaction, dict[str, Any]]:
        record, payload = original(backend, user_id=user_id, **rest)
        return record, payload | {"locale": chosen.get(user_id, payload["locale"])}

    interactions.base_payload = base_payload
    try:
        yield
    finally:
        interactions.base_payload = original


def build_world(env: Env) -> World:
    """Build the demo server. Before the bot starts, so that the bot finds itself there instead of joining."""
    backend = env.backend
    backend.bot_user.name, backend.bot_user.avatar = "Heatline", avatar_hash("Heatline")
    you, sam = _user(env, VISITOR_ID, "You"), _user(env, MEMBER_ID, "Sam")
    guild = env.create_guild(GUILD_NAME, id=GUILD_ID, owner=you)
    bot_role = next(role for role in backend.get_guild(guild.id).roles.values() if role.managed)
    bot_role.color = 0xFF9A4D  # the logo's orange; Discord colours a name by its highest role
    member = guild.add_member(sam)
    german = guild.add_member(_user(env, GERMAN_ID, "Klara"))
    channels = [guild.create_text_channel(name, topic=topic) for name, topic in TOPICS.items()]
    send = discord.Permissions(send_messages=True).value
    name, topic = ANNOUNCEMENTS
    channel = backend.create_channel(
        guild.id,
        name,
        type=ChannelType.NEWS,
        topic=topic,
        overwrites=[  # of a guild, the id is also that of its @everyone
            Overwrite(target_id=guild.id, type=OverwriteType.ROLE, deny=send),
            Overwrite(target_id=bot_role.id, type=OverwriteType.ROLE, allow=send),
        ],
    )
    channels.append(ChannelHandle(env, guild, channel))
    people = (
        Person(MemberActor(env, guild, you), "You", "admin"),
        Person(member, "Sam", "member"),
        Person(german, "Klara", "reads German", "de"),
    )
    return World(name=GUILD_NAME, channels=tuple(channels), people=people)
