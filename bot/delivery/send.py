"""The outbox -> Discord: claim, send, record.

A row is committed as `sending` before its request goes out, and as `sent` after the answer. Whatever comes between
(a crash, a timeout, a lost answer) leaves it `sending`: not known, never failed. It is then sent again with the same
nonce while Discord remembers nonces, and after that only if the channel's history does not hold it (`recover`).
"""

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

import aiohttp
import discord
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot.cards.push import PushMessage, push_message
from bot.delivery.pace import Pace, ThrottledError, UpstreamError
from bot.delivery.recover import find_message
from bot.models import Article, Delivery, DeliveryKind, DeliveryState, Subscription, SubscriptionState
from bot.store.articles import articles_by_key
from bot.store.database import Database
from bot.store.deliveries import Outcome, claim_deliveries, next_due, record_outcomes, release_claims
from bot.store.subscriptions import pause_subscription, subscription

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)

# One claim takes so many: at 1 every send would sync the disk twice, at thousands a crash would leave as many unknown.
_CLAIM = 100
# Outcomes are committed in groups of at most so many, or so many seconds' worth; a crash leaves them unknown.
_GROUP = 50
_GROUP_SECONDS = 0.1
# Our own deadline for one request, in seconds; aiohttp's is five minutes.
DEADLINE = 30.0
# A claim whose outcome is lost is taken up again after this; what is in flight never is.
_CLAIM_LASTS = timedelta(seconds=45)
# So long Discord is sure to know a nonce. Its own words are "the past few minutes".
_NONCE_LASTS = timedelta(seconds=60)
# Longest wait between two attempts.
_BACKOFF_CAP = 900.0
# How long to rest when the database is in trouble, before the next try.
_TROUBLE = 2.0
# Sleep at most so long: clocks are set, and machines sleep.
_LONGEST_SLEEP = 300.0

# Codes of a channel that is gone: unknown channel, unknown guild.
_GONE = {10003, 10004}
# A message that a nonce repeats was deleted meanwhile: it was delivered.
_UNKNOWN_MESSAGE = 10008


class TokenRejectedError(Exception):
    """Discord no longer accepts the bot's token: nothing can be sent."""


