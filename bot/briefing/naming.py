"""Finding the topic or provider that people mean: in any case, by any part, with typos."""

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from bot.models import Name, fold

# Alike enough for a typo: `Robtics` and `Robotics` are at 93, `IA` and `AI` at 50, `AI` and `Art` at 40.
_ALIKE = 50


def named(names: Sequence[Name], typed: str) -> Name | None:
    """Return the name that was typed, whatever its case."""
    wanted = fold(typed)
    return next((name for name in names if fold(name.name) == wanted), None)


def suggestions(names: Sequence[Name], typed: str, most: int = 25) -> list[Name]:
    """Return the names that what is typed may lead to: those that begin with it, then those with a word that does,
    then those that contain it, then those that are like it. Among equals the order of `names` stays."""
    wanted = fold(typed)
    if not wanted:
        return list(names[:most])
    folded = [fold(name.name) for name in names]
    begin = [i for i, name in enumerate(folded) if name.startswith(wanted)]
    words = [i for i, name in enumerate(folded) if any(word.startswith(wanted) for word in name.split())]
    inside = [i for i, name in enumerate(folded) if wanted in name]
    alike = [i for _, _, i in process.extract(wanted, folded, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=most)]
    return [names[i] for i in dict.fromkeys(begin + words + inside + alike)][:most]
