"""What puts a place into the window shares: the place is made when it is first wanted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.notice import Notice
from hl7console.ui.preferences import Preferences


class PlaceHook(QObject):
    """Owns a place and its actions. GUI thread only; call its `stop` before it goes.

    Args:
        window: Owner.
        console: The engine.
        bridge: Tells when something changed.
        preferences: What the window remembers.
        actions: The window's actions.
        ask: Asks questions.
        notice: Says what went well or wrong.
        go: Goes to the place.
    """

    made = Signal(object)
    """The place (a widget) was made."""

    def __init__(
        self,
        window: QWidget,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        actions: Actions,
        ask: Ask,
        notice: Notice,
        go: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._console, self._bridge = console, bridge
        self._preferences, self._actions = preferences, actions
        self._ask, self._notice, self._go = ask, notice, go
        self._add_actions()

    @abstractmethod
    def _add_actions(self) -> None:
        """Add the place's actions, which are known before the place is made."""

    def _there(self, slot: Callable[[], object]) -> Callable[[], None]:
        """Return what goes to the place first, and then does something there."""

        def act() -> None:
            self._go()
            slot()

        return act
