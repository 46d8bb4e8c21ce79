"""Read-only connections to the measures. A reader belongs to the thread that made it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hl7console.store.measures.records import Band, Curve, Mark, Scope


class MeasureReader:
    """A read-only connection of one thread to the measures of a workspace.

    Args:
        console_path: The workspace's ``console.db``; the measures lie beside it.
        key: Its data key; None for plain SQLite (tests).
    """

    def __init__(self, console_path: Path, key: bytes | None) -> None:
        self._console_path, self._key = console_path, key

    def close(self) -> None:
        """End the connection."""

    def series(self, scope: Scope) -> tuple[str, ...]:
        """Return the names of a scope's series, sorted."""
        raise NotImplementedError

    def curve(
        self, scope: Scope, name: str, since_s: int, until_s: int, *, most_steps: int = 720
    ) -> Curve:
        """Return one series over a span, in the finest steps kept that are few enough.

        The first step begins at or before `since_s`, the last ends at or after `until_s`.
        """
        raise NotImplementedError

    def curves(
        self,
        scope: Scope,
        since_s: int,
        until_s: int,
        *,
        names: Sequence[str] | None = None,
        most_steps: int = 720,
    ) -> dict[str, Curve]:
        """Return all series of a scope (or those named) that have anything in a span."""
        raise NotImplementedError

    def causes(
        self, scope: Scope, name: str, since_s: int, until_s: int, *, most_steps: int = 720
    ) -> dict[str, Sequence[int]]:
        """Return how often each cause of an error was met, in the steps of `curve`."""
        raise NotImplementedError

    def marks(self, since_s: int, until_s: int) -> tuple[Mark, ...]:
        """Return starts, stops and changes of settings within a span, oldest first."""
        raise NotImplementedError

    def band(self, scope: Scope, name: str, since_s: int, until_s: int, step_s: int) -> Band | None:
        """Return what is normal for a feed over a span; None without enough history."""
        raise NotImplementedError
