"""The settings page Alert rules: rules, channels and the learned normal, as forms and as text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.alert_commands import (
    ApproveChannel,
    SaveAlertRules,
    TestChannel,
    TryAlertRule,
)
from hl7console.engine.alerts.rules_file import rules_text
from hl7console.engine.console import Command, Console, EngineSnapshot, JobReport
from hl7console.errors import ConsoleError
from hl7console.store.reader import StoreReader
from hl7console.ui.alerts.channels_tab import ChannelsTab, ChannelStates, read_states
from hl7console.ui.alerts.draft import RulesDraft
from hl7console.ui.alerts.normal_tab import NormalTab
from hl7console.ui.alerts.rules_tab import RulesTab
from hl7console.ui.alerts.text_tab import TextTab
from hl7console.ui.alerts.words import now_us
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.icons import icon
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.settings.test_result import TestResult
from hl7console.ui.theme import GRID, theme
from hl7console.ui.worker import ReaderWorker

_DAY_US = 86_400_000_000
_TABS = (("Rules", "bell"), ("Channels", "send"), ("Normal", "activity"), ("Text", "braces"))
_TEXT = 3


class AlertsPage(QWidget):
    """Edits ``alerts.toml``. GUI thread only; `stop` it at the end.

    Whatever a form changes, it changes in the text, which stands in the last tab; *Save* puts the
    text in force. A text with a mistake is not saved, and the rules in force stay.
    """

    def __init__(
        self, console: Console, bridge: EngineBridge, ask: Ask, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("alertsPage")
        self._console, self._bridge, self._ask = console, bridge, ask
        self._workspace = Path(console.workspace)
        self._reads = ReaderWorker("alert-settings", console, self)
        self._watch: JobWatch | None = None
        self._seen = (-1, "")
        self._is_loaded = False
        self._wanted_rule = ""
        self.draft = RulesDraft(self)
        self.rules = RulesTab(self.draft, ask)
        self.channels = ChannelsTab(self.draft, ask)
        self.normal = NormalTab(self.draft)
        self.text = TextTab(self.draft)
        self.result = TestResult()
        self._build()
        self._connect()
        self._show_state()

    # Building

    def _build(self) -> None:
        title = QLabel("Alert rules")
        title.setProperty("role", "title")
        self._about = QLabel(
            "What is wrong enough to tell of, and whom to tell. Alerts stand in Alerts."
        )
        self._about.setObjectName("alertsAbout")
        self._about.setProperty("role", "muted")
        self._about.setWordWrap(True)
        head = QVBoxLayout()
        head.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, GRID)
        head.setSpacing(GRID)
        head.addWidget(title)
        head.addWidget(self._about)
        self.tabs = QTabBar()
        self.tabs.setObjectName("alertTabs")
        self.tabs.setAccessibleName("Parts of the rules")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setIconSize(QSize(14, 14))
        for name, _ in _TABS:
            self.tabs.addTab(name)
        line = QFrame()
        line.setProperty("role", "line")
        self.stack = QStackedWidget()
        for tab in (self.rules, self.channels, self.normal, self.text):
            self.stack.addWidget(tab)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.tabs)
        layout.addWidget(line)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.result)
        layout.addWidget(self._built_bar())

    def _built_bar(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "buttonBar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        row.setSpacing(GRID)
        self.save_button = QPushButton("Save")
        self.save_button.setObjectName("alerts.save")
        self.save_button.setProperty("kind", "primary")
        self.revert_button = QPushButton("Revert")
        self.revert_button.setObjectName("alerts.revert")
        self.state = QLabel()
        self.state.setObjectName("alertsState")
        self.state.setProperty("role", "muted")
        for part in (self.save_button, self.revert_button, self.state):
            row.addWidget(part)
        row.addStretch(1)
        return bar

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._on_tab)
        self.save_button.clicked.connect(self.save)
        self.revert_button.clicked.connect(self.revert)
        self.draft.changed.connect(self._show_state)
        self.text.text.textChanged.connect(self._show_state)
        self.rules.trial_wanted.connect(self.try_rule)
        self.rules.trial.stopped.connect(self._on_stopped)
        self.channels.test_wanted.connect(self.test_channel)
        self.channels.approve_wanted.connect(self.approve_channel)
        self._bridge.snapshot_changed.connect(self._on_snapshot)
        self._bridge.settings_changed.connect(self._offer)
        theme().changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    @Slot()
    def _on_theme_changed(self) -> None:
        for place, (_, name) in enumerate(_TABS):
            self.tabs.setTabIcon(place, icon(name, size=14))

    @Slot(int)
    def _on_tab(self, place: int) -> None:
        self.text.take()
        self.stack.setCurrentIndex(place)

    # What is in force

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_edited:
            self.reload()

    @property
    def _is_edited(self) -> bool:
        return self._is_loaded and (
            self.draft.is_dirty or self.text.text.toPlainText() != self.draft.text
        )

    def reload(self) -> None:
        """Read the text that is in force again."""
        self._reads.ask(self._read, self._on_read, self.result.show_fault)

    def _read(self, reader: StoreReader) -> tuple[str, dict[str, tuple[str, ...]]]:
        """Return the text, and values of filters. Reader's thread."""
        return rules_text(self._workspace), reader.known_values()

    def _on_read(self, found: tuple[str, dict[str, tuple[str, ...]]]) -> None:
        text, known = found
        if self._is_edited:
            return
        self._is_loaded = True
        self.rules.form.know(known)
        if text != self.draft.saved or not self.draft.text:
            self.draft.load(text)
        self._offer()
        self._ask_states()
        if self._wanted_rule:
            self.show_rule(self._wanted_rule)

    def show_rule(self, name: str) -> None:
        """Show a rule by its name; the page where the name is empty."""
        self._wanted_rule = "" if self._is_loaded else name
        self.tabs.setCurrentIndex(0)
        if name:
            self.rules.choose(name)

    @Slot()
    def _offer(self) -> None:
        names = {one.name for one in self._bridge.listeners}
        names |= {one.name for one in self._bridge.destinations}
        self.rules.form.offer(
            sorted(names, key=str.casefold), [channel.name for channel in self.draft.book.channels]
        )

    @Slot(object)
    def _on_snapshot(self, snapshot: EngineSnapshot) -> None:
        seen = (snapshot.alerts_version, snapshot.alert_problem)
        if not self.isVisible() or seen == self._seen:
            return
        self._seen = seen
        self._show_state()
        self._ask_states()
        if not self._is_edited and self._watch is None:
            self.reload()

    def _ask_states(self) -> None:
        channels = self.draft.book.channels
        self._reads.ask(
            lambda reader: read_states(reader, channels), self._on_states, self.result.show_fault
        )

    def _on_states(self, states: ChannelStates) -> None:
        self.channels.set_states(states)

    # Saving

    @Slot()
    def _show_state(self) -> None:
        is_free = self._watch is None
        is_edited = self._is_edited
        self.save_button.setEnabled(is_free and is_edited and self.draft.is_sound)
        self.revert_button.setEnabled(is_edited)
        problem = self._bridge.snapshot.alert_problem
        text, role = problem, "error" if problem else "muted"
        if is_edited and not self.draft.is_sound:
            text, role = "The text has a mistake; the rules in force stay as they are.", "error"
        elif is_edited:
            text, role = "Not saved yet", "muted"
        self.state.setText(text)
        self.state.setProperty("role", role)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)
        self._offer()

    @Slot()
    def save(self) -> None:
        """Put the text in force, if it has no mistake."""
        self.text.take()
        if not self.draft.is_sound:
            self.tabs.setCurrentIndex(_TEXT)
            self.text.go_to_problem()
            return
        text = self.draft.text
        self._start(SaveAlertRules(text), partial(self._on_saved, text))

    def _on_saved(self, text: str, report: JobReport) -> None:
        self.result.show_report(report)
        if not report.is_fault:
            self.draft.saved = text
            self.draft.changed.emit()
            self._ask_states()

    @Slot()
    def revert(self) -> None:
        """Put back what is in force."""
        self.result.hide()
        self.draft.set_text(self.draft.saved)

    # Channels, and trying a rule

    @Slot(str)
    def test_channel(self, name: str) -> None:
        """Send a test message over a channel."""
        self.result.begin("Sending a test…")
        self._start(TestChannel(name), self.result.show_report)

    @Slot(str, str)
    def approve_channel(self, name: str, digest: str) -> None:
        """Let a channel be used as it was looked at."""
        self._start(ApproveChannel(name, digest), self._on_approved)

    def _on_approved(self, report: JobReport) -> None:
        self.result.show_report(report)
        self._ask_states()

    @Slot(str, int)
    def try_rule(self, name: str, days: int) -> None:
        """Find out when a rule of the text would have fired."""
        until_us = now_us()
        command = TryAlertRule(self.draft.text, name, until_us - days * _DAY_US, until_us)
        trial = self.rules.trial
        trial.begin()
        watch = self._start(command, trial.show_report, trial.show_fault)
        if watch is not None:
            watch.progressed.connect(trial.progress)

    @Slot()
    def _on_stopped(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    def _start(
        self,
        command: Command,
        ended: Callable[[JobReport], object],
        failed: Callable[[ConsoleError], object] | None = None,
    ) -> JobWatch | None:
        told = failed or self.result.show_fault
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            told(error)
            return None
        watch = self._watch = JobWatch(job, self)

        def end(then: Callable[..., object], result: object) -> None:
            if self._watch is watch:
                self._watch = None
            watch.deleteLater()
            then(result)
            self._show_state()

        watch.ended.connect(partial(end, ended))
        watch.failed.connect(partial(end, told))
        self._show_state()
        return watch

    def stop(self) -> None:
        """End the threads."""
        self._reads.stop()
