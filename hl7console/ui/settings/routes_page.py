"""The settings page Routes: which messages are forwarded where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from hl7console.engine import recipes
from hl7console.engine.console import Command, Console, JobReport
from hl7console.engine.repair_commands import DeleteRoute, SaveRoute
from hl7console.engine.route_trial import Trial, try_filter
from hl7console.errors import ConsoleError
from hl7console.settings import RouteSettings
from hl7console.store.interfaces import load_routes
from hl7console.store.reader import StoreReader
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.icons import icon
from hl7console.ui.settings.form import Value
from hl7console.ui.settings.pages import free_name
from hl7console.ui.settings.record_form import Record
from hl7console.ui.settings.records_page import RecordsPage
from hl7console.ui.settings.route_form import RouteForm
from hl7console.ui.theme import theme

_ON_ROLE = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class _Tried:
    text: str
    trial: Trial


class RoutesPage(RecordsPage):
    """Routes from listeners to destinations. GUI thread only; `stop` it at the end."""

    key = "routes"
    title = "Routes"
    noun = "a route"
    intro = (
        "A route forwards received messages that its filter takes. They are queued in the moment in"
        " which they are kept, before their sender is answered."
    )

    def __init__(
        self, console: Console, bridge: EngineBridge, ask: Ask, parent: QWidget | None = None
    ) -> None:
        self._bridge = bridge
        self._recipes: tuple[str, ...] = ()
        self._known: dict[str, tuple[str, ...]] = {}
        self._stored_values: dict[str, Value] = {}
        super().__init__(console, ask, parent)
        self._form = self._route_form()
        self._form.trial_wanted.connect(self.try_filter)
        bridge.settings_changed.connect(self._on_settings_changed)
        theme().changed.connect(self._on_theme_changed)

    def _route_form(self) -> RouteForm:
        if not isinstance(self.form, RouteForm):
            raise TypeError(type(self.form))
        return self.form

    def made_form(self) -> RouteForm:
        """Return an empty form."""
        return RouteForm()

    def read(self, reader: StoreReader) -> Sequence[Record]:
        """Return the routes that are stored; looks for recipes and known values besides."""
        self._recipes = tuple(recipes.names(Path(self._console.workspace)))
        self._known = reader.known_values()
        return load_routes(reader.database())

    def blank(self) -> Record:
        """Return a route to begin with."""
        return RouteSettings(free_name("Route", {route.name for route in self._bridge.routes}))

    def name_of(self, record: Record) -> str:
        """Return the route's name."""
        return record.name if isinstance(record, RouteSettings) else ""

    def save_command(self, record: Record, previous: str) -> Command:
        """Return the command that stores a route."""
        if not isinstance(record, RouteSettings):
            raise TypeError(type(record))
        return SaveRoute(record, previous)

    def delete_command(self, name: str) -> Command | None:
        """Return the command that removes a route."""
        return DeleteRoute(name)

    @property
    def is_edited(self) -> bool:
        """Whether the form holds what isn't stored, and must stay when the list is read again."""
        return bool(self._stored_values) and self.form.values() != self._stored_values

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.is_edited:
            self.reload()

    def _on_read(self, records: Sequence[Record]) -> None:
        self._form.box.edit.set_values(self._known)
        self._form.offer(self._bridge.destinations, self._recipes)
        super()._on_read(records)
        for row, record in enumerate(self._records):
            is_on = isinstance(record, RouteSettings) and record.enabled
            self.list.item(row).setData(_ON_ROLE, is_on)
        self._on_theme_changed()

    def _show(self, record: Record, name: str) -> None:
        others = {self.name_of(one) for one in self._records} - {name}
        self._route_form().set_taken(others)
        super()._show(record, name)
        self._stored_values = self.form.values()

    def _on_saved(self, report: JobReport) -> None:
        self._stored_values = self.form.values()
        super()._on_saved(report)

    @Slot()
    def _on_settings_changed(self) -> None:
        self._form.offer(self._bridge.destinations, self._recipes)
        if self.isVisible() and not self.is_edited:
            self.reload()

    @Slot()
    def _on_theme_changed(self) -> None:
        for row in range(self.list.count()):
            is_on = bool(self.list.item(row).data(_ON_ROLE))
            self.list.item(row).setIcon(icon("split" if is_on else "power-off"))

    # The trial

    @Slot(str)
    def try_filter(self, text: str) -> None:
        """Say how many of the last received messages a filter takes."""
        self._form.box.tell("Looking…")
        self._reads.ask(
            lambda reader: _Tried(text, try_filter(reader, text)), self._on_tried, self._on_failed
        )

    def _on_tried(self, tried: _Tried) -> None:
        if tried.text == self._form.filter_text:
            self._form.box.tell(tried.trial.text)

    def _on_failed(self, error: ConsoleError) -> None:
        self._form.box.tell(error.text)
