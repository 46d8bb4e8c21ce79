"""Settings of the metrics endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.errors import UsageError
from hl7console.settings.base import FromMapping, check_port


@dataclass(frozen=True, slots=True)
class MetricsEndpointSettings(FromMapping):
    """Where Prometheus, or whatever speaks its text format, can read the counters."""

    enabled: bool = False
    host: str = "127.0.0.1"
    """Address to bind; loopback until the user chooses otherwise."""
    port: int = 9464
    """TCP port; 0 takes a free one."""

    def validate(self) -> None:
        """Raise `UsageError` when a value cannot be."""
        check_port(self.port, lowest=0)
        if not self.host.strip():
            raise UsageError("The metrics endpoint needs an address to listen on.")
