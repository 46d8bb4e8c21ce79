"""The two pages of interfaces."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hl7console.engine.console import (
    Command,
    Console,
    InterfaceStatus,
    LinkState,
    SaveDestination,
    SaveListener,
    TestConnection,
)
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.environment import ENVIRONMENT_ROLE, EnvironmentDelegate, environment_pill
from hl7console.ui.inspector.sheet import Pill
from hl7console.ui.settings.destination_form import DestinationForm
from hl7console.ui.settings.event_list import EventList
from hl7console.ui.settings.interfaces_page import InterfacesPage, Settings
from hl7console.ui.settings.listener_form import ListenerForm
from hl7console.ui.settings.own_profiles import profile_names

_FIRST_PORT = 2575
_LAST_PORT = 65535


def free_name(stem: str, taken: set[str]) -> str:
    """Return a name that no interface has: ``Listener``, then ``Listener 2``."""
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem} {number}", number + 1
    return name


class ListenersPage(InterfacesPage):
    """Ports that receive. GUI thread only."""

    kind = "listener"
    noun = "Listener"
    intro = "A port where messages come in over MLLP. Every message is kept before it is answered."

    def __init__(
        self, console: Console, bridge: EngineBridge, ask: Ask, parent: QWidget | None = None
    ) -> None:
        self.events = EventList(console)
        super().__init__(ListenerForm(), console, bridge, ask, parent)
        self.setObjectName("listenersPage")

    def stored(self) -> tuple[Settings, ...]:
        """Return the listeners."""
        return self._bridge.listeners

    def made(self, taken: set[str]) -> Settings:
        """Return a listener on the first port that no other has."""
        ports = {listener.port for listener in self._bridge.listeners}
        port = next((p for p in range(_FIRST_PORT, _LAST_PORT) if p not in ports), 0)
        return ListenerSettings(name=free_name("Listener", taken), port=port)

    def save_command(self, settings: Settings, previous_name: str) -> Command:
        """Return the command that stores a listener."""
        if not isinstance(settings, ListenerSettings):
            raise TypeError(type(settings))
        return SaveListener(settings, previous_name)

    def test_command(self, settings: Settings) -> Command:
        """Return the command that checks a listener's settings."""
        if not isinstance(settings, ListenerSettings):
            raise TypeError(type(settings))
        return TestConnection(listener=settings)

    def test_title(self) -> str:
        """Return what the test button says."""
        return "Check settings"

    def more(self) -> tuple[QWidget, ...]:
        """Return the list of recent events."""
        return (self.events,)

    def _show_state(self, status: InterfaceStatus | None) -> None:
        super()._show_state(status)
        self.events.show_for(self._loaded_name)

    def stop(self) -> None:
        """End the thread that looks for events."""
        self.events.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if isinstance(self.form, ListenerForm):
            names = profile_names(Path(self._console.workspace))
            self.form.offer_profiles([name for name, _ in names])

    def state_text(self, status: InterfaceStatus | None) -> tuple[str, str]:
        """Return state, address and counts."""
        text, role = super().state_text(status)
        if status is not None and status.state is LinkState.LISTENING:
            text += f" · {status.connections:,} connections · {status.received:,} received"
        return text, role


class DestinationsPage(InterfacesPage):
    """Receivers that messages are sent to. GUI thread only."""

    kind = "destination"
    noun = "Destination"
    intro = "A system that receives messages over MLLP. Resend and Send to offer it."

    def __init__(
        self, console: Console, bridge: EngineBridge, ask: Ask, parent: QWidget | None = None
    ) -> None:
        self._environment = QHBoxLayout()
        super().__init__(DestinationForm(), console, bridge, ask, parent)
        self.setObjectName("destinationsPage")
        self.list.setItemDelegate(EnvironmentDelegate(self.list))

    def more(self) -> tuple[QWidget, ...]:
        """Return the line with the environment."""
        line = QWidget()
        self._environment = QHBoxLayout(line)
        self._environment.setContentsMargins(0, 0, 0, 0)
        return (line,)

    def reload(self, chosen: str | None = None) -> None:
        """Read the settings again, with the environments."""
        super().reload(chosen)
        environments = {d.name: str(d.environment) for d in self._bridge.destinations}
        for row in range(self.list.count()):
            item = self.list.item(row)
            name = item.data(Qt.ItemDataRole.UserRole)
            item.setData(ENVIRONMENT_ROLE, environments.get(name, ""))

    def _show_state(self, status: InterfaceStatus | None) -> None:
        super()._show_state(status)
        shown = self._environment.itemAt(0)
        pill = shown.widget() if shown is not None else None
        wanted = status.environment if status is not None and self._loaded_name else ""
        if (pill.text if isinstance(pill, Pill) else "") == wanted:
            return
        while (item := self._environment.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        if wanted:
            self._environment.addWidget(environment_pill(wanted))
            self._environment.addStretch(1)

    def stored(self) -> tuple[Settings, ...]:
        """Return the destinations."""
        return self._bridge.destinations

    def made(self, taken: set[str]) -> Settings:
        """Return a destination to begin with."""
        return DestinationSettings(name=free_name("Destination", taken))

    def save_command(self, settings: Settings, previous_name: str) -> Command:
        """Return the command that stores a destination."""
        if not isinstance(settings, DestinationSettings):
            raise TypeError(type(settings))
        return SaveDestination(settings, previous_name)

    def test_command(self, settings: Settings) -> Command:
        """Return the command that connects without sending."""
        if not isinstance(settings, DestinationSettings):
            raise TypeError(type(settings))
        return TestConnection(destination=settings)
