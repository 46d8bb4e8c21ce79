"""Changes about very many messages or deliveries: how far they are is shown, and they stop.

The engine is real. Its pages hold one each, and after the first it waits until the test has looked.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from dragging_kit import drop_on
from menu_keys_kit import run_by_keys
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QProgressDialog, QPushButton
from queues_window_kit import sql
from window_kit import child, order, port, send, shown

from hl7console.engine.console import SaveDestination
from hl7console.engine.jobs import EngineJob
from hl7console.engine.queues import work
from hl7console.engine.repair_commands import HoldQueue, QueueMessages, ReleaseQueue
from hl7console.engine.resending import resending
from hl7console.settings import DestinationSettings
from hl7console.ui.queues.dragging import MESSAGES, put_numbers
from hl7console.ui.queues.questions import RewindDialog
from hl7console.ui.sending.options_box import RATE
from hl7console.ui.sending.resend_dialog import ResendDialog

COUNT = 3


class Gate:
    """Holds jobs after each page until it is opened."""

    def __init__(self) -> None:
        self.is_shut = False
        self._open = threading.Event()

    def shut(self) -> None:
        self.is_shut = True

    def open(self) -> None:
        self.is_shut = False
        self._open.set()

    def pass_through(self) -> None:
        if self.is_shut:
            self._open.wait(20)


@pytest.fixture
def gate(monkeypatch) -> Iterator[Gate]:
    made = Gate()
    advance = EngineJob.advance

    def held(job: EngineJob, done: int, total: int = 0, *more: object, **options: object) -> None:
        advance(job, done, total, *more, **options)
        if done:
            made.pass_through()

    monkeypatch.setattr(EngineJob, "advance", held)
    monkeypatch.setattr(work, "PAGE", 1)
    monkeypatch.setattr(resending, "_MARKED_AT_ONCE", 1)
    yield made
    made.open()


@pytest.fixture
def listed(window, engine, gate, qtbot):
    """The window on Messages with three of them, all chosen; the queue of PACS is held."""
    send(port(engine), *(order(f"A{n + 1}") for n in range(COUNT)))
    for name in ("PACS", "RIS"):
        engine.submit(SaveDestination(DestinationSettings(name=name, port=port(engine)))).result(10)
    engine.submit(HoldQueue("PACS")).result(10)
    engine.submit(HoldQueue("RIS")).result(10)
    qtbot.waitUntil(lambda: len(shown(window)) == COUNT and len(window.bridge.destinations) == 2)
    with qtbot.waitActive(window):
        window.activateWindow()
    table = window.messages.table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    return window


@pytest.fixture
def queued(listed, engine, qtbot):
    """The window on Queues with three deliveries that wait for PACS, all chosen."""
    engine.submit(QueueMessages((1, 2, 3), ("PACS",))).result(10)
    listed.go_to("queues")
    place = listed.queues.place()
    qtbot.waitUntil(lambda: place.queues.choose("PACS"))
    qtbot.waitUntil(lambda: place.feed.is_listed and place.feed.count == COUNT)
    place.table.setFocus()
    qtbot.keyClick(place.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    return listed


def stop(window, gate: Gate, title: str, qtbot) -> None:
    """Wait until it is shown how far it is, and press Stop."""
    qtbot.waitUntil(lambda: window.findChild(QProgressDialog, "jobProgress") is not None)
    progress = child(window, QProgressDialog, "jobProgress")
    qtbot.waitUntil(lambda: progress.isVisible() and progress.value() == 1)
    assert progress.labelText().splitlines()[0] == title
    assert progress.labelText().splitlines()[1].startswith(f"1 of {COUNT} messages")
    (button,) = progress.findChildren(QPushButton)
    assert button.text() == "Stop"
    button.click()
    gate.open()


def told(window, text: str, qtbot) -> None:
    qtbot.waitUntil(lambda: window.notice.text == text)


def states(engine, name: str) -> list[str]:
    query = "SELECT state FROM deliveries WHERE destination = ? ORDER BY id"
    return [row[0] for row in sql(engine, query, name)]


def test_marking_messages(listed, gate, qtbot):
    gate.shut()
    run_by_keys(listed, "messages.handled", qtbot)
    stop(listed, gate, "Marking messages", qtbot)
    told(listed, "Stopped: 1 message marked handled; the others are as they were.", qtbot)
    model = listed.messages.feed.model
    qtbot.waitUntil(lambda: [model.row_at(n).handled for n in range(3)] == [False, False, True])


def test_holding_deliveries(queued, engine, gate, qtbot):
    gate.shut()
    run_by_keys(queued, "queues.holdDelivery", qtbot)
    stop(queued, gate, "Changing deliveries", qtbot)
    told(queued, "Stopped: 1 held; the others are as they were.", qtbot)
    assert states(engine, "PACS") == ["held", "queued", "queued"]


def card_of(cards, name: str):
    row = [card.key for card in cards.model_of_cards.cards].index(name)
    return cards.visualRect(cards.model_of_cards.index(row)).center()


def test_rerouting_deliveries_by_a_drag(queued, engine, gate, qtbot):
    place = queued.queues.place()
    mime = place.table.dragged()
    gate.shut()
    assert drop_on(place.queues.viewport(), mime, card_of(place.queues, "RIS"))
    stop(queued, gate, "Rerouting deliveries", qtbot)
    told(queued, "Stopped: 1 rerouted to RIS; the others are as they were.", qtbot)
    assert states(engine, "PACS") == ["cancelled", "queued", "queued"]
    assert states(engine, "RIS") == ["queued"]


def test_queueing_messages_by_a_drag(queued, engine, gate, qtbot):
    place = queued.queues.place()
    mime = put_numbers(QMimeData(), MESSAGES, [1, 2, 3])
    gate.shut()
    assert drop_on(place.queues.viewport(), mime, card_of(place.queues, "RIS"))
    stop(queued, gate, "Queueing messages", qtbot)
    told(queued, "Stopped: 1 message waits for RIS; the others are as they were.", qtbot)
    assert states(engine, "RIS") == ["queued"]


def test_moving_a_queue_back(queued, engine, gate, qtbot):
    engine.submit(ReleaseQueue("PACS")).result(10)
    qtbot.waitUntil(lambda: states(engine, "PACS") == ["accepted"] * COUNT)
    engine.submit(HoldQueue("PACS")).result(10)
    run_by_keys(queued, "queues.rewind", qtbot)
    dialog = queued.findChild(RewindDialog)
    qtbot.waitUntil(lambda: dialog.preview.text().startswith(f"{COUNT} messages since"))
    gate.shut()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    text = child(dialog, QLabel, "rewindDialogText")
    qtbot.waitUntil(lambda: text.text().startswith(f"1 of {COUNT} messages"))
    button = child(dialog, QPushButton, "rewindDialogClose")
    assert button.text() == "Stop"
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert not button.isEnabled()
    gate.open()
    told(queued, "Stopped: 1 message waits for PACS again; the others are as they were.", qtbot)
    assert states(engine, "PACS") == ["accepted"] * COUNT + ["queued"]


def test_what_is_over_in_a_moment_shows_nothing(queued, engine, gate, qtbot):
    run_by_keys(queued, "queues.holdDelivery", qtbot)
    told(queued, f"{COUNT} held.", qtbot)
    assert states(engine, "PACS") == ["held"] * COUNT
    qtbot.waitUntil(lambda: queued.findChild(QProgressDialog, "jobProgress") is None)


def test_making_the_worklist_again_goes_on_in_the_background(
    listed, engine, answers, monkeypatch, qtbot
):
    service = engine.core.worklist
    monkeypatch.setattr(type(service), "is_rebuilt", lambda *_: threading.Event().wait(0.05))
    answers.answer = "Make it again"
    listed.go_to("worklist")
    run_by_keys(listed, "worklist.rebuild", qtbot)
    qtbot.waitUntil(lambda: listed.findChild(QProgressDialog, "jobProgress") is not None)
    progress = child(listed, QProgressDialog, "jobProgress")
    qtbot.waitUntil(progress.isVisible)
    assert progress.labelText().startswith("Making the worklist again")
    (button,) = progress.findChildren(QPushButton)
    assert button.text() == "Go on in the background"
    button.click()
    told(listed, "The worklist is made again in the background.", qtbot)


def test_importing(listed, gate, tmp_path, qtbot):
    path = tmp_path / "many.hl7"
    path.write_bytes(b"".join(order(f"I{n}") for n in range(5_000)))
    dialog = listed.imports.begin([path])
    gate.shut()
    dialog.go_button.click()
    text = child(dialog, QLabel, "importProgressText")
    qtbot.waitUntil(lambda: re.match(r"[\d,]+ messages?", text.text()) is not None)
    bar = child(dialog, QProgressBar, "importProgress")
    assert bar.isVisible()
    button = child(dialog, QPushButton, "importClose")
    assert button.text() == "Stop"
    button.click()
    gate.open()
    qtbot.waitUntil(lambda: dialog.report is not None)
    assert dialog.report.cancelled
    assert 0 < dialog.report.messages < 5_000
    dialog.reject()


def test_resending(listed, engine, gate, qtbot):
    run_by_keys(listed, "messages.resend", qtbot)
    dialog = listed.findChild(ResendDialog)
    dialog.to.setCurrentIndex(dialog.to.findData("PACS"))
    dialog.options.pace.setCurrentIndex(dialog.options.pace.findData(RATE))
    dialog.options.rate.setValue(100.0)
    qtbot.waitUntil(lambda: dialog.strip.is_done and dialog.send_button.isEnabled())
    gate.shut()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    bar = child(dialog, QProgressBar, "resendProgress")
    qtbot.waitUntil(lambda: bar.isVisible() and bar.value() >= 1)
    assert bar.maximum() == COUNT
    assert f" of {COUNT} messages" in dialog.text
    button = child(dialog, QPushButton, "resendClose")
    assert button.text() == "Stop"
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    gate.open()
    qtbot.waitUntil(lambda: dialog.report is not None)
    assert dialog.report.cancelled
    assert 1 <= dialog.report.accepted < COUNT
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
