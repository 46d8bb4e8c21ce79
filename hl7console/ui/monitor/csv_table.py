"""What the plots show as a table: a row for each step, as CSV. No Qt."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from datetime import tzinfo

from hl7console.ui.monitor.shown import Shown
from hl7console.ui.monitor.spans import moment_text
from hl7console.ui.monitor.state_looks import state_look

_FORMULA = ("=", "+", "-", "@", "\t")


def csv_text(shown: Shown, stretch: tuple[float, float], zone: tzinfo | None = None) -> str:
    """Return the steps within a stretch, with a line of names; counts are those of whole steps.

    A step in which the program did not run has no numbers.

    Args:
        shown: What was read.
        stretch: From and until, UTC seconds since 1970.
        zone: In which times are written; None takes this computer's.
    """
    curve = shown.curve
    columns = _columns(shown)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["from", "until", *(_safe(name) for name, _ in columns)])
    for step, is_known in enumerate(curve.is_known):
        since_s = curve.since_s + step * curve.step_s
        until_s = since_s + curve.step_s
        if until_s <= stretch[0] or since_s >= stretch[1]:
            continue
        row = [moment_text(since_s, zone), moment_text(until_s, zone)]
        for name, values in columns:
            is_empty = step >= len(values) or (not is_known and not name.startswith("normal"))
            row.append("" if is_empty else _number(values[step]))
        writer.writerow(row)
    return out.getvalue()


def _columns(shown: Shown) -> list[tuple[str, Sequence[float]]]:
    curve, times = shown.curve, shown.times
    columns: list[tuple[str, Sequence[float]]] = [
        ("received", curve.received), ("accepted", curve.accepted), ("refused", curve.refused),
        ("unclear", curve.unclear), ("duplicates", curve.duplicates),
        ("bytes", curve.size_bytes), ("p50 ms", times.p50), ("p95 ms", times.p95),
        ("p99 ms", times.p99), ("open connections", curve.connections),
    ]  # fmt: skip
    columns += [(f"waiting for {waiting.name}", waiting.backlog) for waiting in shown.waiting]
    columns += [(f"cause: {cause}", counts) for cause, counts in shown.causes]
    columns += [("worklist behind", shown.worklist_lag), ("full text behind", shown.text_lag)]
    columns += [(f"worklist {state_look(state)[0]}", counts) for state, counts in shown.states]
    if shown.band is not None:
        columns += [("normal from", shown.band.low), ("normal to", shown.band.high)]
    return columns


def _number(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _safe(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(_FORMULA) else name
