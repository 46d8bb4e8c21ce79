"""The text of a message as it was written: coloured, wrapped, in step with the tree.

Line ends, control characters and invisible ones can be seen; very long values are folded to their
size until they are asked for. Only the rows in sight are ever tokenised and painted.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from hl7console.ui.inspector.cells import Run, describe_hidden, hidden_spans
from hl7console.ui.inspector.raw_layout import RawLayout
from hl7console.ui.inspector.raw_paper import RawPaper, RawSource
from hl7console.ui.menu_keys import is_menu_key, menu_event

_FIRST_SLICE_S, _SLICE_S = 0.012, 0.006


class RawView(RawPaper):
    """The raw text. GUI thread only."""

    char_clicked = Signal(int)
    """The user put the caret on a character: its offset in the decoded text."""
    ends_shown_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Message as text")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._opened: frozenset[int] = frozenset()
        self._show_ends = False
        self._anchor: int | None = None
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._on_slice)

    # What is shown

    def set_source(self, source: RawSource | None) -> None:
        """Show another message from its beginning, with nothing selected or underlined."""
        self._source = source
        self._opened = frozenset()
        self._span, self._range, self._anchor, self._caret = (0, 0), None, None, 0
        self.set_problems([])
        self._layout = None
        if self.isVisible():
            self._lay_out()
        self.verticalScrollBar().setValue(0)

    def select(self, span: tuple[int, int]) -> None:
        """Highlight an element and scroll to it; an empty range is a caret between characters."""
        self._span, self._range, self._caret = span, None, span[0]
        if self._layout is not None and len(self._layout.lines):
            self.reveal(self._layout.place_of(span[0])[0])
        self.viewport().update()

    @property
    def span(self) -> tuple[int, int]:
        """The highlighted characters."""
        return self._span

    @property
    def shows_ends(self) -> bool:
        """Whether line ends are marked."""
        return self._show_ends

    @Slot(bool)
    def show_ends(self, on: bool) -> None:
        """Mark the end of each line as it was: CR, LF or CR LF."""
        if on != self._show_ends:
            self._show_ends = on
            self._lay_out(keep=True)
            self.ends_shown_changed.emit(on)

    def toggle_fold(self, start: int) -> None:
        """Open the fold that begins at a character, or close it again."""
        self._opened ^= {start}
        self._lay_out(keep=True)

    @property
    def opened(self) -> frozenset[int]:
        """First characters of the folds that are open."""
        return self._opened

    def relayout(self) -> None:
        if self._layout is not None and self._layout.columns != self.columns:
            self._lay_out(keep=True)

    @Slot()
    def _on_slice(self) -> None:
        """Lay out more of a long message, while there is nothing else to do."""
        if self._layout is not None:
            self._layout.extend(_SLICE_S)
        if self._layout is None or self._layout.is_complete:
            self._slices.stop()
        self.update_bars()

    def _lay_out(self, *, keep: bool = False) -> None:
        first_char = 0
        if keep and self._layout is not None and self._layout.rows:
            first_char, _ = self._layout.hit(self.top_row, 0)
        if self._source is None:
            self._layout = None
        else:
            lines = self._source.lines
            self._layout = RawLayout(lines, self.columns, self._opened, show_ends=self._show_ends)
            self._layout.extend(_FIRST_SLICE_S)
            if not self._layout.is_complete:
                self._slices.start()
        self.update_bars()
        if keep and self._layout is not None and len(self._layout.lines):
            self.verticalScrollBar().setValue(self._layout.place_of(first_char)[0])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._layout is None and self._source is not None:
            # Nothing is laid out while nobody sees it.
            self._lay_out()
            self.select(self._span)

    # Mouse

    def _hit(self, point: QPoint) -> tuple[int, Run | None]:
        if self._layout is None:
            return 0, None
        return self._layout.hit(*self.cell_at(point))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton or self._layout is None:
            return
        char, run = self._hit(event.position().toPoint())
        if run is not None and run.kind in {"fold", "unfold"}:
            self.toggle_fold(run.start)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._extend(char)
        else:
            self._anchor = char
            self._put_caret(char)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        char, run = self._hit(event.position().toPoint())
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None:
            if char != self._caret:
                self._extend(char)
            return
        is_chip = run is not None and run.kind in {"fold", "unfold"}
        shape = Qt.CursorShape.PointingHandCursor if is_chip else Qt.CursorShape.IBeamCursor
        self.viewport().setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._anchor = None
        super().mouseReleaseEvent(event)

    def _extend(self, char: int) -> None:
        anchor = self._caret if self._anchor is None and self._range is None else self._anchor
        if anchor is None and self._range is not None:
            first, last = self._range
            anchor = last if self._caret == first else first
        anchor = anchor or 0
        self._caret = char
        self._range = (min(anchor, char), max(anchor, char))
        if self._layout is not None:
            self.reveal(self._layout.place_of(char)[0])
        self.viewport().update()

    def _put_caret(self, char: int) -> None:
        self._range = None
        self._caret = char
        self.char_clicked.emit(char)
        self._caret = char
        if self._layout is not None:
            self.reveal(self._layout.place_of(char)[0])
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setObjectName("rawMenu")
        copy = menu.addAction("Copy", self.copy)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setEnabled(bool(self.copied_text()))
        menu.addAction("Copy the whole message", self.copy_all)
        menu.addSeparator()
        ends = menu.addAction("Show line ends")
        ends.setCheckable(True)
        ends.setChecked(self._show_ends)
        ends.toggled.connect(self.show_ends)
        if self._source is not None and self._source.lines.folds:
            opened = bool(self._opened)
            menu.addAction("Fold long values" if opened else "Open long values", self.toggle_folds)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def toggle_folds(self) -> None:
        """Close all folds when one is open; open all when none is."""
        if self._source is None or self._opened:
            self._opened = frozenset()
        else:
            folds = self._source.lines.folds.values()
            self._opened = frozenset(fold.start for line in folds for fold in line)
        self._lay_out(keep=True)

    # Keys and clipboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        if is_menu_key(event):
            self.contextMenuEvent(menu_event(self, self.viewport().rect().center()))
            return
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            fold = self._source.lines.fold_at(self._caret) if self._source is not None else None
            if fold is not None:
                self.toggle_fold(fold.start)
            return
        target = self._key_target(event)
        if target is None or self._layout is None:
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._extend(target)
        else:
            self._put_caret(target)

    def _key_target(self, event: QKeyEvent) -> int | None:
        layout = self._layout
        if layout is None or not len(layout.lines):
            return None
        row, col = layout.place_of(self._caret)
        far = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if rows := self.scroll_key(event):
            return layout.hit(row + rows, col)[0]
        length = len(layout.lines.text)
        match event.key():
            case Qt.Key.Key_Home:
                return 0 if far else layout.hit(row, 0)[0]
            case Qt.Key.Key_End:
                return length if far else layout.hit(row, layout.columns)[0]
            case Qt.Key.Key_Left:
                return self._step(-1)
            case Qt.Key.Key_Right:
                return self._step(1)
        return None

    def _step(self, by: int) -> int:
        """Return the caret's next place: over closed folds and line ends in one go."""
        if self._source is None:
            return 0
        lines = self._source.lines
        at = min(max(self._caret + by, 0), len(lines.text))
        line = lines.line_at(at)
        if at > lines.ends[line]:
            at = lines.starts[line + 1] if by > 0 and line + 1 < len(lines) else lines.ends[line]
        fold = lines.fold_at(at)
        if fold is not None and fold.start not in self._opened and at != fold.start:
            at = fold.end if by > 0 else fold.start
        return at

    def copied_text(self) -> str:
        """Return what Copy takes: the picked characters, else the highlighted element's."""
        if self._source is None:
            return ""
        first, last = self._range or self._span
        return self._source.lines.text[first:last]

    def copy(self) -> None:
        """Copy as written; line ends become the clipboard's."""
        if text := self.copied_text():
            QGuiApplication.clipboard().setText(_for_clipboard(text))

    def copy_all(self) -> None:
        """Copy the whole message as text."""
        if self._source is not None:
            QGuiApplication.clipboard().setText(_for_clipboard(self._source.lines.text))

    def tip_at(self, row: int, col: int) -> str:
        if self._layout is None or self._source is None or row >= self._layout.rows:
            return ""
        char, run = self._layout.hit(row, col)
        if run is None:
            return ""
        if run.kind == "fold":
            return "Long value, folded. Click to open it."
        if run.kind == "unfold":
            return "Fold this value again."
        if run.kind:
            return ""
        text = self._source.lines.text[char : char + 1]
        tip = self._source.tip(char)
        return f"{describe_hidden(text)}\n{tip}" if hidden_spans(text) else tip


def _for_clipboard(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
