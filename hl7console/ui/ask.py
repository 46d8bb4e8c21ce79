"""Questions to the user, behind one border, so that tests answer them without a dialog."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget


class Ask(Protocol):
    """Asks, and waits for the answer. GUI thread only."""

    def choose(self, title: str, text: str, answers: Sequence[str]) -> str:
        """Return the answer chosen; the last one when the question is closed."""

    def save_path(self, title: str, suggested: str, file_filter: str) -> Path | None:
        """Return where to save, or None."""

    def open_paths(self, title: str, file_filter: str) -> list[Path]:
        """Return the files chosen."""

    def folder(self, title: str) -> Path | None:
        """Return the folder chosen, or None."""


class DialogAsk:
    """Asks with dialogs over a window."""

    def __init__(self, window: QWidget) -> None:
        self._window = window

    def choose(self, title: str, text: str, answers: Sequence[str]) -> str:
        """Return the answer chosen; the last one when the question is closed."""
        box = QMessageBox(self._window)
        box.setObjectName("question")
        box.setWindowTitle(title)
        box.setText(f"<b>{escape(title)}</b>")
        box.setInformativeText(text)
        buttons: dict[QPushButton, str] = {}
        for place, answer in enumerate(answers):
            is_last = place == len(answers) - 1
            role = QMessageBox.ButtonRole.RejectRole if is_last else QMessageBox.ButtonRole.YesRole
            button = box.addButton(answer, role)
            buttons[button] = answer
            if place == 0:
                box.setDefaultButton(button)
            if is_last:
                box.setEscapeButton(button)
        box.exec()
        clicked = box.clickedButton()
        answer = next((text for button, text in buttons.items() if button is clicked), answers[-1])
        box.deleteLater()
        return answer

    def save_path(self, title: str, suggested: str, file_filter: str) -> Path | None:
        """Return where to save, or None."""
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, suggested, file_filter)
        return Path(chosen) if chosen else None

    def open_paths(self, title: str, file_filter: str) -> list[Path]:
        """Return the files chosen."""
        chosen, _ = QFileDialog.getOpenFileNames(self._window, title, "", file_filter)
        return [Path(path) for path in chosen]

    def folder(self, title: str) -> Path | None:
        """Return the folder chosen, or None."""
        chosen = QFileDialog.getExistingDirectory(self._window, title)
        return Path(chosen) if chosen else None
