"""The reader's thread: it opens and closes its own connection, and stops at once."""

from __future__ import annotations

import threading

from hl7console.errors import ConsoleError
from hl7console.ui.worker import ReaderWorker, Worker


class FakeReader:
    def __init__(self) -> None:
        self.opened_by = threading.current_thread()
        self.closed_by: threading.Thread | None = None
        self.stopped = threading.Event()

    def interrupt(self) -> None:
        self.stopped.set()

    def close(self) -> None:
        self.closed_by = threading.current_thread()


class FakeConsole:
    def __init__(self) -> None:
        self.readers: list[FakeReader] = []

    def open_reader(self) -> FakeReader:
        self.readers.append(FakeReader())
        return self.readers[-1]


def test_one_connection_is_opened_and_closed_on_the_workers_thread(qtbot):
    console, answers = FakeConsole(), []
    worker = ReaderWorker("reader", console)
    worker.ask(lambda reader: reader, answers.append)
    worker.ask(lambda reader: reader, answers.append)
    qtbot.waitUntil(lambda: len(answers) == 2)
    worker.stop()
    (reader,) = console.readers
    assert answers == [reader, reader]
    assert reader.closed_by is reader.opened_by is not threading.main_thread()


def test_stopping_ends_what_runs_and_what_waits_and_nothing_arrives(qtbot):
    console, answers, begun = FakeConsole(), [], threading.Event()
    worker = ReaderWorker("reader", console)

    def long_query(reader: FakeReader) -> str:
        begun.set()
        reader.stopped.wait(10)
        return "late"

    worker.ask(long_query, answers.append)
    worker.ask(lambda _: "never", answers.append)
    begun.wait(10)
    worker.stop()
    qtbot.wait(1)
    assert answers == []
    worker.ask(lambda _: "after", answers.append)
    assert not worker.is_busy or answers == []
    assert console.readers[0].closed_by is not None


def test_a_fault_the_user_may_see_goes_to_its_handler(qtbot):
    worker, faults = Worker("worker"), []

    def fail() -> None:
        raise ConsoleError("No.")

    worker.call(fail, lambda _: None, faults.append)
    qtbot.waitUntil(lambda: bool(faults))
    assert faults[0].text == "No."
    worker.stop()


def test_answers_come_in_the_order_of_asking_on_this_thread(qtbot):
    worker, answers = Worker("worker"), []
    for n in range(20):
        worker.call(lambda n=n: n, lambda v: answers.append((v, threading.current_thread())))
    qtbot.waitUntil(lambda: len(answers) == 20)
    assert [v for v, _ in answers] == list(range(20))
    assert {t for _, t in answers} == {threading.main_thread()}
    worker.stop()
