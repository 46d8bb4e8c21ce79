"""Prints what a job did: a line for each message sent, and for each part not taken or odd."""

from __future__ import annotations

from hl7console.cli import output
from hl7console.engine.console import JobReport, SendResult

NOT_TAKEN = "not_taken"
"""Kind of a line on a file, or a part of one, that no message was made of."""
NOTICED = "noticed"
"""Kind of a line on an oddity; the messages were taken all the same."""


def print_results(report: JobReport, *, as_json: bool) -> None:
    """Print the outcome of every message sent, what was not taken, and a summary."""
    for result in report.results:
        if as_json:
            output.json_line(_result_values(result))
        else:
            output.line(_result_line(result))
    print_not_taken(report, as_json=as_json)
    if report.text:
        output.remark(report.text)


def print_not_taken(report: JobReport, *, as_json: bool) -> None:
    """Print what no message was made of, and what is odd though nothing was lost."""
    parts = [(NOT_TAKEN, part.source, part.offset_bytes, part.reason) for part in report.not_taken]
    parts += [(NOTICED, part.source, part.offset_bytes, part.text) for part in report.noticed]
    for kind, source, offset_bytes, reason in parts:
        if as_json:
            values = {"kind": kind, "source": source, "offset_bytes": offset_bytes}
            output.json_line({**values, "reason": reason})
        else:
            where = f" at byte {offset_bytes:,}" if offset_bytes else ""
            shown = f"{output.visible(source)}{where}: {output.visible(reason)}"
            output.line(f"{kind.replace('_', ' ')}: {shown}")
    more = report.not_taken_total - len(report.not_taken)
    if more > 0:
        output.remark(f"… and {more:,} more that were not taken.")
    more = report.noticed_total - len(report.noticed)
    if more > 0:
        output.remark(f"… and {more:,} more that were noticed.")


def _result_values(result: SendResult) -> dict[str, object]:
    values = {
        "message_id": result.message_id,
        "control_id": result.control_id,
        "state": result.state,
        "ack_code": result.ack_code,
        "text": result.text,
        "round_trip_s": round(result.round_trip_s, 6),
        "source": result.source,
        "receiver_text": result.receiver_text,
    }
    if result.destination:
        values["destination"] = result.destination
    if result.original_id:
        values["original_id"] = result.original_id
    return values


def _result_line(result: SendResult) -> str:
    name = output.visible(result.control_id) or "(no control id)"
    milliseconds = f"{result.round_trip_s * 1000:.0f} ms" if result.round_trip_s else ""
    said = f"The receiver says: {result.receiver_text}" if result.receiver_text else ""
    parts = [name, result.ack_code or "-", result.state, milliseconds, result.text, said]
    parts += [result.destination, result.source]
    return "  ".join(output.visible(part) for part in parts if part)


def exit_code_of(report: JobReport) -> int:
    """Return 0 where something was sent and all of it accepted, else 1."""
    faults = report.refused or report.unknown or report.not_taken_total or report.cancelled
    return 0 if report.accepted and not faults else 1
