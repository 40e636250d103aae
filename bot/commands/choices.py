"""What people type into the forms of a panel, checked: numbers, times of day, words, names, time zones."""

import re
from collections.abc import Sequence
from zoneinfo import available_timezones

from bot.briefing.naming import named, suggestions
from bot.briefing.schedules import known_timezone
from bot.cards import order_texts, texts
from bot.cards.language import N_, _, pgettext
from bot.commands.answer import Refusal
from bot.commands.outlook import MOST_HEAT
from bot.models import Name, Terms, fold

# More words than this are no filter any more, and longer ones are sentences.
_WORDS = 25
_WORD = 60
NAMES = 25

NUMBERS = {
    "size": (N_("Stories in a message"), 1, 10),
    "publisher_cap": (N_("Of one publisher in a message"), 1, 10),
    "daily_limit": (N_("Posts a day"), 1, 50),
    "spacing": (N_("Minutes between posts"), 0, 1440),
    "min_heat": (N_("Least heat"), 0, MOST_HEAT),
}
"""The numbers of a panel's form: what each is called, its least and its most."""

OPTIONAL = ("spacing", "min_heat")
"""Those that may be left empty: as usual."""


def numbers_of(terms: Terms) -> dict[str, str]:
    """Return the numbers of the terms, as a form shows them."""
    values = {name: getattr(terms, name) for name in NUMBERS}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def numbers(typed: dict[str, str]) -> dict[str, int | None]:
    """Return the numbers that were typed."""
    found: dict[str, int | None] = {}
    for name, (what, least, most) in NUMBERS.items():
        text = typed.get(name, "").strip()
        if not text and name in OPTIONAL:
            found[name] = None
            continue
        number = int(text) if re.fullmatch(r"[0-9]{1,5}", text) else None
        if number is None or not least <= number <= most:
            raise Refusal(_(order_texts.BAD_NUMBER, what=_(what), least=str(least), most=str(most)))
        found[name] = number
    return found


def minute_of(typed: str) -> int:
    """Return the minute of the day that was typed: `9`, `09:00`, `0930`, `9.30`, `9 pm`, `9 Uhr`."""
    match = re.fullmatch(r"\s*([0-9]{1,2})(?:[:.h]?([0-9]{2}))?\s*(?:([ap])\.?m\.?|uhr)?\s*", typed.lower())
    if match is None:
        raise Refusal(_(order_texts.BAD_TIME))
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            raise Refusal(_(order_texts.BAD_TIME))
        hour = hour % 12 + (12 if match[3] == "p" else 0)
    if hour > 23 or minute > 59:
        raise Refusal(_(order_texts.BAD_TIME))
    return hour * 60 + minute


def quiet_of(typed: str) -> tuple[int, int] | None:
    """Return the quiet hours that were typed; None for the usual ones, and the same minute twice for none.

    English is understood in every language.
    """
    text = typed.strip().lower()
    if not text:
        return None
    if text in ("none", "no", "off", "-", _no_hours().lower()):
        return 0, 0
    parts = re.split(rf"\s*(?:-|–|—|\bto\b|\buntil\b|\b{re.escape(_between().lower())}\b)\s*", text)
    if len(parts) != 2:
        raise Refusal(_(order_texts.BAD_QUIET))
    try:
        begin, end = map(minute_of, parts)
    except Refusal:
        raise Refusal(_(order_texts.BAD_QUIET)) from None
    if begin == end:
        raise Refusal(_(order_texts.EMPTY_QUIET))
    return begin, end


def quiet_text(hours: tuple[int, int] | None) -> str:
    """Return quiet hours as they are typed: `23:00 to 07:00`."""
    return f"{order_texts.clock(hours[0])} {_between()} {order_texts.clock(hours[1])}" if hours else _no_hours()


def _between() -> str:
    return pgettext("between two times of day", "to")


def _no_hours() -> str:
    return pgettext("no quiet hours", "none")


# A phrase is one without them; who searches has learned to write them.
_QUOTES = ' \t\r"“”„«»'


def words_of(typed: str) -> tuple[str, ...]:
    """Return the words and phrases that were typed, one in a line or between commas, each once."""
    parts = [" ".join(part.strip(_QUOTES).split()) for part in re.split(r"[,;\n]", typed)]
    kept = {fold(part): part for part in parts if fold(part)}
    if len(kept) > _WORDS or any(len(word) > _WORD for word in kept):
        raise Refusal(_(order_texts.TOO_MANY_WORDS, most=_WORDS, longest=_WORD))
    return tuple(kept.values())


def names_of(typed: str, known: Sequence[Name]) -> tuple[list[str], list[tuple[str, Sequence[Name]]]]:
    """Return the names that were typed as they are written, and those that are not there with the nearest that are.

    A line that is a name is one, commas and all.
    """
    found: dict[str, str] = {}
    unknown: list[tuple[str, Sequence[Name]]] = []
    for line in typed.splitlines():
        for part in [line] if named(known, line) else re.split(r"[,;]", line):
            if not part.strip():
                continue
            name = named(known, part)
            if name is not None:
                found[fold(name.name)] = name.name
            else:
                unknown.append((part.strip(), suggestions(known, part, most=3)))
    return list(found.values())[:NAMES], unknown


def timezone_of(typed: str) -> str:
    """Return the time zone that was typed; a refusal names those that may have been meant."""
    zone = known_timezone(typed)
    if zone is None:
        zones = [Name(each, 0) for each in sorted(available_timezones()) if "/" in each]
        cities = {fold(order_texts.city(each.name)): each.name for each in zones}
        near = suggestions([Name(city, 0) for city in cities], typed, most=3)
        raise Refusal(order_texts.bad_timezone(typed, [cities[city.name] for city in near]))
    return zone


def weekday_of(typed: str) -> int:
    """Return the number of a weekday, Monday first, from a select's value."""
    if typed not in set("0123456"):
        raise Refusal(_(texts.OLD_BUTTON))
    return int(typed)
