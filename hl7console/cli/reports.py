"""Prints what a job did: a line for each message sent, and for each part not taken."""

from __future__ import annotations

from hl7console.cli import output
from hl7console.engine.console import JobReport, NotTaken, SendResult


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
    """Print what no message was made of, and what is odd about a batch, with the reason."""
    for part in report.not_taken:
        if as_json:
            output.json_line(
                {"source": part.source, "offset_bytes": part.offset_bytes, "reason": part.reason}
            )
        else:
            output.line(_not_taken_line(part))
    more = report.not_taken_total - len(report.not_taken)
    if more > 0:
        output.remark(f"… and {more:,} more.")


def _result_values(result: SendResult) -> dict[str, object]:
    return {
        "message_id": result.message_id,
        "control_id": result.control_id,
        "state": result.state,
        "ack_code": result.ack_code,
        "text": result.text,
        "round_trip_s": round(result.round_trip_s, 6),
        "source": result.source,
    }


def _result_line(result: SendResult) -> str:
    name = output.visible(result.control_id) or "(no control id)"
    milliseconds = f"{result.round_trip_s * 1000:.0f} ms" if result.round_trip_s else ""
    parts = [name, result.ack_code or "-", result.state, milliseconds, result.text, result.source]
    return "  ".join(output.visible(part) for part in parts if part)


def _not_taken_line(part: NotTaken) -> str:
    where = f" at byte {part.offset_bytes:,}" if part.offset_bytes else ""
    return f"problem: {output.visible(part.source)}{where}: {output.visible(part.reason)}"
