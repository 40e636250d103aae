"""What the commands of the program show to people."""

import io
import sys

import pytest

from bot.models import Problem
from bot.terminal import grouped_problems, progress_bar


class Terminal(io.StringIO):
    """Standard error, as a terminal."""

    def isatty(self) -> bool:
        return True


def test_problems_are_grouped_by_kind() -> None:
    url = "not a usable web address"
    problems = [
        Problem("a.md", url, "left out", 7, "related[0].webUrl"),
        Problem("a.md", url, "left out", 9, "related[12].webUrl"),
        Problem("b.md", "no title", "file not taken", None, "title"),
        *(Problem(f"c{number}.md", url, "left out", 3, "related[1].webUrl") for number in range(1200)),
        Problem("d.md", "a NUL byte", "file not taken", 2),
    ]
    assert list(grouped_problems(problems)) == [
        "1,204 problems:",
        "  1,202  related[].webUrl: not a usable web address; left out",
        "         a.md:7",
        "         a.md:9",
        "         c0.md:3",
        "         and 1,199 more",
        "      1  a NUL byte; file not taken",
        "         d.md:2",
        "      1  title: no title; file not taken",
        "         b.md",
    ]
    assert list(grouped_problems([])) == []


def test_a_terminal_gets_a_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(sys.stderr, Terminal)
    with progress_bar() as bar:
        assert bar is not None
        bar(0, 1000)
        bar(250, 1000)
        bar.close()
        bar(0, 2000)
        bar(2000, 2000)
    text = sys.stderr.getvalue()
    assert "250/1000" in text
    assert "Storing" in text
    assert "2000/2000" in text


@pytest.mark.parametrize("wanted", [True, False])
def test_what_is_no_terminal_gets_none(monkeypatch: pytest.MonkeyPatch, wanted: bool) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO() if wanted else Terminal())
    with progress_bar(wanted=wanted) as bar:
        assert bar is None
    assert isinstance(sys.stderr, io.StringIO)
    assert sys.stderr.getvalue() == ""
