"""What commands and controls need of the program that runs them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, cast

import discord

from bot.cards.drawing import Charts
from bot.commands.cooldown import Cooldowns
from bot.models import LoadReport, Vitals
from bot.store.database import Database


class Host(Protocol):
    """The running program, as commands see it."""

    database: Database
    charts: Charts
    cooldowns: Cooldowns
    sample: bool
    spacing: timedelta
    """Least time between two pushes to a channel, where its terms do not say."""
    max_age: timedelta
    """Age from first sight after which an article is no longer news."""

    def clock(self) -> datetime:
        """Return the time."""

    def mention(self, command: str) -> str:
        """Return a command (`news top`) so that it can be clicked, once Discord has told its id."""

    def is_admin(self, user_id: int) -> bool:
        """Whether the user is one of the program's hosts."""

    def vitals(self) -> Vitals:
        """Return how the program is."""

    async def reload(
        self, progress: Callable[[int, int], None], *, allow_mass_removal: bool = False
    ) -> tuple[LoadReport, int]:
        """Load the corpus and plan; return the report, and the number of messages queued.

        Raises `MassRemovalError` if too much would be removed and that is not allowed, and other `HeatlineError`s.
        """

    def outbox_changed(self) -> None:
        """Send what has been queued."""

    def schedule_changed(self) -> None:
        """Plan anew: subscriptions changed."""


Interaction = discord.Interaction[discord.Client]


def host_of(interaction: Interaction) -> Host:
    """Return the program that received the interaction."""
    return cast(Host, interaction.client)
