from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from hl7console.engine import collecting
from hl7console.engine.collecting import TurnCollector
from hl7console.store.records import NewMessage, OnStored


class FakeWriter:
    def __init__(self) -> None:
        self.queued = 0
        self.got: list[list[bytes]] = []

    def put(self, new: NewMessage, on_stored: OnStored | None) -> None:
        self.put_all([(new, on_stored)])

    def put_all(self, items: Sequence[tuple[NewMessage, OnStored | None]]) -> None:
        self.got.append([new.raw for new, _ in items])
        self.queued += len(items)


def turns(*scripts: Callable[[TurnCollector, FakeWriter], object]) -> FakeWriter:
    """Run each script in a turn of the loop of its own."""
    writer = FakeWriter()

    async def main() -> None:
        collector = TurnCollector(asyncio.get_running_loop(), writer)
        for script in scripts:
            script(collector, writer)
            await asyncio.sleep(0)

    asyncio.run(main())
    return writer


def put(*raws: bytes) -> Callable[[TurnCollector, FakeWriter], object]:
    return lambda collector, _: [collector.put(NewMessage(raw), None) for raw in raws]


def stored(_: TurnCollector, writer: FakeWriter) -> None:
    writer.queued = 0


def test_a_sender_that_is_alone_waits_for_nobody():
    def alone(collector: TurnCollector, writer: FakeWriter) -> None:
        before = len(writer.got)
        collector.put(NewMessage(b"1"), None)
        assert writer.got[before:] == [[b"1"]]
        stored(collector, writer)

    turns(alone, alone, alone)


def test_what_comes_in_one_turn_is_handed_over_together_and_in_order():
    writer = turns(put(b"1", b"2", b"3"), stored, put(b"4", b"5"), put(b"6"), stored, put(b"7"))
    assert writer.got == [[b"1"], [b"2", b"3"], [b"4", b"5"], [b"6"], [b"7"]]


def test_much_is_handed_over_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(collecting, "MOST_BYTES", 10)

    def script(collector: TurnCollector, writer: FakeWriter) -> None:
        put(b"a", b"x" * 5, b"x" * 5)(collector, writer)
        assert writer.got == [[b"a"], [b"x" * 5, b"x" * 5]]
        put(b"b")(collector, writer)

    assert turns(script).got[2:] == [[b"b"]]
