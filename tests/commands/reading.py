"""What people read in an answer: its words, its buttons, its selects."""

from collections.abc import Iterator
from typing import Any

import discord
from simcord.results import InteractionResult, ResponseMessage

Message = discord.Message | ResponseMessage


def answer(result: InteractionResult) -> ResponseMessage:
    """Return the answer of a command or control."""
    assert result.response is not None
    return result.response


def _raw(message: Message) -> list[dict[str, Any]]:
    if isinstance(message, ResponseMessage):
        return message.components
    return [dict(component.to_dict()) for component in message.components]


def pieces(message: Message) -> Iterator[dict[str, Any]]:
    """Return every component, those inside others too."""
    waiting = list(_raw(message))
    while waiting:
        piece = waiting.pop(0)
        yield piece
        inner = [*piece.get("components", ())]
        if "accessory" in piece:
            inner.append(piece["accessory"])
        waiting = inner + waiting


def words(message: Message | InteractionResult) -> str:
    """Return all text, top to bottom."""
    if isinstance(message, InteractionResult):
        message = answer(message)
    return "\n".join(filter(None, [message.content, *(p["content"] for p in pieces(message) if p["type"] == 10)]))


def labels(message: Message | InteractionResult) -> list[str]:
    """Return the labels of the buttons."""
    if isinstance(message, InteractionResult):
        message = answer(message)
    return [piece["label"] for piece in pieces(message) if piece["type"] == 2]


def links(message: Message | InteractionResult) -> list[str]:
    """Return the addresses of the link buttons."""
    if isinstance(message, InteractionResult):
        message = answer(message)
    return [piece["url"] for piece in pieces(message) if piece["type"] == 2 and piece.get("url")]


def options(message: Message | InteractionResult) -> dict[str, str]:
    """Return the options of the select: value by label."""
    if isinstance(message, InteractionResult):
        message = answer(message)
    return {option["label"]: option["value"] for p in pieces(message) if p["type"] == 3 for option in p["options"]}


def headlines(message: Message | InteractionResult) -> list[str]:
    """Return the headlines of a list, with their ranks."""
    title, *lines = words(message).splitlines()
    if title.startswith("### “"):  # what a search finds has its matches in bold
        return [line.removeprefix("### ").replace("**", "") for line in lines if line.startswith("### ")]
    return [line.strip("*") for line in lines if line.startswith("**") and line.endswith("**")]
