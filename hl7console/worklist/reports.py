"""What a report says of the order that it belongs to.

References:
    HL7 v2.5.1 chapter 7, OBR-25 (table 0123) and OBX-11 (table 0085).
"""

from __future__ import annotations

from hl7console.worklist.rows import REPORT, STEP, Row
from hl7console.worklist.states import Rank, StepState, request_state, settle, standing
from hl7console.worklist.turn import Severity, Turn

STATUS = {
    "A": "preliminary",
    "R": "preliminary",
    "P": "preliminary",
    "F": "final",
    "C": "corrected",
    "M": "preliminary-corrected",
    "X": "cancelled",
}
"""Report status by OBR-25; the other codes tell none."""


def reports_of(turn: Turn, order: Row) -> list[Row]:
    """Return the reports of an order, the one that was told last at the end."""
    found = {row.id: row for row in turn.find(REPORT, "order", order.id)}
    found |= {row.id: row for row in turn.find(REPORT, "also", order.id)}
    return sorted(found.values(), key=lambda row: (_latest(row), row.id))


def _latest(report: Row) -> int:
    return report.number("latest") or report.number("entry")


def tell_order(turn: Turn, report: Row, order: Row) -> None:
    """Give an order the status of its newest report and flag what is critical.

    Steps end by it where the profile says so.
    """
    if any(_latest(other) > _latest(report) for other in reports_of(turn, order)):
        return
    path = _path(report)
    if report.text("status"):
        turn.set(order, "report_status", report.text("status"), path, "report")
    if "critical_result" in report.list("flags"):
        turn.add_flag(order, "critical_result", "OBX-8")
    for step in turn.find(STEP, "order", order.id):
        _tell_step(turn, report, step, path)


def forget(turn: Turn, report: Row, order: Row) -> None:
    """Take back what a report that isn't an order's any more told of it; states stay."""
    others = [other for other in reports_of(turn, order) if other is not report]
    status = next((text for other in reversed(others) if (text := other.text("status"))), "")
    turn.set(order, "report_status", status, _path(report), "report")
    if not any("critical_result" in other.list("flags") for other in others):
        turn.drop_flag(order, "critical_result")


def _path(report: Row) -> str:
    return report.sources["status"].path if "status" in report.sources else "OBR-25"


def _tell_step(turn: Turn, report: Row, step: Row, path: str) -> None:
    status = report.text("status")
    if standing(step) == StepState.CANCELED:
        if status and status != "cancelled" and "result_on_cancelled" not in step.list("flags"):
            turn.add_flag(step, "result_on_cancelled", path)
        return
    if status in ("final", "corrected") and report.number("completes"):
        if standing(step) == StepState.COMPLETED:
            return
        request_state(
            turn, step, StepState.COMPLETED, Rank.REPORT, path=path, rule="report_completes"
        )
        settle(turn, step)
    elif status == "cancelled":
        turn.note("report_cancelled", step, Severity.INFO, path)
