"""Commands in the languages of those who type them."""

from collections.abc import Iterator
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.cards import language
from bot.commands.localisation import NAMES, Names
from tests.conftest import World

KINDS = (discord.AppCommandType.chat_input, discord.AppCommandType.message, discord.AppCommandType.user)

Typed = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu


def every(world: World) -> Iterator[Typed]:
    """Yield all that people can type or choose: commands, groups and menus."""
    for kind in KINDS:
        yield from world.program.bot.tree.walk_commands(type=kind)


async def test_the_catalogue_has_the_names_of_all_that_can_be_typed(world: World) -> None:
    names = set()
    for each in every(world):
        names.add(each.name)
        if isinstance(each, app_commands.Command):
            names.update(parameter.display_name for parameter in each.parameters)
    assert sorted(NAMES) == sorted(names)


async def test_names_descriptions_and_choices_are_translated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"top": "oben", "period": "zeitraum", "Hottest stories of a period": "Was heiß war", "Year": "Jahr"}

    def localised(text: str, locale: str, *, name: bool) -> str | None:
        assert name is (text in NAMES)
        return known.get(text) if locale == "de" else None

    monkeypatch.setattr("bot.commands.localisation.localised", localised)
    tree = world.program.bot.tree
    group = tree.get_command("news")
    assert isinstance(group, app_commands.Group)
    command = group.get_command("top")
    assert isinstance(command, app_commands.Command)
    payload = await command.get_translated_payload(tree, Names())
    assert payload["name_localizations"] == {"de": "oben"}
    assert payload["description_localizations"] == {"de": "Was heiß war"}
    period = payload["options"][2]
    assert period["name_localizations"] == {"de": "zeitraum"}
    assert [choice.get("name_localizations") for choice in period["choices"]][3] == {"de": "Jahr"}


def test_names_stand_in_the_catalogue_under_their_context() -> None:
    assert language.NAME == "name of a command or an option"
    assert len(set(NAMES)) == len(NAMES)
