"""The window: a rail of places, the place one is at, and the status line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console
from hl7console.ui.actions import Actions
from hl7console.ui.alerts.hook import AlertsHook
from hl7console.ui.arranging import add_arranging
from hl7console.ui.ask import Ask, DialogAsk
from hl7console.ui.bars import bar_button, demo_banner
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.drop_overlay import DropOverlay, can_take, taken_from
from hl7console.ui.imports.imports import Imports
from hl7console.ui.lab.hook import LabHook
from hl7console.ui.messages.columns_dialog import ColumnsDialog
from hl7console.ui.messages.message_actions import MessageActions
from hl7console.ui.messages.place import MessagesPlace
from hl7console.ui.monitor.hook import MonitorHook
from hl7console.ui.notice import Notice
from hl7console.ui.palette import Palette
from hl7console.ui.places import PLACES, SETTINGS_PAGES
from hl7console.ui.preferences import Preferences
from hl7console.ui.queues.hook import QueuesHook
from hl7console.ui.rail import Rail
from hl7console.ui.status_line import StatusLine
from hl7console.ui.theme import Scheme, theme
from hl7console.ui.window_actions import add_window_actions
from hl7console.ui.worklist.hook import WorklistHook

if TYPE_CHECKING:
    from hl7console.ui.help.view import HelpView
    from hl7console.ui.settings.place import SettingsPlace


class MainWindow(QMainWindow):
    """The one window of a workspace. GUI thread only.

    Args:
        console: The engine, here or in another process.
        is_demo: The traffic is simulated; a banner says so.
        preferences: What the window remembers.
        ask: Asks questions; tests hand in their own.
        has_tray: Whether there is a tray to go on in.
    """

    close_requested = Signal()
    """The user wants the window closed; `hl7console.app` decides what that does."""
    up_wanted = Signal()
    """Come to the front; may be emitted by any thread."""

    def __init__(
        self,
        console: Console,
        *,
        is_demo: bool = False,
        preferences: Preferences | None = None,
        ask: Ask | None = None,
        has_tray: bool = False,
    ) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("hl7console demo" if is_demo else "hl7console")
        self.setAcceptDrops(True)
        room = self.screen().availableGeometry()
        # List and inspector side by side want 1280 pixels, where the screen has them.
        width = max(round(room.width() * 0.92), min(1280, room.width()))
        self.resize(min(1600, width), min(1000, round(room.height() * 0.92)))
        self.setMinimumSize(960, 560)
        self._console = console
        self._preferences = preferences or Preferences()
        self._has_tray = has_tray
        self.ask: Ask = ask or DialogAsk(self)
        self._is_stopped = False
        self.may_close = False
        """Set when closing is to be carried out and not asked about."""
        theme().choose(_scheme(self._preferences))
        self.bridge = EngineBridge(console, self)
        self.actions_by_name = Actions(self)
        self.notice = Notice()
        self.messages = MessagesPlace(console, self.bridge, self._preferences)
        self._settings: SettingsPlace | None = None
        self._help: HelpView | None = None
        self.imports = Imports(self, console, self.bridge, self.ask, self.notice)
        self._build(is_demo=is_demo)
        self._add_actions()
        shared = (console, self.bridge, self._preferences, self.actions_by_name, self.ask,
                  self.notice)  # fmt: skip
        self.monitor = MonitorHook(self, *shared, partial(self.go_to, "monitor"))
        self.worklist = WorklistHook(self, *shared, partial(self.go_to, "worklist"))
        self.message_actions = MessageActions(
            self.messages, console, self.bridge, self.actions_by_name, self.ask, self.notice
        )
        self.queues = QueuesHook(self, *shared, partial(self.go_to, "queues"))
        self.alerts = AlertsHook(self, *shared, partial(self.go_to, "alerts"))
        self.lab = LabHook(self, *shared, partial(self.go_to, "lab"))
        self._overlay = DropOverlay(self)
        self._connect()
        self._restore()

    # Building

    def _build(self, *, is_demo: bool) -> None:
        self.rail = Rail()
        for name, title, icon, keys in PLACES:
            self.rail.add_place(name, title, icon, keys)
        self.status = StatusLine()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.messages)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if is_demo:
            column.addWidget(demo_banner())
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)
        column.addWidget(self.status)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)
        self.setCentralWidget(central)
        self.rail.show_place("messages")

    def _add_actions(self) -> None:
        add = self.actions_by_name.add
        for name, title, icon, keys in PLACES:
            add(
                f"go.{name}",
                f"Go to {title}",
                partial(self.go_to, name),
                shortcut=keys,
                icon=icon,
                group="Window",
            )
        add_window_actions(self)
        for name, title, icon in SETTINGS_PAGES:
            text = f"Settings: {title}"
            add(f"settings.{name}", text, self._page(name), icon=icon, group="Settings")
        add_arranging(self.actions_by_name, self)
        search_action = self.actions_by_name["search.focus"]
        search_action.setShortcuts([QKeySequence("Ctrl+F"), QKeySequence("/")])
        paste_action = self.actions_by_name["import.paste"]
        paste_action.setShortcuts([QKeySequence(QKeySequence.StandardKey.Paste)])
        self.rail.add_tool(self.actions_by_name["view.palette"], "Actions", "command")
        self.rail.add_tool(self.actions_by_name["view.scheme"], "Colours", "contrast")
        self.rail.add_tool(self.actions_by_name["help.show"], "Help", "circle-question-mark")
        for name, title in (("list.columns", "Columns"), ("import.files", "Import…")):
            self.messages.add_to_bar(bar_button(self.actions_by_name, name, title))

    def _connect(self) -> None:
        self.bridge.snapshot_changed.connect(self.status.show_snapshot)
        self.rail.place_chosen.connect(self.go_to)
        self.status.interface_chosen.connect(self._on_interface_chosen)
        self.messages.import_wanted.connect(self.imports.choose_files)
        self.imports.show_wanted.connect(self._on_show_imported)
        self.messages.listeners_wanted.connect(self._on_listeners_wanted)
        for hook in (self.monitor, self.worklist, self.queues, self.alerts, self.lab):
            hook.made.connect(self._stack.addWidget)
        worklist = self.worklist
        worklist.listeners_wanted.connect(self._on_listeners_wanted)
        worklist.import_wanted.connect(self.imports.choose_files)
        worklist.profile_wanted.connect(self._page("profiles"))
        for hooked in (self.worklist, self.queues, self.alerts):
            hooked.filter_wanted.connect(self._on_filter_wanted)
            hooked.message_wanted.connect(self._on_message_wanted)
        self.queues.badge_changed.connect(partial(self.rail.set_badge, "queues"))
        self.queues.settings_wanted.connect(self._on_interface_chosen)
        self.alerts.badge_changed.connect(partial(self.rail.set_badge, "alerts"))
        self.alerts.settings_wanted.connect(self._on_interface_chosen)
        self.alerts.queue_wanted.connect(self.queues.show_queue)
        self.alerts.rule_wanted.connect(self._on_rule_wanted)
        self.alerts.monitor_wanted.connect(self.monitor.show_series)
        self.monitor.filter_wanted.connect(self._on_filter_wanted)
        self.monitor.settings_wanted.connect(self._on_interface_chosen)
        self.monitor.alert_wanted.connect(self.alerts.show_alert)
        self.monitor.alerts_seen.connect(self.alerts.alerts_seen)
        self.monitor.queue_wanted.connect(self.queues.show_queue)
        self.monitor.listeners_wanted.connect(self._on_listeners_wanted)
        self.lab.record_wanted.connect(lambda: self.lab.record_found(self.messages.search.text))
        self._stack.currentChanged.connect(lambda *_: self.message_actions.place_changed())
        header = self.messages.table.horizontalHeader()
        header.customContextMenuRequested.connect(self.choose_columns)

    def _restore(self) -> None:
        state: QByteArray = self._preferences.blob("window/geometry")
        if not state.isEmpty():
            self.restoreGeometry(state)

    def start(self) -> None:
        """Begin to look at the engine and load the list."""
        self.bridge.start()
        self.messages.start()

    def stop(self) -> None:
        """Remember the layout and end every thread of the window. Once."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._preferences.set_blob("window/geometry", self.saveGeometry())
        self.imports.stop()
        self.bridge.stop()
        self.message_actions.stop()
        self.messages.stop()
        for hook in (self.monitor, self.worklist, self.queues, self.alerts, self.lab):
            hook.stop()
        if self._settings is not None:
            self._settings.stop()
        self._preferences.save()

    # Places

    @Slot(str)
    def go_to(self, name: str) -> None:
        """Show a place."""
        place: QWidget = self.messages
        target: QWidget = self.messages.table
        if name == "settings":
            place, target = self.settings(), self.settings().list
        elif name == "worklist":
            place, target = self.worklist.place(), self.worklist.place().table
        elif name == "queues":
            place, target = self.queues.place(), self.queues.place().first_focus()
        elif name == "monitor":
            place, target = self.monitor.place(), self.monitor.place().first_focus()
        elif name == "alerts":
            place, target = self.alerts.place(), self.alerts.place().first_focus()
        elif name == "lab":
            place, target = self.lab.place(), self.lab.place().composer.library
        self._stack.setCurrentWidget(place)
        self.rail.show_place(name)
        self.alerts.place_shown(name)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str)
    def _on_filter_wanted(self, text: str) -> None:
        self.go_to("messages")
        self.messages.search.set_text(text)

    @Slot(int)
    def _on_message_wanted(self, message_id: int) -> None:
        self.go_to("messages")
        self.messages.show_message(message_id)

    def settings(self) -> SettingsPlace:
        """Return the settings, made when they are first wanted."""
        if self._settings is None:
            from hl7console.ui.settings.place import SettingsPlace  # not needed for the first view

            self._settings = SettingsPlace(
                self._console,
                self.bridge,
                self._preferences,
                self.ask,
                has_tray=self._has_tray,
            )
            self._stack.addWidget(self._settings)
        return self._settings

    def _page(self, name: str) -> Callable[[], None]:
        def show() -> None:
            self.go_to("settings")
            self.settings().show_page(name)

        return show

    @Slot(str, str)
    def _on_interface_chosen(self, kind: str, name: str) -> None:
        self.go_to("settings")
        self.settings().show_interface(kind, name)

    @Slot(str)
    def _on_rule_wanted(self, name: str) -> None:
        self.go_to("settings")
        self.settings().show_rule(name)

    @Slot()
    def _on_listeners_wanted(self) -> None:
        self._page("listeners")()
        self.settings().listeners.add()

    def make_certificate(self) -> None:
        """Show how to make a certificate."""
        self.go_to("settings")
        self.settings().make_certificate()

    # Actions

    def go_to_search(self) -> None:
        """Put the keyboard into the search of the place one is at."""
        if self.worklist.is_shown:
            self.worklist.place().search.focus()
            return
        if self.monitor.is_shown:
            self.monitor.place().find_tile()
            return
        self.go_to("messages")
        self.messages.search.focus()

    def toggle_hold(self) -> None:
        """Hold or release the list of messages."""
        self.messages.hold_button.toggle()

    def switch_scheme(self) -> None:
        """Switch between light and dark, and remember it."""
        theme().toggle()
        self._preferences.set_text("scheme", theme().choice)

    def show_help(self) -> None:
        """Show the help in a window of its own, made when it is first wanted."""
        if self._help is None:
            from hl7console.ui.help.view import HelpView  # not needed for the first view

            self._help = HelpView(self)
        self._help.come_up()

    def show_palette(self) -> None:
        """Show the palette of all actions."""
        palette = Palette(self.actions_by_name, self)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open()
        palette.place_over(self)

    @Slot()
    def choose_columns(self) -> None:
        """Ask which columns the list shows."""
        shown = self.messages.table.shown_keys()
        dialog = ColumnsDialog(shown, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.messages.set_columns(dialog.keys()))
        dialog.open()

    # Importing

    @Slot(int)
    def _on_show_imported(self, message_id: int) -> None:
        self.go_to("messages")
        self.messages.show_all_from(message_id)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if can_take(event.mimeData()) and event.source() is None:
            event.acceptProposedAction()
            self._overlay.cover()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._overlay.hide()
        paths, text = taken_from(event.mimeData())
        event.acceptProposedAction()
        self.imports.begin(paths, text)

    # Closing

    @Slot()
    def come_up(self) -> None:
        """Come to the front."""
        self.show()
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.may_close:
            super().closeEvent(event)
        else:
            event.ignore()
            self.close_requested.emit()


def _scheme(preferences: Preferences) -> Scheme:
    try:
        return Scheme(preferences.text("scheme", Scheme.SYSTEM))
    except ValueError:
        return Scheme.SYSTEM
