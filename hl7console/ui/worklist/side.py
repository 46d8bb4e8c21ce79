"""The pane beside the list: all that is known of the line one is at."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QLabel, QStackedLayout, QTabWidget, QVBoxLayout, QWidget

from hl7console.engine.console import Console
from hl7console.settings import OTHER_AES, AeRules
from hl7console.store.interfaces import load_ae_rules
from hl7console.store.worklist.records import EntryEffect, LineRow, StepDetails
from hl7console.ui.worklist.answer_pane import AnswerPane
from hl7console.ui.worklist.asking import answer_page, verdict
from hl7console.ui.worklist.chain import chain_page, history_page
from hl7console.ui.worklist.entry_messages import EntryMessages
from hl7console.ui.worklist.header import StepHeader
from hl7console.ui.worklist.paper import Paper
from hl7console.ui.worklist.reports_page import reports_page
from hl7console.ui.worklist.why_pane import WhyPane


class SideTab(IntEnum):
    """The tabs, in their order."""

    WHY = 0
    MESSAGES = 1
    ANSWER = 2
    HISTORY = 3
    REPORT = 4


_NARROW = 450
"""Below this width the tabs stand closer, in pixels."""

_TITLES = ("Why?", "Messages", "C-FIND answer", "History", "Report")


class StepPane(QWidget):
    """Shows one line. GUI thread only; call `stop` before it goes."""

    link_chosen = Signal(str)
    """``message:17`` or ``action:station`` or ``undo:-3``."""

    def __init__(self, console: Console, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stepPane")
        self.setAccessibleName("Line")
        self.setMinimumWidth(360)
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.step_id = 0
        self.details: StepDetails | None = None
        self.effects: list[EntryEffect] = []
        self._unfolded: set[int] = set()
        self._rules: tuple[AeRules, ...] = ()
        self.header = StepHeader()
        self.why = WhyPane()
        self.messages = EntryMessages(console)
        self.answer = AnswerPane()
        self.history = Paper("stepHistory", "History")
        self.report = Paper("stepReport", "Reports and documents")
        self.tabs = QTabWidget()
        self.tabs.setObjectName("stepTabs")
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(False)
        pages = (self.why, self.messages, self.answer, self.history, self.report)
        for page, title in zip(pages, _TITLES, strict=True):
            self.tabs.addTab(page, title)
        self._blank = QLabel("Choose a line to see why it looks as it does.")
        self._blank.setObjectName("stepBlank")
        self._blank.setProperty("role", "muted")
        self._blank.setAlignment(Qt.AlignmentFlag.AlignCenter)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.tabs, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._blank)
        self._stack.addWidget(whole)
        self._connect()

    def _connect(self) -> None:
        for page in (self.why.page, self.history, self.report):
            page.link_chosen.connect(self._on_link)
        self.header.link_chosen.connect(self._on_link)
        self.why.station_asked.connect(self._on_station_asked)
        self.answer.caller_chosen.connect(self._show_answer)
        self.tabs.currentChanged.connect(self._on_tab)
        for tab in SideTab:
            key = QShortcut(QKeySequence(f"Ctrl+Alt+{tab + 1}"), self)
            key.activated.connect(lambda tab=tab: self.tabs.setCurrentIndex(tab))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        bar = self.tabs.tabBar()
        is_narrow = event.size().width() < _NARROW
        if bool(bar.property("narrow")) != is_narrow:
            bar.setProperty("narrow", is_narrow)
            bar.style().unpolish(bar)
            bar.style().polish(bar)

    def show_nothing(self) -> None:
        """Show no line."""
        self.step_id = 0
        self.details = None
        self.effects = []
        self.messages.show_entries(())
        self._stack.setCurrentIndex(0)

    def expect(self, step_id: int) -> None:
        """Drop what is shown: another line follows."""
        if step_id != self.step_id:
            self.step_id = step_id
            self.details = None
            self.effects = []
            self._unfolded = set()
            self._pages(keeps_place=False)

    def begin(self, line: LineRow) -> None:
        """Show what the list knows of a line, until the rest is there."""
        self.expect(line.step_id)
        self.header.show_line(line)
        self._stack.setCurrentIndex(1)

    def fill(self, details: StepDetails | None, effects: list[EntryEffect]) -> None:
        """Show everything of the line in view; once more when something changed."""
        is_first = self.details is None
        if not is_first and details == self.details and effects == self.effects:
            return
        self.details = details
        self.effects = effects
        if details is not None:
            self.header.show_details(details)
        self.messages.show_entries(effects)
        self._pages(keeps_place=not is_first)

    def _pages(self, *, keeps_place: bool) -> None:
        effects, details, unfolded = self.effects, self.details, self._unfolded
        self.why.show_chain(
            lambda: chain_page(effects, unfolded) if details else "", keeps_place=keeps_place
        )
        self.history.show_page(
            lambda: history_page(effects) if details else "", keeps_place=keeps_place
        )
        self.report.show_page(lambda: reports_page(details), keeps_place=keeps_place)
        self._show_answer()

    @Slot()
    def load_rules(self) -> None:
        """Read again what is different for each calling AE title."""
        self.messages.reader.ask(
            lambda reader: load_ae_rules(reader.database()),
            self._on_rules,
            self.messages.failed.emit,
        )

    def _on_rules(self, rules: tuple[AeRules, ...]) -> None:
        self._rules = rules
        self._show_answer()

    def rules_of(self, ae_title: str) -> AeRules:
        """Return what is different for a calling AE title."""
        by_title = {rules.ae_title: rules for rules in self._rules}
        return by_title.get(ae_title) or by_title.get(OTHER_AES) or AeRules()

    @Slot()
    def _show_answer(self) -> None:
        details, caller = self.details, self.answer.chosen
        rules = self.rules_of(caller)
        self.answer.page.show_page(lambda: answer_page(details, caller, rules))

    @Slot(str)
    def _on_station_asked(self, station: str) -> None:
        if self.details is None or not station:
            self.why.answer("", "")
        else:
            self.why.answer(*verdict(self.details, station, self.rules_of(station)))

    def show_tab(self, tab: SideTab) -> None:
        """Show one of the tabs."""
        self.tabs.setCurrentIndex(tab)

    @Slot(int)
    def _on_tab(self, index: int) -> None:
        self.messages.set_shown(is_shown=index == SideTab.MESSAGES)

    @Slot(str)
    def _on_link(self, address: str) -> None:
        kind, _, rest = address.partition(":")
        if kind == "message":
            self.show_tab(SideTab.MESSAGES)
            self.messages.go_to(int(rest))
        elif kind == "more":
            self._unfolded.add(int(rest))
            self._pages(keeps_place=True)
        elif address == "action:messages":
            self.show_tab(SideTab.MESSAGES)
        elif address == "action:notSeen":
            self.show_tab(SideTab.WHY)
            self.why.station.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.link_chosen.emit(address)

    def stop(self) -> None:
        """End the threads."""
        self.messages.stop()
