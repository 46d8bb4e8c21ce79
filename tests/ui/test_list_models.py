"""The models under the lists, by themselves."""

from __future__ import annotations

from array import array
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from hl7console.errors import UsageError
from hl7console.store.records import MessageRow
from hl7console.ui.messages.columns import (
    DEFAULT_KEYS,
    column_for,
    columns_for,
    paths_of,
    pill_for,
    received_text,
    size_text,
)
from hl7console.ui.messages.id_list import IdList
from hl7console.ui.messages.model import WINDOW, MessageTableModel
from hl7console.ui.report_table import ReportColumn, ReportModel, ReportRow

_TEXTS = (
    "interface",
    "peer",
    "message_type",
    "event",
    "structure",
    "control_id",
    "sender",
    "receiver",
    "version",
    "charset",
    "patient_id",
    "patient_authority",
    "patient_name",
    "accession",
    "placer_order",
    "filler_order",
    "ack_code",
    "error_text",
    "flags",
)


def row(message_id: int, **changes: object) -> MessageRow:
    texts = dict.fromkeys(_TEXTS, "")
    numbers = {
        "connection": 0,
        "received_at_us": 0,
        "size_bytes": 10,
        "parent_id": 0,
        "duplicate_of": 0,
    }
    values = {"id": message_id, "origin": "received", "status": "ok", "handled": False}
    return MessageRow(**(texts | numbers | values | changes))  # type: ignore[arg-type]


def ids(*values: int) -> array[int]:
    return array("q", values)


@given(st.sets(st.integers(1, 2**40)), st.sets(st.integers(2**40 + 1, 2**41)), st.integers(1, 9))
def test_ids_fall_from_row_to_row_and_are_found(older, newer, chunk):
    held = IdList()
    falling = sorted(older, reverse=True)
    for start in range(0, len(falling), chunk):
        held.add_older(ids(*falling[start : start + chunk]))
    rising = sorted(newer)
    for start in range(0, len(rising), chunk):
        held.add_newer(ids(*rising[start : start + chunk]))
    everything = sorted(older | newer, reverse=True)
    assert [held[r] for r in range(len(held))] == everything
    assert [held.row_of(i) for i in everything] == list(range(len(everything)))
    assert held.row_of(0) == -1
    assert held.slice(1, 3) == everything[1:4]
    with pytest.raises(IndexError):
        held[len(held)]


def test_the_message_model_is_a_sound_model(qtmodeltester):
    model = MessageTableModel()
    model.add_older(ids(5, 4, 3))
    model.add_newer(ids(6, 7))
    model.put_rows([row(n) for n in range(3, 8)])
    qtmodeltester.check(model, force_py=True)


def test_the_report_model_is_a_sound_model(qtmodeltester):
    model = ReportModel([ReportColumn("A", 3, is_fixed=True), ReportColumn("B", 3, is_state=True)])
    model.set_rows([ReportRow(("1", "ok"), "ok"), ReportRow(("2", ""), "")])
    qtmodeltester.check(model, force_py=True)


def test_a_row_that_is_not_there_is_asked_for_once_with_its_neighbours(qtbot):
    model = MessageTableModel()
    model.add_older(array("q", range(1000, 0, -1)))
    asked = []
    model.rows_wanted.connect(asked.append)
    assert model.index(WINDOW + 5, 0).data() == "…"
    assert model.index(WINDOW + 6, 0).data() == "…"
    assert asked == [[1000 - r for r in range(WINDOW, 2 * WINDOW)]]
    changed = []
    model.dataChanged.connect(lambda a, b: changed.append((a.row(), b.row())))
    model.put_rows([row(i, control_id=f"C{i}") for i in asked[0]], asked[0])
    assert changed == [(WINDOW, 2 * WINDOW - 1)]
    column = [c.key for c in model.columns].index("control")
    assert model.index(WINDOW, column).data() == f"C{1000 - WINDOW}"


