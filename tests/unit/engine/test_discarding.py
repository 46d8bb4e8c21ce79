from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hl7console.engine.discarding import (
    DISCARD_SILENCE_S,
    DISCARD_TIMEOUT_S,
    MAX_DISCARDED_BYTES,
    Discarding,
)


class FakeLoop:
    """A clock that a test moves, with the calls that are due on it."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.due: list[FakeTimer] = []

    def time(self) -> float:
        return self.now_s

    def call_at(self, due_s: float, call: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(self, due_s, call)
        self.due.append(timer)
        return timer

    def go(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.due and self.due[0].due_s <= end_s:
            timer = self.due.pop(0)
            self.now_s = timer.due_s
            timer.call()
        self.now_s = end_s


class FakeTimer:
    def __init__(self, loop: FakeLoop, due_s: float, call: Callable[[], None]) -> None:
        self.loop, self.due_s, self.call = loop, due_s, call

    def cancel(self) -> None:
        if self in self.loop.due:
            self.loop.due.remove(self)


class FakeTransport:
    def __init__(self) -> None:
        self.has_half_closed = False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_half_closed = True


class Ended:
    """A `Discarding` under way, and how often it gave up."""

    def __init__(self) -> None:
        self.loop: Any = FakeLoop()
        self.transport: Any = FakeTransport()
        self.times = 0
        self.discarding = Discarding(self.loop, self.transport, self.count)

    def count(self) -> None:
        self.times += 1


def test_our_side_ends_first():
    assert Ended().transport.has_half_closed


def test_silence_is_waited_for_from_the_last_byte_on():
    ended = Ended()
    for _ in range(4):
        ended.loop.go(DISCARD_SILENCE_S - 0.5)
        ended.discarding.take(1)
    assert ended.times == 0
    ended.loop.go(DISCARD_SILENCE_S)
    assert ended.times == 1


def test_a_peer_that_goes_on_has_a_time_limit():
    ended = Ended()
    for _ in range(int(DISCARD_TIMEOUT_S) - 1):
        ended.loop.go(1.0)
        ended.discarding.take(1)
    assert ended.times == 0
    ended.loop.go(1.0)
    assert ended.times == 1
    assert not ended.loop.due


def test_a_peer_that_goes_on_has_a_limit_of_bytes():
    ended = Ended()
    ended.discarding.take(MAX_DISCARDED_BYTES)
    assert ended.times == 0
    ended.discarding.take(1)
    ended.discarding.take(1)
    assert ended.times == 1
    assert not ended.loop.due


@pytest.mark.parametrize("size", [1, MAX_DISCARDED_BYTES + 1])
def test_nothing_is_due_once_it_is_stopped(size: int):
    ended = Ended()
    ended.discarding.stop()
    ended.discarding.take(size)
    ended.loop.go(DISCARD_TIMEOUT_S * 2)
    assert ended.times == 0
