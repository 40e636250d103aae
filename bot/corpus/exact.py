"""YAML read exactly: libyaml's events become text, mappings and lists, or a RefusedError that names the line."""

import re
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from bot.corpus import limits
from bot.corpus.faults import Fault
from bot.corpus.findings import Place, RefusedError

_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_KNOWN = re.compile(
    "category|title|excerpt|publishedDateTime|originalUrl|webUrl|type|quality|heat|published|provider|name|domain|topics"
    "|images|url|width|height|related"
)
"""The format's own names; any other key is text of the file, which a Problem does not repeat."""

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_LONE = re.compile(r"(?<!\\)((?:\\\\)*)\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def _joined(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return rf"{match[1]}\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _is_known(place: Place) -> bool:
    return all(isinstance(step, int) or _KNOWN.fullmatch(step) for step in place)


class ExactReader:
    """Reads one mapping; every scalar is the text that was written, or None for nothing or a plain null."""

    def __init__(self, text: str, first_line: int) -> None:
        """Take the text of the front matter and the number of its first line in the file."""
        if "\\u" in text:
            # JSON writes an emoji as two escapes, which libyaml refuses; half of one is no character at all
            text = _LONE.sub(r"\1\\uFFFD", _PAIR.sub(_joined, text))
        self.lines: dict[Place, int] = {}
        self._first_line = first_line
        self._items = 0
        self._loader = yaml.CBaseLoader(text)

    def mapping(self) -> dict[str, object]:
        """Return the one mapping that is written; raises RefusedError for anything else."""
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            # libyaml's phrases are constants ("did not find expected key"); the rest of its errors quotes the file
            line = error.problem_mark.line + self._first_line if error.problem_mark else None
            raise RefusedError(Fault.BROKEN_YAML.format(reason=error.problem), line=line) from None
        except yaml.YAMLError:
            raise RefusedError(Fault.NO_YAML) from None
        finally:
            self._loader.dispose()

    def _next(self) -> Event:
        event = self._loader.get_event()
        if event is None:
            raise RefusedError(Fault.NO_YAML)
        return event

    def _line(self, event: Event) -> int:
        return event.start_mark.line + self._first_line if event.start_mark else self._first_line

    def _document(self) -> dict[str, object]:
        self._next()  # the stream begins
        start = self._next()
        if isinstance(start, StreamEndEvent):
            return {}
        if getattr(start, "version", None) or getattr(start, "tags", None):
            raise RefusedError(Fault.DIRECTIVE, line=self._line(start))
        first = self._next()
        value = self._value(first, (), 1)
        self._next()  # the document ends
        after = self._next()
        if not isinstance(after, StreamEndEvent):
            raise RefusedError(Fault.SEVERAL_DOCUMENTS, line=self._line(after))
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise RefusedError(Fault.NO_FRONT_MATTER, line=self._line(first))
        return value

    def _value(self, event: Event, place: Place, depth: int) -> object:
        line = self._line(event)
        self._plainly(event, place)
        if place and _is_known(place):
            self.lines.setdefault(place, line)
        if isinstance(event, ScalarEvent):
            return None if event.implicit[0] and event.value in _NULLS else event.value
        if depth > limits.DEPTH:
            raise RefusedError(Fault.TOO_DEEP.format(most=limits.DEPTH), line=line)
        if isinstance(event, SequenceStartEvent):
            return self._list(place, depth)
        return self._mapping(place, depth)

    def _list(self, place: Place, depth: int) -> list[object]:
        values: list[object] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            self._count(event)
            values.append(self._value(event, (*place, len(values)), depth + 1))
        return values

    def _mapping(self, place: Place, depth: int) -> dict[str, object]:
        values: dict[str, object] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            self._count(event)
            self._plainly(event, place)
            if not isinstance(event, ScalarEvent):
                raise RefusedError(Fault.ODD_FIELD, line=self._line(event))
            key = str(event.value)
            if key == "<<" and event.implicit[0]:
                raise RefusedError(Fault.MERGE_KEY, line=self._line(event))
            inner = (*place, key)
            if key in values:
                raise RefusedError(Fault.TWICE, inner if _is_known(inner) else (), self._line(event))
            if _is_known(inner):
                self.lines[inner] = self._line(event)
            values[key] = self._value(self._next(), inner, depth + 1)
        return values

    def _count(self, event: Event) -> None:
        self._items += 1
        if self._items > limits.ITEMS:
            raise RefusedError(Fault.TOO_MUCH.format(most=f"{limits.ITEMS:,}"), line=self._line(event))

    def _plainly(self, event: Event, place: Place) -> None:
        """Refuse what makes a value stand for something else than what is written there."""
        trick = None
        if isinstance(event, AliasEvent):
            trick = Fault.ALIAS
        elif isinstance(event, NodeEvent) and event.anchor is not None:
            trick = Fault.ANCHOR
        elif isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent) and event.tag is not None:
            trick = Fault.TAG
        if trick:
            raise RefusedError(trick, place if _is_known(place) else (), self._line(event))