# Trouble that passes by itself.
_TRANSIENT = (ThrottledError, UpstreamError, TimeoutError, aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is needed to send a delivery now, read at the last moment."""

    subscription: Subscription | None
    articles: tuple[Article, ...]


class _StoppedError(Exception):
    """What was about to go out must not: its subscription is gone or paused by now."""

    def __init__(self, subscription: Subscription | None) -> None:
        super().__init__("no longer wanted")
        self.subscription = subscription


def _prepare(connection: Connection, delivery: Delivery) -> _Ready:
    found = articles_by_key(connection, delivery.keys)
    shown = [found[key] for key in delivery.keys if key in found]
    if delivery.kind is DeliveryKind.FIRST:
        kept = tuple(article for article in shown if article.published)
    else:
        # It may have been hidden or superseded since it was queued. One that only lost its scores is still news.
        kept = tuple(article for article in shown if article.published and (article.heat is None or article.heat >= 0))
    return _Ready(subscription(connection, delivery.subscription_id), kept)


class Sender:
    """Sends what the outbox holds, at Discord's pace, until it is stopped.

    `max_age` is the age from queueing after which a message is dropped, `deadline` that of one request, in seconds.
    """

    def __init__(
        self,
        database: Database,
        bot: discord.Client,
        pace: Pace,
        *,
        clock: Callable[[], datetime],
        max_age: timedelta,
        sample: bool,
        deadline: float = DEADLINE,
    ) -> None:
        self._database = database
        self._bot = bot
        self._pace = pace
        self._clock = clock
        self._max_age = max_age
        self._sample = sample
        self._deadline = deadline
        self._in_flight: set[int] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()

    def wake(self) -> None:
        """Look at the outbox now."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is under way is recorded."""
        self._stopping = True
        self._wake.set()

    @property
    def in_flight(self) -> int:
        """The number of messages under way."""
        return len(self._in_flight)

    async def run(self) -> None:
        """Send until stopped. Raises `TokenRejectedError` in a group."""
        await self._write(release_claims, self._clock())
        try:
            async with asyncio.TaskGroup() as group:
                recorder = group.create_task(self._record(), name="recorder")
                sends: set[asyncio.Task[None]] = set()
                while not self._stopping:
                    self._wake.clear()
                    claimed = await self._claim()
                    for delivery in claimed:
                        task = group.create_task(self._send(delivery), name=f"delivery {delivery.id}")
                        sends.add(task)
                        task.add_done_callback(sends.discard)
                    if not claimed:
                        await self._wait()
                if sends:
                    await asyncio.wait(sends)
                await self._outcomes.join()
                recorder.cancel()
        finally:
            await self._record_rest()

    async def drain(self) -> None:
        """Send all that is due now and return when it is recorded: one pass, for tests and tools."""
        await self._write(release_claims, self._clock())
        recorder = asyncio.create_task(self._record())
        try:
            while claimed := await self._claim():
                async with asyncio.TaskGroup() as group:
                    for delivery in claimed:
                        group.create_task(self._send(delivery))
                await self._outcomes.join()
        finally:
            recorder.cancel()

    # --- the outbox ---

    async def _claim(self) -> list[Delivery]:
        now = self._clock()
        most = _CLAIM - len(self._in_flight)
        if most <= 0 or self._pace.paused_for():
            return []
        try:
            dropped, claimed = await self._database.write(
                claim_deliveries,
                now=now,
                until=now + _CLAIM_LASTS,
                stale=now - self._max_age,
                most=most,
                in_flight=self._in_flight,
            )
        except OperationalError as error:
            _log.warning("The database is busy (%s); sending waits.", error.orig)
            await asyncio.sleep(_TROUBLE)
            return []
        if dropped:
            _log.warning("%d messages had waited too long and were dropped.", dropped)
        self._in_flight.update(delivery.id for delivery in claimed)
        return claimed

    async def _wait(self) -> None:
        """Wait until something is queued, due, or done."""
        due = None
        if len(self._in_flight) < _CLAIM:  # else there is no room before something is done
            due = await self._read(next_due, self._in_flight)
        seconds = _LONGEST_SLEEP if due is None else (due - self._clock()).total_seconds()
        seconds = max(0.05, min(_LONGEST_SLEEP, seconds), self._pace.paused_for())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for can swallow a cancellation on Python 3.11
                await self._wake.wait()

    async def _record(self) -> None:
        """Commit outcomes in groups, until cancelled."""
        while True:
            group = [await self._outcomes.get()]
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_GROUP_SECONDS):
                        while len(group) < _GROUP:
                            group.append(await self._outcomes.get())
                await self._write(record_outcomes, group, self._clock())
            except asyncio.CancelledError:
                for outcome in group:  # for `_record_rest`; recording an outcome twice changes nothing
                    self._outcomes.put_nowait(outcome)
                raise
            for outcome in group:
                self._in_flight.discard(outcome.delivery_id)
                self._outcomes.task_done()
            self._wake.set()

    async def _record_rest(self) -> None:
        """Commit what the recorder no longer could, because it was cancelled or another task failed."""
        rest = [self._outcomes.get_nowait() for _ in range(self._outcomes.qsize())]
        if not rest:
            return
        try:
            await self._database.write(record_outcomes, rest, self._clock())
        except OperationalError as error:  # then they are unknown, and found again at the next start
            _log.warning("The database is busy (%s): %d outcomes were not recorded.", error.orig, len(rest))

    async def _write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit the change, however long the database is busy."""
        while True:
            try:
                return await self._database.write(change, *args, **kwargs)
            except OperationalError as error:
                _log.warning("The database is busy (%s); sending waits.", error.orig)
                await asyncio.sleep(_TROUBLE)

    async def _read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function reads, however long the database is busy."""
        while True:
            try:
                return await self._database.read(query, *args, **kwargs)
            except OperationalError as error:
                _log.warning("The database is busy (%s); sending waits.", error.orig)
                await asyncio.sleep(_TROUBLE)

    # --- one message ---

    async def _send(self, delivery: Delivery) -> None:
        try:
            outcome = await self._attempt(delivery)
        except TokenRejectedError:
            raise
        except Exception as error:
            _log.exception("Delivery %d failed in an unexpected way; it will be tried again.", delivery.id)
            first = delivery.first_attempt_at or self._clock()
            outcome = self._later(delivery, type(error).__name__, first=first)
        await self._outcomes.put(outcome)

    async def _attempt(self, delivery: Delivery) -> Outcome:
        """Send one message, and return what is now known of it."""
        uncertain = False
        first = delivery.first_attempt_at  # of those attempts that may have arrived
        while True:
            if first is not None and self._nonce_may_be_forgotten(first):
                try:
                    found = await find_message(self._bot, self._pace, delivery, first, self._deadline)
                except (*_TRANSIENT, discord.HTTPException) as error:
                    if isinstance(error, discord.HTTPException) and error.status == 401:
                        raise TokenRejectedError from None
                    after = error.retry_after if isinstance(error, ThrottledError) else None
                    return self._later(delivery, f"history: {type(error).__name__}", first=first, after=after)
                if found.message_id is not None:
                    return Outcome(delivery.id, DeliveryState.SENT, message_id=found.message_id)
                uncertain = not found.certain
                first = None  # none of them arrived, as far as can be known: the next attempt is a first one again
            async with self._pace.slot(lambda: self._look_again(delivery)):
                if first is None or not self._nonce_may_be_forgotten(first):  # else the turn was long in coming
                    return replace(await self._attempt_now(delivery, first), uncertain=uncertain)

    def _nonce_may_be_forgotten(self, first: datetime) -> bool:
        return self._clock() - first >= _NONCE_LASTS

    async def _attempt_now(self, delivery: Delivery, first: datetime | None) -> Outcome:
        ready = await self._read(_prepare, delivery)
        if ready.subscription is None or ready.subscription.state is SubscriptionState.PAUSED:
            return self._unwanted(delivery, ready.subscription, first)
        if not ready.articles:
            return Outcome(delivery.id, DeliveryState.FAILED, reason="withdrawn")
        too_old = self._clock() - delivery.queued_at > self._max_age
        if too_old and first is None and delivery.kind is not DeliveryKind.FIRST:
            _log.warning("Delivery %d had waited too long and was dropped.", delivery.id)
            return Outcome(delivery.id, DeliveryState.FAILED, reason="too old")
        try:
            message = push_message(delivery, ready.subscription, ready.articles, self._clock(), sample=self._sample)
        except Exception:  # the same articles would fail again, and nobody else must wait for them
            _log.exception("Delivery %d cannot be shown.", delivery.id)
            return Outcome(delivery.id, DeliveryState.FAILED, reason="cannot be shown")
        return await self._post(delivery, message, first)

    async def _look_again(self, delivery: Delivery) -> None:
        """Stop a request whose subscription was removed or paused while it was kept back."""
        current = await self._read(subscription, delivery.subscription_id)
        if current is None or current.state is SubscriptionState.PAUSED:
            raise _StoppedError(current)

    def _unwanted(self, delivery: Delivery, wanted: Subscription | None, first: datetime | None) -> Outcome:
        if wanted is None:
            return Outcome(delivery.id, DeliveryState.FAILED, reason="unsubscribed")
        return Outcome(
            delivery.id, DeliveryState.PENDING, reason="paused", due_at=self._clock(), first_attempt_at=first
        )

    async def _post(self, delivery: Delivery, message: PushMessage, first: datetime | None) -> Outcome:
        channel = self._bot.get_partial_messageable(delivery.channel_id, guild_id=delivery.guild_id)
        maybe = first or self._clock()
        try:
            async with asyncio.timeout(self._deadline):
                sent = await channel.send(
                    content=message.content,
                    embeds=[message.embed] if message.embed else [],
                    view=message.view,
                    silent=message.silent,
                    nonce=delivery.nonce,
                    allowed_mentions=discord.AllowedMentions.none(),
                )
        except _StoppedError as stopped:
            return self._unwanted(delivery, stopped.subscription, first)
        except ThrottledError as error:
            return self._later(delivery, "rate limited", first=first, after=error.retry_after)
        except UpstreamError as error:
            return self._later(delivery, f"Discord answered {error.status}", first=maybe)
        except discord.HTTPException as error:
            return await self._refused(delivery, error, first)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return self._later(delivery, type(error).__name__, first=maybe)
        return Outcome(delivery.id, DeliveryState.SENT, message_id=sent.id)

    async def _refused(self, delivery: Delivery, error: discord.HTTPException, first: datetime | None) -> Outcome:
        """Return what a refusal means; it means trouble with the channel, with the message, or with the token."""
        if error.status == 401:
            raise TokenRejectedError
        if error.code == _UNKNOWN_MESSAGE:
            return Outcome(delivery.id, DeliveryState.SENT, reason="deleted meanwhile")
        gone = error.code in _GONE
        if gone or (error.status == 403 and error.code):
            because = "gone" if gone else "no permission"
            _log.warning(
                "Channel %d cannot be posted to (%s): its subscription is paused.", delivery.channel_id, because
            )
            await self._write(pause_subscription, delivery.subscription_id, because)
            return Outcome(
                delivery.id, DeliveryState.PENDING, reason=because, due_at=self._clock(), first_attempt_at=first
            )
        if error.status in (403, 429):  # without a code of Discord's it is Cloudflare's, and not about the channel
            return self._later(delivery, f"refused ({error.status})", first=first)
        _log.error("Discord refused delivery %d: %s %s", delivery.id, error.status, error.text[:200])
        return Outcome(delivery.id, DeliveryState.FAILED, reason=f"refused ({error.code})")

    def _later(self, delivery: Delivery, reason: str, *, first: datetime | None, after: float | None = None) -> Outcome:
        """Return the outcome of an attempt to be made again, in `after` seconds or by backoff.

        `first` is the time of the first attempt that may have arrived: then it is still sending. None, and it is
        pending: surely nothing arrived.
        """
        wait = min(_BACKOFF_CAP, 2.0 ** min(delivery.attempts, 20)) if after is None else after
        # The outbox keeps whole seconds: rounded up, or a limit would be asked again before it is over.
        due_at = datetime.fromtimestamp(math.ceil(self._clock().timestamp() + wait), UTC)
        state = DeliveryState.PENDING if first is None else DeliveryState.SENDING
        return Outcome(delivery.id, state, reason=reason, due_at=due_at, first_attempt_at=first)
