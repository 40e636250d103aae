"""The program as the preview runs it."""

import os

from bot.app import Program
from bot.preview.sandbox import Sandbox
from bot.settings import Settings


def preview_program(sandbox: Sandbox, settings: Settings) -> Program:
    """Return the program with its own folder and without a token, whatever the settings say of either."""
    theirs = {
        "discord_token": None,
        "database_url": sandbox.database_url,
        "corpus_dir": str(sandbox.corpus),
        "corpus_sync": None,
        "admin_ids": sandbox.admin_ids,
        "admin_guild_id": None,
        # A visitor who puts two files into the folder wants to see both, not wait 20 minutes for the second.
        "push_spacing_minutes": settings.push_spacing_minutes if "PUSH_SPACING_MINUTES" in os.environ else 0,
    }
    return Program(settings.model_copy(update=theirs), shard_count=1)
