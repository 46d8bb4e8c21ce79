"""The search box: the filter, its fault if it has one, and how many messages it finds."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from hl7console.hl7v2.filters import FilterError, Query, parse
from hl7console.ui.messages.filter_edit import FilterEdit
from hl7console.ui.search_frame import SearchFrame

_TYPING_MS = 250
"""How long typing rests before the search starts."""


class SearchBox(SearchFrame):
    """One line that searches while one types. GUI thread only."""

    query_changed = Signal(object)
    """A `Query`, or None for all messages."""
    left_down = Signal()
    fault_changed = Signal(str)
    """What is wrong with the filter, and what to write instead; empty when nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.edit = FilterEdit()
        super().__init__(self.edit, _TYPING_MS, parent)
        self.setObjectName("searchBox")
        self._count.setObjectName("searchCount")
        self._clear.setObjectName("searchClear")
        self._shown_text = ""
        self._timer.timeout.connect(self.submit)
        self.edit.textChanged.connect(self._on_typed)
        self.edit.submitted.connect(self.submit)
        self.edit.left_down.connect(self.left_down)
        self.edit.escaped.connect(self._on_escaped)
        self._on_typed()

    @property
    def text(self) -> str:
        """What is typed."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Search for something else, at once."""
        self.edit.set_text(text)
        self.submit()

    def add(self, condition: str) -> None:
        """Narrow the search by one more condition."""
        text = self.text.strip()
        if condition not in text.split():
            if " or " in f" {text.casefold()} ":
                text = f"({text})"
            self.set_text(f"{text} {condition}".strip())

    def query(self) -> Query | None:
        """Return what is typed as a query.

        Raises:
            FilterError: It cannot be understood.
        """
        text = self.text.strip()
        return parse(self.text) if text else None

    @Slot()
    def submit(self) -> None:
        """Search now."""
        self._timer.stop()
        try:
            query = self.query()
        except FilterError as error:
            self._show_fault(error)
            return
        self.edit.colors.mark_error(-1)
        self.fault_changed.emit("")
        self._shown_text = self.text.strip()
        self.query_changed.emit(query)

    def _show_fault(self, error: FilterError) -> None:
        self.edit.colors.mark_error(error.position)
        self.tell("")
        self.fault_changed.emit(error.full_text)

    @Slot()
    def _on_typed(self) -> None:
        self._clear.setVisible(bool(self.text))
        if self.text.strip() == self._shown_text:
            self._timer.stop()
            return
        self._timer.start()

    @Slot()
    def _on_escaped(self) -> None:
        if self.text:
            self.clear()
        else:
            self.left_down.emit()
