"""Corpus text in Discord's Markdown: it shows as it is written, and does nothing."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.cards.markup import cut, escape, link, shown
from tests.cards.markdown import active, visible

HOSTILE = [
    "@everyone",
    "@HERE now",
    "<@1>",
    "<@!1>",
    "<@&1>",
    "<#1>",
    "</news top:1>",
    "<t:1>",
    "<t:1:R>",
    "<:a:1>",
    "<a:dance:1>",
    "<id:customize>",
    "<https://evil.example>",
    "[x](https://evil.example)",
    "[x](<https://evil.example>)",
    "`code`",
    "```py\nprint()\n```",
    "# heading",
    "### heading",
    "-# small",
    "> quote",
    ">>> quote",
    "1. list",
    "12) list",
    "- list",
    "* list",
    "+ list",
    "  - list",
    "one\n# two\n- three",
    "||spoiler||",
    "**bold** *slanted* __under__ _line_ ~~gone~~",
    "https://evil.example/a_b_c",
    "HTTP://EVIL.EXAMPLE",
    "discord://-/channels/1/2",
    "discord.gg/abc",
    "DISCORD.GG/abc",
    "discord.com/invite/abc",
    "discordapp.com/invite/abc",
    "discord.gift/abc",
    ":smile: and :+1:",
    "12:30:45",
    "#",
    "1.",
    "-",
    "ends with \\",
    "\\@everyone",
    "👩\u200d👩\u200d👧 @everyone",
    "*" * 5000,
    "a_b " * 1250,
]
TRICKY = ["\\*", "\\\\", "\\<@1>", "\\", "x \\\\", "a\\_b", "* *", "<", "]("]
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *HOSTILE[:-2],
                *TRICKY,
                *"\\*_~`|[]()<>@#:/!&-+>.1 \n",
                "://",
                "@everyone",
                "here",
                "discord",
                ".gg/x",
                "\u200d",
            ]
        ),
        st.text(st.characters(exclude_characters="\r\f\u200b", exclude_categories=["Cs"]), max_size=4),
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:20] for text in HOSTILE])
def test_the_scanner_finds_what_is_active(text: str) -> None:
    assert active(text) != []


@pytest.mark.parametrize("text", HOSTILE + TRICKY, ids=[text[:20] for text in HOSTILE + TRICKY])
def test_hostile_text_shows_as_it_is_written(text: str) -> None:
    assert active(escape(text)) == []
    assert visible(escape(text)) == text


@settings(deadline=None)
@given(PIECES)
@example("-# # x")
@example("<@\n1>")
def test_no_markup_survives(text: str) -> None:
    assert active(escape(text)) == []
    assert visible(escape(text)) == text


@settings(deadline=None)
@given(PIECES, st.integers(2, 40))
def test_no_markup_survives_a_cut(text: str, most: int) -> None:
    assert active(shown(text, most)) == []
    assert len(visible(shown(text, most))) <= most


@pytest.mark.parametrize(
    "text", ["Chip maker opens plant", "It’s 5 % of 3-4 (a.m.), he said: “no”", "C++ & C#", "a-b", "#1 hit"]
)
def test_plain_text_stays_plain(text: str) -> None:
    assert escape(text) == text


@settings(deadline=None)
@given(PIECES)
def test_escaping_at_most_doubles(text: str) -> None:
    assert len(escape(text)) <= 2 * len(text)


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("", 10, ""),
        ("short", 5, "short"),
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two three", 7, "one…"),
        ("one two, three", 12, "one two…"),
        ("one two – three", 12, "one two…"),
        ("abcdefghij", 5, "abcd…"),
        ("a bcdefghijklmno", 10, "a bcdefgh…"),
        ("日本語日本語日本語", 5, "日本語日…"),
        ("cafe\u0301 au lait", 5, "caf…"),
        ("👩\u200d👩\u200d👧 xx", 4, "👩…"),
        ("xx👍\U0001f3fdyy", 4, "xx…"),
        ("❤\ufe0f❤\ufe0f❤\ufe0f", 4, "❤\ufe0f…"),
        ("e" + "\u0301" * 50, 10, "…"),
        ("anything", 1, "…"),
    ],
)
def test_cut(text: str, most: int, short: str) -> None:
    assert cut(text, most) == short


@settings(deadline=None)
@given(st.text(st.sampled_from("ab, :-\u0301\u200d👩é"), max_size=60), st.integers(1, 60))
def test_a_cut_never_exceeds(text: str, most: int) -> None:
    short = cut(text, most)
    assert len(short) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@settings(deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=8), min_size=1).map(" ".join), st.integers(20, 60))
def test_a_cut_ends_with_a_whole_word(text: str, most: int) -> None:
    short = cut(text, most)
    assert short == text or text[len(short) - 1] == " "


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://e.example/a?b=c&d=1#f", "https://e.example/a?b=c&d=1#f"),
        ("https://e.example/a%20b", "https://e.example/a%20b"),
        ("https://e.example/a_(b)", "https://e.example/a_%28b%29"),
        ("https://e.example/a*b`c|d\\e<f>", "https://e.example/a%2Ab%60c%7Cd%5Ce%3Cf%3E"),
        ('https://e.example/"x"', "https://e.example/%22x%22"),
        ("https://e.example/ü", "https://e.example/%C3%BC"),
    ],
)
def test_a_link_holds_its_address(url: str, written: str) -> None:
    assert link("Read", url, 100) == f"[Read]({written})"


@pytest.mark.parametrize(
    ("url", "longest", "there"), [("https://e.example/", 18, True), ("https://e.example/", 17, False)]
)
def test_a_link_that_would_be_too_long_is_left_out(url: str, longest: int, there: bool) -> None:
    assert bool(link("Read", url, longest)) == there


def test_a_link_is_measured_as_it_is_written() -> None:
    assert link("Read", "https://e.example/" + "ü" * 100, 512) == ""
