"""What each plot has in it: lines, bars, a band, and the words for them. No Qt.

A plot shows all that is known of its span. What a line says at a moment is the value of the step
that the moment lies in: the same step that a click on it opens the messages of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hl7console.store.measures.records import Scope
from hl7console.ui.monitor.plot_content import Band, Content, Line, highest_of
from hl7console.ui.monitor.shown import NOTHING, Series, Shown
from hl7console.ui.monitor.state_looks import state_look
from hl7console.ui.monitor.tiles import ms_text


def contents_of(shown: Shown) -> dict[str, Content]:
    """Return what the plots show, by their names."""
    return {
        "rate": rate_content(shown),
        "latency": latency_content(shown),
        "waiting": waiting_content(shown),
        "errors": errors_content(shown),
        "worklist": worklist_content(shown),
    }


# Rate

_UNITS = ((0.5, 1, "a second"), (0.01, 60, "a minute"), (0.0, 3600, "an hour"))


def unit_of(per_s: float) -> tuple[int, str]:
    """Return the unit in which a rate is a handy number: its seconds and its name."""
    return next((seconds, name) for least, seconds, name in _UNITS if per_s >= least)


def rates_of(
    counts: Sequence[int],
    is_known: Sequence[bool],
    since_s: int,
    step_s: int,
    now_s: int,
    unit: int,
) -> list[float]:
    """Return counts as rates; the step that is under way by what has gone of it.

    Args:
        counts: By step.
        is_known: Whether the program ran in a step.
        since_s: Where the first step begins.
        step_s: How long each one is.
        now_s: The present.
        unit: Seconds of the unit.
    """
    rates = [
        count * unit / step_s if known else NOTHING
        for count, known in zip(counts, is_known, strict=False)
    ]
    for step in range(len(rates) - 1, -1, -1):
        begins_s = since_s + step * step_s
        if begins_s + step_s < now_s:
            break
        gone_s = now_s - begins_s
        if gone_s < max(step_s * 0.2, 1.5):
            rates[step] = NOTHING
        elif not math.isnan(rates[step]):
            rates[step] = counts[step] * unit / min(gone_s, step_s)
    return rates


def rate_content(shown: Shown) -> Content:
    """Messages a second by result, what is normal, and last week."""
    curve, now_s = shown.curve, shown.asked.now_s
    is_destination = curve.scope == Scope.DESTINATION
    peak = max(max(curve.received, default=0) / curve.step_s, _band_peak(shown))
    unit, unit_name = unit_of(peak)

    def rates(counts: Sequence[int]) -> list[float]:
        return rates_of(counts, curve.is_known, curve.since_s, curve.step_s, now_s, unit)

    lines = []
    if shown.before is not None:
        lines.append(_before_line(shown, unit))
    words = ("answered", "refused") if is_destination else ("received", "refused")
    parts = [("received", words[0], "accent", curve.received)]
    if any(curve.duplicates):
        parts.append(("duplicates", "duplicates", "info", curve.duplicates))
    if any(curve.unclear):
        parts.append(("unclear", "unclear", "warn", curve.unclear))
    parts.append(("refused", words[1], "err", curve.refused))
    for key, label, role, counts in parts:
        lines.append(Line(key, label, role, curve.since_s, curve.step_s, rates(counts)))
    what = "Queries" if curve.scope == Scope.WORKLIST else "Messages"
    band = _band(shown, unit)
    note = f"band: normal, from {shown.band.weeks} weeks" if shown.band is not None else ""
    return Content(f"{what} {unit_name}", tuple(lines), rate_text, band=band, note=note)


def _band_peak(shown: Shown) -> float:
    return highest_of([shown.band.high]) / shown.band.step_s if shown.band is not None else 0.0


def _band(shown: Shown, unit: int) -> Band | None:
    found = shown.band
    if found is None:
        return None
    factor, first_s = unit / found.step_s, found.since_s + found.step_s / 2
    return Band(
        [first_s + n * found.step_s for n in range(len(found.low))],
        [value * factor for value in found.low],
        [value * factor for value in found.high],
    )


def _before_line(shown: Shown, unit: int) -> Line:
    before = shown.before
    if before is None:
        raise ValueError("last week was not asked for")
    curve = before.curve
    end_s = shown.asked.now_s + curve.step_s
    values = rates_of(curve.received, curve.is_known, curve.since_s, curve.step_s, end_s, unit)
    since_s = curve.since_s + before.shift_s
    return Line("before", "a week before", "muted", since_s, curve.step_s, values, is_dashed=True)


def rate_text(value: float) -> str:
    """Write a rate."""
    if value >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


# Times, waiting, errors, worklist


def latency_content(shown: Shown) -> Content:
    """Times from the first byte to the acknowledgement."""
    curve, times = shown.curve, shown.times
    title = "Time to acknowledge, ms"
    if curve.scope == Scope.DESTINATION:
        title = "Round trip, ms"
    elif curve.scope == Scope.WORKLIST:
        title = "Time to first answer, ms"
    parts = [("p50", "ok", times.p50), ("p95", "warn", times.p95), ("p99", "err", times.p99)]
    lines = [
        Line(name, name, role, curve.since_s, curve.step_s, values) for name, role, values in parts
    ]
    if shown.before is not None:
        before = shown.before
        lines.insert(
            0,
            Line(
                "before",
                "p95 a week before",
                "muted",
                before.curve.since_s + before.shift_s,
                before.curve.step_s,
                before.times.p95,
                is_dashed=True,
            ),
        )
    return Content(
        title,
        tuple(lines),
        ms_text,
        heat=shown.heat,
        heat_span=(curve.since_s, curve.until_s),
        empty="No times in this span",
    )


def _known(values: Sequence[float], shown: Shown) -> list[float]:
    return [
        value if known else NOTHING
        for value, known in zip(values, shown.curve.is_known, strict=False)
    ]


def count_text(value: float) -> str:
    """Write a number of things."""
    return f"{value:,.0f}"


def waiting_content(shown: Shown) -> Content:
    """Deliveries that waited, by destination."""
    curve = shown.curve
    lines = tuple(
        Line(
            "waiting",
            waiting.name,
            f"series{place}",
            curve.since_s,
            curve.step_s,
            _known(waiting.backlog, shown),
            series=Series(Scope.DESTINATION, waiting.name),
        )
        for place, waiting in enumerate(shown.waiting)
    )
    return Content("Waiting deliveries", lines, count_text, is_whole=True, empty="No destinations")


_CAUSE_ROLES = ("err", "warn", "info", "series5", "series6", "accent", "muted")


def errors_content(shown: Shown) -> Content:
    """Errors by cause."""
    curve = shown.curve
    lines = tuple(
        Line("refused", cause, _CAUSE_ROLES[place], curve.since_s, curve.step_s, counts)
        for place, (cause, counts) in enumerate(shown.causes)
    )
    return Content(
        "Errors by cause",
        lines,
        count_text,
        is_whole=True,
        is_bars=True,
        empty="No errors in this span",
    )


def worklist_content(shown: Shown) -> Content:
    """The worklist's lines by state, or how far it and the full text were behind."""
    return behind_content(shown) if shown.asked.has_behind else states_content(shown)


