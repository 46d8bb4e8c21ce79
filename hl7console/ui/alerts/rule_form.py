"""The form of one rule: only the fields that its kind has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields

from PySide6.QtCore import QEvent, QObject, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from hl7console.engine.alerts.watch import SAME
from hl7console.hl7v2.filters import FilterError, parse
from hl7console.settings.alerts import SEVERITIES, AlertKind, AlertRule
from hl7console.ui.alerts.part_form import PartForm
from hl7console.ui.alerts.rule_fields import ABOUT, DAYS, LIMITS, SPANS, fields_of
from hl7console.ui.alerts.words import KIND_TITLES, severity_look
from hl7console.ui.messages.filter_edit import FilterEdit
from hl7console.ui.settings.form import Value

_DEFAULTS = {
    column.name: column.default
    for column in fields(AlertRule)
    if column.name not in ("name", "kind")
}
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NOT_A_NUMBER = "Must be a number, 0 or more."


class DayButtons(QWidget):
    """The days of the week, to be pressed. GUI thread only."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._buttons: dict[str, QPushButton] = {}
        for day, title in DAYS:
            button = QPushButton(title)
            button.setObjectName(f"day.{day}")
            button.setCheckable(True)
            button.setStyleSheet("padding: 0 8px;")
            button.toggled.connect(self.changed)
            self._buttons[day] = button
            row.addWidget(button)
        row.addStretch(1)
        self.setFocusProxy(self._buttons["mon"])

    def days(self) -> tuple[str, ...]:
        """Return the days that are pressed."""
        return tuple(day for day, button in self._buttons.items() if button.isChecked())

    def press(self, days: object) -> None:
        """Press these days and no others."""
        wanted = days if isinstance(days, tuple) else ()
        for day, button in self._buttons.items():
            button.setChecked(day in wanted)


