"""Send stored messages again: where to, a typed confirmation for production, and the answers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console, JobReport, Progress, SendMessages, SendResult
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings
from hl7console.store.records import DeliveryState
from hl7console.ui.job_watch import JobWatch, progress_text
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.sending.production import production_name
from hl7console.ui.theme import GRID, fixed_font

_OTHER = "\0other"

_ROLES = {
    DeliveryState.ACCEPTED: "ok",
    DeliveryState.COMMITTED: "ok",
    DeliveryState.REJECTED: "err",
    DeliveryState.UNKNOWN: "warn",
}


def destination_title(settings: DestinationSettings) -> str:
    """Return how a destination stands in the list: name, address, and what it is."""
    tls = " · TLS" if settings.tls != "off" else ""
    return f"{settings.name} · {settings.host}:{settings.port}{tls} · {settings.environment}"


def result_row(result: SendResult) -> ReportRow:
    """Return the line of one message's sending."""
    role = _ROLES.get(DeliveryState(result.state), "muted")
    answer = f"{result.ack_code} {result.text}".strip()
    if result.receiver_text:
        answer += f"\nThe receiver says: {result.receiver_text}"
    took = f"{result.round_trip_s * 1000:,.0f} ms" if result.round_trip_s > 0 else ""
    return ReportRow((result.control_id, result.state, took, answer), role)


def result_table(parent: QWidget | None = None) -> ReportTable:
    """Return an empty table of answers."""
    columns = (
        ReportColumn("Control ID", 18, is_fixed=True),
        ReportColumn("Result", 11, is_state=True),
        ReportColumn("Took", 9, is_fixed=True),
        ReportColumn("Answer", 40),
    )
    return ReportTable("sendResults", "Answers", columns, parent, wraps=True)


class ResendDialog(QDialog):
    """Sends messages as they are. GUI thread only.

    Args:
        message_ids: What is sent, in order.
        title: What that is, for the title: a control id or a count.
        console: The engine.
        destinations: Those stored.
        chosen: Name or address to begin with.
    """

    def __init__(
        self,
        message_ids: Sequence[int],
        title: str,
        console: Console,
        destinations: Sequence[DestinationSettings],
        *,
        chosen: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("resendDialog")
        self.setWindowTitle("Resend")
        self.setMinimumSize(640, 220)
        self._ids = tuple(message_ids)
        self._console = console
        self._all = tuple(destinations)
        self._destinations = {d.name: d for d in destinations if d.enabled}
        self._watch: JobWatch | None = None
        self.report: JobReport | None = None
        heading = QLabel(f"Resend {title}")
        heading.setProperty("role", "title")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(heading)
        layout.addLayout(self._built_form())
        self._text = QLabel()
        self._text.setObjectName("resendText")
        self._text.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setObjectName("resendProgress")
        self._bar.setTextVisible(False)
        self._bar.hide()
        self.table = result_table()
        self.table.hide()
        layout.addWidget(self._bar)
        layout.addWidget(self._text)
        layout.addWidget(self.table, 1)
        layout.addStretch(0)
        layout.addLayout(self._built_buttons())
        self._fill(chosen)

    def _built_form(self) -> QFormLayout:
        self.to = QComboBox()
        self.to.setObjectName("resendTo")
        self.to.setAccessibleName("Destination")
        self.to.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.address = QLineEdit()
        self.address.setObjectName("resendAddress")
        self.address.setFont(fixed_font())
        self.address.setPlaceholderText("host:port")
        self._confirm_text = QLabel()
        self._confirm_text.setProperty("role", "error")
        self._confirm_text.setWordWrap(True)
        self.confirm = QLineEdit()
        self.confirm.setObjectName("resendConfirm")
        self.confirm.setAccessibleName("Name of the production destination, typed")
        self.confirm.setFont(fixed_font())
        self._form = QFormLayout()
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.setVerticalSpacing(GRID)
        self._form.setHorizontalSpacing(2 * GRID)
        self._form.addRow("To", self.to)
        self._form.addRow("Address", self.address)
        self._form.addRow("", self._confirm_text)
        self._form.addRow("Confirm", self.confirm)
        self.to.currentIndexChanged.connect(self._on_changed)
        self.address.textChanged.connect(self._on_changed)
        self.confirm.textChanged.connect(self._on_changed)
        return self._form

    def _built_buttons(self) -> QHBoxLayout:
        self.send_button = QPushButton("Send")
        self.send_button.setObjectName("resendSend")
        self.send_button.setProperty("kind", "primary")
        self.send_button.setDefault(True)
        self.send_button.clicked.connect(self.send)
        self._close = QPushButton("Cancel")
        self._close.setObjectName("resendClose")
        self._close.clicked.connect(self._on_close)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        row.addWidget(self._close)
        row.addWidget(self.send_button)
        return row

    def _fill(self, chosen: str) -> None:
        self.to.blockSignals(True)
        for name, settings in self._destinations.items():
            self.to.addItem(destination_title(settings), name)
        self.to.addItem("Another address…", _OTHER)
        place = self.to.findData(chosen)
        if place < 0 and chosen:
            self.address.setText(chosen)
            place = self.to.count() - 1
        self.to.setCurrentIndex(max(place, 0))
        self.to.blockSignals(False)
        self._on_changed()

    # What is chosen

    @property
    def destination(self) -> str:
        """Name of the destination, or HOST:PORT."""
        name = self.to.currentData()
        return self.address.text().strip() if name == _OTHER else str(name)

    @Slot()
    def _on_changed(self) -> None:
        is_other = self.to.currentData() == _OTHER
        self._form.setRowVisible(self.address, is_other)
        name = production_name(self._all, self.destination)
        self._form.setRowVisible(self.confirm, bool(name))
        self._form.setRowVisible(self._confirm_text, bool(name))
        self._confirm_text.setText(f"{name} is a production destination. Type {name} to send.")
        is_confirmed = not name or self.confirm.text().strip() == name
        self.send_button.setEnabled(bool(self.destination) and is_confirmed and self._watch is None)

    # Sending

    @Slot()
    def send(self) -> None:
        """Send now."""
        command = SendMessages(self._ids, self.destination, confirm=self.confirm.text().strip())
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            self._on_failed(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.progressed.connect(self._on_progressed)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(self._on_failed)
        for part in (self.to, self.address, self.confirm, self.send_button):
            part.setEnabled(False)
        self._close.setText("Stop")
        self._bar.setRange(0, len(self._ids) if len(self._ids) > 1 else 0)
        self._bar.show()
        self._say("Sending…", "muted")

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        self._bar.setValue(progress.done)
        if len(self._ids) > 1:
            self._say(progress_text(progress), "muted")

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        self.report = report
        self._end()
        is_good = not report.refused and not report.unknown and not report.cancelled
        self._say(report.text, "ok" if is_good else "error")
        self.table.rows.set_rows([result_row(result) for result in report.results])
        self.table.setVisible(bool(report.results))
        self.resize(max(self.width(), 720), max(self.height(), 400))
        self.send_button.hide()

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self._say(error.full_text, "error")

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None
        self._bar.hide()
        self._close.setText("Close")
        for part in (self.to, self.address, self.confirm):
            part.setEnabled(True)
        self._on_changed()

    def _say(self, text: str, role: str) -> None:
        self._text.setText(text)
        if self._text.property("role") != role:
            self._text.setProperty("role", role)
            self._text.style().unpolish(self._text)
            self._text.style().polish(self._text)

    @property
    def text(self) -> str:
        """What the line under the form says."""
        return self._text.text()

    @Slot()
    def _on_close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        else:
            self.reject()

    def reject(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().closeEvent(event)
