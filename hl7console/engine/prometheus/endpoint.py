"""The metrics endpoint in the engine: its settings and its light."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from hl7console.engine import auditing
from hl7console.engine.listener import explain_bind
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.engine.sockets import peer_text
from hl7console.engine.tls import is_loopback
from hl7console.errors import ConsoleError
from hl7console.settings import ListenerSettings, MetricsEndpointSettings
from hl7console.store.connection import Database
from hl7console.store.metrics_settings import load_metrics_endpoint, save_metrics_endpoint
from hl7console.store.writer import StoreWriter

if TYPE_CHECKING:
    from hl7console.engine.prometheus.server import MetricsServer

log = logging.getLogger(__name__)

NAME = "Metrics endpoint"
"""What its light is called."""

STORE_TIMEOUT_S = 20.0
"""Longest that its settings may take to be read or stored, in seconds."""


class MetricsEndpoint:
    """Runs the endpoint of one engine. Any thread.

    Args:
        writer: The store's writer.
        snapshot: Returns the engine's snapshot.
        given: Settings in place of the stored ones; changes are not stored then.
        is_off: Nothing is started, unless settings are given.
    """

    def __init__(
        self,
        writer: StoreWriter,
        snapshot: Callable[[], EngineSnapshot],
        *,
        given: MetricsEndpointSettings | None = None,
        is_off: bool = False,
    ) -> None:
        self._writer = writer
        self._snapshot = snapshot
        self._given = given
        self._is_off = is_off and given is None
        self._changing = threading.Lock()
        self._server: MetricsServer | None = None
        self._light: InterfaceStatus | None = None

    def start(self) -> None:
        """Start the endpoint where it is switched on; its light tells what came of it."""
        if self._is_off:
            return
        with self._changing:
            try:
                settings = self._given or self._writer.call(
                    load_metrics_endpoint, label="read the metrics endpoint"
                ).result(STORE_TIMEOUT_S)
            except (ConsoleError, TimeoutError):
                log.warning("The settings of the metrics endpoint could not be read")
                return
            self._run(settings)

    def status(self) -> InterfaceStatus | None:
        """Return its light; None while it is switched off."""
        return self._light

    def save(self, settings: MetricsEndpointSettings) -> InterfaceStatus | None:
        """Store the settings, and start, restart or stop it; return its light.

        Raises:
            ConsoleError: They cannot be, or could not be stored.
        """
        settings.validate()
        with self._changing:
            if self._given is None:
                self._keep(settings)
            self._end(2.0)
            if not self._is_off:
                self._run(settings)
            return self._light

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Close it; return whether its thread ended in time."""
        with self._changing:
            return self._end(timeout_s)

    def _keep(self, settings: MetricsEndpointSettings) -> None:
        def keep(database: Database) -> None:
            save_metrics_endpoint(database, settings)
            details = f"{'on' if settings.enabled else 'off'}, {settings.host}:{settings.port}"
            auditing.append(database, "metrics endpoint saved", NAME, details)

        self._writer.call(keep, label="metrics endpoint saved").result(STORE_TIMEOUT_S)

    def _end(self, timeout_s: float) -> bool:
        server, self._server = self._server, None
        self._light = None
        return server is None or server.stop(timeout_s)

    def _run(self, settings: MetricsEndpointSettings) -> None:
        if not settings.enabled:
            return
        server = self._made_server()
        try:
            address = peer_text(server.start(settings.host, settings.port))
        except (OSError, TimeoutError, ConsoleError) as fault:
            text = _explain(fault, settings)
            log.warning("The metrics endpoint does not listen: %s", text)
            address = peer_text((settings.host, settings.port))
            self._light = _light(settings, LinkState.FAILED, address, text)
            return
        self._server = server
        self._light = _light(settings, LinkState.LISTENING, address)
        log.info("Metrics are served on %s", address)

    def _made_server(self) -> MetricsServer:
        from prometheus_client import CollectorRegistry  # most never switch this on
        from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

        from hl7console.engine.prometheus.collector import SnapshotCollector
        from hl7console.engine.prometheus.server import MetricsServer

        registry = CollectorRegistry()
        registry.register(SnapshotCollector(self._snapshot, self._writer.path))
        return MetricsServer(lambda: generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4)


def _light(
    settings: MetricsEndpointSettings, state: LinkState, address: str, text: str = ""
) -> InterfaceStatus:
    return InterfaceStatus(
        name=NAME,
        kind="metrics",
        state=state,
        address=address,
        tls="off",
        text=text,
        since_us=time.time_ns() // 1000,
        beyond_loopback=not is_loopback(settings.host),
    )


def _explain(fault: Exception, settings: MetricsEndpointSettings) -> str:
    if isinstance(fault, ConsoleError):
        return fault.full_text
    if isinstance(fault, OSError) and fault.errno:
        as_listener = ListenerSettings(name=NAME, host=settings.host, port=settings.port)
        return explain_bind(fault, as_listener).full_text
    return "The address was not found in time."
