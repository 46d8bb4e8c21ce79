"""Filter expressions for what was clicked on in a plot."""

from __future__ import annotations

from datetime import tzinfo

from hl7console.store.measures.records import Scope
from hl7console.ui.messages.filter_text import quoted
from hl7console.ui.monitor.shown import Series
from hl7console.ui.monitor.spans import moment_text

RESULTS = {
    "received": "",
    "refused": "(status:error or status:rejected)",
    "duplicates": "status:duplicate",
}
"""Results that a filter can ask for, by the name of a line."""


def steps_filter(
    series: Series, result: str, since_s: int, until_s: int, zone: tzinfo | None = None
) -> str:
    """Return the filter for the messages that steps have counted, exactly these.

    For a destination there is no telling of messages by the time of their attempts: it is those
    that it was sent and that came in within the span.

    Args:
        series: Which interface; its messages are meant.
        result: One of `RESULTS`; another is all of them.
        since_s: Where the first step begins, UTC seconds since 1970.
        until_s: Where the last one ends.
        zone: In which times are written; None takes this computer's.
    """
    parts = []
    if series.scope is Scope.DESTINATION:
        parts.append(f"destination:{quoted(series.name)}")
    else:
        parts.append("direction:received")
        if series.scope is Scope.LISTENER:
            parts.append(f"listener:{quoted(series.name)}")
        if wanted := RESULTS.get(result, ""):
            parts.append(wanted)
    parts.append(f"since:{moment_text(since_s, zone)}")
    parts.append(f"until:{moment_text(until_s, zone)}")
    return " ".join(parts)


def alert_filter(series: Series) -> str:
    """Return the filter for all messages of an interface."""
    key = "destination" if series.scope is Scope.DESTINATION else "listener"
    return f"{key}:{quoted(series.name)}" if series.name else ""
