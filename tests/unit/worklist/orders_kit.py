"""Runs mapped orders through the rules, message by message, without mapping any text."""

from __future__ import annotations

from typing import Any

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped, MappedIdentifier, MappedOrder, MappedPatient
from hl7console.worklist.profiles.options import Options
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.rows import ORDER, STEP, Row
from hl7console.worklist.rules.orders_codes import apply_orders
from hl7console.worklist.rules.orders_message import OrderMessage
from hl7console.worklist.state import State
from hl7console.worklist.turn import Outcome, RefusedError, Severity, Turn

MINUTE_US = 60_000_000
ORDER_FIELDS: dict[str, Any] = {
    "placer_no": "P1", "placer_authority": "RIS", "filler_no": "F1", "filler_authority": "PACS",
    "accession": "A1", "accession_authority": "RIS", "rp_id": "RP1", "study_uid": "1.2.3",
    "rp_desc": "CT head", "rp_code": ["CTH", "CT head", "99RIS"], "priority": "ROUTINE",
}  # fmt: skip
STEP_FIELDS: dict[str, Any] = {
    "sps_id": "S1", "start_date": "20261104", "start_time": "093000", "modality": "CT",
    "station_aet": ["CT1"], "sps_desc": "Head plain",
}  # fmt: skip


def mapped_of(values: dict[str, Any], segment: str, rules: dict[str, str] | None = None) -> Mapped:
    """Return mapped columns; None leaves one out."""
    kept = {column: value for column, value in values.items() if value is not None}
    return Mapped(kept, dict.fromkeys(kept, segment), dict(rules or {}))


def order_of(
    control: str = "NW",
    status: str = "SC",
    *,
    at: str = "20261103080000",
    sps: Any = None,
    steps: list[dict[str, Any]] | None = None,
    parent: tuple[str, str, str, str] = ("",) * 4,
    rules: dict[str, str] | None = None,
    **fields: Any,
) -> MappedOrder:
    """Return a mapped ORC; fields of the step go into it, the others into the order."""
    step_fields = {k: fields.pop(k) for k in list(fields) if k in STEP_FIELDS}
    if sps is not None:
        step_fields["sps_id"] = sps
    all_steps = steps if steps is not None else [step_fields]
    return MappedOrder(
        control, status, mapped_of(ORDER_FIELDS | fields, "OBR-18", rules),
        [mapped_of(STEP_FIELDS | step, "OBR-20") for step in all_steps],
        "ORC-1", at, "ORC-9", parent,
    )  # fmt: skip


def bare(control: str, status: str = "", **fields: Any) -> MappedOrder:
    """Return an ORC with numbers only, as cancels have them."""
    at = fields.pop("at", "20261103080000")
    steps = [mapped_of({"sps_id": sps}, "OBR-20") for sps in fields.pop("sps_ids", [])]
    numbers = {"placer_no": "P1", "placer_authority": "RIS"} | fields
    return MappedOrder(control, status, mapped_of(numbers, "ORC-2"), steps, "ORC-1", at, "ORC-9")


def person_of(number: str | None, name: str = "DOE^JANE", **values: Any) -> MappedPatient | None:
    """Return a mapped PID."""
    if number is None:
        return None
    fields = {"patient_name": name, "birth_date": "19700203", "sex": "F", "patient_id": number}
    return MappedPatient(
        [MappedIdentifier(number, "HOSP", "MR", "HOSP", path="PID-3")],
        mapped_of(fields | values, "PID-5"),
    )


class Worklist:
    """A state and the messages that were applied to it."""

    def __init__(self, **options: Any) -> None:
        self.profile = Profile(control=options.pop("control", {}), options=Options(**options))
        self.state = State()
        self.outcomes: list[Outcome] = []
        self.conflicts: list[Any] = []

    def send(
        self,
        *orders: MappedOrder,
        patient: str | None = "4711",
        name: str = "DOE^JANE",
        listener: str = "main",
        minutes: int | None = None,
    ) -> Outcome:
        """Apply one message and return what came of it."""
        number = len(self.outcomes) + 1
        entry = MessageEntry(
            number, (number if minutes is None else minutes) * MINUTE_US, b"", listener
        )
        turn = Turn(self.state, entry)
        sender = "RIS|HOSP"
        message = OrderMessage(
            turn, entry, self.profile, f"{listener}|{sender}", sender, person_of(patient, name)
        )
        try:
            apply_orders(message, list(orders))
        except RefusedError as refused:
            outcome = turn.take_back()
            outcome.is_refused = True
            self.conflicts.append(refused.conflict)
        else:
            outcome = turn.finish()
        self.outcomes.append(outcome)
        return outcome

    def turn(self) -> Turn:
        """Return a turn of another entry."""
        number = len(self.outcomes) + 1
        return Turn(self.state, MessageEntry(number, number * MINUTE_US, b"", "main"))

    def rows(self, kind: str) -> list[Row]:
        return list(self.state.all(kind))

    def order(self, number: str = "") -> Row:
        found = [o for o in self.rows(ORDER) if number in ("", o.text("placer_no"))]
        assert len(found) == 1, found
        return found[0]

    def step(self, sps_id: str = "") -> Row:
        found = [s for s in self.rows(STEP) if sps_id in ("", s.text("sps_id"))]
        assert len(found) == 1, found
        return found[0]

    @property
    def step_state(self) -> str:
        return self.step().text("state")

    def put_in(self, state: str, rank: int = 1) -> None:
        """Give all steps a state, as if something else had."""
        turn = self.turn()
        for step in self.rows(STEP):
            turn.set(step, "state", state)
            turn.set(step, "state_rank", rank)
            turn.set(step, "wanted", "")

    def codes(self, severity: Severity | None = None) -> list[str]:
        """Return the codes of the last message's notes."""
        return [n.rule for n in self.outcomes[-1].notes if severity in (None, n.severity)]

    def errors(self) -> list[str]:
        return self.codes(Severity.ERROR)


__all__ = ["Worklist", "bare", "order_of", "person_of"]
