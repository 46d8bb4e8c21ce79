"""The Monitor on the real window: tiles, plots, what a click opens, menus, saving, the wall."""

from __future__ import annotations

import socket
import time

import pytest
from monitor_window_kit import hospital
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QMenu, QWidget
from window_kit import order, port, send, shown

from hl7console.engine.alert_commands import AcknowledgeAlerts, SnoozeAlerts
from hl7console.engine.console import SaveDestination
from hl7console.engine.repair_commands import SaveRoute
from hl7console.settings import DestinationSettings, RouteSettings
from hl7console.store.measures.records import Scope
from hl7console.ui.main_window import MainWindow
from hl7console.ui.monitor.shown import EVERYTHING, Series
from hl7console.ui.theme import Scheme, theme


def open_window(console, preferences, answers, qtbot) -> MainWindow:
    made = MainWindow(console, preferences=preferences, ask=answers)
    made.may_close = True
    qtbot.addWidget(made, before_close_func=lambda w: w.stop())
    made.resize(1600, 1000)
    made.show()
    with qtbot.waitSignal(made.messages.feed.search_finished):
        made.start()
    return made


@pytest.fixture
def staged(engine):
    return hospital(engine, 12, is_broken=True)


@pytest.fixture
def staged_window(staged, preferences, answers, qtbot):
    made = open_window(staged, preferences, answers, qtbot)
    yield made
    made.stop()
    made.close()


def place_of(window, qtbot, *, span: str = ""):
    window.go_to("monitor")
    place = window.monitor.place()
    if span:
        place.show_span(span)
    qtbot.waitUntil(lambda: place.board is not None and place.shown is not None)
    return place


def names(place) -> list[str]:
    return [tile.name for tile in place.tile_model.tiles]


def tile(place, name: str):
    return next(t for t in place.tile_model.tiles if t.name == name)


def click(plot, at_s: float, value: float, qtbot) -> None:
    at = plot.pixel_of(at_s, value).toPoint()
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)


# Accept: a click on a peak opens exactly the messages of that peak


def next_second(qtbot) -> None:
    now_s = int(time.time())
    qtbot.waitUntil(lambda: int(time.time()) > now_s)


def test_a_click_on_a_peak_opens_exactly_its_messages(window, engine, qtbot):
    send(port(engine), order("EARLY"))
    next_second(qtbot)
    send(port(engine), *(order(f"PEAK{n}") for n in range(7)))
    next_second(qtbot)
    send(port(engine), order("LATE"))
    place = place_of(window, qtbot, span="5m")
    # What was read for the span before may still come first.
    qtbot.waitUntil(lambda: place.shown.curve.step_s == 1 and sum(place.shown.curve.received) == 9)
    curve = place.shown.curve
    step = max(range(len(curve.received)), key=curve.received.__getitem__)
    since_s = curve.since_s + step
    wanted = {
        row.control_id
        for row in engine.open_reader().rows(range(1, 10))
        if since_s <= row.received_at_us // 1_000_000 < since_s + 1
    }
    assert {"PEAK0"} < wanted
    assert len(wanted) == curve.received[step] < 9
    card = place.board.cards["rate"]

    def height() -> float:
        return card.content.line("received").value_at(since_s + 0.5)

    qtbot.waitUntil(lambda: height() == len(wanted))
    with qtbot.waitSignal(window.messages.feed.search_finished):
        click(card.plot, since_s + 0.5, height(), qtbot)
    assert window.messages.isVisible()
    assert set(shown(window)) == wanted


def test_a_stretch_opens_all_its_steps_and_only_the_listener_chosen(window, engine, qtbot):
    send(port(engine), order("S1"), order("S2"))
    place = place_of(window, qtbot, span="5m")
    place.show_series("listener", "In")
    qtbot.waitUntil(lambda: place.shown.asked.series == Series(Scope.LISTENER, "In"))
    qtbot.waitUntil(lambda: place.shown.curve.step_s == 1 and sum(place.shown.curve.received) == 2)
    curve = place.shown.curve
    plot = place.board.cards["rate"].plot
    step = max(range(len(curve.received)), key=curve.received.__getitem__)
    first = plot.pixel_of(curve.since_s + step - 20, 0.5).toPoint()
    last = plot.pixel_of(min(curve.since_s + step + 3, curve.until_s), 0.5).toPoint()
    with qtbot.waitSignal(place.filter_wanted) as found:
        qtbot.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=first)
        qtbot.mouseMove(plot.viewport(), pos=(first + last) / 2)
        qtbot.mouseMove(plot.viewport(), pos=last)
        qtbot.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=last)
    assert found.args[0].startswith("direction:received listener:In since:")
    qtbot.waitUntil(lambda: set(shown(window)) == {"S1", "S2"})


