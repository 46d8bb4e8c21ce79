"""The line at the bottom: a light for every interface, the receive rate, and what is open."""

from __future__ import annotations

import time
from datetime import datetime
from functools import lru_cache, partial

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from hl7console.engine.console import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.ui.environment import environment_role
from hl7console.ui.theme import STATUS, theme

_DOT = 9
_MORE_WIDTH = 80
_LETTERS = 60
"""Longest text of a light."""
_FAULT_LETTERS = 40
"""Longest fault where it says besides how much waits."""

RECENT_US = 10 * 60 * 1_000_000
"""How long a fault event marks its light, in microseconds."""

_MOST_LIGHTS = 48
"""No screen has room for more; the rest is in the menu."""

_COUNTS_MS = 1000
"""Counters are written into the tips no more often than that."""

_AGE_EVERY_MS = 30_000
"""How often marks that have grown old are looked for."""

_LOOK = {
    LinkState.LISTENING: ("ok", True),
    LinkState.CONNECTED: ("ok", True),
    LinkState.STARTING: ("warn", True),
    LinkState.FAILED: ("err", True),
    LinkState.IDLE: ("muted", False),
    LinkState.STOPPED: ("muted", False),
}


def light(role: str, *, is_full: bool) -> QPixmap:
    """Return a light in the colour of a token: a disc, or a ring when nothing is on."""
    drawn = QPixmap(_DOT * 2, _DOT * 2)
    drawn.setDevicePixelRatio(2)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = theme().color(role)
    painter.setPen(QPen(color, 1.5))
    if is_full:
        painter.setBrush(color)
    painter.drawEllipse(1, 1, _DOT - 2, _DOT - 2)
    painter.end()
    return drawn


def light_icon(state: LinkState) -> QIcon:
    """Return the light of a state as an icon, the same wherever it stands."""
    return _light_icon(state, theme().color(_LOOK[state][0]).name())


@lru_cache(maxsize=32)
def _light_icon(state: LinkState, color: str) -> QIcon:
    """Draw a light; the colour, of the scheme in force, is here to tell schemes apart."""
    del color
    role, is_full = _LOOK[state]
    drawn = light(role, is_full=is_full)
    made = QIcon(drawn)
    made.addPixmap(drawn, QIcon.Mode.Selected)
    made.addPixmap(drawn, QIcon.Mode.Active)
    return made


def is_open_to_network(status: InterfaceStatus) -> bool:
    """Whether others on the network can reach a listener, and nothing protects it."""
    return status.kind == "listener" and status.beyond_loopback and status.tls == "off"


def has_recent_fault(status: InterfaceStatus, now_us: int | None = None) -> bool:
    """Whether something happened in the last ten minutes that somebody should look at."""
    now_us = time.time_ns() // 1000 if now_us is None else now_us
    return bool(status.last_event) and now_us - status.last_event_at_us < RECENT_US


def last_event_text(status: InterfaceStatus) -> str:
    """Return the last event with its time; empty when there is none."""
    if not status.last_event or status.last_event == status.text:
        return ""
    at = datetime.fromtimestamp(status.last_event_at_us / 1_000_000).astimezone()
    return f"{at:%Y-%m-%d %H:%M:%S}  {status.last_event}"


def light_text(status: InterfaceStatus, waiting: int = 0) -> str:
    """Return what stands beside a light: name, port, the fault if there is one, what waits.

    Args:
        status: The interface.
        waiting: Deliveries in a destination's queue.
    """
    name = f"{status.name} · {status.environment}" if status.environment else status.name
    if status.state is LinkState.FAILED:
        told = f"{name}: {status.text}" if status.text else f"{name}: failed"
        return f"{_cut(told, _FAULT_LETTERS)}, {waiting:,} waiting" if waiting else told
    if waiting:
        return f"{name}: {waiting:,} waiting"
    parts = [name]
    if status.kind == "worklist":
        parts.append(status.ae_title)
    if status.kind != "destination":
        port = status.address.rpartition(":")[2]
        parts.append(port)
        if status.tls != "off":
            parts.append("TLS")
        if status.state is LinkState.STOPPED:
            parts.append("stopped")
    return " ".join(parts)


def light_tip(status: InterfaceStatus) -> str:
    """Return what hovering a light tells."""
    what = {"listener": "Listener", "destination": "Destination"}.get(status.kind, "DICOM service")
    lines = [f"{what} {status.name} · {status.address}", f"State: {status.state}"]
    if status.kind == "listener":
        lines.append(f"Received {status.received:,} · connections {status.connections:,}")
    else:
        lines.append(f"Accepted {status.accepted:,} · refused {status.refused:,}")
        if status.environment:
            lines.append(f"Environment: {status.environment}")
    if status.text:
        lines.append(status.text)
    if event := last_event_text(status):
        lines.append(f"Last event: {event}")
    if is_open_to_network(status):
        lines.append("Anyone on the network can connect, and nothing is encrypted.")
    return "\n".join(lines)


