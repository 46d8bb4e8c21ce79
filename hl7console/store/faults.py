"""What the database's errors mean to a user.

Texts name the condition, never a value: an SQLite message may quote a column's content.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import sqlcipher3.dbapi2 as sqlcipher

from hl7console.errors import (
    ConsoleError,
    DamagedDatabaseError,
    EnvironmentFaultError,
    WorkspaceError,
    WrongKeyError,
)

_log = logging.getLogger(__name__)

SqlError: type[Exception] = sqlcipher.Error
"""Base of every error of the database engine; it is not `sqlite3.Error`."""


class QueryStoppedError(ConsoleError):
    """A query was stopped by `StoreReader.interrupt`."""

    def __init__(self) -> None:
        super().__init__("The query was stopped.")


class FaultKind(StrEnum):
    """Conditions that call for different answers."""

    FULL = "full"
    LOCKED = "locked"
    READ_ONLY = "read_only"
    NOT_A_DATABASE = "not_a_database"
    """The key is wrong, or the first page is damaged: the engine cannot tell which."""
    DAMAGED = "damaged"
    INPUT_OUTPUT = "input_output"
    INTERRUPTED = "interrupted"
    TOO_BIG = "too_big"
    OURS = "ours"
    """A fault of the program."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure of the database, told without any content."""

    kind: FaultKind
    text: str
    hint: str = ""

    @property
    def is_locked(self) -> bool:
        """Whether somebody else held the database (ERR-3 206 rather than 207)."""
        return self.kind is FaultKind.LOCKED

    @property
    def is_ours(self) -> bool:
        """Whether the values could not be written as they are."""
        return self.kind is FaultKind.OURS

    @property
    def spoils_connection(self) -> bool:
        """Whether the connection should be opened again before the next try."""
        return self.kind in (FaultKind.DAMAGED, FaultKind.INPUT_OUTPUT, FaultKind.NOT_A_DATABASE)

    def as_error(self) -> ConsoleError:
        """Return the error to raise for it."""
        return _ERRORS.get(self.kind, EnvironmentFaultError)(self.text, hint=self.hint)


_ERRORS: dict[FaultKind, type[ConsoleError]] = {
    FaultKind.NOT_A_DATABASE: WrongKeyError,
    FaultKind.DAMAGED: DamagedDatabaseError,
    FaultKind.INPUT_OUTPUT: EnvironmentFaultError,
    FaultKind.OTHER: WorkspaceError,
    FaultKind.TOO_BIG: WorkspaceError,
}

_FAULTS: dict[int, Fault] = {
    13: Fault(FaultKind.FULL, "The disk is full.", "Free some space on the workspace's disk."),
    5: Fault(
        FaultKind.LOCKED,
        "The database is locked by another program.",
        "Close the other program that has the database open.",
    ),
    6: Fault(FaultKind.LOCKED, "The database is locked by another program."),
    8: Fault(
        FaultKind.READ_ONLY,
        "The database may not be written to.",
        "Check the permissions of the workspace folder.",
    ),
    11: Fault(
        FaultKind.DAMAGED,
        "The database file is damaged.",
        "Put the workspace folder aside and restore it from a backup.",
    ),
    10: Fault(
        FaultKind.INPUT_OUTPUT,
        "The disk failed while the database was used.",
        "Check the workspace's disk.",
    ),
    14: Fault(
        FaultKind.INPUT_OUTPUT,
        "The database file cannot be opened.",
        "Check that the workspace folder exists and may be used.",
    ),
    9: Fault(FaultKind.INTERRUPTED, "The query was stopped."),
    18: Fault(FaultKind.TOO_BIG, "The message is too large for the database."),
    7: Fault(FaultKind.INPUT_OUTPUT, "There is not enough memory for the database."),
}

_FAULTS[26] = _FAULTS[11]

_WRONG_KEY = Fault(
    FaultKind.NOT_A_DATABASE,
    "The key does not open the database.",
    "Use the workspace's own key, or its recovery code.",
)

_CODES_BY_TEXT = {
    "database or disk is full": 13,
    "database is locked": 5,
    "file is not a database": 26,
    "database disk image is malformed": 11,
    "interrupted": 9,
}


@contextmanager
def as_console_errors() -> Iterator[None]:
    """Raise what a query raises as an error that a user may see. Any thread.

    Raises:
        QueryStoppedError: The reader was interrupted.
        ConsoleError: The database cannot be read.
    """
    try:
        yield
    except SqlError as error:
        fault = fault_of(error)
        if fault.kind is FaultKind.INTERRUPTED:
            raise QueryStoppedError from None
        raise fault.as_error() from None


def opening_fault_of(error: BaseException) -> Fault:
    """Return what an error means while a database is being opened. Any thread."""
    return _WRONG_KEY if _code_of(error) == 26 else fault_of(error)


def _code_of(error: BaseException) -> int:
    code = getattr(error, "sqlite_errorcode", None)
    return _CODES_BY_TEXT.get(str(error), 0) if code is None else int(code) & 0xFF


def fault_of(error: BaseException) -> Fault:
    """Return what a database error means. Any thread.

    Args:
        error: An error of the engine, or an `OSError` of the file system.
    """
    if isinstance(error, OSError):
        full = error.errno in (28, 122)
        return _FAULTS[13] if full else _FAULTS[10]
    found = _FAULTS.get(_code_of(error))
    if found is not None:
        return found
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return Fault(FaultKind.OTHER, f"The database refused the work ({name}).")


def any_fault_of(error: Exception) -> Fault:
    """Return any failure as one that can be told. Any thread.

    The text of an error of our own making may hold content; only its type goes into the log.
    """
    if isinstance(error, ConsoleError):
        return Fault(FaultKind.OTHER, error.text, error.hint)
    if isinstance(error, SqlError | OSError):
        return fault_of(error)
    _log.error("Writing failed (%s).", type(error).__name__)
    return Fault(FaultKind.OURS, "The program failed to write this.")
