"""The recipes: those saved, the text of one, and what it makes of messages."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QListWidgetItem, QWidget

from hl7console.engine import recipes
from hl7console.engine.console import Console, JobReport
from hl7console.engine.recipe_preview import RecipePreview
from hl7console.engine.repair_commands import Approve
from hl7console.errors import ConsoleError
from hl7console.hl7v2.recipes import Recipe, RecipeError, load_recipe
from hl7console.store.approvals import FUNCTION
from hl7console.ui.ask import Ask, DialogAsk
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.recipes.layout import RecipesLayout
from hl7console.ui.recipes.recipe_work import FunctionState, function_states, try_out
from hl7console.ui.recipes.step_templates import CONDITION, NEW_RECIPE, TEMPLATES
from hl7console.ui.worker import ReaderWorker

_CHECK_MS = 250


class RecipesDialog(QDialog):
    """Shows, changes and tries out recipes. GUI thread only.

    Args:
        parent: The window.
        console: The engine.
        message_ids: Stored messages to try recipes on.
        raw: A message to try them on that is not stored.
        is_choice: Offer *Use*, which gives the recipe to whoever opened the dialog.
        ask: How questions are asked.
    """

    chosen = Signal(str, str)
    """Name and text of the recipe to use; the name is empty where it is not saved so."""
    listed = Signal()
    """The list of saved recipes was read."""
    previewed = Signal()
    """The preview, or why there is none, was shown."""
    approvals_done = Signal()
    """The question about functions was answered, or there was none."""

    def __init__(
        self,
        parent: QWidget,
        console: Console,
        message_ids: Sequence[int] = (),
        *,
        raw: bytes = b"",
        is_choice: bool = False,
        ask: Ask | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("recipesDialog")
        self.setWindowTitle("Recipes[*]")
        self.resize(1180, 720)
        self._console = console
        self._ids = tuple(message_ids)
        self._raw = raw
        self._ask = ask or DialogAsk(self)
        self._worker = ReaderWorker("recipes", console, self)
        self._cancelled = threading.Event()
        self._names: list[str] = []
        self.is_listed = False
        self._name = ""
        """Name of the saved recipe that is shown; empty for a new one."""
        self._saved_text = NEW_RECIPE
        self._recipe: Recipe | None = None
        self._line = 0
        self._watch: JobWatch | None = None
        self.parts = RecipesLayout(self, is_choice=is_choice)
        self._check_timer = QTimer(self)
        self._check_timer.setSingleShot(True)
        self._check_timer.setInterval(_CHECK_MS)
        self._check_timer.timeout.connect(self._check)
        self._connect()
        self.parts.text.setPlainText(NEW_RECIPE)
        if not (self._ids or raw):
            self.parts.preview_button.setToolTip("Choose messages in the list first")
        self._show_names()

    def _connect(self) -> None:
        parts = self.parts
        parts.saved.currentItemChanged.connect(self._on_item)
        parts.text.textChanged.connect(self._on_typed)
        parts.name.textChanged.connect(self._show_state)
        parts.problem.clicked.connect(self._go_to_problem)
        parts.new.clicked.connect(self.new)
        parts.delete.clicked.connect(self.delete)
        parts.save.clicked.connect(self.save)
        parts.preview_button.clicked.connect(self.preview)
        parts.approve.clicked.connect(self.approve)
        parts.close_button.clicked.connect(self.reject)
        parts.use.clicked.connect(self.use)
        for template in TEMPLATES:
            action = parts.steps_menu.addAction(template.title)
            action.triggered.connect(partial(self._add_step, template.text))
        parts.steps_menu.addSeparator()
        condition = parts.steps_menu.addAction("A condition for this step")
        condition.triggered.connect(lambda *_: parts.text.insert_line(CONDITION))
        for keys, slot in (
            ("Ctrl+S", self.save),
            ("Ctrl+N", self.new),
            ("Ctrl+Return", self.preview),
        ):
            QShortcut(QKeySequence(keys), self, slot)

    # What is shown

    @property
    def text(self) -> str:
        """The recipe's text as it is now."""
        return self.parts.text.toPlainText()

    @property
    def is_dirty(self) -> bool:
        """Whether something was typed that is not saved."""
        return self.text != self._saved_text

    def _show_names(self, then_show: str = "") -> None:
        workspace = self._console.workspace
        self._worker.call(
            lambda: recipes.names(workspace), partial(self._on_names, then_show), self._on_fault
        )

    def _on_names(self, then_show: str, names: list[str]) -> None:
        self._names = names
        saved = self.parts.saved
        saved.blockSignals(True)
        saved.clear()
        saved.addItems(names)
        name = then_show or self._name
        if name in names:
            saved.setCurrentRow(names.index(name))
        saved.blockSignals(False)
        self.parts.show_empty(not names)
        if not self._name and not self.is_dirty and names and not then_show:
            saved.setCurrentRow(0)
        self._show_state()
        self.is_listed = True
        self.listed.emit()

    @Slot(QListWidgetItem)
    def _on_item(self, item: QListWidgetItem | None) -> None:
        if item is None or item.text() == self._name:
            return
        name = item.text()
        if not self._may_leave():
            self._choose_again()
            return
        workspace = self._console.workspace
        self._worker.call(
            lambda: recipes.read(workspace, name), partial(self._show, name), self._on_fault
        )

    def _choose_again(self) -> None:
        saved = self.parts.saved
        saved.blockSignals(True)
        saved.setCurrentRow(self._names.index(self._name) if self._name in self._names else -1)
        saved.blockSignals(False)

    def _show(self, name: str, text: str) -> None:
        self._name, self._saved_text = name, text
        self.parts.name.setText(name)
        self.parts.text.setPlainText(text)
        self._saved_text = self.text  # as the editor gives it back
        self._check()

    def _may_leave(self) -> bool:
        """Return whether what is shown may go; asks where something is not saved."""
        if not self.is_dirty or not self.text.strip():
            return True
        title = f"{self.parts.name.text().strip() or 'The new recipe'} is not saved."
        text = "What was typed goes with it."
        return self._ask.choose(title, text, ("Discard", "Keep editing")) == "Discard"

    @Slot()
    def new(self) -> None:
        """Begin a new recipe."""
        if not self._may_leave():
            return
        self.parts.saved.blockSignals(True)
        self.parts.saved.setCurrentRow(-1)
        self.parts.saved.blockSignals(False)
        self._show("", NEW_RECIPE)
        self.parts.name.setFocus()

    @Slot(str)
    def _add_step(self, text: str, *_: object) -> None:
        self.parts.text.append_block(text)

    # Checking

    @Slot()
    def _on_typed(self) -> None:
        self._recipe = None
        self._check_timer.start()
        self.parts.preview.set_stale()
        self._show_state()

    @Slot()
    def _check(self) -> None:
        text = self.text
        self._worker.call(
            partial(load_recipe, text),
            partial(self._on_checked, text),
            partial(self._on_mistake, text),
        )

    def _on_checked(self, text: str, recipe: Recipe) -> None:
        if text != self.text:
            return
        self._recipe, self._line = recipe, 0
        self.parts.text.mark_line(0)
        steps = "1 step" if len(recipe.steps) == 1 else f"{len(recipe.steps)} steps"
        self.parts.say(f"{steps}, no mistakes.", "muted")
        self._show_state()

    def _on_mistake(self, text: str, error: ConsoleError) -> None:
        if text != self.text:
            return
        self._recipe = None
        self._line = error.line if isinstance(error, RecipeError) else 0
        self.parts.text.mark_line(self._line)
        self.parts.say(error.full_text, "error")
        self._show_state()

    @Slot()
    def _go_to_problem(self) -> None:
        if self._line:
            self.parts.text.go_to_line(self._line)

    @Slot()
    def _show_state(self) -> None:
        parts, is_good = self.parts, self._recipe is not None
        parts.save.setEnabled(bool(parts.name.text().strip()))
        parts.delete.setEnabled(bool(self._name))
        parts.use.setEnabled(is_good)
        parts.preview_button.setEnabled(is_good and bool(self._ids or self._raw))
        parts.approve.setVisible(self._recipe is not None and bool(self._recipe.functions))
        parts.approve.setEnabled(self._watch is None)
        self.setWindowModified(self.is_dirty)

    # Saving

    @Slot()
    def save(self) -> None:
        """Save the recipe by the name in the box; asks before another one is replaced."""
        name, text, workspace = self.parts.name.text().strip(), self.text, self._console.workspace
        if not name:
            self.parts.say("Give the recipe a name to save it.", "error")
            self.parts.name.setFocus()
            return
        known = {other.casefold(): other for other in self._names}
        other = known.get(name.casefold(), "")
        if other and other != self._name:
            title = f"There is a recipe {other} already."
            if self._ask.choose(title, "Its text is replaced.", ("Replace", "Cancel")) != "Replace":
                return
        self._worker.call(
            lambda: recipes.save(workspace, name, text),
            lambda _: self._on_saved(name, text),
            self._on_fault,
        )

    def _on_saved(self, name: str, text: str) -> None:
        self._name, self._saved_text = name, text
        self.parts.say(f"{name} is saved.", "ok")
        self._show_names(name)

    @Slot()
    def delete(self) -> None:
        """Delete the saved recipe that is shown, after a question."""
        name, workspace = self._name, self._console.workspace
        text = "What was sent with it stays as it is. Routes that name it can send nothing."
        if not name or self._ask.choose(f"Delete {name}?", text, ("Delete", "Cancel")) != "Delete":
            return
        self._worker.call(lambda: recipes.delete(workspace, name), self._on_deleted, self._on_fault)

    def _on_deleted(self, _: None) -> None:
        self._show("", NEW_RECIPE)
        self._show_names()

    def _on_fault(self, error: ConsoleError) -> None:
        self.parts.say(error.full_text, "error")

    # Trying out, approving, using

    @Slot()
    def preview(self) -> None:
        """Show what the recipe makes of the messages."""
        if not self.parts.preview_button.isEnabled():
            return
        workspace, text, ids, raw = self._console.workspace, self.text, self._ids, self._raw
        self.parts.preview.clear("Trying it out…")
        self._worker.ask(
            lambda reader: try_out(reader, workspace, text, ids, raw, self._cancelled),
            self._on_previewed,
            self._on_no_preview,
        )

    def _on_previewed(self, preview: RecipePreview) -> None:
        self.parts.preview.show_preview(preview)
        self.previewed.emit()

    def _on_no_preview(self, error: ConsoleError) -> None:
        self.parts.preview.clear(error.full_text)
        self.previewed.emit()

    @Slot()
    def approve(self) -> None:
        """Ask whether the functions that the recipe names may run."""
        workspace, text = self._console.workspace, self.text
        self._worker.ask(
            lambda reader: function_states(reader, workspace, text),
            self._on_functions,
            self._on_fault,
        )

    def _on_functions(self, states: list[FunctionState]) -> None:
        due = next((state for state in states if state.approval is None), None)
        if due is None:
            self.parts.say("Its functions are approved as they are now.", "ok")
            self.approvals_done.emit()
            return
        file = due.file
        title = f"Let {file.name} run?"
        question = (
            "It is a program of somebody's own and sees every message that the recipe is applied"
            f" to. Read it first: it is in the folder functions of the workspace.\n\nSHA-256\n"
            f"{file.digest[:32]}\n{file.digest[32:]}"
        )
        if self._ask.choose(title, question, ("Approve", "Cancel")) != "Approve":
            self.approvals_done.emit()
            return
        try:
            job = self._console.submit(Approve(FUNCTION, file.name, file.digest))
        except ConsoleError as error:
            self._on_fault(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(self._on_approved)
        self._watch.failed.connect(self._on_not_approved)
        self._show_state()

    @Slot(object)
    def _on_approved(self, report: JobReport) -> None:
        self._watch = None
        self._show_state()
        self.parts.say(report.text, "ok")
        self.approve()  # the next file, if there is one

    @Slot(object)
    def _on_not_approved(self, error: ConsoleError) -> None:
        self._watch = None
        self._show_state()
        self._on_fault(error)
        self.approvals_done.emit()

    @Slot()
    def use(self) -> None:
        """Give the recipe to whoever opened the dialog, and close it."""
        if self._recipe is None:
            return
        self.chosen.emit("" if self.is_dirty else self._name, self.text)
        self._saved_text = self.text
        self.accept()

    def reject(self) -> None:
        """Close, unless something is to be saved first."""
        if self._may_leave():
            super().reject()

    def done(self, result: int) -> None:
        """Close the dialog and end its worker."""
        self._cancelled.set()
        self._check_timer.stop()
        self._worker.stop()
        super().done(result)