def test_rows_far_apart_are_let_go(qtbot):
    model = MessageTableModel()
    model.add_older(array("q", range(20_000, 0, -1)))
    for start in range(1, 20_000, WINDOW):
        model.put_rows([row(i) for i in range(start, min(start + WINDOW, 20_001))])
    assert len(model._rows) <= 20 * WINDOW


def test_a_dropped_request_can_be_made_again(qtbot):
    model = MessageTableModel()
    model.add_older(ids(2, 1))
    asked = []
    model.rows_wanted.connect(asked.append)
    model.row_at(0)
    model.unmark(asked[0])
    model.row_at(0)
    assert asked == [[2, 1], [2, 1]]


def test_ids_that_are_there_already_are_not_added_twice(qtbot):
    model = MessageTableModel()
    model.add_older(ids(5, 4))
    model.add_newer(ids(4, 5, 6))
    assert [model.id_at(r) for r in range(model.rowCount())] == [6, 5, 4]


def test_columns_are_words_or_field_paths():
    assert column_for("mrn").title == "MRN"
    assert column_for("pid.5.1").key == "PID-5.1"
    with pytest.raises(UsageError, match="Not a field path"):
        column_for("not a path")
    assert [c.key for c in columns_for([])] == [*DEFAULT_KEYS]
    assert [c.key for c in columns_for(["mrn", "bad one", "PID-5.1", "PID.5.1"])] == [
        "mrn",
        "PID-5.1",
    ]
    assert paths_of(columns_for(["mrn", "OBX[2]-5"])) == ("OBX[2]-5",)


def test_values_of_field_paths_come_with_the_rows(qtbot):
    model = MessageTableModel()
    model.set_columns(columns_for(["control", "PID-5.1", "PID-8"]))
    model.add_older(ids(1))
    model.put_rows([row(1, values=("MARLOWE", "F"))])
    assert [model.index(0, c).data() for c in (1, 2)] == ["MARLOWE", "F"]
    header = model.headerData(1, Qt.Orientation.Horizontal)
    assert header == "PID-5.1"


@pytest.mark.parametrize(
    ("changes", "text", "role"),
    [
        ({"ack_code": "AA"}, "AA", "ok"),
        ({"ack_code": "AE", "status": "error"}, "AE", "err"),
        ({"status": "error"}, "error", "err"),
        ({"ack_code": "AR", "status": "rejected"}, "AR", "err"),
        ({"ack_code": "AA", "duplicate_of": 3}, "duplicate", "info"),
        ({"origin": "imported"}, "imported", "muted"),
        ({"origin": "sent"}, "sent", "muted"),
        ({"origin": "sent", "sending_state": "accepted", "sending_code": "AA"}, "AA", "ok"),
        ({"origin": "sent", "sending_state": "rejected", "sending_code": "AE"}, "AE", "err"),
        ({"origin": "sent", "sending_state": "unknown", "sending_code": "AA"}, "unknown", "warn"),
        ({"origin": "sent", "sending_state": "cancelled"}, "not sent", "err"),
    ],
)
def test_a_result_is_a_word_and_a_colour(changes, text, role):
    pill = pill_for(row(1, **changes))
    assert (pill.text, pill.role) == (text, role)


def test_times_show_the_date_only_where_it_is_another_day():
    moment = datetime(2026, 3, 2, 14, 5, 6, 789_000).astimezone()
    micros = round(moment.timestamp() * 1_000_000)
    assert received_text(micros, date(2026, 3, 2)) == "14:05:06.789"
    assert received_text(micros, date(2026, 3, 9)) == "03-02 14:05:06.789"
    assert received_text(micros, date(2027, 1, 1)) == "2026-03-02 14:05:06"
    assert received_text(0) == ""


def test_sizes_have_the_unit_that_fits():
    assert [size_text(n) for n in (5, 1500, 2_500_000)] == ["5 B", "1.5 kB", "2.5 MB"]
