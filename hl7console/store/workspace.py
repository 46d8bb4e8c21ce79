"""A workspace: a folder with one database, the record of how its key is kept, and logs.

The record (``workspace.json``) holds no key: the place where the key is, a check text that tells
a wrong key from a damaged database, and, with a passphrase, the locked key.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import platformdirs

from hl7console.errors import (
    ConsoleError,
    DamagedDatabaseError,
    EnvironmentFaultError,
    NewerDatabaseError,
    UsageError,
    WorkspaceError,
    WrongKeyError,
)
from hl7console.store import keys
from hl7console.store.connection import Database
from hl7console.store.keys import KeySource
from hl7console.store.migrations import check_version, migrate
from hl7console.store.recovery import recovery_code

DATABASE_NAME = "console.db"
RECORD_NAME = "workspace.json"
RECORD_VERSION = 1

KIND_CONSOLE = "console"
KIND_DEMO = "demo"

PLACE_PASSPHRASE = "passphrase"  # noqa: S105
PLACE_KEY_STORE = "key_store"
PLACE_KEY_FILE = "key_file"


def default_workspace() -> Path:
    """Return the folder of the user's own workspace; ``HL7CONSOLE_WORKSPACE`` overrides it."""
    chosen = os.environ.get("HL7CONSOLE_WORKSPACE", "")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("hl7console", appauthor=False) / "workspace"


@dataclass(slots=True)
class Record:
    """What ``workspace.json`` says."""

    workspace_id: str
    kind: str
    place: str
    """Where the key is: ``passphrase``, ``key_store`` or ``key_file``."""
    check: str
    """`keys.key_check` of the key."""
    wrapped: dict[str, str | int] = field(default_factory=dict, repr=False)
    """The locked key, with a passphrase."""
    next_check: str = ""
    """While the key is being changed: the check of the key to come."""
    next_wrapped: dict[str, str | int] = field(default_factory=dict, repr=False)

    def write(self, folder: Path) -> None:
        """Replace the record of a workspace."""
        values = {
            "version": RECORD_VERSION,
            "id": self.workspace_id,
            "kind": self.kind,
            "key": {
                "place": self.place,
                "check": self.check,
                "wrapped": self.wrapped,
                "next_check": self.next_check,
                "next_wrapped": self.next_wrapped,
            },
        }
        try:
            keys.write_private(
                folder / RECORD_NAME, json.dumps(values, indent=1).encode("utf-8") + b"\n"
            )
        except OSError as error:
            raise EnvironmentFaultError(
                "The workspace folder cannot be written to.",
                hint="Check its permissions and the room on its disk.",
            ) from error


def read_record(folder: Path) -> Record | None:
    """Return the record of a workspace, or None when the folder holds none.

    Raises:
        NewerDatabaseError: A newer version of the program wrote it.
        DamagedDatabaseError: It cannot be understood.
    """
    try:
        values = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        if int(values["version"]) > RECORD_VERSION:
            raise NewerDatabaseError(
                "The workspace was made by a newer version of hl7console.",
                hint="Install the newer version, or open another workspace.",
            )
        key = values["key"]
        return Record(
            workspace_id=uuid.UUID(values["id"]).hex,
            kind=str(values["kind"]),
            place=str(key["place"]),
            check=str(key["check"]),
            wrapped=dict(key["wrapped"]),
            next_check=str(key["next_check"]),
            next_wrapped=dict(key["next_wrapped"]),
        )
    except FileNotFoundError:
        return None
    except OSError:
        raise EnvironmentFaultError("The workspace's record cannot be read.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DamagedDatabaseError(
            f"The workspace's record ({RECORD_NAME}) is damaged.",
            hint="Restore it from a backup.",
        ) from None


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
        keys.restrict_to_user(path)
    except OSError:
        raise EnvironmentFaultError(
            f"The workspace folder cannot be made: {path}.",
            hint="Choose another folder with --workspace.",
        ) from None
    key = keys.new_key()
    record = Record(uuid.uuid4().hex, kind, PLACE_KEY_STORE, keys.key_check(key))
    warning = place_key(source, record, key)
    record.write(path)
    try:
        database = Database(path / DATABASE_NAME, key)
        try:
            migrate(database)
        finally:
            database.close()
    except BaseException as error:
        for name in (DATABASE_NAME, DATABASE_NAME + "-wal", DATABASE_NAME + "-shm", RECORD_NAME):
            (path / name).unlink(missing_ok=True)
        forget_key(source, record)
        raise _plain(error) from None
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
    key = find_key(source, record)
    database_path = path / DATABASE_NAME
    if not keys.is_checked(key, record.check):
        raise WrongKeyError(
            "The key does not open the workspace.", hint="Use the workspace's recovery code."
        )
    _check_database(database_path, key)
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


def _check_database(database_path: Path, key: bytes) -> None:
    """Open the database read-only and check its version; a missing one is made anew."""
    try:
        missing = not database_path.exists() or database_path.stat().st_size == 0
        database = Database(database_path, key, read_only=not missing)
        try:
            if missing:
                migrate(database)
            else:
                check_version(database)
        finally:
            database.close()
    except WrongKeyError:
        # The record's check says that the key is right.
        raise DamagedDatabaseError(
            "The database file is damaged.",
            hint="Put the workspace folder aside and restore it from a backup.",
        ) from None


def find_key(source: KeySource, record: Record) -> bytes:
    """Return the key of an existing workspace from where its record says it is.

    Raises:
        WrongKeyError: It is not there, or the passphrase is wrong.
        UsageError: A passphrase was given, but the workspace has none.
    """
    if source.recovery_key is not None:
        return source.recovery_key
    passphrase = source.passphrase()
    if record.place == PLACE_PASSPHRASE:
        return _unlock(source, record, passphrase)
    if passphrase is not None:
        raise UsageError(
            "This workspace is not protected by a passphrase.", hint="Leave out --passphrase-file."
        )
    if record.place == PLACE_KEY_FILE:
        key = keys.read_key_file(source, record.workspace_id)
        missing = f"The key file is missing: {keys.key_file_path(source, record.workspace_id)}."
    else:
        key = keys.load_from_key_store(source, record.workspace_id)
        missing = "The system's key store holds no key for this workspace."
    if key is None:
        raise WrongKeyError(missing, hint="Use the workspace's recovery code.")
    return key


def _unlock(source: KeySource, record: Record, passphrase: str | None) -> bytes:
    if passphrase is None:
        if source.prompt is None:
            raise WrongKeyError(
                "The workspace is protected by a passphrase.",
                hint="Give it with --passphrase-file.",
            )
        passphrase = source.prompt("Passphrase of the workspace: ")
    return keys.unwrap_key(record.wrapped, passphrase)


def _plain(error: BaseException) -> BaseException:
    if isinstance(error, OSError):
        return EnvironmentFaultError("The workspace cannot be created: the disk refused it.")
    return (
        cast(BaseException, error)
        if isinstance(error, ConsoleError)
        else WorkspaceError("The workspace could not be created.")
    )
