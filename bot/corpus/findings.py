"""What is found wrong with a file, on its way to becoming Problems."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from bot.corpus.faults import Remedy
from bot.models import FileReport, FileStatus, Problem

Place: TypeAlias = tuple[str | int, ...]
"""Where in the front matter: `("related", 2, "webUrl")`. Its words are the format's, never the file's."""

Complain: TypeAlias = Callable[[Place, str, str], None]
"""Takes the place of a fault, what is wrong (a `Fault`, filled in), and what was done about it (a `Remedy`)."""


class UncertainError(Exception):
    """The fast reading is not certain of a file; the exact one decides."""


class RefusedError(Exception):
    """The file is not taken; `what` is a `Fault`, filled in.

    No ValueError: python-frontmatter takes one for a file without front matter.
    """

    def __init__(self, what: str, place: Place = (), line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.place = place
        self.line = line


def doubt(place: Place, what: str, done: str) -> None:
    """Raise UncertainError: the complaint of a reading that has no lines to name."""
    raise UncertainError


def field_of(place: Place) -> str | None:
    """Return how a Problem names the place: `related[2].webUrl`; None for the file as a whole."""
    name = ""
    for step in place:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name or None


def rejection(file: str, what: str, place: Place = (), line: int | None = None) -> FileReport:
    """Return the report of a file that is not taken, with its one Problem and the sentence that says so."""
    problem = Problem(file, str(what), str(Remedy.NOT_TAKEN), line, field_of(place))
    where = [problem.field] if problem.field else []
    where += [f"line {line}"] if line else []
    sentence = what[0].upper() + what[1:] + (f" ({', '.join(where)})." if where else ".")
    return FileReport(file, FileStatus.REJECT, problems=(problem,), error=sentence)


class Findings:
    """The faults of one file that is taken all the same."""

    def __init__(self, file: str, lines: Mapping[Place, int]) -> None:
        self._file = file
        self._lines = lines
        self._found: list[tuple[Place, Problem]] = []

    def line_of(self, place: Place) -> int | None:
        """Return the line of the place, or of the nearest thing around it that has one."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place)

    def add(self, place: Place, what: str, done: str) -> None:
        """Note a fault."""
        problem = Problem(self._file, str(what), str(done), self.line_of(place), field_of(place))
        self._found.append((place, problem))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One Problem per thing left out, in file order: the first fault within it is the reason."""
        # sorted by place, what lies within a thing follows it; equal places keep the order in which they were found
        order = sorted(range(len(self._found)), key=lambda found: [str(step) for step in self._found[found][0]])
        groups: list[list[int]] = []
        for found in order:
            place = self._found[found][0]
            outer = self._found[groups[-1][0]][0] if groups else None
            if outer is not None and place[: len(outer)] == outer:
                groups[-1].append(found)
            else:
                groups.append([found])
        problems = []
        for group in groups:
            outer = self._found[group[0]][0]
            fate = max(found for found in group if self._found[found][0] == outer)
            problems.append(replace(self._found[min(group)][1], done=self._found[fate][1].done))
        return tuple(sorted(problems, key=lambda problem: problem.line or 0))
