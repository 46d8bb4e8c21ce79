"""Changing a workspace's key: every page is written again under a new one.

The new key is first laid beside the old one, and only taken for the key when the database has
it. Whatever happens in between, one of the two opens the database, and `Workspace.open` tries
both.
"""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from hl7console.errors import ConsoleError, UsageError
from hl7console.store import keys
from hl7console.store.connection import Database
from hl7console.store.derived_file import remove_derived
from hl7console.store.faults import SqlError, fault_of
from hl7console.store.keys import KeySource
from hl7console.store.measures.schema import measures_path
from hl7console.store.record import NEXT_KEY, PLACE_KEY_FILE, PLACE_KEY_STORE, Record, read_record
from hl7console.store.recovery import recovery_code
from hl7console.store.worklist.schema import worklist_path
from hl7console.store.workspace import Workspace


def rotate_key(workspace: Workspace, source: KeySource) -> str:
    """Give a workspace a new key and return the new recovery code. Blocks.

    The caller owns the workspace, and nobody has its database open. Needs as much room on the
    disk as the database has.

    Args:
        workspace: The workspace, opened with its present key.
        source: Where keys are kept; with a passphrase, its file or prompt.

    Raises:
        UsageError: The passphrase is needed and was not given.
        ConsoleError: The database failed (disk full, in use); it has its old key.
    """
    record = read_record(workspace.path)
    if record is None or workspace.key is None:
        raise UsageError(f"There is no workspace in {workspace.path}.")
    _settle(workspace, source, record, workspace.key)
    new = keys.new_key()
    if record.wrapped:
        record.next_wrapped = keys.wrap_key(new, _passphrase(source, record))
    _keep(source, record, record.workspace_id + NEXT_KEY, new)
    record.next_check = keys.key_check(new)
    record.write(workspace.path)
    database = Database(workspace.database_path, workspace.key)
    try:
        database.rekey(new)
    except SqlError as error:
        raise fault_of(error).as_error() from None
    finally:
        database.close()
    _settle(workspace, source, record, new)
    for path in (worklist_path, measures_path):
        rekey_derived(path(workspace.database_path), workspace.key, new)
    return recovery_code(new)


def rekey_derived(path: Path, old: bytes, new: bytes) -> bool:
    """Give a file that follows the workspace's database its new key; return whether it has it.

    One that cannot be given it is removed: it is made again from the messages.
    """
    if not path.exists():
        return True
    try:
        with closing(Database(path, old)) as database:
            database.rekey(new)
    except (ConsoleError, SqlError):
        # A file that nobody can open any more is noticed and replaced when it is followed again.
        with suppress(OSError):
            remove_derived(path)
        return False
    return True


def _settle(workspace: Workspace, source: KeySource, record: Record, key: bytes) -> None:
    """Make the key that opens the database the only one."""
    if not record.next_check:
        return
    if keys.is_checked(key, record.next_check):
        _keep(source, record, record.workspace_id, key)
        record.check, record.wrapped = record.next_check, record.next_wrapped
    record.next_check, record.next_wrapped = "", {}
    record.write(workspace.path)
    name = record.workspace_id + NEXT_KEY
    if record.place == PLACE_KEY_STORE:
        keys.delete_from_key_store(source, name)
    elif record.place == PLACE_KEY_FILE:
        keys.key_file_path(source, name).unlink(missing_ok=True)


def _keep(source: KeySource, record: Record, name: str, key: bytes) -> None:
    if record.place == PLACE_KEY_STORE:
        keys.store_in_key_store(source, name, key)
    elif record.place == PLACE_KEY_FILE:
        keys.write_key_file(source, name, key)


def _passphrase(source: KeySource, record: Record) -> str:
    passphrase = source.passphrase()
    if passphrase is None and source.prompt is not None:
        passphrase = source.prompt("Passphrase of the workspace: ")
    if not passphrase:
        raise UsageError(
            "The workspace's passphrase is needed.", hint="Give it with --passphrase-file."
        )
    keys.unwrap_key(record.wrapped, passphrase)
    return passphrase
