from __future__ import annotations

import threading

from hl7console.store import waiting
from hl7console.store.records import NewMessage
from hl7console.store.waiting import Call, End, Refusal, WaitingLine


def item() -> waiting.Item:
    return NewMessage(raw=b"x"), None


def test_order_and_end():
    line = WaitingLine()
    first, call = [item()], Call(lambda _: 1, "x")
    assert line.put(first, 1, 0) is None
    assert line.put_call(call)
    assert len(line) == 1
    line.close()
    line.close()
    assert line.get() is first
    assert line.get(0) is call
    assert isinstance(line.get(0), End)
    assert line.get(0) is None
    assert line.get(0.001) is None
    assert line.put([item()], 1, 0) is Refusal.CLOSED
    assert not line.put_call(call)


def test_bounds_by_number_and_bytes(monkeypatch):
    monkeypatch.setattr(waiting, "MAX_QUEUED", 2)
    monkeypatch.setattr(waiting, "MAX_QUEUED_BYTES", 10)
    line = WaitingLine()
    assert line.put([item()], 1000, 0) is None, "one message is always taken"
    assert line.put([item()], 1, 0) is Refusal.FULL
    line.done(1, 1000)
    assert line.put([item()], 5, 0) is None
    assert line.put([item()], 5, 0) is None
    assert line.put([item()], 0, 0) is Refusal.FULL
    assert line.put([item()], 0, 0.001) is Refusal.FULL


def test_waiting_for_room_ends_with_room_or_the_end(monkeypatch):
    monkeypatch.setattr(waiting, "MAX_QUEUED", 1)
    line = WaitingLine()
    line.put([item()], 1, 0)
    results: list[Refusal | None] = []
    threads = [
        threading.Thread(target=lambda: results.append(line.put([item()], 1, 10))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    line.done(1, 1)
    line.close()
    for thread in threads:
        thread.join()
    assert Refusal.CLOSED in results


def test_many_at_once_are_one_piece_of_work_and_count_each(monkeypatch):
    monkeypatch.setattr(waiting, "MAX_QUEUED", 3)
    line = WaitingLine()
    items = [item(), item()]
    assert line.put(items, 2, 0) is None
    assert len(line) == 2
    assert line.get(0) is items
    assert line.put([item(), item()], 2, 0) is None
    assert line.put([item()], 1, 0) is Refusal.FULL
