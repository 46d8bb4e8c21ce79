"""The place Alerts in the real window: lists, story, actions, toast and badge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from alerts_window_kit import MINUTE_US, StagedAlerts, alert, now_us
from menu_keys_kit import leaves, menus_that_open
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDateTimeEdit,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QToolButton,
)
from queues_window_kit import sql
from window_kit import child

from hl7console.engine.alert_commands import AcknowledgeAlerts, SnoozeAlerts
from hl7console.ui.alerts.header import View
from hl7console.ui.alerts.model import AlertModel
from hl7console.ui.alerts.system_notice import SystemNotice
from hl7console.ui.main_window import MainWindow
from hl7console.ui.palette import Palette
from hl7console.ui.worklist.command_dialog import CommandDialog

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def console(engine) -> StagedAlerts:
    return StagedAlerts(engine)


@pytest.fixture
def opened(console, preferences, answers, qtbot) -> Iterator[MainWindow]:
    """The window over alerts that a test sets, on Messages."""
    made = MainWindow(console, preferences=preferences, ask=answers)
    made.may_close = True
    qtbot.addWidget(made, before_close_func=lambda w: w.stop())
    made.show()
    made.start()
    yield made
    made.stop()
    made.close()


def texts(window: MainWindow, column: str) -> list[str]:
    model = window.alerts.place().feed.model
    place = [c.title for c in model.columns].index(column)
    return [model.text_at(row, place) for row in range(model.rowCount())]


@pytest.fixture
def listed(opened, console, qtbot) -> MainWindow:
    """The window on Alerts with three of them, the worst chosen."""
    console.put(
        [
            alert(1, severity="info", subject="Lab in", scope="listener", kind="silence",
                  rule="Silence", sample_control_id=""),
            alert(2, filter="destination:PACS", subject="PACS", sample_control_id="D1204"),
            alert(3, severity="warning", subject="EHR in", scope="listener",
                  sample_control_id="E1"),
        ]
    )  # fmt: skip
    opened.go_to("alerts")
    place = opened.alerts.place()
    qtbot.waitUntil(lambda: place.feed.model.rowCount() == 3 and place.alert is not None)
    opened.activateWindow()
    place.table.setFocus()
    qtbot.waitUntil(place.table.hasFocus)
    return opened


def test_open_alerts_stand_worst_first_with_their_story(listed, qtbot):
    assert texts(listed, "Severity") == ["critical", "warning", "info"]
    assert texts(listed, "Interface") == ["PACS", "EHR in", "Lab in"]
    assert all(text.endswith(", 4 min") for text in texts(listed, "Since"))
    story = listed.alerts.place().story
    qtbot.waitUntil(lambda: story.findChild(QLabel, "alertText") is not None)
    assert "refused by billing-if:6661" in child(story, QLabel, "alertText").text()


def test_the_badge_counts_what_nobody_looks_after_in_the_colour_of_the_worst(
    opened, console, qtbot
):
    now = now_us()
    console.put(
        [
            alert(1, severity="critical", acknowledged_at_us=now),
            alert(2, severity="critical", snoozed_until_us=now + MINUTE_US),
            alert(3, severity="critical", silenced_by="Host"),
            alert(4, severity="warning"),
            alert(5, severity="info"),
        ]
    )
    badge = "badge.alerts"
    qtbot.waitUntil(lambda: child(opened.rail, QLabel, badge).text() == "2")
    assert child(opened.rail, QLabel, badge).property("tone") == "warn"
    name = child(opened.rail, QToolButton, "place.alerts").accessibleName()
    assert name == "Alerts, 2 open, the worst warning"
    console.put([])
    qtbot.waitUntil(lambda: child(opened.rail, QLabel, badge).isHidden())


def test_past_alerts_are_paged_however_many_there_are(opened, console, qtbot):
    now = now_us()
    console.put(
        [
            alert(n, onset_at_us=now - n * MINUTE_US, ended_at_us=now - n * MINUTE_US + 30_000_000,
                  subject=f"S{n}")
            for n in range(1, 651)
        ]
    )  # fmt: skip
    opened.alerts.show_view(View.PAST)
    place = opened.alerts.place()
    qtbot.waitUntil(lambda: place.feed.model.rowCount() == 650)
    assert texts(opened, "Interface")[0] == "S1"
    assert texts(opened, "Lasted")[0] == "30 s"
    place.table.go_to(649)
    qtbot.waitUntil(lambda: place.alert is not None and place.alert.subject == "S650")


def test_an_alert_far_down_is_gone_to(opened, console, qtbot):
    now = now_us()
    ended = [
        alert(
            n, onset_at_us=now - n * MINUTE_US, ended_at_us=now - n * MINUTE_US + 1, subject=f"S{n}"
        )
        for n in range(1, 651)
    ]
    console.put(ended)
    opened.alerts.show_alert(500)
    place = opened.alerts.place()
    qtbot.waitUntil(lambda: place.alert is not None and place.alert.id == 500)
    assert place.table.currentIndex().row() == 499
    console.put([*ended, alert(700, onset_at_us=now - 2, ended_at_us=now - 1)])
    qtbot.waitUntil(lambda: place.feed.model.rowCount() == 651)
    assert place.alert.id == 500
    assert place.table.currentIndex().row() == 500


def test_what_is_wrong_has_the_room_that_there_is(listed, qtbot):
    table = listed.alerts.place().table
    columns = listed.alerts.place().feed.model.columns
    long = [column.is_long for column in columns].index(True)

    def fit(width: int) -> int:
        table.resize(width, table.height())
        return table.columnWidth(long)

    for width in (876, 1000, 1600):
        assert fit(width) >= 260
        assert table.horizontalHeader().length() == table.viewport().width()
    assert fit(1600) > fit(1000) >= fit(876)
    table.setColumnWidth(long + 1, 300)
    fit(900)
    assert table.columnWidth(long + 1) == 300, "somebody chose that width"
    assert table.columnWidth(long) == 260


def test_the_list_is_narrowed(listed, qtbot):
    header = listed.alerts.place().header
    header.severities.choose(("critical", "info"))
    qtbot.waitUntil(lambda: texts(listed, "Interface") == ["PACS", "Lab in"])
    header.rules.choose(("Silence",))
    qtbot.waitUntil(lambda: texts(listed, "Interface") == ["Lab in"])
    header.search.set_text("nothing like it")
    qtbot.waitUntil(listed.alerts.place().empty.isVisible)
    assert listed.alerts.place().empty.title == "No such alert"
    qtbot.mouseClick(
        child(listed.alerts.place().empty, QPushButton, "emptyButton0"), Qt.MouseButton.LeftButton
    )
    qtbot.waitUntil(lambda: len(texts(listed, "Interface")) == 3)
    header.subjects.choose(("EHR in",))
    qtbot.waitUntil(lambda: texts(listed, "Interface") == ["EHR in"])
    header.widen()
    header.search.set_text("d1204 refused")
    qtbot.waitUntil(lambda: texts(listed, "Interface") == ["PACS"])


def test_figures_tell_how_many_and_how_long_by_rule(opened, console, qtbot):
    now = now_us()
    ends = [now - 50 * MINUTE_US, now - 20 * MINUTE_US]
    console.put(
        [
            alert(1, rule="Down", onset_at_us=ends[0] - 10 * MINUTE_US, ended_at_us=ends[0]),
            alert(2, rule="Down", onset_at_us=ends[1] - 20 * MINUTE_US, ended_at_us=ends[1]),
            alert(3, rule="Down"),
            alert(4, rule="Silence", severity="info"),
        ]
    )
    opened.alerts.show_view(View.FIGURES)
    place = opened.alerts.place()
    rows = place.figures.table.rows
    qtbot.waitUntil(lambda: rows.rowCount() == 2)
    assert rows.texts(0)[:7] == ("critical", "Down", "3", "1", "", "15 min", "20 min")
    assert place.header.told.text() == "4 alerts · mean time to recovery 15 min"
    qtbot.keyClick(place.figures.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: place.header.view is View.PAST and place.feed.model.rowCount() == 2)


def test_acknowledging_takes_a_note_and_shows_who(listed, console, qtbot):
    qtbot.keyClick(listed.alerts.place().table, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    dialog = listed.findChildren(CommandDialog)[-1]
    qtbot.keyClicks(child(dialog, QLineEdit, "note"), "Billing is told")
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: texts(listed, "State")[0] == "✓ anna")
    assert console.commands == [AcknowledgeAlerts((2,), "Billing is told")]
    story = listed.alerts.place().story
    qtbot.waitUntil(lambda: story.findChild(QLabel, "alertNote") is not None)
    assert child(story, QLabel, "alertNote").text() == "“Billing is told”"


def test_several_are_snoozed_at_once(listed, console, qtbot):
    place = listed.alerts.place()
    place.table.selectAll()
    before = now_us()
    listed.actions_by_name["alerts.snoozeHour"].trigger()
    qtbot.waitUntil(lambda: all(t.startswith("snoozed to") for t in texts(listed, "State")))
    command = console.commands[-1]
    assert set(command.alert_ids) == {1, 2, 3}
    assert before + 60 * MINUTE_US <= command.until_us <= now_us() + 60 * MINUTE_US
    assert len(place.table.chosen_rows()) == 3
    listed.actions_by_name["alerts.endSnooze"].trigger()
    qtbot.waitUntil(lambda: texts(listed, "State") == ["", "", ""])
    assert console.commands[-1] == SnoozeAlerts(command.alert_ids, 0)


def test_snoozing_until_a_time_refuses_one_that_is_over(listed, console, qtbot):
    listed.actions_by_name["alerts.snoozeUntil"].trigger()
    dialog = listed.findChildren(CommandDialog)[-1]
    edit = child(dialog, QDateTimeEdit, "snoozeUntil")
    edit.setDateTime(edit.dateTime().addDays(-2))
    dialog.submit()
    assert "to come" in dialog.told.text()
    edit.setDateTime(edit.dateTime().addDays(3))
    wanted_us = edit.dateTime().toSecsSinceEpoch() * 1_000_000
    dialog.submit()
    qtbot.waitUntil(lambda: texts(listed, "State")[0].startswith("snoozed to"))
    assert console.commands[-1].until_us == wanted_us


WENT = {
    "cause": ("filter", "destination:PACS"),
    "showMessages": ("filter", "destination:PACS"),
    "showQueue": ("queue", "PACS"),
    "showMonitor": ("monitor", "destination", "PACS"),
    "showInterface": ("settings", "destination", "PACS"),
    "showRule": ("rule", "Connection down"),
}


def went_of(window: MainWindow) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    hook = window.alerts
    for name in ("filter", "queue", "monitor", "settings", "rule"):
        signal = getattr(hook, f"{name}_wanted")
        signal.connect(lambda *parts, name=name: found.append((name, *parts)))
    return found


@pytest.mark.parametrize("name", WENT)
def test_going_to_the_cause_by_the_palette(listed, name, qtbot):
    went = went_of(listed)
    listed.show_palette()
    palette = next(p for p in listed.findChildren(Palette) if p.isVisible())
    box, listing = (
        child(palette, QLineEdit, "paletteBox"),
        child(palette, QListWidget, "paletteList"),
    )
    text = listed.actions_by_name[f"alerts.{name}"].text()
    box.setText(text)
    shown = [listing.item(row).text() for row in range(listing.count())]
    for _ in range(shown.index(text)):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert went == [WENT[name]]


def test_enter_goes_to_the_cause_by_what_it_is(listed, console, qtbot):
    went = went_of(listed)
    table = listed.alerts.place().table
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert went == [("filter", "destination:PACS")]
    listed.go_to("alerts")
    console.put([alert(5, kind="stuck", filter="destination:PACS"), alert(6, kind="disk",
                 scope="engine", subject="")])  # fmt: skip
    place = listed.alerts.place()
    qtbot.waitUntil(lambda: place.feed.model.rowCount() == 2)
    for number, wanted in ((5, ("queue", "Billing out")), (6, ("monitor", "engine", ""))):
        went.clear()
        listed.go_to("alerts")
        place.table.go_to(place.feed.model.row_of(number))
        qtbot.waitUntil(lambda n=number: place.alert is not None and place.alert.id == n)
        qtbot.keyClick(place.table, Qt.Key.Key_Return)
        assert went == [wanted]


def test_copying_gives_lines_for_a_ticket(listed, qtbot):
    QGuiApplication.clipboard().clear()
    table = listed.alerts.place().table
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("Critical: PACS\nThe connection was refused by billing-if:6661")
    assert "Sample control ID D1204" in copied


@pytest.fixture
def menus(qapp):
    """Names of the menus that open; each is closed at once."""
    with menus_that_open() as names:
        yield names


@pytest.mark.skipif("sys.platform == 'win32'", reason="the system turns the keys into the menu")
def test_the_menu_opens_by_its_keys_and_the_palette_has_every_entry(listed, menus, qtbot):
    table = listed.alerts.place().table
    qtbot.keyClick(table, Qt.Key.Key_F10, SHIFT)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), table.viewport().mapToGlobal(QPoint(5, 5))
    )
    QApplication.sendEvent(table.viewport(), event)
    assert menus == ["alertMenu"] * 2
    menu = listed.alerts.alert_actions().made_menu()
    known = {action.objectName() for action in listed.actions_by_name.all()}
    entries = leaves(menu)
    assert {action.objectName() for action in entries} <= known
    assert len(entries) == 13
    menu.deleteLater()


def test_actions_rest_while_another_place_is_shown(listed, qtbot):
    listed.go_to("messages")
    assert not any(
        listed.actions_by_name[name].isEnabled()
        for name in ("alerts.acknowledge", "alerts.cause", "alerts.copy", "alerts.snoozeHour")
    )


def test_a_change_keeps_what_is_chosen(listed, console, qtbot):
    place = listed.alerts.place()
    place.table.go_to(2)
    qtbot.waitUntil(lambda: place.alert is not None and place.alert.id == 1)
    console.put([*console.shown, alert(9, subject="New")])
    qtbot.waitUntil(lambda: place.feed.model.rowCount() == 4)
    qtbot.waitUntil(lambda: place.alert is not None and place.alert.id == 1)
    assert place.table.currentIndex().row() == 3


def test_who_was_told_stands_in_the_story(opened, console, engine, qtbot):
    console.put([alert(7)])
    now = now_us()
    sql(
        engine,
        "INSERT INTO alert_notices (channel, alert_ids, what, state, tries, fault, created_at_us,"
        " finished_at_us, next_try_at_us) VALUES ('Mail', '[7]', 'onset', 'sent', 2, '', ?, ?, 0),"
        " ('Pager', '[3, 7]', 'group', 'due', 1, 'No answer within 20 s.', ?, 0, ?),"
        " ('Other', '[3]', 'onset', 'sent', 1, '', ?, ?, 0)",
        now, now, now, now, now, now,
    )  # fmt: skip
    opened.alerts.show_alert(7)
    story = opened.alerts.place().story

    def told() -> str:
        return " ".join(label.text() for label in story.findChildren(QLabel))

    qtbot.waitUntil(lambda: "Pager, of its onset, with others" in told())
    assert "Mail, of its onset" in told()
    assert "at try 2" in told()
    assert "No answer within 20 s. Next try" in told()
    assert "Other" not in told()


# The toast


def test_a_toast_tells_what_begins_and_a_click_leads_there(opened, console, qtbot):
    toast = opened.alerts.teller.toast
    focused = QApplication.focusWidget()
    console.put([alert(4, severity="warning", text="No message for 6 min.", subject="Lab in")])
    qtbot.waitUntil(toast.isVisible)
    assert toast.text == "Lab in: No message for 6 min."
    assert QApplication.focusWidget() is focused
    qtbot.mouseClick(toast, Qt.MouseButton.LeftButton)
    place = opened.alerts.place()
    qtbot.waitUntil(lambda: place.alert is not None and place.alert.id == 4)
    assert place.isVisible()
    assert not toast.isVisible()


def test_many_at_once_are_one_toast(opened, console, qtbot):
    console.put([alert(n, subject=f"S{n}", severity="warning") for n in range(1, 301)])
    toast = opened.alerts.teller.toast
    qtbot.waitUntil(toast.isVisible)
    assert toast.text.startswith("More than 200 alerts: ")
    qtbot.waitUntil(lambda: child(opened.rail, QLabel, "badge.alerts").text() == "99+")


def test_only_what_is_critical_stays_until_it_is_looked_after(opened, console, qtbot):
    toast = opened.alerts.teller.toast
    console.put([alert(1), alert(2, severity="warning")])
    qtbot.waitUntil(lambda: toast.alert_ids == [1, 2])
    toast.let_go()
    assert toast.alert_ids == [1]
    assert toast.isVisible()
    console.change(1, acknowledged_at_us=now_us())
    qtbot.waitUntil(lambda: not toast.isVisible())


def test_the_toast_is_acknowledged_and_snoozed_from(opened, console, qtbot):
    toast = opened.alerts.teller.toast
    console.put([alert(1)])
    qtbot.waitUntil(toast.isVisible)
    qtbot.mouseClick(child(toast, QPushButton, "toastAcknowledge"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(opened.findChildren(CommandDialog)))
    opened.findChildren(CommandDialog)[-1].reject()
    qtbot.mouseClick(child(toast, QPushButton, "toastSnooze"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not toast.isVisible())
    assert console.commands[-1].alert_ids == (1,)


def test_a_toast_stays_away_while_the_open_alerts_are_in_sight(listed, console, qtbot):
    toast = listed.alerts.teller.toast
    console.put([*console.shown, alert(8)])
    qtbot.waitUntil(lambda: 8 in toast.alert_ids)
    assert not toast.isVisible()
    listed.go_to("messages")
    assert toast.isVisible()


def test_at_the_monitor_a_toast_goes_in_time_and_comes_back_elsewhere(opened, console, qtbot):
    toast = opened.alerts.teller.toast
    strip = opened.monitor.place().strip
    opened.go_to("monitor")
    qtbot.waitUntil(strip.isVisible)
    console.put([alert(n) for n in range(1, 7)])
    qtbot.waitUntil(toast.isVisible)
    toast.let_go()
    assert not toast.isVisible()
    opened.go_to("messages")
    assert toast.isVisible()


def test_no_toast_covers_the_alerts_in_sight_below_the_monitor(opened, console, qtbot):
    toast, place = opened.alerts.teller.toast, opened.monitor.place()
    opened.go_to("monitor")
    qtbot.waitUntil(place.strip.isVisible)
    console.put([alert(1)])
    qtbot.waitUntil(lambda: toast.alert_ids == [1] and place.strip.alerts != ())
    assert not toast.isVisible()
    console.put([alert(n) for n in range(1, 7)])
    qtbot.waitUntil(lambda: len(place.strip.alerts) == 6)
    assert toast.isVisible(), "some of them stand nowhere else"
    console.put([alert(1), alert(2)])
    qtbot.waitUntil(lambda: not toast.isVisible())
    opened.go_to("messages")
    assert toast.isVisible()


def test_nothing_is_told_twice_after_a_restart_of_the_window(
    opened, console, preferences, answers, qtbot
):
    console.put([alert(1)])
    qtbot.waitUntil(lambda: opened.alerts.teller.toast.alert_ids == [1])
    opened.stop()
    again = MainWindow(console, preferences=preferences, ask=answers)
    again.may_close = True
    qtbot.addWidget(again, before_close_func=lambda w: w.stop())
    again.show()
    again.start()
    badge = "badge.alerts"
    qtbot.waitUntil(lambda: child(again.rail, QLabel, badge).text() == "1")
    assert again.alerts.teller.toast.alert_ids == []
    console.put([*console.shown, replace(alert(2), told_at_us=now_us() + 1)])
    qtbot.waitUntil(lambda: again.alerts.teller.toast.alert_ids == [2])
    again.stop()
    again.close()


def test_a_rule_with_sound_beeps_and_others_do_not(opened, console, engine, qtbot):
    (engine.workspace / "alerts.toml").write_text(
        '[[rule]]\nname = "Loud"\nkind = "silence"\nsound = true\n'
        '[[rule]]\nname = "Still"\nkind = "silence"\n',
        encoding="utf-8",
    )
    beeps: list[int] = []
    teller = opened.alerts.teller
    teller.beep = lambda: beeps.append(1)
    console.put([alert(1, rule="Still")])
    qtbot.waitUntil(lambda: teller.toast.alert_ids == [1])
    console.put([*console.shown, replace(alert(2, rule="Loud"), told_at_us=now_us())])
    qtbot.waitUntil(lambda: beeps == [1])


def test_a_notification_is_due_where_the_window_is_not_in_front(opened, console, qtbot):
    notified: list[tuple[str, str, bool]] = []
    opened.alerts.teller.notified.connect(lambda *parts: notified.append(parts))
    opened.hide()
    console.put([alert(1)])
    qtbot.waitUntil(lambda: bool(notified))
    assert notified[0][0] == "Critical: Billing out"
    assert notified[0][2] is True


class TrayIcon(QObject):
    """Stands in for an icon in the tray."""

    messageClicked = Signal()  # noqa: N815 - Qt's name

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[tuple[object, ...]] = []
        self.is_shown = True

    def isVisible(self) -> bool:  # noqa: N802
        return self.is_shown

    def show(self) -> None:
        self.is_shown = True

    def showMessage(self, *parts: object) -> None:  # noqa: N802
        self.messages.append(parts)


def test_a_notification_takes_the_icon_that_is_in_the_tray(window, monkeypatch, qtbot):
    tray, own = TrayIcon(), TrayIcon()
    notice = SystemNotice(window, lambda: tray)
    monkeypatch.setattr(notice, "_own_icon", lambda: own)
    notice.show("Critical: PACS", "It is down.", True)
    tray.is_shown = False
    notice.show("Warning: Lab in", "It is quiet.", False)
    assert [m[:2] for m in tray.messages] == [("Critical: PACS", "It is down.")]
    assert [m[:2] for m in own.messages] == [("Warning: Lab in", "It is quiet.")]
    with qtbot.waitSignal(notice.clicked):
        own.messageClicked.emit()


# The model


def test_the_model_of_alerts_is_a_sound_model(qtmodeltester):
    model = AlertModel()
    model.reset(300, 0, [alert(n) for n in range(1, 4)], now_us())
    qtmodeltester.check(model, force_py=True)


def test_times_run_on_only_where_they_change(qtbot):
    model = AlertModel()
    now = now_us()
    shown = [alert(1, onset_at_us=now), alert(2, onset_at_us=now - 90 * MINUTE_US)]
    model.reset(3, 0, [*shown, alert(3, onset_at_us=now)], now)
    changed: list[int] = []
    model.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    model.tick(now + 5_000_000, range(2))
    assert changed == [0]
    assert model.index(0, 2).data().endswith(", 5 s")
    assert model.index(2, 2).data().endswith(", 5 s")
