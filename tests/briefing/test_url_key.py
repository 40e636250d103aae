"""The short way to an address's key gives what splitting the address gives."""

from urllib.parse import urlsplit, urlunsplit

from hypothesis import given
from hypothesis import strategies as st

from bot.briefing.stories import url_key

_PIECES = (
    *("https://", "http://", "HTTP://", "www.", "WWW.", "a", "b.com", "ex-a.com", "a.b.", "é", "9", "@", "[", "]"),
    *("/", "//", "?", "#", "&x=1", ";p", ":80", ":443", "%2F", ".", "-", "_", "~", "|", "!", '"', "=", " ", "\t", "\\"),
)
_TAILS = st.lists(st.sampled_from(_PIECES), max_size=9).map("".join)


def _split(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = parts.netloc.lower().removeprefix("www.").removesuffix(":443").removesuffix(":80")
    return urlunsplit(("", host, parts.path.rstrip("/"), parts.query, ""))


@given(_TAILS | _TAILS.map("https://".__add__) | _TAILS.map("https://www.a.com/".__add__))
def test_keys_are_those_of_split_addresses(url: str) -> None:
    assert url_key(url) == _split(url)
