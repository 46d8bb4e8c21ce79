"""Alerts of a real engine in the real window, also after a restart of both."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit
from window_kit import child, order, port, send

from hl7console.engine.console import SaveDestination
from hl7console.engine.repair_commands import QueueMessages
from hl7console.engine.supervisor import Engine
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.store.keys import KeySource
from hl7console.store.workspace import Workspace
from hl7console.ui.alerts.header import View
from hl7console.ui.main_window import MainWindow
from hl7console.ui.worklist.command_dialog import CommandDialog

RULES = """# Rules of the test
[[rule]]
name = "Down"
kind = "connection"
severity = "critical"
recover_s = 0
"""


def started(tmp_path: Path) -> Engine:
    source = KeySource(use_key_store=False, key_folder=tmp_path / "keys")
    workspace = Workspace.open(tmp_path / "workspace", source)
    made = Engine(workspace, listeners=[ListenerSettings(name="In", port=0)])
    made.start()
    return made


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "alerts.toml").write_text(RULES, encoding="utf-8")
    made = started(tmp_path)
    yield made
    assert made.stop(10.0)


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port of this computer at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def let_down(engine: Engine, to_port: int) -> None:
    """Send a message to a destination at which nobody listens."""
    to = DestinationSettings(name="Billing out", port=to_port)
    engine.submit(SaveDestination(to)).result(10)
    send(port(engine), order("C1"))
    engine.submit(QueueMessages((1,), ("Billing out",))).result(10)


def badge(window: MainWindow) -> str:
    found = window.rail.findChild(QLabel, "badge.alerts")
    return found.text() if found is not None and not found.isHidden() else ""


def at_alert(window: MainWindow, qtbot) -> None:
    """Go to the open alert."""
    window.go_to("alerts")
    place = window.alerts.place()
    qtbot.waitUntil(lambda: place.alert is not None and place.alert.subject == "Billing out")


def test_a_destination_that_goes_down_is_told_in_place_badge_and_toast(
    window, engine, nobody, qtbot
):
    let_down(engine, nobody)
    toast = window.alerts.teller.toast
    qtbot.waitUntil(toast.isVisible)
    assert toast.text.startswith("Billing out: Billing out is down")
    assert badge(window) == "1"
    at_alert(window, qtbot)
    assert window.alerts.place().alert.severity == "critical"
    went: list[str] = []
    window.alerts.filter_wanted.connect(went.append)
    window.actions_by_name["alerts.cause"].trigger()
    assert went == ['destination:"Billing out"']
    assert window.messages.search.text == went[0]


def test_acknowledging_and_snoozing_hold_over_a_restart(
    window, engine, nobody, tmp_path, preferences, answers, qtbot
):
    let_down(engine, nobody)
    qtbot.waitUntil(lambda: badge(window) == "1")
    at_alert(window, qtbot)
    window.actions_by_name["alerts.acknowledge"].trigger()
    dialog = window.findChildren(CommandDialog)[-1]
    child(dialog, QLineEdit, "note").setText("Told Billing")
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: badge(window) == "")
    window.actions_by_name["alerts.snoozeHour"].trigger()
    place = window.alerts.place()
    qtbot.waitUntil(lambda: place.alert is not None and place.alert.snoozed_until_us > 0)
    before = place.alert
    window.stop()
    assert engine.stop(10.0)
    again = started(tmp_path)
    other = MainWindow(again, preferences=preferences, ask=answers)
    other.may_close = True
    qtbot.addWidget(other, before_close_func=lambda w: w.stop())
    try:
        other.show()
        other.start()
        at_alert(other, qtbot)
        found = other.alerts.place().alert
        assert (found.id, found.note) == (before.id, "Told Billing")
        assert found.snoozed_until_us == before.snoozed_until_us
        assert badge(other) == ""
        assert other.alerts.teller.toast.alert_ids == []
    finally:
        other.stop()
        other.close()
        assert again.stop(10.0)


def test_its_end_is_seen_among_the_past_ones(window, engine, nobody, qtbot):
    let_down(engine, nobody)
    qtbot.waitUntil(lambda: badge(window) == "1")
    at_alert(window, qtbot)
    off = DestinationSettings(name="Billing out", port=nobody, enabled=False)
    engine.submit(SaveDestination(off, "Billing out")).result(10)
    qtbot.waitUntil(lambda: badge(window) == "")
    place = window.alerts.place()
    qtbot.waitUntil(lambda: place.feed.model.rowCount() == 0)
    assert place.empty.title == "Nothing is wrong"
    window.alerts.show_view(View.PAST)
    qtbot.waitUntil(lambda: place.alert is not None and place.alert.ended_at_us > 0)
    assert not window.alerts.teller.toast.isVisible()


def test_rules_are_saved_from_the_window_and_come_in_force(window, engine, nobody, qtbot):
    window.go_to("settings")
    window.settings().show_rule("Down")
    page = window.settings().alerts
    qtbot.waitUntil(lambda: page.rules.rule is not None)
    child(page.rules.form.form, QLineEdit, "name").setText("Link down")
    page.save()
    qtbot.waitUntil(lambda: "in force" in page.result.text)
    let_down(engine, nobody)
    qtbot.waitUntil(lambda: badge(window) == "1")
    assert [one.rule for one in window.bridge.snapshot.alerts] == ["Link down"]
    assert (engine.workspace / "alerts.toml").read_text(encoding="utf-8") == RULES.replace(
        "Down", "Link down"
    )


@pytest.mark.expects_log
def test_a_mistake_made_outside_is_told_and_the_rules_before_stay(window, engine, nobody, qtbot):
    window.go_to("settings")
    window.settings().show_page("alerts")
    page = window.settings().alerts
    qtbot.waitUntil(lambda: page.rules.rule is not None)
    wrong = RULES.replace("recover_s = 0", "recover_s = often")
    (engine.workspace / "alerts.toml").write_text(wrong, encoding="utf-8")
    qtbot.waitUntil(lambda: "before are in force" in page.state.text())
    qtbot.waitUntil(lambda: page.draft.line == 6)
    assert child(page, QPlainTextEdit, "rulesText").toPlainText() == wrong
    let_down(engine, nobody)
    qtbot.waitUntil(lambda: badge(window) == "1")


def test_a_rule_is_tried_on_what_was_received(window, engine, qtbot):
    send(port(engine), *(order(f"T{n}") for n in range(3)))
    qtbot.waitUntil(lambda: engine.snapshot().measures_version > 0)
    window.go_to("settings")
    window.settings().show_page("alerts")
    page = window.settings().alerts
    qtbot.waitUntil(lambda: page.rules.rule is not None)
    page.draft.set_text('[[rule]]\nname = "Orders"\nkind = "filter"\nfilter = "type:ORM"\n')
    trial = page.rules.trial
    qtbot.mouseClick(trial.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "it would" in trial.told.text())
    assert page.draft.is_dirty
