"""The owner's side of the hand-over: serves its console to programs beside it.

A client's connection is either one of questions (snapshot, settings) or carries one job. When the
client of a job goes away, the job stops after the message in hand.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from multiprocessing.connection import Client, Connection, Listener, Pipe, wait
from pathlib import Path
from typing import Protocol, cast

from hl7console.engine.console import Command, EngineSnapshot, Progress
from hl7console.engine.events import InterfaceEvent
from hl7console.engine.handover_wire import (
    PAUSE,
    Answer,
    Fault,
    HandoverError,
    Request,
    forget_address,
    new_address,
    prove_as_owner,
    receive,
    send,
)
from hl7console.engine.jobs import EngineJob
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings import DestinationSettings, ListenerSettings, RouteSettings

log = logging.getLogger(__name__)

PROGRESS_INTERVAL_S = 0.1
"""How often a client is told how far its job is."""

MAX_CLIENTS = 64


class ServedConsole(Protocol):
    """What is served."""

    def snapshot(self) -> EngineSnapshot:
        """Return counters and lights."""

    def listeners(self) -> tuple[ListenerSettings, ...]:
        """Return the listeners' settings."""

    def destinations(self) -> tuple[DestinationSettings, ...]:
        """Return the destinations' settings."""

    def routes(self) -> tuple[RouteSettings, ...]:
        """Return the routes' settings."""

    def events(self, name: str) -> tuple[InterfaceEvent, ...]:
        """Return what happened on an interface."""

    def submit(self, command: Command) -> EngineJob:
        """Start a command."""

    def bring_up_window(self) -> bool:
        """Bring the owner's window to the front; return whether it has one."""


class HandoverServer:
    """Serves a console to other programs of the same user.

    `start` and `stop`: any thread, one after the other.
    """

    def __init__(self, console: ServedConsole, workspace: Path) -> None:
        self._console = console
        self._workspace = workspace
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._is_stopping = False

    def start(self) -> None:
        """Listen, and tell where in the workspace's folder.

        Raises:
            OSError: There is no room, or no right, for the socket or its address file.
        """
        self._address = new_address(self._workspace)
        self._wake_reader, self._wake_writer = Pipe(duplex=False)
        self._listener = Listener(self._address.address, self._address.family, backlog=16)
        try:
            if self._address.family == "AF_UNIX":
                Path(self._address.address).chmod(0o600)
            self._address.save(self._workspace)
        except OSError:
            self._listener.close()
            self._wake_writer.close()
            self._wake_reader.close()
            forget_address(self._workspace, self._address)
            raise
        self._acceptor = threading.Thread(target=self._accept, name="handover-accept")
        self._acceptor.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End all conversations; the jobs of clients are cancelled."""
        deadline_s = time.monotonic() + timeout_s
        self._is_stopping = True
        self._wake_writer.close()
        with contextlib.suppress(OSError, EOFError):  # accept() waits for a last caller
            Client(self._address.address, self._address.family).close()
        self._acceptor.join(timeout_s)
        self._listener.close()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        self._wake_reader.close()
        forget_address(self._workspace, self._address)

    def _accept(self) -> None:
        while not self._is_stopping:
            try:
                connection = self._listener.accept()
            except OSError as fault:
                if not self._is_stopping:
                    log.warning("Hand-over: accept failed: %s", fault.strerror)
                    if wait([self._wake_reader], 1.0):
                        return
                continue
            if self._is_stopping or len(self._threads) >= MAX_CLIENTS:
                connection.close()
                continue
            thread = threading.Thread(
                target=self._converse, args=(connection,), name="handover-client"
            )
            with self._lock:
                self._threads.add(thread)
            thread.start()

    def _converse(self, connection: Connection) -> None:
        try:
            prove_as_owner(connection, self._address.key)
            while self._wake_reader not in wait([connection, self._wake_reader]):
                self._answer(connection, receive(connection))
        except (EOFError, OSError):
            pass  # the client has gone
        except HandoverError as fault:
            log.warning("Hand-over: a client was turned away: %s", fault)
        finally:
            connection.close()
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _answer(self, connection: Connection, request: object) -> None:
        if not isinstance(request, Request):
            raise HandoverError("not a request")
        try:
            if request.method == "submit":
                job = self._console.submit(cast("Command", request.value))
            else:
                send(connection, Answer(self._ask(request)))
                return
        except ConsoleError as error:
            send(connection, Fault.of(error))
            return
        self._carry(connection, job)

    def _ask(self, request: Request) -> object:
        console = self._console
        match request.method:
            case "snapshot":
                return console.snapshot()
            case "listeners":
                return console.listeners()
            case "destinations":
                return console.destinations()
            case "routes":
                return console.routes()
            case "events":
                return console.events(str(request.value))
            case "bring_up_window":
                return console.bring_up_window()
        raise UsageError(
            "The program that owns the workspace does not know this command.",
            hint="Is it an older version? End it and start it again.",
        )

    def _carry(self, connection: Connection, job: EngineJob) -> None:
        """Tell the client of its job until it ends."""
        ended_reader, ended_writer = Pipe(duplex=False)
        told = Progress()
        try:
            send(connection, Answer())
            job.when_done(ended_writer.close)
            while not job.done():
                ready = wait([connection, self._wake_reader, ended_reader], PROGRESS_INTERVAL_S)
                if connection in ready:
                    _obey(job, receive(connection))
                if self._wake_reader in ready:
                    job.cancel()
                    break
                if (progress := job.progress()) != told:
                    told = progress
                    send(connection, told)
            send(connection, _end_of(job))
        except (EOFError, OSError):
            job.cancel()
            raise
        finally:
            job.when_done(ended_reader.close)


def _obey(job: EngineJob, said: object) -> None:
    """Do what the client of a job asks for; whatever is no pause means: stop."""
    if isinstance(said, Request) and said.method == PAUSE:
        job.set_paused(bool(said.value))
    else:
        job.cancel()


def _end_of(job: EngineJob) -> object:
    try:
        return Answer(job.result(5.0))
    except ConsoleError as error:
        return Fault.of(error)
    except TimeoutError:
        return Fault("WorkspaceError", "The engine was stopped before the job had ended.")
