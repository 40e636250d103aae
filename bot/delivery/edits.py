"""Posts that changed: they are edited when there is time for it, silently, and never sent again."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
import discord
from sqlalchemy.exc import OperationalError

from bot.briefing.shown import look_of
from bot.cards import texts
from bot.cards.language import _, speaking
from bot.cards.push import PushMessage, message_of
from bot.delivery.access import server_language
from bot.delivery.attempt import DEADLINE, TokenRejectedError
from bot.delivery.changes import Changes
from bot.delivery.cloudflare import is_page
from bot.delivery.pace import Pace, ThrottledError, UpstreamError
from bot.models import SubscriptionState, Terms
from bot.store.database import Database
from bot.store.edits import (
    COVERAGE_EDITS,
    COVERAGE_FOR,
    TITLES_FOR,
    Because,
    Edit,
    due_edits,
    end_edit,
    next_edit,
    postpone_edit,
    record_edit,
)

_log = logging.getLogger(__name__)

# Edits at a time. At 1 a hundred thousand take three hours where answers take 100 ms; at 50 a push would wait for them.
_MOST = 10
# While news is being sent, so many seconds lie between two edits: a fiftieth of what Discord allows.
_ASIDE = 1.0
# Longest wait between two attempts, and how many there are: about half a day.
_BACKOFF_CAP = timedelta(hours=1)
_ATTEMPTS = 20
_LONGEST_SLEEP = 300.0
_TROUBLE = 5.0
_NOBODY = discord.AllowedMentions.none()


class Editor:
    """Edits posts whose articles changed, after each load and when a host hides one.

    `busy` says whether news is being sent: then edits give way.
    """

    def __init__(
        self,
        database: Database,
        bot: discord.Client,
        pace: Pace,
        *,
        clock: Callable[[], datetime],
        busy: Callable[[], bool],
        sample: bool,
    ) -> None:
        self._database = database
        self._bot = bot
        self._pace = pace
        self._clock = clock
        self._busy = busy
        self._sample = sample
        self._changes = Changes(database.url)
        self._loaded = False
        self._wake = asyncio.Event()

    def loaded(self) -> None:
        """Look for posts that a load has changed."""
        self._loaded = True
        self._wake.set()

    def wake(self) -> None:
        """Make the edits that were queued."""
        self._wake.set()

    async def run(self) -> None:
        """Edit until cancelled. Raises `TokenRejectedError` in a group."""
        while True:
            self._wake.clear()
            try:
                await self._look()
                done = await self._round(1 if self._busy() else _MOST)
                if done and self._busy():
                    await asyncio.sleep(_ASIDE)
                elif not done:
                    await self._wait()
            except OperationalError as error:
                _log.warning("The database is busy (%s); edits wait.", error.orig)
                await asyncio.sleep(_TROUBLE)

    async def drain(self) -> None:
        """Look at all posts and make all edits that are due: one pass, for tests and tools."""
        self._loaded = True
        await self._look()
        while await self._round(_MOST):
            pass

    async def _look(self) -> None:
        if self._loaded:
            self._loaded = False
            queued = await asyncio.to_thread(self._changes.queue, self._clock())
            if queued:
                _log.info("%d posts are to be edited.", queued)

    async def _wait(self) -> None:
        due = await self._database.read(next_edit)
        seconds = _LONGEST_SLEEP if due is None else (due - self._clock()).total_seconds()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.05, min(_LONGEST_SLEEP, seconds), self._pace.paused_for())):
                await self._wake.wait()

    async def _round(self, most: int) -> int:
        """Make up to so many edits, and return how many were due."""
        if self._pace.paused_for():
            return 0
        due = await self._database.read(due_edits, self._clock(), most)
        async with asyncio.TaskGroup() as group:
            for edit in due:
                group.create_task(self._try(edit), name=f"edit of delivery {edit.delivery.id}")
        return len(due)

    async def _try(self, edit: Edit) -> None:
        try:
            await self._edit(edit)
        except OperationalError as error:  # it stays due, and making it twice changes nothing
            _log.warning("The database is busy (%s); edits wait.", error.orig)
            await asyncio.sleep(_TROUBLE)

    # --- one post ---

    async def _edit(self, edit: Edit) -> None:
        if not self._is_wanted(edit):
            await self._database.write(end_edit, edit)
            return
        try:
            message = self._message(edit)
        except Exception:  # the same articles would fail again
            _log.exception("The edit of delivery %d cannot be shown.", edit.delivery.id)
            await self._database.write(end_edit, edit)
            return
        try:
            async with self._pace.slot(), asyncio.timeout(DEADLINE):
                edited = await self._patch(edit, message)
        except ThrottledError as error:
            await self._later(edit, timedelta(seconds=error.retry_after))
        except (UpstreamError, TimeoutError, aiohttp.ClientError, OSError):
            await self._later(edit)
        except discord.HTTPException as error:
            await self._refused(edit, error)
        except Exception:  # an answer that makes no sense
            _log.exception(
                "An edit of delivery %d failed in an unexpected way; it will be tried again.", edit.delivery.id
            )
            await self._later(edit)
        else:
            # Discord allows three edits an hour to what was published to other servers: one is enough.
            shown = None if edited.flags.crossposted else message.shown if message else edit.shown[:1]
            await self._database.write(record_edit, edit, shown)

    def _is_wanted(self, edit: Edit) -> bool:
        """Whether the edit is still to be made. What a host hid is taken back whatever became of its subscription."""
        if not edit.possible or edit.because is Because.HIDDEN:
            return edit.possible
        if edit.subscription is None or edit.subscription.state is SubscriptionState.PAUSED:
            return False
        if len(edit.articles) > 1 and edit.subscription.edited_at > edit.sent_at:
            return False  # the words above a list are those of its terms
        age = self._clock() - edit.sent_at
        if edit.because is Because.COVERAGE:
            return age <= COVERAGE_FOR and edit.edits < COVERAGE_EDITS
        return age <= TITLES_FOR

    def _message(self, edit: Edit) -> PushMessage | None:
        """Return what the post is to be, looking as it did; None where all of it was hidden."""
        with speaking(server_language(self._bot, edit.delivery.guild_id, edit.language)):
            return self._in_words(edit)

    def _in_words(self, edit: Edit) -> PushMessage | None:
        if not edit.articles:
            return None
        terms = edit.subscription.terms if edit.subscription else Terms()
        terms = replace(terms, look=look_of(edit.shown))
        return message_of(edit.delivery, terms, edit.articles, self._clock(), sample=self._sample)

    async def _patch(self, edit: Edit, message: PushMessage | None) -> discord.Message:
        channel = self._bot.get_partial_messageable(edit.delivery.channel_id, guild_id=edit.delivery.guild_id)
        post = channel.get_partial_message(edit.message_id)
        if message is None:
            with speaking(server_language(self._bot, edit.delivery.guild_id, edit.language)):
                text = _(texts.HIDDEN_BY_HOST)
            return await post.edit(content=text, embed=None, view=None, allowed_mentions=_NOBODY)
        return await post.edit(
            content=message.content, embed=message.embed, view=message.view, allowed_mentions=_NOBODY
        )

    async def _refused(self, edit: Edit, error: discord.HTTPException) -> None:
        """End an edit that Discord refused: the post was deleted, or its channel is no longer ours."""
        if error.status == 401:
            raise TokenRejectedError
        # Without a code of Discord's it is Cloudflare's, and not about the channel.
        if error.status == 429 or (error.status == 403 and not error.code) or is_page(error):
            await self._later(edit)
            return
        if error.status not in (403, 404):
            _log.error("Discord refused an edit of delivery %d: %s %s", edit.delivery.id, error.status, error.code)
        await self._database.write(end_edit, edit)

    async def _later(self, edit: Edit, after: timedelta | None = None) -> None:
        """Try again, after a while or by backoff; an edit that fails for half a day is given up."""
        if edit.attempts >= _ATTEMPTS:
            await self._database.write(end_edit, edit)
            return
        wait = after or min(_BACKOFF_CAP, timedelta(seconds=2.0 ** min(edit.attempts, 12)))
        await self._database.write(postpone_edit, edit, self._clock() + wait + timedelta(seconds=1))
