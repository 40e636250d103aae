"""`/news`: lists of articles, page by page, and the stories behind them."""

import logging
from collections.abc import Sequence

from discord import app_commands
from discord.ext import commands
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.briefing.naming import named, suggestions
from bot.cards import ids, limits, news_texts, texts
from bot.cards.language import N_, _, number
from bot.cards.layout import button, sentence
from bot.cards.listing import names_layout, page_layout
from bot.cards.markup import cut
from bot.commands.answer import Control, Refusal, replace, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.places import server_of, sharing
from bot.commands.story import headline_choices, key_of_typed, show_story, story_of
from bot.models import NOTHING_BLOCKED, Blocked, Listing, Name, Order
from bot.store.articles import Place, corpus_summary, names_of, page
from bot.store.database import is_busy
from bot.store.listings import is_fresh, keep_listing, kept_listing, listing_key
from bot.store.spelling import nearest_search

_log = logging.getLogger(__name__)

Kind = news_texts.Kind
Choice = app_commands.Choice

PERIODS = [
    Choice(name=N_("24 hours"), value=1),
    Choice(name=N_("7 days"), value=7),
    Choice(name=N_("30 days"), value=30),
    Choice(name=N_("Year"), value=365),
    Choice(name=N_("All"), value=0),
]


async def name_choices(host: Host, kind: Kind, typed: str, blocked: Blocked = NOTHING_BLOCKED) -> list[Choice[str]]:
    """Return the topics or providers that the typed letters may lead to, with their counts."""
    known = await host.database.read(names_of, kind, blocked)
    return [
        Choice(name=f"{cut(name.name, 80)} ({number(name.count)})", value=name.name)
        for name in suggestions(known, typed)
        if len(name.name) <= 100
    ]


