"""Shows the recovery code of a workspace just made, for those who see no terminal."""

from __future__ import annotations

from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMimeData, Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QTextDocument
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.ui.theme import GRID, fixed_font

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

GROUPS_IN_LINE = 3
"""Groups of the code that stand beside each other."""

_WHAT_FOR = (
    "The messages of this workspace are encrypted. If their key is ever lost, or you move the"
    " workspace to another computer, this code opens it. Without both, nobody can read the"
    " messages again."
)
_LATER = (
    "Print it, and keep the print where the messages themselves would be safe. Later,"
    " “hl7console key show-recovery” shows it again."
)
_CODE_PX = 20
_PRINT_PT = 11
_WIDTH = 520

_PRIVATE = (
    ("x-kde-passwordManagerHint", b"secret"),
    (
        'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"',
        b"\0\0\0\0",
    ),
)
"""What keeps the code out of clipboard histories, on Linux desktops and on Windows."""


def code_lines(code: str) -> tuple[str, ...]:
    """Return the code in lines of three groups, the hyphens between them kept."""
    groups = code.split("-")
    return tuple(
        "-".join(groups[at : at + GROUPS_IN_LINE]) for at in range(0, len(groups), GROUPS_IN_LINE)
    )


def printed_page(code: str, workspace: Path, today: date) -> QTextDocument:
    """Return the page that is printed: the code, what it opens, and how. GUI thread only."""
    lines = "<br>".join(code_lines(code))
    page = QTextDocument()
    font = QGuiApplication.font()
    font.setPointSize(_PRINT_PT)  # pixels would be tiny on a printer
    page.setDefaultFont(font)
    page.setHtml(
        "<h1>hl7console recovery code</h1>"
        f"<p>Workspace: {escape(str(workspace))}<br>Made on {today:%Y-%m-%d}</p>"
        f'<p style="font-family: {fixed_font().family()}, monospace; font-size: 18pt">{lines}</p>'
        "<p>This code opens the workspace when its key is lost: run"
        " “hl7console key recover” and type it in. Blanks, hyphens and letter case do not"
        " matter.</p>"
        "<p>Whoever has this page and the workspace can read the messages. Keep it where the"
        " messages themselves would be safe.</p>"
    )
    return page


class RecoveryDialog(QDialog):
    """Shows a code until the user says that it is kept; Escape does not. GUI thread only.

    Args:
        code: The recovery code, nine groups with hyphens between.
        workspace: The folder that it opens; stands on the print.
        warning: One more sentence about where the key lies; empty for none.
    """

    def __init__(
        self, code: str, workspace: Path, *, warning: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("recoveryDialog")
        self.setWindowTitle("Recovery code")
        self._code = code
        self._workspace = workspace
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(3 * GRID // 2)
        title = QLabel("Keep this recovery code")
        title.setProperty("role", "title")
        layout.addWidget(title)
        layout.addWidget(_paragraph(_WHAT_FOR))
        layout.addWidget(self._built_code())
        layout.addWidget(_paragraph(_LATER, role="muted"))
        if warning:
            told = _paragraph(warning, role="warning")
            told.setObjectName("recoveryWarning")
            layout.addWidget(told)
        layout.addSpacing(GRID)
        layout.addLayout(self._built_buttons())
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        self._copy.setFocus(Qt.FocusReason.OtherFocusReason)

    def _built_code(self) -> QLabel:
        shown = QLabel("\n".join(code_lines(self._code)))
        shown.setObjectName("recoveryCode")
        shown.setAccessibleName("Recovery code")
        shown.setFont(fixed_font(_CODE_PX, bold=True))
        shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        shown.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return shown

    def _built_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self._copy = QPushButton("Copy")
        self._copy.setObjectName("recovery.copy")
        self._copy.clicked.connect(self.copy)
        printing = QPushButton("Print…")
        printing.setObjectName("recovery.print")
        printing.clicked.connect(self.print_code)
        kept = QPushButton("I have kept it")
        kept.setObjectName("recovery.kept")
        kept.setProperty("kind", "primary")
        kept.clicked.connect(self.accept)
        row.addWidget(self._copy)
        row.addWidget(printing)
        row.addStretch(1)
        row.addWidget(kept)
        for button in (self._copy, printing, kept):
            button.setAutoDefault(False)
        return row

    @Slot()
    def copy(self) -> None:
        """Copy the code in one line, and ask clipboard histories not to keep it."""
        data = QMimeData()
        data.setText(self._code)
        for kind, value in _PRIVATE:
            data.setData(kind, QByteArray(value))
        QGuiApplication.clipboard().setMimeData(data)
        self._copy.setText("Copied")

    @Slot()
    def print_code(self) -> None:
        """Ask for a printer, and print the page."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # seldom wanted

        printer = QPrinter()
        printer.setDocName("hl7console recovery code")
        dialog = QPrintDialog(printer, self)
        if dialog.exec() == QDialog.DialogCode.Accepted:  # the system's own can't be left open
            self.print_to(printer)
        dialog.deleteLater()

    def print_to(self, printer: QPrinter) -> None:
        """Print the page on a printer."""
        printed_page(self._code, self._workspace, date.today()).print_(printer)  # noqa: DTZ011

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            return  # too easily pressed for something shown once
        super().keyPressEvent(event)


def _paragraph(text: str, *, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setFixedWidth(_WIDTH)
    if role:
        label.setProperty("role", role)
    return label
