"""The messages to test with: samples that come with the program, and those kept by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from hl7console.engine.samples import sample_messages
from hl7console.store.repair_records import SavedMessage
from hl7console.ui.theme import ROW, text_font, theme

_ENTRY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """One message to choose."""

    name: str
    message_id: int = 0
    """Where it is kept in the workspace; 0 for a sample."""
    raw: bytes = field(default=b"", repr=False)
    """A sample's bytes."""


class Library(QListWidget):
    """The list of messages to test with. GUI thread only."""

    entry_chosen = Signal(object)
    """A `LibraryEntry`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("labLibrary")
        self.setAccessibleName("Messages to test with")
        self._saved: tuple[SavedMessage, ...] = ()
        self.show_saved(())
        self.currentItemChanged.connect(self._on_current_changed)
        self.itemActivated.connect(self._on_activated)

    def show_saved(self, saved: Sequence[SavedMessage]) -> None:
        """Show the messages kept by name, and the samples."""
        if self._saved == tuple(saved) and self.count():
            return
        self._saved = tuple(saved)
        entry = self.current()
        self.blockSignals(True)
        self.clear()
        if saved:
            self._add_title("Saved")
        for one in saved:
            self._add(LibraryEntry(one.name, message_id=one.message_id), "")
        self._add_title("Samples")
        for sample in sample_messages():
            self._add(LibraryEntry(sample.name, raw=sample.raw), sample.about)
        for row in range(self.count()):
            if entry is not None and self.item(row).data(_ENTRY) == entry:
                self.setCurrentRow(row)
        self.blockSignals(False)

    def current(self) -> LibraryEntry | None:
        """Return what is chosen."""
        item = self.currentItem()
        found = item.data(_ENTRY) if item is not None else None
        return found if isinstance(found, LibraryEntry) else None

    def _add_title(self, text: str) -> None:
        item = QListWidgetItem(text)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setForeground(theme().color("muted"))
        item.setFont(text_font(11))
        item.setSizeHint(QSize(0, ROW))
        self.addItem(item)

    def _add(self, entry: LibraryEntry, about: str) -> None:
        item = QListWidgetItem(entry.name)
        item.setData(_ENTRY, entry)
        item.setToolTip(about)
        item.setSizeHint(QSize(0, ROW))
        self.addItem(item)

    @Slot()
    def _on_current_changed(self) -> None:
        entry = self.current()
        if entry is not None:
            self.entry_chosen.emit(entry)

    @Slot()
    def _on_activated(self) -> None:
        self._on_current_changed()
