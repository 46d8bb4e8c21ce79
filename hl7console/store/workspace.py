"""A workspace: a folder with one database and the record of how its key is kept."""

from __future__ import annotations

import os
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from hl7console.errors import (
    DamagedDatabaseError,
    EnvironmentFaultError,
    UsageError,
    WrongKeyError,
)
from hl7console.store import keys
from hl7console.store.connection import Database
from hl7console.store.faults import SqlError, fault_of
from hl7console.store.keys import KeySource
from hl7console.store.migrations import check_version, migrate
from hl7console.store.record import (
    KIND_CONSOLE,
    KIND_DEMO,
    NEXT_KEY,
    PLACE_KEY_FILE,
    PLACE_KEY_STORE,
    PLACE_PASSPHRASE,
    RECORD_NAME,
    Record,
    read_record,
)
from hl7console.store.recovery import recovery_code

DATABASE_NAME = "console.db"

_OWN_NAMES = frozenset({DATABASE_NAME, RECORD_NAME, "owner.lock"})
"""What a folder may hold and still be the workspace's alone, before the workspace is made."""

__all__ = [
    "DATABASE_NAME",
    "KIND_CONSOLE",
    "KIND_DEMO",
    "RECORD_NAME",
    "Workspace",
    "default_workspace",
    "read_record",
]


def default_workspace() -> Path:
    """Return the folder of the user's own workspace; ``HL7CONSOLE_WORKSPACE`` overrides it."""
    chosen = os.environ.get("HL7CONSOLE_WORKSPACE", "")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("hl7console", appauthor=False) / "workspace"


@dataclass(frozen=True, slots=True)
class Workspace:
    """An opened workspace: its paths and its key."""

    path: Path
    database_path: Path
    key: bytes | None = field(repr=False)
    created: bool
    recovery_code: str = field(default="", repr=False)
    """To be shown once, when the workspace was created."""
    warning: str = ""
    """What the user should know about how the key is kept; empty when all is well."""
    kind: str = KIND_CONSOLE
    key_place: str = PLACE_KEY_STORE

    @property
    def is_demo(self) -> bool:
        """Whether it holds sample traffic only."""
        return self.kind == KIND_DEMO

    @classmethod
    def open(
        cls,
        path: Path,
        key_source: KeySource | None = None,
        *,
        create: bool = True,
        kind: str = KIND_CONSOLE,
    ) -> Workspace:
        """Open a workspace, or create it, and check its key, database and schema.

        Not for the Qt thread: the key store may take seconds.

        Args:
            path: The folder.
            key_source: Where to look for the key; the default asks the system's key store.
            create: Make a new one where there is none.
            kind: What a new one is. Opening an existing one of another kind is refused.

        Raises:
            UsageError: There is none, or it is of another kind.
            WrongKeyError: The key is wrong or was not found.
            NewerDatabaseError: A newer version of the program made it.
            DamagedDatabaseError: Its record or database is damaged.
            EnvironmentFaultError: The disk is full or the folder cannot be used.
        """
        source = key_source or KeySource()
        record = read_record(path)
        if record is None:
            if (path / DATABASE_NAME).exists():
                raise DamagedDatabaseError(
                    f"The workspace has a database, but no record of its key ({RECORD_NAME}).",
                    hint="Restore the record from a backup.",
                )
            if not create:
                raise UsageError(f"There is no workspace in {path}.")
            return _create(path, source, kind)
        if record.kind != kind:
            raise UsageError(
                "This workspace holds sample traffic."
                if record.kind == KIND_DEMO
                else "This workspace holds real messages; sample traffic needs one of its own."
            )
        return _open(path, source, record)


def _create(path: Path, source: KeySource, kind: str) -> Workspace:
    try:
        path.mkdir(parents=True, exist_ok=True)
        if all(entry.name in _OWN_NAMES for entry in path.iterdir()):
            # Not a folder that holds other things: others may have a right to those.
            keys.restrict_to_user(path)
    except OSError:
        raise EnvironmentFaultError(
            f"The workspace folder cannot be made: {path}.",
            hint="Choose another folder with --workspace.",
        ) from None
    key = keys.new_key()
    record = Record(uuid.uuid4().hex, kind, PLACE_KEY_STORE, keys.key_check(key))
    warning = place_key(source, record, key)
    try:
        record.write(path)
        _make_database(path / DATABASE_NAME, key)
        record.is_complete = True
        record.write(path)
    except BaseException:
        for name in (DATABASE_NAME, DATABASE_NAME + "-wal", DATABASE_NAME + "-shm", RECORD_NAME):
            (path / name).unlink(missing_ok=True)
        forget_key(source, record)
        raise
    return Workspace(
        path=path,
        database_path=path / DATABASE_NAME,
        key=key,
        created=True,
        recovery_code=recovery_code(key),
        warning=warning,
        kind=kind,
        key_place=record.place,
    )


