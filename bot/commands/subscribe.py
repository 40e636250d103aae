"""`/subscribe` and `/subscriptions`: a channel's standing orders."""

from dataclasses import dataclass, replace
from datetime import datetime

import discord
from discord import app_commands
from discord.ext import commands
from sqlalchemy import Connection

from bot.briefing.bars import default_level
from bot.briefing.schedules import next_run
from bot.cards import ids, texts
from bot.cards.layout import button, sentence
from bot.cards.subscriptions import subscription_layout
from bot.commands.answer import Refusal, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.news import known_name, provider_choices, topic_choices
from bot.models import Bars, DeliveryKind, Filter, Level, Listing, Often, Order, Subscription, Terms, fold
from bot.store import servers, subscriptions
from bot.store.articles import Place, page
from bot.store.bars import current_bars, days_known, heats, keep_bars
from bot.store.deliveries import pieces, queue_delivery

SERVER_CAP = 25
CHANNEL_CAP = 5
FIRST_STORIES = 3
# A channel that had news before has had the hottest of these: look so many pages further.
_FIRST_PAGES = 5

# What sending there takes, in the words of Discord's own settings.
_NEEDED = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
}

Channel = discord.TextChannel | discord.Thread


def missing_permissions(channel: Channel) -> list[str]:
    """Return the names of the permissions that Heatline lacks in the channel."""
    allowed = channel.permissions_for(channel.guild.me)
    needed = dict(_NEEDED)
    if isinstance(channel, discord.Thread):
        needed = {"send_messages_in_threads": "Send Messages in Threads", **needed}
        del needed["send_messages"]
    return [name for flag, name in needed.items() if not getattr(allowed, flag)]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a filter brings: its bars, and the heats of the last days (up to 30) behind the expectation."""

    bars: Bars
    heats: tuple[int, ...]
    days: float

    def expected(self, level: Level) -> str:
        """Return how many posts to expect at the level."""
        return texts.expectation(self.heats, self.bars.bar(level), self.days, Terms().daily_limit)


def outlook(connection: Connection, wanted: Filter, now: datetime) -> Outlook:
    """Return what the filter brings."""
    days = days_known(connection, now)
    return Outlook(current_bars(connection, wanted, now), tuple(heats(connection, wanted, now, 30)), days)


async def level_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete how hot, with what each level would bring of the topic and provider chosen so far."""
    host = host_of(interaction)
    wanted = Filter.of(getattr(interaction.namespace, "topic", None), getattr(interaction.namespace, "provider", None))
    found = await host.database.read(outlook, wanted, host.clock())
    choices = [
        app_commands.Choice(name=texts.level_choice(level, found.expected(level)), value=level.value) for level in Level
    ]
    return [choice for choice in choices if fold(typed) in fold(choice.name)] or choices


def _level(typed: str | None, found: Outlook) -> Level:
    if not typed:
        return default_level(found.bars, found.heats, found.days)
    word = fold(typed).split(" ")[0]
    if word not in set(Level):
        raise Refusal(texts.BAD_LEVEL)
    return Level(word)


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for, checked."""

    guild_id: int
    channel_id: int
    terms: Terms
    typed_level: str | None


@dataclass(frozen=True, slots=True)
class _Made:
    subscription: Subscription
    outlook: Outlook
    timezone: str | None
    first: bool


def _subscribe(connection: Connection, order: _Order, now: datetime, command: str) -> _Made:
    """Add the subscription and queue its first briefing, or raise a refusal; one transaction."""
    same = subscriptions.same_subscription(connection, order.channel_id, order.terms)
    if same is not None:
        raise DuplicateError(same)
    others = subscriptions.subscriptions_of(connection, order.guild_id)
    if sum(other.channel_id == order.channel_id for other in others) >= CHANNEL_CAP:
        raise Refusal(texts.TOO_MANY_HERE.format(most=CHANNEL_CAP, command=command))
    if len(others) >= SERVER_CAP:
        raise Refusal(texts.TOO_MANY.format(most=SERVER_CAP, command=command))
    wanted = order.terms.filter
    found = outlook(connection, wanted, now)
    keep_bars(connection, wanted, now)
    timezone = servers.server(connection, order.guild_id).timezone
    terms = replace(order.terms, level=_level(order.typed_level, found))
    made = subscriptions.add_subscription(
        connection,
        guild_id=order.guild_id,
        channel_id=order.channel_id,
        terms=terms,
        next_run_at=None if terms.often is Often.INSTANT else next_run(now, terms, timezone or "UTC"),
        now=now,
    )
    return _Made(made, found, timezone, _queue_first(connection, made, now))


def _queue_first(connection: Connection, made: Subscription, now: datetime) -> bool:
    """Queue the first briefing, the hottest that the channel has not had, of any age; False if there are none."""
    topic, provider = (next(iter(names), None) for names in (made.terms.topics, made.terms.providers))
    listing = Listing(Order.TOP, topic=topic, provider=provider)
    keys: list[str] = []
    place: Place | None = None
    for _ in range(_FIRST_PAGES):
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
    """The commands of those who manage a server."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @app_commands.command(description="Send news to a channel")
    @app_commands.describe(
        topic="Only this topic",
        provider="Only this publisher",
        channel="Where to; by default here",
        how_hot="Only the hotter ones; by default at most about three a day",
        how_often="As it happens, or at 09:00: daily, on weekdays, on Mondays",
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
        target = _target(interaction, channel)
        missing = missing_permissions(target)
        if missing:
            raise Refusal(texts.missing_permissions(target.id, missing))
        terms = Terms(
            topics=_one(await known_name(self._host, "topic", topic)),
            providers=_one(await known_name(self._host, "provider", provider)),
            often=Often(how_often or Often.INSTANT),
        )
        order = _Order(target.guild.id, target.id, terms, how_hot)
        command = self._host.mention("subscriptions list")
        try:
            made = await self._host.database.write(_subscribe, order, self._host.clock(), command)
        except DuplicateError as duplicate:
            await show(
                interaction, sentence(str(duplicate), button("Open it", ids.subscription("open", duplicate.known.id)))
            )
            return
        self._host.outbox_changed()
        self._host.schedule_changed()
        text = texts.done(made.subscription, made.outlook.bars, made.outlook.expected(made.subscription.terms.level))
        if not made.first:
            text += f"\n{texts.NOTHING_YET}"
        await show(interaction, subscription_layout(made.subscription, text, ask_timezone=_asks_timezone(made)))


def _one(name: str | None) -> tuple[str, ...]:
    return (name,) if name else ()


def _asks_timezone(made: _Made) -> bool:
    return made.subscription.terms.often is not Often.INSTANT and made.timezone is None


def _target(interaction: Interaction, channel: Channel | None) -> Channel:
    """Return the channel to send to, if the person may post there."""
    target = channel or interaction.channel
    if not isinstance(target, discord.TextChannel | discord.Thread) or not isinstance(interaction.user, discord.Member):
        raise Refusal(texts.NOT_A_NEWS_CHANNEL)
    allowed = target.permissions_for(interaction.user)
    posts = allowed.send_messages_in_threads if isinstance(target, discord.Thread) else allowed.send_messages
    if not (allowed.view_channel and posts):
        raise Refusal(texts.cannot_see(target.id))
    return target
