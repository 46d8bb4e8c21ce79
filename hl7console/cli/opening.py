"""Opens workspaces for commands: to own them, to work through their owner, or to read them."""

from __future__ import annotations

import dataclasses
import getpass
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hl7console.cli import output
from hl7console.cli.options import Place
from hl7console.errors import ConsoleError
from hl7console.store.connection import Database
from hl7console.store.faults import SqlError, fault_of
from hl7console.store.interfaces import load_listeners, load_retention
from hl7console.store.keys import KeySource
from hl7console.store.reader import StoreReader
from hl7console.store.workspace import (
    KIND_CONSOLE,
    KIND_DEMO,
    Workspace,
    default_workspace,
    read_record,
)

if TYPE_CHECKING:
    # Loaded where an engine is wanted: reading a workspace needs none, and is quicker without.
    from hl7console.engine.attached import AttachedConsole
    from hl7console.engine.console import Console
    from hl7console.engine.owner import OwnerLock
    from hl7console.engine.supervisor import Engine
    from hl7console.settings import (
        ListenerSettings,
        MetricsEndpointSettings,
        RetentionSettings,
        WorklistServiceSettings,
    )
    from hl7console.store.writer import StoreWriter

T = TypeVar("T")

DEMO_FOLDER = "demo"
"""Name of the demo's workspace, beside the user's own."""


@dataclass(frozen=True, slots=True)
class ForWindow:
    """A console for the window, and what has to be shown of a workspace just made for it."""

    console: Engine | AttachedConsole
    recovery_code: str = field(default="", repr=False)
    """Empty unless the workspace was made just now."""
    key_warning: str = ""
    """Empty unless the key of a workspace just made lies in a plain file."""


def workspace_path(place: Place) -> Path:
    """Return the folder that a command works on."""
    return (place.workspace or default_workspace()).expanduser().absolute()


def demo_path(place: Place) -> Path:
    """Return the folder of the demo's workspace."""
    if place.workspace is not None:
        return place.workspace.expanduser().absolute()
    return default_workspace().expanduser().absolute().with_name(DEMO_FOLDER)


def key_source(place: Place, *, kind: str = KIND_CONSOLE) -> KeySource:
    """Return how the key of a workspace is found.

    Sample traffic needs no protection that would make the demo ask or wait for a key store.
    """
    if kind == KIND_DEMO:
        return KeySource(passphrase_file=place.passphrase_file, use_key_store=False)
    return KeySource(passphrase_file=place.passphrase_file, prompt=_ask if has_terminal() else None)


@contextmanager
def own(
    place: Place,
    *,
    listeners: Sequence[ListenerSettings] | None = None,
    dicom: WorklistServiceSettings | None = None,
    metrics_endpoint: MetricsEndpointSettings | None = None,
) -> Iterator[Console]:
    """Own the workspace with a running engine, and stop it at the end.

    Args:
        place: The workspace; made when there is none.
        listeners: Listeners to run in place of the stored ones.
        dicom: The DICOM service to run in place of the stored one.
        metrics_endpoint: The same for the metrics endpoint.

    Raises:
        WorkspaceInUseError: Another engine owns it.
    """
    from hl7console.engine.open_console import open_console

    path = workspace_path(place)
    console = open_console(
        path,
        _source_of(path, place, KIND_CONSOLE),
        listeners=listeners,
        ephemeral=listeners is not None,
        may_attach=False,
        dicom=dicom,
        metrics_endpoint=metrics_endpoint,
    )
    with _stopping(console):
        yield console


@contextmanager
def open_for_window(place: Place) -> Iterator[ForWindow]:
    """Work through the workspace's owner, or own it with its listeners when nobody does."""
    from hl7console.engine.open_console import open_console

    path = workspace_path(place)
    kind = kind_of(path)
    made = _make_missing(path, place, kind)
    console = open_console(path, _source_after(made, place, kind), kind=kind)
    with _stopping(console):
        if made is None or made.is_demo:
            yield ForWindow(console)
        else:
            yield ForWindow(console, made.recovery_code, made.warning)


@contextmanager
def open_for_work(place: Place) -> Iterator[Engine | AttachedConsole]:
    """Work through the workspace's owner, or own it without opening a port when nobody does.

    A command that takes a second must not let senders connect, and cut them off at its end. Nor
    does it send what waits in delivery queues.
    """
    from hl7console.engine.open_console import open_console
    from hl7console.engine.owner import OwnerLock

    path = workspace_path(place)
    kind = kind_of(path)
    source = _source_of(path, place, kind)
    lock = OwnerLock.acquire(path)
    console: Engine | AttachedConsole
    if lock is None:
        console = open_console(path, source, kind=kind)
    else:
        console = _own_quietly(path, source, kind, lock)
    with _stopping(console):
        yield console


