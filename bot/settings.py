"""The settings: the environment and `.env`, read once by `cli`."""

import os
import shlex
from pathlib import Path
from typing import Annotated, Literal

from dotenv.parser import parse_stream
from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.models import HeatlineError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent if (_PACKAGE.parent / "pyproject.toml").is_file() else None

HOME = _CHECKOUT or user_data_path("heatline", appauthor=False)
"""Where relative paths, `.env` and the default database belong: the checkout, or the user's data folder."""

SEEDS = _CHECKOUT / "seeds" if _CHECKOUT else _PACKAGE / "_seeds"
"""The bundled corpus."""

_EXAMPLES = {
    "database_url": "sqlite+aiosqlite:////var/lib/heatline/heatline.db",
    "corpus_dir": "/srv/news",
    "corpus_sync": "git pull --ff-only",
    "reload_minutes": "10",
    "push_spacing_minutes": "20",
    "max_age_days": "3",
    "admin_ids": "123456789012345678,234567890123456789",
    "admin_guild_id": "123456789012345678",
    "log_level": "INFO",
}

# What a value must be, where pydantic found that it is not; the validators below speak for themselves.
_WANTED = {
    "reload_minutes": "write a number of minutes, more than 0 and at most 1440",
    "push_spacing_minutes": "write a number of minutes from 0 to 1440; 0 is for none",
    "max_age_days": "write a number of days, more than 0 and at most 30",
    "admin_guild_id": "write the id of one server, digits alone",
    "log_level": "write DEBUG, INFO, WARNING or ERROR",
}


class SettingsError(HeatlineError):
    """A setting that cannot be used; the message names it, its problem and an example."""


class Settings(BaseSettings):
    """Every setting of the program. The descriptions are the lines of `.env.example`."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True, populate_by_name=True
    )

    discord_token: SecretStr | None = Field(
        None, description="The bot's token, from https://discord.com/developers/applications"
    )
    database_url: str = Field(
        f"sqlite+aiosqlite:///{HOME / 'data' / 'heatline.db'}", description="Where everything is kept: one SQLite file"
    )
    corpus_dir: str = Field(
        str(SEEDS), description="The news folder; more than one as [label=]path, separated like PATH"
    )
    corpus_sync: str | None = Field(
        None, description="A command run in the news folder before each timed reading, such as git pull --ff-only"
    )
    reload_minutes: float = Field(10, gt=0, le=1440, description="Minutes between two readings of the news folder")
    push_spacing_minutes: float = Field(
        20, ge=0, le=1440, description="Least minutes between two pushes to a channel; 0 for none"
    )
    max_age_days: float = Field(3, gt=0, le=30, description="Days after which a story is too old to be pushed")
    admin_ids: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(), description="Who may use /admin besides the app's owner and team: user ids, separated by commas"
    )
    admin_guild_id: int | None = Field(
        None, gt=0, description="The one server where /admin exists; without it, everywhere for administrators"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged: DEBUG, INFO, WARNING or ERROR"
    )

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ids = value.replace(",", " ").split()
        if not all(text.isascii() and text.isdigit() for text in ids):
            raise ValueError("write user ids, digits alone, with commas between them")
        return frozenset(map(int, ids))

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("corpus_sync")
    @classmethod
    def _command(cls, value: str | None) -> str | None:
        try:
            words = shlex.split(value or "")
        except ValueError:
            raise ValueError("a quote in it is not closed") from None
        if words and not words[0]:
            raise ValueError("it names no program")
        return value if words else None

    @field_validator("database_url")
    @classmethod
    def _sqlite(cls, value: str) -> str:
        try:
            url = make_url(value)
        except (ArgumentError, ValueError):  # the latter of a port that is no number, and it quotes the URL
            raise ValueError("not a database URL") from None
        if url.drivername != "sqlite+aiosqlite":
            raise ValueError("only sqlite+aiosqlite: databases are supported")
        if url.host or url.username or url.port:
            raise ValueError("three slashes stand before a path, and four before one that begins at the root")
        if not url.database or url.database == ":memory:":
            raise ValueError("it must name a file, so that nothing is lost at a restart")
        path = Path(url.database).expanduser()
        return str(url.set(database=str(path if path.is_absolute() else HOME / path)))

    @property
    def database(self) -> Path:
        """The database file."""
        return Path(make_url(self.database_url).database or "")

    @property
    def corpus_sync_command(self) -> tuple[str, ...]:
        """The words of CORPUS_SYNC, the program first; none where it is not set."""
        return tuple(shlex.split(self.corpus_sync or ""))

    @property
    def is_sample(self) -> bool:
        """Whether the corpus is the bundled one."""
        return (HOME / Path(self.corpus_dir).expanduser()).resolve() == SEEDS.resolve()


def read_settings(**overrides: object) -> Settings:
    """Return the settings: what is given here, then the environment, then `.env`, then the defaults.

    `.env` lies in the checkout, or in the working directory where Heatline is installed. Raises `SettingsError`.
    """
    env_file = (_CHECKOUT or Path.cwd()) / ".env"
    given = {name: value for name, value in overrides.items() if value is not None}
    for name, field in Settings.model_fields.items():
        if os.environ.get(name.upper()) == "":  # empty in the environment means unset, whatever `.env` says
            given.setdefault(name, field.default)
    try:
        _check_lines(env_file)
        return Settings(_env_file=env_file, **given)  # type: ignore[arg-type]  # pydantic-settings' own keyword
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        said = first["msg"].removeprefix("Value error, ")
        what = said if first["type"] == "value_error" else _WANTED.get(name, said)
        example = f" Example: {name.upper()}={_EXAMPLES[name]}" if name in _EXAMPLES else ""
        raise SettingsError(f"{name.upper()}: {what}.{example}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{env_file} is not UTF-8 text: save it as UTF-8.") from None


def _check_lines(env_file: Path) -> None:
    """Raise `SettingsError` for the first line of `.env` that sets nothing; it is named by its number, never quoted."""
    if not env_file.is_file():
        return
    with env_file.open(encoding="utf-8") as lines:
        for binding in parse_stream(lines):
            known = (binding.key or "").lower() in Settings.model_fields
            if binding.error or (known and binding.value is None):
                written = binding.original.string  # with the blank lines before it
                number = binding.original.line + written[: len(written) - len(written.lstrip())].count("\n")
                raise SettingsError(
                    f"{env_file}, line {number}: write NAME=value, with every quote closed. Example: LOG_LEVEL=INFO"
                )


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the environment for a child process that loads the same corpus into the same database.

    The token is not passed on; a child that finds one in `.env` has no use for it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "DISCORD_TOKEN"}
    path = os.pathsep.join(filter(None, (str(_PACKAGE.parent), environment.get("PYTHONPATH"))))
    return environment | {
        "PYTHONPATH": path,
        "DATABASE_URL": settings.database_url,
        "CORPUS_DIR": settings.corpus_dir,
        "LOG_LEVEL": settings.log_level,
    }
