"""`/subscribe`: a new standing order of a channel, its checks, and its first briefing."""

from dataclasses import dataclass, replace
from datetime import datetime

from discord import app_commands, ui
from discord.ext import commands
from sqlalchemy import Connection

from bot.briefing.schedules import next_run
from bot.cards import ids, order_texts, texts
from bot.cards.language import N_, _
from bot.cards.layout import button, sentence
from bot.cards.subscriptions import closed_layout, elsewhere_layout, subscription_layout
from bot.commands.answer import Control, Refusal, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.news import kept, known_name, provider_choices, topic_choices
from bot.commands.outlook import heat_of, outlook
from bot.commands.places import manages_here
from bot.commands.targets import ClosedError, check_open, news_channel, posting_place
from bot.delivery.access import Channel
from bot.delivery.backtest import backtest
from bot.models import Backtest, DeliveryKind, Filter, Level, Listing, Often, Order, Subscription, Terms, fold
from bot.store import servers, subscriptions
from bot.store.articles import Place, page
from bot.store.bars import keep_bars
from bot.store.deliveries import pieces, queue_delivery
from bot.store.drafts import Draft, change_draft, draft, drop_draft, keep_draft

SERVER_CAP = 25
CHANNEL_CAP = 5
FIRST_STORIES = 3
# A channel that had news before has had the hottest of these: look so many pages further.
_FIRST_PAGES = 5


async def level_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete how hot, with what each level would bring of the topic and provider chosen so far; or a plain number."""
    host = host_of(interaction)
    wanted = Filter.of(getattr(interaction.namespace, "topic", None), getattr(interaction.namespace, "provider", None))
    found = await host.database.read(outlook, wanted, host.clock())
    if typed.strip().isdecimal():
        heat = heat_of(typed, found).min_heat or 0
        name = f"{texts.at_least(heat)} · {texts.rate_words(found.above(heat))}"
        return [app_commands.Choice(name=name, value=str(heat))]
    choices = [
        app_commands.Choice(name=texts.level_choice(level, texts.rate_words(found.expected(level))), value=level.value)
        for level in Level
    ]
    return [choice for choice in choices if fold(typed) in fold(choice.name)] or choices


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for, checked."""

    guild_id: int
    channel_id: int
    terms: Terms


def _subscribe(connection: Connection, order: _Order, now: datetime, command: str) -> tuple[Subscription, bool]:
    """Add the subscription and queue its first briefing, or raise a refusal; one transaction."""
    same = subscriptions.same_subscription(connection, order.channel_id, order.terms)
    if same is not None:
        raise DuplicateError(same)
    others = subscriptions.subscriptions_of(connection, order.guild_id)
    if sum(other.channel_id == order.channel_id for other in others) >= CHANNEL_CAP:
        raise Refusal(_(texts.TOO_MANY_HERE, most=CHANNEL_CAP, command=command))
    if len(others) >= SERVER_CAP:
        raise Refusal(_(texts.TOO_MANY, most=SERVER_CAP, command=command))
    keep_bars(connection, order.terms.filter, now)
    timezone = servers.server(connection, order.guild_id).timezone
    made = subscriptions.add_subscription(
        connection,
        guild_id=order.guild_id,
        channel_id=order.channel_id,
        terms=order.terms,
        next_run_at=None if order.terms.often is Often.INSTANT else next_run(now, order.terms, timezone or "UTC"),
        now=now,
    )
    return made, _queue_first(connection, made, now)


def _queue_first(connection: Connection, made: Subscription, now: datetime) -> bool:
    """Queue the first briefing, the hottest that the channel has not had, of any age; False if there are none."""
    topic, provider = (next(iter(names), None) for names in (made.terms.topics, made.terms.providers))
    listing = Listing(Order.TOP, topic=topic, provider=provider)
    keys: list[str] = []
    place: Place | None = None
    for _page in range(_FIRST_PAGES):
        found = page(connection, listing, now, place)
        keys += [article.key for article in found.articles if article.pushable]
        if not found.has_next:
            break
        place = ("after", found.articles[-1].key)
    queued = queue_delivery(
        connection,
        subscription_id=made.id,
        guild_id=made.guild_id,
        channel_id=made.channel_id,
        kind=DeliveryKind.FIRST,
        told=pieces(connection, keys),
        now=now,
        most=FIRST_STORIES,
    )
    return queued is not None


class DuplicateError(Refusal):
    """The channel has the same subscription already."""

    def __init__(self, known: Subscription) -> None:
        super().__init__(texts.duplicate(known))
        self.known = known


class Subscribe(commands.Cog):
    """The command of those who manage a server."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @app_commands.command(description=N_("Send news to a channel"))
    @app_commands.describe(
        topic=N_("Only this topic"),
        provider=N_("Only this publisher"),
        channel=N_("Where to; by default here"),
        how_hot=N_("Only the hotter ones; by default at most about three a day"),
        how_often=N_("As it happens, or at 09:00: daily, on weekdays, on Mondays"),
    )
    @app_commands.autocomplete(topic=topic_choices, provider=provider_choices, how_hot=level_choices)
    @app_commands.choices(
        how_often=[app_commands.Choice(name=name, value=often.value) for often, name in texts.OFTEN.items()]
    )
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.guild_only()
    async def subscribe(
        self,
        interaction: Interaction,
        topic: app_commands.Range[str, 1, 100] | None = None,
        provider: app_commands.Range[str, 1, 100] | None = None,
        channel: Channel | None = None,
        how_hot: app_commands.Range[str, 1, 100] | None = None,
        how_often: str | None = None,
    ) -> None:
        """Subscribe a channel, and send it its first briefing."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        target = posting_place(channel or interaction.channel, interaction.user)
        terms = Terms(
            topics=_one(await known_name(self._host, "topic", topic)),
            providers=_one(await known_name(self._host, "provider", provider)),
            often=Often(how_often or Often.INSTANT),
        )
        found = await self._host.database.read(outlook, terms.filter, self._host.clock())
        heat = heat_of(how_hot, found)
        await _order(interaction, target, replace(terms, level=heat.level, min_heat=heat.min_heat))


