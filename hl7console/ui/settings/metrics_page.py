"""The page of the metrics endpoint: whether Prometheus may read the counters, and from where."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.engine.console import Console, InterfaceStatus, JobReport, LinkState
from hl7console.engine.metrics_commands import SaveMetricsEndpoint
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings import MetricsEndpointSettings
from hl7console.store.metrics_settings import load_metrics_endpoint
from hl7console.store.reader import StoreReader
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.settings.form import Form, form_values
from hl7console.ui.settings.listener_form import is_loopback
from hl7console.ui.settings.test_result import TestResult
from hl7console.ui.theme import GRID, theme
from hl7console.ui.worker import ReaderWorker

_ABOUT = (
    "Prometheus, and whatever else reads its text format, can fetch counters of this console over"
    " HTTP, at the path /metrics: for each interface whether it is up, what it received, accepted"
    " and refused, and what waits. There is no patient data and no control id in them."
)
_OPEN_TEXT = (
    "Anyone on the network can read the names of interfaces and how much passes them; nothing is"
    " encrypted, and no password is asked for."
)
_DOT_PX = 9


class MetricsPage(QWidget):
    """Settings and state of the metrics endpoint. GUI thread only; `stop` it at the end."""

    def __init__(
        self, console: Console, bridge: EngineBridge, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("metricsPage")
        self._console, self._bridge = console, bridge
        self._reads = ReaderWorker("metrics-settings", console, self)
        self._watch: JobWatch | None = None
        self._is_loaded = False
        self.form = Form()
        self.form.check("enabled", "Serve metrics")
        self.form.choice(
            "host",
            "Reachable from",
            (
                ("127.0.0.1", "This computer only (127.0.0.1)"),
                ("0.0.0.0", "The whole network (0.0.0.0)"),  # noqa: S104
            ),
            is_editable=True,
        )
        self.form.number("port", "Port", "0 takes a free one.")
        self.result = TestResult()
        self._build()
        self.form.changed.connect(self._settle)
        bridge.snapshot_changed.connect(self._on_snapshot)
        self._settle()

    def _build(self) -> None:
        title = QLabel("Metrics for Prometheus")
        title.setProperty("role", "title")
        about = QLabel(_ABOUT)
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        about.setMaximumWidth(680)
        self._dot = _Dot()
        self.state = QLabel()
        self.state.setObjectName("metricsState")
        self.state.setWordWrap(True)
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self._dot)
        line.addWidget(self.state, 1)
        self.save_button = QPushButton("Save")
        self.save_button.setObjectName("metrics.save")
        self.save_button.setProperty("kind", "primary")
        self.save_button.clicked.connect(self.save)
        bar = QFrame()
        bar.setProperty("role", "buttonBar")
        buttons = QHBoxLayout(bar)
        buttons.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        buttons.addWidget(self.save_button)
        buttons.addStretch(1)
        inside = QVBoxLayout()
        inside.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        inside.setSpacing(2 * GRID)
        inside.addWidget(title)
        inside.addWidget(about)
        inside.addLayout(line)
        inside.addWidget(self.form)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(inside)
        layout.addStretch(1)
        layout.addWidget(self.result)
        layout.addWidget(bar)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._on_snapshot()
        if not self._is_loaded:
            self._reads.ask(_read, self._on_loaded, self.result.show_fault)

    def _on_loaded(self, settings: MetricsEndpointSettings) -> None:
        self._is_loaded = True
        self.form.set_values(form_values(settings.to_mapping()))

    @Slot()
    def _settle(self) -> None:
        host = str(self.form.values()["host"])
        self.form.show_errors({} if is_loopback(host) else {"host": _OPEN_TEXT})
        self.save_button.setEnabled(self._is_loaded and self._watch is None)

    @Slot()
    def _on_snapshot(self) -> None:
        text, tone = state_text(self._bridge.snapshot.metrics_endpoint)
        if text != self.state.text():
            self.state.setText(text)
        self._dot.show_tone(tone)

    @Slot()
    def save(self) -> None:
        """Store the settings and put them in force."""
        values = self.form.values()
        try:
            settings = MetricsEndpointSettings.from_mapping(
                {**values, "host": str(values["host"]).strip()}
            )
            job = self._console.submit(SaveMetricsEndpoint(settings))
        except (UsageError, ConsoleError) as error:
            self.result.show_fault(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(self._on_failed)
        self._settle()

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        self._end()
        self.result.show_report(report)

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self.result.show_fault(error)

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None
        self._settle()

    def stop(self) -> None:
        """End the thread."""
        self._reads.stop()


class _Dot(QWidget):
    """The light of the endpoint."""

    def __init__(self) -> None:
        super().__init__()
        self._tone = "muted"
        self.setFixedSize(_DOT_PX + 2, _DOT_PX + 2)

    def show_tone(self, tone: str) -> None:
        """Show a colour of the theme, by its name."""
        if tone != self._tone:
            self._tone = tone
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().color(self._tone)))
        painter.drawEllipse(QRectF(1, 1, _DOT_PX, _DOT_PX))


def state_text(status: InterfaceStatus | None) -> tuple[str, str]:
    """Return how the endpoint is, in words, and the colour of the theme for that."""
    if status is None:
        return "Switched off.", "muted"
    if status.state is LinkState.FAILED:
        return f"Does not listen: {status.text}", "err"
    text = f"Serves http://{status.address}/metrics"
    return text, "err" if status.beyond_loopback else "ok"


def _read(reader: StoreReader) -> MetricsEndpointSettings:
    return load_metrics_endpoint(reader.database())
