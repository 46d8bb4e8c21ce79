"""The parts of the recipes' dialog, and where they stand."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hl7console.ui.icons import set_icon
from hl7console.ui.recipes.preview_pane import PreviewPane
from hl7console.ui.recipes.recipe_text import RecipeText
from hl7console.ui.theme import GRID

_LIST_PX = 190


class RecipesLayout:
    """Makes the widgets of the dialog. GUI thread only.

    Args:
        dialog: The dialog.
        is_choice: Offer *Use*.
    """

    def __init__(self, dialog: QDialog, *, is_choice: bool) -> None:
        self.saved = QListWidget()
        self.saved.setObjectName("recipesSaved")
        self.saved.setAccessibleName("Saved recipes")
        self.new = _button("New", "recipeNew", "A new recipe (Ctrl+N)", "plus")
        self.delete = _button("Delete", "recipeDelete", "Delete the saved recipe")
        self.name = QLineEdit()
        self.name.setObjectName("recipeName")
        self.name.setMaxLength(64)
        self.name.setPlaceholderText("Name to save it by")
        self.text = RecipeText()
        self.problem = QPushButton()
        self.problem.setObjectName("recipeProblem")
        self.problem.setFlat(True)
        self.problem.setAccessibleName("Mistake in the recipe")
        self._problem_text = QLabel(self.problem)
        self._problem_text.setObjectName("recipeProblemText")
        self._problem_text.setWordWrap(True)
        self._problem_text.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        inside = self._problem_layout = QVBoxLayout(self.problem)
        inside.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        inside.addWidget(self._problem_text)
        self.problem.setMinimumHeight(5 * GRID)
        self.add_step = _button("Add step", "recipeAddStep", "Put in a step to fill out", "plus")
        self.steps_menu = QMenu(self.add_step)
        self.add_step.setMenu(self.steps_menu)
        self.approve = _button(
            "Approve function…", "recipeApprove", "Let the functions run that it names"
        )
        self.save = _button("Save", "recipeSave", "Save by its name (Ctrl+S)")
        self.preview_button = _button(
            "Preview", "recipePreviewButton", "Try it on the chosen messages (Ctrl+Enter)", "eye"
        )
        self.preview = PreviewPane()
        self.close_button = _button("Close", "recipesClose", "Close the recipes (Esc)")
        self.use = _button("Use", "recipeUse", "Apply this recipe")
        self.use.setProperty("kind", "primary")
        self.use.setVisible(is_choice)
        self._empty = QLabel("No recipe is saved yet.")
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._empty.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.saved)
        self._stack.addWidget(self._empty)
        for button in dialog.findChildren(QPushButton):
            button.setAutoDefault(False)
        self._lay_out(dialog)

    def _lay_out(self, dialog: QDialog) -> None:
        panes = QSplitter(Qt.Orientation.Horizontal)
        panes.setObjectName("recipesPanes")
        panes.setChildrenCollapsible(False)
        panes.setHandleWidth(1)
        for pane, stretch in ((self._list_pane(), 0), (self._text_pane(), 5), (self.preview, 5)):
            panes.addWidget(pane)
            panes.setStretchFactor(panes.count() - 1, stretch)
        panes.setSizes([_LIST_PX, 430, 500])
        end = QHBoxLayout()
        end.setSpacing(GRID)
        end.addStretch(1)
        end.addWidget(self.close_button)
        end.addWidget(self.use)
        layout = QVBoxLayout(dialog)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(panes, 1)
        layout.addLayout(end)
        for button in dialog.findChildren(QPushButton):
            button.setAutoDefault(False)

    def _list_pane(self) -> QWidget:
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(GRID)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.new)
        row.addWidget(self.delete)
        row.addStretch(1)
        column.addWidget(_heading("Saved"))
        column.addWidget(self._stack, 1)
        column.addLayout(row)
        return pane

    def _text_pane(self) -> QWidget:
        pane = QWidget()
        column = QVBoxLayout(pane)
        column.setContentsMargins(GRID, 0, GRID, 0)
        column.setSpacing(GRID)
        top = QHBoxLayout()
        top.setSpacing(GRID)
        label = QLabel("Name")
        label.setBuddy(self.name)
        top.addWidget(label)
        top.addWidget(self.name, 1)
        top.addWidget(self.save)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.add_step)
        row.addWidget(self.approve)
        row.addStretch(1)
        row.addWidget(self.preview_button)
        column.addLayout(top)
        column.addWidget(self.text, 1)
        column.addWidget(self.problem)
        column.addLayout(row)
        return pane

    def show_empty(self, is_empty: bool) -> None:
        """Show that nothing is saved, in place of the list."""
        self._stack.setCurrentIndex(1 if is_empty else 0)

    def say(self, text: str, role: str) -> None:
        """Say something under the text."""
        label = self._problem_text
        label.setText(text)
        self.problem.setAccessibleDescription(text)
        if label.property("role") != role:
            label.setProperty("role", role)
            label.style().unpolish(label)
            label.style().polish(label)
        self.problem.setMinimumHeight(max(5 * GRID, self._problem_layout.sizeHint().height()))

    @property
    def said(self) -> str:
        """What is said under the text."""
        return self._problem_text.text()


def _button(text: str, name: str, tip: str, icon: str = "") -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    if icon:
        set_icon(button, icon)
    return button


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "muted")
    return label
