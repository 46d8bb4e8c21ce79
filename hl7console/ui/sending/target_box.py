"""Where messages are sent to: one destination or several, an address, and a typed confirmation."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from hl7console.settings import DestinationSettings
from hl7console.ui.environment import ENVIRONMENT_ROLE, EnvironmentDelegate, environment_role
from hl7console.ui.sending.production import production_name
from hl7console.ui.theme import GRID, fixed_font

OTHER = "\0other"


def destination_title(settings: DestinationSettings) -> str:
    """Return how a destination stands in the list: name, address, and what it is."""
    tls = " · TLS" if settings.tls != "off" else ""
    return f"{settings.name} · {settings.host}:{settings.port}{tls} · {settings.environment}"


def settings_named(
    destinations: Sequence[DestinationSettings], name: str
) -> DestinationSettings | None:
    """Return the settings of a name or an address; None where it is neither yet."""
    for settings in destinations:
        if settings.name == name:
            return settings
    host, _, port = name.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65_536:
        return None
    return DestinationSettings(name=name[:64], host=host.strip("[]"), port=int(port))


class TargetBox(QWidget):
    """A form of one to three lines. GUI thread only.

    Args:
        destinations: Those stored.
        chosen: Name or address to begin with.
    """

    changed = Signal()

    def __init__(
        self,
        destinations: Sequence[DestinationSettings],
        chosen: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._all = tuple(destinations)
        self._more: dict[str, QAction] = {}
        self.to = QComboBox()
        self.to.setObjectName("resendTo")
        self.to.setAccessibleName("Destination")
        self.to.setItemDelegate(EnvironmentDelegate(self.to))
        self.to.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.chip = QLabel()
        self.chip.setObjectName("resendEnvironment")
        self.chip.setProperty("role", "chip")
        self.also = QToolButton()
        self.also.setObjectName("resendAlso")
        self.also.setText("Also to")
        self.also.setToolTip("Send to further destinations at the same time")
        self.also.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.also.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.also.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.address = QLineEdit()
        self.address.setObjectName("resendAddress")
        self.address.setAccessibleName("Address")
        self.address.setFont(fixed_font())
        self.address.setPlaceholderText("host:port")
        self._confirm_text = QLabel()
        self._confirm_text.setProperty("role", "error")
        self._confirm_text.setWordWrap(True)
        self._confirm_text.setMinimumWidth(480)
        self.confirm = QLineEdit()
        self.confirm.setObjectName("resendConfirm")
        self.confirm.setAccessibleName("Name of the production destination, typed")
        self.confirm.setFont(fixed_font())
        self._build()
        self._fill(chosen)
        self.to.currentIndexChanged.connect(self._on_changed)
        self.address.textChanged.connect(self._on_changed)
        self.confirm.textChanged.connect(self.changed)
        self._on_changed()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for part, stretch in ((self.to, 1), (self.chip, 0), (self.also, 0)):
            row.addWidget(part, stretch)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.setVerticalSpacing(GRID)
        self._form.setHorizontalSpacing(2 * GRID)
        self._form.addRow("To", row)
        self._form.addRow("Address", self.address)
        self._form.addRow("", self._confirm_text)
        self._form.addRow("Confirm", self.confirm)

    def _fill(self, chosen: str) -> None:
        if (before := self.also.menu()) is not None:
            before.deleteLater()
        menu = QMenu(self.also)
        menu.setObjectName("resendAlsoMenu")
        enabled = [settings for settings in self._all if settings.enabled]
        for settings in enabled:
            self.to.addItem(destination_title(settings), settings.name)
            self.to.setItemData(self.to.count() - 1, str(settings.environment), ENVIRONMENT_ROLE)
            action = menu.addAction(destination_title(settings))
            action.setCheckable(True)
            action.toggled.connect(self._on_changed)
            self._more[settings.name] = action
        self.to.addItem("Another address…", OTHER)
        self.also.setMenu(menu)
        self.also.setVisible(len(enabled) > 1)
        place = self.to.findData(chosen)
        if place < 0 and chosen:
            self.address.setText(chosen)
            place = self.to.count() - 1
        self.to.setCurrentIndex(max(place, 0))

    def set_destinations(self, destinations: Sequence[DestinationSettings]) -> None:
        """Offer other destinations; what is chosen stays chosen where it can."""
        kept, more = self.destination, [n for n, a in self._more.items() if a.isChecked()]
        self._all = tuple(destinations)
        self.to.blockSignals(True)
        self.to.clear()
        self._more.clear()
        self._fill(kept)
        self.to.blockSignals(False)
        for name in more:
            if name in self._more:
                self._more[name].setChecked(True)
        self._on_changed()

    @property
    def destination(self) -> str:
        """Name of the first destination, or HOST:PORT."""
        name = self.to.currentData()
        return self.address.text().strip() if name == OTHER else str(name)

    @property
    def destinations(self) -> tuple[str, ...]:
        """All that is chosen, the first one first."""
        more = [name for name, action in self._more.items() if action.isChecked()]
        return tuple(dict.fromkeys(filter(None, (self.destination, *more))))

    def settings(self) -> list[DestinationSettings]:
        """Return the settings of all that is chosen and can be one."""
        found = (settings_named(self._all, name) for name in self.destinations)
        return [settings for settings in found if settings is not None]

    def choose_also(self, name: str, *, is_chosen: bool = True) -> None:
        """Send to a further destination as well."""
        self._more[name].setChecked(is_chosen)

    @property
    def typed(self) -> tuple[str, ...]:
        """The names that were typed."""
        return tuple(part.strip() for part in self.confirm.text().split(",") if part.strip())

    @property
    def production_names(self) -> list[str]:
        """The names that have to be typed."""
        names = (production_name(self._all, name) for name in self.destinations)
        return list(dict.fromkeys(filter(None, names)))

    @property
    def is_ready(self) -> bool:
        """Whether a destination is chosen, and typed where it must be."""
        named = {*self.production_names} <= {self.confirm.text().strip(), *self.typed}
        return bool(self.destination) and named

    @Slot()
    def _on_changed(self) -> None:
        self._form.setRowVisible(self.address, self.to.currentData() == OTHER)
        names = self.production_names
        self._form.setRowVisible(self.confirm, bool(names))
        self._form.setRowVisible(self._confirm_text, bool(names))
        if len(names) == 1:
            (name,) = names
            text = f"{name} is a production destination. Type {name} to send."
        else:
            text = (
                f"{', '.join(names)} are production destinations. Type their names to send, with"
                " commas between them."
            )
        self._confirm_text.setText(text)
        self._show_environment()
        count = len(self.destinations)
        self.also.setText(f"Also to · {count - 1}" if count > 1 else "Also to")
        for name, action in self._more.items():
            action.setEnabled(name != self.destination)
        self.changed.emit()

    def _show_environment(self) -> None:
        found = [settings.environment for settings in self.settings()]
        worst = next((e for e in ("production", "staging", "test") if e in found), "")
        if self.production_names:
            worst = "production"
        self.chip.setText(worst)
        self.chip.setVisible(bool(worst))
        self.chip.setProperty("tone", environment_role(worst))
        self.chip.style().unpolish(self.chip)
        self.chip.style().polish(self.chip)
