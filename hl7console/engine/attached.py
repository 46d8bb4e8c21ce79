"""The console of a program that works beside the owner of a workspace.

Reads the database itself, and hands everything else to the owner over the local socket or pipe.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import fields, is_dataclass, replace
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import cast

from hl7console.engine.console import (
    Command,
    EngineSnapshot,
    ImportCodes,
    ImportCrossref,
    ImportFiles,
    JobReport,
    LinkState,
    Progress,
    SendFiles,
)
from hl7console.engine.events import InterfaceEvent
from hl7console.engine.handover_wire import (
    PAUSE,
    Answer,
    Fault,
    HandoverAddress,
    HandoverError,
    Request,
    prove_as_client,
    receive,
    send,
)
from hl7console.errors import WorkspaceInUseError
from hl7console.settings import DestinationSettings, ListenerSettings, RouteSettings
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.reader import StoreReader
from hl7console.store.worklist.reader import WorklistReader

ANSWER_TIMEOUT_S = 5.0
"""Longest that the owner may take to answer a question, in seconds."""

SNAPSHOT_TIMEOUT_S = 2.0
"""The same for a snapshot, which a window asks for ten times a second."""

RETRY_AFTER_S = 5.0
"""How long an owner that doesn't answer is left alone, in seconds."""

_GONE = "The program that owned this workspace has ended."
_GONE_HINT = "Start the console again to take the workspace over."
_SILENT_HINT = "Wait a little; if that doesn't help, end it, and start the console again."
_UNDONE_HINT = "What was done is kept. Start the console again, look there, and do the rest."


def connect_to_owner(workspace: Path) -> Connection:
    """Return a connection to the owner of a workspace, with both sides proved.

    Raises:
        WorkspaceInUseError: Nobody can be reached.
    """
    address = HandoverAddress.load(workspace)
    if address is None:
        raise WorkspaceInUseError(_GONE, hint=_GONE_HINT)
    try:
        connection = Client(address.address, address.family)
    except OSError as fault:
        raise WorkspaceInUseError(_GONE, hint=_GONE_HINT) from fault
    try:
        prove_as_client(connection, address.key)
    except (HandoverError, EOFError, OSError) as fault:
        connection.close()
        raise WorkspaceInUseError(
            f"The owner of the workspace (process {address.pid}) does not answer.",
            hint=_SILENT_HINT,
        ) from fault
    return connection


