"""What all orders of one message share: the person, the visit, and what was met so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.worklist import identity, likeness, persons, visits
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped, MappedPatient
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.rows import PATIENT, Row, Value
from hl7console.worklist.rules.orders_told import Told
from hl7console.worklist.turn import Severity, Turn
from hl7console.worklist.waiting import survivor_id

_COMPARED = ("patient_name", "birth_date", "sex")


def _is_same(column: str, known: str, said: str) -> bool:
    """Return whether two values say the same of a person, as far as both say something."""
    if not known or known == said:
        return True
    return column == "patient_name" and likeness.is_same_name(known, said)


@dataclass(slots=True)
class OrderMessage:
    """One order message while it is applied."""

    turn: Turn
    entry: MessageEntry
    profile: Profile
    source: str
    sender: str
    person: MappedPatient | None
    """The PID; None where the message has none, or one that says nothing of who it is."""
    visit: Mapped | None = None
    claimed: dict[int, None] = field(default_factory=dict)
    """Orders that an ORC of the message was about: the next ORC is about another."""
    met_steps: dict[int, None] = field(default_factory=dict)
    """Steps that the message spoke of."""
    replaced: list[Row] = field(default_factory=list)
    """Orders that the message says are replaced, and whose replacement hasn't come yet."""
    parent: Row | None = None
    """The last parent order of the message."""
    _known: list[Row] | None = None
    _patient: Row | None = None

    def known_persons(self) -> list[Row]:
        """Return the persons that the message's identifiers name, merges followed; no effect."""
        if self._known is None:
            found: dict[Row, None] = {}
            for row in identity.named(self.turn, self.person) if self.person else []:
                survivor = self.turn.get(PATIENT, survivor_id(self.turn, row.id))
                if survivor is not None:
                    found[survivor] = None
            self._known = list(found)
        return self._known

    def named_ids(self) -> list[list[str]]:
        """Return the identifiers that the message names its person by, with their authorities."""
        return [[i.id_value, i.authority] for i in self.person.identifiers] if self.person else []

    def patient_of_new(self) -> Row:
        """Return the person of a new order, made where the profile allows it; refuses else."""
        if self._patient is None:
            if self.person is None:
                self.turn.refuse("order_without_patient", "PID-3")
            may_create = self.profile.options.unknown_patient != "refuse"
            self._patient = identity.resolve(
                self.turn, self.person, self.profile, self.entry,
                may_create=may_create, event="order",
            )  # fmt: skip
        return self._patient

    def check_patient(self, order: Row, told: Told) -> None:
        """Refuse a message for an order of somebody else; flag what it says differently of them."""
        if self.person is None:
            return
        if len(self.known_persons()) > 1:
            self.patient_of_new()
        if [person.id for person in self.known_persons()] != [order.number("patient")]:
            self.conflict("order_of_other_patient", order, told.mapped.control_path)
        if self._patient is None:
            self._patient = identity.resolve(
                self.turn, self.person, self.profile, self.entry,
                may_create=False, event="order_update",
            )  # fmt: skip
        self.flag_differences(order, self._patient)

    def flag_differences(self, order: Row, patient: Row) -> None:
        """Flag an order whose message says something else of the person than is known."""
        said = self.person.patient.values if self.person else {}
        differing = [
            column
            for column in _COMPARED
            if said.get(column) and not _is_same(column, patient.text(column), str(said[column]))
        ]
        if differing and "demographics_differ" not in order.list("flags"):
            self.turn.add_flag(order, "demographics_differ", "PID", columns=", ".join(differing))

    def fill_patient(self, patient: Row, told: Told) -> None:
        """Take demographics over from a new order, as the profile says."""
        how = self.profile.options.demographics_from_orders
        if self.person is not None and how != "ignore":
            persons.update(
                self.turn, patient, self.person, only_empty=how == "fill",
                event_time=told.time, source=self.source,
            )  # fmt: skip

    def visit_of(self, patient: Row) -> Row | None:
        """Return the visit of a new order; None where the message tells of none."""
        if self.visit is None:
            return None
        return visits.resolve(self.turn, patient, self.visit)

    def conflict(self, rule: str, order: Row, path: str, number: str = "") -> None:
        """Refuse the message because of an order that stands in the way; kept for a person.

        Args:
            rule: Why.
            order: The order that stands in the way.
            path: The field at fault.
            number: What it says, where that is a number of the order.

        Raises:
            RefusedError: Always.
        """
        patients = [order.number("patient"), *[person.id for person in self.known_persons()]]
        columns: dict[str, Value] = {
            "rule": rule,
            "status": "open",
            "patients": list(dict.fromkeys(patients)),
            "order": order.id,
            "entry": self.entry.number,
            "path": path,
        }
        args = {"number": number} if number else {}
        self.turn.refuse(rule, path, order, columns, **args)

    def keep_conflict(self, rule: str, order: Row, path: str, columns: Sequence[str]) -> None:
        """Write down a conflict without refusing the message: the order stays as it is."""
        self.turn.add_flag(order, rule, path, columns=", ".join(columns))
        self.turn.create(
            "conflict",
            {
                "rule": rule, "status": "open", "patients": [order.number("patient")],
                "order": order.id, "entry": self.entry.number, "path": path,
                "columns": list(columns),
            },
        )  # fmt: skip

    def note(self, rule: str, order: Row | None, severity: Severity, told: Told) -> None:
        """Note something about an order control code."""
        self.turn.note(
            rule, order, severity, told.mapped.control_path,
            control=told.control, status=told.mapped.status,
        )  # fmt: skip
