"""A mark beside the database that a backup does not hold: by it, a database that was put back is known."""

import contextlib
import logging
from pathlib import Path

from sqlalchemy.engine import make_url

_log = logging.getLogger(__name__)


class Mark:
    """The number of claims that were made, in a file beside the database. It is never ahead of what was committed."""

    def __init__(self, database_url: str) -> None:
        database = Path(make_url(database_url).database or "")
        self._path = database.with_name(database.name + ".mark")

    def read(self) -> int:
        """Return the number; 0 where there is none to be read."""
        with contextlib.suppress(OSError, ValueError):
            return int(self._path.read_text("ascii"))
        return 0

    def write(self, claims: int) -> None:
        """Keep the number. Where that fails sending goes on: it is missed only if a backup is put back."""
        beside = self._path.with_name(self._path.name + ".new")
        try:
            beside.write_text(str(claims), "ascii")
            beside.replace(self._path)
        except OSError as error:
            _log.debug("%s cannot be written (%s).", self._path.name, error.strerror)
