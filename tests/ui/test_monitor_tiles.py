"""The model, view and painter of the Monitor's tiles."""

from __future__ import annotations

import pytest
from monitor_window_kit import status
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester

from hl7console.engine.snapshot import LinkState
from hl7console.ui.monitor.shown import NOTHING, Trend
from hl7console.ui.monitor.tile_delegate import (
    FULL_HEIGHT,
    SMALL_HEIGHT,
    TileDelegate,
    spark_lines,
)
from hl7console.ui.monitor.tile_model import TileModel
from hl7console.ui.monitor.tile_view import TileView
from hl7console.ui.monitor.tiles import rank, tile_of
from hl7console.ui.theme import theme

NOW_US = 1_780_000_000_000_000


def tiles(*names: str, down: str = ""):
    return [
        tile_of(
            status(name, state=LinkState.FAILED if name == down else LinkState.LISTENING),
            None, None, Trend(tuple(float(n % 7) for n in range(60))), None, 1.0, NOW_US,
        )
        for name in names
    ]  # fmt: skip


@pytest.fixture
def model(qapp, qtmodeltester):
    made = TileModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.set_tiles(tiles("A", "B", "C"))
    qtmodeltester.check(made)
    yield made
    tester.deleteLater()


def names(model) -> list[str]:
    return [model.index(row).data() for row in range(model.rowCount())]


def test_the_model_holds_through_changes_moves_filters_and_resets(model, qtmodeltester):
    model.set_tiles(tiles("A", "B", "C", down="B"))
    assert "down" in model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    model.set_tiles(tiles("C", "A", "B"))
    assert names(model) == ["C", "A", "B"]
    model.set_filter("a")
    assert names(model) == ["A"]
    model.set_filter("")
    model.set_tiles(tiles("D"))
    model.set_tiles([])
    assert model.rowCount() == 0
    qtmodeltester.check(model)


def test_only_tiles_that_changed_are_drawn_again(model):
    seen = []
    model.dataChanged.connect(lambda first, last, *_: seen.append((first.row(), last.row())))
    model.set_tiles(tiles("A", "B", "C"))
    assert seen == []
    model.set_tiles(tiles("A", "B", "C", down="B"))
    assert seen == [(1, 1)]


def test_a_held_order_takes_new_ones_at_the_end(model):
    model.hold(is_held=True)
    model.set_tiles(tiles("C", "B", "A"))
    assert names(model) == ["A", "B", "C"]
    model.set_tiles(tiles("D", "C", "B", "A"))
    assert names(model) == ["A", "B", "C", "D"]
    model.hold(is_held=False)
    assert names(model) == ["D", "C", "B", "A"]


@pytest.fixture
def view(model, qtbot):
    made = TileView(model)
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    yield made
    made.close()


def test_the_chosen_tile_stays_chosen_when_the_order_changes(view, model):
    view.choose(("listener", "B"))
    model.set_tiles(tiles("C", "B", "A"))
    assert view.currentIndex().data() == "B"
    model.set_tiles(tiles("C", "B", "A", "D"))
    assert view.selectionModel().selectedIndexes()[0].data() == "B"
    view.choose(None)
    assert not view.selectionModel().hasSelection()


def test_many_tiles_are_small_and_few_are_whole(view, model):
    assert view.height_for(900, 200) == FULL_HEIGHT
    model.set_tiles(tiles(*(f"N{n:03}" for n in range(200))))
    assert view.height_for(900, 200) == 2 * SMALL_HEIGHT
    assert view.height_for(900, 200, 300) == 4 * SMALL_HEIGHT
    view.setFixedHeight(4 * SMALL_HEIGHT)
    rows = {view.visualRect(model.index(row)).top() for row in range(8)}
    assert len(rows) == 2, "as many in a row as fit"


@pytest.mark.parametrize(
    ("is_small", "down", "room", "wanted"),
    [
        (True, "Billing out", 400, "down 4 min"),
        (True, "Billing out", 110, "down"),
        (False, "Billing out", 400, "down 4 min"),
        (False, "Billing out", 110, "down"),
        (True, "", 400, "up"),
        (False, "", 400, "up 4 min"),
        (False, "", 110, "up"),
    ],
)
def test_the_age_of_a_state_makes_room_for_the_name(qapp, is_small, down, room, wanted):
    state = LinkState.FAILED if down else LinkState.LISTENING
    since_us = NOW_US - 240 * 1_000_000
    tile = tile_of(
        status("Billing out", state=state, since_us=since_us), None, None, Trend(()), None, 1.0,
        NOW_US,
    )  # fmt: skip
    delegate = TileDelegate()
    delegate.is_small = is_small
    assert delegate.pill_of(tile, 11, room)[0] == wanted


def test_numbers_in_names_are_sorted_as_numbers():
    found = sorted(
        tiles("CT 10", "CT 2", "ct 1", "CT", "MR 1", "7", "MR 12", down="MR 12"), key=rank
    )
    assert [tile.name for tile in found] == ["MR 12", "7", "CT", "ct 1", "CT 2", "CT 10", "MR 1"]


def test_a_right_click_asks_for_the_menu_of_what_is_under_the_mouse(view, model, qtbot):
    found = []
    view.menu_wanted.connect(lambda key, _at: found.append(key))
    at = view.visualRect(model.index(2)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, QPoint(0, 0))
    view.contextMenuEvent(event)
    assert found == [("listener", "C")]


def test_tiles_are_drawn_in_the_colour_of_their_state(view, model):
    model.set_tiles(tiles("A", down="A"))
    view.height_for(900, 200)
    box = view.visualRect(model.index(0))
    picture = view.grab().toImage()
    scale = picture.devicePixelRatio()
    color = picture.pixelColor(
        round((box.left() + 6) * scale), round((box.top() + box.height() / 2) * scale)
    )
    assert color.name().upper() == theme().tokens.err.upper()


def test_a_sparkline_is_broken_where_nothing_is_known():
    lines = spark_lines((1.0, 2.0, NOTHING, 4.0, 4.0), 40.0, 20.0)
    assert [line.count() for line in lines] == [2, 2]
    assert lines[1].at(0).y() == 1.0
    assert not spark_lines((), 40.0, 20.0)
