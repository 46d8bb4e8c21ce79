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


def tell_order(turn: Turn, report: Row, order: Row) -> None:
    """Give an order the status of its newest report and flag what is critical.

    Steps end by it where the profile says so.
    """
    newest = max(turn.find(REPORT, "order", order.id), key=lambda row: row.number("entry"))
    if newest is not report and newest.number("entry") > report.number("entry"):
        return
    path = report.sources["status"].path if "status" in report.sources else "OBR-25"
    if report.text("status"):
        turn.set(order, "report_status", report.text("status"), path, "report")
    if "critical_result" in report.list("flags"):
        turn.add_flag(order, "critical_result", "OBX-8")
    for step in turn.find(STEP, "order", order.id):
        _tell_step(turn, report, step, path)


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