# Accept: a destination that goes down turns its tile


def test_a_destination_that_goes_down_turns_its_tile(window, engine, qtbot):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        number = closed.getsockname()[1]
        engine.submit(SaveDestination(DestinationSettings(name="Gone", port=number))).result(20)
        engine.submit(SaveRoute(RouteSettings(name="all", destinations=("Gone",)))).result(20)
        place = place_of(window, qtbot)
        qtbot.waitUntil(lambda: "Gone" in names(place))
        assert tile(place, "Gone").role == "muted"
        send(port(engine), order("D1"))
        qtbot.waitUntil(lambda: tile(place, "Gone").role == "err")
    assert names(place)[0] == "Gone"
    assert tile(place, "Gone").word == "down"
    assert "1 waiting" in tile(place, "Gone").problem
    assert "1 down" in place.header.summary.text()


# Tiles


def test_tiles_stand_worst_first_and_the_bar_counts_them(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    assert names(place)[:2] == ["Billing out", "Lab in"]
    assert place.header.summary.accessibleName() == "12 interfaces · 1 down · 1 quiet"
    assert tile(place, "Billing out").pill.startswith("down 4 min")


def test_a_click_on_a_tile_shows_its_plots_and_a_second_one_all_again(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    row = names(place).index("RIS in")
    at = place.tiles.visualRect(place.tile_model.index(row)).center()
    qtbot.mouseClick(place.tiles.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: place.shown.asked.series == Series(Scope.LISTENER, "RIS in"))
    assert place._preferences.text("monitor/series") == "listener|RIS in"
    qtbot.mouseClick(place.tiles.viewport(), Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: place.shown.asked.series == EVERYTHING)


def test_tiles_work_by_keyboard(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    tiles = place.tiles
    assert tiles.key is None, "coming here chooses nothing"
    qtbot.keyClick(tiles, Qt.Key.Key_Right)
    chosen = tiles.key
    assert chosen is not None
    qtbot.waitUntil(lambda: place.shown.asked.series.name == chosen[1])
    qtbot.keyClick(tiles, Qt.Key.Key_Home)
    assert tiles.key == ("destination", "Billing out")
    with qtbot.waitSignal(place.queue_wanted) as wanted:
        qtbot.keyClick(tiles, Qt.Key.Key_Return)
    assert wanted.args == ["Billing out"]
    staged_window.go_to("monitor")
    qtbot.keyClick(tiles, Qt.Key.Key_Escape)
    assert tiles.key is None


def test_the_menu_of_a_tile_leads_to_messages_queue_alert_and_settings(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    actions = staged_window.monitor.monitor_actions()
    menu = actions.tile_menu(("destination", "Billing out"))
    texts = [a.text() for a in menu.actions() if a.text()]
    assert texts[:3] == ["Show its plots", "Show its messages", "Show its queue"]
    assert texts[3].startswith("Alert: Connection refused")
    assert texts[-1] == "Settings"
    with qtbot.waitSignal(staged_window.monitor.filter_wanted) as wanted:
        menu.actions()[1].trigger()
    assert wanted.args == ['destination:"Billing out"']
    with qtbot.waitSignal(staged_window.monitor.settings_wanted) as settings:
        menu.actions()[-1].trigger()
    assert settings.args == ["destination", "Billing out"]
    menu.deleteLater()
    assert place is not None


def test_the_order_holds_while_the_mouse_is_over_the_tiles(staged_window, staged, qtbot):
    place = place_of(staged_window, qtbot)
    before = names(place)
    place.tile_model.hold(is_held=True)
    staged.alerts = ()
    staged.interfaces = tuple(
        type(s)(**{f: getattr(s, f) for f in s.__dataclass_fields__} | {"last_message_at_us": 1})
        if s.name == "RIS in" else s
        for s in staged.interfaces
    )  # fmt: skip
    qtbot.waitUntil(lambda: tile(place, "RIS in").word == "quiet")
    assert names(place) == before
    place.tile_model.hold(is_held=False)
    assert names(place).index("RIS in") < before.index("RIS in")


def test_a_filter_finds_interfaces_by_name_and_state(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    place.header.filter.setText("down")
    assert names(place) == ["Billing out"]
    place.header.filter.setText("nothing of the kind")
    assert names(place) == []
    place.header.filter.clear()
    assert len(names(place)) == 12


# Plots


def test_all_plots_share_one_span_and_one_crosshair(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    board = place.board
    edges = {
        (round(c.plot.place_at(c.plot.plot_box().topLeft())[0]) // 60) for c in board.cards.values()
    }
    assert max(edges) - min(edges) <= 1
    at_s = time.time() - 1200
    board.set_cursor(at_s)
    rate = board.cards["rate"]
    assert rate.legend.texts()[0].startswith("received ")
    assert rate.legend.texts()[0] != "received"
    assert time.strftime("%H:%M", time.localtime(at_s)) in place._moment.text()
    board.set_cursor(None)
    assert rate.legend.texts()[0] == "received"


def test_wheel_and_keys_zoom_and_move_and_live_returns(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    plot = place.board.cards["rate"].plot
    assert place.feed.is_live
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert not place.feed.is_live
    since_s, until_s = place.feed.stretch
    assert until_s - since_s == pytest.approx(3600 / 1.25, rel=0.01)
    assert place.header.live.isVisible()
    qtbot.waitUntil(lambda: place.shown.asked.until_s - place.shown.asked.since_s != 3600)
    qtbot.keyClick(plot, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert place.feed.stretch[0] < since_s
    qtbot.mouseClick(place.header.live, Qt.MouseButton.LeftButton)
    assert place.feed.is_live
    assert not place.header.live.isVisible()


def test_pause_holds_what_is_shown(staged_window, staged, qtbot):
    place = place_of(staged_window, qtbot, span="5m")
    qtbot.mouseClick(place.header.pause, Qt.MouseButton.LeftButton)
    held = place.feed.stretch
    staged.version += 1
    with qtbot.waitSignals([place.feed.ticked] * 2):
        pass
    assert place.feed.stretch == held
    qtbot.mouseClick(place.header.pause, Qt.MouseButton.LeftButton)
    assert place.feed.is_live


def test_the_crosshair_goes_by_step_and_enter_opens(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    plot = place.board.cards["rate"].plot
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    first_s = place.board.at_s
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert place.board.at_s == first_s - place.shown.curve.step_s
    with qtbot.waitSignal(place.filter_wanted) as wanted:
        qtbot.keyClick(plot, Qt.Key.Key_Return)
    assert "since:" in wanted.args[0]


def test_a_destinations_backlog_leads_to_what_waited_then(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    board = place.board
    content = board.cards["waiting"].content
    line = content.lines[0]
    assert line.label == "Billing out"
    at_s = line.at_s[-2]
    text = board.filter_of("waiting", at_s, at_s, line.value_at(at_s))
    assert text.startswith('destination:"Billing out" since:')


def test_last_week_is_drawn_as_well(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    assert place.board.cards["rate"].content.line("before") is None
    qtbot.mouseClick(place.header.compare, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: place.board.cards["rate"].content.line("before") is not None)


def test_the_plot_of_the_worklist_shows_states_or_messages_behind(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    board, card = place.board, place.board.cards["worklist"]
    assert [line.label for line in card.content.lines] == ["scheduled", "completed"]
    at_s = card.content.lines[0].at_s[-2]
    assert board.filter_of("worklist", at_s, at_s, 0.5) == "", "lines are no messages"
    staged_window.actions_by_name["monitor.behind"].trigger()
    qtbot.waitUntil(lambda: card.content.title == "Messages behind")
    assert board.filter_of("worklist", at_s, at_s, 0.5).startswith("direction:received since:")
    menu = staged_window.monitor.monitor_actions().plot_menu("worklist", "", at_s, at_s + 1)
    behind = next(a for a in menu.actions() if a.text() == "Messages behind instead")
    assert behind.isChecked()
    behind.trigger()
    qtbot.waitUntil(lambda: card.content.title == "Worklist by state")
    assert place._preferences.text("monitor/worklist") == "states"
    menu.deleteLater()


def test_times_become_a_heat_map_and_lines_again(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    staged_window.actions_by_name["monitor.heat"].trigger()
    qtbot.waitUntil(lambda: place.board.cards["latency"].content.heat is not None)
    assert place._preferences.text("monitor/latency") == "heat"
    staged_window.actions_by_name["monitor.heat"].trigger()
    qtbot.waitUntil(lambda: place.board.cards["latency"].content.heat is None)


def test_a_change_of_colours_reaches_plots_and_tiles(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    card = place.board.cards["rate"]

    def ground() -> str:
        return card.plot.grab().toImage().pixelColor(2, 2).name().upper()

    theme().choose(Scheme.DARK)
    assert ground() == theme().tokens.surface
    theme().choose(Scheme.LIGHT)
    assert ground() == theme().tokens.surface


def test_nothing_is_read_while_another_place_is_shown(staged_window, staged, qtbot):
    place = place_of(staged_window, qtbot, span="5m")
    staged_window.go_to("messages")
    qtbot.waitUntil(lambda: not place.feed._plots.is_busy and not place.feed._tiles.is_busy)
    staged.measures.asked.clear()
    staged.version += 1
    with qtbot.waitSignal(staged_window.bridge.snapshot_changed):
        pass
    place.feed.look()
    assert not place.feed._timer.isActive()
    assert not staged.measures.asked
    staged_window.go_to("monitor")
    qtbot.waitUntil(lambda: bool(staged.measures.asked))


# Alerts, saving, the wall, what is remembered


def test_alerts_are_put_off_acknowledged_and_shown(staged_window, staged, qtbot):
    place = place_of(staged_window, qtbot)
    qtbot.waitUntil(lambda: place.strip.rows[1].isVisible())
    row = place.strip.rows[0]
    assert "Connection refused" in row.text.accessibleName()
    done = []
    staged_window.monitor.monitor_actions().run = done.append
    place.strip.acknowledged.disconnect()
    place.strip.acknowledged.connect(lambda id_: done.append(AcknowledgeAlerts((id_,))))
    row.acknowledge.click()
    row.snooze.click()
    menu = next(m for m in place.strip.findChildren(QMenu))
    menu.actions()[1].trigger()
    menu.close()
    assert done[0] == AcknowledgeAlerts((1,))
    assert isinstance(done[1], SnoozeAlerts)
    left_s = done[1].until_us / 1e6 - time.time()
    assert left_s == pytest.approx(3600, abs=60)
    with qtbot.waitSignal(place.alert_wanted) as wanted:
        row.go.click()
    assert wanted.args == [1]


def test_a_picture_and_the_numbers_are_saved(staged_window, answers, tmp_path, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    actions = staged_window.monitor.monitor_actions()
    answers.path = tmp_path / "seen"
    actions.save_picture()
    qtbot.waitUntil(lambda: (tmp_path / "seen.png").exists() and not actions._files.is_busy)
    picture = QImage(str(tmp_path / "seen.png"))
    assert picture.width() >= place.content.width()
    actions.save_csv()
    qtbot.waitUntil(lambda: (tmp_path / "seen.csv").exists() and not actions._files.is_busy)
    lines = (tmp_path / "seen.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("from,until,received,accepted,refused")
    assert 300 < len(lines) < 730


def test_a_file_that_cannot_be_written_is_told(staged_window, answers, tmp_path, qtbot):
    place_of(staged_window, qtbot, span="1h")
    answers.path = tmp_path / "no folder" / "seen.csv"
    staged_window.monitor.monitor_actions().save_csv()
    qtbot.waitUntil(lambda: "could not be written" in staged_window.notice.text)


def test_the_wall_goes_round_and_escape_leaves_it(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    staged_window.actions_by_name["monitor.wall"].trigger()
    wall = place.wall
    assert wall.isVisible()
    qtbot.waitUntil(lambda: wall._stack.width() > 600 and wall._stack.height() > 500)
    assert wall.pages >= 2
    seen = set()
    for _ in range(wall.pages):
        seen.add((wall._stack.currentWidget().objectName(), wall.page))
        qtbot.keyClick(wall, Qt.Key.Key_Right)
    assert {name for name, _ in seen} == {"wallTiles", "monitorBoard"}
    assert wall.page == 0
    qtbot.keyClick(wall, Qt.Key.Key_Plus)
    assert wall.interval_s == 20
    assert place._preferences.text("monitor/wallSeconds") == "20"
    qtbot.keyClick(wall, Qt.Key.Key_Space)
    assert wall.is_held
    assert not wall._turn.isActive()
    qtbot.keyClick(wall, Qt.Key.Key_Escape)
    assert not wall.isVisible()


def test_span_and_interface_are_remembered(staged, preferences, answers, qtbot):
    first = open_window(staged, preferences, answers, qtbot)
    place = place_of(first, qtbot, span="7d")
    place.tiles.choose(("listener", "RIS in"))
    first.stop()
    first.close()
    second = open_window(staged, preferences, answers, qtbot)
    place = place_of(second, qtbot)
    assert place.feed.span.key == "7d"
    assert place.feed.series == Series(Scope.LISTENER, "RIS in")
    qtbot.waitUntil(lambda: place.tiles.selectionModel().hasSelection())
    second.stop()
    second.close()


def test_every_action_of_the_monitor_is_in_the_palette(staged_window, qtbot):
    place_of(staged_window, qtbot)
    found = [a for a in staged_window.actions_by_name.all() if a.objectName()[:8] == "monitor."]
    assert len(found) >= 16
    staged_window.actions_by_name["monitor.span.24h"].trigger()
    assert staged_window.monitor.place().feed.span.key == "24h"
    staged_window.actions_by_name["monitor.longer"].trigger()
    assert staged_window.monitor.place().feed.span.key == "7d"


def test_without_interfaces_it_says_what_to_do(engine, preferences, answers, qtbot):
    empty = hospital(engine, 0, is_broken=False)
    window = open_window(empty, preferences, answers, qtbot)
    window.go_to("monitor")
    place = window.monitor.place()
    qtbot.waitUntil(lambda: place.nothing.isVisible())
    assert place.nothing.title == "Nothing to watch yet"
    window.stop()
    window.close()


def test_a_menu_of_a_plot_zooms_and_compares(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    now_s = time.time()
    menu = staged_window.monitor.monitor_actions().plot_menu("latency", "x", now_s - 60, now_s)
    by_text = {a.text(): a for a in menu.actions()}
    by_text["Zoom in here"].trigger()
    since_s, until_s = place.feed.stretch
    assert until_s - since_s == pytest.approx(900, rel=0.01)
    by_text["Times as a heat map"].trigger()
    assert place.feed.has_heat
    menu.deleteLater()


def test_all_that_takes_the_focus_has_a_name(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    for widget in place.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            text = widget.property("text")
            assert widget.accessibleName() or text, (type(widget), widget.objectName())


def test_the_place_can_be_left_before_its_plots_are_there(staged, preferences, answers, qtbot):
    window = open_window(staged, preferences, answers, qtbot)
    window.go_to("monitor")
    window.go_to("messages")
    window.stop()
    window.close()


def test_a_right_click_on_a_tile_asks_for_its_menu(staged_window, qtbot):
    place = place_of(staged_window, qtbot)
    found = []
    place.tile_menu_wanted.disconnect()
    place.tile_menu_wanted.connect(lambda key, at: found.append((key, at)))
    place.tiles.setFocus()
    qtbot.keyClick(place.tiles, Qt.Key.Key_Home)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    place.tiles.contextMenuEvent(event)
    assert found[0][0] == ("destination", "Billing out")


def test_the_keyboard_opens_the_menus_of_tiles_and_plots(staged_window, qtbot):
    place = place_of(staged_window, qtbot, span="1h")
    shift = Qt.KeyboardModifier.ShiftModifier
    found = []
    place.tile_menu_wanted.disconnect()
    place.plot_menu_wanted.disconnect()
    place.tile_menu_wanted.connect(lambda key, _at: found.append(key))
    place.plot_menu_wanted.connect(lambda *values: found.append(values[:2]))
    qtbot.keyClick(place.tiles, Qt.Key.Key_Home)
    qtbot.keyClick(place.tiles, Qt.Key.Key_F10, shift)
    plot = place.board.cards["rate"].plot
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    qtbot.keyClick(plot, Qt.Key.Key_F10, shift)
    assert found[0] == ("destination", "Billing out")
    assert found[1][0] == "rate"
    assert "since:" in found[1][1]
    assert "status:" not in found[1][1], "keys point at no line: all that was received"
