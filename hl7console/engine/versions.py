"""Counts of changes, so that views know when to look again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class EngineVersions:
    """Each grows with every change of its kind; written by jobs and by the queues."""

    deliveries: int = 0
    retention: int = 0
