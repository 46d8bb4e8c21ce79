"""Lays a report out: which figures, plots and tables, in which order and words."""

from __future__ import annotations

from datetime import datetime

from hl7console import __version__
from hl7console.engine.reports import words
from hl7console.engine.reports.blocks import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Figures,
    Heading,
    Paragraph,
    Table,
    Title,
    Tone,
)
from hl7console.engine.reports.drawn import plots_of
from hl7console.engine.reports.figures import Availability, InterfaceFigures, Report, Share
from hl7console.settings.alerts import Severity
from hl7console.store.measures.records import Scope

_TONES = {Severity.CRITICAL: Tone.BAD, Severity.WARNING: Tone.WARN}
_HOW_AVAILABLE = (
    "Availability is the time without a connection alert, out of the time in which this program"
    " ran. Of the rest nothing is known, and it is not counted."
)


def document_of(report: Report) -> Document:
    """Return the report, ready to be written as HTML or PDF."""
    name = report.interface or "All interfaces"
    blocks: list[Block] = [
        Title(f"{name}: {report.span.title}", _about(report), f"hl7console {__version__}"),
        *(Paragraph(note) for note in report.notes),
        _figures(report),
        *plots_of(report),
        *_alerts(report),
        *_causes(report),
        *_interfaces(report),
        *_shares(report),
    ]
    return Document(f"{name}: {report.span.title}", tuple(blocks))


def _about(report: Report) -> str:
    since, until = (
        datetime.fromtimestamp(s)  # noqa: DTZ006 - local, as people read it
        for s in (report.span.since_s, report.span.until_s)
    )
    made = datetime.fromtimestamp(report.made_at_us / 1_000_000).astimezone()
    return (
        f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}, times of {made:%Z}."
        f" Made on {made:%Y-%m-%d} at {made:%H:%M}."
    )


# Figures


def _figures(report: Report) -> Figures:
    figures = [_ran(report.availability)]
    if report.received.received or not report.delivered.received:
        figures += _incoming(report)
    if report.delivered.received:
        figures += _outgoing(report)
    figures.append(_alert_figure(report))
    return Figures(tuple(figures))


def _ran(availability: Availability) -> Figure:
    whole_s = availability.known_s + availability.unknown_s
    value = words.share(availability.known_s, whole_s)
    if not availability.unknown_s:
        return Figure("Program ran", value, "all the time", Tone.GOOD)
    under = f"not for {words.duration(availability.unknown_s)}"
    return Figure("Program ran", value if availability.known_s else "0 %", under, Tone.WARN)


def _incoming(report: Report) -> list[Figure]:
    counts, times = report.received, report.latency
    refused = words.share(counts.refused, counts.received)
    return [
        Figure("Received", f"{counts.received:,}", _compared(report, counts.received,
                                                            report.before.received)),
        Figure("Refused", f"{counts.refused:,}", f"{refused} of what came" if counts.refused else
               "none", Tone.BAD if counts.refused else Tone.GOOD),
        Figure("Duplicates", f"{counts.duplicates:,}", words.share(counts.duplicates,
                                                                   counts.received)),
        Figure("Volume", words.size(counts.size_bytes), "as it was on the wire"),
        Figure("Acknowledged in", words.time_taken(times.p50_us),
               f"95 % in {words.time_taken(times.p95_us)}" if times.count else "no time known"),
    ]  # fmt: skip


def _outgoing(report: Report) -> list[Figure]:
    counts, times = report.delivered, report.round_trip
    bad = counts.refused + counts.unclear
    return [
        Figure("Delivered", f"{counts.accepted:,}", _compared(report, counts.accepted,
                                                             report.delivered_before.accepted)),
        Figure("Refused or unclear", f"{bad:,}", f"{counts.refused:,} refused by the receiver",
               Tone.BAD if bad else Tone.GOOD),
        Figure("Round trip", words.time_taken(times.p50_us),
               f"95 % in {words.time_taken(times.p95_us)}" if times.count else "no time known"),
    ]  # fmt: skip


