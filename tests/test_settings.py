"""The settings: what is taken from where, and what is said of a value that cannot be used."""

import os
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

import bot.settings
from bot.settings import HOME, SEEDS, Settings, SettingsError, child_environment, read_settings

CANARY = ".".join(("MTk4NjIyNDgzNDcxOTI1MjQ4", "Cl2FMQ", "ZnCjm1XVW7vRze4b7Cq4se7kKWs0"))


@pytest.fixture(autouse=True)
def checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A checkout without `.env`, and an environment without settings."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(bot.settings, "_CHECKOUT", tmp_path)
    return tmp_path


def test_without_any_the_defaults_hold() -> None:
    settings = read_settings()
    assert settings.discord_token is None
    assert settings.database == HOME / "data" / "heatline.db"
    assert Path(settings.corpus_dir) == SEEDS
    assert settings.is_sample
    assert (settings.reload_minutes, settings.push_spacing_minutes, settings.max_age_days) == (10, 20, 3)
    assert (settings.admin_ids, settings.admin_guild_id, settings.log_level) == (frozenset(), None, "INFO")


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("RELOAD_MINUTES", "soon", "a number of minutes"),
        ("RELOAD_MINUTES", "0", "more than 0"),
        ("RELOAD_MINUTES", "-1", "more than 0"),
        ("RELOAD_MINUTES", "1441", "at most 1440"),
        ("RELOAD_MINUTES", "nan", "at most 1440"),
        ("RELOAD_MINUTES", "inf", "at most 1440"),
        ("PUSH_SPACING_MINUTES", "-1", "from 0 to 1440"),
        ("MAX_AGE_DAYS", "31", "at most 30"),
        ("ADMIN_IDS", "ann", "write user ids"),
        ("ADMIN_IDS", "1,<@2>", "write user ids"),
        ("ADMIN_IDS", "[1, 2]", "write user ids"),
        ("ADMIN_IDS", "-1", "write user ids"),
        ("ADMIN_IDS", "１２", "write user ids"),
        ("ADMIN_GUILD_ID", "home", "digits alone"),
        ("ADMIN_GUILD_ID", "-5", "digits alone"),
        ("LOG_LEVEL", "loud", "write DEBUG, INFO, WARNING or ERROR"),
        ("CORPUS_SYNC", "git 'pull", "a quote in it is not closed"),
        ("CORPUS_SYNC", "'' pull", "it names no program"),
        ("DATABASE_URL", "heatline.db", "not a database URL"),
        ("DATABASE_URL", "sqlite:///heatline.db", "only sqlite+aiosqlite: databases"),
        ("DATABASE_URL", "postgresql+asyncpg://ann:geheim@db/heatline", "only sqlite+aiosqlite: databases"),
        ("DATABASE_URL", "postgresql+asyncpg://ann:geheim/x@db/heatline", "supported"),
        ("DATABASE_URL", "postgresql+asyncpg://db:geheim/heatline", "not a database URL"),
        ("DATABASE_URL", "sqlite+aiosqlite://", "must name a file"),
        ("DATABASE_URL", "sqlite+aiosqlite:///:memory:", "must name a file"),
        ("DATABASE_URL", "sqlite+aiosqlite://data/heatline.db", "three slashes"),
    ],
)
def test_a_bad_value_is_named_with_its_problem_and_an_example(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, what: str
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", CANARY)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        read_settings()
    message = str(raised.value)
    assert message.startswith(f"{name}: ")
    assert what in message
    assert f"Example: {name}=" in message
    assert "\n" not in message
    assert "geheim" not in message
    shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert CANARY not in shown


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name != "discord_token"])
def test_every_example_is_right(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    example = bot.settings._EXAMPLES[name]
    monkeypatch.setenv(name.upper(), example)
    assert getattr(read_settings(), name) not in (None, "", frozenset())


def test_a_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", CANARY)
    settings = read_settings()
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == CANARY
    for shown in (
        repr(settings),
        str(settings),
        f"{settings}",
        repr(settings.model_dump()),
        settings.model_dump_json(),
    ):
        assert CANARY not in shown


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite+aiosqlite:////var/lib/heatline.db", Path("/var/lib/heatline.db")),
        ("sqlite+aiosqlite:///heatline.db", HOME / "heatline.db"),
        ("sqlite+aiosqlite:///data/a b.db", HOME / "data" / "a b.db"),
        ("sqlite+aiosqlite:///~/heatline.db", Path("~/heatline.db").expanduser()),
    ],
)
def test_a_relative_database_does_not_move_with_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, file: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    for folder in (tmp_path, Path("/")):
        monkeypatch.chdir(folder)
        assert read_settings().database == file


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("1", {1}),
        ("1,2", {1, 2}),
        ("1, 2", {1, 2}),
        (" 1 2 ", {1, 2}),
        ("1,,2,", {1, 2}),
        ("1,1", {1}),
        (",", set()),
        ("123456789012345678", {123456789012345678}),
    ],
)
def test_admin_ids(monkeypatch: pytest.MonkeyPatch, value: str, ids: set[int]) -> None:
    monkeypatch.setenv("ADMIN_IDS", value)
    assert read_settings().admin_ids == ids


