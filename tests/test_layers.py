"""The shape of the program: what the docstring of `bot` draws is what the imports do."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot

PACKAGE = Path(bot.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in MODULES]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}

DISCORD = {"commands", "cards", "delivery", "app", "preview"}
CLOCK = {"cli", "app", "preview", "loading", "delivery", "commands"}
STATEMENTS = re.compile(
    r"\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s.+\sSET|DELETE\s+FROM|PRAGMA)\s", re.S
)
MOST_LINES = 400


def layers() -> dict[str, int]:
    """Return each layer of the diagram with its line, the highest first."""
    assert bot.__doc__ is not None
    rows = re.findall(r"^ {4}(\w+(?:, \w+)*) {2,}\S", bot.__doc__, re.MULTILINE)
    return {name: row for row, names in enumerate(rows) for name in names.split(", ")}


def layer_of(path: Path) -> str:
    """Return the layer that a module of the package belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every import of a module, wherever it stands: its line, and what it names in full."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            if node.level:
                parts = ("bot", *path.relative_to(PACKAGE).parent.parts)
                package = ".".join(filter(None, (*parts[: len(parts) + 1 - node.level], package)))
            yield from ((node.lineno, f"{package}.{alias.name}") for alias in node.names)


def offences(modules: list[Path], wrong: re.Pattern[str]) -> list[str]:
    """Return the imports of these modules that match, as `file:line name`."""
    return [
        f"{path.relative_to(PACKAGE)}:{line} {name}"
        for path in modules
        for line, name in imported(path)
        if wrong.match(name)
    ]


def called(node: ast.AST) -> str:
    """Return the dotted name that a call calls, or nothing."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def test_the_diagram_names_every_module_once() -> None:
    there = {layer_of(path) for path in MODULES} - {"__init__"}
    assert there == set(layers())


def test_imports_point_downward() -> None:
    rows = layers()
    wrong = []
    for path in MODULES:
        own = rows.get(layer_of(path), len(rows))  # `bot` itself lies below everything
        for line, name in imported(path):
            package, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if package == "bot" and rows.get(other, len(rows)) < own:
                wrong.append(f"{path.relative_to(PACKAGE)}:{line} imports {name}")
    assert wrong == []


def test_discord_is_imported_only_where_it_is_spoken() -> None:
    assert offences([path for path in MODULES if layer_of(path) not in DISCORD], re.compile(r"discord\b")) == []


def test_simcord_is_imported_only_by_the_preview() -> None:
    assert offences([path for path in MODULES if layer_of(path) != "preview"], re.compile(r"simcord\b")) == []


def test_sqlalchemy_speaks_only_in_the_store() -> None:
    # Elsewhere only the type of a connection, its errors, and the shape of DATABASE_URL.
    library = re.compile(r"sqlalchemy(?!\.(Connection$|exc\.\w+$|engine\.make_url$))|alembic\b|sqlite3\b|aiosqlite\b")
    assert offences([path for path in MODULES if layer_of(path) != "store"], library) == []


def test_sql_is_only_in_the_store() -> None:
    speaks = re.compile(
        r"(sa\.|sqlalchemy\.)?(text|select|insert|update|delete)|.+\.(execute|executemany|exec_driver_sql)"
    )
    found: dict[bool, list[str]] = {True: [], False: []}
    for path in MODULES:
        for node in ast.walk(TREES[path]):
            written = isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENTS.match(node.value)
            if written or speaks.fullmatch(called(node)):
                found[layer_of(path) == "store"].append(f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)}")
    assert found[False] == []
    assert found[True] != []


def test_the_clock_is_read_only_where_time_comes_in() -> None:
    clock = re.compile(r"(\w+\.)*(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns)|(\w+\.)*utcnow")
    wrong = [
        f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 0)} {called(node)}"
        for path in MODULES
        if layer_of(path) not in CLOCK
        for node in ast.walk(TREES[path])
        if clock.fullmatch(called(node))
    ]
    assert wrong == []


def test_nothing_reads_the_clock_by_a_name_of_its_own() -> None:
    assert offences(MODULES, re.compile(r"time\.(time|time_ns)$|discord\.utils\.utcnow$")) == []


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert (ast.get_docstring(TREES[path]) or "").strip()


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_is_not_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("word", ["utils", "util", "helpers", "helper", "common", "manager", "base", "misc"])
def test_a_module_is_named_for_what_it_holds(word: str) -> None:
    assert [name for name in NAMES if word in Path(name).with_suffix("").parts] == []


def test_importing_builds_nothing() -> None:
    """At module level nothing is read from the environment or a file, and nothing is connected."""
    eager = re.compile(
        r"(\w+\.)*(getenv|environ\.get|read_text|read_bytes|open|create_engine|create_async_engine|Settings)"
    )
    wrong = []
    for path in MODULES:
        for statement in TREES[path].body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If):
                continue
            wrong += [
                f"{path.relative_to(PACKAGE)}:{node.lineno} {called(node)}"
                for node in ast.walk(statement)
                if isinstance(node, ast.Call) and eager.fullmatch(called(node))
            ]
    assert wrong == []
