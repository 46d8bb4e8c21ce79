"""What a recipe would make of the chosen messages: by step, and field by field."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from hl7console.engine.recipe_preview import MessagePreview, RecipePreview, StepTotal
from hl7console.hl7v2.compare import Difference, DifferenceKind, shown_place
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID

_LONGEST = 200

_STEPS = (
    ReportColumn("Step", 6),
    ReportColumn("What it does", 24),
    ReportColumn("Changed", 20, is_state=True),
)
_CHANGES = (
    ReportColumn("Field", 12, is_fixed=True),
    ReportColumn("Before", 22, is_fixed=True),
    ReportColumn("After", 20, is_fixed=True, is_state=True),
)


class PreviewPane(QWidget):
    """Shows a preview. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipePreview")
        self._preview: RecipePreview | None = None
        self.summary = QLabel()
        self.summary.setObjectName("recipeSummary")
        self.summary.setWordWrap(True)
        self.steps = ReportTable("recipeSteps", "What each step changed", _STEPS, wraps=True)
        self.message = QComboBox()
        self.message.setObjectName("recipeMessage")
        self.message.setAccessibleName("Message")
        self.message.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.message.currentIndexChanged.connect(self._on_message)
        self.changes = ReportTable("recipeChanges", "Fields before and after", _CHANGES)
        self.told = QLabel()
        self.told.setObjectName("recipeTold")
        self.told.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        label = QLabel("Message")
        label.setBuddy(self.message)
        row.addWidget(label)
        row.addWidget(self.message, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.summary)
        layout.addWidget(self.steps, 2)
        layout.addLayout(row)
        layout.addWidget(self.told)
        layout.addWidget(self.changes, 3)
        self.clear("Choose messages in the list to see what the recipe makes of them.")

    def clear(self, text: str) -> None:
        """Show nothing but a sentence."""
        self._preview = None
        self._say(self.summary, text, "muted")
        self.steps.rows.set_rows([])
        self.changes.rows.set_rows([])
        self.message.clear()
        self.message.setEnabled(False)
        self.told.hide()

    def set_stale(self) -> None:
        """Say that what is shown is what the recipe did before it was changed."""
        if self._preview is not None:
            text = "The recipe has changed since. Press Preview to try it again."
            self._say(self.summary, text, "muted")

    def show_preview(self, preview: RecipePreview) -> None:
        """Show what a recipe would do."""
        self._preview = preview
        text, role = summary_of(preview)
        self._say(self.summary, text, role)
        self.steps.rows.set_rows([step_row(total, preview) for total in preview.steps])
        self.message.blockSignals(True)
        self.message.clear()
        for number, message in enumerate(preview.messages, 1):
            self.message.addItem(f"{number} · {message.control_id or '(no control ID)'}"
                                 f" · {_word(message)}")  # fmt: skip
        self.message.setEnabled(self.message.count() > 1)
        self.message.setCurrentIndex(_first_of_interest(preview))
        self.message.blockSignals(False)
        self._on_message(self.message.currentIndex())

    @Slot(int)
    def _on_message(self, place: int) -> None:
        if self._preview is None or not 0 <= place < len(self._preview.messages):
            return
        message = self._preview.messages[place]
        self.changes.rows.set_rows([change_row(found) for found in message.differences])
        text, role = told_of(message)
        self._say(self.told, text, role)
        self.told.setVisible(bool(text))

    def _say(self, label: QLabel, text: str, role: str) -> None:
        label.setText(text)
        if label.property("role") != role:
            label.setProperty("role", role)
            label.style().unpolish(label)
            label.style().polish(label)


def summary_of(preview: RecipePreview) -> tuple[str, str]:
    """Return what a recipe does to all the messages, and the role of the text."""
    count = len(preview.messages)
    if not count:
        return "There is no message to try it on.", "muted"
    said = [f"Changes {preview.changed:,} of {_messages(count)}."]
    if not preview.changed and not preview.faults:
        said = [f"Changes nothing in {_messages(count)}."]
    if preview.faults:
        said.append(f"Cannot be applied to {preview.faults:,}.")
    if preview.worsened:
        said.append(f"Makes something wrong in {preview.worsened:,}.")
    bad = preview.faults or preview.worsened
    role = "error" if bad else "ok" if preview.changed else "warning"
    return " ".join(said), role


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def step_row(total: StepTotal, preview: RecipePreview) -> ReportRow:
    """Return the line of a step."""
    tried = len(preview.messages) - preview.faults
    if total.changed:
        places = "1 place" if total.changed == 1 else f"{total.changed:,} places"
        text, role = f"{places} in {_messages(total.messages)}", "ok"
    elif not tried:
        text, role = "not reached", "muted"
    elif total.passed_over == tried:
        text, role = "nothing: no message meets its condition", "warn"
    elif not total.matched:
        text, role = "nothing: no message has such a place", "warn"
    else:
        text, role = "nothing: it is so already", "muted"
    return ReportRow((str(total.index), total.text, text), role)


def change_row(found: Difference) -> ReportRow:
    """Return the line of a changed field."""
    if found.kind is DifferenceKind.MOVED:
        return ReportRow((shown_place(found), "", "moved"), "muted")
    before, after = (_shown(value) for value in (found.left, found.right))
    return ReportRow((shown_place(found), before, after), "ok")


def _shown(value: str | None) -> str:
    if value is None:
        return "(absent)"
    if not value:
        return "(empty)"
    cut = value[:_LONGEST] + ("…" if len(value) > _LONGEST else "")
    return " ⏎ ".join(cut.splitlines())


def _word(message: MessagePreview) -> str:
    if message.fault:
        return "cannot be applied"
    if message.problems:
        return "makes something wrong"
    return "changed" if message.is_changed else "not changed"


def told_of(message: MessagePreview) -> tuple[str, str]:
    """Return what is to be said of one message, and the role of the text."""
    if message.fault:
        return message.fault, "error"
    if message.problems:
        texts = [found.text for found in message.problems[:3]]
        more = len(message.problems) - len(texts)
        return "New: " + " ".join(texts) + (f" And {more:,} more." if more else ""), "error"
    if not message.is_changed:
        return "The recipe changes nothing in this message.", "muted"
    return ("", "muted") if message.differences else ("Only how it is written changes.", "muted")


def _first_of_interest(preview: RecipePreview) -> int:
    for place, message in enumerate(preview.messages):
        if message.fault or message.problems:
            return place
    return 0