def _compared(report: Report, now: int, before: int) -> str:
    if not report.is_before_known:
        return "nothing to compare with"
    told = words.change(now, before)
    return f"{told} against {report.before_title}" if told else f"none {report.before_title}"


def _alert_figure(report: Report) -> Figure:
    if not report.alerts_total:
        return Figure("Alerts", "none", "", Tone.GOOD)
    open_count = sum(rule.open_count for rule in report.rules)
    over = [(r.mean_recovery_s, r.count - r.open_count) for r in report.rules]
    known = [(mean, count) for mean, count in over if mean is not None]
    total = sum(count for _, count in known)
    mean = sum(mean * count for mean, count in known) / total if total else None
    under = f"mean time to recovery {words.duration(mean)}" if mean is not None else ""
    if open_count:
        under = f"{open_count:,} still open" + (f"; {under}" if under else "")
    return Figure("Alerts", f"{report.alerts_total:,}", under, Tone.WARN)


# Interfaces


def _interfaces(report: Report) -> list[Block]:
    incoming = [i for i in report.interfaces if i.kind != Scope.DESTINATION]
    outgoing = [i for i in report.interfaces if i.kind == Scope.DESTINATION]
    blocks: list[Block] = []
    if incoming:
        blocks += [Heading("Listeners"), _listeners(incoming)]
    if outgoing:
        blocks += [Heading("Destinations"), _destinations(outgoing)]
    if blocks:
        blocks.append(Paragraph(_HOW_AVAILABLE))
    return blocks


def _listeners(found: list[InterfaceFigures]) -> Table:
    columns = (
        Column("Interface", weight=2.4), Column("Received", is_number=True),
        Column("Refused", is_number=True), Column("Duplicates", is_number=True),
        Column("Volume", is_number=True), Column("p50", is_number=True),
        Column("p95", is_number=True), Column("p99", is_number=True),
        Column("Longest", is_number=True), Column("Connections", is_number=True),
        Column("Availability", is_number=True, weight=1.6),
    )  # fmt: skip
    return Table(columns, tuple(_listener(figures) for figures in found))


def _listener(figures: InterfaceFigures) -> tuple[Cell, ...]:
    counts, times = figures.counts, figures.latency
    return (
        _name(figures),
        Cell(words.count(counts.received)),
        _bad(counts.refused, counts.received),
        Cell(words.count(counts.duplicates)),
        Cell(words.size(counts.size_bytes)),
        *(Cell(words.time_taken(t)) for t in (times.p50_us, times.p95_us, times.p99_us,
                                              times.most_us)),
        Cell(words.count(figures.most_connections)),
        _available(figures),
    )  # fmt: skip


def _destinations(found: list[InterfaceFigures]) -> Table:
    columns = (
        Column("Destination", weight=2.4), Column("Accepted", is_number=True),
        Column("Refused", is_number=True), Column("Unclear", is_number=True),
        Column("p50", is_number=True), Column("p95", is_number=True),
        Column("p99", is_number=True), Column("Longest", is_number=True),
        Column("In the queue, p95", is_number=True, weight=1.3),
        Column("Most waiting", is_number=True, weight=1.2),
        Column("Availability", is_number=True, weight=1.6),
    )  # fmt: skip
    return Table(columns, tuple(_destination(figures) for figures in found))


def _destination(figures: InterfaceFigures) -> tuple[Cell, ...]:
    counts, times = figures.counts, figures.latency
    oldest = f"oldest {words.duration(figures.oldest_s)}" if figures.oldest_s else ""
    return (
        _name(figures),
        Cell(words.count(counts.accepted)),
        _bad(counts.refused, counts.received),
        _bad(counts.unclear, counts.received),
        *(Cell(words.time_taken(t)) for t in (times.p50_us, times.p95_us, times.p99_us,
                                              times.most_us)),
        Cell(words.time_taken(figures.wait.p95_us)),
        Cell(words.count(figures.most_backlog), under=oldest),
        _available(figures),
    )  # fmt: skip


def _name(figures: InterfaceFigures) -> Cell:
    under = "worklist queries over DICOM" if figures.kind == Scope.WORKLIST else ""
    return Cell(figures.name, under=under)


