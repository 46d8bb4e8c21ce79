"""The middle of the window: text, tree and bytes of one document in step, and what it was.

A change is made at once and shown in the text; rows of the tree, problems and differences are found
on a thread a moment later, and whatever belongs to an older state is dropped.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from hl7console.errors import UsageError
from hl7console.hl7v2.compare import Difference
from hl7console.hl7v2.editing.document import EditDocument, Step
from hl7console.hl7v2.edits import Edit
from hl7console.hl7v2.findings import Finding
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Node
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.views import tree
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.ui.editing.changes_pane import ChangesPane
from hl7console.ui.editing.checking import Checked, Checker
from hl7console.ui.editing.edit_source import Change, EditLines, EditSource
from hl7console.ui.editing.hex_marks import edited_words, original_words
from hl7console.ui.editing.sides import EditedSide, OriginalSide
from hl7console.ui.inspector.place import Place, message_words
from hl7console.ui.worker import Worker

SOON_MS = 150
"""After so long without a stroke, rows, problems and differences are found."""
PAUSE_MS = 1_500
"""What is typed after a pause is a step of its own."""


class EditDesk(QObject):
    """Keeps the views of one document in step. GUI thread only; call `stop` before it goes."""

    changed = Signal()
    """The document is another one."""
    checked_changed = Signal()
    """Rows, problems and differences of the present state are known."""
    told = Signal(str, str)
    """Something to say: sentence, and theme role."""

    def __init__(
        self, edited: EditedSide, original: OriginalSide, changes: ChangesPane, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.edited, self.original, self.changes = edited, original, changes
        self.document: EditDocument | None = None
        self.checked: Checked | None = None
        self._source: EditSource | None = None
        self._checker: Checker | None = None
        self._worker = Worker("edit-check", self)
        self._path: FieldPath | None = None
        self._soon = _timer(self, SOON_MS, self._on_soon)
        self._pause = _timer(self, PAUSE_MS, self._on_pause)
        text, fields = edited.text, edited.tree
        text.typed.connect(self._on_typed)
        text.caret_moved.connect(self._on_caret_moved)
        fields.row_selected.connect(self._on_row_selected)
        fields.edit_wanted.connect(self.apply)
        fields.refused.connect(lambda why: self.told.emit(why, "muted"))
        edited.hex.view.byte_clicked.connect(self._on_byte_clicked)
        edited.currentChanged.connect(self._on_edited_tab_changed)
        original.currentChanged.connect(self._on_tab_changed)
        changes.difference_chosen.connect(self._on_difference_chosen)
        changes.finding_chosen.connect(self._on_finding_chosen)

    def open(self, original: Message) -> None:
        """Begin to edit a message."""
        self.document = EditDocument(original)
        self._checker = Checker(original)
        self._source = EditSource(original, EditLines(original), self._tip)
        self.edited.text.set_source(self._source)
        self.original.text.set_source(EditSource(original, EditLines(original)))
        self.original.bar.location.set_location(message_words(original))
        self.original.hex.view.set_data(original.raw)
        self._show_hex()
        self._show_place()
        self._on_soon()

    def stop(self) -> None:
        """End the thread."""
        self._soon.stop()
        self._pause.stop()
        self._worker.stop()

    @property
    def path(self) -> FieldPath | None:
        """The element at hand: the one selected in the tree, or around the caret."""
        if self.document is None:
            return None
        if self.edited.currentWidget() is self.edited.tree:
            row = self.edited.tree.current_row
            return row.path if row is not None else self._path
        return self.document.path_at(self.edited.text.caret)

    # Changing

    @Slot(object, object)
    def apply(self, edit: Edit, path: FieldPath | None) -> None:
        """Make an edit, and go to a path afterwards."""
        document = self.document
        if document is None:
            return
        try:
            is_done = document.apply(edit, caret=self.edited.text.caret, path=path)
        except UsageError as error:
            self._refuse(error)
            return
        if is_done:
            self._after(None, document.steps[-1].caret_after, path)
            self.told.emit("", "muted")

    @Slot(int, int, str)
    def _on_typed(self, start: int, end: int, text: str) -> None:
        document = self.document
        if document is None:
            return
        try:
            is_done = document.type_text(start, end, text)
        except UsageError as error:
            self._refuse(error)
            return
        if is_done:
            self.told.emit("", "muted")
            self._after((start, end, len(text)), start + len(text), None)
            self._pause.start()
        else:
            self.edited.text.put_caret(start + len(text))

    def _refuse(self, error: UsageError) -> None:
        QApplication.beep()
        self.told.emit(error.full_text, "error")

    def undo(self) -> None:
        """Take the last step back."""
        self._show_step(self.document.undo() if self.document is not None else None, is_undo=True)

    def redo(self) -> None:
        """Make the step again that was taken back last."""
        self._show_step(self.document.redo() if self.document is not None else None, is_undo=False)

    def _show_step(self, step: Step | None, *, is_undo: bool) -> None:
        if step is not None:
            self._after(None, step.caret_before if is_undo else step.caret_after, step.path)
            self.told.emit("", "muted")

    def _after(self, change: Change | None, caret: int, path: FieldPath | None) -> None:
        """Show the document as it is now."""
        document, source = self.document, self._source
        if document is None or source is None:
            return
        message = document.message
        is_told = change is not None and message.text[:16] == source.message.text[:16]
        if (
            change is not None
            and is_told
            and len(message.text)
            == (len(source.message.text) + change[2] - (change[1] - change[0]))
        ):
            lines = EditLines.after(message, source.edit_lines, change)
        else:
            lines, change = EditLines(message), None
        self._source = EditSource(message, lines, self._tip)
        self.edited.text.show_change(self._source, change, caret)
        if path is not None:
            self._go_to(path)
        self._show_place(path)
        self._show_hex()
        self._soon.start()
        self.changed.emit()

    def _go_to(self, path: FieldPath) -> None:
        """Put the caret at the end of an element."""
        node = self._nearest(path)
        if node is not None and self.edited.currentWidget() is not self.edited.tree:
            self.edited.text.put_caret(node.end if path.field is not None else node.start)
        self._path = path

    def _nearest(self, path: FieldPath) -> Node | None:
        document = self.document
        if document is None:
            return None
        segment = FieldPath(path.segment, path.segment_occurrence)
        field = FieldPath(path.segment, path.segment_occurrence, path.field)
        for one in (path, field, segment):
            node = document.message.first(one)
            if node is not None:
                return node
        return None

    # What is found out

    @Slot()
    def _on_soon(self) -> None:
        document, checker = self.document, self._checker
        if document is None or checker is None:
            return
        raw, version = document.raw, document.version
        self._worker.call(
            lambda: checker.check(raw, version) if document.version == version else None,
            self._on_checked,
        )

    @Slot()
    def _on_pause(self) -> None:
        if self.document is not None:
            self.document.end_typing()

    def _on_checked(self, checked: Checked | None) -> None:
        if checked is None or self.document is None or checked.version != self.document.version:
            return
        self.checked = checked
        self.edited.text.set_problems(checked.underlines)
        self.edited.text.set_marks(checked.marks)
        self.original.text.set_marks(checked.original_marks)
        self.changes.show_changes(checked.differences, checked.dictionary)
        self.changes.show_problems(checked.findings)
        path = self._path or self.document.path_at(self.edited.text.caret)
        row = checked.rows.at_path(path) if path is not None else None
        self.edited.tree.show_rows(checked.rows, row, checked.dictionary)
        self._show_place(self._path)
        self.checked_changed.emit()

    @property
    def is_checked(self) -> bool:
        """Whether what was found out is about the present state."""
        document, checked = self.document, self.checked
        return document is not None and checked is not None and checked.version == document.version

    def _tip(self, char: int) -> str:
        row = self._row_at(char) if self.is_checked else None
        return tree.hover(row) if row is not None else ""

    def _row_at(self, char: int) -> TreeRow | None:
        checked = self.checked
        if checked is None:
            return None
        return checked.rows.at_byte(checked.message.offsets.byte_start(char))

    # Places

    @Slot()
    def _on_caret_moved(self) -> None:
        if self.document is None:
            return
        self.document.end_typing()
        self._path = None
        self._show_place()
        row = self._row_at(self.edited.text.caret) if self.is_checked else None
        if row is not None:
            self.edited.tree.pane.select(row)

    @Slot(object)
    def _on_row_selected(self, row: TreeRow) -> None:
        self._path = row.path
        if self.is_checked:
            start, end = row.char_span
            self.edited.text.put_caret(start, end)
            self._show_place(row.path)

    @Slot(int)
    def _on_byte_clicked(self, byte: int) -> None:
        if self.document is not None:
            self.edited.text.put_caret(self.document.message.offsets.char_at(byte))
            self._on_caret_moved()

    @Slot(int)
    def _on_edited_tab_changed(self, _index: int) -> None:
        """Show the bytes on both sides, or on none."""
        is_hex = self.edited.currentWidget() is self.edited.hex
        if is_hex:
            self.original.setCurrentWidget(self.original.hex)
        elif self.original.currentWidget() is self.original.hex:
            self.original.setCurrentIndex(0)
        self._on_tab_changed(0)

    @Slot(int)
    def _on_tab_changed(self, _index: int) -> None:
        self._show_hex()
        self._show_place(self._path)

    @Slot(object)
    def _on_difference_chosen(self, difference: Difference) -> None:
        if self.document is None or not self.is_checked:
            return
        self._go_to_bytes(difference.span_right)
        at = self.document.original.offsets.char_at
        self.original.text.select((at(difference.span_left[0]), at(difference.span_left[1])))

    @Slot(object)
    def _on_finding_chosen(self, finding: Finding) -> None:
        if self.is_checked:
            self._go_to_bytes(finding.span)

    def _go_to_bytes(self, span: tuple[int, int]) -> None:
        if self.document is None:
            return
        at = self.document.message.offsets.char_at
        text = self.edited.text
        text.put_caret(at(span[0]), at(span[1]))
        self.edited.hex.view.select(span)
        if self.edited.currentWidget() is not self.edited.hex:
            self.edited.setCurrentIndex(0)
            text.setFocus(Qt.FocusReason.OtherFocusReason)
        self._path = None
        self._show_place()

    def _show_place(self, path: FieldPath | None = None) -> None:
        """Say where the caret is, and show the same place of the original."""
        document = self.document
        if document is None:
            return
        node = self._nearest(path) if path is not None else None
        if node is None:
            node = document.message.at_char(self.edited.text.caret)
        if node is None:
            self.edited.bar.location.set_location(message_words(document.message))
            return
        place = Place(node.path, self._name_of(node), node.span, node.char_span,
                      document.message.codec)  # fmt: skip
        self.edited.bar.location.set_location(str(place))
        self.edited.text.setAccessibleDescription(str(place))
        if self.edited.currentWidget() is self.edited.hex:
            self.edited.hex.view.select(node.span)
        twin = document.original.first(node.path)
        self.original.text.select(twin.char_span if twin is not None else (0, 0))
        if self.original.currentWidget() is self.original.hex:
            self.original.hex.view.select(twin.span if twin is not None else (0, 0))

    def _name_of(self, node: Node) -> str:
        checked = self.checked
        row = checked.rows.at_path(node.path) if checked is not None else None
        return row.name if row is not None and row.path == node.path else ""

    def _show_hex(self) -> None:
        document = self.document
        sides = (self.edited, self.original)
        if document is None or not any(side.currentWidget() is side.hex for side in sides):
            return
        old = [(h.old_start, h.old_end) for h in document.hunks]
        new = [(h.new_start, h.new_end) for h in document.hunks]
        self.edited.hex.view.replace_data(document.raw)
        self.edited.hex.view.set_marked(new)
        self.edited.hex.summary.setText(edited_words(new, len(document.raw)))
        self.original.hex.view.set_marked(old)
        self.original.hex.summary.setText(original_words(old))


def _timer(parent: QObject, interval_ms: int, slot: object) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    timer.timeout.connect(slot)
    return timer
