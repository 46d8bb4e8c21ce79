"""Read-only connections and the queries of lists and inspectors."""

from __future__ import annotations


class StoreReader:
    """A read-only connection of one thread (placeholder until the store lands)."""
