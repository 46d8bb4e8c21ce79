"""The help window: a list of pages, a search over them, and the page itself."""

from __future__ import annotations

import re

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, QUrl, Slot
from PySide6.QtGui import (
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
    QShortcut,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTextBrowser,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from hl7console.ui.help.document import write_page
from hl7console.ui.help.pages import Page, all_pages, search, split_link
from hl7console.ui.icons import set_icon
from hl7console.ui.theme import GRID, ROW, theme

_SIDE_WIDTH = 264
_TEXT_WIDTH = 760
"""Width of a line that is still easy to read, in pixels."""
_HIT_HEIGHT = 44
_PLACE_ROLE = int(Qt.ItemDataRole.UserRole)
_UNDER_ROLE = _PLACE_ROLE + 1


class HelpView(QWidget):
    """Shows the help pages. GUI thread only.

    Args:
        parent: With one it is a window of its own that goes with its parent.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("helpView")
        self.setWindowTitle("Help")
        self.resize(1080, 760)
        self.setMinimumSize(640, 400)
        self._page: Page | None = None
        self._anchors: dict[str, int] = {}
        self._past: list[tuple[str, int]] = []
        self.box = QLineEdit()
        self.box.setObjectName("helpSearch")
        self.box.setPlaceholderText("Search the help")
        self.box.setAccessibleName("Search the help")
        self.box.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setObjectName("helpPages")
        self.list.setAccessibleName("Help pages")
        self.list.setItemDelegate(_EntryDelegate(self.list))
        self.browser = PageBrowser()
        self.back_button = QPushButton("Back")
        self.back_button.setObjectName("helpBack")
        self.back_button.setToolTip("Back to where you were (Alt+Left)")
        set_icon(self.back_button, "arrow-left", "text", size=14)
        self.back_button.clicked.connect(self.back)
        self._lay_out()
        self.box.textChanged.connect(self._on_typed)
        self.box.returnPressed.connect(self._on_entered)
        self.list.itemSelectionChanged.connect(self._on_chosen)
        self.browser.anchorClicked.connect(self._on_link)
        back = QShortcut(QKeySequence("Alt+Left"), self)
        back.activated.connect(self.back)
        theme().changed.connect(self._on_theme_changed)
        self._list_pages()
        self.open_page("index")
        self._past.clear()
        self._show_back()

    def _lay_out(self) -> None:
        side = QFrame()
        side.setProperty("role", "pane")
        side.setFixedWidth(_SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.box)
        column.addWidget(self.list, 1)
        bar = QHBoxLayout()
        bar.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        bar.addWidget(self.back_button)
        bar.addStretch(1)
        top = QFrame()
        top.setObjectName("topBar")
        top.setLayout(bar)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(top)
        right.addWidget(self.browser, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(side)
        layout.addLayout(right, 1)

    # The page

    @property
    def page(self) -> str:
        """The name of the page in view."""
        return self._page.name if self._page is not None else ""

    def open_page(self, name: str, anchor: str = "") -> None:
        """Show a page, from its beginning or from a heading on.

        Args:
            name: A name of `hl7console.ui.help.pages.ORDER`; any other shows the first page.
            anchor: That of a heading; empty or unknown for the beginning.
        """
        if self._page is not None:
            self._past.append((self._page.name, self.browser.verticalScrollBar().value()))
        self._show(name)
        self.browser.go_to(self._anchors.get(anchor, 0))
        self._show_back()

    def come_up(self) -> None:
        """Show the window, in front, with the cursor in the search box."""
        self.show()
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.raise_()
        self.activateWindow()
        self.box.setFocus(Qt.FocusReason.OtherFocusReason)
        self.box.selectAll()

    def _show(self, name: str) -> None:
        pages = all_pages()
        self._page = pages.get(name) or pages["index"]
        self._anchors = self.browser.write(self._page)
        self.setWindowTitle(f"{self._page.title} · Help")
        self.browser.mark(self.box.text().split())
        self._mark_listed()

    @Slot()
    def back(self) -> None:
        """Go to where one was before."""
        if not self._past:
            return
        name, place = self._past.pop()
        self._show(name)
        self.browser.verticalScrollBar().setValue(place)
        self._show_back()

    def _show_back(self) -> None:
        self.back_button.setEnabled(bool(self._past))

    @Slot(QUrl)
    def _on_link(self, url: QUrl) -> None:
        self.open_page(*split_link(url.toString(), self.page))

    @Slot()
    def _on_theme_changed(self) -> None:
        place = self.browser.verticalScrollBar().value()
        self._show(self.page)
        self.browser.verticalScrollBar().setValue(place)

    # The list

    def _list_pages(self) -> None:
        self._fill([(page.title, "", (page.name, "")) for page in all_pages().values()])
        self._mark_listed()

    def _fill(self, entries: list[tuple[str, str, tuple[str, str]]]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for text, under, place in entries:
            item = QListWidgetItem(text)
            item.setData(_PLACE_ROLE, place)
            item.setData(_UNDER_ROLE, under)
            item.setSizeHint(QSize(0, _HIT_HEIGHT if under else ROW + 6))
            if under:
                item.setToolTip(f"{text} · {under}")
            self.list.addItem(item)
        self.list.blockSignals(False)

    def _mark_listed(self) -> None:
        """Choose the page in view in the list, as far as it lists pages."""
        if self.box.text().strip():
            return
        self.list.blockSignals(True)
        names = [self.list.item(row).data(_PLACE_ROLE)[0] for row in range(self.list.count())]
        self.list.setCurrentRow(names.index(self.page) if self.page in names else -1)
        self.list.blockSignals(False)

    @Slot()
    def _on_chosen(self) -> None:
        chosen = self.list.selectedItems()
        if chosen and chosen[0].data(_PLACE_ROLE):
            self.open_page(*chosen[0].data(_PLACE_ROLE))

    @Slot(str)
    def _on_typed(self, text: str) -> None:
        if not text.strip():
            self._list_pages()
        else:
            hits = search(text)
            self._fill([(hit.heading, hit.title, (hit.page, hit.anchor)) for hit in hits])
            if not hits:
                self._say_nothing_found()
        self.browser.mark(text.split())

    def _say_nothing_found(self) -> None:
        item = QListWidgetItem("Nothing found")
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setSizeHint(QSize(0, ROW + 6))
        self.list.addItem(item)

    @Slot()
    def _on_entered(self) -> None:
        if self.list.count() and self.list.item(0).data(_PLACE_ROLE):
            self.list.setCurrentRow(0)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.box.text():
                self.box.clear()
            else:
                self.close()
        elif event.key() == Qt.Key.Key_Down and self.box.hasFocus():
            # First this: a list that gets the focus makes its first row current, but not chosen.
            if self.list.currentRow() < 0:
                self.list.setCurrentRow(0)
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)


class PageBrowser(QTextBrowser):
    """A page whose lines are never too long. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("helpPage")
        self.setAccessibleName("Help page")
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QTextBrowser { border: 0; border-radius: 0; padding: 0; }")

    def write(self, page: Page) -> dict[str, int]:
        """Show a page, and return the positions of its anchors."""
        return write_page(self.document(), page)

    def go_to(self, position: int) -> None:
        """Scroll so that a character stands at the top."""
        block = self.document().findBlock(position)
        layout = self.document().documentLayout()
        top = layout.blockBoundingRect(block).top() - GRID if position else 0.0
        self.setTextCursor(_at(self.document(), position))
        self.verticalScrollBar().setValue(round(top))

    def mark(self, words: list[str]) -> None:
        """Put a coloured ground under each word of these."""
        style = QTextCharFormat()
        style.setBackground(theme().color("warn_tint"))
        marks: list[QTextEdit.ExtraSelection] = []
        text = self.document().toPlainText().casefold()
        for word in words:
            for found in re.finditer(rf"(?<!\w){re.escape(word.casefold())}", text):
                mark = QTextEdit.ExtraSelection()
                mark.cursor = _at(self.document(), found.start())
                mark.cursor.setPosition(found.end(), QTextCursor.MoveMode.KeepAnchor)
                mark.format = style
                marks.append(mark)
        self.setExtraSelections(marks)

    def resizeEvent(self, event: QResizeEvent) -> None:
        room = self.width() - _TEXT_WIDTH - 4 * GRID
        self.setViewportMargins(2 * GRID, 0, max(0, room), 0)
        super().resizeEvent(event)


def _at(document: QTextDocument, position: int) -> QTextCursor:
    cursor = QTextCursor(document)
    cursor.setPosition(min(position, max(0, document.characterCount() - 1)))
    return cursor


class _EntryDelegate(QStyledItemDelegate):
    """Paints what was found: its heading, and below it the page."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        under = index.data(_UNDER_ROLE)
        if not under:
            super().paint(painter, option, index)
            return
        blank = QStyleOptionViewItem(option)
        self.initStyleOption(blank, index)
        heading, blank.text = blank.text, ""
        widget = option.widget
        style = widget.style()
        style.drawControl(style.ControlElement.CE_ItemViewItem, blank, painter, widget)
        rect = option.rect.adjusted(GRID, 4, -GRID, -4)
        metrics = option.fontMetrics
        half = rect.height() // 2
        painter.save()
        for text, role, line in (
            (heading, "text", rect.adjusted(0, 0, 0, -half)),
            (under, "muted", rect.adjusted(0, half, 0, 0)),
        ):
            painter.setPen(theme().color(role))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), shown)
        painter.restore()