def _bad(count: int, whole: int) -> Cell:
    if not count:
        return Cell(words.NOTHING, Tone.MUTED)
    return Cell(words.count(count), Tone.BAD, under=words.share(count, whole))


def _available(figures: InterfaceFigures) -> Cell:
    found = figures.availability
    if found is None:
        return Cell(words.NOT_KNOWN, Tone.MUTED, under=figures.note)
    if found.share is None:
        return Cell(words.NOT_KNOWN, Tone.MUTED, under="the program did not run")
    parts = []
    if found.down_s:
        times = words.plural(found.interruptions, "time")
        parts.append(f"down {words.duration(found.down_s)}, {times}")
    if found.unknown_s:
        parts.append(f"{words.duration(found.unknown_s)} {words.NOT_KNOWN}")
    tone = Tone.BAD if found.down_s else Tone.PLAIN
    return Cell(words.percent(found.share), tone, under="; ".join(parts))


# Lists


def _causes(report: Report) -> list[Block]:
    if not report.causes:
        return []
    most = report.causes[0].count
    columns = (
        Column("Interface", weight=2), Column("Cause", weight=4),
        Column("Messages", is_number=True),
    )  # fmt: skip
    rows = tuple(
        (Cell(c.interface), Cell(c.cause, part=c.count / most), Cell(words.count(c.count)))
        for c in report.causes
    )
    return [Heading("Errors by cause"), Table(columns, rows)]


def _shares(report: Report) -> list[Block]:
    blocks: list[Block] = []
    for title, first, shares in (
        ("Top senders", "Application and facility (MSH-3, MSH-4)", report.senders),
        ("Messages by type", "Type", report.types),
    ):
        if shares:
            blocks += [Heading(title), _share_table(first, shares)]
    return blocks


def _share_table(first: str, shares: tuple[Share, ...]) -> Table:
    whole = sum(share.received for share in shares)
    most = max(share.received for share in shares)
    columns = (
        Column(first, weight=4), Column("Received", is_number=True),
        Column("Share", is_number=True), Column("Refused", is_number=True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(_sender(share.name), part=share.received / most),
            Cell(words.count(share.received)),
            Cell(words.share(share.received, whole)),
            _bad(share.refused, share.received),
        )
        for share in shares
    )
    return Table(columns, rows)


def _sender(name: str) -> str:
    shown = ", ".join(part for part in name.split("|") if part)
    return shown or "(not named)"


def _alerts(report: Report) -> list[Block]:
    if not report.alerts_total:
        return [Heading("Alerts"), Paragraph("There was none.")]
    rules = Table(
        (
            Column("Rule", weight=4), Column("Alerts", is_number=True),
            Column("Still open", is_number=True),
            Column("Mean time to recovery", is_number=True, weight=1.6),
            Column("Longest", is_number=True, weight=1.2),
        ),
        tuple(
            (
                Cell(rule.rule),
                Cell(words.count(rule.count)),
                Cell(words.count(rule.open_count)),
                Cell(words.duration(rule.mean_recovery_s)),
                Cell(words.duration(rule.longest_s)),
            )
            for rule in report.rules
        ),
    )  # fmt: skip
    columns = (
        Column("Since", weight=1.5), Column("Severity", weight=1.1),
        Column("Interface", weight=1.8), Column("What was wrong", weight=5),
        Column("Recovered after", is_number=True, weight=1.6),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(words.moment(alert.onset_at_us)),
            Cell(alert.severity, _TONES.get(Severity(alert.severity), Tone.PLAIN)),
            Cell(_sender(alert.subject) if alert.subject else "the whole engine"),
            Cell(alert.text, under="acknowledged" if alert.is_acknowledged else ""),
            Cell("still open", Tone.BAD) if alert.recovery_s is None
            else Cell(words.duration(alert.recovery_s)),
        )
        for alert in report.alerts
    )  # fmt: skip
    blocks: list[Block] = [Heading("Alerts"), rules, Table(columns, rows)]
    if len(report.alerts) < report.alerts_total:
        blocks.append(Paragraph(f"The latest {len(report.alerts):,} are listed."))
    return blocks
