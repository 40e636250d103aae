"""Answers that are not Discord's: Cloudflare stands in front of it, and answers trouble of its own with web pages."""

import discord


def is_page(error: discord.HTTPException) -> bool:
    """Whether the answer is a web page, which says nothing about what was asked."""
    return error.text.lstrip().startswith("<")


def in_a_line(error: BaseException) -> str:
    """Return what went wrong, for the log and the terminal: Discord's own words, but of a web page only its status."""
    if isinstance(error, discord.HTTPException) and is_page(error):
        return f"{error.status} {error.response.reason}".rstrip()
    return " ".join(str(error).split())
