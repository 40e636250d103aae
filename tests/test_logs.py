"""Logs hold no secrets: neither in messages, nor in what they quote, nor in tracebacks."""

import logging
from collections.abc import Iterator

import pytest

from bot.logs import start_logging

# Made up, and put together here, so that nothing in this repository looks like a token.
BOT_TOKENS = [
    ".".join(("MTk4NjIyNDgzNDcxOTI1MjQ4", "Cl2FMQ", "ZnCjm1XVW7vRze4b7Cq4se7kKWs")),
    ".".join(("MTIzNDU2Nzg5MDEyMzQ1Njc4", "GfA_-x", "q-ZW_" + "a1B2" * 9)),
    ".".join(("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA", "YwAbcD1", "x" * 38)),
]
ANSWER_TOKEN = "aW50ZXJhY3Rpb246" + "MTIz" * 40 + "-_"
SECRETS = [
    *BOT_TOKENS,
    f"https://discord.com/api/v10/webhooks/123456789012345678/{ANSWER_TOKEN}",
    f"https://discord.com/api/v10/webhooks/123456789012345678/{ANSWER_TOKEN}/messages/@original",
    f"https://discord.com/api/v10/interactions/123456789012345678/{ANSWER_TOKEN}/callback?with_response=true",
]


def hidden(text: str) -> bool:
    """Return whether no part of a secret is in a text."""
    pieces = [piece for token in BOT_TOKENS for piece in token.split(".") if len(piece) > 12]
    return not any(secret in text for secret in [*pieces, ANSWER_TOKEN, ANSWER_TOKEN[20:60]])


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """Logging as it was, afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("bot")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_hidden_in_messages(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    start_logging("INFO")
    logging.getLogger("bot.delivery").warning("before %s after", secret)
    logging.getLogger("discord.http").warning("We are being rate limited. POST %s responded with 429.", secret)
    said = capsys.readouterr().err
    assert said.count("[hidden]") == 2
    assert "before" in said
    assert "after" in said
    assert hidden(said)


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_hidden_in_tracebacks(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    start_logging("INFO")
    try:
        try:
            raise ConnectionError(f"cannot reach {secret}")
        except ConnectionError as error:
            raise RuntimeError(f"Authorization: Bot {secret}") from error
    except RuntimeError:
        logging.getLogger("bot").exception("That failed with %r.", {"token": secret})
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "ConnectionError" in said
    assert said.count("[hidden]") == 3
    assert hidden(said)


@pytest.mark.parametrize(
    "text",
    [
        "Loaded: 3 added, 2 updated, 1 hidden, 0 gone, 40 unchanged, 2 problems (0.3 s).",
        "https://discord.com/api/v10/channels/123456789012345678/messages",
        "https://www.example.com/some-rather-long-path/with.several.dots/and-more.html",
        "nonce ABCDEFGHIJKLMNOPQRSTUVWX of delivery 12",
        "bot.delivery.send: 1.2.3",
    ],
)
def test_the_rest_is_left_alone(capsys: pytest.CaptureFixture[str], text: str) -> None:
    start_logging("INFO")
    logging.getLogger("bot").info(text)
    assert text in capsys.readouterr().err


def test_web_pages_are_not_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("INFO")
    page = "<!DOCTYPE html>\n<html>\n<body>Bad gateway</body>\n</html>"
    logging.getLogger("bot").error("502 Bad Gateway (error code: 0): %s, %s", page, "<html> cut off")
    assert capsys.readouterr().err.endswith("502 Bad Gateway (error code: 0): [a web page], [a web page]\n")


@pytest.mark.parametrize(
    ("level", "ours", "theirs"),
    [
        ("DEBUG", logging.DEBUG, logging.INFO),
        ("INFO", logging.INFO, logging.WARNING),
        ("WARNING", logging.WARNING, logging.WARNING),
        ("ERROR", logging.ERROR, logging.WARNING),
    ],
)
def test_levels(capsys: pytest.CaptureFixture[str], level: str, ours: int, theirs: int) -> None:
    start_logging(level)
    assert logging.getLogger("bot.app").getEffectiveLevel() == ours
    assert logging.getLogger("discord.gateway").getEffectiveLevel() == theirs
    logging.getLogger("bot").error("once")
    captured = capsys.readouterr()
    assert captured.err.count("once") == 1
    assert captured.out == ""


def test_a_web_page_that_was_cut_off_does_not_hide_what_follows(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("INFO")
    page = "<ht" + "ml>\n<body>a gate"
    try:
        try:
            raise ConnectionError(page)
        except ConnectionError as error:
            raise ValueError("the real reason") from error
    except ValueError:
        logging.getLogger("bot").exception("Failed: %s", page)
    logged = capsys.readouterr().err
    assert "a gate" not in logged
    assert "ConnectionError: [a web page]\n\nThe above exception" in logged
    assert logged.endswith("ValueError: the real reason\n")


def test_payloads_of_the_gateway_are_never_logged() -> None:
    """At DEBUG, discord.py logs whole payloads: what people wrote, and tokens of their interactions."""
    start_logging("DEBUG")
    for name in ("discord.gateway", "discord.http", "aiosqlite", "sqlalchemy.engine"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
