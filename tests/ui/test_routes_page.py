"""The settings pages of destinations and routes, and the Path tab: what they save is what runs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from window_kit import child, order, port, send

from hl7console.engine import recipes
from hl7console.engine.console import ImportFiles, SaveDestination
from hl7console.engine.repair_commands import SaveRoute
from hl7console.settings import DestinationSettings, Environment, OnRefusal, RouteSettings
from hl7console.ui.environment import ENVIRONMENT_ROLE
from hl7console.ui.inspector.tabs import Tab
from hl7console.ui.settings.tick_list import TickList


@pytest.fixture
def destinations(engine):
    """Two destinations that are switched off."""
    for name, environment in (("PACS", Environment.PRODUCTION), ("Trial", Environment.TEST)):
        settings = DestinationSettings(name, port=1, environment=environment, enabled=False)
        engine.submit(SaveDestination(settings)).result(10)


@pytest.fixture
def page(engine, window, destinations, qtbot):
    """The page Routes, in view, with the form of a new route."""
    recipes.save(engine.workspace, "mend", '[[step]]\nset = "MSH-5"\nvalue = "X"\n')
    qtbot.waitUntil(lambda: len(window.bridge.destinations) == 2)
    window.actions_by_name["settings.routes"].trigger()
    found = window.settings().routes
    qtbot.waitUntil(lambda: found._recipes == ("mend",))
    return found


def note(page, name: str) -> str:
    return child(page.form, QLabel, f"{name}.note").text()


def test_a_route_is_made_and_takes_messages(page, engine, qtbot):
    page.form.set_values({"name": "Orders", "destinations": ("PACS",), "recipe": "mend"})
    page.form.box.edit.set_text("type:ORM")
    page.save()
    qtbot.waitUntil(lambda: "forwards to PACS" in page.result.text)
    assert engine.routes() == (RouteSettings("Orders", "type:ORM", ("PACS",), "mend"),)
    qtbot.waitUntil(lambda: page.list.count() == 1)
    page.form.set_values({"name": "All orders", "enabled": False})
    page.save()
    qtbot.waitUntil(lambda: [route.name for route in engine.routes()] == ["All orders"])


def test_faults_are_told_while_one_types_and_nothing_is_saved(page, engine):
    page.form.box.edit.set_text("type:ORM handled:no")
    assert note(page, "filter").startswith("A route cannot ask for handled:no.")
    assert not child(page.form, QPushButton, "routes.try").isEnabled()
    page.save()
    page.form.box.edit.set_text("type:ORM")
    assert note(page, "filter").startswith("A filter")
    page.save()
    assert note(page, "destinations") == "Tick at least one destination."
    assert engine.routes() == ()


def test_only_what_a_route_takes_is_offered_while_one_types(page, qtbot):
    edit = page.form.box.edit
    edit.setFocus()
    for typed, offered in (
        ("stat", []),
        ("has:", ["attachment", "note"]),
        ("lis", ["listener:"]),
    ):
        edit.set_text("")
        qtbot.keyClicks(edit, typed)
        assert [offer.text for offer in edit._offers] == offered
    edit._popup.hide()


def test_the_names_of_other_routes_are_taken(page, engine, qtbot):
    engine.submit(SaveRoute(RouteSettings("Orders", "", ("PACS",)))).result(10)
    qtbot.waitUntil(lambda: page.list.count() == 1)
    page.add()
    page.form.set_values({"name": "Orders", "destinations": ("Trial",)})
    page.save()
    assert note(page, "name") == "Another route has this name."


def test_destinations_are_ticked_with_the_keyboard_and_show_what_they_are(page):
    found = child(page.form, TickList, "destinations")
    assert [found.item(row).data(ENVIRONMENT_ROLE) for row in range(2)] == ["production", "test"]
    found.setFocus()
    found.setCurrentRow(1)
    QTest.keyClick(found, Qt.Key.Key_Space)
    assert page.form.values()["destinations"] == ("Trial",)


def test_a_filter_is_tried_on_what_was_received(page, engine, qtbot):
    assert send(port(engine), order("T1"), order("T2", "88"))
    page.form.box.edit.set_text("PID-3.1=88")
    child(page.form, QPushButton, "routes.try").click()
    told = child(page.form, QLabel, "routes.trial")
    qtbot.waitUntil(lambda: told.text() == "It would take 1 of the last 2 received messages.")
    page.form.box.edit.set_text("PID-3.1=8")
    assert told.text() == ""


def test_what_is_being_edited_stays_when_settings_change(page, engine, window, qtbot):
    engine.submit(SaveRoute(RouteSettings("Orders", "", ("PACS",)))).result(10)
    qtbot.waitUntil(lambda: page.list.count() == 1)
    page.add()
    page.form.set_values({"name": "New one"})
    engine.submit(SaveDestination(DestinationSettings("Third", port=2, enabled=False))).result(10)
    qtbot.waitUntil(lambda: child(page.form, TickList, "destinations").count() == 3)
    assert page.form.values()["name"] == "New one"


def test_a_destination_is_saved_with_its_queue(window, engine, destinations, qtbot):
    window.actions_by_name["settings.destinations"].trigger()
    page = window.settings().destinations
    qtbot.waitUntil(lambda: page.list.count() == 2)
    page.choose("PACS")
    assert page.list.item(0).data(ENVIRONMENT_ROLE) == "production"
    assert child(page, QWidget, "environment").text == "production"
    page.form.set_values({"keep_order": False, "parallel": 4, "retry_first_s": 90})
    page.save()
    assert note(page, "retry_most_s") == "The longest wait cannot be shorter than the first."
    page.form.set_values({"retry_first_s": 0.2, "retry_most_s": 0.5, "on_refusal": "stop"})
    page.form.set_values({"rate_per_s": 2.5, "charset_out": "UNICODE UTF-8", "max_unknown": 0})
    page.save()
    qtbot.waitUntil(lambda: "was saved" in page.result.text)
    saved = next(d for d in engine.destinations() if d.name == "PACS")
    assert (saved.parallel, saved.retry_most_s, saved.on_refusal) == (4, 0.5, OnRefusal.STOP)
    assert (saved.rate_per_s, saved.charset_out, saved.max_unknown) == (2.5, "UNICODE UTF-8", 0)
    page.form.set_values({"keep_order": True})
    page.save()
    qtbot.waitUntil(lambda: engine.destinations()[0].keep_order)
    assert engine.destinations()[0].parallel == 1


def texts(window) -> list[str]:
    return [label.text() for label in window.messages.inspector.path.findChildren(QLabel)]


def test_the_path_tells_which_route_took_a_message_and_which_would(
    window, engine, destinations, qtbot
):
    engine.submit(SaveRoute(RouteSettings("Orders", "type:ORM", ("PACS",)))).result(10)
    qtbot.waitUntil(lambda: len(window.bridge.routes) == 1)
    send(port(engine), order("P1"))
    engine.submit(ImportFiles(pasted=order("P2"))).result(10)
    model = window.messages.feed.model
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    inspector = window.messages.inspector
    inspector.tabs.setCurrentIndex(Tab.PATH)
    window.messages.table.setCurrentIndex(model.index(1, 0))
    qtbot.waitUntil(lambda: inspector.message_id == 1)
    assert any(text.startswith("by route Orders · ") for text in texts(window))
    assert inspector.path.findChild(QWidget, "environment").text == "production"
    window.messages.table.setCurrentIndex(model.index(0, 0))
    qtbot.waitUntil(lambda: inspector.message_id == 2)
    assert "by route Orders" in texts(window)
    assert inspector.path.findChild(QWidget, "would.PACS") is not None
