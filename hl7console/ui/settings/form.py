"""A form: labelled controls under headings, each with its own line for what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from hl7console.ui.settings.tick_list import TickList
from hl7console.ui.theme import GRID, fixed_font

Value = str | int | float | bool | tuple[str, ...]

_LABEL_WIDTH = 168
_CONTROL_WIDTH = 360
_WIDE = _CONTROL_WIDTH + 120
"""Width of notes, and of controls that take long texts, in pixels."""


@dataclass(slots=True)
class _Field:
    control: QWidget
    note: QLabel
    help: str
    get: Callable[[], Value]
    put: Callable[[Value], None]
    parts: tuple[QWidget, ...]


class Form(QWidget):
    """Fields by name, with values, errors and visibility. GUI thread only."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: dict[str, _Field] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnMinimumWidth(1, _CONTROL_WIDTH)
        self._grid.setColumnStretch(2, 1)

    # Making it

    def heading(self, text: str) -> None:
        """Begin a group of fields."""
        label = QLabel(text)
        label.setProperty("role", "heading")
        label.setContentsMargins(0, 2 * GRID, 0, 4)
        self._grid.addWidget(label, self._grid.rowCount(), 0, 1, 3)

    def text(self, name: str, label: str, help_text: str = "", *, is_fixed: bool = False) -> None:
        """Add a line of text."""
        edit = QLineEdit()
        if is_fixed:
            edit.setFont(fixed_font())
        edit.textChanged.connect(self.changed)
        self._add(name, label, edit, help_text, edit.text, lambda v: edit.setText(str(v)))

    def names(self, name: str, label: str, help_text: str = "") -> None:
        """Add a line that holds several values with commas between."""
        edit = QLineEdit()
        edit.setFont(fixed_font())
        edit.textChanged.connect(self.changed)
        self._add(
            name,
            label,
            edit,
            help_text,
            lambda: tuple(part.strip() for part in edit.text().split(",") if part.strip()),
            lambda v: edit.setText(", ".join(v) if isinstance(v, tuple) else str(v)),
        )

    def number(
        self, name: str, label: str, help_text: str = "", *, unit: str = "", scale: int = 1
    ) -> None:
        """Add a number; shown divided by `scale`, with `unit` after it. -1 stands for nonsense."""
        edit = QLineEdit()
        edit.setFont(fixed_font())
        edit.setFixedWidth(120)
        edit.textChanged.connect(self.changed)
        row = _row(edit, QLabel(unit))
        self._add(
            name,
            label,
            edit,
            help_text,
            lambda: _number(edit.text(), scale),
            lambda v: edit.setText(_plain(v, scale)),
            row=row,
        )

    def choice(
        self,
        name: str,
        label: str,
        options: Sequence[tuple[str, str]],
        help_text: str = "",
        *,
        is_editable: bool = False,
    ) -> None:
        """Add a choice of (value, title) pairs; where editable, any other text too."""
        box = QComboBox()
        box.setEditable(is_editable)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for value, title in options:
            box.addItem(title, value)
        box.currentTextChanged.connect(self.changed)

        def get() -> Value:
            place = box.findText(box.currentText())
            return str(box.itemData(place)) if place >= 0 else box.currentText().strip()

        def put(value: Value) -> None:
            place = box.findData(str(value))
            if place >= 0:
                box.setCurrentIndex(place)
            elif is_editable:
                box.setEditText(str(value))
            else:
                box.addItem(str(value), str(value))
                box.setCurrentIndex(box.count() - 1)

        self._add(name, label, box, help_text, get, put)

    def check(self, name: str, label: str, help_text: str = "") -> None:
        """Add a switch."""
        box = QCheckBox(label)
        box.toggled.connect(self.changed)
        self._add(name, "", box, help_text, box.isChecked, lambda v: box.setChecked(bool(v)))
        box.setAccessibleName(label)

    def path(
        self, name: str, label: str, help_text: str = "", *, file_filter: str = "All files (*)"
    ) -> None:
        """Add a file, typed or chosen."""
        edit = QLineEdit()
        edit.setFont(fixed_font())
        edit.textChanged.connect(self.changed)
        button = QPushButton("Choose…")
        button.setObjectName(f"{name}.choose")
        button.setAccessibleName(f"Choose a file for {label}")

        def choose() -> None:
            chosen, _ = QFileDialog.getOpenFileName(self, label, edit.text(), file_filter)
            if chosen:
                edit.setText(chosen)

        button.clicked.connect(lambda *_: choose())
        row = _row(edit, button)
        self._add(name, label, edit, help_text, edit.text, lambda v: edit.setText(str(v)), row=row)

    def ticks(self, name: str, label: str, help_text: str = "") -> None:
        """Add a list of names to tick; what is offered comes with `set_options`."""
        box = TickList()
        box.changed.connect(self.changed)
        self._add(name, label, box, help_text, box.ticked, box.tick)

    def custom(
        self,
        name: str,
        label: str,
        control: QWidget,
        help_text: str,
        *,
        get: Callable[[], Value],
        put: Callable[[Value], None],
        row: QWidget | None = None,
    ) -> None:
        """Add a control of another kind, for long texts.

        Args:
            name: The field's name.
            label: What stands before it.
            control: What takes the keyboard.
            help_text: What stands below it.
            get: Returns what it holds.
            put: Fills it.
            row: What is shown, where the control is only a part of that.
        """
        self._add(name, label, control, help_text, get, put, row=row, width=_WIDE)

    def widget(self, label: str, widget: QWidget) -> None:
        """Add anything else beside a label."""
        line = self._grid.rowCount()
        self._grid.addWidget(QLabel(label), line, 0)
        self._grid.addWidget(widget, line, 1)

    def _add(
        self,
        name: str,
        label: str,
        control: QWidget,
        help_text: str,
        get: Callable[[], Value],
        put: Callable[[Value], None],
        *,
        row: QWidget | None = None,
        width: int = _CONTROL_WIDTH,
    ) -> None:
        control.setObjectName(name)
        control.setAccessibleName(label)
        control.setAccessibleDescription(help_text)
        shown = row or control
        shown.setFixedWidth(width)
        title = QLabel(label, self)
        title.setBuddy(control)
        note = QLabel(help_text, self)  # of the form at once: shown without, it were a window
        note.setObjectName(f"{name}.note")
        note.setProperty("role", "muted")
        note.setWordWrap(True)
        note.setFixedWidth(_WIDE)
        note.setVisible(bool(help_text))
        note.setContentsMargins(0, 0, 0, 6)
        _give_room(note)
        line = self._grid.rowCount()
        self._grid.addWidget(title, line, 0, Qt.AlignmentFlag.AlignTop)
        title.setMinimumHeight(30)
        if width == _WIDE:
            self._grid.addWidget(shown, line, 1, 1, 2, Qt.AlignmentFlag.AlignLeft)
        else:
            self._grid.addWidget(shown, line, 1)
        self._grid.addWidget(note, line + 1, 1, 1, 2)
        self._fields[name] = _Field(control, note, help_text, get, put, (title, shown))

    # Using it

    def values(self) -> dict[str, Value]:
        """Return what the fields hold."""
        return {name: found.get() for name, found in self._fields.items()}

    def set_values(self, values: dict[str, Value]) -> None:
        """Fill the fields that are named."""
        self.blockSignals(True)
        for name, value in values.items():
            if name in self._fields:
                self._fields[name].put(value)
        self.blockSignals(False)
        self.changed.emit()

    def set_options(self, name: str, options: Sequence[tuple[str, str]]) -> None:
        """Offer other (value, title) pairs in a choice or to tick; what is chosen stays."""
        found = self._fields[name]
        if isinstance(found.control, TickList):
            found.control.offer(options)
        elif isinstance(found.control, QComboBox):
            kept = found.get()
            found.control.blockSignals(True)
            found.control.clear()
            for value, title in options:
                found.control.addItem(title, value)
            found.put(kept)
            found.control.blockSignals(False)

    def set_shown(self, name: str, *, is_shown: bool) -> None:
        """Show a field, or hide it with its label and note."""
        found = self._fields[name]
        for part in found.parts:
            part.setVisible(is_shown)
        found.note.setVisible(is_shown and bool(found.note.text()))

    def show_errors(self, errors: dict[str, str]) -> None:
        """Say beside each field what is wrong with it; the others show their help again."""
        for name, found in self._fields.items():
            error = errors.get(name, "")
            found.note.setText(error or found.help)
            _give_room(found.note)
            found.note.setVisible(bool(found.note.text()) and not found.parts[1].isHidden())
            _restyle(found.note, "role", "error" if error else "muted")
            _restyle(found.control, "invalid", bool(error))

    def focus(self, name: str) -> None:
        """Put the cursor into a field."""
        if name in self._fields:
            self._fields[name].control.setFocus(Qt.FocusReason.OtherFocusReason)


def _row(*parts: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(GRID)
    for part in parts:
        layout.addWidget(part)
    if isinstance(parts[-1], QLabel):
        layout.addStretch(1)
    return row


def _give_room(note: QLabel) -> None:
    """Make room for all lines of a note: the grid only knows of one."""
    note.setMinimumHeight(note.heightForWidth(note.maximumWidth()) if note.text() else 0)


def _restyle(widget: QWidget, name: str, value: object) -> None:
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _number(text: str, scale: int) -> int | float:
    cleaned = text.replace(",", "").replace(" ", "").strip()
    try:
        value = float(cleaned) * scale
        return int(value) if value == int(value) else value
    except (ValueError, OverflowError):
        return -1


def _plain(value: Value, scale: int) -> str:
    number = float(value) / scale if isinstance(value, int | float) else 0.0
    return f"{number:g}" if abs(number) < 1_000_000 else f"{number:.0f}"


def form_values(settings: Mapping[str, object]) -> dict[str, Value]:
    """Return settings as a form takes them."""
    return {name: _value(value) for name, value in settings.items()}


def _value(value: object) -> Value:
    if isinstance(value, list):
        return tuple(str(part) for part in value)
    return value if isinstance(value, str | int | float | bool) else str(value)
