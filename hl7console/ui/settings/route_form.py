"""The fields of a route: which messages, where to, and how edited on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.hl7v2.filters import FilterError, parse_for_arrival
from hl7console.settings import DestinationSettings, RouteSettings
from hl7console.ui.messages.filter_edit import FilterEdit
from hl7console.ui.settings.form import Value
from hl7console.ui.settings.record_form import RecordForm
from hl7console.ui.settings.tick_list import TickList

FIELDS: dict[str, tuple[str, str]] = {
    "name": ("Name", "As lists and the tab Path show it."),
    "enabled": ("In use", ""),
    "#which": ("Which messages", ""),
    "filter": ("Messages", "A filter, as in the search of Messages. Empty takes every message."),
    "#where": ("Where they go", ""),
    "destinations": ("Destinations", ""),
    "recipe": (
        "Recipe",
        "A saved list of edits for the messages on this way; what was received stays as it is.",
    ),
}

_NO_DESTINATION = "There is no destination yet; add one on the page Destinations."


class FilterBox(QWidget):
    """The line of a filter with what it would take below. GUI thread only."""

    trial_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = FilterEdit()
        self.edit.prompt = "Every message"
        self.edit.is_for_arrival = True
        self.edit.installEventFilter(self)
        self._frame = QFrame()
        self._frame.setProperty("role", "search")
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(6, 0, 6, 0)
        row.addWidget(self.edit, 1)
        self._frame.setFixedHeight(32)
        self._button = QPushButton("Try on stored messages")
        self._button.setObjectName("routes.try")
        self._button.setProperty("kind", "link")
        self._button.setStyleSheet("min-height: 20px; padding: 0;")
        self._button.clicked.connect(lambda *_: self.trial_wanted.emit())
        self._told = QLabel()
        self._told.setObjectName("routes.trial")
        self._told.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._frame)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._told)
        self._told.hide()

    def tell(self, text: str) -> None:
        """Say what a trial gave; nothing when that is no longer so."""
        self._told.setText(text)
        self._told.setVisible(bool(text))

    def set_sound(self, *, is_sound: bool) -> None:
        """Offer the trial only for a filter that is one."""
        self._button.setEnabled(is_sound)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._frame.setProperty("focused", event.type() == QEvent.Type.FocusIn)
            self._frame.style().unpolish(self._frame)
            self._frame.style().polish(self._frame)
        return super().eventFilter(watched, event)


class RouteForm(RecordForm):
    """Edits a `RouteSettings`. GUI thread only."""

    trial_wanted = Signal(str)
    """Somebody wants to know what a filter takes."""

    def __init__(self) -> None:
        self.box = FilterBox()
        self._taken: set[str] = set()
        self._recipes: set[str] = set()
        super().__init__("routesForm", RouteSettings("x", "", ("x",)), FIELDS)
        self.box.trial_wanted.connect(lambda: self.trial_wanted.emit(self.filter_text))
        self.box.edit.textChanged.connect(self._on_filter_typed)
        self.changed.connect(self._show_live)

    @property
    def filter_text(self) -> str:
        """What is typed as filter."""
        return self.box.edit.text().strip()

    def _add_field(self, field: str, label: str, told: str, value: Value) -> None:
        if field == "filter":
            self.box.edit.setAccessibleName(label)
            edit = self.box.edit
            self.custom(
                field,
                label,
                edit,
                told,
                get=lambda: self.filter_text,
                put=lambda v: edit.set_text(str(v)),
                row=self.box,
            )
            edit.textChanged.connect(self.changed)
        elif field == "destinations":
            self.ticks(field, label, told)
        elif field == "recipe":
            self.choice(field, label, (("", "None: as they were received"),), told)
        else:
            super()._add_field(field, label, told, value)

    def offer(self, destinations: Sequence[DestinationSettings], recipes: Sequence[str]) -> None:
        """Offer destinations and recipes; what is chosen stays."""
        found = self.findChild(TickList, "destinations")
        ordered = sorted(destinations, key=lambda d: d.name.casefold())
        if found is not None:
            found.set_environments({d.name: str(d.environment) for d in ordered})
        self._recipes = set(recipes)
        self.set_options("destinations", [(d.name, _title(d)) for d in ordered])
        self.set_options(
            "recipe", [("", "None: as they were received"), *((name, name) for name in recipes)]
        )
        self._show_live()

    def set_taken(self, names: set[str]) -> None:
        """Know the names of the other routes."""
        self._taken = names

    @Slot()
    def _on_filter_typed(self) -> None:
        self.box.tell("")

    @Slot()
    def _show_live(self) -> None:
        """Say what is wrong with the filter while it is typed, and no more."""
        errors = self._filter_errors()
        self.box.set_sound(is_sound=not errors)
        found = self.findChild(TickList, "destinations")
        if found is not None and not found.count():
            errors["destinations"] = _NO_DESTINATION
        recipe = str(self.values()["recipe"])
        if recipe and recipe not in self._recipes:
            errors["recipe"] = f"There is no recipe {recipe} any more; the last one known is used."
        self.show_errors(errors)

    def _filter_errors(self) -> dict[str, str]:
        try:
            parse_for_arrival(self.box.edit.text())
        except FilterError as error:
            self.box.edit.colors.mark_error(error.position)
            return {"filter": error.full_text}
        self.box.edit.colors.mark_error(-1)
        return {}

    def _errors(self, values: Mapping[str, Value]) -> dict[str, str]:
        errors = super()._errors(values)
        if str(values["name"]).strip() in self._taken:
            errors["name"] = "Another route has this name."
        if not values["destinations"]:
            errors["destinations"] = "Tick at least one destination."
        errors |= self._filter_errors()
        return errors

    def load(self, record: object) -> None:
        """Fill the fields."""
        if not isinstance(record, RouteSettings):
            raise TypeError(type(record))
        super().load(record)
        self._show_live()


def _title(destination: DestinationSettings) -> str:
    return destination.name if destination.enabled else f"{destination.name} (off)"