def _one(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()


async def _order(interaction: Interaction, target: Channel, terms: Terms, kept: Draft | None = None) -> None:
    """Make the subscription and answer; where Heatline may not post, keep what was wanted to ask for it again."""
    host = host_of(interaction)
    try:
        check_open(target)
    except ClosedError as closed:
        key = await _keep(interaction, target, terms, kept)
        await show(interaction, closed_layout(str(closed), key))
        return
    order = _Order(target.guild.id, target.id, terms)
    now = host.clock()
    try:
        subscription, first = await host.database.write(_subscribe, order, now, host.mention("subscriptions list"))
    except DuplicateError as duplicate:
        opens = button(_("Open it"), ids.subscription("open", duplicate.known.id))
        await show(interaction, sentence(str(duplicate), opens))
        return
    host.outbox_changed()
    host.schedule_changed()
    if kept is not None:
        await host.database.write(drop_draft, kept.key)
    await _show_made(interaction, subscription, first)


async def _show_made(interaction: Interaction, made: Subscription, first: bool) -> None:
    host = host_of(interaction)
    now = host.clock()
    found = await host.database.read(outlook, made.terms.filter, now)
    settings = await host.database.read(servers.server, made.guild_id)
    tested = await host.database.read(_tested, made, host, now)
    heat = made.terms.min_heat
    expected = found.expected(made.terms.level) if heat is None else found.above(heat)
    text = texts.done(made, found.bars, expected)
    if tested.posts or expected is None:  # else the news is too young to tell
        text += f"\n{order_texts.brought(tested)}"
    if not first:
        text += f"\n{_(texts.NOTHING_YET)}"
    asks = made.terms.often is not Often.INSTANT and settings.timezone is None
    await show(interaction, subscription_layout(made, text, ask_timezone=asks))


def _tested(connection: Connection, made: Subscription, host: Host, now: datetime) -> Backtest:
    settings = servers.server(connection, made.guild_id)
    return backtest(connection, made.terms, settings, now, host.spacing, max_age=host.max_age)


async def _keep(interaction: Interaction, target: Channel, terms: Terms, kept: Draft | None) -> str:
    """Keep what was wanted for its buttons, and return its key."""
    host = host_of(interaction)
    if kept is not None:
        await host.database.write(change_draft, replace(kept, channel_id=target.id), host.clock())
        return kept.key
    made = await host.database.write(_keep_order, target, interaction.user.id, terms, host.clock())
    return made.key


def _keep_order(connection: Connection, target: Channel, user_id: int, terms: Terms, now: datetime) -> Draft:
    return keep_draft(connection, guild_id=target.guild.id, channel_id=target.id, user_id=user_id, terms=terms, now=now)


async def kept_draft(interaction: Interaction, key: str, command: str) -> Draft:
    """Return the draft of a control, if the person is the one who opened it, in the same server."""
    host = host_of(interaction)
    kept = await host.database.read(draft, key)
    if kept is None:
        raise Refusal(_(order_texts.OLD_PANEL, command=host.mention(command)))
    if kept.user_id != interaction.user.id:
        raise Refusal(_(order_texts.NOT_YOURS, command=host.mention(command)))
    if kept.guild_id != interaction.guild_id:
        raise Refusal(_(texts.GONE_SUBSCRIPTION))
    return kept


class OrderControl(Control, template=rf"hl1:e:(?P<draft>{ids.KEY}):(?P<what>again|elsewhere|channel)"):
    """Asks again for a subscription that permissions kept from being made, there or in another channel."""

    async def respond(self, interaction: Interaction) -> None:
        """Make the subscription, or say what is missing still."""
        kept = await kept_draft(interaction, self.parts["draft"], "subscribe")
        await interaction.response.defer()
        if self.parts["what"] == "elsewhere":
            await show(interaction, elsewhere_layout(kept.key))
            return
        channel_id = kept.channel_id
        if self.parts["what"] == "channel":
            assert isinstance(self.item, ui.ChannelSelect)
            channel_id = self.item.values[0].id
        await _order(interaction, news_channel(interaction, channel_id), kept.terms, kept)


class DailyButton(Control, template=rf"hl1:sd:(?P<listing>{ids.KEY})"):
    """Subscribes the channel to the topic of a short briefing, daily."""

    async def respond(self, interaction: Interaction) -> None:
        """Subscribe, as /subscribe would; only who manages the server was offered it."""
        if not manages_here(interaction):
            raise Refusal(_(texts.NEEDS_MANAGER))
        await interaction.response.defer(ephemeral=True, thinking=True)
        host = host_of(interaction)
        topic = (await kept(host, self.parts["listing"])).topic
        target = posting_place(interaction.channel, interaction.user)
        terms = Terms(topics=_one(topic), often=Often.DAILY)
        heat = heat_of(None, await host.database.read(outlook, terms.filter, host.clock()))
        await _order(interaction, target, replace(terms, level=heat.level, min_heat=heat.min_heat))


CONTROLS: tuple[type[Control], ...] = (OrderControl, DailyButton)
