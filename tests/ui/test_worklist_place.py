"""The place Worklist over a worklist in memory: list, groups, filters, live changes, as of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.modeltest import ModelTester
from window_kit import child
from worklist_window_kit import BASE_US, FakeWorklist, effects

from hl7console.ui.worklist import words
from hl7console.ui.worklist.chain import chain_page
from hl7console.ui.worklist.header import Title
from hl7console.ui.worklist.model import LineTableModel
from hl7console.ui.worklist.place import WorklistPlace
from hl7console.ui.worklist.side import SideTab


@pytest.fixture
def worklist() -> FakeWorklist:
    made = FakeWorklist()
    made.fill(14, words.today_code())
    return made


@pytest.fixture
def place(window, preferences, worklist, qtbot):
    made = WorklistPlace(window._console, window.bridge, preferences, worklist.reader)
    qtbot.addWidget(made, before_close_func=lambda p: p.stop())
    made.resize(1400, 800)
    with qtbot.waitSignal(made.feed.listed):
        made.show()
    return made


def column(place: WorklistPlace, key: str) -> list[str]:
    model = place.feed.model
    at = [c.key for c in model.columns].index(key)
    return [model.text_at(row, at) for row in range(model.rowCount())]


def listed(place: WorklistPlace, qtbot, act) -> None:
    with qtbot.waitSignal(place.feed.listed):
        act()


def test_stat_stands_first_and_the_count_says_which_day(place):
    assert column(place, "priority")[:2] == ["STAT", "STAT"]
    assert set(column(place, "priority")[2:]) == {"high", "routine"}
    assert place.search.told == "14 steps today"


def test_states_are_words_and_an_incomplete_line_says_so(place):
    assert set(column(place, "state")) == {
        "scheduled", "arrived", "started", "cancelled", "incomplete", "completed",
    }  # fmt: skip
    row = column(place, "state").index("incomplete")
    assert column(place, "flags")[row] == "no station"
    assert column(place, "station")[row] == "\u2014"
    assert "any CR" in column(place, "station")


def test_search_and_filters_narrow_the_list(place, qtbot):
    listed(place, qtbot, lambda: place.search.set_text("okafor"))
    assert set(column(place, "patient")) == {"OKAFOR^BEN"}
    listed(place, qtbot, place.search.clear)
    listed(place, qtbot, lambda: place.filters.modality.choose(("CT",)))
    assert set(column(place, "modality")) == {"CT"}
    listed(place, qtbot, lambda: place.filters.modality.choose(()))
    listed(place, qtbot, lambda: place.filters.incomplete.setChecked(True))
    assert set(column(place, "state")) == {"incomplete"}


def test_a_search_without_result_says_so_and_offers_everything(place, qtbot):
    listed(place, qtbot, lambda: place.search.set_text("nobody"))
    assert place.empty.isVisible()
    assert place.empty.title == "No line is like this"
    listed(place, qtbot, child(place.empty, QPushButton, "emptyButton0").click)
    assert place.table.isVisible()
    assert place.filters.day.value == "all"


def test_an_empty_worklist_says_where_orders_come_from(place, worklist, qtbot):
    worklist.lines.clear()
    listed(place, qtbot, place.show_everything)
    assert place.empty.title == "No orders yet"
    with qtbot.waitSignal(place.listeners_wanted):
        child(place.empty, QPushButton, "emptyButton0").click()


def test_groups_fold_by_key_and_keep_folded(place, qtbot):
    listed(place, qtbot, lambda: place.filters.group.choose("modality"))
    texts = column(place, "start")
    assert [t for t in texts if "·" in t] == ["CR · 4", "CT · 4", "MR · 4", "US · 2"]
    place.table.go_to(0)
    qtbot.keyClick(place.table, Qt.Key.Key_Space)
    assert place.feed.model.rowCount() == 14
    assert column(place, "start")[:2] == ["CR · 4", "CT · 4"]
    qtbot.keyClick(place.table, Qt.Key.Key_Right)
    assert place.feed.model.rowCount() == 18
    place.table.go_to(7)
    qtbot.keyClick(place.table, Qt.Key.Key_Left)
    assert place.table.currentIndex().row() == 5
    assert place.feed.model.rowCount() == 14


def test_the_model_keeps_its_promises(place, qtbot):
    listed(place, qtbot, lambda: place.filters.group.choose("state"))
    tester = ModelTester(None)
    tester.check(place.feed.model, force_py=True)
    place.table.fold_all(is_folded=True)
    place.table.fold_all(is_folded=False)
    tester._cleanup()


def test_a_change_shows_in_its_row_without_another_list(place, worklist, window, qtbot):
    place.table.go_to(place.feed.model.row_of(2))
    worklist.set(2, state="STARTED")
    place.feed.look_again()
    qtbot.waitUntil(lambda: column(place, "state")[place.feed.model.row_of(2)] == "started")
    assert place.table.current_id() == 2


def test_no_row_moves_under_the_mouse(place, worklist, qtbot):
    before = column(place, "accession")
    place.feed.set_still(True)
    worklist.lines[99] = replace(worklist.lines[1], step_id=99, accession="NEW", start_time="0000")
    place.feed.look_again()
    news = child(place.table, QPushButton, "worklistNews")
    qtbot.waitUntil(news.isVisible)
    assert column(place, "accession") == before
    news.click()
    qtbot.waitUntil(lambda: column(place, "accession")[0] == "NEW")
    assert not news.isVisible()


def test_changes_list_anew_ten_times_a_second_at_most(place, worklist, qtbot):
    asked = len(worklist.asked)
    for _ in range(200):
        place.feed.look_again()
    qtbot.wait(150)
    assert len(worklist.asked) - asked <= 2


def test_the_pane_says_who_what_and_why(place, qtbot):
    place.table.go_to(place.feed.model.row_of(6))
    qtbot.waitUntil(lambda: place.side.details is not None and place.side.step_id == 6)
    assert place.side.header.title.text() == "MR brain · MR26006"
    assert "1988-03-02" in place.side.header.person.text()
    text = place.side.why.page.toPlainText()
    assert "accession MR26006 ← OBR-18" in text
    assert "patient name MORENO^L → MORENO^LIA ← PID-5" in text
    assert "ignored: " in text
    assert place.side.header.banner.isVisible()
    banner = child(place.side, QLabel, "stepBannerText").text()
    assert "it has no station" in banner
    assert "IPC-9" in banner


def test_a_link_of_the_chain_opens_its_message(place, qtbot):
    place.table.go_to(place.feed.model.row_of(6))
    qtbot.waitUntil(lambda: bool(place.side.effects))
    place.side.why.page.link_chosen.emit("message:2")
    assert place.side.tabs.currentIndex() == SideTab.MESSAGES
    assert place.side.messages.chosen() == [2]


def test_the_messages_are_those_of_the_chain_newest_first(place, qtbot):
    place.table.go_to(place.feed.model.row_of(6))
    qtbot.waitUntil(lambda: place.side.messages.list.count() == 4)
    assert "ORM^O01 XO" in place.side.messages.list.item(0).text()
    assert place.side.messages.chosen() == [4]


def test_a_station_is_told_why_it_does_not_see_the_line(place, qtbot):
    place.table.go_to(place.feed.model.row_of(6))
    qtbot.waitUntil(lambda: place.side.details is not None and place.side.step_id == 6)
    place.side.why.station.setEditText("MR1")
    qtbot.keyClick(place.side.why.station.lineEdit(), Qt.Key.Key_Return)
    verdict = child(place.side, QLabel, "whyVerdict")
    assert verdict.isVisible()
    assert verdict.text().startswith("MR1 does not see it.")


def test_the_answer_lists_what_a_modality_would_get(place, qtbot):
    place.table.go_to(place.feed.model.row_of(1))
    qtbot.waitUntil(lambda: place.side.details is not None and place.side.step_id == 1)
    place.side.show_tab(SideTab.ANSWER)
    text = place.side.answer.page.toPlainText()
    assert "PatientName" in text
    assert "MARLOWE^TESS" in text
    assert "(0040,0100)" in text


def test_as_of_shows_an_earlier_moment_and_comes_back(place, worklist, qtbot):
    listed(place, qtbot, place.as_of_button.click)
    assert place.as_of.isVisible()
    listed(place, qtbot, lambda: place.as_of.go_to(BASE_US + 61_000_000))
    assert worklist.asked[-1].at_us == BASE_US + 61_000_000
    qtbot.waitUntil(lambda: len(place.side.effects) == 2)
    listed(place, qtbot, place.as_of.now_button.click)
    assert worklist.asked[-1].at_us == 0
    assert not place.as_of.isVisible()


def test_two_hundred_thousand_lines_fetch_only_what_is_looked_at(place, worklist, qtbot):
    worklist.fill(200_000, words.today_code())
    fetched: list[int] = []
    place.feed.model.rows_wanted.connect(lambda ids: fetched.extend(ids))
    listed(place, qtbot, lambda: place.filters.group.choose("day"))
    assert place.feed.model.rowCount() == 200_001
    place.table.scrollToBottom()
    qtbot.waitUntil(lambda: column_at(place, 200_000) != "…")
    assert 0 < len(fetched) <= 1000


def column_at(place: WorklistPlace, row: int) -> str:
    return LineTableModel.text_at(place.feed.model, row, 2)


def test_what_is_chosen_comes_back_with_the_next_window(
    place, preferences, window, worklist, qtbot
):
    listed(place, qtbot, lambda: place.filters.group.choose("station"))
    place.stop()
    again = WorklistPlace(window._console, window.bridge, preferences, worklist.reader)
    qtbot.addWidget(again, before_close_func=lambda p: p.stop())
    assert again.filters.group.value == "station"


def test_entries_that_changed_nothing_stand_together_as_one():
    silent = [replace(effects(1)[0], entry=n, changes=(), title="ADT^A08") for n in (7, 8)]
    page = chain_page([effects(1)[0], *silent, effects(1)[1]])
    assert page.count("Changed nothing here.") == 1
    assert page.count("ADT^A08") == 2
    assert page.index("ORM^O01 NW") < page.index("ADT^A08") < page.index("SIU^S12")


def test_a_long_title_gives_way_and_is_whole_in_its_tip(qtbot):
    title = Title()
    qtbot.addWidget(title)
    title.tell("A procedure with a very long name · CT26001")
    title.resize(80, 20)
    title.show()
    assert title.text().endswith("…")
    assert title.toolTip() == "A procedure with a very long name · CT26001"
    title.resize(900, 20)
    assert title.text() == "A procedure with a very long name · CT26001"
