"""Cooldowns: nobody keeps Heatline from answering others, or fills a channel."""

import time
from collections.abc import Callable

from discord import app_commands

# Answers to one person. Whoever turns pages does not meet it; a script does.
_ANSWERS, _SECONDS = 20, 20.0
# What one person shows to everybody in a channel.
_SHARED, _SHARED_SECONDS = 3, 60.0
# People to remember; of more, those who need not wait are forgotten.
_MOST = 10_000


class Cooldowns:
    """Counts what people ask for; `answers` and `shared` are so many a person, within 20 and 60 seconds."""

    def __init__(
        self, *, answers: int = _ANSWERS, shared: int = _SHARED, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._answers = answers
        self._shared = shared
        self._clock = clock
        self._known: dict[tuple[int, int], app_commands.Cooldown] = {}

    def answer(self, user_id: int) -> None:
        """Count an answer to a person. Raises `CommandOnCooldown` where it is one too many."""
        self._take((user_id, 0), self._answers, _SECONDS)

    def share(self, user_id: int, channel_id: int) -> None:
        """Count what a person shows in a channel. Raises `CommandOnCooldown` where it is one too many."""
        self._take((user_id, channel_id), self._shared, _SHARED_SECONDS)

    def _take(self, key: tuple[int, int], rate: int, seconds: float) -> None:
        now = self._clock()
        if len(self._known) >= _MOST:
            self._known = {each: known for each, known in self._known.items() if known.get_retry_after(now)}
        cooldown = self._known.setdefault(key, app_commands.Cooldown(rate, seconds))
        wait = cooldown.update_rate_limit(now)
        if wait:
            raise app_commands.CommandOnCooldown(cooldown, wait)
