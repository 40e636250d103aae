"""Finding the topic or provider that people mean."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.briefing.naming import named, suggestions
from bot.models import Name

TOPICS = [
    Name("AI", 41),
    Name("Robotics", 12),
    Name("Computer Vision", 9),
    Name("Alerts", 3),
    Name("Art", 3),
    Name("Air Travel", 2),
    Name("Générative", 2),
    Name("C++", 1),
    Name("Repairs", 1),
]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("AI", "AI"),
        ("ai", "AI"),
        (" Ai ", "AI"),
        ("computer vision", "Computer Vision"),
        ("GÉNÉRATIVE", "Générative"),
        ("Ge\u0301ne\u0301rative", "Générative"),
        ("c++", "C++"),
        ("A", None),
        ("AIs", None),
        ("Computer", None),
        ("", None),
    ],
)
def test_named(typed: str, name: str | None) -> None:
    found = named(TOPICS, typed)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        pytest.param("", [name.name for name in TOPICS], id="nothing typed: all, as they come"),
        pytest.param("  ", [name.name for name in TOPICS], id="only spaces"),
        pytest.param("ai", ["AI", "Air Travel", "Repairs"], id="what begins with it, then what contains it"),
        pytest.param("a", ["AI", "Alerts", "Art", "Air Travel"], id="among equals their order stays"),
        pytest.param("VISION", ["Computer Vision"], id="a later word, in any case"),
        pytest.param("trav", ["Air Travel"], id="the start of a later word"),
        pytest.param("botic", ["Robotics"], id="from inside"),
        pytest.param("robtics", ["Robotics"], id="a letter forgotten"),
        pytest.param("computr vison", ["Computer Vision"], id="two letters forgotten"),
        pytest.param("Alrets", ["Alerts"], id="letters swapped"),
        pytest.param("c+", ["C++"], id="signs are letters"),
        pytest.param("génér", ["Générative"], id="accents"),
    ],
)
def test_suggestions(typed: str, first: list[str]) -> None:
    assert [name.name for name in suggestions(TOPICS, typed)][: len(first)] == first


@pytest.mark.parametrize("typed", ["zzzzzz", "\0", "x" * 5000])
def test_nothing_is_suggested_for_what_is_like_nothing(typed: str) -> None:
    assert suggestions(TOPICS, typed) == []


@pytest.mark.parametrize("typed", ["", "topic", "opic", "tpic"])
def test_discord_shows_at_most_25(typed: str) -> None:
    many = [Name(f"Topic {number}", number) for number in range(100)]
    assert suggestions(many, typed)[0] == many[0]
    assert len(suggestions(many, typed)) == 25
    assert len(suggestions(many, typed, most=3)) == 3


@settings(deadline=None)
@given(
    st.lists(st.builds(Name, st.text(max_size=6), st.just(1)), unique_by=lambda name: name.name), st.text(max_size=6)
)
def test_suggestions_are_some_of_the_names_each_once(names: list[Name], typed: str) -> None:
    found = suggestions(names, typed)
    assert set(found) <= set(names)
    assert len(set(found)) == len(found) <= 25
    exact = named(names, typed)
    assert exact is None or not typed.strip() or exact in found or len(found) == 25
