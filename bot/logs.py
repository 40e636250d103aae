"""Logging: to standard error, without secrets and web pages."""

import logging
import re

# Answers to commands go to addresses that hold a token; discord.py's warnings quote them. Bot tokens have three parts.
_SECRETS = re.compile(
    r"(?P<path>/(?:webhooks|interactions)/\d+/)[\w.-]+|[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}", re.ASCII
)

# Cloudflare answers Discord's trouble with web pages, and discord.py's errors quote them whole.
# A page that was cut off ends where a traceback goes on.
_PAGES = re.compile(
    r"\s*<(?:!doctype html|html)\b.*?(?:</html>|(?=\nTraceback \(|\n\nThe above exc|\n\nDuring handling)|\Z)",
    re.IGNORECASE | re.DOTALL,
)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = _PAGES.sub(" [a web page]", super().format(record))
        return _SECRETS.sub(lambda match: f"{match['path'] or ''}[hidden]", text)


def start_logging(level: str) -> None:
    """Log to standard error at this level; libraries at warnings unless it is DEBUG."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if level == "DEBUG" else logging.WARNING)
    logging.getLogger("bot").setLevel(level)
    # Says on every start that the simulated Discord's throw-away state lacks an intent, which means nothing.
    logging.getLogger("discord.state").setLevel(logging.ERROR)
