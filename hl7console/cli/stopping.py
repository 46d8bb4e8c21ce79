"""Ends a long-running command on Ctrl+C and on the service manager's signal."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

LAST_WAIT_S = 5.0
"""Longest that threads may take to end once all else has ended, in seconds."""

HARD_EXIT_CODE = 130
"""Exit code of a process that a second Ctrl+C ended."""

_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")
"""SIGBREAK is Ctrl+Break, and how Windows ends a process group; the others are everywhere."""


_LOOK_EVERY_S = 0.1
"""Longest that a request to end goes unnoticed."""


class Stop:
    """Set once when the process is asked to end. Any thread.

    A plain flag that is looked at often, not an event: a signal's function runs between two steps
    of the main thread, also while that holds an event's own lock, and setting the event would
    then wait for ever.
    """

    def __init__(self) -> None:
        self._is_requested = False
        self._pause = threading.Event()

    def request(self) -> None:
        """Ask for the end."""
        self._is_requested = True

    @property
    def is_requested(self) -> bool:
        """Whether the end was asked for."""
        return self._is_requested

    def wait(self, timeout_s: float) -> bool:
        """Wait at most `timeout_s`; return whether the end was asked for."""
        end_s = time.monotonic() + timeout_s
        while not self._is_requested and (left_s := end_s - time.monotonic()) > 0:
            self._pause.wait(min(left_s, _LOOK_EVERY_S))
        return self._is_requested


def end_process(code: int, *, end_hard: Callable[[int], object] = os._exit) -> None:
    """End the process with an exit code, at the latest after `LAST_WAIT_S`. Main thread only.

    The interpreter by itself would wait for ever for a thread that waits for a disk, a name
    server or a program beside this one. Nothing that was acknowledged is lost by not waiting.
    """
    deadline_s = time.monotonic() + LAST_WAIT_S
    others = [
        thread
        for thread in threading.enumerate()
        if not thread.daemon and thread is not threading.current_thread()
    ]
    try:
        for thread in others:
            thread.join(max(0.0, deadline_s - time.monotonic()))
    except KeyboardInterrupt:
        code = HARD_EXIT_CODE
    if any(thread.is_alive() for thread in others):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        end_hard(code)
    sys.exit(code)


@contextmanager
def stopping_on_signals(*, end_hard: Callable[[int], object] = os._exit) -> Iterator[Stop]:
    """Return a `Stop` that the first signal sets; the second ends the process at once.

    Nothing that was acknowledged is lost by that: it is committed. Main thread only; the former
    signal functions are put back at the end.
    """
    stop = Stop()

    def _on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_requested:
            end_hard(HARD_EXIT_CODE)
        stop.request()

    former = {}
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None:
            former[number] = signal.signal(number, _on_signal)
    try:
        yield stop
    finally:
        for number, function in former.items():
            signal.signal(number, function)
