"""Send stored messages again: what, where to, changed how, how fast, and what was answered."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console, JobReport, Progress
from hl7console.engine.preflight import PreflightSubject
from hl7console.engine.repair_commands import ResendMessages
from hl7console.engine.resending.editing import EditWish
from hl7console.engine.resending.originals import MOST_RESENT
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings
from hl7console.ui.job_watch import JobWatch, progress_text
from hl7console.ui.sending.answers import Answers, result_row, result_table
from hl7console.ui.sending.options_box import OptionsBox
from hl7console.ui.sending.preflight_strip import Counter, PreflightStrip
from hl7console.ui.sending.recipe_choice import RecipeChoice
from hl7console.ui.sending.target_box import TargetBox, destination_title
from hl7console.ui.theme import GRID

__all__ = ["ResendDialog", "destination_title", "result_row", "result_table"]


class ResendDialog(QDialog):
    """Sends messages again, as they are or changed. GUI thread only.

    Args:
        message_ids: What is sent, in order; empty where a filter says it.
        title: What that is, for the title: a control id or a count.
        console: The engine.
        destinations: Those stored.
        chosen: Name or address to begin with.
        filter_text: Send all that this filter finds, in place of `message_ids`.
    """

    def __init__(
        self,
        message_ids: Sequence[int],
        title: str,
        console: Console,
        destinations: Sequence[DestinationSettings],
        *,
        chosen: str = "",
        filter_text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("resendDialog")
        self.setWindowTitle("Resend")
        self.setMinimumWidth(680)  # the layout says how high it must be
        self._ids = tuple(message_ids)
        self._filter = "" if self._ids else filter_text
        self._console = console
        self._watch: JobWatch | None = None
        self._is_wanted = False
        self._is_over = False
        self.report: JobReport | None = None
        several = len(self._ids) != 1
        self.targets = TargetBox(destinations, chosen)
        self.to, self.address = self.targets.to, self.targets.address
        self.confirm = self.targets.confirm
        self.options = OptionsBox(several=several)
        self.recipe = RecipeChoice(console, self._ids)
        self.options.add_change(self.recipe)
        self.strip = PreflightStrip(console)
        self.counter = Counter(console, self)
        self.answers = Answers()
        self.table = self.answers.table
        self._build(title)
        self.targets.changed.connect(self._on_changed)
        self.options.changed.connect(self._on_changed)
        self.recipe.changed.connect(self._on_changed)
        self.limit.valueChanged.connect(self._on_changed)
        self.strip.finished.connect(self._on_looked)
        self.counter.counted.connect(self._on_counted)
        self.counter.failed.connect(self._on_failed)
        if self._filter:
            self.counter.count(self._filter)
        self._on_changed()

    # Building

    def _build(self, title: str) -> None:
        heading = QLabel(f"Resend {title}")
        heading.setProperty("role", "title")
        self._what = QLabel()
        self._what.setObjectName("resendWhat")
        self._what.setProperty("role", "muted")
        self._what.setWordWrap(True)
        self._what.setTextFormat(Qt.TextFormat.PlainText)
        self.limit = QSpinBox()
        self.limit.setObjectName("resendLimit")
        self.limit.setAccessibleName("At most this many messages, the oldest")
        self.limit.setRange(1, MOST_RESENT)
        self.limit.setValue(MOST_RESENT)
        self.limit.setGroupSeparatorShown(True)
        self.limit.setPrefix("the oldest ")
        self._text = QLabel()
        self._text.setObjectName("resendText")
        self._text.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setObjectName("resendProgress")
        self._bar.setTextVisible(False)
        self._bar.hide()
        self.answers.hide()
        what = QHBoxLayout()
        what.setSpacing(2 * GRID)
        what.addWidget(self._what, 1)
        what.addWidget(self.limit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(heading)
        layout.addLayout(what)
        for part in (self.targets, self.options, self.strip, self._bar, self._text):
            layout.addWidget(part)
        layout.addWidget(self.answers, 1)
        layout.addStretch(0)
        layout.addLayout(self._built_buttons())
        self.limit.setVisible(bool(self._filter))
        self._what.setVisible(bool(self._filter))
        self._what.setText(f"All that this search finds: {self._filter}\nCounting…")

    def _built_buttons(self) -> QHBoxLayout:
        self.send_button = QPushButton("Send")
        self.send_button.setObjectName("resendSend")
        self.send_button.setProperty("kind", "primary")
        self.send_button.setDefault(True)
        self.send_button.clicked.connect(self._on_send_clicked)
        self.pause_button = QPushButton("Pause")
        self.pause_button.setObjectName("resendPause")
        self.pause_button.setCheckable(True)
        self.pause_button.toggled.connect(self._on_pause_toggled)
        self.pause_button.hide()
        self._close = QPushButton("Cancel")
        self._close.setObjectName("resendClose")
        self._close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        for button in (self._close, self.pause_button, self.send_button):
            row.addWidget(button)
        return row

    # What is chosen

    @property
    def destination(self) -> str:
        """Name of the first destination, or HOST:PORT."""
        return self.targets.destination

    @property
    def text(self) -> str:
        """What the line under the form says."""
        return self._text.text()

    @property
    def command(self) -> ResendMessages:
        """What the form asks for."""
        wish = self.options.wish
        return ResendMessages(
            message_ids=self._ids,
            filter=self._filter,
            limit=self.limit.value() if self._filter else 0,
            destinations=self.targets.destinations,
            confirm=(self.confirm.text().strip(), *self.targets.typed),
            new_control_ids=wish.new_control_ids,
            dates=wish.dates,
            recipe=self.recipe.text,
            reason=wish.reason,
            rate_per_s=wish.rate_per_s,
            speed=wish.speed,
            mark_handled=wish.mark_handled,
        )

    @Slot()
    def _on_changed(self) -> None:
        if self._is_over:
            return
        self._is_wanted = False
        command = self.command
        subject = PreflightSubject(
            command.message_ids,
            command.filter,
            command.limit,
            new_control_ids=command.new_control_ids,
        )
        self.options.set_edited(bool(command.recipe) or self.options.is_edited)
        wish = EditWish(command.new_control_ids, command.dates, command.recipe)
        self.strip.look_at(subject, self.targets.settings(), wish)
        self._settle_button()

    def _settle_button(self) -> None:
        is_warned = self.strip.is_done and not self.strip.is_clear
        waits = self._is_wanted and not self.strip.is_done
        self.send_button.setText(
            "Send without waiting" if waits else "Send all the same" if is_warned else "Send"
        )
        self.send_button.setEnabled(self.targets.is_ready and self._watch is None)

    @Slot(int)
    def _on_counted(self, count: int) -> None:
        what = "1 message" if count == 1 else f"{count:,} messages"
        more = f"; at most {MOST_RESENT:,} are sent at once" if count > MOST_RESENT else ""
        self._what.setText(f"All that this search finds: {self._filter}\n{what}{more}")
        self.limit.setMaximum(max(1, min(count, MOST_RESENT)))

    # Sending

    @Slot()
    def _on_send_clicked(self) -> None:
        if self.strip.is_done or self._is_wanted:
            self.send()
        else:
            self.send_when_clear()

    def send_when_clear(self) -> None:
        """Send as soon as it is looked up that nothing speaks against it; else wait for the user.

        A production destination that isn't confirmed yet waits too.
        """
        self._is_wanted = True
        if self.strip.is_done:
            self._on_looked()
        else:
            self._say("", "muted")  # the strip says that it is looking
            self._settle_button()

    @Slot()
    def _on_looked(self) -> None:
        is_wanted, self._is_wanted = self._is_wanted, False
        self._settle_button()
        if is_wanted and self._watch is None:
            if self.strip.is_clear and self.targets.is_ready:
                self.send()
            else:
                self._say("Not sent yet: look at what is said above.", "warning")

    @Slot()
    def send(self) -> None:
        """Send now."""
        try:
            job = self._console.submit(self.command)
        except ConsoleError as error:
            self._on_failed(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.progressed.connect(self._on_progressed)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(self._on_failed)
        for part in (self.targets, self.options, self.limit, self.send_button):
            part.setEnabled(False)
        self._close.setText("Stop")
        self._bar.setRange(0, len(self._ids) if len(self._ids) > 1 else 0)
        self._bar.show()
        self.pause_button.setVisible(len(self._ids) != 1)
        self.send_button.hide()
        self._say("Sending…", "muted")

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        if progress.total:
            self._bar.setRange(0, progress.total)
        self._bar.setValue(progress.done)
        if len(self._ids) != 1:
            told = progress_text(progress) or progress.text or "Sending…"
            self._say(f"Paused · {told}" if progress.is_paused else told, "muted")

    @Slot(bool)
    def _on_pause_toggled(self, is_paused: bool) -> None:
        self.pause_button.setText("Continue" if is_paused else "Pause")
        if self._watch is not None:
            self._watch.job.set_paused(is_paused)

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        self.report = report
        self._is_over = True
        self._end()
        is_good = not (report.refused or report.unknown or report.cancelled)
        self._say(report.text, "ok" if is_good and report.accepted else "error")
        self.answers.show_results(report.results, report.accepted + report.refused + report.unknown)
        self.answers.setVisible(bool(report.results))
        for part in (self.options, self.strip, self.send_button):
            part.hide()
        self.resize(max(self.width(), 760), max(self.height(), 460))

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self._say(error.full_text, "error")

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None
        self._bar.hide()
        self.pause_button.setChecked(False)  # the next one does not begin paused
        self.pause_button.hide()
        self._close.setText("Close")
        self._is_wanted = False
        for part in (self.targets, self.options, self.limit):
            part.setEnabled(not self._is_over)
        if not self._is_over:
            self.send_button.show()
            self._settle_button()

    def _say(self, text: str, role: str) -> None:
        self._text.setText(text)
        if self._text.property("role") != role:
            self._text.setProperty("role", role)
            self._text.style().unpolish(self._text)
            self._text.style().polish(self._text)

    # Closing

    @Slot()
    def reject(self) -> None:
        """Stop what is being sent, and stay to tell how far it came; else close."""
        if self._watch is not None:
            self._watch.cancel()
        else:
            super().reject()

    def done(self, result: int) -> None:
        """End the threads, and the job after the message in hand."""
        if self._watch is not None:
            self._watch.cancel()
        self.strip.stop()
        self.counter.stop()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.done(0)
        super().closeEvent(event)
