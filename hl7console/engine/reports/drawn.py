"""The plots of a report: what came and went in its steps, how fast, and what waited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hl7console.engine.reports import plots, words
from hl7console.engine.reports.blocks import Block, Plot
from hl7console.engine.reports.figures import Counts, Report, StepFigures

_GREY_NOTE = "Grey: nothing is known, as the program did not run."
_GREY_SO_FAR = "Grey: the program did not run, or the time is yet to come."


def plots_of(report: Report) -> list[Block]:
    """Return the plots that have anything to show, in their order."""
    found: list[Block] = []
    has_received = bool(report.received.received)
    has_delivered = bool(report.delivered.received)
    if has_received or not has_delivered:
        found.append(_volume(report, "Received", [step.received for step in report.steps]))
    if has_delivered:
        found.append(_volume(report, "Deliveries", [step.delivered for step in report.steps]))
    if report.latency.count or report.round_trip.count:
        found.append(_latency(report, "Time to the acknowledgement" if has_received
                              else "Round trip"))  # fmt: skip
    if report.hours:
        found.append(_hours(report))
    if report.backlogs:
        found.append(_backlogs(report))
    return found


def _labels(report: Report) -> list[str]:
    return [step.label for step in report.steps]


def _known(report: Report) -> list[bool]:
    return [step.is_known for step in report.steps]


def _note(report: Report) -> str:
    if all(_known(report)):
        return ""
    return _GREY_NOTE if report.is_over else _GREY_SO_FAR


def _step(report: Report) -> str:
    """Return what a step of the plots is called."""
    if len(report.steps) < 2:
        return "time"
    length_s = report.steps[1].since_s - report.steps[0].since_s
    if len(report.steps) > 2:
        length_s = report.steps[2].since_s - report.steps[1].since_s
    names = {300: "5 minutes", 3600: "hour", 86400: "day", 7 * 86400: "week"}
    return names.get(length_s, "day")


def _plot(report: Report, svg: str, title: str, series: Sequence[plots.Series]) -> Plot:
    legend = tuple((one.color, one.name) for one in series)
    return Plot(svg, title, plots.WIDTH, plots.HEIGHT, legend, _note(report))


def _volume(report: Report, title: str, counts: Sequence[Counts]) -> Plot:
    series = [
        plots.Series("accepted", plots.BLUE, [c.accepted for c in counts]),
        plots.Series("refused", plots.RED, [c.refused for c in counts]),
    ]
    if any(c.unclear for c in counts):
        series.append(plots.Series("unclear", plots.AMBER, [c.unclear for c in counts]))
    svg = plots.bars(_labels(report), series, _known(report), shown=_whole)
    return _plot(report, svg, f"{title} by {_step(report)}", series)


def _latency(report: Report, title: str) -> Plot:
    def taken(name: str, steps: Sequence[StepFigures]) -> list[float | None]:
        return [getattr(s.latency, name) if s.latency.count else None for s in steps]

    series = [
        plots.Series("p50", plots.GREEN, taken("p50_us", report.steps)),
        plots.Series("p95", plots.AMBER, taken("p95_us", report.steps)),
        plots.Series("p99", plots.RED, taken("p99_us", report.steps)),
    ]
    svg = plots.lines(_labels(report), series, _known(report), shown=_time)
    return _plot(report, svg, f"{title} by {_step(report)}", series)


def _hours(report: Report) -> Plot:
    rows = []
    for row in report.hours:
        day = datetime.fromtimestamp(row.since_s)  # noqa: DTZ006 - local, as people read it
        rows.append((f"{day:%a} {day.day} {day:%b}", row.hours))
    svg, height = plots.hour_map(rows)
    note = "Darker: more came."
    if any(hour is None for _, hours in rows for hour in hours):
        note += " Grey with a dot: the program did not run, or the hour is yet to come."
    what = "Received" if report.received.received else "Delivered"
    return Plot(svg, f"{what} by hour of the day", plots.WIDTH, height, (), note)


def _backlogs(report: Report) -> Plot:
    known = _known(report)
    series = [
        plots.Series(
            backlog.destination,
            color,
            [v if k else None for v, k in zip(backlog.values, known, strict=True)],
        )
        for backlog, color in zip(report.backlogs, plots.LINES, strict=False)
    ]
    svg = plots.lines(_labels(report), series, known, shown=_whole)
    return _plot(report, svg, f"Most deliveries waiting, by {_step(report)}", series)


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _time(value: float) -> str:
    return words.time_taken(round(value)) if value else "0"
