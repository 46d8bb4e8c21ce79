"""A report as plain values, for JSON: names as in `figures`, times in µs and seconds."""

from __future__ import annotations

import dataclasses

from hl7console.engine.reports.figures import Availability, Report


def values_of(report: Report) -> dict[str, object]:
    """Return a report's numbers; its plots are the ``steps`` and ``hours`` among them."""
    values = dataclasses.asdict(report)
    values["availability"] = _availability(report.availability)
    for figures, told in zip(report.interfaces, values["interfaces"], strict=True):
        told["availability"] = figures.availability and _availability(figures.availability)
    return values


def _availability(availability: Availability) -> dict[str, object]:
    return {**dataclasses.asdict(availability), "share": availability.share}
