"""The search box: the filter, its fault if it has one, and how many messages it finds."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from hl7console.hl7v2.filters import FilterError, Query, parse
from hl7console.ui.icons import pixmap, set_icon
from hl7console.ui.messages.filter_edit import FilterEdit
from hl7console.ui.theme import fixed_font, theme

_TYPING_MS = 250
"""How long typing rests before the search starts."""


class SearchBox(QFrame):
    """One line that searches while one types. GUI thread only."""

    query_changed = Signal(object)
    """A `Query`, or None for all messages."""
    left_down = Signal()
    fault_changed = Signal(str)
    """What is wrong with the filter, and what to write instead; empty when nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("searchBox")
        self.setProperty("role", "search")
        self._shown_text = ""
        self._icon = QLabel()
        self.edit = FilterEdit()
        self._count = QLabel()
        self._count.setObjectName("searchCount")
        self._count.setFont(fixed_font())
        self._count.setProperty("role", "muted")
        self._clear = QToolButton()
        self._clear.setObjectName("searchClear")
        self._clear.setAccessibleName("Clear the search")
        self._clear.setToolTip("Clear the search (Esc)")
        self._clear.setAutoRaise(True)
        self._clear.setFixedSize(QSize(22, 22))
        set_icon(self._clear, "x", size=14)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self._icon)
        layout.addWidget(self.edit, 1)
        layout.addWidget(self._count)
        layout.addWidget(self._clear)
        self.setFixedHeight(32)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TYPING_MS)
        self._timer.timeout.connect(self.submit)
        self.edit.textChanged.connect(self._on_typed)
        self.edit.submitted.connect(self.submit)
        self.edit.left_down.connect(self.left_down)
        self.edit.escaped.connect(self._on_escaped)
        self.edit.installEventFilter(self)
        self._clear.clicked.connect(self.clear)
        theme().changed.connect(self._on_theme_changed)
        self._on_theme_changed()
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

    @Slot()
    def clear(self) -> None:
        """Search for nothing: all messages."""
        self.set_text("")
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus(self) -> None:
        """Put the cursor into the box, with everything chosen."""
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()

    def tell(self, text: str) -> None:
        """Say something at the end of the box, such as a count."""
        self._count.setText(text)

    @property
    def told(self) -> str:
        """What stands at the end of the box."""
        return self._count.text()

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

    @Slot()
    def _on_theme_changed(self) -> None:
        picture: QPixmap = pixmap("search", theme().color("muted"), 14, self.devicePixelRatioF())
        self._icon.setPixmap(picture)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.setProperty("focused", event.type() == QEvent.Type.FocusIn)
            self.style().unpolish(self)
            self.style().polish(self)
        return super().eventFilter(watched, event)