def states_content(shown: Shown) -> Content:
    """Lines of the worklist by state; a gap where they were not counted."""
    curve, series = shown.curve, Series(Scope.WORKLIST)
    lines = []
    for state, values in shown.states:
        word, role = state_look(state)
        known = _known(values, shown)
        lines.append(Line(state, word, role, curve.since_s, curve.step_s, known, series=series))
    behind = next((n for n in reversed(shown.worklist_lag[: _past_steps(shown)])), 0)
    return Content(
        "Worklist by state",
        tuple(lines),
        count_text,
        is_whole=True,
        is_bars=True,
        note=f"{behind:,} messages behind" if behind else "",
        empty="No lines of the worklist are known in this span",
    )


def _past_steps(shown: Shown) -> int:
    """Return how many steps have begun."""
    return max((shown.asked.now_s - shown.curve.since_s) // shown.curve.step_s + 1, 0)


def behind_content(shown: Shown) -> Content:
    """How far what is made of messages was behind."""
    curve = shown.curve
    parts = (
        ("worklist", "worklist", "accent", shown.worklist_lag),
        ("text", "full text", "series5", shown.text_lag),
    )
    lines = tuple(
        Line(key, label, role, curve.since_s, curve.step_s, _known(values, shown), series=Series())
        for key, label, role, values in parts
    )
    return Content("Messages behind", lines, count_text, is_whole=True)


# What a click means


def nearest_line(content: Content, at_s: float, value: float) -> Line | None:
    """Return the line next to a value at a moment; of several at the same height the first drawn.

    Lines that only compare are left out. Of bars it is the layer that the value lies in.
    """
    if content.is_bars:
        return _layer_at(content, at_s, value)
    lines = [line for line in content.lines if line.key != "before"]
    near = [(abs(line.value_at(at_s) - value), line) for line in lines]
    known = [(distance, line) for distance, line in near if not math.isnan(distance)]
    if not known:
        return lines[0] if lines else None
    least = min(distance for distance, _ in known)
    return next(line for distance, line in known if distance <= least)


def _layer_at(content: Content, at_s: float, value: float) -> Line | None:
    base = 0.0
    for line in content.lines:
        base += line.value_at(at_s)
        if value <= base:
            return line
    return content.lines[-1] if content.lines else None


def steps_within(line: Line, first_s: float, last_s: float) -> tuple[int, int]:
    """Return the whole steps that a stretch touches: where they begin and end, in seconds."""
    first_s, last_s = min(first_s, last_s), max(first_s, last_s)
    begin = math.floor((first_s - line.since_s) / line.step_s)
    end = math.floor((last_s - line.since_s) / line.step_s) + 1
    return (
        round(line.since_s + begin * line.step_s),
        round(line.since_s + end * line.step_s),
    )


def oldest_wait_s(shown: Shown, name: str, since_s: int, until_s: int) -> int:
    """Return how long the first delivery of a destination had waited at most within a stretch."""
    curve = shown.curve
    first = max((since_s - curve.since_s) // curve.step_s, 0)
    end = max(-(-(until_s - curve.since_s) // curve.step_s), 0)
    for waiting in shown.waiting:
        if waiting.name == name:
            return max(waiting.head_age_s[first:end], default=0)
    return 0


def gaps_of(shown: Shown) -> list[tuple[float, float]]:
    """Return where the program did not run, as far as that lies in the past."""
    curve = shown.curve
    spans: list[tuple[float, float]] = []
    for step, known in enumerate(curve.is_known):
        begins_s = curve.since_s + step * curve.step_s
        if known or begins_s >= shown.asked.now_s - curve.step_s:
            continue
        if spans and spans[-1][1] == begins_s:
            spans[-1] = (spans[-1][0], begins_s + curve.step_s)
        else:
            spans.append((begins_s, begins_s + curve.step_s))
    return spans
