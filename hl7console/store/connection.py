"""The one connection class of the store.

Every connection belongs to the thread that opened it. Using it from another one is our own fault
and raises at once, also where SQLite would let it pass; `Database.interrupt` is the exception.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlcipher3.dbapi2 as sqlcipher

from hl7console.store.faults import SqlError, opening_fault_of

if TYPE_CHECKING:
    import sqlite_utils

SqlValue = str | int | float | bytes | None
"""What goes into a query."""

SqlValues = Sequence[SqlValue] | Mapping[str, SqlValue]
"""Parameters of a query: by place, or by name."""

BUSY_TIMEOUT_MS = 2_000
"""How long a statement waits for a lock held by another process."""

CACHE_KIB = 64 * 1024
"""Page cache of the writer."""

READER_CACHE_KIB = 32 * 1024
"""Page cache of a reader."""

_CACHED_STATEMENTS = 256


class WrongThreadError(RuntimeError):
    """A connection was used by a thread that does not own it."""


class Database:
    """One open connection to a workspace's database.

    The opening thread owns it. Statements commit on their own unless they stand inside
    `transaction`.

    Args:
        path: The database file; created by a writing connection when it does not exist.
        key: The 32-byte data key; None opens plain SQLite.
        read_only: Open with ``mode=ro``.

    Raises:
        ConsoleError: The file cannot be opened with this key (see `faults`).
    """

    def __init__(self, path: Path, key: bytes | None, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._owner = threading.get_ident()
        uri = _uri_of(path) + ("?mode=ro" if read_only else "?mode=rwc")
        try:
            self._connection = sqlcipher.connect(
                uri,
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_CACHED_STATEMENTS,
            )
        except SqlError as error:
            raise opening_fault_of(error).as_error() from None
        try:
            self._prepare(key)
        except SqlError as error:
            self._connection.close()
            raise opening_fault_of(error).as_error() from None
        self._utils: sqlite_utils.Database | None = None

    def _prepare(self, key: bytes | None) -> None:
        run = self._connection.execute
        # SQLCipher writes to standard error otherwise.
        run("PRAGMA cipher_log = off")
        if key is not None:
            run(f"PRAGMA key = \"x'{key.hex()}'\"")
        run(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        if not self.read_only:
            # Must come before the first table.
            run("PRAGMA auto_vacuum = INCREMENTAL")
        run("SELECT count(*) FROM sqlite_schema").fetchone()
        run("PRAGMA temp_store = MEMORY")
        run("PRAGMA trusted_schema = OFF")
        if self.read_only:
            run("PRAGMA query_only = ON")
            run(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
        else:
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = FULL")
            run("PRAGMA fullfsync = ON")
            run("PRAGMA foreign_keys = ON")
            run(f"PRAGMA cache_size = -{CACHE_KIB}")

    def _check_thread(self) -> None:
        if threading.get_ident() != self._owner:
            raise WrongThreadError(
                "A database connection was used outside of the thread that opened it."
            )

    @property
    def utils(self) -> sqlite_utils.Database:
        """The same connection through ``sqlite-utils``; for schema and small tables."""
        self._check_thread()
        if self._utils is None:
            import sqlite_utils

            self._utils = sqlite_utils.Database(self._connection)
        return self._utils

    def execute(self, sql: str, values: SqlValues = ()) -> sqlcipher.Cursor:
        """Run one statement and return its cursor."""
        self._check_thread()
        return self._connection.execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for each row."""
        self._check_thread()
        self._connection.executemany(sql, rows)

    def all(self, sql: str, values: SqlValues = ()) -> list[tuple[SqlValue, ...]]:
        """Return all rows of a query."""
        self._check_thread()
        rows: list[tuple[SqlValue, ...]] = self._connection.execute(sql, values).fetchall()
        return rows

    def one(self, sql: str, values: SqlValues = ()) -> tuple[SqlValue, ...] | None:
        """Return the first row of a query, or None."""
        self._check_thread()
        cursor = self._connection.execute(sql, values)
        row: tuple[SqlValue, ...] | None = cursor.fetchone()
        # An unfinished statement would hold its state of the database, and the log with it.
        cursor.close()
        return row

    def integer(self, sql: str, values: SqlValues = ()) -> int:
        """Return the first value of a query as an integer; 0 where it is NULL or missing."""
        row = self.one(sql, values)
        return int(row[0] or 0) if row else 0

    def define(self, name: str, function: Callable[..., SqlValue]) -> None:
        """Make a pure function known to SQL."""
        self._check_thread()
        arguments = len(inspect.signature(function).parameters)
        self._connection.create_function(name, arguments, function, deterministic=True)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open: what is written now commits with it, not by itself."""
        return bool(self._connection.in_transaction)

    @contextmanager
    def transaction(self, *, immediate: bool = True) -> Iterator[None]:
        """Run the block as one transaction; nested in another one, as a part of it.

        Args:
            immediate: Take the write lock at once; False reads one consistent state.
        """
        self._check_thread()
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE" if immediate else "BEGIN")
        try:
            yield
        except BaseException:
            self.roll_back()
            raise
        try:
            self._connection.execute("COMMIT")
        except BaseException:
            self.roll_back()
            raise

    def roll_back(self) -> None:
        """Undo the open transaction, if there is one."""
        # A failed COMMIT may have rolled back by itself.
        if self._connection.in_transaction:
            with suppress(SqlError):
                self._connection.execute("ROLLBACK")

    def rekey(self, key: bytes) -> None:
        """Write every page again under another key, in one transaction."""
        self._check_thread()
        self._connection.execute(f"PRAGMA rekey = \"x'{key.hex()}'\"").close()
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def interrupt(self) -> None:
        """Stop the statement that is running. Any thread; after `close` it does nothing."""
        with suppress(SqlError):
            self._connection.interrupt()

    def close(self) -> None:
        """Close it; the owner only. Safe to call twice."""
        self._check_thread()
        self._utils = None
        self._connection.close()


def _uri_of(path: Path) -> str:
    """Return the file's URI as SQLite reads it: a share's server is part of the path."""
    uri = path.absolute().as_uri()
    return uri if uri.startswith("file:///") else "file:////" + uri.removeprefix("file://")
