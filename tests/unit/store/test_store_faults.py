from __future__ import annotations

import errno

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from hl7console.errors import (
    DamagedDatabaseError,
    EnvironmentFaultError,
    WorkspaceError,
    WrongKeyError,
)
from hl7console.store.faults import FaultKind, fault_of, opening_fault_of


def raised(text: str, code: int | None = None) -> Exception:
    error = sqlcipher.OperationalError(text)
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "kind", "shown"),
    [
        (raised("x", 13), FaultKind.FULL, EnvironmentFaultError),
        (raised("database or disk is full"), FaultKind.FULL, EnvironmentFaultError),
        (raised("x", 5), FaultKind.LOCKED, EnvironmentFaultError),
        (raised("x", 517), FaultKind.LOCKED, EnvironmentFaultError),
        (raised("x", 6), FaultKind.LOCKED, EnvironmentFaultError),
        (raised("x", 8), FaultKind.READ_ONLY, EnvironmentFaultError),
        (raised("x", 11), FaultKind.DAMAGED, DamagedDatabaseError),
        (raised("x", 26), FaultKind.DAMAGED, DamagedDatabaseError),
        (raised("x", 266), FaultKind.INPUT_OUTPUT, EnvironmentFaultError),
        (raised("x", 14), FaultKind.INPUT_OUTPUT, EnvironmentFaultError),
        (raised("interrupted", 9), FaultKind.INTERRUPTED, EnvironmentFaultError),
        (raised("x", 18), FaultKind.TOO_BIG, WorkspaceError),
        (raised("UNIQUE failed: PATIENT", 19), FaultKind.OTHER, WorkspaceError),
        (OSError(errno.ENOSPC, "x"), FaultKind.FULL, EnvironmentFaultError),
        (OSError(errno.EIO, "x"), FaultKind.INPUT_OUTPUT, EnvironmentFaultError),
    ],
)
def test_what_errors_mean(error, kind, shown):
    fault = fault_of(error)
    assert fault.kind is kind
    assert type(fault.as_error()) is shown
    assert "PATIENT" not in fault.text
    assert fault.is_locked == (kind is FaultKind.LOCKED)


def test_an_unreadable_first_page_is_a_wrong_key_only_while_opening():
    error = raised("file is not a database", 26)
    assert type(opening_fault_of(error).as_error()) is WrongKeyError
    assert type(fault_of(error).as_error()) is DamagedDatabaseError
    assert opening_fault_of(raised("x", 13)).kind is FaultKind.FULL
