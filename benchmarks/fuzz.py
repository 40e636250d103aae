"""A hundred thousand searches and names that nobody would think of: every one is answered, within Discord's limits.

What /news search, the completion of names and of headlines, and a mistyped name do with what was typed, from the text
to the message as it goes out. Texts are drawn from pieces of syntax, of many scripts and of real headlines.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from discord import ui
from sqlalchemy import Connection

from benchmarks.corpus import sentence, vocabulary
from benchmarks.rows import write_rows
from bot.briefing.naming import named, suggestions
from bot.cards import news_texts
from bot.cards.layout import sentence as said
from bot.cards.listing import page_layout
from bot.models import Listing, Order
from bot.store.articles import names_of, page
from bot.store.database import connect
from bot.store.listings import listing_key
from bot.store.spelling import nearest_search
from tests.loopback.rules import problems

_GOAL = 0.050
_LONGEST_OPTION = 6_000  # Discord's limit of a text option
_SYNTAX = (
    *(
        '"',
        "'",
        "*",
        "(",
        ")",
        "{",
        "}",
        ":",
        "^",
        "+",
        "-",
        "--",
        "/*",
        ";",
        "%",
        "_",
        "\\",
        "\0",
        "\n",
        "\t",
        "`",
        "|",
    ),
    *(
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "NEAR/3",
        "title:",
        "rowid:",
        "topic:",
        "provider:",
        "before:",
        "after:",
        "topic:AI",
    ),
    *(
        "after:2026-01",
        "before:9999-99-99",
        "after:0000",
        "-quantum",
        '"a phrase"',
        "@everyone",
        "<@1>",
        "<#1>",
        "[x](evil)",
    ),
    *(
        "# ",
        "> ",
        "||",
        "https://discord.gg/abc",
        "\u202e",
        "\u200d",
        "\ufeff",
        "\ud7ff",
        "e\u0301" * 20,
        "ß",
        "İ",
        "ﬁ",
    ),
    *("量子计算", "カタカナ", "한국어", "العربية", "עברית", "हिन्दी", "ไทย", "🏳️‍🌈", "👩‍👩‍👧", "🔥", "𝔘𝔫𝔦", "\U0010ffff"),
)

Answer = Callable[[Connection, str, datetime], ui.LayoutView | None]


def _typed(chance: random.Random, words: list[str]) -> str:
    """Return what somebody might type, or a program."""
    if chance.random() < 0.05:
        return "".join(chr(chance.choice((chance.randrange(32, 127), chance.randrange(1, 0xD800)))) for _ in range(60))
    if chance.random() < 0.01:
        return chance.choice(_SYNTAX) * (_LONGEST_OPTION // 8)
    parts = [
        chance.choice(_SYNTAX) if chance.random() < 0.5 else chance.choice(words) for _ in range(chance.randrange(8))
    ]
    return chance.choice(("", " ")).join(parts)[:_LONGEST_OPTION]


def _search(connection: Connection, typed: str, now: datetime) -> ui.LayoutView | None:
    listing = Listing(Order.SEARCH, words=typed)
    found = page(connection, listing, now)
    if found.articles:
        return page_layout(found, listing_key(listing), now)
    nearest_search(connection, listing)
    return said(news_texts.no_articles(listing))


def _name(connection: Connection, typed: str, _now: datetime) -> ui.LayoutView | None:
    known = names_of(connection, "topic")
    if typed.strip() and named(known, typed) is None:
        return said(news_texts.unknown_name("topic", typed, suggestions(known, typed, most=3)))
    return None


def _complete(connection: Connection, typed: str, _now: datetime) -> ui.LayoutView | None:
    assert len(suggestions(names_of(connection, "provider"), typed)) <= 25
    return None


_ANSWERS: tuple[Answer, ...] = (_search, _search, _search, _name, _complete)


def main() -> None:
    """Print how it went; the exit status is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--database", type=Path, help="take or keep the articles there")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance, now = random.Random(given.seed), datetime.now(UTC)
    words = [word for _ in range(500) for word in sentence(chance, vocabulary(chance), 3, 6).split()]
    with tempfile.TemporaryDirectory() as place:
        database = given.database or Path(place, "articles.db")
        if not database.exists():
            write_rows(database, given.articles, now)
        times, over = [], 0
        with connect(f"sqlite+aiosqlite:///{database}", writes=False) as connection:
            for number in range(given.texts):
                typed, answer = _typed(chance, words), _ANSWERS[number % len(_ANSWERS)]
                begun = time.perf_counter()
                try:
                    layout = answer(connection, typed, now)
                except Exception:
                    print(f"raised for {typed!r}", file=sys.stderr)
                    raise
                times.append(time.perf_counter() - begun)
                if layout is not None:
                    components: Any = layout.to_components()  # type: ignore[no-untyped-call]  # of discord.py
                    found = problems({"components": components, "flags": 1 << 15})
                    over += bool(found)
                    if found:
                        print(f"over a limit for {typed!r}: {found[:2]}", file=sys.stderr)
    times.sort()
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    print("| texts | articles | raised | over a limit | p50 | p99 | goal | met |\n|---|---|---|---|---|---|---|---|")
    met = not over and p99 < _GOAL
    print(
        f"| {given.texts:,} | {given.articles:,} | 0 | {over} | {p50 * 1000:.1f} ms | {p99 * 1000:.1f} ms "
        f"| p99 {_GOAL * 1000:.0f} ms | {'yes' if met else 'no'} |"
    )
    if not met:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