class StatusLine(QFrame):
    """Shows `EngineSnapshot`s. GUI thread only."""

    interface_chosen = Signal(str, str)
    """Kind and name of the interface whose light was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusLine")
        self.setFixedHeight(STATUS)
        self._statuses: tuple[InterfaceStatus, ...] = ()
        self._waiting: dict[str, int] = {}
        self._buttons: list[QToolButton] = []
        self._lights = QHBoxLayout()
        self._lights.setSpacing(4)
        self._more = QToolButton()
        self._more.setObjectName("moreLights")
        self._more.setProperty("role", "light")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._more)
        menu.aboutToShow.connect(self._fill_menu)
        self._more.setMenu(menu)
        self._open = QLabel()
        self._open.setObjectName("openWarning")
        self._open.setProperty("role", "error")
        self._problem = QLabel()
        self._problem.setObjectName("engineProblem")
        self._problem.setProperty("role", "error")
        self._rate = QLabel()
        self._rate.setObjectName("rate")
        self._rate.setProperty("role", "muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 1, 12, 0)
        layout.setSpacing(12)
        layout.addLayout(self._lights)
        layout.addWidget(self._more)
        layout.addStretch(1)
        for label in (self._problem, self._open, self._rate):
            layout.addWidget(label)
        self._aging = QTimer(self, interval=_AGE_EVERY_MS)
        self._aging.timeout.connect(self._show_lights)
        self._aging.start()
        self._counting = QTimer(self, interval=_COUNTS_MS, singleShot=True)
        self._counting.timeout.connect(self._on_counted)
        self._is_behind = False
        theme().changed.connect(self._on_theme_changed)

    @Slot(object)
    def show_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Show lights, rate and faults."""
        self._rate.setText(f"{snapshot.received_per_s:,.0f} msg/s")
        self._problem.setText(snapshot.problem)
        self._problem.setVisible(bool(snapshot.problem))
        unsafe = [s.name for s in snapshot.interfaces if is_open_to_network(s)]
        self._open.setText(f"Open to the network without TLS: {', '.join(unsafe)}")
        self._open.setVisible(bool(unsafe))
        waiting = {s.destination: s.waiting for s in snapshot.queues if s.waiting}
        if snapshot.interfaces == self._statuses and waiting == self._waiting:
            return
        before = [_state(status) for status in self._statuses], self._waiting.keys()
        self._statuses, self._waiting = snapshot.interfaces, waiting
        is_other = ([_state(status) for status in self._statuses], waiting.keys()) != before
        if is_other or not self._counting.isActive():
            self._show_lights()
            self._counting.start()
        else:
            self._is_behind = True

    @Slot()
    def _on_theme_changed(self) -> None:
        self._show_lights()

    @Slot()
    def _on_counted(self) -> None:
        if self._is_behind:
            self._show_lights()
            self._counting.start()

    @Slot()
    def _show_lights(self) -> None:
        self._is_behind = False
        statuses = sorted(self._statuses, key=_urgency)
        while len(self._buttons) < min(len(statuses), _MOST_LIGHTS):
            button = QToolButton(self)
            button.setProperty("role", "light")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIconSize(QSize(_DOT, _DOT))
            button.clicked.connect(self._on_pressed)
            self._lights.addWidget(button)
            self._buttons.append(button)
        for place, button in enumerate(self._buttons):
            if place < len(statuses):
                self._fill(button, statuses[place])
        self._fit()

    def _fill(self, button: QToolButton, status: InterfaceStatus) -> None:
        button.setObjectName(f"light.{status.name}")
        button.setIcon(light_icon(status.state))
        is_marked = status.state is not LinkState.FAILED and has_recent_fault(status)
        waiting = self._waiting.get(status.name, 0) if status.kind == "destination" else 0
        told = light_text(status, waiting)
        button.setText(f" {_cut(told, _LETTERS)}{' ⚠' if is_marked else ''}")
        button.setToolTip(light_tip(status))
        button.setAccessibleName(f"{told}, {status.state}")
        button.setProperty("interface", (status.kind, status.name))
        environment = environment_role(status.environment) if status.environment else ""
        if button.property("environment") != environment:
            button.setProperty("environment", environment)
            button.style().unpolish(button)
            button.style().polish(button)
        alarm = status.state is LinkState.FAILED or is_open_to_network(status)
        if button.property("alarm") != alarm:
            button.setProperty("alarm", alarm)
            button.style().unpolish(button)
            button.style().polish(button)

    def _fit(self) -> None:
        """Show as many lights as there is room for, faults first; the rest goes in a menu."""
        taken = sum(
            w.sizeHint().width() + 12
            for w in (self._open, self._problem, self._rate)
            if not w.isHidden()
        )
        room = self.width() - taken - _MORE_WIDTH - 32
        used, hidden = 0, max(len(self._statuses) - len(self._buttons), 0)
        for place, button in enumerate(self._buttons):
            used += button.sizeHint().width() + 4
            is_shown = place < len(self._statuses) and (used <= room or place == 0)
            button.setVisible(is_shown)
            if place < len(self._statuses) and not is_shown:
                hidden += 1
        self._more.setVisible(hidden > 0)
        self._more.setText(f"+{hidden} more")

    @Slot()
    def _fill_menu(self) -> None:
        menu = self._more.menu()
        menu.clear()
        for button in self._buttons[: len(self._statuses)]:
            if button.isHidden():
                menu.addAction(button.icon(), button.text()).triggered.connect(button.click)
        for status in sorted(self._statuses, key=_urgency)[len(self._buttons) :]:
            told = light_text(status, self._waiting.get(status.name, 0))
            act = menu.addAction(light_icon(status.state), f" {_cut(told, _LETTERS)}")
            act.triggered.connect(partial(self._choose, status.kind, status.name))

    @Slot()
    def _on_pressed(self) -> None:
        button = self.sender()
        kind, name = button.property("interface")
        self._choose(kind, name)

    def _choose(self, kind: str, name: str, *_: object) -> None:
        self.interface_chosen.emit(kind, name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


def _state(status: InterfaceStatus) -> tuple[object, ...]:
    """Return what a light shows of an interface, without the counters of its tip."""
    return (
        status.name, status.kind, status.state, status.address, status.tls, status.text,
        status.beyond_loopback, status.environment, status.last_event_at_us, status.ae_title,
    )  # fmt: skip


def _urgency(status: InterfaceStatus) -> int:
    return 0 if status.state is LinkState.FAILED else 1


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}…"
