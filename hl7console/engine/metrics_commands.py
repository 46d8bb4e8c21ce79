"""The commands about the metrics endpoint, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.settings import MetricsEndpointSettings


@dataclass(frozen=True, slots=True)
class SaveMetricsEndpoint:
    """Change the metrics endpoint, and start, restart or stop it accordingly."""

    settings: MetricsEndpointSettings