async def topic_choices(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """Complete a topic."""
    return await name_choices(host_of(interaction), "topic", typed)


async def provider_choices(interaction: Interaction, typed: str) -> list[Choice[str]]:
    """Complete a provider."""
    return await name_choices(host_of(interaction), "provider", typed, (await server_of(interaction)).blocked)


async def known_name(host: Host, kind: Kind, typed: str | None, blocked: Blocked = NOTHING_BLOCKED) -> str | None:
    """Return the topic or provider that was typed, as it is written; None for none. Raises `UnknownNameError`."""
    if not typed or not typed.strip():
        return None
    names = await host.database.read(names_of, kind, blocked)
    found = named(names, typed)
    if found is None:
        raise UnknownNameError(kind, typed, suggestions(names, typed, most=3))
    return found.name


def _of(kind: Kind, name: str) -> Listing:
    return Listing(Order.TOP, topic=name) if kind == "topic" else Listing(Order.TOP, provider=name)


class UnknownNameError(Refusal):
    """A topic or provider that is not there; `near` are those that may have been meant."""

    def __init__(self, kind: Kind, typed: str, near: Sequence[Name]) -> None:
        super().__init__(news_texts.unknown_name(kind, typed, near))
        self.kind: Kind = kind
        self.near = near


async def show_listing(interaction: Interaction, listing: Listing) -> None:
    """Answer with the first page of a listing, or with what to try instead of an empty one."""
    host = host_of(interaction)
    now, settings = host.clock(), await server_of(interaction)
    found = await host.database.read(page, listing, now, blocked=settings.blocked)
    if not found.articles:
        await _offer_nearest(interaction, listing, settings.blocked)
        return
    note = await sample_note(host)
    await show(interaction, page_layout(found, listing_key(listing), now, note=note, shareable=settings.share))
    await keep(host, listing)


async def _offer_nearest(interaction: Interaction, listing: Listing, blocked: Blocked) -> None:
    """Answer a list that is empty: a search with the nearest one that finds something, if there is one."""
    host = host_of(interaction)
    near = None
    if listing.order is Order.SEARCH:
        near = await host.database.read(nearest_search, listing, blocked)
    if near is None:
        await show(interaction, sentence(news_texts.no_articles(listing)))
        return
    meant, found = near
    search = button(cut(meant.words or "", limits.BUTTON), ids.ask(listing_key(meant)))
    await show(interaction, sentence(news_texts.nearest(listing.words or "", meant.words or "", found), search))
    await keep(host, meant)


async def keep(host: Host, *listings: Listing) -> None:
    """Keep listings for the buttons of an answer that was given: no answer waits for another's write."""
    for listing in listings:
        if await host.database.read(is_fresh, listing_key(listing), host.clock()):
            continue
        try:
            await host.database.write(keep_listing, listing, host.clock())
        except (OperationalError, PoolTimeoutError) as error:
            if not is_busy(error):
                raise
            _log.warning("The database is busy: the buttons of an answer will not work.")


async def sample_note(host: Host) -> str | None:
    """Return what leads every list where only the bundled news is there."""
    return news_texts.sample((await host.database.read(corpus_summary)).newest) if host.sample else None


async def offer_names(interaction: Interaction, unknown: UnknownNameError) -> None:
    """Answer an unknown name with the nearest ones as buttons."""
    host = host_of(interaction)
    near = {name.name: _of(unknown.kind, name.name) for name in unknown.near}
    buttons = [button(name, ids.ask(listing_key(listing))) for name, listing in near.items()]
    await show(interaction, sentence(str(unknown), *buttons))
    await keep(host, *near.values())


@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
class News(commands.GroupCog, group_name="news", group_description=N_("Read the news")):
    """The reader's commands. Every answer is seen by the reader alone, until they share it."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    async def _list(
        self,
        interaction: Interaction,
        order: Order,
        topic: str | None = None,
        provider: str | None = None,
        period: int | None = None,
        words: str | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            listing = Listing(
                order,
                topic=await known_name(self._host, "topic", topic),
                provider=await known_name(self._host, "provider", provider, (await server_of(interaction)).blocked),
                words=words,
                days=period or None,
                everything=period == 0,
            )
        except UnknownNameError as unknown:
            await offer_names(interaction, unknown)
            return
        await show_listing(interaction, listing)

    async def _browse(self, interaction: Interaction, kind: Kind) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        known = await self._host.database.read(names_of, kind, (await server_of(interaction)).blocked)
        if not known:
            raise Refusal(_(texts.NO_NEWS))
        listings = {name.name: _of(kind, name.name) for name in known[:5]}
        keys = {name: listing_key(listing) for name, listing in listings.items()}
        await show(interaction, names_layout(kind, known, keys))
        await keep(self._host, *listings.values())

    @app_commands.command(description=N_("Hottest stories of a period"))
    @app_commands.describe(
        topic=N_("Only this topic"),
        provider=N_("Only this publisher"),
        period=N_("How far back; by default as far as it takes"),
    )
    @app_commands.autocomplete(topic=topic_choices, provider=provider_choices)
    @app_commands.choices(period=PERIODS)
    async def top(
        self,
        interaction: Interaction,
        topic: app_commands.Range[str, 1, 100] | None = None,
        provider: app_commands.Range[str, 1, 100] | None = None,
        period: int | None = None,
    ) -> None:
        """Show the hottest stories."""
        await self._list(interaction, Order.TOP, topic, provider, period)

    @app_commands.command(description=N_("Newest stories first"))
    @app_commands.describe(topic=N_("Only this topic"), provider=N_("Only this publisher"))
    @app_commands.autocomplete(topic=topic_choices, provider=provider_choices)
    async def latest(
        self,
        interaction: Interaction,
        topic: app_commands.Range[str, 1, 100] | None = None,
        provider: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Show the newest stories."""
        await self._list(interaction, Order.LATEST, topic, provider)

    @app_commands.command(description=N_("One topic's hottest stories; without a name, all topics"))
    @app_commands.describe(name=N_("The topic"))
    @app_commands.autocomplete(name=topic_choices)
    async def topic(self, interaction: Interaction, name: app_commands.Range[str, 1, 100] | None = None) -> None:
        """Show a topic, or all of them."""
        if name is None:
            await self._browse(interaction, "topic")
        else:
            await self._list(interaction, Order.TOP, topic=name)

    @app_commands.command(description=N_("One publisher's hottest stories; without a name, all publishers"))
    @app_commands.describe(name=N_("The publisher"))
    @app_commands.autocomplete(name=provider_choices)
    async def provider(self, interaction: Interaction, name: app_commands.Range[str, 1, 100] | None = None) -> None:
        """Show a provider, or all of them."""
        if name is None:
            await self._browse(interaction, "provider")
        else:
            await self._list(interaction, Order.TOP, provider=name)

    @app_commands.command(description=N_("Find words in headlines and summaries"))
    @app_commands.describe(
        words=N_("What to look for"), topic=N_("Only this topic"), provider=N_("Only this publisher")
    )
    @app_commands.autocomplete(topic=topic_choices, provider=provider_choices)
    async def search(
        self,
        interaction: Interaction,
        words: app_commands.Range[str, 1, 200],
        topic: app_commands.Range[str, 1, 100] | None = None,
        provider: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Search headlines and summaries."""
        await self._list(interaction, Order.SEARCH, topic, provider, words=words)

    @app_commands.command(description=N_("One story in full: who covers it, best report first"))
    @app_commands.describe(headline=N_("Words of its headline, or its address"))
    @app_commands.autocomplete(headline=headline_choices)
    async def story(self, interaction: Interaction, headline: app_commands.Range[str, 1, 400]) -> None:
        """Show one story."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_story(interaction, await key_of_typed(interaction, headline))


# --- controls ------------------------------------------------------------------------------------------------


async def kept(host: Host, key: str) -> Listing:
    """Return a kept listing, or refuse."""
    listing = await host.database.read(kept_listing, key)
    if listing is None:
        raise Refusal(_(texts.OLD_BUTTON))
    return listing


class PageButton(Control, template=rf"hl1:p:(?P<listing>{ids.KEY}):(?P<way>[ab]):(?P<article>{ids.KEY}):(?P<rank>\d+)"):
    """Turns the page."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the page in place of the one that is there."""
        host = host_of(interaction)
        listing = await kept(host, self.parts["listing"])
        place: Place = ("after" if self.parts["way"] == "a" else "before", self.parts["article"])
        now, settings = host.clock(), await server_of(interaction)
        turned = await host.database.read(page, listing, now, place, int(self.parts["rank"]), settings.blocked)
        if not turned.articles:
            raise Refusal(news_texts.no_articles(listing))
        await replace(
            interaction,
            page_layout(turned, self.parts["listing"], now, note=await sample_note(host), shareable=settings.share),
        )


class AskButton(Control, template=rf"hl1:l:(?P<listing>{ids.KEY})"):
    """Shows a kept listing from its start."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the listing in place of the question."""
        host = host_of(interaction)
        listing = await kept(host, self.parts["listing"])
        now, settings = host.clock(), await server_of(interaction)
        found = await host.database.read(page, listing, now, blocked=settings.blocked)
        if not found.articles:
            raise Refusal(news_texts.no_articles(listing))
        await replace(
            interaction,
            page_layout(found, self.parts["listing"], now, note=await sample_note(host), shareable=settings.share),
        )


class ShareButton(Control, template=rf"hl1:s:(?P<listing>{ids.KEY}):(?P<article>{ids.KEY}):(?P<rank>\d+)"):
    """Shows a page to everybody in the channel."""

    async def respond(self, interaction: Interaction) -> None:
        """Post the page, if the person who shares could post there themselves."""
        host, settings = host_of(interaction), await sharing(interaction)
        listing = await kept(host, self.parts["listing"])
        now = host.clock()
        place: Place = ("from", self.parts["article"])
        shared = await host.database.read(page, listing, now, place, int(self.parts["rank"]), settings.blocked)
        if not shared.articles:
            raise Refusal(news_texts.no_articles(listing))
        layout = page_layout(
            shared, self.parts["listing"], now, note=await sample_note(host), shared_by=interaction.user.id
        )
        await show(interaction, layout, public=True)


class MoreLikeButton(Control, template=rf"hl1:vm:(?P<key>{ids.KEY})"):
    """Shows the hottest stories of a story's first topic."""

    async def respond(self, interaction: Interaction) -> None:
        """Answer with the list, beside the story."""
        host = host_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        article = (await story_of(interaction, self.parts["key"]))[0]
        topic = await known_name(host, "topic", next(iter(article.topics), None))
        await show_listing(interaction, Listing(Order.TOP, topic=topic))


CONTROLS: tuple[type[Control], ...] = (PageButton, AskButton, ShareButton, MoreLikeButton)
