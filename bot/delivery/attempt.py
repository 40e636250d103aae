"""One message's attempt: what is sent, and what is known of it afterwards.

A timeout, a reset or an answer that makes no sense means unknown, never failed: the message may have arrived.
"""

import asyncio
import logging
import math
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import discord

from bot.briefing.quiet import quiet_hours, quiet_until
from bot.cards.language import speaking
from bot.cards.push import PushMessage, push_message
from bot.delivery.access import known_missing, server_language
from bot.delivery.cloudflare import in_a_line, is_page
from bot.delivery.pace import Pace, ThrottledError, UpstreamError
from bot.delivery.patience import Patience
from bot.delivery.ready import Ready, Wish, ready_for, wishes
from bot.delivery.recover import find_message
from bot.delivery.together import Together
from bot.models import Delivery, DeliveryKind, DeliveryState, SubscriptionState
from bot.store.claims import QUIET
from bot.store.deliveries import Outcome
from bot.store.subscriptions import pause_for_trouble

_log = logging.getLogger(__name__)

# Our own deadline for one request, in seconds; aiohttp's is five minutes.
DEADLINE = 30.0
# So long Discord is sure to know a nonce. Its own words are "the past few minutes".
_NONCE_LASTS = timedelta(seconds=60)
# Longest wait between two attempts.
_BACKOFF_CAP = 900.0
# By so much the waits of equal failures differ at most.
_JITTER = 1.25
# Codes of a channel that is gone: unknown channel, unknown guild.
_GONE = {10003, 10004}
# Of one where Heatline may not post: missing access, missing permissions.
# A locked thread is one too.
_FORBIDDEN = {50001, 50013, 160005}
# AutoMod or a filter of the server refused the message.
_AUTOMOD = {200000, 200001, 240000}
# Limits and overload that Discord words as refusals.
_LATER = {130000, 20028, 20029}
# Discord has blocked the program itself.
_TOKEN_STOPPED = 40333
# A message that a nonce repeats was deleted meanwhile: it was delivered.
_UNKNOWN_MESSAGE = 10008


class TokenRejectedError(Exception):
    """Discord no longer accepts the bot's token: nothing can be sent."""


# Trouble that passes by itself.
_TRANSIENT = (ThrottledError, UpstreamError, TimeoutError, aiohttp.ClientError, OSError)


class _StoppedError(Exception):
    """What was about to go out must not: its subscription is gone or paused by now, or all sending is."""

    def __init__(self, wish: Wish) -> None:
        super().__init__("no longer wanted")
        self.wish = wish


def _mentions(role_id: int | None) -> discord.AllowedMentions:
    """Return what may be pinged: exactly the one role, or nothing."""
    roles = [discord.Object(role_id)] if role_id else False
    return discord.AllowedMentions(everyone=False, users=False, roles=roles, replied_user=False)


