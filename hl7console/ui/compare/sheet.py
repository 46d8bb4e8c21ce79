"""Two messages side by side, and below them the list of what differs."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from hl7console.errors import ConsoleError
from hl7console.hl7v2.compare import USUALLY_IGNORED, CompareOptions, format_text, read_ignored
from hl7console.hl7v2.paths import PathError
from hl7console.ui.compare.compared import Compared, compared
from hl7console.ui.compare.marked_view import MarkedView
from hl7console.ui.inspector.grid import hl7_font
from hl7console.ui.report_table import ReportColumn, ReportTable
from hl7console.ui.theme import GRID
from hl7console.ui.worker import Worker

NEXT_KEYS, BACK_KEYS = "F7", "Shift+F7"
_SETTLE_MS = 300
_COLUMNS = (
    ReportColumn("Kind", 11, is_fixed=True, is_state=True),
    ReportColumn("Field", 22, is_fixed=True),
    ReportColumn("Name", 25),
    ReportColumn("Was", 40, is_fixed=True),
    ReportColumn("Is", 40, is_fixed=True),
)
_WAS = 3
"""Column that shares what is left of the width with the last one."""


class CompareSheet(QWidget):
    """Two messages and their differences. GUI thread only; call `stop` before it goes."""

    answered = Signal()
    """A comparison is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareSheet")
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._worker = Worker("compare", self)
        self._sides: tuple[bytes, bytes] = (b"", b"")
        self._titles = ("", "")
        self._is_echo = False
        self._asked = 0
        self._is_following = False
        self.outcome: Compared | None = None
        """What is shown; None before the first answer."""
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.compare_now)
        self._build()
        for keys, slot in ((NEXT_KEYS, self.show_next), (BACK_KEYS, self.show_previous)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    # Building

    def _build(self) -> None:
        self.left, self.right = MarkedView(), MarkedView()
        self.left.setAccessibleName("Left message")
        self.right.setAccessibleName("Right message")
        self.left.moved.connect(lambda: self._follow(self.left, self.right))
        self.right.moved.connect(lambda: self._follow(self.right, self.left))
        self._left_title, self._right_title = QLabel(), QLabel()
        panes = QSplitter(Qt.Orientation.Horizontal)
        panes.setChildrenCollapsible(False)
        for title, view in ((self._left_title, self.left), (self._right_title, self.right)):
            panes.addWidget(_framed(title, view))
        self.table = ReportTable("differences", "Differences", _COLUMNS)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setChildrenCollapsible(False)
        halves.addWidget(panes)
        halves.addWidget(self.table)
        halves.setStretchFactor(0, 3)
        halves.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._built_bar())
        column.addWidget(halves, 1)

    def _built_bar(self) -> QWidget:
        self.ignored = QLineEdit()
        self.ignored.setObjectName("compareIgnored")
        self.ignored.setAccessibleName("Ignored places")
        self.ignored.setPlaceholderText("Ignore: paths such as MSH-7 PID-3.1 ZPI")
        self.ignored.setFont(hl7_font())
        self.ignored.setMinimumWidth(90)
        self.ignored.setClearButtonEnabled(True)
        self.ignored.setToolTip("Places that may differ; a segment's name leaves all of it out.")
        self.ignored.textChanged.connect(self._settle.start)
        self.any_order = QCheckBox("Any order")
        self.any_order.setObjectName("compareAnyOrder")
        self.any_order.setToolTip("Segments of a name, and repetitions, may stand anywhere.")
        self.trailing = QCheckBox("Trailing delimiters")
        self.trailing.setObjectName("compareTrailing")
        for box in (self.any_order, self.trailing):
            box.toggled.connect(self.compare_now)
        self.count = QLabel()
        self.count.setObjectName("compareCount")
        self.previous_button = _button("Previous", "Previous difference (Shift+F7)")
        self.previous_button.clicked.connect(self.show_previous)
        self.next_button = _button("Next", "Next difference (F7)")
        self.next_button.clicked.connect(self.show_next)
        self.copy_button = QPushButton("Copy as text")
        self.copy_button.setObjectName("compareCopy")
        self.copy_button.clicked.connect(self.copy_text)
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        row.setSpacing(GRID)
        row.addWidget(self.count)
        row.addWidget(self.previous_button)
        row.addWidget(self.next_button)
        row.addStretch(1)
        row.addWidget(self.ignored, 3)
        row.addWidget(self.any_order)
        row.addWidget(self.trailing)
        row.addWidget(self.copy_button)
        return bar

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        taken = sum(self.table.columnWidth(n) for n in range(_WAS))
        half = max(120, (self.width() - taken) // 2)
        for column in (_WAS, _WAS + 1):
            self.table.setColumnWidth(column, half - GRID)

    # What is shown

    def show_messages(
        self,
        left: bytes,
        right: bytes,
        titles: tuple[str, str] = ("Left", "Right"),
        *,
        is_echo: bool = False,
        ignores_usual: bool = False,
    ) -> None:
        """Compare two messages; what was chosen before (ignored places, order) holds.

        Args:
            left: One message; with `is_echo` the one that was acknowledged.
            right: The other; with `is_echo` the acknowledgement.
            titles: What they are called.
            is_echo: Look at what an acknowledgement has to echo.
            ignores_usual: Leave out what differs between any two messages: MSH-7 and MSH-10.
        """
        self._sides, self._titles, self._is_echo = (left, right), titles, is_echo
        self._left_title.setText(titles[0])
        self._right_title.setText(titles[1])
        for widget in (self.ignored, self.any_order, self.trailing):
            widget.setVisible(not is_echo)
        if ignores_usual and not self.ignored.text():
            self.ignored.blockSignals(True)
            self.ignored.setText(" ".join(str(path) for path in USUALLY_IGNORED))
            self.ignored.blockSignals(False)
        self.compare_now()

    @property
    def options(self) -> CompareOptions:
        """What is left out of account.

        Raises:
            PathError: An ignored place is no path.
        """
        return CompareOptions(
            read_ignored(self.ignored.text()),
            self.any_order.isChecked(),
            self.trailing.isChecked(),
        )

    @Slot()
    def compare_now(self) -> None:
        """Compare again, off this thread; the answer shows by `answered`."""
        self._settle.stop()
        try:
            options = self.options
        except PathError as fault:
            self.count.setText(fault.text)
            return
        self._asked += 1
        number, sides, is_echo = self._asked, self._sides, self._is_echo
        self.count.setText("Comparing…")
        self._worker.call(
            lambda: compared(*sides, options, is_echo=is_echo),
            lambda outcome: self._take(outcome, number),
            self._failed,
        )

    def _take(self, outcome: Compared, number: int) -> None:
        if number != self._asked:
            return
        self.outcome = outcome
        self.left.set_side(outcome.left)
        self.right.set_side(outcome.right)
        self.table.rows.set_rows(outcome.rows)
        self.count.setText(self._count_text(outcome))
        for button in (self.previous_button, self.next_button):
            button.setEnabled(bool(outcome.rows))
        if outcome.rows:
            self.table.selectRow(0)
        self.answered.emit()

    def _count_text(self, outcome: Compared) -> str:
        count = len(outcome.rows)
        if not count:
            return "All is echoed" if self._is_echo else "The same"
        text = "1 difference" if count == 1 else f"{count:,} differences"
        return text + (" (by segment)" if outcome.comparison.is_coarse else "")

    def _failed(self, fault: ConsoleError) -> None:
        self.count.setText(fault.text)

    # Going through them

    @Slot()
    def show_next(self) -> None:
        """Go to the next difference; after the last one to the first."""
        self._step(1)

    @Slot()
    def show_previous(self) -> None:
        """Go to the difference before; before the first one to the last."""
        self._step(-1)

    def _step(self, by: int) -> None:
        count = self.table.rows.rowCount()
        if count:
            row = (self.table.currentIndex().row() + by) % count
            self.table.selectRow(row)
            self.table.scrollTo(self.table.rows.index(row, 0))

    @Slot(QModelIndex)
    def _on_row_changed(self, index: QModelIndex) -> None:
        outcome = self.outcome
        if outcome is None or not 0 <= index.row() < len(outcome.left.spans):
            return
        self._is_following = True
        for view, side in ((self.left, outcome.left), (self.right, outcome.right)):
            mark = side.spans[index.row()]
            view.select((mark.start, mark.end))
        self._is_following = False

    def _follow(self, view: MarkedView, other: MarkedView) -> None:
        """Scroll the other side along."""
        if self._is_following or self.outcome is None:
            return
        self._is_following = True
        line, row = view.top_place
        other.scroll_to(self.outcome.line_beside(line, of_left=view is self.left), row)
        self._is_following = False

    # Taking it along

    def text(self) -> str:
        """Return the comparison as text."""
        if self.outcome is None:
            return ""
        left, right = self._titles
        return format_text(self.outcome.comparison, left=left, right=right)

    @Slot()
    def copy_text(self) -> None:
        """Put the comparison on the clipboard as text."""
        if text := self.text():
            QGuiApplication.clipboard().setText(text)

    def stop(self) -> None:
        """End the thread."""
        self._settle.stop()
        self._worker.stop()


def _framed(title: QLabel, view: MarkedView) -> QWidget:
    title.setProperty("role", "muted")
    title.setContentsMargins(12, GRID // 2, GRID, GRID // 2)
    title.setTextFormat(Qt.TextFormat.PlainText)
    title.setMinimumWidth(80)
    frame = QFrame()
    frame.setFrameShape(QFrame.Shape.StyledPanel)
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(title)
    column.addWidget(view, 1)
    return frame


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setEnabled(False)
    return button
