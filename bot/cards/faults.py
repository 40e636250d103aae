"""What goes wrong with news files and loads, in the reader's language.

The layers below know of no language: they tell trouble in English, as it is stored, logged and printed. Those texts are
marked here for the catalogues, with braces for what differs, and are found again in what was told.
"""

import re
from functools import cache

from bot.cards.language import N_, _

FAULTS = (
    N_("cannot be listed ({reason})"),
    N_("cannot be read ({reason})"),
    N_("changes while it is read"),
    N_("a file name that cannot be shown"),
    N_("not a regular file"),
    N_("larger than {most} KiB"),
    N_("the same name as another file, but for its suffix"),
    N_("unexpected {error} while it was read"),
    N_("a NUL byte"),
    N_("not UTF-8 text"),
    N_("front matter without an end"),
    N_("not valid YAML"),
    N_("not valid YAML: {reason}"),
    N_("a YAML directive"),
    N_("more than one YAML document"),
    N_("a YAML merge key"),
    N_("a YAML alias"),
    N_("a YAML anchor"),
    N_("a YAML tag"),
    N_("front matter that is not a mapping"),
    N_("front matter that makes no sense"),
    N_("nested more than {most} deep"),
    N_("more than {most} values"),
    N_("a field name that is not plain text"),
    N_("the same field twice"),
    N_("more than {most} entries"),
    N_("not text"),
    N_("not a list"),
    N_("not a mapping"),
    N_("not a whole number"),
    N_("out of range"),
    N_("neither true nor false"),
    N_("not a date"),
    N_("a date in the future"),
    N_("no usable web address"),
    N_("not a usable web address"),
    N_("not a domain"),
    N_("no title"),
)
"""What can be wrong with a file: every `Fault` of the corpus."""

REMEDIES = (
    N_("file not taken"),
    N_("left out"),
    N_("entry left out"),
    N_("the rest left out"),
    N_("article hidden"),
)
"""What is done about it: every `Remedy` of the corpus."""

_LOADS = (
    N_("{gone} of {held} articles would be removed: is the news folder complete? Nothing was changed."),
    N_("The loader ran out of memory; nothing was changed."),
    N_("The loader could not be started: {reason}."),
    N_("The loader ended with status {status}."),
    N_("The loader was killed by signal {signal}; the system may be short of memory. Nothing half done was kept."),
    N_("The loader was killed by signal {signal}. Nothing half done was kept."),
    N_("The load took over {minutes} minutes and was stopped; nothing was changed."),
    N_("The database was busy for too long; nothing was changed. Try again."),
    N_("The database {database} belongs to another program: set DATABASE_URL."),
    N_("The database {database} was made by a newer Heatline: update the program."),
    N_("The database {database} cannot be opened ({reason}): set DATABASE_URL, or restore a backup."),
    N_("CORPUS_DIR names no folder; set it to the folder that holds the news files."),
    N_("CORPUS_DIR names the folder {folder} twice; remove one of the two."),
    N_(
        "CORPUS_DIR has two folders labelled '{label}' ({one} and {other}); give one of them another label, "
        "like other=PATH."
    ),
    N_("The corpus folder {folder} does not exist; correct CORPUS_DIR or create it."),
    N_("The corpus folder {folder} is not a folder; correct CORPUS_DIR."),
    N_("CORPUS_SYNC failed in {failures}."),
)
"""Why a load failed or was refused, or the folders could not be brought up to date; what is more particular first."""

_SYNCS = (
    N_("{program} could not be started ({reason})"),
    N_("{program} took over {minutes} minutes and was stopped"),
    N_("{program} was killed by signal {signal}"),
    N_("{program} ended with status {status}"),
)
"""How CORPUS_SYNC can fail in one folder."""

_NUMBERS = ("gone", "held", "most")


def in_words(told: str) -> str:
    """Return trouble of a file or a load in the language spoken now; what is not known stays as it was told."""
    return _found((*FAULTS, *REMEDIES, *_LOADS), told)


def _found(known: tuple[str, ...], told: str) -> str:
    for text in known:
        if match := _pattern(text).fullmatch(told):
            return _(text, **{name: _value(name, value) for name, value in match.groupdict().items()})
    return told


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """Return what a text with its braces filled in looks like."""
    parts = re.split(r"\{(\w+)\}", text)
    return re.compile(
        "".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)), re.DOTALL
    )


def _value(name: str, value: str) -> object:
    if name == "failures":
        return "; ".join(map(_sync, value.split("; ")))
    digits = value.replace(",", "")
    return int(digits) if name in _NUMBERS and digits.isdecimal() else value


def _sync(failure: str) -> str:
    """Return why one folder could not be brought up to date, after its name; what the command said stays as it is."""
    folder, colon, told = failure.partition(": ")
    return f"{folder}{colon}{_found(_SYNCS, told)}"