@contextmanager
def own_store(place: Place) -> Iterator[tuple[Path, StoreWriter] | None]:
    """Own the workspace's store without an engine; None when somebody owns the workspace.

    For changes of settings, which an engine would put in force at once. Makes the workspace when
    there is none.
    """
    from hl7console.engine.owner import OwnerLock
    from hl7console.store.writer import StoreWriter

    path = workspace_path(place)
    kind = kind_of(path)
    source = _source_of(path, place, kind)
    lock = OwnerLock.acquire(path)
    if lock is None:
        yield None
        return
    try:
        workspace = Workspace.open(path, source, create=False, kind=kind)
        writer = StoreWriter(workspace.database_path, workspace.key)
        writer.start()
        try:
            yield path, writer
        finally:
            writer.stop()
    finally:
        lock.release()


def _own_quietly(path: Path, source: KeySource, kind: str, lock: OwnerLock) -> Engine:
    from hl7console.engine.supervisor import Engine

    try:
        workspace = Workspace.open(path, source, create=False, kind=kind)
        stored = _read(workspace, load_listeners)
        silent = [dataclasses.replace(listener, enabled=False) for listener in stored]
        engine = Engine(
            workspace,
            listeners=silent,
            ephemeral=True,
            lock=lock,
            worklist="off",
            drains=False,  # what waits is not to be sent by surprise, for a second
            measures=False,
        )
        engine.start()
    except BaseException:
        lock.release()
        raise
    return engine


@contextmanager
def _stopping(console: Engine | AttachedConsole) -> Iterator[None]:
    try:
        yield
    finally:
        if console.stop() is False:
            output.remark("Some parts did not end in time; nothing acknowledged is lost.")


def _source_of(path: Path, place: Place, kind: str) -> KeySource:
    """Return how the key is found; makes and tells of the workspace when there is none."""
    return _source_after(_make_missing(path, place, kind), place, kind)


def _source_after(made: Workspace | None, place: Place, kind: str) -> KeySource:
    """Return how the key is found; that of a workspace just made is not asked for twice."""
    return key_source(place, kind=kind) if made is None else KeySource(recovery_key=made.key)


def _make_missing(path: Path, place: Place, kind: str) -> Workspace | None:
    """Make the workspace when there is none, and tell of it; None when there is one."""
    from hl7console.engine.owner import OwnerLock

    if read_record(path) is not None:
        return None
    lock = OwnerLock.acquire(path)
    if lock is None:  # another program is just making it
        return None
    try:
        workspace = Workspace.open(path, key_source(place, kind=kind), kind=kind)
    finally:
        lock.release()
    tell_about(workspace)
    return workspace if workspace.created else None


@contextmanager
def open_to_read(place: Place) -> Iterator[StoreReader]:
    """Read the workspace's database, whoever owns it.

    Raises:
        ConsoleError: There is no workspace yet.
    """
    workspace = open_existing(place)
    with closing(StoreReader(workspace.database_path, workspace.key)) as reader:
        yield reader


def open_existing(place: Place) -> Workspace:
    """Open a workspace that is there, without owning it.

    Raises:
        ConsoleError: There is none yet.
    """
    path = workspace_path(place)
    if read_record(path) is None:
        raise no_workspace(path)
    kind = kind_of(path)
    return Workspace.open(path, key_source(place, kind=kind), create=False, kind=kind)


def read_retention(place: Place) -> RetentionSettings:
    """Return the rules for how long messages stay."""
    return _read(open_existing(place), load_retention)


def _read(workspace: Workspace, load: Callable[[Database], T]) -> T:
    """Return what is stored, read beside whoever owns the workspace."""
    try:
        with closing(Database(workspace.database_path, workspace.key, read_only=True)) as database:
            return load(database)
    except SqlError as error:
        raise fault_of(error).as_error() from None


@contextmanager
def join_demo(path: Path, source: KeySource) -> Iterator[Engine | AttachedConsole]:
    """Work through the demo that runs already."""
    from hl7console.engine.open_console import open_console

    console = open_console(path, source, kind=KIND_DEMO, create=False)
    with _stopping(console):
        yield console


def no_workspace(path: Path) -> ConsoleError:
    """Return the error for a folder without a workspace."""
    return ConsoleError(
        f"There is no workspace in {path} yet.",
        hint="Try “hl7console demo”, or receive with “hl7console listen --port 2575”.",
    )


def kind_of(path: Path) -> str:
    """Return what a workspace holds; a new one is for real messages."""
    record = read_record(path)
    return record.kind if record is not None else KIND_CONSOLE


def tell_about(workspace: Workspace) -> None:
    """Show what has to be known about a new workspace: where it is, and its recovery code."""
    if workspace.is_demo or not workspace.created:
        return
    output.remark(f"Made a workspace in {workspace.path}; its database is encrypted.")
    if workspace.warning:
        output.remark(workspace.warning)
    output.remark(
        "Print this recovery code and keep it safe; without key and code the messages are lost:\n"
        f"  {workspace.recovery_code}"
    )


def has_terminal() -> bool:
    """Return whether somebody can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _ask(question: str) -> str:
    """Ask for a passphrase; Ctrl+C gives up, whatever else it does in this command."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return getpass.getpass(question, sys.stderr)
    finally:
        signal.signal(signal.SIGINT, former)
