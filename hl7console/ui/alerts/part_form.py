"""The form of one part of the rules' text: what the forms of a rule and of a channel share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TypeVar

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hl7console.errors import UsageError
from hl7console.settings.base import FromMapping
from hl7console.ui.settings.form import Form, Value, form_values

S = TypeVar("S", bound=FromMapping)


class PartForm(QWidget):
    """Edits one table of the text. GUI thread only."""

    changed = Signal()
    """Somebody changed a value."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._taken: set[str] = set()
        self._shown: dict[str, Value] = {}
        """What the fields held when the part was shown."""
        self._is_filling = False
        self.form = Form()
        self._column.addWidget(self.form)

    def set_taken(self, names: set[str]) -> None:
        """Know the names of the others."""
        self._taken = names

    @abstractmethod
    def _show_errors(self) -> bool:
        """Say beside each field what is wrong with it. Return whether something is."""

    def _begin_form(self) -> Form:
        """Begin with an empty form; `_end_form` shows it."""
        self._old, self.form = self.form, Form()
        return self.form

    def _end_form(self) -> None:
        """Show the form that was begun in place of the one before."""
        self._column.replaceWidget(self._old, self.form)
        self._old.hide()
        self._old.setParent(None)
        self._old.deleteLater()
        self.form.changed.connect(self._on_changed)

    def _fill(self, values: Mapping[str, object]) -> None:
        """Put values into the fields, which is no change."""
        self._is_filling = True
        self.form.set_values(form_values(values))
        self._is_filling = False

    def _made(self, before: S) -> S | None:
        """Return what the fields make of a part; None where it is not sound, which is shown."""
        if self._show_errors():
            return None
        try:
            return type(before).from_mapping({**before.to_mapping(), **self._changed()})
        except UsageError as error:
            touched = next(reversed(self._changed()), "name")
            self.form.show_errors({touched: error.full_text})
            return None

    def _changed(self) -> dict[str, Value]:
        """Return what the fields hold otherwise than when the part was shown.

        A field need not be able to show all that a text can say: what was not touched stays.
        """
        return {n: value for n, value in self._sound().items() if value != self._shown.get(n)}

    def _sound(self) -> dict[str, Value]:
        values = self.form.values()
        return {n: v.strip() if isinstance(v, str) else v for n, v in values.items()}

    @Slot()
    def _on_changed(self) -> None:
        if not self._is_filling and not self._show_errors():
            self.changed.emit()
