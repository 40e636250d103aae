"""Web addresses: which are taken, and the host they name."""

import re
from functools import lru_cache

from bot.corpus import limits

# A host without credentials: "@" and "\" cannot stand before the path, where readers and programs see different hosts.
_ADDRESS = re.compile(r"https?://(\[[0-9a-f:.]+\]|\w(?:[\w.-]*\w)?\.?)(?::(\d{1,5}))?(?:[/?#].*)?", re.IGNORECASE)
_DOMAIN = re.compile(r"\w(?:[\w.-]*\w)?")


def web_address(text: str) -> str | None:
    """Return the address, trimmed, or None unless it is http(s) with a host, visible throughout and not too long."""
    text = text.strip()
    match = _ADDRESS.fullmatch(text)
    if match is None or len(text) > limits.ADDRESS or " " in text or not text.isprintable():
        return None
    return None if match[2] and int(match[2]) > 65_535 else text


def host_of(address: str) -> str:
    """Return the host of an address that was taken, without port and `www.`, in lower case."""
    match = _ADDRESS.match(address)
    return match[1].lower().removeprefix("www.") if match else ""


def domain(text: str) -> str | None:
    """Return the domain, in lower case, or None unless it looks like one; an address yields its host."""
    return _known_domain(text) if len(text) <= limits.NAME else _domain(text)


def _domain(text: str) -> str | None:
    text = text.strip().lower()
    if address := web_address(text):
        return host_of(address)
    text = text.rstrip("/")
    return text if len(text) <= 253 and text.isprintable() and _DOMAIN.fullmatch(text) else None


_known_domain = lru_cache(4096)(_domain)  # a corpus repeats a few hundred
