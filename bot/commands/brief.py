"""`/brief`: the short briefing, half a minute to read."""

from datetime import UTC, datetime
from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.briefing.brief import SIZES
from bot.cards import ids, news_texts
from bot.cards.brief import brief_layout, nothing_new_layout
from bot.cards.language import N_
from bot.cards.layout import sentence
from bot.commands.answer import Control, Refusal, replace, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.news import (
    UnknownNameError,
    keep,
    kept,
    known_name,
    offer_names,
    sample_note,
    topic_choices,
)
from bot.commands.places import manages_here, server_of, sharing
from bot.models import Listing, Order, fold
from bot.store.briefs import brief
from bot.store.listings import listing_key
from bot.store.readers import keep_look, last_look

_SIZE = 5


class Briefing(commands.Cog):
    """The finite briefing."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @app_commands.command(
        name="brief", description=N_("The short briefing: the hottest stories, half a minute to read")
    )
    @app_commands.describe(
        topic=N_("Only this topic"),
        size=N_("How many stories; by default 5"),
        public=N_("Show it to everybody in the channel"),
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.autocomplete(topic=topic_choices)
    @app_commands.choices(size=[app_commands.Choice(name=str(size), value=size) for size in SIZES])
    async def brief(
        self,
        interaction: Interaction,
        topic: app_commands.Range[str, 1, 100] | None = None,
        size: int = _SIZE,
        public: bool = False,
    ) -> None:
        """Show the short briefing; what is new since the reader's last look comes first."""
        if public:
            await sharing(interaction)
        await interaction.response.defer(ephemeral=not public, thinking=True)
        try:
            name = await known_name(self._host, "topic", topic)
        except UnknownNameError as unknown:
            await offer_names(interaction, unknown)
            return
        await _show_brief(interaction, name, size, public=public)


async def _show_brief(interaction: Interaction, topic: str | None, size: int, *, public: bool) -> None:
    host = host_of(interaction)
    now, user, subject = host.clock(), interaction.user.id, fold(topic or "")
    since = None if public else await host.database.read(last_look, user, subject, now)
    settings = await server_of(interaction)
    made = await host.database.read(brief, topic, size, now, since, settings.blocked)
    listing = Listing(Order.TOP, topic=topic)
    if not made.articles:
        await show(interaction, sentence(news_texts.no_articles(listing)))
        return
    key = listing_key(listing)
    if since is not None and not made.new:
        await show(interaction, nothing_new_layout(made, key, now))
    else:
        layout = brief_layout(
            made,
            key,
            now,
            note=await sample_note(host),
            shared_by=user if public else None,
            shareable=settings.share,
            manages=manages_here(interaction),
        )
        await show(interaction, layout, public=public)
    await keep(host, listing)
    if not public:
        await host.database.write(keep_look, user, subject, now)  # after the answer: reading waits for no writer


class BriefButton(
    Control, template=rf"hl1:b:(?P<action>show|share):(?P<listing>{ids.KEY}):(?P<size>[357]):(?P<at>\d{{1,12}})"
):
    """Does something with a short briefing, as it was when it was made."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the briefing, or share it."""
        action: Literal["show", "share"] = self.parts["action"]  # type: ignore[assignment]  # by the template
        host = host_of(interaction)
        listing = await kept(host, self.parts["listing"])
        settings = await (sharing if action == "share" else server_of)(interaction)
        at, now = datetime.fromtimestamp(int(self.parts["at"]), UTC), host.clock()
        size = int(self.parts["size"])
        made = await host.database.read(brief, listing.topic, size, min(at, now), None, settings.blocked)
        if not made.articles:
            raise Refusal(news_texts.no_articles(listing))
        if action == "share":
            layout = brief_layout(
                made, self.parts["listing"], now, note=await sample_note(host), shared_by=interaction.user.id
            )
            await show(interaction, layout, public=True)
            return
        layout = brief_layout(made, self.parts["listing"], now, note=await sample_note(host), shareable=settings.share)
        await replace(interaction, layout)


CONTROLS: tuple[type[Control], ...] = (BriefButton,)
