"""Which recipe is applied to messages on their way: none, or one that is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from hl7console.engine.console import Console
from hl7console.ui.theme import GRID

_MOST_TRIED = 200


class RecipeChoice(QWidget):
    """A name, and buttons to choose and to forget. GUI thread only.

    Args:
        console: The engine.
        message_ids: Messages to try recipes on.
    """

    changed = Signal()

    def __init__(
        self, console: Console, message_ids: Sequence[int], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._console = console
        self._ids = tuple(message_ids[:_MOST_TRIED])
        self.text = ""
        """The recipe; empty for none."""
        self._label = QLabel("No recipe")
        self._label.setObjectName("resendRecipe")
        self._choose = QPushButton("Choose a recipe…")
        self._choose.setObjectName("resendChooseRecipe")
        self._choose.clicked.connect(self.choose)
        self._forget = QPushButton("None")
        self._forget.setObjectName("resendNoRecipe")
        self._forget.clicked.connect(lambda *_: self.take("", ""))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._label, 1)
        row.addWidget(self._forget)
        row.addWidget(self._choose)
        self._forget.hide()
        self.setMinimumHeight(32)

    @Slot()
    def choose(self) -> None:
        """Show the recipes, with what each would do to the messages."""
        from hl7console.ui.recipes.opening import choose_recipe  # not needed for most resends

        choose_recipe(self.window(), self._console, self._ids, self.take)

    def take(self, name: str, text: str) -> None:
        """Take a recipe, by its name and text; no text takes none."""
        self.text = text
        title = f"Recipe {name}" if name else "A recipe that is not saved"
        self._label.setText(title if text else "No recipe")
        self._forget.setVisible(bool(text))
        self.changed.emit()
