"""`/trends`: how much news there was, day by day, in a picture and in words."""

import io
from datetime import UTC, datetime

import discord
from discord import app_commands
from discord.ext import commands

from bot.briefing.trends import Trends
from bot.cards import ids, news_texts
from bot.cards.language import N_
from bot.cards.layout import sentence
from bot.cards.trends import PICTURE, trends_layout
from bot.commands.answer import Control, Refusal, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.news import UnknownNameError, keep, kept, known_name, offer_names, sample_note, topic_choices
from bot.commands.places import server_of, sharing
from bot.models import Listing, Order, Server
from bot.store.listings import listing_key
from bot.store.trends import trends

_DAYS = 30
_PERIODS = [
    app_commands.Choice(name=N_("7 days"), value=7),
    app_commands.Choice(name=N_("30 days"), value=30),
    app_commands.Choice(name=N_("Year"), value=365),
]
_NOBODY = discord.AllowedMentions.none()


class Trending(commands.Cog):
    """Stories a day by topic."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @app_commands.command(name="trends", description=N_("How much news there was, by day and topic"))
    @app_commands.describe(topic=N_("Only this topic"), period=N_("How far back; by default 30 days"))
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.autocomplete(topic=topic_choices)
    @app_commands.choices(period=_PERIODS)
    async def trends(
        self,
        interaction: Interaction,
        topic: app_commands.Range[str, 1, 100] | None = None,
        period: int = _DAYS,
    ) -> None:
        """Show how many stories came in each day, of a topic or of the leading ones."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            name = await known_name(self._host, "topic", topic)
        except UnknownNameError as unknown:
            await offer_names(interaction, unknown)
            return
        listing = Listing(Order.TOP, topic=name, days=period)
        at, settings = self._host.clock(), await server_of(interaction)
        async with self._host.charts.getting_ready():
            found = await _trends(interaction, listing, at, settings)
            if not found.stories.total:
                await show(interaction, sentence(news_texts.no_articles(listing)))
                return
            await _answer(interaction, found, listing_key(listing), at, shareable=settings.share)
        await keep(self._host, listing)


async def _trends(interaction: Interaction, listing: Listing, at: datetime, settings: Server) -> Trends:
    days = listing.days or _DAYS
    read = host_of(interaction).database.read
    return await read(trends, listing.topic, days, at, settings.timezone, settings.blocked)


async def _answer(
    interaction: Interaction,
    found: Trends,
    listing_key: str,
    at: datetime,
    *,
    shared_by: int | None = None,
    shareable: bool = True,
) -> None:
    """Answer with the trends, in place of "is thinking"; with their picture where there is enough for one."""
    host = host_of(interaction)
    png = await host.charts.png(found) if found.drawn else None
    layout = trends_layout(
        found,
        listing_key,
        at,
        drawn=png is not None,
        note=await sample_note(host),
        shared_by=shared_by,
        shareable=shareable,
    )
    files = [discord.File(io.BytesIO(png), PICTURE)] if png else []
    await interaction.edit_original_response(view=layout, attachments=files, allowed_mentions=_NOBODY)


class ShareTrendsButton(Control, template=rf"hl1:tr:(?P<listing>{ids.KEY}):(?P<at>\d{{1,12}})"):
    """Shows trends to everybody in the channel."""

    async def respond(self, interaction: Interaction) -> None:
        """Post the trends as they were, if the person who shares could post there themselves."""
        host, settings = host_of(interaction), await sharing(interaction)
        listing = await kept(host, self.parts["listing"])
        at = min(datetime.fromtimestamp(int(self.parts["at"]), UTC), host.clock())
        found = await _trends(interaction, listing, at, settings)
        if not found.stories.total:
            raise Refusal(news_texts.no_articles(listing))
        await interaction.response.defer(thinking=True)  # a picture may take longer than Discord waits
        await _answer(interaction, found, self.parts["listing"], at, shared_by=interaction.user.id)


CONTROLS: tuple[type[Control], ...] = (ShareTrendsButton,)
