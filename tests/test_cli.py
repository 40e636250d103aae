"""The program from the shell, as an operator uses it: real processes, far from the checkout."""

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from bot import __version__
from tests.corpus.news import CIPHERTEXT, news

CHECKOUT = Path(__file__).parents[1]
SEEDS = CHECKOUT / "seeds"
COMMANDS = ("run", "preview", "load", "check", "export")

ARTICLE_KEYS = [
    "id",
    "title",
    "excerpt",
    "url",
    "topics",
    "provider",
    "provider_domain",
    "type",
    "heat",
    "quality",
    "published",
    "published_at",
    "image",
    "coverage",
]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, object]]:
        """Its output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Shell = Callable[..., Ended]


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, without the `.env` and the data that a developer may have in theirs."""
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copytree(CHECKOUT / "bot", copy / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SEEDS, copy / "seeds")
    shutil.copy(CHECKOUT / "pyproject.toml", copy)
    return copy


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the program keeps its database."""
    return tmp_path / "state" / "heatline.db"


@pytest.fixture
def shell(tmp_path: Path, checkout: Path, database: Path) -> Shell:
    """Run `python -m bot` in a folder of its own, with a clean environment and a database of its own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def run(*arguments: str, **settings: str) -> Ended:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(checkout),
            "PYTHONWARNINGS": "error,ignore::DeprecationWarning",  # discord.py's imports
            "DATABASE_URL": f"sqlite+aiosqlite:///{database}",
            **settings,
        }
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A news folder with a file of every kind."""
    folder = tmp_path / "news"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "good.md").write_text(news(title='"Second"', heat="-1", quality=None, published="false"))
    (folder / "a good one.txt").write_text(news(images='\n  - url: "https://example.com/i.jpg"'))
    (folder / "b" / "mended.md").write_text(news(title='"Third"', heat='"warm"', publishedDateTime=None))
    (folder / "bad.md").write_text(news(webUrl=None))
    (folder / "broken.md").write_text("---\ntitle: [\n---\n")
    (folder / "plain.md").write_text("# Just a page\n")
    (folder / "recipe.md").write_text(news(category="recipes"))
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.md").write_text(news())
    return folder


def test_help_names_every_command(shell: Shell) -> None:
    ended = shell("--help")
    assert (ended.status, ended.err) == (0, "")
    for command in COMMANDS:
        assert re.search(rf"^ +{command} +\w", ended.out, re.MULTILINE)
    assert "==SUPPRESS==" not in ended.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(shell: Shell, command: str) -> None:
    ended = shell(command, "--help")
    assert (ended.status, ended.err) == (0, "")
    assert f"heatline {command}" in ended.out


def test_the_version(shell: Shell) -> None:
    assert shell("--version") == Ended(0, f"Heatline {__version__}\n", "")


def one_line(ended: Ended) -> str:
    """Return the one line that the program said on standard error, and nothing else."""
    assert ended.out == ""
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    return ended.err.rstrip("\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "COMMAND"),
        (["frobnicate"], "frobnicate"),
        (["check", "--frobnicate"], "--frobnicate"),
        (["check", "one", "two"], "two"),
        (["preview", "--port", "many"], "a port is a number from 0 to 65535"),
        (["preview", "--port", "99999"], "a port is a number from 0 to 65535"),
        (["load", "--corpus"], "--corpus"),
        (["load", "--watch", "--allow-mass-removal"], "--allow-mass-removal"),
    ],
)
def test_a_wrong_command_is_one_line_and_status_2(shell: Shell, arguments: list[str], said: str) -> None:
    ended = shell(*arguments)
    assert said in one_line(ended)
    assert ended.status == 2


@pytest.mark.parametrize("token", ["", "  "])
def test_run_needs_a_token(shell: Shell, database: Path, token: str) -> None:
    ended = shell("run", DISCORD_TOKEN=token)
    assert ended.status == 2
    assert one_line(ended) == (
        "heatline: DISCORD_TOKEN: it is not set. Get one at https://discord.com/developers/applications, "
        "or run `python -m bot preview`."
    )
    assert not database.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_setting_is_one_line_and_status_2(shell: Shell, command: str) -> None:
    token = ".".join(("MTk4NjIyNDgzNDcxOTI1MjQ4", "Cl2FMQ", "ZnCjm1XVW7vRze4b7Cq4se7kKWs"))
    ended = shell(command, RELOAD_MINUTES="soon", DISCORD_TOKEN=token)
    assert one_line(ended).startswith("heatline: RELOAD_MINUTES: ")
    assert one_line(ended).endswith("Example: RELOAD_MINUTES=10")
    assert ended.status == 2
    assert token not in ended.err


def test_run_needs_its_news_folder(shell: Shell, tmp_path: Path) -> None:
    ended = shell("run", DISCORD_TOKEN="x", CORPUS_DIR=str(tmp_path / "missing"))
    assert ended.status == 2
    assert one_line(ended).startswith("heatline: CORPUS_DIR: ")


def test_a_second_run_names_the_first(shell: Shell, database: Path) -> None:
    database.parent.mkdir()
    lock = Path(f"{database}.lock")
    with FileLock(lock):
        lock.write_text("4711\n")
        ended = shell("run", DISCORD_TOKEN="x")
    assert ended.status == 1
    assert one_line(ended) == (f"heatline: Heatline is already running with {database} (process 4711). Stop it first.")
    assert not database.exists()


def test_a_database_that_cannot_be_made_is_one_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = shell("run", DISCORD_TOKEN="x", DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path}/file/heatline.db")
    assert ended.status == 1
    assert "set DATABASE_URL" in one_line(ended)


@pytest.mark.parametrize("command", ["run", "load", "export"])
def test_a_database_that_is_none_is_one_line(shell: Shell, database: Path, command: str) -> None:
    database.parent.mkdir()
    database.write_text("not a database at all")
    ended = shell(command, DISCORD_TOKEN="x", CORPUS_DIR=str(SEEDS))
    assert ended.status == 1
    assert one_line(ended).startswith(f"heatline: The database {database} cannot be opened (")
    assert database.read_text() == "not a database at all"


# --- check ---------------------------------------------------------------------------------------------------


def test_check_reports_every_file(shell: Shell, corpus: Path, database: Path) -> None:
    ended = shell("check", str(corpus), "--json")
    assert (ended.status, ended.err) == (1, "")
    assert [(line["file"], line["status"]) for line in ended.lines] == [
        ("a good one.txt", "load"),
        ("b/good.md", "load"),
        ("b/mended.md", "load"),
        ("bad.md", "reject"),
        ("broken.md", "reject"),
        ("plain.md", "skip"),
        ("recipe.md", "skip"),
    ]
    for line in ended.lines:
        more = {"load": [*ARTICLE_KEYS, "problems"], "reject": ["error"], "skip": []}[str(line["status"])]
        assert list(line) == ["file", "status", *more]
    assert not database.exists()


def test_check_says_what_a_load_would_make_of_a_file(shell: Shell, corpus: Path) -> None:
    first, second, third, *_ = shell("check", str(corpus), "--json").lines
    assert first == {
        "file": "a good one.txt",
        "status": "load",
        "id": "a good one",
        "title": "A title",
        "excerpt": "An excerpt.",
        "url": "https://example.com/a",
        "topics": ["AI"],
        "provider": "Example News",
        "provider_domain": "example.com",
        "type": "article",
        "heat": 89,
        "quality": 69,
        "published": True,
        "published_at": "2026-02-01T10:00:00Z",
        "image": "https://example.com/i.jpg",
        "coverage": 0,
        "problems": [],
    }
    assert (second["heat"], second["quality"], second["published"], second["image"]) == (-1, None, False, None)
    assert (third["heat"], third["published_at"]) == (None, None)
    (problem,) = third["problems"] if isinstance(third["problems"], list) else []
    assert list(problem) == ["line", "field", "what", "done"]
    assert problem["field"] == "heat"
    assert "warm" not in json.dumps(problem)


def test_check_for_people(shell: Shell, corpus: Path) -> None:
    ended = shell("check", str(corpus))
    assert (ended.status, ended.err) == (1, "")
    lines = ended.out.splitlines()
    assert lines[0] == "3 problems:"
    assert lines[lines.index("      1  webUrl: no usable web address; file not taken") + 1] == "         bad.md"
    assert lines[-1] == "3 articles, 2 files skipped, 2 rejected."


def test_check_of_a_folder_without_faults_is_0(shell: Shell, corpus: Path) -> None:
    ended = shell("check", str(corpus / "b"), "--json")
    assert ended.status == 0
    assert [line["id"] for line in ended.lines] == ["good", "mended"]


def test_check_of_the_bundled_news(shell: Shell) -> None:
    ended = shell("check", "--json")
    assert (ended.status, ended.err) == (0, "")
    assert [(line["status"], line["provider"], line["problems"]) for line in ended.lines] == [
        ("load", "NBC News", []),
        ("load", "SiliconANGLE", []),
    ]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_check_of_no_folder_is_one_line(shell: Shell, tmp_path: Path, form: list[str]) -> None:
    ended = shell("check", "missing", *form)
    assert ended.status == 2
    assert str(tmp_path / "elsewhere" / "missing") in one_line(ended)


# --- load and export -----------------------------------------------------------------------------------------


def test_load_tells_progress_and_report(shell: Shell, corpus: Path, database: Path) -> None:
    ended = shell("load", "--corpus", str(corpus), "--json")
    assert (ended.status, ended.err) == (0, "")
    *progress, report = ended.lines
    assert progress[-1] == {"event": "progress", "done": 7, "total": 7}
    assert report["event"] == "report"
    counts = {name: report[name] for name in ("number", "added", "updated", "unchanged", "skipped", "rejected")}
    assert counts == {"number": 1, "added": 3, "updated": 0, "unchanged": 0, "skipped": 2, "rejected": 2}
    assert (report["articles"], report["problem_count"]) == (2, 3)
    assert database.exists()


def test_loading_again_changes_nothing(shell: Shell, corpus: Path) -> None:
    shell("load", "--corpus", str(corpus))
    report = shell("load", "--corpus", str(corpus), "--json").lines[-1]
    assert (report["number"], report["added"], report["updated"], report["unchanged"]) == (None, 0, 0, 3)


def test_load_for_people(shell: Shell, corpus: Path) -> None:
    ended = shell("load", "--corpus", str(corpus))
    assert (ended.status, ended.err) == (0, "")
    first, second, third, *problems = ended.out.splitlines()
    assert first == "3 added, 0 updated, 0 hidden, 0 gone, 0 unchanged; 2 files skipped, 2 rejected."
    assert second.startswith("2 articles can be read.")
    assert third == "2 articles were taken in quietly: a new folder is not pushed."
    assert problems[0] == "3 problems:"
    assert [line.strip() for line in problems if line.endswith(".md") or ".md:" in line] == [
        "broken.md:3",
        "b/mended.md:8",
        "bad.md",
    ]


def test_every_problem_is_shown_not_only_the_first(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.md").write_text(news(title=None))
    lines = shell("load", "--corpus", str(folder)).out.splitlines()
    assert lines[2:] == [
        "40 problems:",
        "     40  title: no title; file not taken",
        "         00.md",
        "         01.md",
        "         02.md",
        "         and 37 more",
    ]


def test_a_mass_removal_is_refused_until_it_is_allowed(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.md").write_text(news())
    shell("load", "--corpus", str(folder))
    for number in range(30):
        (folder / f"{number}.md").unlink()
    sentence = "30 of 60 articles would be removed: is the news folder complete? Nothing was changed."
    refused = shell("load", "--corpus", str(folder))
    assert refused.status == 1
    assert one_line(refused) == (
        f"heatline: {sentence} To remove them all the same, run `heatline load --allow-mass-removal`."
    )
    told = shell("load", "--corpus", str(folder), "--json")
    assert told.status == 1
    assert told.lines[-1] == {"event": "mass_removal", "message": sentence, "gone": 30, "held": 60}
    allowed = shell("load", "--corpus", str(folder), "--json", "--allow-mass-removal").lines[-1]
    assert (allowed["event"], allowed["gone"], allowed["articles"]) == ("report", 30, 30)


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_load_watches_until_it_is_stopped(
    tmp_path: Path, checkout: Path, database: Path, corpus: Path, form: list[str], end: signal.Signals
) -> None:
    environment = {"PATH": os.defpath, "PYTHONPATH": str(checkout), "DATABASE_URL": f"sqlite+aiosqlite:///{database}"}
    command = [sys.executable, "-m", "bot", "load", "--watch", "--corpus", str(corpus), *form]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        first = next(child.stdout)
        assert ("3 added" in first) or json.loads(first)["added"] == 3
        (corpus / "new.md").write_text(news())
        assert any("1 added" in line or '"added": 1' in line for line in child.stdout)
        child.send_signal(end)
        child.stdout.read()
        complaint = child.stderr.read()
    assert child.returncode == 0
    assert "Traceback" not in complaint


def test_a_terminal_sees_how_far_it_is(checkout: Path, database: Path, corpus: Path) -> None:
    environment = {"PATH": os.defpath, "PYTHONPATH": str(checkout), "DATABASE_URL": f"sqlite+aiosqlite:///{database}"}
    command = [sys.executable, "-m", "bot", "load", "--corpus", str(corpus)]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, env=environment | {"TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as child:
        os.close(theirs)
        assert child.stdout is not None
        said = child.stdout.read()
        shown = b""
        with suppress(OSError):  # how Linux says that the other side is closed
            while piece := os.read(ours, 4096):
                shown += piece
    os.close(ours)
    assert child.returncode == 0
    assert said.startswith("3 added")
    assert b"7/7" in shown


def test_a_folder_given_is_relative_to_the_working_directory(shell: Shell, corpus: Path) -> None:
    assert shell("load", "--corpus", "../news", "--json").lines[-1]["added"] == 3


def test_load_of_no_folder_is_one_line(shell: Shell, tmp_path: Path) -> None:
    for arguments, named in ((("load", "--corpus"), "--corpus"), (("check",), "check")):
        ended = shell(*arguments, "missing")
        assert ended.status == 2
        assert f"{named}: {tmp_path / 'elsewhere' / 'missing'} is not a folder" in one_line(ended)


def test_a_loader_that_fails_tells_its_parent(shell: Shell) -> None:
    ended = shell("load", "--json", CORPUS_DIR="missing")
    assert ended.status == 1
    assert ended.lines[-1]["event"] == "error"
    assert str(ended.lines[-1]["message"]) in ended.err


def test_export_prints_what_check_did(shell: Shell, corpus: Path) -> None:
    checked = {line["id"]: line for line in shell("check", str(corpus), "--json").lines if line["status"] == "load"}
    shell("load", "--corpus", str(corpus))
    exported = shell("export", "--json")
    assert (exported.status, exported.err) == (0, "")
    assert [line["id"] for line in exported.lines] == sorted(str(key) for key in checked)
    for line in exported.lines:
        assert list(line) == ARTICLE_KEYS
        assert line == {name: checked[line["id"]][name] for name in ARTICLE_KEYS}


def test_export_for_people(shell: Shell, corpus: Path) -> None:
    shell("load", "--corpus", str(corpus))
    ended = shell("export")
    assert ended.out.splitlines() == [
        "  89  A title · Example News  (a good one)",
        "  -1  Second · Example News  (b/good)",
        "   -  Third · Example News  (b/mended)",
    ]


def test_export_without_a_database_is_one_line(shell: Shell, database: Path) -> None:
    ended = shell("export")
    assert ended.status == 1
    assert str(database) in one_line(ended)
    assert not database.exists()


# --- what must never be seen ---------------------------------------------------------------------------------


def test_ciphertext_is_nowhere(shell: Shell, corpus: Path, database: Path) -> None:
    secured = CIPHERTEXT.encode()
    for seed in SEEDS.iterdir():
        found = re.search(rb'^secured: "([^"]+)"', seed.read_bytes(), re.MULTILINE)
        assert found is not None
        secured += b"\n" + found[1]
    runs = {secured[place : place + 24] for place in range(len(secured) - 23)}
    roots = os.pathsep.join((str(SEEDS), f"more={corpus}"))
    said = ""
    for arguments in (["check"], ["check", "--json"], ["load"], ["load", "--json"], ["export"], ["export", "--json"]):
        ended = shell(*arguments, CORPUS_DIR=roots, LOG_LEVEL="DEBUG")
        said += ended.out + ended.err
    kept = b"".join(file.read_bytes() for file in database.parent.iterdir())
    assert b"Clearview" in kept
    seen = said.encode() + b"\n" + kept
    assert [run for run in runs if run in seen] == []
