"""How the normal of a feed is learned, and when alerts are told in one message."""

from __future__ import annotations

import re
from datetime import date

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from hl7console.errors import UsageError
from hl7console.settings.alerts import AlertBook, NormalSettings
from hl7console.ui.alerts.draft import RulesDraft
from hl7console.ui.settings.form import Form, Value
from hl7console.ui.theme import GRID

_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?")


def is_days(text: str) -> bool:
    """Return whether a text is a day, or a first and a last day."""
    found = _SPAN.fullmatch(text)
    try:
        days = [date.fromisoformat(part) for part in found.groups() if part] if found else []
    except ValueError:
        return False
    return bool(days) and days[0] <= days[-1]


class NormalTab(QWidget):
    """Edits the rest of a `RulesDraft`. GUI thread only."""

    def __init__(self, draft: RulesDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._is_filling = False
        self.form = Form()
        self.form.setObjectName("normalForm")
        self.form.heading("What is normal")
        self.form.number("weeks", "Learned from", "The weeks before now.", unit="weeks")
        told = "With fewer it says that there is not enough history."
        self.form.number("least_weeks", "At least", told, unit="weeks")
        told = (
            "Holidays and downtimes: 2026-12-24, or 2026-12-24..2026-12-26, with commas between. "
            "These days don't count."
        )
        self.form.names("leave_out", "Left out", told)
        self.form.heading("Many at once")
        told = "More alerts than that in one round are told of in one message."
        self.form.number("group_above", "Together above", told, unit="alerts")
        self._told = QLabel()
        self._told.setProperty("role", "error")
        self._told.setWordWrap(True)
        self._told.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, GRID, 3 * GRID, 2 * GRID)
        column.addWidget(self._told)
        column.addWidget(self.form)
        column.addStretch(1)
        draft.changed.connect(self._show_values)
        self.form.changed.connect(self._on_edited)

    @Slot()
    def _show_values(self) -> None:
        self.form.setEnabled(self._draft.is_sound)
        self._tell("" if self._draft.is_sound else "Mend the mistake in the text first.")
        wanted = self._shown()
        if self.form.values() != wanted:
            self._is_filling = True
            self.form.set_values(wanted)
            self._is_filling = False
            self._show_errors()

    def _shown(self) -> dict[str, Value]:
        normal = self._draft.book.normal
        return {
            "weeks": normal.weeks,
            "least_weeks": normal.least_weeks,
            "leave_out": normal.leave_out,
            "group_above": self._draft.book.group_above,
        }

    def _show_errors(self) -> bool:
        values, errors = self.form.values(), {}
        for name, least in (("weeks", 1), ("least_weeks", 1), ("group_above", 0)):
            value = values[name]
            if not isinstance(value, int) or value < least:
                errors[name] = f"Must be a whole number, {least} or more."
        days = values["leave_out"] if isinstance(values["leave_out"], tuple) else ()
        wrong = [day for day in days if not is_days(day)]
        if wrong:
            errors["leave_out"] = f"{wrong[0]} is not a day, or a span like 2026-12-24..2026-12-26."
        if not errors:
            try:
                normal = {name: values[name] for name in ("weeks", "least_weeks", "leave_out")}
                NormalSettings.from_mapping(normal)
            except UsageError as error:
                errors["least_weeks"] = error.full_text
        self.form.show_errors(errors)
        return bool(errors)

    @Slot()
    def _on_edited(self) -> None:
        if self._is_filling or self._show_errors() or not self._draft.is_sound:
            return
        before, usual = self._shown(), NormalSettings().to_mapping()
        usual = usual | {"leave_out": (), "group_above": AlertBook().group_above}
        changes = {
            name: None if usual[name] == value else value
            for name, value in self.form.values().items()
            if value != before[name]
        }
        top = {name: changes.pop(name) for name in ("group_above",) if name in changes}
        try:
            if changes:
                self._draft.change_normal(changes)
            if top:
                self._draft.change_top(top)
        except UsageError as error:
            self._tell(error.full_text)

    def _tell(self, text: str) -> None:
        self._told.setText(text)
        self._told.setVisible(bool(text))