@pytest.mark.parametrize("where", ["environment", ".env"])
@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_an_empty_value_counts_as_not_set(
    monkeypatch: pytest.MonkeyPatch, checkout: Path, name: str, where: str
) -> None:
    if where == ".env":
        (checkout / ".env").write_text(f"{name.upper()}=\n")
    else:
        monkeypatch.setenv(name.upper(), "")
    assert read_settings() == Settings()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("git pull --ff-only", ("git", "pull", "--ff-only")),
        ("rsync -a 'host:my news/' .", ("rsync", "-a", "host:my news/", ".")),
        ("sync $HOME; ls", ("sync", "$HOME;", "ls")),
        ("   ", ()),
    ],
)
def test_the_words_of_a_command(monkeypatch: pytest.MonkeyPatch, written: str, words: tuple[str, ...]) -> None:
    monkeypatch.setenv("CORPUS_SYNC", written)
    assert read_settings().corpus_sync_command == words


@pytest.mark.parametrize(("written", "level"), [("debug", "DEBUG"), ("Info", "INFO"), ("ERROR", "ERROR")])
def test_log_levels_in_any_case(monkeypatch: pytest.MonkeyPatch, written: str, level: str) -> None:
    monkeypatch.setenv("LOG_LEVEL", written)
    assert read_settings().log_level == level


def test_what_is_given_wins_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, checkout: Path, tmp_path: Path
) -> None:
    (checkout / ".env").write_text("RELOAD_MINUTES=1\nMAX_AGE_DAYS=1\nCORPUS_DIR=one\n# a comment\nUNKNOWN=ignored\n")
    monkeypatch.setenv("MAX_AGE_DAYS", "2")
    monkeypatch.setenv("CORPUS_DIR", "two")
    settings = read_settings(corpus_dir="three", log_level=None)
    assert (settings.reload_minutes, settings.max_age_days, settings.corpus_dir) == (1, 2, "three")
    assert settings.log_level == "INFO"


def test_the_file_is_found_from_anywhere(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    (checkout / ".env").write_text(f"DISCORD_TOKEN={CANARY}\n")
    monkeypatch.chdir("/")
    token = read_settings().discord_token
    assert token == SecretStr(CANARY)


def test_a_file_that_is_no_text_is_said(checkout: Path) -> None:
    (checkout / ".env").write_bytes(b"LOG_LEVEL=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env is not UTF-8 text"):
        read_settings()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("LOG_LEVEL='INFO\n", 1),
        ("LOG_LEVEL=INFO\n= 5\n", 2),
        ('# a comment\n\nADMIN_IDS=1\n\nDISCORD_TOKEN "{canary}"\n', 5),
        ("LOG_LEVEL=INFO\n\nDISCORD_TOKEN\n", 3),
    ],
)
def test_a_broken_line_of_the_file_is_named_by_its_number(checkout: Path, text: str, line: int) -> None:
    (checkout / ".env").write_text(text.replace("{canary}", CANARY))
    with pytest.raises(SettingsError, match=rf"\.env, line {line}: write NAME=value") as raised:
        read_settings()
    assert CANARY not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("text", ["", "export LOG_LEVEL=INFO\n", "OTHER\n", "CORPUS_SYNC='git\npull'\n"])
def test_a_file_without_a_broken_line_is_taken(checkout: Path, text: str) -> None:
    (checkout / ".env").write_text(text)
    assert read_settings().log_level == "INFO"


@pytest.mark.parametrize(
    ("corpus", "sample"),
    [(str(SEEDS), True), (f"{SEEDS}/", True), ("seeds", True), ("seeds/../seeds", True), ("/", False), ("news", False)],
)
def test_the_sample_is_known_however_it_is_written(monkeypatch: pytest.MonkeyPatch, corpus: str, sample: bool) -> None:
    monkeypatch.setenv("CORPUS_DIR", corpus)
    assert read_settings().is_sample is sample


def test_settings_stay_as_they_are() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings().max_age_days = 1  # type: ignore[misc]  # that is the point


def test_a_child_process_gets_no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", CANARY)
    monkeypatch.setenv("CORPUS_DIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    settings = read_settings()
    environment = child_environment(settings)
    assert CANARY not in "".join(environment.values())
    assert environment["DATABASE_URL"] == settings.database_url
    assert environment["CORPUS_DIR"] == str(tmp_path)
    assert environment["PYTHONPATH"].split(os.pathsep)[1:] == ["/elsewhere"]
