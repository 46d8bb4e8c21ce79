"""The place Lab: compose and send, recordings and replay, comparisons."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.store.edited_messages import saved_messages
from hl7console.store.repair_records import SavedMessage
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.lab.comparing import Comparing
from hl7console.ui.lab.composer import Composer
from hl7console.ui.lab.recordings import Recordings
from hl7console.ui.notice import Notice
from hl7console.ui.worker import ReaderWorker


class LabPlace(QWidget):
    """The pages of the tester. GUI thread only; call `stop` before it goes."""

    editor_wanted = Signal(object)
    """Bytes to be edited in the editor."""

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        ask: Ask,
        notice: Notice,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("labPlace")
        self._bridge = bridge
        self._notice = notice
        self._last_message_id = -1
        self._reads = ReaderWorker("lab", console, self)
        self.composer = Composer(console, self._reads)
        self.recordings = Recordings(console, ask)
        self.comparing = Comparing()
        self.tabs = QTabWidget()
        self.tabs.setObjectName("labTabs")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.composer, "Send")
        self.tabs.addTab(self.recordings, "Recordings")
        self.tabs.addTab(self.comparing, "Compare")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        self.composer.editor_wanted.connect(self.editor_wanted)
        bridge.settings_changed.connect(self._on_settings_changed)
        bridge.snapshot_changed.connect(self._on_snapshot_changed)
        self._on_settings_changed()

    @Slot()
    def _on_settings_changed(self) -> None:
        for page in (self.composer, self.recordings):
            page.set_destinations(self._bridge.destinations)

    @Slot(object)
    def _on_snapshot_changed(self, snapshot: EngineSnapshot) -> None:
        """A message that was saved by name is a new message: look at the names then."""
        if not self.isVisible():
            return
        if snapshot.last_message_id != self._last_message_id and not self._reads.is_busy:
            self._last_message_id = snapshot.last_message_id
            self._reads.ask(saved_messages, self._on_saved, self._notice.fault)

    def _on_saved(self, saved: tuple[SavedMessage, ...]) -> None:
        self.composer.show_saved(saved)
        self._on_snapshot_changed(self._bridge.snapshot)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_snapshot_changed(self._bridge.snapshot)

    def show_page(self, name: str) -> None:
        """Show a page: ``send``, ``recordings`` or ``compare``."""
        pages = {"send": self.composer, "recordings": self.recordings, "compare": self.comparing}
        self.tabs.setCurrentWidget(pages[name])

    def open_recording(self, path: Path) -> None:
        """Open a recording, and show it."""
        self.show_page("recordings")
        self.recordings.open(path)

    def stop(self) -> None:
        """Stop what is under way, and end the threads."""
        self.composer.stop()
        self.recordings.stop()
        self.comparing.stop()
        self._reads.stop()
