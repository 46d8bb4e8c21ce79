"""A picture of every screen, light and dark, to be looked at.

They go to the folder that HL7CONSOLE_SCREENSHOTS names, else to the test's own. What a test can
tell of a picture it checks here: the grounds and the colours that mean something.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from window_kit import order, port, send, shown

from hl7console.store.recovery import recovery_code
from hl7console.store.workspace import key_file_warning
from hl7console.ui.recovery_dialog import RecoveryDialog
from hl7console.ui.theme import Scheme, theme

SIZES = ((1600, 1000), (1280, 800))


@pytest.fixture(params=[Scheme.LIGHT, Scheme.DARK], ids=str)
def scheme(request, window) -> Iterator[Scheme]:
    theme().choose(request.param)
    yield request.param
    theme().choose(Scheme.SYSTEM)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = Path(os.environ.get("HL7CONSOLE_SCREENSHOTS") or tmp_path)
    found.mkdir(parents=True, exist_ok=True)
    return found


def picture(widget: QWidget, name: str, scheme: Scheme, folder: Path) -> QImage:
    QCoreApplication.processEvents()  # what a new size brings about in several steps
    taken = widget.grab()
    assert taken.save(str(folder / f"{name}-{scheme}-{widget.width()}.png"))
    return taken.toImage()


def has_color(image: QImage, color: QColor, left: int, top: int, right: int, bottom: int) -> bool:
    wanted = color.rgb()
    return any(
        image.pixel(x, y) == wanted for y in range(top, bottom, 2) for x in range(left, right)
    )


def test_messages(window, engine, scheme, folder, qtbot):
    refused = order("A2").replace(b"ORM^O01^ORM_O01", b"ORM^O99^ORM_O01")
    send(port(engine), order("A1"), refused, order("A1"))
    qtbot.waitUntil(lambda: len(shown(window)) == 3)
    with qtbot.waitSignal(window.messages.inspector.shown, check_params_cb=bool):
        window.messages.table.go_to(2)
    qtbot.waitUntil(lambda: "…" not in shown(window))
    for size in SIZES:
        window.resize(*size)
        image = picture(window, "messages", scheme, folder)
        assert image.pixelColor(4, 400) == theme().color("rail")
        for token in ("ok_tint", "err_tint", "info_tint", "selection"):
            assert has_color(image, theme().color(token), 64, 76, size[0] // 2 + 100, 160), token


def test_nothing_yet_and_nothing_found(window, engine, scheme, folder, qtbot):
    picture(window, "empty", scheme, folder)
    send(port(engine), order("A1"))
    qtbot.waitUntil(lambda: shown(window) == ["A1"])
    window.messages.search.set_text("control:nothing")
    qtbot.waitUntil(window.messages.empty.isVisible)
    picture(window, "nothing-found", scheme, folder)
    window.messages.search.set_text("colour:red")
    image = picture(window, "search-fault", scheme, folder)
    assert has_color(image, theme().color("err_tint"), 70, 50, 200, 74)


PAGES = ["listeners", "destinations", "worklist", "callers", "archives", "profiles", "alerts",
         "retention"]  # fmt: skip


@pytest.mark.parametrize("page", [*PAGES, "appearance"])
def test_settings(window, scheme, folder, page, qtbot):
    window.go_to("settings")
    window.settings().show_page(page)
    qtbot.waitUntil(lambda: window.settings().retention.form.values()["keep_days"] == 0)
    for size in SIZES:
        window.resize(*size)
        image = picture(window, f"settings-{page}", scheme, folder)
        assert has_color(image, theme().color("selection"), 70, 10, 200, 400)


def test_a_listener_with_events(window, engine, scheme, folder, qtbot):
    for said in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01", b"hello" * 2000):
        with socket.create_connection(("127.0.0.1", port(engine)), 10) as connection:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
    window.go_to("settings")
    table = window.settings().listeners.events.table
    qtbot.waitUntil(lambda: table.rows.rowCount() == 3)
    for size in SIZES:
        window.resize(*size)
        image = picture(window, "settings-events", scheme, folder)
        assert has_color(image, theme().color("err"), 480, 60, size[0], 300)


def test_dialogs(window, engine, scheme, folder, tmp_path, qtbot):
    send(port(engine), order("A1"))
    qtbot.waitUntil(lambda: shown(window) == ["A1"])
    window.messages.table.go_to(0)
    window.message_actions.resend()
    dialog = window.imports.begin([tmp_path / "one.hl7"])
    window.choose_columns()
    window.show_palette()
    window.settings().make_certificate()
    warning = key_file_warning(tmp_path / "keys" / f"{'0a' * 16}.key")
    RecoveryDialog(recovery_code(bytes(32)), tmp_path, warning=warning, parent=window).open()
    dialogs = [w for w in window.findChildren(QWidget) if w.isWindow() and w.isVisible()]
    names = {d.objectName() for d in dialogs}
    assert names >= {"resendDialog", "importDialog", "columnsDialog", "palette"}
    for shown_dialog in dialogs:
        picture(shown_dialog, shown_dialog.objectName(), scheme, folder)
    for shown_dialog in dialogs:
        shown_dialog.close()
    assert not dialog.isVisible()
