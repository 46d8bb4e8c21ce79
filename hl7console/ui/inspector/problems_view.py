"""The Problems tab: what is wrong with a message, the gravest first; a click leads to the byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeySequence, QPainter, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from hl7console.hl7v2.findings import Finding
from hl7console.ui import icons
from hl7console.ui.inspector.grid import hl7_font
from hl7console.ui.inspector.severity import LOOKS, counted, rank
from hl7console.ui.inspector.words import bytes_words, count_words
from hl7console.ui.theme import GRID, Theme, text_font, theme

FINDING_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""Role of the `Finding` itself."""
_UNIFORM_FROM = 500
_LEFT = 40
_WRAP = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)


class ProblemsModel(QAbstractListModel):
    """Findings by gravity, then by place. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._findings: list[Finding] = []

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show these."""
        self.beginResetModel()
        self._findings = sorted(findings, key=lambda f: (rank(f.severity), f.span))
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._findings)

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:  # noqa: ANN401
        if not index.isValid() or index.row() >= len(self._findings):
            return None
        finding = self._findings[index.row()]
        if role == FINDING_ROLE:
            return finding
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return finding.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{finding.severity}: {finding.path}: {finding.text}"
        return None


class ProblemsDelegate(QStyledItemDelegate):
    """Paints a finding: its icon, its sentence, and below it the place."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plain = text_font()
        self._fixed = hl7_font()

    def sizeHint(
        self,
        option: QStyleOptionViewItem,  # noqa: ARG002
        index: QModelIndex | QPersistentModelIndex,
    ) -> QSize:
        owner = self.parent()
        width = owner.viewport().width() if isinstance(owner, QListView) else 400
        box = QRect(0, 0, max(80, width - _LEFT - 2 * GRID), 10_000)
        text = str(index.data())
        height = QFontMetrics(self._plain).boundingRect(box, _WRAP, text).height()
        return QSize(width, height + 18 + 2 * GRID)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        finding = index.data(FINDING_ROLE)
        if not isinstance(finding, Finding):
            return
        painter.save()
        now = theme()
        box: QRect = option.rect
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, now.color("selection"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, now.color("hover"))
        painter.setPen(now.color("row_line"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        look = LOOKS[finding.severity]
        ratio = painter.device().devicePixelRatioF()
        mark = icons.pixmap(look.icon, now.color(look.role), 16, ratio)
        painter.drawPixmap(box.left() + 12, box.top() + GRID + 1, mark)
        inner = box.adjusted(_LEFT, GRID, -2 * GRID, -GRID)
        painter.setFont(self._plain)
        painter.setPen(now.color("text"))
        painter.drawText(inner.adjusted(0, 0, 0, -18), _WRAP, finding.text)
        self._paint_place(painter, inner, finding, now.color("accent"), now.color("muted"))
        painter.restore()

    def _paint_place(
        self, painter: QPainter, inner: QRect, finding: Finding, accent: QColor, muted: QColor
    ) -> None:
        line = QRect(inner.left(), inner.bottom() - 17, inner.width(), 18)
        path = str(finding.path) if finding.path.segment else ""
        flags = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter)
        used = 0
        painter.setFont(self._fixed)
        if path:
            painter.setPen(accent)
            painter.drawText(line, flags, path)
            used = painter.fontMetrics().horizontalAdvance(path) + GRID
        painter.setPen(muted)
        painter.setFont(text_font(12))
        painter.drawText(line.adjusted(used, 0, 0, 0), flags, _where(finding))


def _where(finding: Finding) -> str:
    where = bytes_words(finding.span)
    more = finding.count - 1
    return f"{where}, and {count_words(more, 'more place')} like it" if more > 0 else where


class ProblemsView(QWidget):
    """The findings of one message. GUI thread only."""

    finding_clicked = Signal(object)
    """The user chose a `Finding`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspectorProblems")
        self.setProperty("role", "surface")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._summary = QLabel()
        self._summary.setObjectName("problemsSummary")
        self._summary.setProperty("role", "muted")
        self._summary.setContentsMargins(12, GRID, 12, GRID)
        column.addWidget(self._summary)
        self.model = ProblemsModel(self)
        self.list = _ProblemsList(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(ProblemsDelegate(self.list))
        self.list.setAccessibleName("Problems of the message")
        self.list.clicked.connect(self._on_chosen)
        self.list.activated.connect(self._on_chosen)
        column.addWidget(self.list, 1)
        copy = QShortcut(QKeySequence.StandardKey.Copy, self.list)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._on_copy)
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)

    def set_findings(self, findings: Sequence[Finding] | None, unread: str = "") -> None:
        """Show these findings; None while they are not known yet.

        Args:
            findings: What was found.
            unread: What to say while `findings` is None.
        """
        self.list.setUniformItemSizes(len(findings or ()) > _UNIFORM_FROM)
        self.model.set_findings(findings or ())
        if findings is None:
            self._summary.setText(unread)
        else:
            self._summary.setText(counted(findings) or "No problems found.")

    @Slot(QModelIndex)
    def _on_chosen(self, index: QModelIndex) -> None:
        finding = index.data(FINDING_ROLE)
        if isinstance(finding, Finding):
            self.finding_clicked.emit(finding)

    @Slot()
    def _on_copy(self) -> None:
        finding = self.list.currentIndex().data(FINDING_ROLE)
        if isinstance(finding, Finding):
            QApplication.clipboard().setText(f"{finding.path}: {finding.text}")

    @Slot()
    def _on_theme_changed(self) -> None:
        self.list.viewport().update()


class _ProblemsList(QListView):
    """A list whose rows are as high as their sentences need at this width."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("problemsList")
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()