class Attempts:
    """Makes attempts, each at its turn of the pace."""

    def __init__(
        self,
        database: Patience,
        bot: discord.Client,
        pace: Pace,
        *,
        clock: Callable[[], datetime],
        max_age: timedelta,
        sample: bool,
        deadline: float,
    ) -> None:
        self._database = database
        self._bot = bot
        self._pace = pace
        self._clock = clock
        self._max_age = max_age
        self._sample = sample
        self._deadline = deadline
        # One read for each message would take longer than all else that is done for it.
        self._ready = Together[Delivery, Ready](lambda asked: database.read(ready_for, asked))
        self._wish = Together[int, Wish](lambda asked: database.read(wishes, asked))

    async def attempt(self, delivery: Delivery) -> Outcome:
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
                    return self.later(delivery, f"history: {type(error).__name__}", first=first, after=after)
                if found.message_id is not None:
                    shown = await self._shown(delivery)
                    return Outcome(delivery.id, DeliveryState.SENT, message_id=found.message_id, shown=shown)
                uncertain = not found.certain
                first = None  # none of them arrived, as far as can be known: the next attempt is a first one again
            async with self._pace.slot(lambda: self._look_again(delivery)):
                if first is None or not self._nonce_may_be_forgotten(first):  # else the turn was long in coming
                    return replace(await self._attempt_now(delivery, first), uncertain=uncertain)

    def _nonce_may_be_forgotten(self, first: datetime) -> bool:
        return self._clock() - first >= _NONCE_LASTS

    async def _shown(self, delivery: Delivery) -> str | None:
        """Return what a message that was found will have shown, so that it can be edited like any other."""
        ready = await self._ready.ask(delivery)
        if ready.subscription is None or not ready.articles:
            return None
        with suppress(Exception):  # it cannot be shown now, and it is there: that is what counts
            now = self._clock()
            return push_message(delivery, ready.subscription, ready.articles, now, sample=self._sample).shown
        return None

    async def _attempt_now(self, delivery: Delivery, first: datetime | None) -> Outcome:
        ready = await self._ready.ask(delivery)
        if ready.subscription is None or ready.subscription.state is SubscriptionState.PAUSED:
            return self._unwanted(delivery, ready.subscription is None, first)
        if not ready.articles:
            return Outcome(delivery.id, DeliveryState.FAILED, reason=ready.because)
        too_old = self._clock() - delivery.queued_at > self._max_age
        if too_old and first is None and delivery.kind is not DeliveryKind.FIRST:
            # The next claim drops it, and has its server told.
            return Outcome(delivery.id, DeliveryState.PENDING, reason="waited", due_at=self._clock())
        held_until = self._quiet(delivery, ready, first)
        if held_until is not None:
            return Outcome(delivery.id, DeliveryState.PENDING, reason=QUIET, due_at=held_until)
        try:
            with speaking(server_language(self._bot, delivery.guild_id, ready.language)):
                message = push_message(delivery, ready.subscription, ready.articles, self._clock(), sample=self._sample)
        except Exception:  # the same articles would fail again, and nobody else must wait for them
            _log.exception("Delivery %d cannot be shown.", delivery.id)
            return Outcome(delivery.id, DeliveryState.FAILED, reason="cannot be shown")
        return await self._post(delivery, message, first)

    def _quiet(self, delivery: Delivery, ready: Ready, first: datetime | None) -> datetime | None:
        """Return until when news that waited into quiet hours is held; never what may have arrived."""
        if delivery.kind is not DeliveryKind.PUSH or first is not None or ready.subscription is None:
            return None
        hours = quiet_hours(ready.subscription.terms, ready.timezone)
        return quiet_until(self._clock(), hours, ready.timezone) if hours else None

    async def _look_again(self, delivery: Delivery) -> None:
        """Stop a request whose subscription was removed or paused, or all sending, while it was kept back."""
        wish = await self._wish.ask(delivery.subscription_id)
        if not wish.goes_on:
            raise _StoppedError(wish)

    def _unwanted(self, delivery: Delivery, removed: bool, first: datetime | None) -> Outcome:
        if removed:
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
                    allowed_mentions=_mentions(message.role_id),
                )
        except _StoppedError as stopped:
            return self._unwanted(delivery, stopped.wish.state is None, first)
        except ThrottledError as error:
            return self.later(delivery, "rate limited", first=first, after=error.retry_after)
        except UpstreamError as error:
            return self.later(delivery, f"Discord answered {error.status}", first=maybe)
        except discord.HTTPException as error:
            return await self._refused(delivery, error, first)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return self.later(delivery, type(error).__name__, first=maybe)
        return Outcome(delivery.id, DeliveryState.SENT, message_id=sent.id, shown=message.shown)

    async def _refused(self, delivery: Delivery, error: discord.HTTPException, first: datetime | None) -> Outcome:
        """Return what a refusal means; it means trouble with the channel, with the message, or with the token."""
        if error.status == 401:
            raise TokenRejectedError
        if error.code == _UNKNOWN_MESSAGE:
            return Outcome(delivery.id, DeliveryState.SENT, reason="deleted meanwhile")
        if error.code == _TOKEN_STOPPED:
            raise TokenRejectedError
        if error.code in _AUTOMOD:  # the server's own rules, about this message: its channel goes on
            return Outcome(delivery.id, DeliveryState.FAILED, reason=f"AutoMod ({error.code})")
        if error.code in _LATER:
            return self.later(delivery, f"not now ({error.code})", first=first)
        gone = error.code in _GONE
        if gone or error.code in _FORBIDDEN:
            because = "gone" if gone else "no permission"
            _log.warning(
                "Channel %d cannot be posted to (%s): its subscription is paused.", delivery.channel_id, because
            )
            missing = known_missing(self._bot, delivery.guild_id, delivery.channel_id)
            await self._database.write(pause_for_trouble, delivery.subscription_id, because, missing, self._clock())
            return Outcome(
                delivery.id, DeliveryState.PENDING, reason=because, due_at=self._clock(), first_attempt_at=first
            )
        # Without a code of Discord's it is Cloudflare's, and not about the channel.
        if error.status in (403, 429) or error.status >= 500 or is_page(error):
            return self.later(delivery, f"refused ({error.status})", first=first)
        _log.error("Discord refused delivery %d: %s", delivery.id, in_a_line(error)[:200])
        return Outcome(delivery.id, DeliveryState.FAILED, reason=f"refused ({error.code})")

    def later(self, delivery: Delivery, reason: str, *, first: datetime | None, after: float | None = None) -> Outcome:
        """Return the outcome of an attempt to be made again, in `after` seconds or by backoff.

        `first` is the time of the first attempt that may have arrived: then it is still sending. None, and it is
        pending: surely nothing arrived.
        """
        wait = after
        if wait is None:  # what failed together is not tried again together
            wait = min(_BACKOFF_CAP, 2.0 ** min(delivery.attempts, 20)) * random.uniform(1, _JITTER)  # noqa: S311 - no secret
        # The outbox keeps whole seconds: rounded up, or a limit would be asked again before it is over.
        due_at = datetime.fromtimestamp(math.ceil(self._clock().timestamp() + wait), UTC)
        state = DeliveryState.PENDING if first is None else DeliveryState.SENDING
        return Outcome(delivery.id, state, reason=reason, due_at=due_at, first_attempt_at=first)
