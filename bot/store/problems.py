"""The problems of the last load, by kind: a corpus that is broken is broken in the same way many times."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, text

from bot.models import Problem

_EXAMPLES = 3  # as many as `check` names
_INDEX = re.compile(r"\[\d+]")


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """Problems that differ in their files alone, and in the place in a list: their number, and the first of them."""

    field: str
    what: str
    done: str
    count: int
    first: tuple[Problem, ...] = ()


def problem_kinds(connection: Connection, most: int) -> tuple[tuple[ProblemKind, ...], int]:
    """Return the `most` most frequent kinds of problems, each with its first files, and the number of all problems."""
    counts: dict[tuple[str, str, str], int] = defaultdict(int)
    fields: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    rows = connection.execute(text("SELECT coalesce(field, ''), what, done, count(*) FROM problems GROUP BY 1, 2, 3"))
    for field, what, done, count in rows:
        kind = _INDEX.sub("[]", field), what, done
        counts[kind] += count
        fields[kind].append(field)
    order = sorted(counts, key=lambda kind: (-counts[kind], kind))
    found = tuple(ProblemKind(*kind, counts[kind], _first(connection, kind, fields[kind])) for kind in order[:most])
    return found, sum(counts.values())


def _first(connection: Connection, kind: tuple[str, str, str], fields: list[str]) -> tuple[Problem, ...]:
    _, what, done = kind
    rows = connection.execute(
        text("""SELECT file, line, field FROM problems
                WHERE what = :what AND done = :done AND coalesce(field, '') IN (SELECT value FROM json_each(:fields))
                ORDER BY file, position LIMIT :most"""),
        {"what": what, "done": done, "fields": json.dumps(fields), "most": _EXAMPLES},
    )
    return tuple(Problem(file, what, done, line, field) for file, line, field in rows)
