"""What happened on a listener stands in its settings, from the real engine."""

from __future__ import annotations

import socket

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from window_kit import child, order, port, send

from hl7console.engine.events import InterfaceEvent
from hl7console.errors import ConsoleError
from hl7console.ui.settings.event_list import EventList, event_row


@pytest.fixture
def page(window):
    """The listeners' settings, in view."""
    window.go_to("settings")
    return window.settings().listeners


def speak(at_port: int, *payloads: bytes) -> None:
    """Say each thing over a connection of its own, until the listener closes it."""
    for payload in payloads:
        with socket.create_connection(("127.0.0.1", at_port), 10) as connection:
            connection.settimeout(10)
            connection.sendall(payload)
            while connection.recv(4096):
                pass


def texts(page) -> list[tuple[str, ...]]:
    rows = page.events.table.rows
    return [rows.texts(row) for row in range(rows.rowCount())]


def test_without_events_it_says_so(page, engine):
    send(port(engine), order("A1"))
    assert child(page, QLabel, "eventsEmpty").isVisible()
    assert not page.events.table.isVisible()
    page.add()
    assert not page.events.isVisible()


def test_events_are_newest_first_and_counted(page, engine, qtbot):
    speak(port(engine), b"\x16\x03\x01\x02\x00\x01\x00\x01", *[b"GET / HTTP/1.1\r\n\r\n"] * 2)
    qtbot.waitUntil(lambda: [row[3] for row in texts(page)] == ["2", "1"])
    (_, http, peer, _), (_, tls, _, _) = texts(page)
    assert "HTTP" in http
    assert "TLS" in tls
    assert peer.startswith("127.0.0.1:")
    assert not child(page, QLabel, "eventsEmpty").isVisible()


def test_the_last_event_stands_under_the_title(page, engine, qtbot):
    speak(port(engine), b"GET / HTTP/1.1\r\n\r\n")
    state = child(page, QLabel, "listenerState")
    qtbot.waitUntil(lambda: "Last event: " in state.text())
    told = engine.events("In")[-1]
    assert event_row(told).texts[0] in state.text()
    assert told.text in state.text()
    assert state.property("role") == "muted"


def test_another_listener_has_its_own_events(page, engine, qtbot):
    speak(port(engine), b"GET / HTTP/1.1\r\n\r\n")
    qtbot.waitUntil(lambda: len(texts(page)) == 1)
    page.add()
    page.form.set_values({"name": "Wards", "port": 0})
    child(page, QPushButton, "listener.save").click()
    qtbot.waitUntil(lambda: page.list.count() == 2 and page.result.isVisible())
    assert page.events.isVisible()
    assert texts(page) == []
    page.choose("In")
    qtbot.waitUntil(lambda: len(texts(page)) == 1)


def test_an_engine_that_is_away_leaves_what_is_shown(qtbot):
    class Away:
        calls = 0

        def events(self, name: str) -> tuple[InterfaceEvent, ...]:
            self.calls += 1
            if self.calls > 1:
                raise ConsoleError("Away.")
            return (InterfaceEvent(1_000_000, "", "x", f"On {name}."),)

    console = Away()
    shown = EventList(console)
    qtbot.addWidget(shown, before_close_func=lambda w: w.stop())
    shown.show_for("In")
    qtbot.waitUntil(lambda: console.calls > 1)
    assert shown.table.rows.rowCount() == 1
