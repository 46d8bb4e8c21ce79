"""The whole file of the rules as text, with its mistake marked at the line."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from hl7console.ui.alerts.draft import RulesDraft
from hl7console.ui.recipes.recipe_text import RecipeText
from hl7console.ui.theme import GRID

_REST_MS = 250


class TextTab(QWidget):
    """Edits the text of a `RulesDraft` by hand. GUI thread only."""

    def __init__(self, draft: RulesDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._is_putting = False
        self.text = RecipeText()
        self.text.setObjectName("rulesText")
        self.text.setAccessibleName("Rules as text")
        self.problem = QPushButton()
        self.problem.setObjectName("rulesProblem")
        self.problem.setProperty("kind", "link")
        self.problem.setToolTip("Go to the line")
        self.problem.hide()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.text, 1)
        column.addWidget(self.problem)
        draft.changed.connect(self._show_text)
        self.text.textChanged.connect(self._on_typed)
        self._rest.timeout.connect(self.take)
        self.problem.clicked.connect(self.go_to_problem)

    @Slot()
    def _on_typed(self) -> None:
        if not self._is_putting:
            self._rest.start()

    @Slot()
    def take(self) -> None:
        """Take over what was typed, now."""
        self._rest.stop()
        typed = self.text.toPlainText()
        if typed != self._draft.text:
            self._draft.set_text(typed)

    @Slot()
    def _show_text(self) -> None:
        self._is_putting = True
        self._put(self._draft.text)
        self._is_putting = False
        self.text.mark_line(self._draft.line)
        self.problem.setVisible(not self._draft.is_sound)
        self.problem.setText(self._draft.problem)

    def _put(self, wanted: str) -> None:
        """Replace only what differs: cursor, place and undo stay."""
        shown = self.text.toPlainText()
        if shown == wanted:
            return
        first = 0
        least = min(len(shown), len(wanted))
        while first < least and shown[first] == wanted[first]:
            first += 1
        last = 0
        while last < least - first and shown[-1 - last] == wanted[-1 - last]:
            last += 1
        cursor = QTextCursor(self.text.document())
        cursor.setPosition(_units(shown[:first]))
        end = _units(shown[: len(shown) - last])
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(wanted[first : len(wanted) - last])

    @Slot()
    def go_to_problem(self) -> None:
        """Put the cursor on the line of the mistake."""
        if self._draft.line:
            self.text.go_to_line(self._draft.line)


def _units(text: str) -> int:
    """Return how long Qt takes a text to be: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
