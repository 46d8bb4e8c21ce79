"""The tree of a message: its model, its filter, and what is copied from it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from hl7console.hl7v2 import filters, validation
from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.message import Message
from hl7console.ui.inspector.rows import SegmentRows
from hl7console.ui.inspector.tree_filter import DEEP_SEGMENTS
from hl7console.ui.inspector.tree_model import (
    FIRST_SEGMENTS,
    ROW_ROLE,
    Column,
    TreeModel,
    value_text,
)
from hl7console.ui.inspector.tree_view import TreePane, copied_value, filter_for

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

ORDER = (
    "MSH|^~\\&|EHR|HOSP|PACS|RAD|20260302101500||ORM^O01|C1|P|2.5.1\r"
    'PID|1||447^^^HOSP&1.2.3&ISO^MR~99^^^CITY^PI||DOE^JANE||19700101|F|||""\r'
    "ORC|NW|PL1|FL1||SC\r"
    "OBR|1|PL1|FL1|CTHEAD^CT \\T\\ \\E\\ HEAD^L||||||||||||||ACC1\r"
)


def rows_of(text: str, *, with_findings: bool = False) -> SegmentRows:
    message = Message.parse(text.encode())
    findings = validation.check(message) if with_findings else ()
    return SegmentRows(message, load("2.5.1"), findings)


def labels(model: TreeModel, parent: QModelIndex) -> list[str]:
    return [str(model.index(n, 0, parent).data()) for n in range(model.rowCount(parent))]


def child(model: TreeModel, parent: QModelIndex, label: str) -> QModelIndex:
    return model.index(labels(model, parent).index(label), 0, parent)


def many(count: int) -> str:
    obx = "".join(f"OBX|{n}|NM|718-7^Hemoglobin^LN||{n}|g/dL|||||F\r" for n in range(1, count + 1))
    return ORDER + obx


def run_search(model: TreeModel) -> None:
    while model.is_searching:
        model.step(10.0)


@pytest.mark.parametrize("needle", ["", "jane", "nothing has this"])
@pytest.mark.parametrize("show_empty", [False, True])
def test_the_model_keeps_the_rules_of_qt(
    qtmodeltester: ModelTester, needle: str, show_empty: bool
) -> None:
    model = TreeModel()
    model.show_empty(show_empty)
    model.set_rows(rows_of(ORDER, with_findings=True))
    model.set_filter(needle)
    run_search(model)
    qtmodeltester.check(model)
    model.set_rows(None)
    qtmodeltester.check(model)


def test_rows_go_down_to_subcomponents_and_repetitions(qapp: QApplication) -> None:
    model = TreeModel()
    model.set_rows(rows_of(ORDER))
    assert labels(model, QModelIndex()) == ["MSH", "PID", "ORC", "OBR"]
    pid = model.index(1, 0)
    assert labels(model, pid) == ["PID-1", "PID-3", "PID-5", "PID-7", "PID-8", "PID-11"]
    ids = child(model, pid, "PID-3")
    assert labels(model, ids) == ["PID-3[1]", "PID-3[2]"]
    first = model.index(0, 0, ids)
    authority = child(model, first, "PID-3.4")
    assert [str(model.index(n, Column.VALUE, authority).data()) for n in range(3)] == [
        "HOSP",
        "1.2.3",
        "ISO · An International Standards Organization Object Identifier",
    ]
    assert model.parent(authority) == first


def test_empty_fields_are_hidden_until_asked_for(qapp: QApplication) -> None:
    model = TreeModel()
    model.set_rows(rows_of(ORDER))
    pid = model.index(1, 0)
    assert "PID-4" not in labels(model, pid)
    model.show_empty(True)
    assert "PID-4" in labels(model, model.index(1, 0))


def test_a_missing_field_with_a_problem_is_shown_though_it_is_empty(qapp: QApplication) -> None:
    text = ORDER.replace("|C1|P|", "||P|")
    model = TreeModel()
    model.set_rows(rows_of(text, with_findings=True))
    msh = model.index(0, 0)
    assert "MSH-10" in labels(model, msh)
    assert child(model, msh, "MSH-10").data(ROW_ROLE).problems


def test_null_empty_and_a_date_are_told_apart(qapp: QApplication) -> None:
    rows = rows_of(ORDER)
    null = rows.at_path("PID-11")
    birth = rows.at_path("PID-7")
    assert null is not None
    assert birth is not None
    assert value_text(null).startswith("null")
    assert value_text(birth) == "1970-01-01"


def test_a_filter_keeps_what_leads_to_a_hit(qapp: QApplication) -> None:
    model = TreeModel()
    model.set_rows(rows_of(ORDER))
    model.set_filter("Female")
    run_search(model)
    assert labels(model, QModelIndex()) == ["PID"]
    assert labels(model, model.index(0, 0)) == ["PID-8"]
    model.set_filter("")
    assert model.rowCount() == 4


def test_a_segment_found_by_its_name_alone_stays_closed(qtbot: QtBot) -> None:
    pane = TreePane()
    qtbot.addWidget(pane)
    pane.show_rows(rows_of(ORDER))
    pane.filter.setText("head")
    header, order = pane.model.index(0, 0), pane.model.index(1, 0)
    assert [header.data(), order.data()] == ["MSH", "OBR"]
    assert not pane.view.isExpanded(header)
    assert labels(pane.model, header)[:2] == ["MSH-1", "MSH-2"]
    assert pane.view.isExpanded(order)
    assert labels(pane.model, order) == ["OBR-4"]


def test_a_filter_finds_by_name_and_path_as_well(qapp: QApplication) -> None:
    model = TreeModel()
    model.set_rows(rows_of(ORDER))
    for needle, expected in (("sex", "PID-8"), ("obr-18", "OBR-18")):
        model.set_filter(needle)
        run_search(model)
        assert expected in labels(model, model.index(0, 0))


def test_a_long_message_is_searched_in_slices_and_shown_in_order(qapp: QApplication) -> None:
    model = TreeModel()
    model.set_rows(rows_of(many(DEEP_SEGMENTS + 500)))
    model.set_filter("hemoglobin")
    assert model.is_searching
    run_search(model)
    assert model.rowCount() == DEEP_SEGMENTS + 500
    found = [model.index(n, 0).data(ROW_ROLE).position for n in range(0, model.rowCount(), 97)]
    assert found == sorted(found)
    row = model.index(700, 0).data(ROW_ROLE)
    assert model.find(row).row() == 700


def test_a_segment_costs_nothing_until_it_is_opened(qapp: QApplication) -> None:
    rows = rows_of(many(3_000))
    model = TreeModel()
    model.set_rows(rows)
    model.complete()
    last = model.index(model.rowCount() - 1, 0)
    assert model.hasChildren(last)
    assert not model.parent(last).isValid()
    assert len(rows._made) == 0
    assert labels(model, last)[0] == "OBX-1"
    assert len(rows._made) == 1


def test_the_view_gets_the_first_segments_at_once_and_the_others_soon(qtbot: QtBot) -> None:
    pane = TreePane()
    qtbot.addWidget(pane)
    rows = rows_of(many(FIRST_SEGMENTS + 300))
    pane.show_rows(rows)
    assert pane.model.rowCount() == FIRST_SEGMENTS
    qtbot.waitUntil(lambda: pane.model.rowCount() == len(rows))
    pane.show_rows(rows, rows.at_path("OBX[2100]-5"))
    assert pane.view.current_row() is rows.at_path("OBX[2100]-5")


def test_lines_that_are_no_segments_do_not_open(qapp: QApplication) -> None:
    model = TreeModel()
    model.set_rows(rows_of(ORDER + "junk here\r"))
    assert model.rowCount() == 5
    assert not model.hasChildren(model.index(4, 0))


def test_a_path_leads_to_its_row_or_the_one_above() -> None:
    rows = rows_of(many(12) + "junk\rmore junk\r")
    for path, expected in (
        ("OBX[12]-5", "OBX[12]-5"),
        ("PID-3[2].1", "PID-3[2].1"),
        ("PID-40", "PID"),
        ("PID-5.1", "PID-5.1"),
    ):
        row = rows.at_path(path)
        assert row is not None
        assert str(row.path) == expected
    assert rows.at_path("ZZZ-1") is None
    assert rows.at_path("no path") is None
    junk = rows[len(rows) - 1]
    assert rows.at_path(junk.path) is junk


def test_copy_takes_the_whole_value_and_the_path(qtbot: QtBot) -> None:
    long = "A" * 5_000
    pane = TreePane()
    qtbot.addWidget(pane)
    rows = rows_of(ORDER + f"OBX|1|TX|X^Y||{long}||||||F\r")
    pane.show_rows(rows, rows.at_path("OBX-5"))
    pane.view.copy_value()
    assert QGuiApplication.clipboard().text() == long
    pane.select(rows.at_path("OBR-4.2"))
    qtbot.keyClick(pane.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "CT & \\ HEAD"
    pane.view.copy_path()
    assert QGuiApplication.clipboard().text() == "OBR-4.2"
    pane.view.copy_row()
    assert QGuiApplication.clipboard().text() == "OBR-4.2\tText\tCT & \\ HEAD"


def test_a_null_is_copied_as_nothing() -> None:
    row = rows_of(ORDER).at_path("PID-11")
    assert row is not None
    assert copied_value(row) == ""


@pytest.mark.parametrize("path", ["PID-3[2].1", "OBR-4.2", "PID-8", "PID-5.2", "PID-7"])
def test_the_filter_for_a_value_finds_the_message_again(path: str) -> None:
    rows = rows_of(ORDER)
    row = rows.at_path(path)
    assert row is not None
    query = filters.parse(filter_for(row))
    (leaf,) = filters.leaves(query.root)
    assert isinstance(leaf, filters.PathMatch)
    assert leaf.path == row.path.generic()
    assert leaf.operator == "="
    assert leaf.value == row.value


@pytest.mark.parametrize("path", ["PID", "PID-3", "PID-11"])
def test_there_is_no_filter_for_what_has_no_single_value(path: str) -> None:
    row = rows_of(ORDER).at_path(path)
    assert row is not None
    assert filter_for(row) == ""


def test_the_context_menu_offers_the_filter(qtbot: QtBot) -> None:
    pane = TreePane()
    qtbot.addWidget(pane)
    rows = rows_of(ORDER)
    pane.show_rows(rows, rows.at_path("OBR-18"))
    menu = pane.view.menu()
    actions = {action.text(): action for action in menu.actions()}
    with qtbot.waitSignal(pane.view.filter_requested) as caught:
        actions["Filter by this value"].trigger()
    assert caught.args == ["OBR-18=ACC1"]
    assert "Copy path" in actions
    menu.deleteLater()


def test_what_was_opened_stays_open_in_the_next_message(qtbot: QtBot) -> None:
    pane = TreePane()
    qtbot.addWidget(pane)
    rows = rows_of(ORDER)
    pane.show_rows(rows)
    field = rows.at_path("PID-5")
    assert field is not None
    pane.view.expand(pane.model.find(field))
    other = rows_of(ORDER.replace("DOE", "ROE"))
    pane.show_rows(other)
    same = other.at_path("PID-5")
    assert same is not None
    assert pane.view.isExpanded(pane.model.find(same))


def test_escape_ends_the_filter(qtbot: QtBot) -> None:
    pane = TreePane()
    qtbot.addWidget(pane)
    pane.show_rows(rows_of(ORDER))
    pane.show()
    pane.begin_filter()
    qtbot.keyClicks(pane.filter, "nothing has this")
    assert pane.model.rowCount() == 0
    assert pane.nothing.isVisible()
    qtbot.keyClick(pane.filter, Qt.Key.Key_Escape)
    assert not pane.filter.isVisible()
    assert pane.model.rowCount() == 4
