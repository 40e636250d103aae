"""The languages that people read: one catalogue each in `bot/locale`, chosen by whoever reads.

English is what stands in the code. `_` and `ngettext` return it in the language that is spoken now; whatever is shown
to a person is put into words inside `speaking`, or after `speak` in the task that answers them.
"""

import gettext
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

ENGLISH = "en"
NAME = "name of a command or an option"
"""The context of what people type after the slash: lower case, without spaces, at most 32 characters."""

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name
    """Return the text as it is: it is in the catalogue, and goes through `_` where it is shown."""
    return text


def NP_(context: str, text: str) -> str:  # noqa: N802 - as N_
    """Return the text as it is: it is in the catalogue under its context, and goes through `pgettext`."""
    return text


def _(text: str, /, **values: object) -> str:
    """Return the text in the language spoken now, with the values in its braces; whole numbers as it writes them."""
    return _filled(catalogue(_spoken.get()).gettext(text), values)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the form that goes with the number, which is the value `number` of both texts."""
    return _filled(catalogue(_spoken.get()).ngettext(one, many, number), {"number": number, **values})


def pgettext(context: str, text: str, /, **values: object) -> str:
    """Return a text that another language has several words for, by where it stands."""
    return _filled(catalogue(_spoken.get()).pgettext(context, text), values)


def _filled(text: str, values: dict[str, object]) -> str:
    if not values:
        return text
    return text.format_map({name: number(value) if type(value) is int else value for name, value in values.items()})


def number(value: float) -> str:
    """Return a number with its groups and its point as the language writes them."""
    return format_decimal(value, locale=_locale())


def percent(share: float) -> str:
    """Return a share of one in whole percent as the language writes it: `10%`, `10 %`."""
    return format_percent(share, locale=_locale())


def long_date(at: date) -> str:
    """Return a date in words, with its year: `28 February 2020`."""
    if _spoken.get() == ENGLISH:
        return f"{at.day} {format_skeleton('MMMM y', at, locale=ENGLISH)}"
    return format_date(at, "long", locale=_locale())


def day_and_month(at: date) -> str:
    """Return a date in words, without its year: `28 February`."""
    if _spoken.get() == ENGLISH:
        return f"{at.day} {format_date(at, 'MMMM', locale=ENGLISH)}"
    return format_skeleton("MMMMd", at, locale=_locale())


def short_date(at: date) -> str:
    """Return a date as short as it can be read, without its year: `28 Feb`."""
    if _spoken.get() == ENGLISH:
        return f"{at.day} {format_date(at, 'MMM', locale=ENGLISH)}"
    return format_skeleton("MMMd", at, locale=_locale())


def weekday(at: date) -> str:
    """Return the day of the week."""
    return format_date(at, "EEEE", locale=_locale())


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def speak(language: str) -> None:
    """Speak a language from now on, in this task."""
    _spoken.set(language)


def spoken() -> str:
    """Return the language that is spoken now."""
    return _spoken.get()


def language_of(*tags: str | None) -> str:
    """Return the language of the first of these locales that is set and known, else English: `de` for `de-AT`."""
    for tag in tags:
        if tag in languages():
            return str(tag)
        plain = (tag or "").partition("-")[0]
        if plain in languages():
            return plain
    return ENGLISH


@cache
def languages() -> dict[str, str]:
    """Return the languages that there are, each by its own name."""
    names = sorted(each.name for each in _folder().iterdir())
    known = [ENGLISH, *(name.removesuffix(".po") for name in names if name.endswith(".po"))]
    return {tag: (Locale.parse(tag, sep="-").get_display_name() or tag).capitalize() for tag in known}


def localised(text: str, locale: str, *, name: bool) -> str | None:
    """Return a description, or the name of a command or option, in a language of Discord's; None where it stays."""
    language = language_of(locale)
    if language == ENGLISH:
        return None
    known = catalogue(language)
    found = known.pgettext(NAME, text) if name else known.gettext(text)
    return None if found == text else found


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Return the texts of a language. Reading them takes some 50 ms, once."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (_folder() / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language.replace("-", "_")))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _folder() -> Traversable:
    return files("bot") / "locale"


def _locale() -> Locale:
    return Locale.parse(_spoken.get(), sep="-")
