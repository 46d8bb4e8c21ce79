"""The place Settings: pages by name on the left."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.certificates import CertificateFiles
from hl7console.engine.console import Console
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.icons import icon
from hl7console.ui.places import SETTINGS_PAGES
from hl7console.ui.preferences import Preferences
from hl7console.ui.settings.alerts_page import AlertsPage
from hl7console.ui.settings.appearance_page import AppearancePage
from hl7console.ui.settings.certificate_dialog import CertificateDialog
from hl7console.ui.settings.interfaces_page import InterfacesPage
from hl7console.ui.settings.metrics_page import MetricsPage
from hl7console.ui.settings.pages import DestinationsPage, ListenersPage
from hl7console.ui.settings.profiles_page import ProfilesPage
from hl7console.ui.settings.records_page import ArchivesPage, CallersPage, ServicePage
from hl7console.ui.settings.retention_page import RetentionPage
from hl7console.ui.settings.routes_page import RoutesPage
from hl7console.ui.theme import GRID, ROW, theme


class SettingsPlace(QWidget):
    """The settings pages. GUI thread only; call `stop` before it goes."""

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        ask: Ask,
        *,
        has_tray: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("settingsPlace")
        self._console = console
        self._dialog: CertificateDialog | None = None
        self.listeners = ListenersPage(console, bridge, ask)
        self.destinations = DestinationsPage(console, bridge, ask)
        self.routes = RoutesPage(console, bridge, ask)
        self.service = ServicePage(console, ask)
        self.callers = CallersPage(console, ask)
        self.archives = ArchivesPage(console, ask)
        self.profiles = ProfilesPage(console, bridge)
        self.alerts = AlertsPage(console, bridge, ask)
        self.metrics = MetricsPage(console, bridge)
        self.retention = RetentionPage(console, ask)
        self.appearance = AppearancePage(preferences, has_tray=has_tray)
        self.list = QListWidget()
        self.list.setObjectName("settingsPages")
        self.list.setAccessibleName("Settings pages")
        self.list.setIconSize(QSize(16, 16))
        for _, title, _icon in SETTINGS_PAGES:
            item = QListWidgetItem(title)
            item.setSizeHint(QSize(0, ROW + 6))
            self.list.addItem(item)
        side = QFrame()
        side.setProperty("role", "pane")
        side.setFixedWidth(176)
        column = QVBoxLayout(side)
        column.setContentsMargins(GRID, 2 * GRID, GRID, GRID)
        column.addWidget(self.list)
        self._stack = QStackedWidget()
        for page in (
            self.listeners,
            self.destinations,
            self.routes,
            self.service,
            self.callers,
            self.archives,
            self.profiles,
            self.alerts,
            self.metrics,
            self.retention,
            self.appearance,
        ):
            self._stack.addWidget(page)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(side)
        layout.addWidget(self._stack, 1)
        self.list.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.list.setCurrentRow(0)
        for interfaces in (self.listeners, self.destinations):
            interfaces.certificates_wanted.connect(self.make_certificate)
        theme().changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def show_page(self, name: str) -> None:
        """Show a page by its name."""
        self.list.setCurrentRow([page[0] for page in SETTINGS_PAGES].index(name))

    def show_interface(self, kind: str, name: str) -> None:
        """Show one listener or destination, or the DICOM service."""
        if kind == "worklist":
            self.show_page("worklist")
            return
        self.show_page(f"{kind}s")
        page: InterfacesPage = self.listeners if kind == "listener" else self.destinations
        page.choose(name)

    def show_rule(self, name: str) -> None:
        """Show an alert rule; the page of the rules where the name is empty."""
        self.show_page("alerts")
        self.alerts.show_rule(name)

    @Slot()
    def make_certificate(self) -> None:
        """Open the dialog that makes certificates; what it makes goes into the form in view."""
        folder = Path(self._console.workspace) / "certificates"
        dialog = CertificateDialog(folder, self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.made.connect(self._on_made)
        self._dialog = dialog
        dialog.open()

    @Slot(str, object)
    def _on_made(self, kind: str, files: CertificateFiles) -> None:
        page = self._stack.currentWidget()
        cert, key = str(files.cert_path), str(files.key_path)
        if isinstance(page, ListenersPage):
            values = page.form.values()
            if kind == "server":
                tls = "server" if values["tls"] == "off" else values["tls"]
                page.form.set_values({"tls": tls, "tls_cert_path": cert, "tls_key_path": key})
            elif kind == "ca" and not values["tls_client_ca_path"]:
                page.form.set_values({"tls_client_ca_path": cert})
        elif isinstance(page, DestinationsPage):
            if kind == "client":
                page.form.set_values({"tls": "mutual", "tls_cert_path": cert, "tls_key_path": key})
            elif kind == "ca" and not page.form.values()["tls_ca_path"]:
                page.form.set_values({"tls_ca_path": cert})

    @Slot()
    def _on_theme_changed(self) -> None:
        for row, (_, _, name) in enumerate(SETTINGS_PAGES):
            self.list.item(row).setIcon(icon(name))

    def stop(self) -> None:
        """End the threads of the pages."""
        self.listeners.stop()
        for page in (self.routes, self.service, self.callers, self.archives, self.profiles):
            page.stop()
        self.alerts.stop()
        self.metrics.stop()
        self.retention.stop()
