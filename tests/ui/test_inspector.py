"""The inspector as a whole: all views show the same message and the same place in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from hl7console.hl7v2.scan import scan
from hl7console.store.records import Attempt, MessageRow, StoredMessage
from hl7console.ui.inspector import Inspector
from hl7console.ui.inspector import inspector as inspector_module
from hl7console.ui.inspector.codes import FLAGS
from hl7console.ui.inspector.reading import QUICK_BYTES, Reading
from hl7console.ui.inspector.sheet import Pill
from hl7console.ui.inspector.tabs import Tab
from hl7console.ui.theme import Scheme, theme

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

ORDER = (
    b"MSH|^~\\&|EHR|HOSP|PACS|RAD|20260302101500||ORM^O01^ORM_O01|C1|P|2.5.1||||||UNICODE UTF-8\r"
    b"PID|1||447^^^HOSP^MR||M\xc3\xbcller^J\xc3\xb6rg||19700101|F\r"
    b"ORC|NW|PL1|FL1||SC\r"
    b"OBR|1|PL1|FL1|CTHEAD^CT HEAD^L||||||||||||||ACC1\r"
)
ACK = (
    b"MSH|^~\\&|PACS|RAD|EHR|HOSP|20260302101500||ACK^O01^ACK|A1|P|2.5.1\rMSA|AE|C1\r"
    b"ERR||PID^1^3^1^4|101^Required field missing^HL70357|E||||No assigning authority\r"
)


def stored(raw: bytes, message_id: int = 1, **columns: object) -> StoredMessage:
    found = scan(raw)
    values: dict[str, object] = {
        "id": message_id,
        "origin": "received",
        "interface": "EHR in",
        "peer": "10.1.4.22:51344",
        "connection": 3,
        "received_at_us": 1_772_446_500_123_000,
        "size_bytes": len(raw),
        "status": "ok",
        "ack_code": "",
        "error_text": "",
        "parent_id": 0,
        "duplicate_of": 0,
        "handled": False,
    }
    for name in MessageRow.__dataclass_fields__:
        if name not in values and hasattr(found, name):
            values[name] = getattr(found, name)
    ack = columns.pop("ack", b"")
    attempts = columns.pop("attempts", ())
    return StoredMessage(MessageRow(**(values | columns)), raw, ack, attempts)


@pytest.fixture
def inspector(qtbot: QtBot) -> Iterator[Inspector]:
    made = Inspector()
    qtbot.addWidget(made)
    made.resize(700, 800)
    made.show()
    yield made
    made.stop()


def show(qtbot: QtBot, inspector: Inspector, message: StoredMessage) -> Reading:
    inspector.show_message(message)
    qtbot.waitUntil(lambda: inspector.message_id == message.row.id, timeout=20_000)
    assert inspector.reading is not None
    return inspector.reading


def location(inspector: Inspector) -> str:
    return inspector.raw_below.bar.location.text()


def highlighted(inspector: Inspector) -> tuple[str, bytes]:
    reading = inspector.reading
    assert reading is not None
    first, last = inspector.raw_below.view.span
    assert inspector.raw.view.span == (first, last)
    start, end = inspector.hex.view.span
    return reading.message.text[first:last], reading.stored.raw[start:end]


def select(inspector: Inspector, path: str) -> None:
    assert inspector.reading is not None
    row = inspector.reading.rows.at_path(path)
    assert row is not None
    inspector.tree.view.setCurrentIndex(inspector.tree.model.find(row))


def test_a_row_of_the_tree_is_highlighted_in_text_and_bytes(
    qtbot: QtBot, inspector: Inspector
) -> None:
    show(qtbot, inspector, stored(ORDER))
    select(inspector, "PID-5")
    assert highlighted(inspector) == ("Müller^Jörg", b"M\xc3\xbcller^J\xc3\xb6rg")
    start = ORDER.index(b"M\xc3\xbcller")
    expected = f"PID-5 · Patient Name · bytes {start} to {start + 13} · UTF-8"
    assert location(inspector) == expected
    assert inspector.hex.bar.location.text() == expected


def test_a_click_in_the_text_selects_the_row(qtbot: QtBot, inspector: Inspector) -> None:
    reading = show(qtbot, inspector, stored(ORDER))
    char = reading.message.text.index("CT HEAD") + 2
    layout = inspector.raw_below.view._layout
    assert layout is not None
    row, col = layout.place_of(char)
    view = inspector.raw_below.view
    where = QPoint(round(view.x_of(col) + view.cell / 2), view.y_of(row) + 5)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    found = inspector.tree.view.current_row()
    assert found is not None
    assert str(found.path) == "OBR-4.2"
    assert highlighted(inspector) == ("CT HEAD", b"CT HEAD")


def test_every_character_leads_to_the_element_it_is_in(qtbot: QtBot, inspector: Inspector) -> None:
    reading = show(qtbot, inspector, stored(ORDER))
    text = reading.message.text
    for char in range(len(text)):
        if text[char] in "|^\r":
            continue
        inspector._on_char_clicked(char)
        first, last = inspector.raw_below.view.span
        assert first <= char < last
        row = inspector.tree.view.current_row()
        assert row is not None
        assert inspector._place is not None
        assert row.path == inspector._place.path or not row.has_children


def test_a_click_on_a_byte_selects_the_row(qtbot: QtBot, inspector: Inspector) -> None:
    show(qtbot, inspector, stored(ORDER))
    inspector.tabs.setCurrentIndex(Tab.HEX)
    view = inspector.hex.view
    at = ORDER.index(b"ACC1")
    row, inner = divmod(at, view.per_row)
    col = 10 + inner * 3 + inner // 8
    view.verticalScrollBar().setValue(max(0, row - 2))
    where = QPoint(round(view.x_of(col)) + 2, view.y_of(row) + 5)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert location(inspector).startswith("OBR-18 · ")
    assert highlighted(inspector)[1] == b"ACC1"


def test_the_place_is_kept_from_one_message_to_the_next(qtbot: QtBot, inspector: Inspector) -> None:
    show(qtbot, inspector, stored(ORDER))
    select(inspector, "OBR-18")
    show(qtbot, inspector, stored(ORDER.replace(b"ACC1", b"ACC22"), 2))
    assert highlighted(inspector)[1] == b"ACC22"
    show(qtbot, inspector, stored(ORDER.split(b"OBR")[0], 3))
    assert inspector._place is None
    assert location(inspector).startswith("3 segments · ")
    assert inspector.tree.view.current_row() is None


def test_only_the_last_message_asked_for_is_ever_shown(qtbot: QtBot, inspector: Inspector) -> None:
    seen: list[int] = []

    def on_shown(message_id: int) -> None:
        seen.append(message_id)
        reading = inspector.reading
        if reading is None:
            return
        control_id = f"ID{message_id}"
        assert control_id in reading.message.text
        assert inspector.raw_below.view._source is reading.source
        assert inspector.hex.view._data == reading.stored.raw
        assert inspector.tree.model._rows is reading.rows

    inspector.shown.connect(on_shown)
    for number in range(1, 41):
        raw = ORDER.replace(b"|C1|", b"|ID%d|" % number)
        inspector.show_message(stored(raw, number))
    qtbot.waitUntil(lambda: inspector.message_id == 40)
    assert seen[-1] == 40
    assert seen == sorted(seen)


def test_an_answer_to_an_older_request_is_dropped(qtbot: QtBot, inspector: Inspector) -> None:
    old = show(qtbot, inspector, stored(ORDER, 1))
    show(qtbot, inspector, stored(ORDER, 2))
    inspector._on_read(old)
    assert inspector.message_id == 2


def test_the_message_in_view_can_be_told_more_of(qtbot: QtBot, inspector: Inspector) -> None:
    reading = show(qtbot, inspector, stored(ORDER))
    inspector.tabs.setCurrentIndex(Tab.ACK)
    select(inspector, "PID-5")
    attempt = Attempt(1, 1, 1, "PACS", 1, 2, "accepted", "AA", b"", b"", "Told more.")
    inspector.show_message(stored(ORDER, attempts=(attempt,)))
    assert inspector.reading is reading
    assert "Told more." in texts(inspector, "inspectorAck")
    assert highlighted(inspector)[0] == "Müller^Jörg"
    show(qtbot, inspector, stored(ORDER, 2))
    assert "Told more." not in texts(inspector, "inspectorAck")


def test_every_deviation_has_a_sentence() -> None:
    from hl7console.hl7v2 import charset, layout
    from hl7console.mllp import events

    names = {
        value
        for module in (charset, layout, events)
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    assert names - {"MSH"} <= set(FLAGS)


def test_nothing_selected_empties_every_view(qtbot: QtBot, inspector: Inspector) -> None:
    show(qtbot, inspector, stored(ORDER, ack=ACK))
    inspector.show_message(None)
    assert inspector.message_id == 0
    assert inspector.tree.model.rowCount() == 0
    assert inspector.hex.view.row_count() == 0
    assert inspector.raw.view.row_count() == 0
    assert inspector.problems.model.rowCount() == 0
    assert inspector._blank.isVisible()
    assert not inspector.tabs.isVisible()


def test_the_message_before_goes_out_of_view_while_the_next_one_takes_long(
    qtbot: QtBot, inspector: Inspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    gate = threading.Event()
    real = inspector_module.read

    def slow(message: StoredMessage, generation: int, routes: object = ()) -> Reading:
        gate.wait(20)
        return real(message, generation)

    show(qtbot, inspector, stored(ORDER, 1))
    monkeypatch.setattr(inspector_module, "read", slow)
    inspector.show_message(stored(ORDER, 2))
    assert inspector.message_id == 1
    qtbot.waitUntil(lambda: inspector.message_id == 0)
    assert inspector._blank.text() == "Reading…"
    assert inspector.hex.view.row_count() == 0
    gate.set()
    qtbot.waitUntil(lambda: inspector.message_id == 2)
    assert inspector.tabs.isVisible()


def test_problems_are_counted_on_the_tab_and_lead_to_the_byte(
    qtbot: QtBot, inspector: Inspector
) -> None:
    raw = ORDER.replace(b"19700101", b"19701301").replace(b"CT HEAD", b"CT \\Q\\ HEAD")
    reading = show(qtbot, inspector, stored(raw))
    assert reading.findings
    assert inspector.tabs.badge.text == str(len(reading.findings))
    assert inspector.tabs.badge.isVisible()
    inspector.tabs.setCurrentIndex(Tab.PROBLEMS)
    model = inspector.problems.model
    places = [str(model.index(n).data(257).path) for n in range(model.rowCount())]
    index = model.index(places.index("PID-7"))
    rect = inspector.problems.list.visualRect(index)
    viewport = inspector.problems.list.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=rect.center())
    assert inspector.tabs.currentIndex() == Tab.TREE
    assert highlighted(inspector)[1] == b"19701301"
    found = inspector.tree.view.current_row()
    assert found is not None
    assert str(found.path) == "PID-7"


def test_a_clean_message_has_no_badge(qtbot: QtBot, inspector: Inspector) -> None:
    inspector._show_findings((), ())
    assert inspector.tabs.badge.text == ""
    assert not inspector.tabs.badge.isVisible()


def texts(page: Inspector, name: str) -> list[str]:
    from PySide6.QtWidgets import QLabel, QWidget

    sheet = page.findChild(QWidget, name)
    assert sheet is not None
    return [label.text() for label in sheet.findChildren(QLabel) if label.text()] + [
        pill.text for pill in sheet.findChildren(Pill)
    ]


def test_the_acknowledgement_is_decoded_and_its_location_leads_to_the_field(
    qtbot: QtBot, inspector: Inspector
) -> None:
    show(qtbot, inspector, stored(ORDER, ack=ACK, ack_code="AE"))
    inspector.tabs.setCurrentIndex(Tab.ACK)
    said = texts(inspector, "inspectorAck")
    assert "AE" in said
    assert any(text.startswith("Application error") for text in said)
    assert {"101", "Required field missing", "No assigning authority", "C1"} <= set(said)
    button = inspector.ack.findChild(QPushButton, "ackErrorLocation")
    assert button is not None
    assert button.text() == "PID-3.4"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert inspector.tabs.currentIndex() == Tab.TREE
    assert highlighted(inspector)[1] == b"HOSP"


def test_attempts_are_shown_with_their_replies(qtbot: QtBot, inspector: Inspector) -> None:
    reply = ACK.replace(b"|AE|", b"|AA|").split(b"ERR")[0]
    attempt = Attempt(
        7,
        1,
        1,
        "PACS",
        1_772_446_500_000_000,
        1_772_446_500_038_000,
        "accepted",
        "AA",
        b"",
        reply,
        "",
    )
    show(qtbot, inspector, stored(ORDER, origin="sent", attempts=(attempt,)))
    inspector.tabs.setCurrentIndex(Tab.ACK)
    said = texts(inspector, "inspectorAck")
    assert {"PACS", "accepted", "AA"} <= set(said)
    assert any("38 ms" in text for text in said)
    button = inspector.ack.findChild(QPushButton, "showReply")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "Hide the reply"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "Show the reply"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("received", "No acknowledgement was sent."),
        ("imported", "Imported: nothing was sent back."),
        ("sent", "Not sent yet: there is no answer."),
    ],
)
def test_without_an_answer_it_says_why(
    qtbot: QtBot, inspector: Inspector, origin: str, expected: str
) -> None:
    inspector.tabs.setCurrentIndex(Tab.ACK)
    show(qtbot, inspector, stored(ORDER, origin=origin))
    assert expected in texts(inspector, "inspectorAck")


def test_an_answer_that_is_none_is_called_so(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.tabs.setCurrentIndex(Tab.ACK)
    show(qtbot, inspector, stored(ORDER, ack=b"\x00\xff nonsense"))
    assert "What was sent back is no acknowledgement." in texts(inspector, "inspectorAck")


def test_the_path_tells_where_it_came_from_and_links_to_relatives(
    qtbot: QtBot, inspector: Inspector
) -> None:
    inspector.tabs.setCurrentIndex(Tab.PATH)
    message = stored(ORDER, 5, duplicate_of=3, parent_id=2, flags="no_trailer bom", ack_code="AA")
    show(qtbot, inspector, message)
    said = texts(inspector, "inspectorPath")
    assert {"EHR in", "10.1.4.22:51344 (connection 3)", "message 5", "AA"} <= set(said)
    assert "It begins with a byte order mark." in said
    for name, expected in (("duplicateLink", 3), ("parentLink", 2)):
        button = inspector.path.findChild(QPushButton, name)
        assert button is not None
        with qtbot.waitSignal(inspector.message_requested) as caught:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert caught.args == [expected]


def test_the_path_shows_only_what_is_so(qtbot: QtBot, inspector: Inspector) -> None:
    inspector.tabs.setCurrentIndex(Tab.PATH)
    show(qtbot, inspector, stored(ORDER, origin="imported", peer="", connection=0))
    said = texts(inspector, "inspectorPath")
    assert not {"Peer", "Related", "Answered", "Sent", "Met on the way in"} & set(said)


def test_a_large_document_is_folded_and_its_problems_come_later(
    qtbot: QtBot, inspector: Inspector
) -> None:
    document = b"QUJD" * 500_000
    obx = b"OBX|1|ED|PDF^Report^L||^application^pdf^Base64^" + document + b"||||||F\r"
    assert len(obx) > QUICK_BYTES
    reading = show(qtbot, inspector, stored(ORDER + obx))
    assert reading.findings is None
    assert inspector.raw_below.view.row_count() < 20
    qtbot.waitUntil(lambda: reading.findings is not None, timeout=30_000)
    select(inspector, "OBX-5")
    assert highlighted(inspector)[1].endswith(b"QUJD")
    (folds,) = reading.source.lines.folds.values()
    inspector.raw_below.view.toggle_fold(folds[0].start)
    assert inspector.raw_below.view.row_count() > 10_000


def test_a_codec_forced_by_the_listener_is_used(qtbot: QtBot, inspector: Inspector) -> None:
    raw = ORDER.replace(b"UNICODE UTF-8", b"8859/1")
    reading = show(qtbot, inspector, stored(raw, charset="utf_8"))
    assert reading.message.codec == "utf_8"
    assert "Müller" in reading.message.text


def test_any_bytes_can_be_shown(qtbot: QtBot, inspector: Inspector) -> None:
    odd = [
        b"",
        b"\x00",
        b"MSH",
        b"MSH|",
        b"no hl7 at all",
        bytes(range(256)),
        b"\r\r\n\n",
        b"<?xml version='1.0'?><ADT_A01/>",
        "MSH|^~\\&|A\rPID|1".encode("utf-16"),
    ]
    for number, raw in enumerate(odd, 1):
        show(qtbot, inspector, stored(raw, number, ack=raw))
        for tab in Tab:
            inspector.tabs.setCurrentIndex(tab)
            inspector.grab()
        for char in range(min(len(raw), 40)):
            inspector._on_char_clicked(char)
            inspector._on_byte_clicked(char)
        inspector.tabs.setCurrentIndex(Tab.TREE)


def test_keys_lead_everywhere(qtbot: QtBot, inspector: Inspector) -> None:
    show(qtbot, inspector, stored(ORDER))
    inspector.activateWindow()
    inspector.tree.view.setFocus()
    qtbot.waitUntil(inspector.tree.view.hasFocus)
    for tab in reversed(Tab):
        key = Qt.Key(Qt.Key.Key_1.value + tab)
        qtbot.keyClick(inspector, key, Qt.KeyboardModifier.AltModifier)
        assert inspector.tabs.currentIndex() == tab
    find = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(inspector, Qt.Key.Key_F, find)
    assert inspector.tree.filter.isVisible()
    view = inspector.raw_below.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert location(inspector).startswith("PID · ")
    for _ in range(4):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert location(inspector).startswith("PID-1 · ")


def test_copy_from_the_text_is_as_written(qtbot: QtBot, inspector: Inspector) -> None:
    show(qtbot, inspector, stored(ORDER))
    select(inspector, "PID-3")
    qtbot.keyClick(inspector.raw_below.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "447^^^HOSP^MR"
    inspector.raw_below.view.copy_all()
    assert QGuiApplication.clipboard().text().splitlines()[2] == "ORC|NW|PL1|FL1||SC"
    inspector.hex.view.copy()
    assert QGuiApplication.clipboard().text() == b"447^^^HOSP^MR".hex(" ").upper()


def test_a_drag_picks_text(qtbot: QtBot, inspector: Inspector) -> None:
    reading = show(qtbot, inspector, stored(ORDER))
    view = inspector.raw_below.view
    start = reading.message.text.index("PACS")
    layout = view._layout
    assert layout is not None
    row, col = layout.place_of(start)
    y = view.y_of(row) + 5
    left = QPoint(round(view.x_of(col)) + 1, y)
    right = QPoint(round(view.x_of(col + 8)) + 1, y)
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=left)
    qtbot.mouseMove(view.viewport(), right)
    view._extend(start + 8)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=right)
    assert view.copied_text() == "PACS|RAD"


def test_line_ends_are_shown_in_both_raw_views(qtbot: QtBot, inspector: Inspector) -> None:
    show(qtbot, inspector, stored(ORDER.replace(b"\rORC", b"\r\nORC")))
    button = inspector.findChild(QToolButton, "inspectorRawBelowEnds")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert inspector.raw.view.shows_ends
    layout = inspector.raw_below.view._layout
    assert layout is not None
    marks = [run.label for n in range(layout.rows) for run, *_ in layout.pieces(n) if run.kind]
    assert marks == ["CR", "CR LF", "CR", "CR"]


def test_hover_explains_in_the_text_as_in_the_tree(qtbot: QtBot, inspector: Inspector) -> None:
    reading = show(qtbot, inspector, stored(ORDER))
    tip = reading.source.tip(reading.message.text.index("|F\r") + 1)
    assert "PID-8" in tip
    assert "Female" in tip


def test_both_schemes_paint(qtbot: QtBot, inspector: Inspector) -> None:
    show(qtbot, inspector, stored(ORDER, ack=ACK))
    grounds = []
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        theme().choose(scheme)
        view = inspector.raw_below.view
        grounds.append(view.grab().toImage().pixelColor(2, view.height() - 4).name().upper())
    theme().choose(Scheme.SYSTEM)
    assert grounds == ["#FFFFFF", "#191D24"]


def test_a_narrow_pane_uses_short_words(qtbot: QtBot, inspector: Inspector) -> None:
    show(qtbot, inspector, stored(ORDER))
    inspector.resize(480, 800)
    assert inspector.tabs.tabText(Tab.ACK) == "Ack"
    inspector.resize(700, 800)
    assert inspector.tabs.tabText(Tab.ACK) == "Acknowledgement"


def test_all_tabs_are_in_sight_where_the_pane_is_narrowest(
    qtbot: QtBot, inspector: Inspector
) -> None:
    show(qtbot, inspector, stored(ORDER))
    inspector.tabs.set_problem_count(12, "err")
    inspector.resize(400, 800)
    QApplication.processEvents()
    bar = inspector.tabs.tabBar()
    assert bar.tabRect(Tab.HEX).right() < bar.width()
    assert not [arrow for arrow in bar.findChildren(QToolButton) if arrow.isVisible()]
