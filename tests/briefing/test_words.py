"""Words that people choose, found in news."""

import pytest

from bot.briefing.words import mentions
from bot.models import fold


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Chip maker opens plant", ["chip"], True),
        ("Chip maker opens plant", ["CHIP MAKER"], True),
        ("Chip\nmaker opens plant", [" chip  maker "], True),
        ("Chips and dip", ["chip"], False),
        ("Microchip news", ["chip"], False),
        ("(chip)", ["chip"], True),
        ("C++ and node.js", ["c++"], True),
        ("nodexjs", ["node.js"], False),
        ("Straße gesperrt", ["strasse"], True),
        ("Café", ["cafe\u0301"], True),
        ("新しい半導体工場", ["半導体"], True),
        ("one two", ["three", "two"], True),
        ("one two", [], False),
        ("one two", ["", "  "], False),
        ("one.*two", [".*"], True),
        ("one two", [".*"], False),
    ],
)
def test_words_are_found_whole(text: str, words: list[str], *, found: bool) -> None:
    assert mentions(fold(text), words) is found
