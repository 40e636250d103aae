"""After a crash, or an answer that never came: whether a message arrived, by the channel's own history."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from bot.cards.ids import marker
from bot.delivery.pace import Pace
from bot.models import Delivery

# Clocks differ: look from this long before the first attempt.
_BEFORE = timedelta(seconds=60)
# Messages in one answer, Discord's most; and answers read. A channel that got more since is too busy to be sure of.
_PAGE = 100
_PAGES = 10
# Whether history may be read is known once the gateway has told of the servers; at a cold start wait so long for it.
_GATEWAY_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the history says: the message, or that there is none, or (not `certain`) nothing that can be relied on."""

    message_id: int | None
    certain: bool


async def find_message(bot: discord.Client, pace: Pace, delivery: Delivery, since: datetime, deadline: float) -> Found:
    """Look in the channel's history for the delivery's message, sent at or after `since`.

    Each request waits for its turn and has so many seconds. Trouble on the way (limits, 5xx, resets, timeouts) raises:
    then it is better asked again later than taken for an answer.
    """
    wanted = marker(delivery.nonce)
    channel = bot.get_partial_messageable(delivery.channel_id, guild_id=delivery.guild_id)
    after = discord.Object(discord.utils.time_snowflake(since - _BEFORE))
    for page in range(_PAGES):
        try:
            async with pace.slot(), asyncio.timeout(deadline):
                messages = [message async for message in channel.history(after=after, limit=_PAGE, oldest_first=True)]
        except (discord.Forbidden, discord.NotFound):
            return Found(None, certain=False)
        for message in messages:
            if wanted in _custom_ids(message.components):
                return Found(message.id, certain=True)
        if not messages and page == 0:
            return Found(None, certain=await _may_read(bot, delivery))
        if len(messages) < _PAGE:
            return Found(None, certain=True)
        after = discord.Object(max(message.id for message in messages))
    return Found(None, certain=False)


async def _may_read(bot: discord.Client, delivery: Delivery) -> bool:
    """Whether the history can be read. Without the permission Discord answers with an empty list."""
    try:
        async with asyncio.timeout(_GATEWAY_WAIT):
            await bot.wait_until_ready()
    except (TimeoutError, RuntimeError):
        return False
    guild = bot.get_guild(delivery.guild_id)
    channel = guild.get_channel_or_thread(delivery.channel_id) if guild else None
    if guild is None or channel is None:
        return False
    allowed = channel.permissions_for(guild.me)
    return allowed.view_channel and allowed.read_message_history


def _custom_ids(components: Sequence[object]) -> Iterator[str]:
    for component in components:
        custom_id = getattr(component, "custom_id", None)
        if isinstance(custom_id, str):
            yield custom_id
        yield from _custom_ids(getattr(component, "children", ()))
