"""The parts of the window that are always there: rail, palette, notices, lights, colours."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from window_kit import child, order, port, send, shown

import hl7console
from hl7console import assets
from hl7console.engine.console import EngineSnapshot, InterfaceStatus, LinkState, Progress
from hl7console.engine.repair_commands import QueueStatus
from hl7console.errors import ConsoleError
from hl7console.ui import icons
from hl7console.ui.job_watch import duration_text, progress_text
from hl7console.ui.main_window import MainWindow
from hl7console.ui.notice import Notice
from hl7console.ui.palette import Palette, match_rank
from hl7console.ui.preferences import Preferences
from hl7console.ui.status_line import StatusLine, light_text, light_tip
from hl7console.ui.theme import DARK, LIGHT, Scheme, theme


def listener(name: str, **changes: object) -> InterfaceStatus:
    values: dict[str, object] = {
        "name": name,
        "kind": "listener",
        "state": LinkState.LISTENING,
        "address": "127.0.0.1:2575",
        "tls": "off",
    }
    return InterfaceStatus(**(values | changes))  # type: ignore[arg-type]


def test_only_places_that_are_there_are_shown(window):
    names = [b.objectName() for b in window.rail.findChildren(QWidget) if b.objectName()]
    assert [n for n in names if n.startswith("place.")] == [
        "place.monitor", "place.messages", "place.worklist", "place.queues", "place.alerts",
        "place.lab", "place.settings",
    ]  # fmt: skip


def test_places_and_palette_have_their_keys(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_7, Qt.KeyboardModifier.ControlModifier)
    assert window.settings().isVisible()
    qtbot.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    assert window.lab.place().isVisible()
    qtbot.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.worklist.place().isVisible()
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.messages.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = window.findChildren(Palette)[-1]
    box = child(palette, QLineEdit, "paletteBox")
    qtbot.keyClicks(box, "retent")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert window.settings().retention.isVisible()


def test_the_palette_has_every_action_that_can_be_done(window):
    palette = Palette(window.actions_by_name, window)
    titles = [palette._list.item(r).text() for r in range(palette._list.count())]
    for action in window.actions_by_name.all():
        assert (action.text() in titles) == action.isEnabled()
    palette.deleteLater()


@pytest.mark.parametrize(
    ("typed", "text", "rank"),
    [
        ("", "Anything", 0),
        ("imp", "Import files", 0),
        ("fi", "Import files", 1),
        ("port", "Import files", 2),
        ("ifs", "Import files", 3),
        ("xyz", "Import files", None),
    ],
)
def test_the_palette_ranks_beginnings_first(typed, text, rank):
    assert match_rank(typed, text) == rank


def test_all_that_takes_the_focus_has_a_name(window):
    window.go_to("settings")
    for widget in window.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            text = widget.property("text")
            assert widget.accessibleName() or text, (type(widget), widget.objectName())


def keys_that_work(window) -> list[str]:
    actions = (a for a in window.actions_by_name.all() if a.isEnabled())
    return [key.toString() for action in actions for key in action.shortcuts()]


def test_no_shortcut_works_twice_in_one_place(window, engine, qtbot):
    send(port(engine), order("K1"))
    qtbot.waitUntil(lambda: shown(window) == ["K1"])
    window.messages.table.go_to(0)
    for place in ("messages", "worklist", "queues", "lab", "settings"):
        window.go_to(place)
        keys = keys_that_work(window)
        assert len(keys) == len(set(keys)), place


def test_keys_of_messages_reach_nothing_while_another_place_is_shown(window, engine, qtbot):
    send(port(engine), order("K1"))
    qtbot.waitUntil(lambda: shown(window) == ["K1"])
    window.messages.table.go_to(0)
    names = ("messages.edit", "messages.resend", "messages.handled", "messages.save")
    assert all(window.actions_by_name[name].isEnabled() for name in names)
    for place in ("worklist", "queues", "lab", "settings"):
        window.go_to(place)
        assert not any(window.actions_by_name[name].isEnabled() for name in names), place
    window.go_to("messages")
    assert all(window.actions_by_name[name].isEnabled() for name in names)


def test_the_demo_says_that_it_is_one(engine, preferences, answers, qtbot):
    made = MainWindow(engine, is_demo=True, preferences=preferences, ask=answers)
    qtbot.addWidget(made)
    assert child(made, QLabel, "demoText").text().startswith("DEMO")
    assert made.findChild(QFrame, "demoBanner") is not None
    made.may_close = True
    made.stop()


def test_a_notice_leaves_by_itself_and_a_fault_stays(qtbot):
    notice = Notice()
    qtbot.addWidget(notice)
    notice._timer.setInterval(10)
    notice.tell("Done.")
    qtbot.waitUntil(lambda: notice.isHidden())
    acted = []
    notice.warn("Look.", button="Show", act=lambda: acted.append(1))
    child(notice, QPushButton, "noticeButton").click()
    assert acted == [1]
    assert notice.isHidden()
    notice.fault(ConsoleError("It failed.", hint="Try again."))
    assert notice.text == "It failed. Try again."
    assert not notice._timer.isActive()
    notice.hide()


def test_the_status_line_says_what_is_wrong_first_and_what_does_not_fit_in_a_menu(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    line.resize(500, 26)
    line.show()
    many = [listener(f"Listener {n}") for n in range(20)]
    broken = listener("Broken", state=LinkState.FAILED, text="The port is taken.")
    line.show_snapshot(EngineSnapshot(interfaces=(*many, broken), received_per_s=1234.4))
    shown = [b for b in line._buttons if b.isVisible()]
    assert "Broken: The port is taken." in shown[0].text()
    assert line._more.text() == f"+{21 - len(shown)} more"
    assert child(line, QLabel, "rate").text() == "1,234 msg/s"
    line.resize(4000, 26)
    assert len([b for b in line._buttons if b.isVisible()]) == 21
    assert not line._more.isVisible()


def test_a_listener_open_to_the_network_without_tls_is_said_in_words(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    line.show()
    line.show_snapshot(
        EngineSnapshot(
            interfaces=(
                listener("Safe", beyond_loopback=True, tls="server"),
                listener("Open", beyond_loopback=True),
            )
        )
    )
    text = child(line, QLabel, "openWarning").text()
    assert "Open" in text
    assert "Safe" not in text


def test_a_fault_of_the_engine_is_shown(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    line.show()
    line.show_snapshot(EngineSnapshot(problem="The disk is full."))
    assert child(line, QLabel, "engineProblem").isVisible()


def test_both_schemes_are_laid_over_fusion(qapp: QApplication):
    current = theme()
    for scheme, tokens in ((Scheme.DARK, DARK), (Scheme.LIGHT, LIGHT)):
        current.choose(scheme)
        assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == tokens.bg
        assert current.tokens is tokens
    current.toggle()
    assert current.tokens is DARK
    current.choose(Scheme.SYSTEM)


def test_icons_take_the_colours_of_the_scheme(qapp):
    theme().choose(Scheme.LIGHT)
    button = QPushButton()
    icons.set_icon(button, "check", "ok")
    light = button.icon().pixmap(16, 16).toImage()
    theme().choose(Scheme.DARK)
    dark = button.icon().pixmap(16, 16).toImage()
    assert light != dark
    theme().choose(Scheme.SYSTEM)
    button.deleteLater()


def test_every_icon_is_used_and_every_icon_used_is_there():
    package = Path(hl7console.__file__).parent
    code = "\n".join(p.read_text("utf-8") for p in sorted(package.rglob("*.py")))
    style = assets.read_text("styles/console.qss").replace("$scheme", "light")
    style += style.replace("-light.svg", "-dark.svg")
    names = {p.stem for p in assets.asset_path("icons").glob("*.svg")}
    unused = {n for n in names if f'"{n}"' not in code and f"/{n}.svg" not in style}
    assert unused == set()
    asked = set(re.findall(r'(?:set_icon\([^,()]+, |icon=|pixmap\(|icon\()"([a-z0-9-]+)"', code))
    assert asked <= names


def test_contrast_of_text_is_enough():
    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a: str, b: str) -> float:
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for tokens in (LIGHT, DARK):
        pairs = [(tokens.text, tokens.surface), (tokens.muted, tokens.surface)]
        pairs += [(tokens.muted, tokens.bg), (tokens.on_accent, tokens.accent)]
        pairs += [(tokens.text, tokens.selection), (tokens.rail_text, tokens.rail)]
        pairs += [
            (getattr(tokens, r), getattr(tokens, f"{r}_tint"))
            for r in ("ok", "warn", "err", "info")
        ]
        for front, ground in pairs:
            assert contrast(front, ground) >= 4.5, (tokens.is_dark, front, ground)


def test_preferences_survive_and_a_damaged_list_does_no_harm(tmp_path):
    path = tmp_path / "window.ini"
    first = Preferences(path)
    first.set_texts("columns", ["mrn", "PID-5.1"])
    first.set_text("scheme", "dark")
    first.save()
    again = Preferences(path)
    assert again.texts("columns") == ["mrn", "PID-5.1"]
    assert again.text("scheme") == "dark"
    again.set_text("columns", "{broken")
    assert again.texts("columns") == []
    assert again.blob("nothing").isEmpty()


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress(), ""),
        (Progress(1), "1 message"),
        (Progress(1200, 5000, rate_per_s=400.2, left_s=9.5), "1,200 of 5,000 messages · "
         "400 a second · 10 s left"),
    ],
)  # fmt: skip
def test_progress_is_said_shortly(progress, text):
    assert progress_text(progress) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "3 s"), (60, "1 min"), (130, "2 min 10 s"), (3900, "1 h 5 min"), (7200, "2 h")],
)
def test_spans_have_at_most_two_units(seconds, text):
    assert duration_text(seconds) == text


def test_a_recent_fault_marks_a_light_that_still_runs(qtbot):
    now_us = time.time_ns() // 1000
    line = StatusLine()
    qtbot.addWidget(line)
    line.resize(1200, 28)
    told = "A connection was refused: its address is not on the list of those let in."
    for age_s, is_marked in ((60, True), (601, False)):
        status = InterfaceStatus(
            "In", "listener", LinkState.LISTENING, "127.0.0.1:2575", "off",
            last_event=told, last_event_at_us=now_us - age_s * 1_000_000,
        )  # fmt: skip
        line.show_snapshot(EngineSnapshot(interfaces=(status,)))
        button = line.findChild(QToolButton, "light.In")
        assert ("⚠" in button.text()) is is_marked
        assert "State: listening" in button.toolTip()
        assert told in button.toolTip()
        assert not button.property("alarm")


def test_a_destinations_light_says_how_much_waits(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    line.resize(1200, 28)
    down = InterfaceStatus(
        "Billing", "destination", LinkState.FAILED, "127.0.0.1:2576", "off",
        text="The connection was refused; is the receiver running, and on this port?",
    )  # fmt: skip
    busy = InterfaceStatus("PACS", "destination", LinkState.CONNECTED, "127.0.0.1:2577", "off")
    queues = (QueueStatus("Billing", waiting=3), QueueStatus("PACS", waiting=1200))
    line.show_snapshot(EngineSnapshot(interfaces=(down, busy), queues=queues))
    assert child(line, QToolButton, "light.Billing").text().endswith("…, 3 waiting")
    assert child(line, QToolButton, "light.PACS").text().strip() == "PACS: 1,200 waiting"
    line.show_snapshot(EngineSnapshot(interfaces=(down, busy)))
    assert child(line, QToolButton, "light.PACS").text().strip() == "PACS"


def test_the_worklist_service_tells_its_title_and_port():
    status = InterfaceStatus(
        "Worklist", "worklist", LinkState.LISTENING, "127.0.0.1:11112", "off", ae_title="RADWL"
    )
    assert light_text(status) == "Worklist RADWL 11112"
    assert light_tip(status).startswith("DICOM service Worklist · 127.0.0.1:11112")
