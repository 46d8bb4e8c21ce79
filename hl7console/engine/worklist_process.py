"""The process that follows the journal, so that the rules never slow the receiving down.

It has an interpreter of its own. The engine pokes it when something was stored, and it tells how
far it is. It ends with the engine, also when that was killed: its end of the pipe breaks then.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import time
from contextlib import closing, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from hl7console.errors import ConsoleError
from hl7console.store.worklist.follower import (
    Follower,
    FollowerStatus,
    collect_seldom,
    discard_if_damaged,
)

POKE = b"poke"
REBUILD = b"rebuild"
END = b"end"

RETRY_S = 1.0
"""Seconds until what failed is tried again."""

BURST_PER_S = 3_500.0
"""Above this rate of messages the worklist takes part of the time only."""

BURST_PAUSE = 4.0
"""The rest after a step in a burst: this many times as long as the step took."""

_NICER = 10
_BELOW_NORMAL = 0x4000

log = logging.getLogger(__name__)


def follow(connection: Connection, console_path: str) -> None:
    """Follow the journal until the other end of the pipe says so, or has gone.

    The main function of the process. The first thing to come over the pipe is the key.

    Args:
        connection: The pipe to the engine.
        console_path: The workspace's ``console.db``.
    """
    _leave_signals_to_the_engine()
    give_way()
    with suppress(EOFError, OSError), closing(connection):
        key = connection.recv_bytes() or None
        collect_seldom()
        _run(connection, Path(console_path), key)


def give_way() -> None:
    """Let receiving and the window go first where processors are few."""
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)
        return
    with suppress(OSError):
        os.nice(_NICER)


def _leave_signals_to_the_engine() -> None:
    """Ctrl+C goes to every process of a terminal; the engine ends this one in its order."""
    for name in ("SIGINT", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, signal.SIG_IGN)


class _EndedError(Exception):
    """The engine asked for the end while the worklist was being made again."""


class _Work:
    """The follower of the process, opened when it can be, and its pace.

    Args:
        connection: The pipe to the engine.
        console_path: The workspace's ``console.db``.
        key: Its key.
    """

    def __init__(self, connection: Connection, console_path: Path, key: bytes | None) -> None:
        self._connection = connection
        self._console_path = console_path
        self._key = key
        self._follower: Follower | None = None
        self._pace = Pace()
        self._rebuilds = 0
        self.status = FollowerStatus()

    def step(self, word: bytes) -> float | None:
        """Do what a word asks for; return seconds until the next step, None to wait for a word."""
        self._rebuilds += word == REBUILD
        try:
            wait_s = self._step(word)
        except (ConsoleError, OSError) as error:
            self.close()
            discard_if_damaged(self._console_path, self._key)
            text = error.full_text if isinstance(error, ConsoleError) else str(error.strerror)
            self.status = replace(self.status, problem=text)
            wait_s = RETRY_S
        self.status = replace(self.status, rebuilds=self._rebuilds)
        return wait_s

    def _step(self, word: bytes) -> float | None:
        follower = self._follower
        if follower is None:
            follower = self._follower = Follower(self._console_path, self._key)
        if word == REBUILD:
            rebuild(follower, self._connection)
        began_s = time.monotonic()
        is_more = follower.step()
        self.status = follower.status
        if not is_more:
            return None
        return self._pace.rest_s(follower.last_stored_id, began_s, time.monotonic())

    def close(self) -> None:
        """Close the files."""
        if self._follower is not None:
            self._follower.close()
        self._follower = None


def _run(connection: Connection, console_path: Path, key: bytes | None) -> None:
    work = _Work(connection, console_path, key)
    word = POKE
    try:
        while word != END:
            wait_s = work.step(word)
            connection.send(work.status)
            word = _rest(connection, wait_s) if wait_s else _next_word(connection, wait_s)
    except _EndedError:
        return
    finally:
        work.close()


def rebuild(follower: Follower, connection: Connection) -> None:
    """Make the worklist again, telling how far it is."""
    from hl7console.store.worklist.rebuild import rebuild_worklist

    def tell(status: FollowerStatus) -> None:
        connection.send(status)
        if connection.poll() and connection.recv_bytes() == END:
            raise _EndedError

    rebuild_worklist(follower, on_progress=tell)


class Pace:
    """Decides how long the follower rests in a burst, so that receiving goes at full speed."""

    def __init__(self) -> None:
        self._last_id = 0
        self._looked_s = 0.0

    def rest_s(self, last_id: int, began_s: float, ended_s: float) -> float:
        """Return how many seconds to rest after a step.

        Args:
            last_id: The last message that was stored when the step began.
            began_s: When that was.
            ended_s: When the step had ended.
        """
        arrived, passed_s = last_id - self._last_id, began_s - self._looked_s
        is_first = self._looked_s == 0.0
        self._last_id, self._looked_s = last_id, began_s
        if is_first or arrived <= passed_s * BURST_PER_S:
            return 0.0
        return (ended_s - began_s) * BURST_PAUSE


def _rest(connection: Connection, rest_s: float) -> bytes:
    """Wait, whatever the engine pokes; return what it asks for then."""
    end_s = time.monotonic() + rest_s
    while (left_s := end_s - time.monotonic()) > 0 and connection.poll(left_s):
        word = connection.recv_bytes()
        if word != POKE:
            return word
    return POKE


def _next_word(connection: Connection, wait_s: float | None) -> bytes:
    """Return what the engine asks for; `POKE` after `wait_s`. Several pokes are one."""
    word = POKE
    while connection.poll(wait_s):
        word = connection.recv_bytes()
        wait_s = 0.0
        if word != POKE:
            break
    return word
