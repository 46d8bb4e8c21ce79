"""Files that follow the console's database: what the worklist and the measures share.

Such a file is made anew when it is lost or of another format, and never migrated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hl7console.errors import ConsoleError
from hl7console.store.connection import Database
from hl7console.store.faults import FaultKind, QueryStoppedError, SqlError, fault_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DerivedFormat:
    """What a file is made with. One of its tables is ``meta``."""

    application_id: int
    """Marks the file as one of this program and kind."""
    tables: Mapping[str, str]
    """By name: the columns of each table."""
    indexes: tuple[str, ...]
    """Statements."""
    digest: str
    """Tells one format from another; changes with all that a file has to be made anew for."""

    def is_current(self, database: Database) -> bool:
        """Return whether a file was made with this format, and is whole enough to tell."""
        if not database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"):
            return False
        return load_meta(database, "format") == self.digest

    def create_tables(self, database: Database) -> None:
        """Create all tables in an empty file; in one transaction."""
        with database.transaction():
            for name, columns in self.tables.items():
                database.execute(f"CREATE TABLE {name} {columns}")
            for statement in self.indexes:
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {self.application_id}")
            save_meta(database, "format", self.digest)


def load_meta(database: Database, name: str) -> str:
    """Return one value of ``meta``; "" where there is none."""
    row = database.one("SELECT value FROM meta WHERE name = ?", (name,))
    return "" if row is None else str(row[0])


def save_meta(database: Database, name: str, value: str) -> None:
    """Store one value of ``meta``."""
    database.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def remove_derived(path: Path) -> None:
    """Remove a file with its log. Nobody may have it open.

    Raises:
        OSError: It cannot be removed (Windows: somebody reads it).
    """
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


class DerivedReader:
    """A read-only connection of one thread to such a file, wherever it is made anew meanwhile.

    Args:
        path: The file.
        key: Its key; None for plain SQLite (tests).
        kind: Its format.
    """

    _passing: tuple[type[Exception], ...] = (ConsoleError,)
    """Faults of opening that pass: it is just being made, or damaged and will be made again."""

    def __init__(self, path: Path, key: bytes | None, kind: DerivedFormat) -> None:
        self._path = path
        self._key = key
        self._kind = kind
        self._file: tuple[int, int] | None = None
        self._database: Database | None = None

    def interrupt(self) -> None:
        """Stop the query that is running; it raises `QueryStoppedError`. Any thread."""
        if (database := self._database) is not None:
            database.interrupt()

    def close(self) -> None:
        """Close the connection; the owner's thread, twice does no harm."""
        if self._database is not None:
            self._database.close()
        self._database = self._file = None

    def ask(self, query: Callable[[Database], T], empty: T) -> T:
        """Run a query on one state of the file; `empty` while there is none."""
        try:
            database = self._opened()
            if database is None:
                return empty
            with database.transaction(immediate=False):
                return query(database)
        except SqlError as error:
            fault = fault_of(error)
            if fault.kind is FaultKind.INTERRUPTED:
                raise QueryStoppedError from None
            self.close()
            raise fault.as_error() from None

    def _prepare(self, database: Database) -> None:
        """Give a new connection what the queries need."""

    def _opened(self) -> Database | None:
        """Return the connection; opened again where the file was made anew."""
        try:
            stat = self._path.stat()
        except OSError:
            self.close()
            return None
        file = (stat.st_dev, stat.st_ino)
        if self._database is not None and file == self._file:
            return self._database
        self.close()
        with suppress(*self._passing):
            database = Database(self._path, self._key, read_only=True)
            self._prepare(database)
            if self._kind.is_current(database):
                self._database, self._file = database, file
                return database
            database.close()
        return None
