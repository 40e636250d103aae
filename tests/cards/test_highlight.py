"""What a search found, in bold."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.highlight import highlighted


@pytest.mark.parametrize(
    ("text", "searched", "most", "expected"),
    [
        ("A robot learns", "robot", 99, "A **robot** learns"),
        ("Robots learn", "robot", 99, "**Robots** learn"),
        ("The Élysée", "elysee", 99, "The **Élysée**"),
        ("Quantum computers", '"quantum computers"', 99, "**Quantum** **computers**"),
        ("A cat and c", "c", 99, "A cat and **c**"),
        ("Die Straße", "strasse", 99, "Die **Straße**"),
        ("Alte Strassen", "straße", 99, "Alte **Strassen**"),
        ("A ﬁnance act", "finance", 99, "A **ﬁnance** act"),
        ("Quantums", '"quantum"', 99, "Quantums"),
        ("A robot learns", "robot -learns topic:AI", 99, "A **robot** learns"),
        ("A robot learns", "", 99, "A robot learns"),
        ("量子计算机来了", "计算", 99, "量子**计算**机来了"),
        ("Fire 🔥 here", "🔥", 99, "Fire **🔥** here"),
        ("*a* robot_b", "robot_b", 99, r"\*a\* **robot**\_**b**"),
        ("@everyone meets", "everyone", 99, None),
        (
            "word " * 30 + "robot at the end",
            "robot",
            60,
            "…word word word word word word word word **robot** at the end",
        ),
        ("robot " + "word " * 30, "robot", 20, "**robot** word word…"),
    ],
)
def test_the_words_that_match_are_bold(text: str, searched: str, most: int, expected: str | None) -> None:
    shown = highlighted(text, searched, most)
    if expected is not None:
        assert shown == expected
    assert "@everyone" not in shown


@given(text=st.text(max_size=200), searched=st.text(max_size=60), most=st.integers(10, 120))
def test_whatever_is_searched_for_nothing_is_lost_or_made_up(text: str, searched: str, most: int) -> None:
    plain = re.sub(r"\\|\u200b", "", highlighted(text, searched, most).replace("**", ""))
    kept = plain.strip("…").strip()
    assert kept in re.sub(r"\\|\u200b", "", text.replace("**", "")) or "*" in text
    assert len(plain) <= most + 1
