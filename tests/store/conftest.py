"""A connection to an empty database, inside a transaction that is rolled back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from bot.settings import Settings
from bot.store.database import connect
from bot.store.migrate import migrate


@pytest.fixture
def connection(settings: Settings) -> Iterator[Connection]:
    """A connection that may write; what a test does not commit is gone after it."""
    migrate(settings.database_url)
    with connect(settings.database_url, writes=True) as made:
        yield made
