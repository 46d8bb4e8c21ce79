"""Open a recording, look at it, and replay it with its own timing or faster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console, JobReport, Progress
from hl7console.engine.recordings.opening import RecordedLine, RecordingLook, look_into
from hl7console.engine.recordings.recording import recording_path
from hl7console.engine.repair_commands import RecordMessages, ReplayRecording
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings
from hl7console.ui.ask import Ask
from hl7console.ui.empty_state import EmptyState
from hl7console.ui.job_watch import JobWatch, duration_text
from hl7console.ui.lab.answers import Answers
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.sending.target_box import TargetBox
from hl7console.ui.theme import GRID
from hl7console.ui.worker import Worker

FILE_FILTER = "Recordings (*.hl7rec);;All files (*)"
_SPEEDS = (
    ("As fast as answers come", 0.0),
    ("With its own timing", 1.0),
    ("Twice as fast", 2.0),
    ("10 times as fast", 10.0),
    ("100 times as fast", 100.0),
    ("Half as fast", 0.5),
    ("10 times slower", 0.1),
)


def summary_text(look: RecordingLook) -> str:
    """Say what a recording holds: messages, from when to when, and what is wrong with it."""
    count = look.end.messages
    parts = ["1 message" if count == 1 else f"{count:,} messages"]
    if count:
        first = datetime.fromtimestamp(look.first_us / 1_000_000).astimezone()
        parts.append(f"from {first:%Y-%m-%d %H:%M:%S}, over {duration_text(look.span_s)}")
    if look.header.program:
        parts.append(f"recorded by {look.header.program}")
    text = " · ".join(parts)
    return f"{text}\n{look.end.text}" if look.end.text else text


def _row(line: RecordedLine) -> ReportRow:
    at = datetime.fromtimestamp(line.at_us / 1_000_000).astimezone()
    role = {"A": "ok", "E": "err", "R": "err"}.get(line.ack_code[1:2], "muted")
    return ReportRow(
        (
            f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03}",
            line.message_type,
            line.control_id,
            line.interface,
            line.ack_code,
            f"{line.size_bytes:,}",
        ),
        role,
    )


class Recordings(QWidget):
    """The page *Recordings*. GUI thread only; call `stop` before it goes."""

    def __init__(self, console: Console, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("labRecordings")
        self._console = console
        self._ask = ask
        self._worker = Worker("lab-recordings", self)
        self._watch: JobWatch | None = None
        self._is_recording = False
        self.path: Path | None = None
        self.look: RecordingLook | None = None
        self.target = TargetBox(())
        self.answers = Answers("replay")
        self._empty = EmptyState()
        self._empty.tell(
            "No recording is open",
            "A recording is a span of traffic in one file. Open one to look at it and to replay it"
            " against any destination, or make one of what a search finds.",
            icon="history",
            buttons=(("Open a recording…", self.choose), ("Record…", self.record)),
        )
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._built_page())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.target.changed.connect(self._settle)
        self._settle()

    def _built_page(self) -> QWidget:
        columns = (
            ReportColumn("Time", 24, is_fixed=True),
            ReportColumn("Type", 10, is_fixed=True),
            ReportColumn("Control ID", 20, is_fixed=True),
            ReportColumn("Interface", 18),
            ReportColumn("Answer", 8, is_fixed=True, is_state=True),
            ReportColumn("Bytes", 9, is_fixed=True),
        )
        self.table = ReportTable("recordingMessages", "Messages of the recording", columns)
        self._name = QLabel()
        self._name.setProperty("role", "title")
        self._summary = QLabel()
        self._summary.setObjectName("recordingSummary")
        self._summary.setProperty("role", "muted")
        self._summary.setWordWrap(True)
        self.open_button = QPushButton("Open…")
        self.open_button.setObjectName("recordingOpen")
        self.open_button.clicked.connect(self.choose)
        self.record_button = QPushButton("Record…")
        self.record_button.setObjectName("recordingRecord")
        self.record_button.clicked.connect(self.record)
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self.open_button)
        head.addWidget(self.record_button)
        above = QWidget()
        column = QVBoxLayout(above)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self._summary)
        column.addWidget(self.table, 1)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.setChildrenCollapsible(False)
        whole.addWidget(above)
        whole.addWidget(self._built_replay())
        return whole

    def _built_replay(self) -> QWidget:
        self.speed = QComboBox()
        self.speed.setObjectName("replaySpeed")
        self.speed.setAccessibleName("Pace")
        for text, speed in _SPEEDS:
            self.speed.addItem(text, speed)
        self.new_ids = QCheckBox("New control IDs")
        self.new_ids.setObjectName("replayNewIds")
        self.replay_button = QPushButton("Replay")
        self.replay_button.setObjectName("replayGo")
        self.replay_button.setProperty("kind", "primary")
        self.replay_button.clicked.connect(self._on_replay)
        self.pause_button = QPushButton("Pause")
        self.pause_button.setObjectName("replayPause")
        self.pause_button.setCheckable(True)
        self.pause_button.toggled.connect(self._on_pause)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(QLabel("Pace"))
        row.addWidget(self.speed)
        row.addWidget(self.new_ids)
        row.addStretch(1)
        row.addWidget(self.pause_button)
        row.addWidget(self.replay_button)
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.target)
        column.addLayout(row)
        column.addWidget(self.answers, 1)
        return part

    def set_destinations(self, destinations: Sequence[DestinationSettings]) -> None:
        """Offer other destinations."""
        self.target.set_destinations(destinations)

    # Opening

    @Slot()
    def choose(self) -> None:
        """Ask which recording, and open it."""
        paths = self._ask.open_paths("Open a recording", FILE_FILTER)
        if paths:
            self.open(paths[0])

    def open(self, path: Path) -> None:
        """Open a recording."""
        self._worker.call(
            lambda: look_into(path), lambda look: self._on_look(path, look), self._on_unreadable
        )

    def _on_look(self, path: Path, look: RecordingLook) -> None:
        self.path, self.look = path, look
        self._name.setText(path.name)
        self._summary.setText(summary_text(look))
        self.table.rows.set_rows([_row(line) for line in look.lines])
        self._stack.setCurrentIndex(1)
        self._settle()

    def _on_unreadable(self, error: ConsoleError) -> None:
        if self.look is None:
            self._empty.tell(
                "The recording cannot be opened",
                error.full_text,
                icon="triangle-alert",
                buttons=(("Open another…", self.choose), ("Record…", self.record)),
            )
        else:
            self.answers.fail(error)

    # Recording

    @Slot()
    def record(self) -> None:
        """Ask where to, and record everything that is stored."""
        self.record_found("")

    def record_found(self, filter_text: str) -> None:
        """Ask where to, and record what a filter finds; then open it."""
        path = self._ask.save_path("Record", "recording.hl7rec", FILE_FILTER)
        if path is None or self._watch is not None:
            return
        self._stack.setCurrentIndex(1)
        whole = recording_path(path)
        if self._start(RecordMessages(path=whole, filter=filter_text), "Recording…"):
            self._is_recording = True
            self.path = whole
            self._settle()

    # Replaying

    @Slot()
    def _settle(self) -> None:
        is_under_way = self._watch is not None
        has_messages = self.look is not None and self.look.end.messages > 0
        self.replay_button.setText("Stop" if is_under_way else "Replay")
        self.replay_button.setEnabled(is_under_way or (has_messages and self.target.is_ready))
        self.pause_button.setVisible(is_under_way and not self._is_recording)
        for part in (self.open_button, self.record_button):
            part.setEnabled(not is_under_way)

    @Slot()
    def _on_replay(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        elif self.path is not None:
            command = ReplayRecording(
                path=self.path,
                destinations=self.target.destinations,
                confirm=self.target.typed,
                speed=float(self.speed.currentData()),
                new_control_ids=self.new_ids.isChecked(),
            )
            self._start(command, "Replaying…")

    def _start(self, command: RecordMessages | ReplayRecording, text: str) -> bool:
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            self.answers.fail(error)
            return False
        self.answers.begin()
        self.answers.say(text, "muted")
        self._watch = JobWatch(job, self)
        self._watch.progressed.connect(self._on_progressed)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(self._on_failed)
        self._settle()
        return True

    @Slot(bool)
    def _on_pause(self, is_paused: bool) -> None:
        if self._watch is not None:
            self._watch.job.set_paused(is_paused)
        self.pause_button.setText("Continue" if is_paused else "Pause")

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        self.answers.advance(progress)

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        was_recording = self._end()
        self.answers.end(report)
        if was_recording and self.path is not None and not report.cancelled:
            self.open(self.path)

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        was_recording = self._end()
        self.answers.fail(error)
        if was_recording and self.look is None:
            self._stack.setCurrentIndex(0)
            self._on_unreadable(error)

    def _end(self) -> bool:
        was_recording, self._is_recording = self._is_recording, False
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None
        self.pause_button.setChecked(False)
        self._settle()
        return was_recording

    def stop(self) -> None:
        """Stop what is under way, and end the thread."""
        if self._watch is not None:
            self._watch.cancel()
        self._worker.stop()
