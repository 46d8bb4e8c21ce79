"""Messages of all kinds about few persons and orders, for the state machine of the worklist."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hl7console.worklist.entries import Entry, InputEntry, MessageEntry
from hl7console.worklist.profiles.library import shipped_text
from hl7console.worklist.projection import Projection
from hl7console.worklist.rows import (
    APPOINTMENT,
    CONFLICT,
    INDEXES,
    KINDS,
    MERGE,
    ORDER,
    PATIENT,
    STEP,
    Row,
    keys_of,
)
from hl7console.worklist.state import State
from hl7console.worklist.turn import Outcome
from hl7console.worklist.undo import MemoryHistory

START = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
NAMES = {"1": "ADAMS^ANN", "2": "BAKER^BEN", "3": "CLARK^CARL"}
BORN = {"1": "19500101", "2": "19600101", "3": "19700101"}


def pid(number: str, account: str = "", name: str = "") -> str:
    """Return a PID; ``1+2`` is a number and one of another domain, the name "-" is none."""
    first, _, second = number.partition("+")
    cx = f"{first}^^^HOSP^MR" + (f"~{second}^^^CLINIC^PI" if second else "")
    more = "|" * 9 + f"{account}^^^FIN" if account else ""
    return f"PID|1||{cx}||{(name or NAMES[first]).strip('-')}||{BORN[first]}|F|{more}"


def mrg(number: str, account: str = "", visit: str = "") -> str:
    told = f"{account}^^^FIN" if account else ""
    return f"MRG|{number}^^^HOSP^MR||{told}" + (f"||{visit}^^^HOSP" if visit else "")


def pv1(visit: str) -> str:
    return "PV1|1|I|3W^301^2^HOSP" + "|" * 16 + f"{visit}^^^HOSP"


def orc(control: str, status: str, n: int, hour: int = 9, at: str = "") -> str:
    start = f"20261104{hour:02}3000" if hour else ""
    return f"ORC|{control}|P{n}^RIS|F{n}^PACS||{status}||^^^{start}^^R||{at}"


def obr(n: int, accession: int, step: str = "A", modality: str = "CT", place: int = 1) -> str:
    return (
        f"OBR|{place}|P{n}^RIS|F{n}^PACS|CTH^CT head^99RIS^CTH1^Head plain^99PROT"
        + "|" * 14
        + f"A{accession}|RP{n}|S{n}{step}||||{modality}"
        + "|" * 20
        + "CTHEAD^CT of the head^99RIS"
    )


def study(n: int) -> str:
    return f"1.2.826.0.1.{n}"


def ipc(n: int, accession: int, step: str, aet: str) -> str:
    return (
        f"IPC|A{accession}^HOSP|RP{n}^PACS|{study(n)}^PACS|S{n}{step}^PACS|CT"
        f"|CTH1^Head plain^99PROT|CT ROOM 1|ROOM1|{aet}"
    )


class Site:
    """A projection of one profile, with its journal."""

    def __init__(self, profile: str = "default") -> None:
        self.history = MemoryHistory()
        self.state = State()
        self.projection = Projection(self.state, history=self.history)
        self.journal: list[Entry] = []
        self.messages = 0
        self.inputs = 0
        self.minutes = 0
        if profile != "default":
            self.apply(
                self.input("profile", listener="main", name=profile, text=shipped_text(profile))
            )

    def stamp(self, late: int = 0) -> str:
        """Return the time of the next message, or one so many minutes earlier."""
        return (START + timedelta(minutes=self.minutes + 1 - late)).strftime("%Y%m%d%H%M%S")

    def message(self, kind: str, *segments: str, late: int = 0, control: str = "") -> MessageEntry:
        """Return the entry of a message that is to come next."""
        self.messages += 1
        stamp = self.stamp(late)
        self.minutes += 1
        msh = f"MSH|^~\\&|RIS|HOSP|C|R|{stamp}||{kind}|{control or f'M{self.messages}'}|P|2.5.1"
        raw = "\r".join([msh, *[segment for segment in segments if segment], ""]).encode()
        return MessageEntry(self.messages, self.now_us(), raw, "main")

    def again(self, which: MessageEntry, *, is_duplicate: bool) -> MessageEntry:
        """Return the entry of a message that came before, byte for byte or as another one."""
        self.messages += 1
        self.minutes += 1
        raw = which.raw
        if not is_duplicate:
            head, _, rest = raw.partition(b"\r")
            fields = head.split(b"|")
            fields[9] = b"R%d" % self.messages
            raw = b"|".join(fields) + b"\r" + rest
        return MessageEntry(self.messages, self.now_us(), raw, "main", is_duplicate=is_duplicate)

    def input(self, kind: str, **body: Any) -> InputEntry:
        self.inputs += 1
        return InputEntry(-self.inputs, self.now_us(), kind, body, "a.meyer")

    def now_us(self) -> int:
        return int((START + timedelta(minutes=self.minutes)).timestamp() + 2) * 1_000_000

    def apply(self, entry: Entry) -> Outcome:
        """Apply an entry, which must not make a rule fail."""
        self.journal.append(entry)
        outcome, _ = self.projection.apply(entry)
        assert not [note.args for note in outcome.notes if note.rule == "fault"]
        return outcome


def dump(state: State) -> dict[tuple[str, int], tuple[dict[str, Any], dict[str, Any]]]:
    """Return all rows, with their numbers and where each value came from."""
    return {
        (row.kind, row.id): (dict(row.values), dict(row.sources))
        for kind in KINDS
        for row in state.all(kind)
    }


def index_of(state: State) -> dict[tuple[str, str, str], list[int]]:
    """Return what a full count finds under each key."""
    counted: dict[tuple[str, str, str], list[int]] = {}
    for kind in KINDS:
        for row in state.all(kind):
            for index in INDEXES[kind]:
                for key in keys_of(kind, index, row.values):
                    counted.setdefault((kind, index, key), []).append(row.id)
    return counted


def kept_index(state: State) -> dict[tuple[str, str, str], list[int]]:
    """Return what the state finds under each key it has kept."""
    return {
        (kind, index, key): [row.id for row in state.find(kind, index, key)]
        for kind, indexes in state._keys.items()
        for index, known in indexes.items()
        for key, ids in known.items()
        if ids
    }


_LINKS = {
    "patient": PATIENT, "patients": PATIENT, "merged_from": PATIENT, "order": ORDER,
    "orders": ORDER, "also_orders": ORDER, "parent": ORDER, "replaced_by": ORDER,
    "replaces": ORDER, "visit": "visit", "steps": STEP, "candidates": STEP, "booked": APPOINTMENT,
}  # fmt: skip
_UNORDERED = frozenset({"patients"})


def meaning(state: State, leave_out: int = 0) -> list[Any]:
    """Return all rows by what they say, whatever their numbers; each link by what it leads to.

    Args:
        state: The rows.
        leave_out: The entry whose merges are left out.
    """
    rows = [
        row
        for kind in KINDS
        if kind not in ("source", "listener", "unmapped")
        for row in state.all(kind)
        if not (kind == MERGE and (row.number("entry") == leave_out or row.text("undo")))
    ]
    names: dict[tuple[str, int], Any] = {}
    for _ in range(4):
        names = {(row.kind, row.id): _said(row, names) for row in rows}
        shown = {key: repr(said) for key, said in names.items()}
        short = {text: f"#{n}" for n, text in enumerate(sorted(set(shown.values())))}
        last, names = names, {key: short[text] for key, text in shown.items()}
    return sorted(((kind, said) for (kind, _), said in last.items()), key=repr)


def _said(row: Row, names: dict[tuple[str, int], Any]) -> Any:
    told = []
    for column, value in row.values.items():
        if row.kind == MERGE and column in ("moved", "replayed"):
            continue
        kind = _kind_of(row, column)
        if kind:
            numbers = value if isinstance(value, list) else [value]
            value = [names.get((kind, n), "") for n in numbers]
            if column in _UNORDERED:
                value.sort()
        told.append((column, value, row.sources.get(column)))
    return sorted(told, key=repr)


def _kind_of(row: Row, column: str) -> str:
    """Return which kind of rows a column leads to; "" for none."""
    if column == "merged_into":
        return row.kind
    if row.kind == CONFLICT and column == "about":
        return row.text("about_kind")
    if row.kind == MERGE and column in ("source", "survivor"):
        return PATIENT
    return _LINKS.get(column, "")


__all__ = ["Site", "dump", "index_of", "kept_index", "meaning"]
