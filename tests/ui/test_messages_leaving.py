"""Messages leave the window by the clipboard and by a drag; many can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dragging_kit import drop_on
from menu_keys_kit import run_by_keys
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressDialog, QPushButton
from queues_window_kit import sql
from window_kit import child, order, port, send, shown

from hl7console.engine.console import SaveDestination
from hl7console.engine.repair_commands import HoldQueue
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings
from hl7console.store.reader import StoreReader
from hl7console.ui.messages import leaving
from hl7console.ui.messages.copying import raw_text
from hl7console.ui.messages.leaving import text_of

COUNT = 4


@pytest.fixture
def listed(window, engine, qtbot):
    """The window on Messages with four of them, all chosen."""
    send(port(engine), *(order(f"A{n + 1}") for n in range(COUNT)))
    qtbot.waitUntil(lambda: len(shown(window)) == COUNT)
    with qtbot.waitActive(window):
        window.activateWindow()
    table = window.messages.table
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    return window


@pytest.fixture
def gate(monkeypatch) -> Iterator[threading.Event]:
    """Holds whoever reads messages that leave, before the third one, until it is set."""
    made = threading.Event()
    read = 0
    message, raw = StoreReader.message, StoreReader.raw

    def wait() -> None:
        nonlocal read
        if threading.current_thread().name.startswith("list-out"):
            read += 1
            if read > 2:
                made.wait(20)

    def slow_message(reader: StoreReader, number: int) -> object:
        wait()
        return message(reader, number)

    def slow_raw(reader: StoreReader, number: int) -> object:
        wait()
        return raw(reader, number)

    monkeypatch.setattr(StoreReader, "message", slow_message)
    monkeypatch.setattr(StoreReader, "raw", slow_raw)
    monkeypatch.setattr("hl7console.ui.stoppable._TOLD_EVERY_S", 0.0)
    yield made
    made.set()


def test_copying_many_shows_how_far_it_is_and_stops(listed, gate, qtbot):
    QGuiApplication.clipboard().setText("from before")
    run_by_keys(listed, "messages.copyRaw", qtbot)
    progress = child(listed, QProgressDialog, "copyProgress")
    qtbot.waitUntil(lambda: progress.isVisible() and progress.value() == 2)
    assert progress.maximum() == COUNT
    assert progress.labelText() == f"Copying {COUNT} messages"
    # Meanwhile the list goes on.
    listed.messages.search.set_text("control:A2")
    qtbot.waitUntil(lambda: shown(listed) == ["A2"])
    (button,) = progress.findChildren(QPushButton)
    button.click()
    gate.set()
    qtbot.waitUntil(lambda: listed.notice.text == "Stopped: nothing was copied.")
    assert QGuiApplication.clipboard().text() == "from before"


def test_too_much_for_the_clipboard_says_what_to_do_instead(listed, engine):
    reader = engine.open_reader()
    try:
        with pytest.raises(UsageError, match="too large") as fault:
            text_of(reader, [1, 2, 3], raw_text, most_chars=300)
        assert "Save them as a file." in fault.value.full_text
        whole, count = text_of(reader, [1, 99, 2], raw_text)
        assert count == 2
        assert whole.count("MSH|") == 2
    finally:
        reader.close()


def test_a_drag_that_is_let_go_before_its_file_is_made_stops(listed, gate, qtbot):
    dragging = listed.message_actions.dragging
    made: list[Path] = []
    dragging.ready.connect(made.append)
    held = [True]
    dragging.is_held = lambda: held[0]
    listed.messages.table.startDrag(Qt.DropAction.CopyAction)
    qtbot.waitUntil(lambda: listed.notice.text.startswith("The file is being made. Keep the"))
    held[0] = False
    qtbot.waitUntil(lambda: listed.notice.text.startswith("Let go before the file was ready"))
    gate.set()
    worker = dragging._worker
    qtbot.waitUntil(lambda: not worker.is_busy)
    assert made == []


class Carried:
    """Stands in for the system's drag: carries what is dragged to where the test says."""

    to: Callable[[QMimeData], None]

    def __init__(self, _source: object) -> None:
        self._mime = QMimeData()

    def setMimeData(self, mime: QMimeData) -> None:  # noqa: N802 - as Qt's
        self._mime = mime

    def exec(self, _actions: object) -> None:
        Carried.to(self._mime)


def test_messages_dragged_from_the_list_onto_a_queue_line_up_there(
    listed, engine, monkeypatch, qtbot
):
    to = DestinationSettings(name="PACS", port=port(engine))
    engine.submit(SaveDestination(to)).result(10)
    engine.submit(HoldQueue("PACS")).result(10)
    taken: list[bool] = []

    def carry(mime: QMimeData) -> None:
        (url,) = mime.urls()
        assert Path(url.toLocalFile()).read_bytes().count(b"MSH|") == COUNT
        listed.go_to("queues")
        cards = listed.queues.place().queues
        qtbot.waitUntil(lambda: bool(cards.model_of_cards.cards))
        at = cards.visualRect(cards.model_of_cards.index(0)).center()
        taken.append(drop_on(cards.viewport(), mime, at))

    monkeypatch.setattr(Carried, "to", staticmethod(carry), raising=False)
    monkeypatch.setattr(leaving, "QDrag", Carried)
    listed.message_actions.dragging.is_held = lambda: True
    listed.messages.table.startDrag(Qt.DropAction.CopyAction)
    qtbot.waitUntil(lambda: taken == [True])
    qtbot.waitUntil(lambda: listed.notice.text == f"{COUNT} messages wait for PACS.")
    query = "SELECT message_id FROM deliveries WHERE destination = 'PACS' ORDER BY id"
    assert [row[0] for row in sql(engine, query)] == [1, 2, 3, 4]