def place_key(source: KeySource, record: Record, key: bytes) -> str:
    """Keep a new key where the order of places says; returns a warning or "".

    Sets the record's place and, with a passphrase, its locked key.
    """
    passphrase = source.passphrase()
    if passphrase is None and source.use_key_store:
        try:
            keys.store_in_key_store(source, record.workspace_id, key)
        except keys.KeyStoreUnavailableError:
            pass
        else:
            record.place = PLACE_KEY_STORE
            return ""
    if passphrase is None and source.prompt is not None:
        passphrase = source.prompt("New passphrase for the workspace (empty: use a key file): ")
    if passphrase:
        record.place = PLACE_PASSPHRASE
        record.wrapped = keys.wrap_key(key, passphrase)
        return ""
    record.place = PLACE_KEY_FILE
    file = keys.write_key_file(source, record.workspace_id, key)
    return key_file_warning(file)


def key_file_warning(file: Path) -> str:
    """Return the sentence that a user of a key file should read."""
    return (
        f"The database's key lies in a file: {file}. Whoever can read that file can read the"
        " messages. Use --passphrase-file or the system's key store to protect it."
    )


def forget_key(source: KeySource, record: Record) -> None:
    """Remove the key of a workspace that is given up, from wherever it is kept."""
    if record.place == PLACE_KEY_STORE:
        keys.delete_from_key_store(source, record.workspace_id)
    elif record.place == PLACE_KEY_FILE:
        keys.key_file_path(source, record.workspace_id).unlink(missing_ok=True)


def _open(path: Path, source: KeySource, record: Record) -> Workspace:
    database_path = path / DATABASE_NAME
    key = _right_key(database_path, source, record)
    _check_database(database_path, key, record)
    warning = ""
    if record.place == PLACE_KEY_FILE:
        warning = key_file_warning(keys.key_file_path(source, record.workspace_id))
    return Workspace(
        path=path,
        database_path=database_path,
        key=key,
        created=False,
        warning=warning,
        kind=record.kind,
        key_place=record.place,
    )


def _right_key(database_path: Path, source: KeySource, record: Record) -> bytes:
    """Return the key that opens the database.

    While the key is being changed, or after a change that was cut off, there are two.
    """
    found = [
        key
        for key in find_keys(source, record)
        if keys.is_checked(key, record.check) or keys.is_checked(key, record.next_check)
    ]
    if not found:
        raise WrongKeyError(
            "The key does not open the workspace.", hint="Use the workspace's recovery code."
        )
    if record.next_check:
        found = [key for key in found if opens(database_path, key)] or found
    return found[0]


def opens(database_path: Path, key: bytes) -> bool:
    """Return whether a key opens a database."""
    try:
        Database(database_path, key, read_only=True).close()
    except WrongKeyError:
        return False
    return True


def _make_database(database_path: Path, key: bytes) -> None:
    try:
        with closing(Database(database_path, key)) as database:
            migrate(database)
    except (SqlError, OSError) as error:
        raise fault_of(error).as_error() from None


def _check_database(database_path: Path, key: bytes, record: Record) -> None:
    """Open the database read-only and check its version.

    One that is missing because the workspace was not made to the end is made now.
    """
    if not database_path.exists():
        if record.is_complete:
            raise DamagedDatabaseError(
                f"The workspace's database ({DATABASE_NAME}) is missing.",
                hint="Restore it from a backup.",
            )
        _make_database(database_path, key)
        return
    try:
        with closing(Database(database_path, key, read_only=True)) as database:
            version = check_version(database)
    except WrongKeyError:
        # The record's check says that the key is right.
        raise DamagedDatabaseError(
            "The database file is damaged.",
            hint="Put the workspace folder aside and restore it from a backup.",
        ) from None
    except SqlError as error:
        raise fault_of(error).as_error() from None
    if not version and record.is_complete:
        raise DamagedDatabaseError(
            f"The workspace's database ({DATABASE_NAME}) is empty.",
            hint="Restore it from a backup.",
        )


def find_keys(source: KeySource, record: Record) -> list[bytes]:
    """Return the keys of an existing workspace from where its record says they are.

    Raises:
        WrongKeyError: There is none, or the passphrase is wrong.
        UsageError: A passphrase was given, but the workspace has none.
    """
    if source.recovery_key is not None:
        return [source.recovery_key]
    passphrase = source.passphrase()
    if record.place == PLACE_PASSPHRASE:
        return _unlock(source, record, passphrase)
    if passphrase is not None:
        raise UsageError(
            "This workspace is not protected by a passphrase.", hint="Leave out --passphrase-file."
        )
    names = [record.workspace_id]
    if record.next_check:
        names.append(record.workspace_id + NEXT_KEY)
    if record.place == PLACE_KEY_FILE:
        found = [keys.read_key_file(source, name) for name in names]
        missing = f"The key file is missing: {keys.key_file_path(source, names[0])}."
    else:
        found = [keys.load_from_key_store(source, name) for name in names]
        missing = "The system's key store holds no key for this workspace."
    present = [key for key in found if key is not None]
    if not present:
        raise WrongKeyError(missing, hint="Use the workspace's recovery code.")
    return present


def _unlock(source: KeySource, record: Record, passphrase: str | None) -> list[bytes]:
    if passphrase is None:
        if source.prompt is None:
            raise WrongKeyError(
                "The workspace is protected by a passphrase.",
                hint="Give it with --passphrase-file.",
            )
        passphrase = source.prompt("Passphrase of the workspace: ")
    found = [keys.unwrap_key(record.wrapped, passphrase)]
    if record.next_wrapped:
        found.append(keys.unwrap_key(record.next_wrapped, passphrase))
    return found