class _FilterLine(QFrame):
    """A filter, coloured as in the search of Messages."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "search")
        self.edit = FilterEdit()
        self.edit.prompt = "status:error from:REGRIS"
        self.edit.installEventFilter(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.addWidget(self.edit, 1)
        self.setFixedHeight(32)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.setProperty("focused", event.type() == QEvent.Type.FocusIn)
            self.style().unpolish(self)
            self.style().polish(self)
        return super().eventFilter(watched, event)


class RuleForm(PartForm):
    """Edits an `AlertRule`. GUI thread only."""

    kind_chosen = Signal(str)
    """Another kind was chosen: the fields will be others."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("ruleForm", parent)
        self._interfaces: tuple[str, ...] = ()
        self._channels: tuple[str, ...] = ()
        self._known: dict[str, tuple[str, ...]] = {}
        self._filter: FilterEdit | None = None
        self._rule = AlertRule("", AlertKind.CONNECTION)
        self.show_rule(self._rule)

    def offer(self, interfaces: Sequence[str], channels: Sequence[str]) -> None:
        """Offer interfaces to depend on, and channels."""
        offered = tuple(interfaces), tuple(channels)
        if offered != (self._interfaces, self._channels):
            self._interfaces, self._channels = offered
            self._fill_offers()

    def _fill_offers(self) -> None:
        self.form.blockSignals(True)
        itself = (SAME, "The interface itself")
        self.form.set_options("depends_on", [itself, *((name, name) for name in self._interfaces)])
        self.form.set_options("channels", [(name, name) for name in self._channels])
        self.form.blockSignals(False)

    def know(self, known: dict[str, tuple[str, ...]]) -> None:
        """Know values that filters can ask for."""
        self._known = known
        if self._filter is not None:
            self._filter.set_values(known)

    def take(self, rule: AlertRule) -> None:
        """Know that the text says now what the fields hold."""
        self._rule, self._shown = rule, self._sound()

    # Building

    def show_rule(self, rule: AlertRule) -> None:
        """Show a rule; the fields change with its kind."""
        if rule.kind != self._rule.kind or not self.form.values():
            self._build(rule.kind)
        self._rule = rule
        self._fill(rule.to_mapping())
        self._shown = self._sound()
        self._show_errors()

    def _build(self, kind: str) -> None:
        self._filter = None
        self._begin_form()
        for name in fields_of(kind):
            self._add(name, kind)
        self._fill_offers()
        self._end_form()

    def _add(self, name: str, kind: str) -> None:
        form = self.form
        if name == "name":
            form.text(name, "Name", "As lists and messages call it.")
        elif name == "enabled":
            form.check(name, "In use")
        elif name == "kind":
            form.choice(name, "Looks at", list(KIND_TITLES.items()), ABOUT.get(kind, ""))
        elif name == "severity":
            severities = [(s, severity_look(s).text) for s in SEVERITIES]
            form.choice(name, "Severity", severities)
        elif name == "filter":
            self._add_filter()
        elif name == "subjects":
            told = "Interfaces or senders, with commas between; * stands for any text. Empty: all."
            form.names(name, "Of", told)
        elif name == "percentile":
            told = "95: of 20 answers, the slowest but one."
            form.number(name, "Percentile", told, unit="%")
        elif name in ("limit", "span_s"):
            field = (LIMITS if name == "limit" else SPANS)[kind]
            form.number(name, field.label, field.help, unit=field.unit, scale=field.scale)
        else:
            self._add_when(name)

    def _add_when(self, name: str) -> None:
        form = self.form
        if name == "wait_s":
            form.heading("When it counts, and whom it tells")
            form.number(name, "Bad for at least", "Before that it tells nobody.", unit="s")
        elif name == "recover_s":
            told = "Before that it is the same alert: a flapping link is told once."
            form.number(name, "Good for at least", told, unit="s")
        elif name == "days":
            days = DayButtons()
            days.changed.connect(form.changed)
            form.custom(name, "Days", days, "None pressed: every day.", get=days.days,
                        put=days.press)  # fmt: skip
        elif name == "from_time":
            form.text(name, "From", "HH:MM, this computer's time. Empty: all day.", is_fixed=True)
        elif name == "to_time":
            form.text(name, "To", "Before From: over midnight.", is_fixed=True)
        elif name == "depends_on":
            told = "While one of these is down itself, nobody is told of what hangs on it."
            form.ticks(name, "Hangs on", told)
        elif name == "channels":
            form.ticks(name, "Tell over", "Beside this window.")
        elif name == "sound":
            form.check(name, "Beep")

    def _add_filter(self) -> None:
        line = _FilterLine()
        edit = self._filter = line.edit
        edit.set_values(self._known)
        self.form.custom(
            "filter", "Messages", edit, "A filter, as in the search of Messages.",
            get=lambda: edit.text().strip(), put=lambda value: edit.set_text(str(value)), row=line,
        )  # fmt: skip
        edit.textChanged.connect(self.form.changed)

    # Using it

    def rule(self) -> AlertRule | None:
        """Return what the fields hold; None where it is not sound, which is shown then."""
        return self._made(self._rule)

    def changes(self) -> dict[str, Value | None]:
        """Return what was changed since the rule was shown; None where it is as usual again."""
        return {
            name: None if _DEFAULTS.get(name) == value else value
            for name, value in self._changed().items()
        }

    def _show_errors(self) -> bool:
        """Say beside each field what is wrong with it. Return whether something is."""
        values = self._sound()
        errors = {
            name: _NOT_A_NUMBER
            for name, value in values.items()
            if isinstance(_DEFAULTS.get(name), float) and _is_nonsense(value)
        }
        errors |= self._name_errors(values) | self._filter_errors(values) | _time_errors(values)
        self.form.show_errors(errors)
        return bool(errors)

    def _name_errors(self, values: Mapping[str, Value]) -> dict[str, str]:
        if not values["name"]:
            return {"name": "A rule needs a name."}
        if values["name"] in self._taken:
            return {"name": "Another rule has this name."}
        return {}

    def _filter_errors(self, values: Mapping[str, Value]) -> dict[str, str]:
        if self._filter is None:
            return {}
        if not values["filter"]:
            return {"filter": "Write which messages it looks for."}
        try:
            parse(str(values["filter"]))
        except FilterError as error:
            self._filter.colors.mark_error(error.position)
            return {"filter": error.full_text}
        self._filter.colors.mark_error(-1)
        return {}

    @Slot()
    def _on_changed(self) -> None:
        if self._is_filling:
            return
        kind = str(self.form.values()["kind"])
        if kind != self._rule.kind:
            self.kind_chosen.emit(kind)
            return
        self._show_errors()
        self.changed.emit()


def _is_nonsense(value: Value) -> bool:
    return isinstance(value, bool) or not isinstance(value, int | float) or value < 0


def _time_errors(values: Mapping[str, Value]) -> dict[str, str]:
    found = {}
    for name, other in (("from_time", "to_time"), ("to_time", "from_time")):
        if values[name] and not _TIME.fullmatch(str(values[name])):
            found[name] = "Write a time of day: 07:30, or 18:00."
        elif values[other] and not values[name]:
            found[name] = "Write both, or none."
    return found
