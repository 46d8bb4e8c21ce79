"""What a demo without a window tells at its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hl7console.cli import output
from hl7console.engine.demo.forwarding import Forwarded
from hl7console.engine.demo.hospital import Tally, ToldStep
from hl7console.engine.demo.running import Kept, Stand
from hl7console.engine.demo.watching import ToldAlert
from hl7console.worklist import wording

_CODES = ("AA", "CA", "AE", "AR")


def summary_values(
    tally: Tally,
    kept: Kept,
    stand: Stand,
    forwarded: Sequence[Forwarded],
    path: Path,
    alerts: Sequence[ToldAlert] = (),
) -> dict[str, object]:
    """Return the summary as plain values."""
    return {
        "sent": tally.sent,
        "stored": kept.total,
        "duplicates": kept.duplicates,
        "messages": [
            {"type": kind, "ack_code": code, "count": count}
            for (kind, code), count in sorted(kept.counts.items())
        ],
        "stories": [
            {
                "story": story,
                "steps": [
                    {
                        "after_s": round(step.after_s, 1),
                        "type": step.message_type,
                        "system": step.system,
                        "caption": step.caption,
                        "ack_code": step.ack_code,
                    }
                    for step in steps
                ],
            }
            for story, steps in _stories(tally)
        ],
        "worklist": {
            "lines": stand.total,
            "states": dict(sorted(stand.by_state.items())),
            "incomplete": stand.incomplete,
            "problems": stand.problems,
            "worth_a_look": [
                {"accession": number, "flag": flag} for number, flag in stand.worth_a_look
            ],
        },
        "forwarded": [
            {
                "destination": one.destination,
                "taken": one.taken,
                "refused": one.refused,
                "waiting": one.waiting,
            }
            for one in forwarded
        ],
        "alerts": [
            {
                "after_s": round(alert.after_s, 1),
                "severity": alert.severity,
                "rule": alert.rule,
                "interface": alert.interface,
                "text": alert.text,
                "over_after_s": (
                    None if alert.over_after_s is None else round(alert.over_after_s, 1)
                ),
            }
            for alert in alerts
        ],
        "workspace": str(path),
    }


def accepted(tally: Tally) -> int:
    """Return how many messages the senders were told to be kept."""
    return sum(count for (_, code), count in tally.counts.items() if code in ("AA", "CA"))


def print_summary(
    tally: Tally,
    kept: Kept,
    stand: Stand,
    forwarded: Sequence[Forwarded],
    path: Path,
    alerts: Sequence[ToldAlert] = (),
) -> None:
    """Print messages by type and result, the stories, the worklist, what was forwarded, the alerts,
    and where to look further.
    """  # noqa: D205
    place = f'--workspace "{path}"' if " " in str(path) else f"--workspace {path}"
    output.line()
    output.line("Messages by type and answer")
    output.line()
    _print_counts(kept)
    output.line()
    output.line("What the stories did")
    for story, steps in _stories(tally):
        output.line()
        output.line(f"  {story}")
        for step in steps:
            kind = step.message_type or "(none)"
            answer = step.ack_code or "no answer"
            output.line(f"  {step.after_s:5.1f} s  {kind:8}  {answer:4}  {step.caption}")
    output.line()
    _print_stand(stand, place)
    output.line()
    output.line("Forwarded")
    output.line()
    output.table(
        ["Destination", "Taken", "Refused", "Waiting"],
        [
            [one.destination, str(one.taken), str(one.refused), str(one.waiting)]
            for one in forwarded
        ],
        right=range(1, 4),
    )
    output.line()
    _print_alerts(alerts)
    output.line()
    output.line(
        f"Sent {tally.sent:,} messages over MLLP and TLS, kept {kept.total:,}"
        f" ({kept.duplicates} of them duplicates)."
    )
    output.line(f"Workspace: {path}")
    output.line("Look at them:")
    output.line("  hl7console demo                          in the window, with new traffic")
    output.line(f"  hl7console messages {place}")
    output.line(f'  hl7console messages {place} "status:error or status:rejected"')
    output.line(f"  hl7console worklist {place}")
    output.line(f"  hl7console worklist {place} --problems")
    output.line(f"  hl7console deliveries {place} --failed")


def _print_stand(stand: Stand, place: str) -> None:
    output.line("The worklist")
    output.line()
    if not stand.total:
        output.line("No line stands on it yet.")
        return
    states = [[state.replace("_", " ").lower(), str(n)] for state, n in stand.by_state.items() if n]
    output.table(["State", "Lines"], sorted(states), right=(1,))
    if stand.incomplete:
        output.line(f"Incomplete, so that no modality is told of them: {stand.incomplete}.")
    output.line(f"In the error list: {stand.problems}.")
    if stand.worth_a_look:
        output.line()
        output.line("Ask a line why it is as it is:")
    for number, flag in stand.worth_a_look:
        output.line(f"  hl7console worklist {place} --why {number}")
        output.line(f"    {wording.flag_sentence(flag)}")


def _print_alerts(alerts: Sequence[ToldAlert]) -> None:
    output.line("Alerts")
    output.line()
    if not alerts:
        output.line("None was told.")
    for alert in alerts:
        is_open = alert.over_after_s is None
        end = "still open" if is_open else f"over at {alert.over_after_s:.1f} s"
        output.line(f"  {alert.after_s:5.1f} s  {alert.severity:8}  {alert.rule} ({end})")
        output.line(f"           {alert.text}")


def _print_counts(kept: Kept) -> None:
    others = sorted({code for _, code in kept.counts} - set(_CODES))
    codes = [c for c in _CODES if any(code == c for _, code in kept.counts)] + others
    rows = []
    for kind in sorted({kind for kind, _ in kept.counts}):
        counts = [kept.counts.get((kind, code), 0) for code in codes]
        rows.append([kind or "(none)", *(str(c) if c else "" for c in counts), str(sum(counts))])
    headings = ["Type", *(code or "none" for code in codes), "All"]
    output.table(headings, rows, right=range(1, len(headings)))


def _stories(tally: Tally) -> list[tuple[str, list[ToldStep]]]:
    stories: dict[str, list[ToldStep]] = {}
    for step in sorted(tally.steps, key=lambda step: step.after_s):
        stories.setdefault(step.story, []).append(step)
    return list(stories.items())
