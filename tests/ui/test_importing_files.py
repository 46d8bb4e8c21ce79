"""Dropping, pasting and choosing files, with the real importer behind."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from window_kit import child, order, port, send, shown

from hl7console.engine.console import ImportMode, SaveDestination
from hl7console.settings import DestinationSettings, Environment, ListenerSettings
from hl7console.ui.drop_overlay import DropOverlay
from hl7console.ui.imports.choice import ImportChoice
from hl7console.ui.imports.import_dialog import ImportDialog, what_text


def dialog_of(window) -> ImportDialog:
    return window.imports.dialogs[-1]


def drop(window, mime: QMimeData) -> None:
    actions, button, keys = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dragEnterEvent(QDragEnterEvent(QPoint(200, 200), actions, mime, button, keys))
    window.dropEvent(QDropEvent(QPointF(200, 200), actions, mime, button, keys))


def files(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def finish(dialog: ImportDialog, qtbot) -> None:
    dialog.go_button.click()
    qtbot.waitUntil(lambda: dialog.report is not None)


def test_dropped_files_folders_and_archives_are_kept(window, tmp_path, qtbot):
    (tmp_path / "one.hl7").write_bytes(order("A1"))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "two.hl7.gz").write_bytes(gzip.compress(order("A2")))
    with zipfile.ZipFile(folder / "three.zip", "w") as archive:
        archive.writestr("in/three.hl7", order("A3"))
        archive.writestr("in/readme.txt", "no message here")
    drop(window, files(tmp_path / "one.hl7", folder))
    dialog = dialog_of(window)
    assert dialog.isVisible()
    assert dialog.choice.values()[0] is ImportMode.KEEP
    finish(dialog, qtbot)
    assert dialog.report.messages == 3
    qtbot.waitUntil(lambda: sorted(shown(window)) == ["A1", "A2", "A3"])
    assert set(shown(window, "result")) == {"imported"}
    table = dialog.report_view.not_taken
    texts = [table.rows.index(r, 0).data() for r in range(table.rows.rowCount())]
    assert len(texts) == 1
    assert texts[0].endswith("three.zip/in/readme.txt")
    child(dialog, QPushButton, "importClose").click()
    assert window.imports.dialogs == []


def test_the_overlay_shows_while_files_are_held_over_the_window(window, tmp_path):
    overlay = child(window, DropOverlay, "dropOverlay")
    mime = files(tmp_path)
    event = QDragEnterEvent(
        QPoint(9, 9),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dragEnterEvent(event)
    assert event.isAccepted()
    assert overlay.isVisible()
    overlay.hide()


def test_pasted_text_is_imported(window, qtbot):
    QGuiApplication.clipboard().setText(order("P1").decode().replace("\r", "\n"))
    window.actions_by_name["import.paste"].trigger()
    dialog = dialog_of(window)
    assert "Pasted text" in child(dialog, QLabel, "importWhat").text()
    finish(dialog, qtbot)
    assert dialog.report.messages == 1
    qtbot.waitUntil(lambda: shown(window) == ["P1"])
    child(dialog, QPushButton, "importShow").click()
    qtbot.waitUntil(lambda: window.messages.table.currentIndex().row() == 0)


def test_an_empty_clipboard_says_so(window):
    QGuiApplication.clipboard().clear()
    window.actions_by_name["import.paste"].trigger()
    assert window.notice.text == "The clipboard holds neither files nor text."
    assert window.imports.dialogs == []


def test_receiving_applies_the_listener_and_finds_duplicates(window, engine, tmp_path, qtbot):
    send(port(engine), order("R1"))
    (tmp_path / "r.hl7").write_bytes(order("R1"))
    qtbot.waitUntil(lambda: len(shown(window)) == 1)
    dialog = window.imports.begin([tmp_path / "r.hl7"])
    dialog.choice.receive.setChecked(True)
    assert dialog.go_button.text() == "Receive"
    assert dialog.choice.listener.currentData() == "In"
    finish(dialog, qtbot)
    qtbot.waitUntil(lambda: len(shown(window)) == 2)
    assert shown(window, "interface") == ["In", "In"]
    assert shown(window, "result")[0] == "duplicate"
    dialog.reject()


def test_sending_to_production_needs_its_name_typed(window, engine, tmp_path, qtbot):
    settings = DestinationSettings(
        name="PACS", port=port(engine), environment=Environment.PRODUCTION
    )
    engine.submit(SaveDestination(settings)).result(10)
    qtbot.waitUntil(lambda: len(window.bridge.destinations) == 1)
    (tmp_path / "s.hl7").write_bytes(order("S1"))
    dialog = window.imports.begin([tmp_path / "s.hl7"])
    dialog.choice.send.setChecked(True)
    assert not dialog.go_button.isEnabled()
    dialog.choice.confirm.setText("pacs")
    assert not dialog.go_button.isEnabled()
    dialog.choice.confirm.setText("PACS")
    finish(dialog, qtbot)
    assert dialog.report.accepted == 1
    table = dialog.report_view.answers
    assert table.rows.index(0, 1).data() == "accepted"
    dialog.reject()


def test_a_file_that_is_no_hl7_is_reported_with_its_reason(window, tmp_path, qtbot):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    dialog = window.imports.begin([tmp_path / "picture.png"])
    finish(dialog, qtbot)
    assert dialog.report.messages == 0
    table = dialog.report_view.not_taken
    assert table.rows.index(0, 0).data() == "picture.png"
    assert table.rows.index(0, 1).data() == ""
    assert table.rows.index(0, 2).data()
    assert not child(dialog, QPushButton, "importShow").isVisible()
    dialog.reject()


def test_what_was_noticed_is_told_apart_from_what_was_not_taken(window, tmp_path, qtbot):
    (tmp_path / "batch.hl7").write_bytes(b"BHS|^~\\&|A\r" + order("N1") + b"BTS|2\r")
    dialog = window.imports.begin([tmp_path / "batch.hl7"])
    finish(dialog, qtbot)
    assert (dialog.report.messages, dialog.report.not_taken_total) == (1, 0)
    table = dialog.report_view.noticed
    assert table.rows.index(0, 0).data() == "batch.hl7"
    assert "BTS-1 says 2 messages; there are 1." in table.rows.index(0, 2).data()
    assert dialog.report_view.text == "1 message kept, 1 oddity noticed."
    dialog.reject()


def test_an_import_goes_on_in_the_background_and_reports(window, tmp_path, qtbot):
    (tmp_path / "many.hl7").write_bytes(b"".join(order(f"M{n}") for n in range(3000)))
    dialog = window.imports.begin([tmp_path / "many.hl7"])
    dialog.go_button.click()
    child(dialog, QPushButton, "importHide").click()
    assert not dialog.isVisible()
    qtbot.waitUntil(window.notice.isVisible, timeout=30_000)
    assert "3,000 messages kept" in window.notice.text
    child(window.notice, QPushButton, "noticeButton").click()
    assert dialog.isVisible()
    dialog.reject()


def test_stopping_an_import_keeps_what_came_in(window, tmp_path, qtbot):
    (tmp_path / "many.hl7").write_bytes(b"".join(order(f"N{n}") for n in range(60_000)))
    dialog = window.imports.begin([tmp_path / "many.hl7"])
    dialog.go_button.click()
    qtbot.waitUntil(lambda: window.bridge.snapshot.stored_total > 0, timeout=30_000)
    child(dialog, QPushButton, "importClose").click()
    qtbot.waitUntil(lambda: dialog.report is not None, timeout=30_000)
    assert dialog.report.cancelled
    assert 0 < dialog.report.messages < 60_000
    dialog.reject()


def choice(qtbot, listeners=(), destinations=()) -> ImportChoice:
    made = ImportChoice(listeners, destinations)
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(
    ("destinations", "why"),
    [
        ([], "There is no destination. Add one in the settings."),
        (
            [DestinationSettings(name="PACS", enabled=False)],
            "No destination is in use. Tick “In use” at one in the settings.",
        ),
    ],
)
def test_what_cannot_be_chosen_says_why(qtbot, destinations, why):
    made = choice(qtbot, destinations=destinations)
    assert made.keep.isEnabled()
    for button, reason in (
        (made.receive, "There is no listener. Add one in the settings."),
        (made.send, why),
    ):
        assert not button.isEnabled()
        assert button.toolTip() == reason
        assert child(made, QLabel, f"{button.objectName()}Note").text() == reason


def test_what_can_be_chosen_says_what_it_does(qtbot):
    made = choice(qtbot, [ListenerSettings(name="In")], [DestinationSettings(name="PACS")])
    for button in (made.receive, made.send):
        assert button.isEnabled()
        assert button.toolTip() == ""
    assert "duplicate test" in child(made, QLabel, "importReceiveNote").text()


@pytest.mark.parametrize(
    ("names", "text"),
    [(["a.hl7"], "a.hl7"), (["a", "b", "c", "d", "e"], "a, b, c and 2 more")],
)
def test_what_is_imported_is_named_shortly(names, text):
    assert what_text([Path(name) for name in names], b"") == text
