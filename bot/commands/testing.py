"""A test of how a post would look: sent to nobody but the person who asked."""

from dataclasses import replace

import discord
from discord import ui
from sqlalchemy import Connection

from bot.cards import ids, order_texts
from bot.cards.language import _, speaking
from bot.cards.push import push_message
from bot.commands.answer import Control, Refusal
from bot.commands.host import Interaction, host_of
from bot.commands.story import show_story
from bot.delivery.access import server_language
from bot.models import Article, Delivery, DeliveryKind, DeliveryState, Often, Subscription, Terms
from bot.store import servers
from bot.store.headlines import hottest_matching

_NO_NONCE = "A" * 24


async def send_test(interaction: Interaction, known: Subscription, terms: Terms) -> None:
    """Show the hottest stories of any age that the terms let through, as they would be posted; nothing is kept.

    That is one where they come as it happens, else the digest.
    """
    host = host_of(interaction)
    articles = await host.database.read(_hottest, known, terms)
    if not articles:
        raise Refusal(_(order_texts.NO_MATCH))
    now, digest = host.clock(), terms.often is not Often.INSTANT
    delivery = Delivery(
        id=0,
        subscription_id=known.id,
        guild_id=known.guild_id,
        channel_id=known.channel_id,
        kind=DeliveryKind.DIGEST if digest else DeliveryKind.PUSH,
        state=DeliveryState.PENDING,
        nonce=_NO_NONCE,
        keys=tuple(article.key for article in articles),
        more=0,
        attempts=0,
        queued_at=now,
        first_attempt_at=None,
        role_id=terms.role_id,
    )
    settings = await host.database.read(servers.server, known.guild_id)
    with speaking(server_language(interaction.client, known.guild_id, settings.language)):
        message = push_message(delivery, replace(known, terms=terms), articles, now)
    for item in message.view.children:
        if isinstance(item, ui.Button) and item.custom_id:  # the marker leads to a delivery, and there is none
            item.custom_id = ids.opened(articles[0].key)
    embeds = [message.embed] if message.embed else []
    await interaction.followup.send(
        f"-# {_(order_texts.ONLY_YOU)}\n{message.content}",
        embeds=embeds,
        view=message.view,
        ephemeral=True,
        allowed_mentions=discord.AllowedMentions.none(),
    )


def _hottest(connection: Connection, known: Subscription, terms: Terms) -> list[Article]:
    most = 1 if terms.often is Often.INSTANT else terms.size
    return hottest_matching(connection, terms, servers.server(connection, known.guild_id), most)


class OpenButton(Control, template=rf"hl1:a:(?P<article>{ids.KEY})"):
    """Opens the story of an article."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the story."""
        await show_story(interaction, self.parts["article"])


CONTROLS: tuple[type[Control], ...] = (OpenButton,)
