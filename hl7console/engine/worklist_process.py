"""The process that follows the journal, so that the rules never slow the receiving down.

It has an interpreter of its own. The engine pokes it when something was stored, and it tells how
far it is. It ends with the engine, also when that was killed: its end of the pipe breaks then.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
from contextlib import closing, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from hl7console.errors import ConsoleError
from hl7console.store.worklist.follower import Follower, FollowerStatus

POKE = b"poke"
REBUILD = b"rebuild"
END = b"end"

RETRY_S = 1.0
"""Seconds until what failed is tried again."""

_NICER = 10
_BELOW_NORMAL = 0x4000

_GC_THRESHOLDS = (50_000, 20, 100)
"""Rows live long and in no cycles: looking for garbage less often saves a tenth of the time."""

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
    gc.set_threshold(*_GC_THRESHOLDS)
    with suppress(EOFError, OSError), closing(connection):
        key = connection.recv_bytes() or None
        gc.freeze()
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


def _run(connection: Connection, console_path: Path, key: bytes | None) -> None:
    follower: Follower | None = None
    last = FollowerStatus()
    rebuilds = 0
    word = POKE
    try:
        while word != END:
            wait_s: float | None = 0.0
            try:
                if follower is None:
                    follower = Follower(console_path, key)
                if word == REBUILD:
                    rebuilds += 1
                    rebuild(follower, connection)
                if not follower.step():
                    wait_s = None
                last = follower.status
            except _EndedError:
                return
            except (ConsoleError, OSError) as error:
                text = error.full_text if isinstance(error, ConsoleError) else str(error.strerror)
                last = replace(last, problem=text)
                wait_s = RETRY_S
            connection.send(replace(last, rebuilds=rebuilds))
            word = _next_word(connection, wait_s)
    finally:
        if follower is not None:
            follower.close()


def rebuild(follower: Follower, connection: Connection) -> None:
    """Make the worklist again, telling how far it is."""
    from hl7console.store.worklist.rebuild import rebuild_worklist

    def tell(status: FollowerStatus) -> None:
        connection.send(status)
        if connection.poll() and connection.recv_bytes() == END:
            raise _EndedError

    rebuild_worklist(follower, on_progress=tell)


def _next_word(connection: Connection, wait_s: float | None) -> bytes:
    """Return what the engine asks for; `POKE` after `wait_s`. Several pokes are one."""
    word = POKE
    while connection.poll(wait_s):
        word = connection.recv_bytes()
        wait_s = 0.0
        if word != POKE:
            break
    return word
