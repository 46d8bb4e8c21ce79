"""The worklist in the real window, fed by a real listener."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from window_kit import port, send

from hl7console.ui.worklist import inputs
from hl7console.ui.worklist.side import SideTab


def order(number: int, control: str = "NW") -> bytes:
    day = datetime.now().astimezone().strftime("%Y%m%d")
    status = "CA" if control == "CA" else "SC"
    return (
        f"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|{day}080000||ORM^O01^ORM_O01|W{number}{control}|P|2.5.1\r"
        f"PID|1||7700{number}^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
        f"ORC|{control}|P{number}^REGRIS|F{number}^RIS||{status}||^^^{day}23{number:02d}00^^R\r"
        f"OBR|1|P{number}^REGRIS|F{number}^RIS|MRHEAD^MR HEAD^L"
        f"||||||||||||||A{number}||||||MR\r"
    ).encode()


def accessions(place) -> list[str]:
    model = place.feed.model
    at = [column.key for column in model.columns].index("accession")
    return [model.text_at(row, at) for row in range(model.rowCount())]


def test_an_order_stands_on_the_worklist_a_moment_later(window, engine, qtbot):
    window.go_to("worklist")
    place = window.worklist.place()
    send(port(engine), order(1), order(2))
    qtbot.waitUntil(lambda: accessions(place) == ["A1", "A2"])
    place.table.go_to(0)
    qtbot.waitUntil(lambda: "accession A1 ← OBR-18" in place.side.why.page.toPlainText())
    place.side.show_tab(SideTab.MESSAGES)
    qtbot.waitUntil(lambda: place.side.messages.inspector.message_id == 1)


def test_a_cancel_shows_at_once_and_says_why(window, engine, qtbot):
    window.go_to("worklist")
    place = window.worklist.place()
    send(port(engine), order(1))
    qtbot.waitUntil(lambda: accessions(place) == ["A1"])
    send(port(engine), order(1, "CA"))
    qtbot.waitUntil(lambda: place.side.header.state.text() == "cancelled")
    qtbot.waitUntil(lambda: "scheduled → cancelled" in place.side.why.page.toPlainText())


def test_what_an_operator_does_stands_in_the_history(window, engine, qtbot):
    window.go_to("worklist")
    place = window.worklist.place()
    send(port(engine), order(1))
    qtbot.waitUntil(lambda: place.side.details is not None)
    command = inputs.set_station(place.side.details, ["MR7"])
    report = engine.submit(command).result(20)
    assert not report.is_fault, report.text
    qtbot.waitUntil(lambda: place.line is not None and place.line.stations == ("MR7",))
    qtbot.waitUntil(lambda: "station MR7" in place.side.why.page.toPlainText())
    assert inputs.locked_columns(place.side.details) == ["station_aet"]


def test_search_goes_to_the_place_one_is_at(window, qtbot):
    window.go_to("worklist")
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.worklist.place().search.edit.hasFocus()
    window.go_to("messages")
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.messages.search.edit.hasFocus()
