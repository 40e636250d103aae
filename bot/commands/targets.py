"""Where news may go and whom it may ping: what is checked before a subscription is made or saved."""

import discord

from bot.cards import order_texts, texts
from bot.cards.language import _
from bot.commands.answer import Refusal
from bot.commands.host import Interaction
from bot.delivery.access import Channel, missing_permissions


class ClosedError(Refusal):
    """Heatline may not post in the channel, until somebody changes its permissions."""

    def __init__(self, channel_id: int, sentence: str) -> None:
        super().__init__(sentence)
        self.channel_id = channel_id


def news_channel(interaction: Interaction, channel_id: int) -> Channel:
    """Return a channel or thread of the server, if news can be sent to such a one and the person may post there."""
    guild, member = interaction.guild, interaction.user
    target = guild.get_channel_or_thread(channel_id) if guild else None
    if target is None:
        raise Refusal(texts.cannot_find(channel_id))
    return posting_place(target, member)


def posting_place(target: object, member: discord.User | discord.Member) -> Channel:
    """Return the channel, if news can be sent to such a one and the person may post there."""
    if not isinstance(target, discord.TextChannel | discord.Thread) or not isinstance(member, discord.Member):
        raise Refusal(_(texts.NOT_A_NEWS_CHANNEL))
    allowed = target.permissions_for(member)
    posts = allowed.send_messages_in_threads if isinstance(target, discord.Thread) else allowed.send_messages
    if not (allowed.view_channel and posts):
        raise Refusal(texts.cannot_see(target.id))
    return target


def check_open(channel: Channel) -> None:
    """Raise `ClosedError` if Heatline cannot post in the channel: what it lacks there, or a thread that is locked.

    An archived thread opens again by a post, unless it is locked.
    """
    missing = missing_permissions(channel)
    if missing:
        raise ClosedError(channel.id, order_texts.closed(_where_to_allow(channel), missing))
    locked = isinstance(channel, discord.Thread) and channel.locked
    if locked and not channel.permissions_for(channel.guild.me).manage_threads:
        raise ClosedError(channel.id, _(order_texts.LOCKED, channel=f"<#{channel.id}>"))


def _where_to_allow(channel: Channel) -> int:
    """Return the channel whose settings decide: threads have no permissions of their own."""
    return channel.parent_id if isinstance(channel, discord.Thread) else channel.id


def role_trouble(guild: discord.Guild, channel: Channel, role_id: int) -> str | None:
    """Return why a ping of the role would not reach anybody, or must not be sent."""
    role = guild.get_role(role_id)
    if role is None:
        return _(order_texts.GONE_ROLE)
    if role.is_default():
        return _(order_texts.EVERYONE)
    if role.mentionable or channel.permissions_for(guild.me).mention_everyone:
        return None
    return order_texts.cannot_ping(role_id, channel.id)
