"""What the layers below tell of trouble, in the reader's language: every text of theirs is known here."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

import bot
from bot.cards.faults import FAULTS, REMEDIES, in_words
from bot.cards.language import speaking
from bot.corpus.faults import Fault, Remedy
from bot.corpus.roots import parse_roots
from bot.loading import MassRemovalError, OutOfMemoryError
from bot.models import HeatlineError
from bot.settings import Settings
from bot.store.migrate import migrate
from bot.syncing import sync
from tests.corpus.news import news, report_of

PACKAGE = Path(bot.__file__).parent
BELOW = [*PACKAGE.glob("corpus/*.py"), *PACKAGE.glob("store/*.py"), PACKAGE / "loading.py", PACKAGE / "loader.py"]


def german(told: str) -> str:
    with speaking("de"):
        return in_words(told)


def raised(path: Path) -> Iterator[str]:
    """Yield the sentences of the errors that a module raises, with `1` for what is filled in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "HeatlineError":
            (said,) = node.args
            parts = said.values if isinstance(said, ast.JoinedStr) else [said]
            if isinstance(said, ast.JoinedStr | ast.Constant):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in parts)


def test_every_fault_of_the_corpus_is_known() -> None:
    assert tuple(map(str, Fault)) == FAULTS
    assert tuple(map(str, Remedy)) == REMEDIES


def test_every_failure_of_a_load_is_known() -> None:
    sentences = {sentence for path in BELOW for sentence in raised(path)}
    assert len(sentences) > 10
    assert {sentence for sentence in sentences if german(sentence) == sentence} == set()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("no title", "kein Titel"),
        ("more than 5,000 values", "mehr als 5.000 Werte"),
        ("not valid YAML", "kein gültiges YAML"),
        ("not valid YAML: could not find expected ':' (x)", "kein gültiges YAML: could not find expected ':' (x)"),
        ("cannot be read (Permission denied)", "lässt sich nicht lesen (Permission denied)"),
        ("unexpected KeyError while it was read", "unerwarteter Fehler beim Lesen (KeyError)"),
        ("the rest left out", "der Rest weggelassen"),
        ("what an older Heatline said", "what an older Heatline said"),
        (str(OutOfMemoryError()), "Beim Einlesen reichte der Speicher nicht; geändert wurde nichts."),
        (
            str(MassRemovalError(12_345, 20_000)),
            "12.345 von 20.000 Artikeln würden entfernt: Ist der Nachrichtenordner vollständig? Geändert wurde nichts.",
        ),
        (
            "The loader was killed by signal 9 (SIGKILL); the system may be short of memory. "
            "Nothing half done was kept.",
            "Das Einlesen wurde durch Signal 9 (SIGKILL) beendet; vielleicht ist der Arbeitsspeicher knapp. "
            "Es blieb nichts Halbfertiges zurück.",
        ),
        ("sqlite3.DatabaseError: {folder} is malformed", "sqlite3.DatabaseError: {folder} is malformed"),
    ],
)
def test_what_is_told_in_german(told: str, said: str) -> None:
    assert in_words(told) == told
    assert german(told) == said


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: a: b\n---\n",
        "---\nx: [\n---\n",
        "---\n- a\n---\n",
        "---\ntitle: &a b\n---\n",
        news(title=None),
        news(webUrl="ftp://a.example"),
        news(heat="warm", quality="99999999999", published="maybe", publishedDateTime="soon"),
        news(publishedDateTime="2031-01-01T10:00:00Z", provider="\n  name: A\n  domain: a b", topics="{a: b}"),
        news(images="\n  - url: ftp://a.example/1", related="\n  - title: x\n  - webUrl: https://a.example"),
        news(topics="[" + "a, " * 60 + "b]", type="[a]", related="5"),
        b"---\ntitle: \xff\n---\n",
        "---\ntitle: a\n",
    ],
)
def test_nothing_that_the_corpus_finds_stays_in_english(text: str | bytes) -> None:
    problems = report_of(text).problems
    assert problems
    for problem in problems:
        assert type(problem.what) is type(problem.done) is str  # it goes from process to process, and into the database
        assert german(problem.what) != problem.what
        assert german(problem.done) != problem.done


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(HeatlineError) as caught:
        parse_roots("gone", tmp_path)
    assert german(str(caught.value)) == (
        f"Den Nachrichtenordner {tmp_path / 'gone'} gibt es nicht; berichtige CORPUS_DIR oder leg ihn an."
    )


def test_a_database_that_is_none(settings: Settings) -> None:
    settings.database.write_bytes(b"no database" * 100)
    with pytest.raises(HeatlineError) as caught:
        migrate(settings.database_url)
    path = make_url(settings.database_url).database
    assert german(str(caught.value)).startswith(
        f"Die Datenbank {path} lässt sich nicht öffnen (file is not a database)"
    )


async def test_what_becomes_of_a_failed_sync(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
    ended = await sync(["sh", "-c", "echo 'no; route: to host' >&2; exit 3"], [one, other])
    assert ended is not None
    assert german(ended) == (
        f"CORPUS_SYNC ist fehlgeschlagen in {one}: sh endete mit Status 3 (no; route: to host); "
        f"{other}: sh endete mit Status 3 (no; route: to host)."
    )
    missing = await sync(["no-such-program"], [one])
    assert missing is not None
    assert re.fullmatch(r"CORPUS_SYNC .*: no-such-program ließ sich nicht starten \(.+\)\.", german(missing))
