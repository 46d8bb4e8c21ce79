"""Messages about persons, written short, and a projection that keeps its history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hl7console.worklist.entries import Entry, InputEntry, MessageEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.projection import Projection
from hl7console.worklist.rows import CONFLICT, IDENTIFIER, ORDER, PATIENT, Row
from hl7console.worklist.state import State
from hl7console.worklist.turn import Outcome
from hl7console.worklist.undo import MemoryHistory

START = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)


class Site:
    """A projection that is told short messages."""

    def __init__(self, options: str = "") -> None:
        self.history = MemoryHistory()
        self.state = State()
        self.projection = Projection(self.state, history=self.history)
        self.journal: list[Entry] = []
        self.messages = 0
        self.inputs = 0
        self.minutes = 0
        self.last = Outcome(0)
        if options:
            text = f'base = "default"\n[options]\n{options}\n'
            self.tell("profile", listener="main", name="case", text=text)

    def adt(
        self, event: str, *segments: str, at: int | None = None, sender: str = "RIS"
    ) -> Outcome:
        """Receive an ADT; `at` is its time in minutes, else one later than before."""
        return self._send(f"ADT^{event}", segments, at, sender)

    def order(
        self,
        pid: str,
        number: int = 1,
        *,
        pv1: str = "",
        accession: str = "",
        at: int | None = None,
    ) -> Outcome:
        """Receive a new order."""
        n = number
        segments = [
            pid,
            *([pv1] if pv1 else []),
            f"ORC|NW|P{n}^RIS|F{n}^PACS||SC||^^^20261104093000^^R",
            f"OBR|1|P{n}^RIS|F{n}^PACS|CTH^CT head^99RIS||||||||||||||{accession or f'A{n}'}"
            f"|RP{n}|S{n}||||CT",
            f"ZDS|1.2.826.0.1.{n}^RIS^Application^DICOM",
        ]
        return self._send("ORM^O01", segments, at, "RIS")

    def _send(self, kind: str, segments: tuple[str, ...] | list[str], at: int | None, sender: str):
        self.messages += 1
        self.minutes += 1
        time = START + timedelta(minutes=self.minutes if at is None else at)
        stamp = time.strftime("%Y%m%d%H%M%S")
        msh = f"MSH|^~\\&|{sender}|HOSP|C|R|{stamp}||{kind}|M{self.messages}|P|2.3.1"
        raw = "\r".join([msh, *segments, ""]).encode()
        arrival = int(time.timestamp() + 2) * 1_000_000
        return self.apply(MessageEntry(self.messages, arrival, raw, "main"))

    def tell(self, kind: str, **body: object) -> Outcome:
        """Apply another input."""
        self.inputs += 1
        at_us = int((START + timedelta(minutes=self.minutes)).timestamp()) * 1_000_000
        return self.apply(InputEntry(-self.inputs, at_us, kind, body, "a.meyer"))

    def operator(self, action: str, **body: object) -> Outcome:
        """Let an operator do something."""
        return self.tell("operator", action=action, **body)

    def apply(self, entry: Entry) -> Outcome:
        """Apply an entry, which must not make a rule fail."""
        self.journal.append(entry)
        self.last, _ = self.projection.apply(entry)
        assert not [note.args for note in self.last.notes if note.rule == "fault"]
        return self.last

    def person(self, number: str, authority: str = "HOSP") -> Row:
        """Return the person that a number leads to, merges followed."""
        row = self.state.first(IDENTIFIER, "value", number, authority)
        assert row is not None
        person = self.state.get(PATIENT, row.number("patient"))
        while person is not None and person.number("merged_into"):
            person = self.state.get(PATIENT, person.number("merged_into"))
        assert person is not None
        return person

    def identifier(self, number: str, authority: str = "HOSP") -> Row:
        row = self.state.first(IDENTIFIER, "value", number, authority)
        assert row is not None
        return row

    def patient_of(self, placer: str) -> Row:
        """Return the person of an order."""
        row = self.state.first(ORDER, "placer", placer, "RIS")
        assert row is not None
        person = self.state.get(PATIENT, row.number("patient"))
        assert person is not None
        return person

    def conflicts(self) -> list[str]:
        return [row.text("rule") for row in self.state.all(CONFLICT)]

    def rules(self) -> list[str]:
        """Return the codes of the last entry's notes."""
        return [note.rule for note in self.last.notes]


def pid(number: str, name: str = "DOE^JANE", born: str = "19700203", more: str = "") -> str:
    """Return a PID; a number without authority is of HOSP, several are joined by ``~``."""
    cx = "~".join(n if "^" in n else f"{n}^^^HOSP^MR" for n in number.split("~"))
    return f"PID|1||{cx}||{name}||{born}|F{more}"


def mrg(number: str, account: str = "", visit: str = "", alternate: str = "") -> str:
    cx = "~".join(n if "^" in n else f"{n}^^^HOSP^MR" for n in number.split("~"))
    return f"MRG|{cx}||{account}||{visit}|{alternate}"


def snapshot(state: State) -> list[object]:
    """Return all rows by their content, numbers of rows and their order aside."""
    from hl7console.worklist.rows import KINDS

    names: dict[tuple[str, int], str] = {}
    for row in state.all(PATIENT):
        numbers = sorted(
            i.text("id_value") + i.text("authority")
            for i in state.find(IDENTIFIER, "patient", row.id)
        )
        names[PATIENT, row.id] = f"{row.text('patient_id')}|{'+'.join(numbers)}"
    for row in state.all(ORDER):
        names[ORDER, row.id] = row.text("placer_no")
    for row in state.all("visit"):
        names["visit", row.id] = row.text("visit_no")

    def plain(column: str, value: object) -> object:
        kind = {"merged_into": PATIENT, "merged_from": PATIENT, "order": ORDER}.get(column, column)
        if isinstance(value, int) and (kind, value) in names:
            return names[kind, value]
        if column == "patients":
            return sorted(names.get((PATIENT, n), "?") for n in value)  # type: ignore[attr-defined]
        return repr(value)

    found = []
    for kind in KINDS:
        if kind in ("merge", "source", "listener"):
            continue
        for row in state.all(kind):
            columns = [
                (c, plain(c, v)) for c, v in row.values.items() if c not in ("state_entry", "entry")
            ]
            found.append((kind, sorted(columns, key=repr)))
    return sorted(found, key=repr)


__all__ = ["Profile", "Site", "mrg", "pid", "snapshot"]
