"""The settings pages against the real engine: what they save is what runs."""

from __future__ import annotations

import socket

import pytest
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton
from window_kit import child, order, port, send, shown

from hl7console.engine.certificates import read_certificate
from hl7console.ui.settings.certificate_dialog import certificate_details
from hl7console.ui.theme import Scheme, theme


@pytest.fixture
def settings(window):
    """The settings place, in view."""
    window.go_to("settings")
    return window.settings()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def note(page, name: str) -> str:
    return child(page.form, QLabel, f"{name}.note").text()


def names(page) -> list[str]:
    return [page.list.item(row).text() for row in range(page.list.count())]


def test_a_new_listener_receives(settings, window, qtbot):
    page = settings.listeners
    at = free_port()
    page.add()
    page.form.set_values({"name": "Wards", "port": at})
    child(page, QPushButton, "listener.save").click()
    qtbot.waitUntil(lambda: page.result.isVisible() and names(page) == ["In", "Wards"])
    assert send(at, order("W1"))[0].find(b"MSA|AA|W1") > 0
    qtbot.waitUntil(lambda: shown(window, "interface") == ["Wards"])


def test_faults_stand_beside_their_controls_and_nothing_is_saved(settings, engine):
    page = settings.listeners
    page.add()
    page.form.set_values({"name": "In", "port": 70000, "tls": "mutual", "max_connections": -1})
    page.form.set_values({"allowed_addresses": ("10.0.0.0/99",), "frame_timeout_s": -1})
    child(page, QPushButton, "listener.save").click()
    assert note(page, "name") == "Another interface has this name."
    assert "65535" in note(page, "port")
    assert "certificate" in note(page, "tls_cert_path")
    assert "CA" in note(page, "tls_client_ca_path")
    assert "10.0.0.0/99" in note(page, "allowed_addresses")
    assert "connections" in note(page, "max_connections")
    assert "seconds" in note(page, "frame_timeout_s")
    assert len(engine.listeners()) == 1


def test_a_number_must_be_whole_where_it_counts_things(settings):
    page = settings.listeners
    page.form.set_values({"max_connections": 2.5})
    assert page.form.check_all() == {"max_connections": "Must be a whole number."}


def test_an_open_listener_without_tls_is_said_in_red(settings, window, qtbot):
    page = settings.listeners
    page.form.set_values({"host": "0.0.0.0"})  # noqa: S104
    assert "nothing is encrypted" in note(page, "host")
    assert child(page.form, QLabel, "host.note").property("role") == "error"
    page.save()
    warning = child(window.status, QLabel, "openWarning")
    qtbot.waitUntil(warning.isVisible)
    assert "In" in warning.text()


@pytest.mark.expects_log
def test_a_port_in_use_is_a_failed_state_with_a_sentence(settings, window, engine, qtbot):
    page = settings.listeners
    page.add()
    page.form.set_values({"name": "Second", "port": port(engine)})
    page.save()
    state = child(page, QLabel, "listenerState")
    qtbot.waitUntil(lambda: str(port(engine)) in state.text() and state.property("role") == "error")
    qtbot.waitUntil(lambda: "cannot listen" in page.result.text)
    assert page.result.property("tone") == "err"
    assert send(port(engine), order("X1"))


def test_changes_are_not_lost_without_a_question(settings, answers, engine, qtbot):
    page = settings.listeners
    page.form.set_values({"max_connections": 7})
    answers.answer = "Cancel"
    page.add()
    assert answers.asked
    assert page.form.values()["max_connections"] == 7
    answers.answer = "Save"
    page.add()
    qtbot.waitUntil(lambda: engine.listeners()[0].max_connections == 7)


def test_revert_puts_back_what_is_stored(settings):
    page = settings.listeners
    page.form.set_values({"max_connections": 7})
    assert page.is_edited
    child(page, QPushButton, "listener.revert").click()
    assert page.form.values()["max_connections"] == 256
    assert not child(page, QPushButton, "listener.save").isEnabled()


def test_deleting_asks_first(settings, answers, engine, qtbot):
    page = settings.listeners
    child(page, QPushButton, "listener.delete").click()
    assert len(engine.listeners()) == 1
    answers.answer = "Delete"
    child(page, QPushButton, "listener.delete").click()
    qtbot.waitUntil(lambda: engine.listeners() == () and names(page) == [])