class AttachedConsole:
    """The owner's console, from another process. Satisfies `console.Console`. Any thread.

    Args:
        workspace: The folder.
        open_reader: Opens a read-only connection to the database.
        open_worklist: The same for the worklist.
        open_measures: The same for the measures.

    Raises:
        WorkspaceInUseError: The owner cannot be reached.
    """

    def __init__(
        self,
        workspace: Path,
        open_reader: Callable[[], StoreReader],
        open_worklist: Callable[[], WorklistReader],
        open_measures: Callable[[], MeasureReader],
    ) -> None:
        self.workspace = workspace
        self._open_reader = open_reader
        self._open_worklist = open_worklist
        self._open_measures = open_measures
        self._lock = threading.Lock()
        self._connection: Connection | None = connect_to_owner(workspace)
        self._left_alone_until_s = 0.0
        self._last = EngineSnapshot()

    def snapshot(self) -> EngineSnapshot:
        """Return counters and lights; the last ones, not running, when the owner has gone."""
        try:
            self._last = cast("EngineSnapshot", self._ask("snapshot", timeout_s=SNAPSHOT_TIMEOUT_S))
        except WorkspaceInUseError as error:
            # Its ports went with it: a green light would say that messages are still taken.
            stopped = tuple(
                replace(status, state=LinkState.STOPPED, connections=0)
                for status in self._last.interfaces
            )
            return replace(
                self._last,
                running=False,
                problem=error.full_text,
                received_per_s=0.0,
                interfaces=stopped,
            )
        return self._last

    def listeners(self) -> tuple[ListenerSettings, ...]:
        """Return the listeners' settings."""
        return cast("tuple[ListenerSettings, ...]", self._ask("listeners"))

    def destinations(self) -> tuple[DestinationSettings, ...]:
        """Return the destinations' settings."""
        return cast("tuple[DestinationSettings, ...]", self._ask("destinations"))

    def routes(self) -> tuple[RouteSettings, ...]:
        """Return the routes' settings."""
        return cast("tuple[RouteSettings, ...]", self._ask("routes"))

    def events(self, name: str) -> tuple[InterfaceEvent, ...]:
        """Return what happened on an interface, oldest first."""
        return cast("tuple[InterfaceEvent, ...]", self._ask("events", name))

    def bring_up_window(self) -> bool:
        """Ask the owner to bring its window to the front; return whether it has one."""
        return bool(self._ask("bring_up_window"))

    def submit(self, command: Command) -> AttachedJob:
        """Hand a command to the owner.

        Raises:
            ConsoleError: It refuses.
            WorkspaceInUseError: It cannot be reached.
        """
        connection = connect_to_owner(self.workspace)
        try:
            _exchange(connection, Request("submit", _with_whole_paths(command)))
        except BaseException:
            connection.close()
            raise
        return AttachedJob(connection)

    def open_worklist(self) -> WorklistReader:
        """Return a read-only connection to the worklist for the calling thread."""
        return self._open_worklist()

    def open_measures(self) -> MeasureReader:
        """Return a read-only connection to the measures for the calling thread."""
        return self._open_measures()

    def open_reader(self) -> StoreReader:
        """Return a read-only connection of its own for the calling thread."""
        return self._open_reader()

    def stop(self, timeout_s: float = 5.0) -> None:  # noqa: ARG002
        """Detach; the owner goes on."""
        with self._lock:
            self._drop()

    def _ask(
        self, method: str, value: object = None, *, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> object:
        with self._lock:
            if self._connection is None:
                if time.monotonic() < self._left_alone_until_s:
                    raise WorkspaceInUseError(_GONE, hint=_GONE_HINT)
                self._left_alone_until_s = time.monotonic() + RETRY_AFTER_S
                self._connection = connect_to_owner(self.workspace)
            try:
                return _exchange(self._connection, Request(method, value), timeout_s)
            except WorkspaceInUseError:
                self._drop()
                self._left_alone_until_s = time.monotonic() + RETRY_AFTER_S
                raise

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _exchange(
    connection: Connection, request: Request, timeout_s: float = ANSWER_TIMEOUT_S
) -> object:
    try:
        send(connection, request)
        if not connection.poll(timeout_s):
            raise WorkspaceInUseError(
                "The owner of the workspace does not answer.", hint=_SILENT_HINT
            )
        answer = receive(connection)
    except (EOFError, OSError, HandoverError) as fault:
        raise WorkspaceInUseError(_GONE, hint=_GONE_HINT) from fault
    if isinstance(answer, Fault):
        raise answer.to_error()
    return answer.value if isinstance(answer, Answer) else None


class AttachedJob:
    """A job that the owner does. Satisfies `console.Job`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._send_lock = threading.Lock()
        self._progress = Progress()
        self._future: Future[JobReport] = Future()
        self._thread = threading.Thread(target=self._follow, name="attached-job")
        self._thread.start()

    def _follow(self) -> None:
        try:
            while not self._future.done():
                self._take(receive(self._connection))
        except (EOFError, OSError, HandoverError):
            self._future.set_exception(
                WorkspaceInUseError(
                    "The program that did the work has ended before its end.", hint=_UNDONE_HINT
                )
            )
        finally:
            with self._send_lock:
                self._connection.close()

    def _take(self, told: object) -> None:
        if isinstance(told, Progress):
            self._progress = told
        elif isinstance(told, Fault):
            self._future.set_exception(told.to_error())
        elif isinstance(told, Answer) and isinstance(told.value, JobReport):
            self._future.set_result(told.value)

    def progress(self) -> Progress:
        """Return how far it is."""
        return self._progress

    def done(self) -> bool:
        """Return whether it has ended, well or not."""
        return self._future.done()

    def cancel(self) -> None:
        """Ask the owner to stop it after the message in hand."""
        self._say(Request("cancel"))

    def set_paused(self, is_paused: bool) -> None:
        """Ask the owner to let it wait before the next message, or go on."""
        self._say(Request(PAUSE, is_paused))

    def _say(self, request: Request) -> None:
        with self._send_lock, contextlib.suppress(OSError):
            if not self._connection.closed:
                send(self._connection, request)

    def result(self, timeout_s: float | None = None) -> JobReport:
        """Wait for the end and return the report.

        Raises:
            ConsoleError: It could not be done.
            TimeoutError: It has not ended within `timeout_s` seconds.
        """
        return self._future.result(timeout_s)


def _with_whole_paths(command: Command) -> Command:
    """Return the command with paths that mean the same in the owner's folder."""
    if isinstance(command, ImportFiles | SendFiles):
        command = replace(command, paths=tuple(Path(p).absolute() for p in command.paths))
    if isinstance(command, ImportCodes | ImportCrossref):
        command = replace(command, path=command.path.absolute())
    for part in fields(command):
        value = getattr(command, part.name)
        if is_dataclass(value) and not isinstance(value, type):
            changed = {
                f.name: str(Path(getattr(value, f.name)).absolute())
                for f in fields(value)
                if f.name.endswith("_path") and getattr(value, f.name)
            }
            if changed:
                command = replace(command, **{part.name: replace(value, **changed)})  # type: ignore[arg-type]
    return command
