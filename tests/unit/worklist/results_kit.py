"""Plays messages as the cases write them, and looks at the rows that they leave."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from worklist_kit import Case, Result, run

from hl7console.worklist.rows import STEP, Row
from hl7console.worklist.turn import Severity

STUDY = "1.2.826.0.1.11"
"""The study UID of the standard order."""
SECOND = "2=P2^RIS 3=F2^PACS 19=RP2 20=S2"
"""Changes that make the standard order another one of the same accession and study."""
ROE = "3=9999^^^HOSP^MR 5=ROE^RICHARD 7=19500101"
"""Changes that make the standard person somebody else."""


class Played:
    """What came of some messages."""

    def __init__(self, result: Result) -> None:
        self.result = result
        faults = [n.args for n in result.notes() if n.rule == "fault"]
        assert not faults, faults

    def rows(self, kind: str) -> list[Row]:
        return list(self.result.state.all(kind))

    def only(self, kind: str) -> Row:
        rows = self.rows(kind)
        assert len(rows) == 1, rows
        return rows[0]

    def row(self, kind: str, value: str) -> Row:
        """Return the row that has a value in one of its columns."""
        rows = [row for row in self.rows(kind) if value in list(row.values.values())]
        assert len(rows) == 1, rows
        return rows[0]

    def step(self, sps_id: str = "S1") -> Row:
        return self.row(STEP, sps_id)

    def state(self, sps_id: str = "S1") -> str:
        return self.step(sps_id).text("state")

    def codes(self, severity: Severity | None = None) -> list[str]:
        """Return the codes of the notes of the last entry."""
        notes = self.result.outcomes[-1].notes
        return [n.rule for n in notes if severity in (None, n.severity)]

    def errors(self) -> list[str]:
        return self.codes(Severity.ERROR)

    def all_codes(self) -> list[str]:
        return [note.rule for note in self.result.notes()]

    @property
    def is_refused(self) -> bool:
        return self.result.outcomes[-1].is_refused


def play(*messages: str, options: str = "", text: str = "") -> Played:
    """Apply messages (blocks of the cases' notation) and return what came of them."""
    profile = f"[options]\n{options}\n{text}" if options or text else ""
    return Played(run(Case("unit", "unit", [], "\n\n".join(messages), [], "", profile)))


def order(changes: str = "", head: str = "@ORM") -> str:
    return f"{head}\n@ORDER NW SC {changes}"


def orders(*changes: str) -> str:
    """Return one message with an order for each of these changes."""
    blocks = [f"@ORDER NW SC {change}" for change in changes]
    return "\n".join(["@ORM", *blocks])


def oru(obr: str = "25=F", *rest: str, head: str = "@ORU", pid: str = "@PID") -> str:
    return "\n".join([head, pid, f"@OBR {obr}", *(rest or ("@OBX",))])


def siu(event: str = "S12", *rest: str, sch: str = "", head: str = "", pid: str = "@PID") -> str:
    return "\n".join(
        [f"@SIU {event} {head}".strip(), f"@SCH {sch}", pid, *(rest or ("@RGS", "@AIS"))]
    )


def mdm(event: str = "T02", txa: str = "", *rest: str, pid: str = "@PID") -> str:
    return "\n".join([f"@MDM {event}", "@EVN", pid, "@PV1", f"@TXA {txa}", *(rest or ("@OBX",))])


def operator(action: str, **body: Any) -> str:
    import json

    names = {"study_uid": STUDY, "sps_id": "S1"} | body
    return f"OPERATOR {json.dumps({'action': action, **names})}"


def exam(status: str = "IN PROGRESS", uid: str = "1.9.1", **told: str) -> str:
    """Return an N-CREATE; without keys it names the standard step."""
    names = told or {"study": STUDY, "sps": "S1", "accession": "A1"}
    return f"MPPS create {uid} {status} " + " ".join(f"{k}={v}" for k, v in names.items())


def exam_set(status: str = "COMPLETED", uid: str = "1.9.1", **told: str) -> str:
    return f"MPPS set {uid} {status} " + " ".join(f"{k}={v}" for k, v in told.items())


WRONG = {"reason": "110514^Incorrect worklist entry selected"}
