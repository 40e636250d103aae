"""`/help`: what the person may do here."""

import pytest

from tests.commands.reading import words
from tests.conftest import World

READING = ("news top", "news latest", "news topic", "news provider", "news search")
MANAGING = ("subscribe", "subscriptions list")
HOSTING = ("admin reload", "admin status")


@pytest.mark.parametrize(
    ("person", "offered", "withheld"),
    [
        ("mo", READING, MANAGING + HOSTING),
        ("ann", READING + MANAGING, HOSTING),
        ("host", READING + MANAGING + HOSTING, ()),
    ],
)
async def test_help_differs_by_rights(
    world: World, person: str, offered: tuple[str, ...], withheld: tuple[str, ...]
) -> None:
    asked = await getattr(world, person).slash(world.news, "help")
    assert asked.ephemeral
    text = words(asked)
    assert [name for name in offered if f"</{name}:" not in text] == []
    assert [name for name in withheld if f"/{name}" in text] == []


async def test_help_in_a_direct_message(world: World) -> None:
    text = words(await world.ann.user.slash("help"))
    assert "</news top:" in text
    assert "subscribe" not in text
