"""What the engine's jobs work with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hl7console.engine.alerts.service import AlertService
from hl7console.engine.dicom_service import DicomLink
from hl7console.engine.intake import ControlIds
from hl7console.engine.links import Links
from hl7console.engine.network import NetworkThread
from hl7console.engine.prometheus.endpoint import MetricsEndpoint
from hl7console.engine.queues.service import Queues
from hl7console.engine.route_book import RouteBook
from hl7console.engine.versions import EngineVersions
from hl7console.engine.worklist_service import WorklistService
from hl7console.store.reader import StoreReader
from hl7console.store.worklist.needed import needed_by_worklist
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.writer import StoreWriter

__all__ = ["EngineCore", "EngineVersions"]


@dataclass(frozen=True, slots=True)
class EngineCore:
    """The running parts of one engine."""

    workspace: Path
    writer: StoreWriter
    network: NetworkThread
    links: Links
    control_ids: ControlIds
    open_reader: Callable[[], StoreReader]
    """Opens a read-only connection for the calling thread."""
    worklist: WorklistService
    open_worklist: Callable[[], WorklistReader]
    """The same for the worklist."""
    dicom: DicomLink
    routes: RouteBook
    queues: Queues
    metrics_endpoint: MetricsEndpoint
    alerts: AlertService
    versions: EngineVersions = field(default_factory=EngineVersions)

    def needed_messages(self, ids: Sequence[int]) -> Collection[int]:
        """Return which of these messages the worklist stands on. Any thread."""
        return needed_by_worklist(self.writer.path, self.worklist.key, ids)
