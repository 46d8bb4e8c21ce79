"""Ends a long-running command on Ctrl+C and on the service manager's signal."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

HARD_EXIT_CODE = 130
"""Exit code of a process that a second Ctrl+C ended."""

_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")
"""SIGBREAK is Ctrl+Break, and how Windows ends a process group; the others are everywhere."""


class Stop:
    """Set once when the process is asked to end. Any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def request(self) -> None:
        """Ask for the end."""
        self._event.set()

    @property
    def is_requested(self) -> bool:
        """Whether the end was asked for."""
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait at most `timeout_s`; return whether the end was asked for.

        Waits in short slices: on Windows a signal's function runs only between two waits.
        """
        left_s = timeout_s
        while left_s > 0 and not self._event.wait(min(left_s, 0.2)):
            left_s -= 0.2
        return self._event.is_set()


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
