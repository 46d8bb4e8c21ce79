"""Keeps the worklist following: starts the follower, pokes it, and tells how far it is."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from contextlib import closing, suppress
from dataclasses import replace
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from hl7console.engine.worklist_process import END, POKE, REBUILD, RETRY_S, follow
from hl7console.errors import ConsoleError
from hl7console.store.worklist.follower import Follower, FollowerStatus, discard_if_damaged, look
from hl7console.store.worklist.rebuild import UNDER_WAY, rebuild_worklist

POKE_EVERY_S = 0.05
"""Shortest time between two pokes, in seconds."""

FIRST_BACK_OFF_S = 0.5
LAST_BACK_OFF_S = 30.0
"""How long a follower that died is left alone before it is started again, in seconds."""

log = logging.getLogger(__name__)


class FollowMode(StrEnum):
    """Where the worklist's rules run."""

    PROCESS = "process"
    """In a process of their own: what listeners receive isn't slowed down."""
    THREAD = "thread"
    """In this process; for tests and small jobs."""
    OFF = "off"
    """Nowhere: messages are applied by the next one that follows."""


class WorklistService:
    """Runs the follower of one workspace, from the first entry on. Any thread.

    Args:
        console_path: The workspace's ``console.db``.
        key: Its key.
        mode: Where the rules run.
    """

    def __init__(self, console_path: Path, key: bytes | None, mode: FollowMode) -> None:
        self.mode = mode
        self.console_path = console_path
        self.key = key
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._changed = threading.Condition()
        self._status = FollowerStatus()
        self._rebuilds_wanted = 0
        self._rebuilds_asked = 0
        self._rebuilds_done = 0
        self._thread: threading.Thread | None = None
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._back_off_s = FIRST_BACK_OFF_S

    @property
    def status(self) -> FollowerStatus:
        """How far the worklist is."""
        return self._status

    def start(self) -> None:
        """Begin; nothing runs before the first `poke`."""
        if self.mode is FollowMode.OFF:
            return
        run = self._run_thread if self.mode is FollowMode.THREAD else self._run_process
        self._thread = threading.Thread(target=run, name="worklist")
        self._thread.start()

    def poke(self) -> None:
        """Tell that something was stored. Takes no time; the writer calls it for each batch."""
        if not self._wake.is_set():
            self._wake.set()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End the follower; what it has not applied yet, the next one applies.

        Returns:
            Whether it ended within `timeout_s`.
        """
        self._ended.set()
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        if self._thread.is_alive() and self._process is not None:
            log.warning("The worklist's process does not end; it is ended now")
            self._process.kill()
            self._thread.join(1.0)
        return not self._thread.is_alive()

    def wait_for(self, *, message_id: int = 0, input_id: int = 0, timeout_s: float = 10.0) -> bool:
        """Wait until an entry is applied; return whether it is."""
        self.poke()
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended.is_set() or _is_past(self._status, message_id, input_id),
                timeout_s,
            )
        return _is_past(self._status, message_id, input_id)

    def catch_up(self, message_id: int, timeout_s: float) -> bool:
        """Wait until a message is applied, or apply it here where nobody follows.

        Raises:
            ConsoleError: A file cannot be read or written.
        """
        if self.mode is not FollowMode.OFF:
            return self.wait_for(message_id=message_id, timeout_s=timeout_s)
        with closing(Follower(self.console_path, self.key)) as follower:
            follower.run_to_end()
            self._tell(follower.status)
        return True

    def ask_rebuild(self) -> int:
        """Ask for the worklist to be made again; return a number for `is_rebuilt`."""
        with self._changed:
            self._rebuilds_wanted += 1
            wanted = self._rebuilds_wanted
        self._wake.set()
        return wanted

    def is_rebuilt(self, asked: int, timeout_s: float) -> bool:
        """Wait until that rebuild is over, well or not; return whether it is."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended.is_set() or self._rebuilds_done >= asked, timeout_s
            )
            return self._ended.is_set() or self._rebuilds_done >= asked

    def _tell(self, status: FollowerStatus, *, rebuilds_done: int | None = None) -> None:
        with self._changed:
            self._status = status
            if rebuilds_done is not None:
                self._rebuilds_done = rebuilds_done
            self._changed.notify_all()

    # In a thread.

    def _run_thread(self) -> None:
        follower: Follower | None = None
        self._look()
        try:
            while self._wait_for_work():
                try:
                    follower = follower or Follower(self.console_path, self.key)
                    self._follow(follower)
                except (ConsoleError, OSError) as error:
                    if follower is not None:
                        follower.close()
                    follower = None
                    discard_if_damaged(self.console_path, self.key)
                    self._tell(replace(self._status, problem=_text_of(error)))
                    self._ended.wait(RETRY_S)
                    self._wake.set()
        finally:
            if follower is not None:
                follower.close()

    def _look(self) -> None:
        """See how far the worklist is, and begin at once where it is behind."""
        with suppress(ConsoleError):
            self._tell(look(self.console_path, self.key))
        if self._status.behind:
            self._wake.set()

    def _wait_for_work(self) -> bool:
        """Wait for a poke; return whether to go on."""
        self._wake.wait()
        self._wake.clear()
        return not self._ended.is_set()

    def _follow(self, follower: Follower) -> None:
        wanted = self._rebuilds_wanted
        if wanted > self._rebuilds_done:
            rebuild_worklist(follower, on_progress=self._tell)
            self._tell(follower.status, rebuilds_done=wanted)
        while not self._ended.is_set():
            is_more = follower.step()
            self._tell(follower.status)
            if not is_more:
                return

    # In a process.

    def _run_process(self) -> None:
        self._look()
        while self._wait_for_work():
            if self._pipe is None and not self._start_process():
                self._ended.wait(self._back_off_s)
                continue
            wanted = self._rebuilds_wanted
            self._say(REBUILD if wanted > self._rebuilds_asked else POKE)
            self._rebuilds_asked = wanted
            self._ended.wait(POKE_EVERY_S)
        self._say(END)
        if self._process is not None:
            self._process.join()

    def _say(self, word: bytes) -> None:
        pipe = self._pipe
        if pipe is not None:
            with suppress(OSError, ValueError):  # it has just died, and its reader tells so
                pipe.send_bytes(word)

    def _start_process(self) -> bool:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=follow,
            args=(theirs, str(self.console_path)),
            name="worklist",
            daemon=True,
        )
        try:
            process.start()
            ours.send_bytes(self.key or b"")
        except OSError as error:
            self._tell(replace(self._status, problem=_text_of(error)))
            ours.close()
            return False
        finally:
            theirs.close()
        self._process, self._pipe = process, ours
        threading.Thread(target=self._listen, args=(ours, process), name="worklist-status").start()
        return True

    def _listen(self, pipe: Connection, process: SpawnProcess) -> None:
        """Take what the process tells until it has ended."""
        rebuilds = 0
        with suppress(EOFError, OSError):
            while True:
                status = pipe.recv()
                if isinstance(status, FollowerStatus):
                    is_rebuilt = status.rebuilds > rebuilds and status.notice != UNDER_WAY
                    self._tell(status, rebuilds_done=self._rebuilds_asked if is_rebuilt else None)
                    rebuilds = status.rebuilds if is_rebuilt else rebuilds
                    self._back_off_s = FIRST_BACK_OFF_S
        pipe.close()
        process.join()
        self._rebuilds_asked = self._rebuilds_done
        self._pipe = None
        if not self._ended.is_set():
            log.warning("The worklist's process ended (%s); it is started again", process.exitcode)
            self._ended.wait(self._back_off_s)
            self._back_off_s = min(self._back_off_s * 2, LAST_BACK_OFF_S)
            self._wake.set()


def _is_past(status: FollowerStatus, message_id: int, input_id: int) -> bool:
    return status.message_id >= message_id and status.input_id >= input_id


def _text_of(error: ConsoleError | OSError) -> str:
    return error.full_text if isinstance(error, ConsoleError) else error.strerror or "a fault"