def test_a_destination_is_tested_before_it_is_saved(settings, engine, qtbot):
    page = settings.destinations
    settings.show_page("destinations")
    page.form.set_values({"name": "PACS", "port": port(engine)})
    child(page, QPushButton, "destination.test").click()
    qtbot.waitUntil(lambda: page.result.property("tone") == "ok")
    assert engine.destinations() == ()
    page.form.set_values({"port": 1})
    child(page, QPushButton, "destination.test").click()
    qtbot.waitUntil(lambda: page.result.property("tone") == "err", timeout=15_000)
    assert page.result.text


def test_certificates_are_made_and_filled_in_and_the_listener_speaks_tls(
    settings, engine, tmp_path, qtbot
):
    page = settings.listeners
    settings.make_certificate()
    dialog = settings._dialog
    for kind in ("ca", "server"):
        assert dialog.form.values()["kind"] == kind
        with qtbot.waitSignal(dialog.made):
            dialog.make()
    assert page.form.values()["tls"] == "server"
    assert "server.pem" in page.form.values()["tls_cert_path"]
    with qtbot.waitSignal(dialog.made):
        dialog.form.set_values({"kind": "client", "name": "ward-7"})
        dialog.make()
    dialog.accept()
    folder = engine.workspace / "certificates"
    assert {p.name for p in folder.iterdir()} == {
        f"{stem}.{end}" for stem in ("ca", "server", "client") for end in ("pem", "key")
    }
    page.save()
    qtbot.waitUntil(lambda: engine.snapshot().interfaces[0].tls == "server")
    light = next(b for b in window_lights(settings) if b.isVisible())
    qtbot.waitUntil(lambda: "TLS" in light.text())


def window_lights(settings):
    return settings.window().status._buttons


def test_a_certificate_is_never_overwritten(settings, qtbot):
    settings.make_certificate()
    dialog = settings._dialog
    with qtbot.waitSignal(dialog.made):
        dialog.make()
    dialog.form.set_values({"kind": "ca"})
    dialog.make()
    qtbot.waitUntil(lambda: dialog.outcome.property("tone") == "err")
    assert "ca.pem" in dialog.outcome.text
    dialog.accept()


def test_certificate_details_say_how_long_it_is_valid(settings, engine, qtbot):
    settings.make_certificate()
    with qtbot.waitSignal(settings._dialog.made):
        settings._dialog.make()
    settings._dialog.accept()
    details = dict(
        certificate_details(read_certificate(engine.workspace / "certificates" / "ca.pem"))
    )
    assert details["Use"] == "CA"
    assert "days left" in details["Valid"]
    assert len(details["SHA-256"]) == 64


def test_retention_asks_before_it_deletes(settings, window, engine, answers, qtbot):
    charges = [order(f"R{n}").replace(b"ORM^O01^ORM_O01", b"DFT^P03^DFT_P03") for n in range(5)]
    send(port(engine), order("A1"), *charges)
    qtbot.waitUntil(lambda: engine.snapshot().derived_id == engine.snapshot().last_message_id)
    settings.show_page("retention")
    page = settings.retention
    qtbot.waitUntil(lambda: page.form.values()["keep_days"] == 0)
    page.form.set_values({"max_messages": 2})
    page.save()
    assert "beyond 2" in answers.asked[-1]
    assert engine.snapshot().retention_version == 0
    answers.answer = "Save and delete"
    page.save()
    qtbot.waitUntil(lambda: page.result.property("tone") == "ok", timeout=15_000)
    # The open order stays: the worklist stands on it.
    qtbot.waitUntil(lambda: shown(window) == ["R4", "R3", "A1"])


def test_retention_refuses_nonsense(settings, qtbot):
    page = settings.retention
    qtbot.waitUntil(lambda: page.form.values()["keep_days"] == 0)
    page.form.set_values({"keep_days": -5, "max_messages": 1.5})
    assert page.rules() is None
    assert note(page, "keep_days") == "Must be a number, 0 or more."
    assert note(page, "max_messages") == "Must be a whole number."


def test_colours_change_at_once_and_are_remembered(settings, preferences):
    page = settings.appearance
    page.form.set_values({"scheme": "dark"})
    assert theme().tokens.is_dark
    assert preferences.text("scheme") == "dark"
    page.form.set_values({"scheme": "light"})
    assert not theme().tokens.is_dark
    theme().choose(Scheme.SYSTEM)


def test_pages_are_reached_by_the_keyboard(settings):
    pages = child(settings, QListWidget, "settingsPages")
    assert [pages.item(row).text() for row in range(pages.count())] == [
        "Listeners",
        "Destinations",
        "Routes",
        "Worklist service",
        "Calling AEs",
        "Archives",
        "Mapping profiles",
        "Alert rules",
        "Metrics",
        "Retention",
        "Appearance",
    ]
    assert settings.window().focusWidget() is pages
