"""The engine at one moment, as lights, tiles and badges show it; plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hl7console.engine.repair_commands import QueueStatus
from hl7console.store.alert_records import AlertRecord


class LinkState(StrEnum):
    """State of a listener or a destination, as its light shows it."""

    STOPPED = "stopped"
    STARTING = "starting"
    LISTENING = "listening"
    FAILED = "failed"
    """The environment or the settings are in the way; the text says how."""
    IDLE = "idle"
    """A destination that nothing was sent to yet."""
    CONNECTED = "connected"
    """A destination whose last exchange went well."""


@dataclass(frozen=True, slots=True)
class InterfaceStatus:
    """One listener or destination at this moment."""

    name: str
    kind: str
    """``listener``, ``destination`` or ``worklist`` (the DICOM service)."""
    state: LinkState
    address: str
    """``host:port`` in use (the real port when 0 was asked for)."""
    tls: str
    text: str = ""
    """Plain sentence for a failed state, with the next step."""
    since_us: int = 0
    connections: int = 0
    received: int = 0
    accepted: int = 0
    refused: int = 0
    last_message_at_us: int = 0
    beyond_loopback: bool = False
    environment: str = ""
    last_event: str = ""
    """The last thing on this interface that somebody should look at, as a plain sentence."""
    last_event_at_us: int = 0
    ae_title: str = ""
    """Of the DICOM service."""


@dataclass(frozen=True, slots=True)
class EngineSnapshot:
    """Counters and lights; cheap to take ten times a second."""

    last_message_id: int = 0
    stored_total: int = 0
    derived_id: int = 0
    """Messages up to this id are in the full-text index."""
    received_per_s: float = 0.0
    settings_version: int = 0
    """Grows when an interface or another setting changed."""
    deliveries_version: int = 0
    """Grows when an attempt was made."""
    retention_version: int = 0
    """Grows when messages were deleted."""
    interfaces: tuple[InterfaceStatus, ...] = ()
    problem: str = ""
    """A fault of the whole engine (disk full…) as a plain sentence; empty when all is well."""
    running: bool = True
    worklist_entry: int = 0
    """Messages up to this id are in the worklist."""
    worklist_version: int = 0
    """Grows when the worklist changed."""
    worklist_behind: int = 0
    """Messages and other inputs that are not in the worklist yet; roughly."""
    worklist_problem: str = ""
    """Why the worklist doesn't follow, or what happened to it; empty when all is well."""
    queues: tuple[QueueStatus, ...] = ()
    """One for each destination."""
    alerts: tuple[AlertRecord, ...] = ()
    """Open alerts, worst first, then newest first; the first 200 of them."""
    alerts_open: int = 0
    """How many are open."""
    alerts_version: int = 0
    """Grows when an alert or the rules changed."""
    alert_problem: str = ""
    """Why rules or channels do not work, as a sentence; empty when all is well."""
    measures_version: int = 0
    """Grows when the measures on disk changed."""
    measures_behind: int = 0
    """Messages that the measures have not counted yet."""
    measures_problem: str = ""
    """Why nothing is measured, as a sentence; empty when all is well."""
    metrics_endpoint: InterfaceStatus | None = None
    """Its light, of the kind ``metrics``; None while it is switched off."""
