"""Opens the console of a workspace: owns it, or attaches to the program that does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from hl7console.engine.attached import AttachedConsole
from hl7console.engine.owner import OwnerLock, owner_pid
from hl7console.engine.supervisor import Engine
from hl7console.engine.worklist_service import FollowMode
from hl7console.errors import UsageError, WorkspaceInUseError
from hl7console.settings import (
    ListenerSettings,
    MetricsEndpointSettings,
    WorklistServiceSettings,
)
from hl7console.store.keys import KeySource
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.reader import StoreReader
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.workspace import KIND_CONSOLE, Workspace, read_record

log = logging.getLogger(__name__)

ATTACH_TIMEOUT_S = 10.0
"""Longest that an owner may take from its lock to its first answer, in seconds."""

_TRY_EVERY_S = 0.1


def open_console(
    path: Path,
    key_source: KeySource | None = None,
    *,
    listeners: Sequence[ListenerSettings] | None = None,
    ephemeral: bool = False,
    create: bool = True,
    kind: str = KIND_CONSOLE,
    may_attach: bool = True,
    worklist: str = FollowMode.PROCESS,
    dicom: WorklistServiceSettings | None = None,
    metrics_endpoint: MetricsEndpointSettings | None = None,
    measures: bool = True,
) -> Engine | AttachedConsole:
    """Return a running console for a workspace; `stop` ends it, or detaches from the owner.

    Waits for the key store, the database and the owner: not for the GUI thread.

    Args:
        path: The workspace's folder.
        key_source: Where to look for the key.
        listeners: Listeners to run in place of the stored ones; only an owner can.
        ephemeral: Changes of interfaces are for this run only.
        create: Make the workspace when there is none.
        kind: ``console`` or ``demo``.
        may_attach: Whether attaching to an owner will do.
        worklist: Where an owner's worklist rules run: ``process``, ``thread`` or ``off``.
        dicom: The DICOM service to run in place of the stored one; only an owner can.
        metrics_endpoint: The same for the metrics endpoint.
        measures: Whether an owner measures what comes and goes.

    Raises:
        WorkspaceInUseError: Another program owns it, and attaching won't do or doesn't work.
        ConsoleError: The workspace cannot be opened (wrong key, newer, damaged, disk full).
    """
    if not create and read_record(path) is None:
        raise UsageError(f"There is no workspace in {path}.")
    deadline_s = time.monotonic() + ATTACH_TIMEOUT_S
    while True:
        lock = OwnerLock.acquire(path)
        if lock is not None:
            workspace = _open_owned(path, key_source, lock, create=create, kind=kind)
            engine = Engine(
                workspace,
                listeners=listeners,
                ephemeral=ephemeral,
                lock=lock,
                worklist=worklist,
                dicom=dicom,
                metrics_endpoint=metrics_endpoint,
                measures=measures,
            )
            return _started(engine, lock)
        if not may_attach or listeners is not None:
            raise WorkspaceInUseError(
                f"Another console (process {owner_pid(path)}) uses this workspace.",
                hint="End it, or choose another workspace with --workspace.",
            )
        try:
            return _attach(path, key_source, kind)
        except WorkspaceInUseError:
            if time.monotonic() > deadline_s:
                raise
        # The owner is starting up, or ending: look again until it is one or the other.
        threading.Event().wait(_TRY_EVERY_S)


def _open_owned(
    path: Path, key_source: KeySource | None, lock: OwnerLock, *, create: bool, kind: str
) -> Workspace:
    try:
        return Workspace.open(path, key_source, create=create, kind=kind)
    except BaseException:
        lock.release()
        raise


def _started(engine: Engine, lock: OwnerLock) -> Engine:
    try:
        engine.start()
    except BaseException:
        lock.release()
        raise
    return engine


def _attach(path: Path, key_source: KeySource | None, kind: str) -> AttachedConsole:
    opened: list[Workspace] = []

    def open_reader() -> StoreReader:
        return StoreReader(opened[0].database_path, opened[0].key)

    def open_worklist() -> WorklistReader:
        return WorklistReader(opened[0].database_path, opened[0].key)

    def open_measures() -> MeasureReader:
        return MeasureReader(opened[0].database_path, opened[0].key)

    console = AttachedConsole(path, open_reader, open_worklist, open_measures)
    try:
        opened.append(Workspace.open(path, key_source, create=False, kind=kind))
    except BaseException:
        console.stop()
        raise
    log.info("Attached to the owner of the workspace (process %d)", owner_pid(path))
    return console
