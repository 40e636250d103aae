"""The front matter of a news file as pydantic models: the border where outsiders write to us.

Nothing is required here. What an article must have is decided where it is made, after cleaning.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.corpus import limits
from bot.corpus.dates import instant
from bot.corpus.faults import Fault, Remedy
from bot.corpus.findings import Complain, Place, RefusedError
from bot.corpus.urls import web_address

_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]{1,8}|0o[0-7]{1,11}|[0-9]{1,12})")

_WHAT: Final = {
    "string_type": Fault.NO_TEXT,
    "list_type": Fault.NO_LIST,
    "model_type": Fault.NO_MAPPING,
    "greater_than_equal": Fault.OUT_OF_RANGE,
    "less_than_equal": Fault.OUT_OF_RANGE,
}
"""How a Problem says what pydantic found; the types of our own errors are faults themselves."""

_MOST: Final = {"topics": limits.TOPICS, "images": limits.IMAGES, "related": limits.RELATED}


def _error(fault: Fault) -> PydanticCustomError:
    return PydanticCustomError(fault.value, fault.value)


def _integer(value: object) -> object:
    if type(value) is int:
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(text := value.strip()):
        digits = text.lstrip("+-").lower()
        number = int(digits, {"0x": 16, "0o": 8}.get(digits[:2], 10))
        return -number if text[0] == "-" else number
    raise _error(Fault.NO_INTEGER)


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in ("true", "false"):
        raise _error(Fault.NO_FLAG)
    return word == "true"


def _instant(value: object) -> object:
    if value is None:
        return None
    try:
        return instant(value)
    except ValueError:
        raise _error(Fault.NO_DATE) from None


def _address(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    address = web_address(value)
    if address is None:
        raise _error(Fault.BAD_ADDRESS)
    return address


def _listed(value: object) -> object:
    if value is None:
        return []
    return [value] if isinstance(value, str | dict) else value


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


Score = Annotated[int, BeforeValidator(_integer), Field(ge=-limits.NUMBER, le=limits.NUMBER)] | None
Size = Annotated[int, BeforeValidator(_integer), Field(ge=1, le=limits.NUMBER)] | None
Flag = Annotated[bool, BeforeValidator(_flag)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]
Address = Annotated[str | None, BeforeValidator(_address)]


class _Model(BaseModel):
    # strict: text is only what was read as text; errors never show what the file says
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class Picture(_Model):
    """One entry of `images`."""

    url: Address = None
    width: Size = None
    height: Size = None


Pictures = Annotated[list[Picture], BeforeValidator(_listed), Field(max_length=limits.IMAGES)]


class Source(_Model):
    """A `provider`; a plain name counts as one."""

    name: str | None = None
    domain: str | None = None
    images: Pictures = Field(default_factory=list)


Provider = Annotated[Source | None, BeforeValidator(_named)]


class Related(_Model):
    """One entry of `related`."""

    title: str | None = None
    excerpt: str | None = None
    published_at: Instant = Field(None, alias="publishedDateTime")
    web_url: Address = Field(None, alias="webUrl")
    original_url: Address = Field(None, alias="originalUrl")
    provider: Provider = None
    quality: Score = None
    images: Pictures = Field(default_factory=list)


class Document(_Model):
    """The fields of a news file that Heatline uses."""

    title: str | None = None
    excerpt: str | None = None
    published_at: Instant = Field(None, alias="publishedDateTime")
    web_url: Address = Field(None, alias="webUrl")
    original_url: Address = Field(None, alias="originalUrl")
    type: str | None = None
    quality: Score = None
    heat: Score = None
    published: Flag = True
    provider: Provider = None
    topics: Annotated[list[str | None], BeforeValidator(_listed), Field(max_length=limits.TOPICS)] = Field(
        default_factory=list
    )
    images: Pictures = Field(default_factory=list)
    related: Annotated[list[Related], BeforeValidator(_listed), Field(max_length=limits.RELATED)] = Field(
        default_factory=list
    )


def strict_document(data: Mapping[str, object]) -> Document:
    """Return the document; raises pydantic's ValidationError, a ValueError, where any field is wrong."""
    return Document.model_validate(data)


def mended_document(data: dict[str, object], complain: Complain) -> Document:
    """Return the document without what is wrong in it, telling `complain` of each thing left out.

    Wrong fields are taken out of `data`, wrong entries of a list are emptied and keep their place, so that the
    places in later complaints stay those of the file.
    """
    for name in _MOST:  # first, or each of a million broken entries would be a complaint
        _shorten(data, (name,), complain)
    # what is mended at one level can uncover something only at the level above; the models have four
    for _ in range(5):
        try:
            return Document.model_validate(data)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False, include_input=False):
                _mend(data, fault, complain)
    raise RefusedError(Fault.SENSELESS)


def _mend(data: dict[str, object], fault: ErrorDetails, complain: Complain) -> None:
    place = fault["loc"]
    holder = _at(data, place[:-1])
    last = place[-1]
    while isinstance(last, int) and not isinstance(holder, list):
        # the only entry of what is not a list: the field itself is at fault
        place = place[:-1]
        holder, last = _at(data, place[:-1]), place[-1]
    what, done = _WHAT.get(fault["type"], fault["type"]), Remedy.LEFT_OUT
    if isinstance(holder, list) and isinstance(last, int):
        holder[last] = None if place[0] == "topics" else {}
    elif isinstance(holder, dict) and isinstance(last, str):
        value = holder.pop(last, None)
        if last == "published":
            holder[last] = False
            done = Remedy.HIDDEN
        elif fault["type"] == "too_long":
            holder[last] = value
            _shorten(holder, place, complain)
            return
    complain(place, what, done)


def _shorten(holder: dict[str, object], place: Place, complain: Complain) -> None:
    """Cut the list at the place, in its holder, to what is taken."""
    name = str(place[-1])
    value, most = holder.get(name), _MOST[name]
    if isinstance(value, list) and len(value) > most:
        del value[most:]
        complain((*place, most), Fault.TOO_MANY.format(most=most), Remedy.REST_LEFT_OUT)


def _at(data: dict[str, object], place: Place) -> object:
    """Return what stands at the place; a single value where a list is meant counts as its only entry."""
    value: object = data
    for step in place:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    return value
