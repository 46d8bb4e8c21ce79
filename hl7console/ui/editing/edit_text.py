"""The text of a message, to type in. Each change is asked for and shown once it was made."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from hl7console.hl7v2.editing.lines import line_end_of, with_line_ends
from hl7console.ui.editing.edit_source import Change, EditSource, moved
from hl7console.ui.editing.marked_text import MarkedText
from hl7console.ui.inspector.grid import LINE_PX
from hl7console.ui.inspector.raw_layout import Fold
from hl7console.ui.inspector.raw_paper import Underline

_COMMAND_KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier


class EditText(MarkedText):
    """An editable raw view. GUI thread only.

    It changes nothing itself: `typed` tells what is wanted, `show_change` what it became.
    """

    typed = Signal(int, int, str)
    """First and after-last character to go, and what comes."""
    caret_moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editText")
        self.setAccessibleName("Edited message as text")
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.menu_actions: Sequence[QAction | None] = ()
        """What the context menu offers beside the clipboard; None for a line between."""

    # What is shown

    @property
    def caret(self) -> int:
        """The character in front of which one types."""
        return self._caret

    @property
    def rows_shown(self) -> int:
        """Rows of the text as far as it is laid out; a folded value is a part of one."""
        return self.row_count()

    @property
    def picked(self) -> tuple[int, int]:
        """The characters chosen; both ends the caret where none are."""
        return self._range or (self._caret, self._caret)

    def show_change(self, source: EditSource, change: Change | None, caret: int) -> None:
        """Show the text after a change, at the place one was at.

        Args:
            source: The text now.
            change: What changed; None where that isn't known.
            caret: Where the caret goes.
        """
        self._source = source
        if change is not None:
            self._opened = frozenset(moved(at, change) for at in self._opened)
            self.set_problems(_moved_problems(self._problems, change))
        starts = {fold.start for folds in source.lines.folds.values() for fold in folds}
        self._opened = self._opened & starts
        self._range, self._anchor, self._span = None, None, (0, 0)
        self._caret = min(caret, len(source.lines.text))
        if self._layout is not None:
            self._lay_out(keep=True)
            self.reveal(self._layout.place_of(self._caret)[0])
        self.viewport().update()

    def put_caret(self, char: int, end: int = -1) -> None:
        """Put the caret at a character and scroll to it; choose up to another one, if given."""
        self._span = (0, 0)
        self._caret = char if end < 0 else end
        self._range = (char, end) if end > char else None
        self._anchor = None
        if self._layout is not None and len(self._layout.lines):
            self.reveal(self._layout.place_of(char)[0])
        self.viewport().update()

    def caret_box(self) -> QRect:
        """Return where the caret is, in pixels of the viewport."""
        if self._layout is None:
            return QRect(0, 0, 2, LINE_PX)
        row, col = self._layout.place_of(self._caret)
        return QRect(round(self.x_of(col)), self.y_of(row), 2, LINE_PX)

    # Typing

    def type_text(self, text: str) -> None:
        """Put text in the place of what is chosen, or at the caret."""
        start, end = self.picked
        if text or end > start:
            self.typed.emit(start, end, text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._source is None:
            return
        if self._clipboard_key(event) or self._delete_key(event):
            return
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.modifiers() & _COMMAND_KEYS:
            fold = self._closed_fold(self._caret)
            if fold is not None and self._range is None:
                self.toggle_fold(fold.start)
            else:
                self.type_text(line_end_of(self._source.lines.text))
        elif _is_typing(event):
            self.type_text(event.text())
        elif key == Qt.Key.Key_Space:
            event.ignore()
        else:
            before = (self._caret, self._range)
            super().keyPressEvent(event)
            if (self._caret, self._range) != before:
                self.caret_moved.emit()

    def _clipboard_key(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Cut):
            self.cut()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.choose_all()
        else:
            return False
        return True

    def _delete_key(self, event: QKeyEvent) -> bool:
        is_back = event.key() == Qt.Key.Key_Backspace
        if not is_back and event.key() != Qt.Key.Key_Delete:
            return False
        start, end = self.picked
        if start == end:
            by = -1 if is_back else 1
            far = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            other = self._far_step(by) if far else self._next_char(by)
            start, end = min(start, other), max(start, other)
            fold = self._closed_fold(start)
            if fold is not None and end > start:
                # Nothing that cannot be seen goes at the first stroke.
                self.put_caret(fold.start, fold.end)
                return True
        if end > start:
            self.typed.emit(start, end, "")
        return True

    def _next_char(self, by: int) -> int:
        """Return the next place for deleting: over a whole line end, into a fold."""
        lines = self._source.lines if self._source is not None else None
        if lines is None:
            return 0
        at = min(max(self._caret + by, 0), len(lines.text))
        pair = lines.text[min(at, self._caret) - (by < 0) :][:2] if by < 0 else ""
        if by < 0 and pair == "\r\n":
            return at - 1
        if by > 0 and lines.text.startswith("\r\n", self._caret):
            return at + 1
        return at

    def _far_step(self, by: int) -> int:
        """Return the next border of an element."""
        source = self._source
        if not isinstance(source, EditSource):
            return self._caret
        text, roles = source.lines.text, source.message.delimiters
        marks = roles.field + roles.component + roles.repetition + roles.subcomponent + "\r\n"
        at = min(max(self._caret + by, 0), len(text))
        while 0 < at < len(text) and text[at if by > 0 else at - 1] not in marks:
            at += by
        return at

    def _closed_fold(self, char: int) -> Fold | None:
        fold = self._source.lines.fold_at(char) if self._source is not None else None
        return fold if fold is not None and fold.start not in self._opened else None

    def _key_target(self, event: QKeyEvent) -> int | None:
        far = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if far and event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            return self._far_step(1 if event.key() == Qt.Key.Key_Right else -1)
        return super()._key_target(event)

    def _put_caret(self, char: int) -> None:
        super()._put_caret(char)
        self.caret_moved.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        source = self._source
        if event.button() is not Qt.MouseButton.LeftButton or not isinstance(source, EditSource):
            return
        char, _ = self._hit(event.position().toPoint())
        node = source.message.at_char(char)
        if node is not None:
            self.put_caret(*node.char_span)
            self.caret_moved.emit()

    # Input methods

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        if event.commitString():
            self.type_text(event.commitString())
        event.accept()

    def inputMethodQuery(self, query: Qt.InputMethodQuery) -> object:
        if query == Qt.InputMethodQuery.ImCursorRectangle:
            return self.caret_box()
        if query == Qt.InputMethodQuery.ImEnabled:
            return True
        return super().inputMethodQuery(query)

    # Clipboard

    @Slot()
    def cut(self) -> None:
        """Copy what is chosen, and take it out."""
        if self._range is not None:
            self.copy()
            self.type_text("")

    @Slot()
    def paste(self) -> None:
        """Put in what was copied, with the message's own line ends."""
        text = QGuiApplication.clipboard().text()
        if text and self._source is not None:
            self.type_text(with_line_ends(text, line_end_of(self._source.lines.text)))

    @Slot()
    def choose_all(self) -> None:
        """Choose the whole text."""
        if self._source is not None:
            self.put_caret(0, len(self._source.lines.text))

    def copied_text(self) -> str:
        if self._source is None or self._range is None:
            return ""
        first, last = self._range
        return self._source.lines.text[first:last]

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse and self._range is None:
            self._put_caret(self._hit(event.pos())[0])
        by_key = event.reason() is not QContextMenuEvent.Reason.Mouse
        where = self.viewport().mapToGlobal(self.caret_box().bottomLeft())
        self.made_menu().popup(where if by_key else event.globalPos())

    def made_menu(self) -> QMenu:
        """Return the context menu."""
        menu = QMenu(self)
        menu.setObjectName("editTextMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        standard = QKeySequence.StandardKey
        for text, slot, keys in (
            ("Cut", self.cut, standard.Cut),
            ("Copy", self.copy, standard.Copy),
            ("Paste", self.paste, standard.Paste),
            ("Select all", self.choose_all, standard.SelectAll),
        ):
            action = menu.addAction(text, slot)
            action.setShortcut(keys)
            action.setEnabled(self._range is not None or text in {"Paste", "Select all"})
        menu.addSeparator()
        for extra in self.menu_actions:
            if extra is None:
                menu.addSeparator()
            else:
                menu.addAction(extra)
        menu.addSeparator()
        ends = menu.addAction("Show line ends")
        ends.setCheckable(True)
        ends.setChecked(self.shows_ends)
        ends.toggled.connect(self.show_ends)
        return menu

    def event(self, event: QEvent) -> bool:
        # Keys that edit text are ours while we have the focus, whatever the menus say.
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            standard = QKeySequence.StandardKey
            ours = (standard.Cut, standard.Paste, standard.SelectAll)
            if _is_typing(event) or any(event.matches(key) for key in ours):
                event.accept()
                return True
        return super().event(event)


def _is_typing(event: QKeyEvent) -> bool:
    """Return whether a key puts a character into the text."""
    text = event.text()
    if not text or event.key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}:
        return False
    modifiers = event.modifiers()
    is_alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
    is_command = bool(modifiers & _COMMAND_KEYS)
    # Both together are AltGr, as Windows tells it; on a Mac, Option alone writes characters.
    is_plain = is_alt == is_command or (is_alt and sys.platform == "darwin")
    return text.isprintable() and is_plain


def _moved_problems(problems: Sequence[Underline], change: Change) -> list[Underline]:
    """Return where problems lie after a change; those that it touched are looked for anew."""
    start, end, _ = change
    return [
        Underline(moved(p.start, change), moved(p.end, change), p.severity)
        for p in problems
        if p.end <= start or p.start >= end
    ]
