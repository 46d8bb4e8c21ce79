"""The recovery code of a new workspace reaches somebody who sees the window only."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6 import QtPrintSupport
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QPageSize
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QDialog, QLabel, QPushButton
from window_kit import child

from hl7console.__main__ import _open_window
from hl7console.app import open_window
from hl7console.cli.program import run
from hl7console.store.recovery import parse_recovery_code, recovery_code
from hl7console.ui.main_window import MainWindow
from hl7console.ui.recovery_dialog import RecoveryDialog, code_lines, printed_page

CODE = recovery_code(bytes(range(32)))


@pytest.fixture
def dialog(qtbot, tmp_path):
    made = RecoveryDialog(CODE, tmp_path, warning="The key lies in a file.")
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def from_window(qapp):
    """Closes the window as soon as it is there, and keeps what its dialog said."""
    seen: list[tuple[str, str]] = []

    def look() -> None:
        window = next(w for w in qapp.topLevelWidgets() if isinstance(w, MainWindow))
        if not window.isVisible():
            return
        timer.stop()
        for found in window.findChildren(QDialog, "recoveryDialog"):
            warning = found.findChild(QLabel, "recoveryWarning")
            seen.append(
                (child(found, QLabel, "recoveryCode").text(), warning.text() if warning else "")
            )
            child(found, QPushButton, "recovery.kept").click()
        QTimer.singleShot(0, window.close)

    timer = QTimer()
    timer.setInterval(20)
    timer.timeout.connect(look)
    timer.start()
    yield seen
    timer.stop()


def test_the_code_is_in_lines_and_copied_whole(dialog):
    shown = child(dialog, QLabel, "recoveryCode").text()
    assert [len(line.split("-")) for line in shown.splitlines()] == [3, 3, 3]
    assert parse_recovery_code(shown) == bytes(range(32))
    child(dialog, QPushButton, "recovery.copy").click()
    data = QGuiApplication.clipboard().mimeData()
    assert data.text() == CODE
    assert bytes(data.data("x-kde-passwordManagerHint").data()) == b"secret"


def test_only_a_deliberate_answer_closes_it(dialog, qtbot):
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.isVisible()
    child(dialog, QPushButton, "recovery.kept").click()
    assert not dialog.isVisible()


def test_the_page_has_all_that_is_needed_to_use_it(dialog, tmp_path, monkeypatch):
    text = printed_page(CODE, tmp_path / "a&b", date(2026, 1, 5)).toPlainText()
    assert all(line in text for line in code_lines(CODE))
    assert "a&b" in text
    assert "2026-01-05" in text
    assert "hl7console key recover" in text
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A5))
    printer.setOutputFileName(str(tmp_path / "code.pdf"))
    monkeypatch.setattr(QtPrintSupport, "QPrinter", lambda: printer)
    monkeypatch.setattr(
        QtPrintSupport.QPrintDialog, "exec", lambda _self: QDialog.DialogCode.Accepted
    )
    child(dialog, QPushButton, "recovery.print").click()
    assert (tmp_path / "code.pdf").read_bytes().startswith(b"%PDF")


def test_a_workspace_that_the_window_makes_shows_its_code_once(
    from_window, tmp_path, monkeypatch, capsys
):
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    place = ["--workspace", str(tmp_path / "new")]
    assert run(place, _open_window) == 0
    assert len(from_window) == 1
    code, warning = from_window[0]
    assert warning.startswith("The database's key lies in a file")
    capsys.readouterr()
    assert run([*place, "key", "show-recovery"], _open_window) == 0
    assert capsys.readouterr().out.strip() == code.replace("\n", "-")


def test_a_workspace_that_is_there_shows_none(engine, preferences, from_window):
    assert open_window(engine, preferences=preferences) == 0
    assert from_window == []


def test_the_demo_shows_none(engine, preferences, from_window):
    assert open_window(engine, demo=True, preferences=preferences, recovery_code=CODE) == 0
    assert from_window == []
