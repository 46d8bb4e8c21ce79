"""Undoes a merge, move or renaming: its persons are projected again, without it.

An operator's input ``void`` names the entry that merged. The rows of the persons in question are
taken out, and every entry that ever touched one of them is applied again, in the journal's order,
the voided one left out. As the input stands in the journal, a rebuild comes to the same rows.

References: order-states section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from hl7console.worklist.entries import Entry, InputEntry, MessageEntry
from hl7console.worklist.merging import OF_PERSON
from hl7console.worklist.rows import (
    CONFLICT,
    EXAM,
    LINK,
    LISTENER,
    MERGE,
    ORDER,
    PATIENT,
    STEP,
    Row,
    Value,
)
from hl7console.worklist.turn import Outcome, RefusedError, Severity, Turn

VOIDED = "voided"
_SHARED = frozenset({"code", "unmapped", "source", "listener"})
"""Kinds of rows that are nobody's: entries are not gathered for them, and they stay."""
_BROAD = frozenset({"served", "crossref", "codes", "profile"})
"""Inputs that touch rows of many persons, and change nothing when they are applied twice."""

RowName = tuple[str, int]
"""Kind and number of a row."""


class History(Protocol):
    """Which entries touched which rows: changed them, or noted something about them."""

    def record(self, entry: Entry, outcome: Outcome) -> None:
        """Take in what an entry did, once it was applied (or refused)."""

    def entries_of(self, kind: str, row_id: int) -> Iterable[int]:
        """Return the numbers of the entries that touched a row."""

    def rows_of(self, number: int) -> Iterable[RowName]:
        """Return the rows that an entry touched."""

    def entry(self, number: int) -> Entry | None:
        """Return an entry; None when it is not there any more."""

    def in_order(self, numbers: Iterable[int]) -> list[Entry]:
        """Return entries in the journal's order."""


class MemoryHistory:
    """A history in memory. One thread at a time."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._places: dict[int, int] = {}
        self._rows: dict[int, dict[RowName, None]] = {}
        self._touched: dict[RowName, dict[int, None]] = {}

    def record(self, entry: Entry, outcome: Outcome) -> None:
        """Take in what an entry did."""
        self._entries[entry.number] = entry
        self._places.setdefault(entry.number, len(self._places))
        rows = self._rows.setdefault(entry.number, {})
        for name in touched_by(outcome):
            rows[name] = None
            self._touched.setdefault(name, {})[entry.number] = None

    def entries_of(self, kind: str, row_id: int) -> Iterable[int]:
        """Return the numbers of the entries that touched a row."""
        return list(self._touched.get((kind, row_id), ()))

    def rows_of(self, number: int) -> Iterable[RowName]:
        """Return the rows that an entry touched."""
        return list(self._rows.get(number, ()))

    def entry(self, number: int) -> Entry | None:
        """Return an entry; None when it was not recorded."""
        return self._entries.get(number)

    def in_order(self, numbers: Iterable[int]) -> list[Entry]:
        """Return entries in the order in which they were recorded."""
        known = sorted((self._places[n], n) for n in set(numbers) if n in self._places)
        return [self._entries[number] for _, number in known]


def touched_by(outcome: Outcome) -> list[RowName]:
    """Return the rows that an entry changed or noted something about, each once."""
    names: dict[RowName, None] = {}
    for change in outcome.changes:
        names[change.kind, change.row_id] = None
    for note in outcome.notes:
        if note.row_id:
            names[note.kind, note.row_id] = None
    return list(names)


def is_void(entry: InputEntry) -> bool:
    """Return whether an input undoes a merge."""
    return entry.kind == "operator" and entry.body.get("action") == "void"


Apply = Callable[[Turn, Entry], None]


def void(turn: Turn, entry: InputEntry, history: History | None, apply: Apply) -> None:
    """Undo a merge: project the persons of it again, without it.

    Args:
        turn: The turn.
        entry: The input that names the merge's entry.
        history: Which entries touched what.
        apply: Applies one entry in a turn.

    Raises:
        RefusedError: There is no such merge, or it was undone before.
    """
    number = _number(entry.body)
    merges = turn.find(MERGE, "entry", number) if number else []
    if history is None:
        turn.refuse("undo_without_history")
    if not merges:
        turn.refuse("undo_unknown", entry=str(number))
    if any(row.text("status") == VOIDED for row in merges):
        turn.refuse("undone_already", entry=str(number))
    gathered = _Gathered(turn, history)
    gathered.gather(_names(merges))
    names, left_out, replayed = _project_again(turn, entry, gathered, apply)
    for voided, by in left_out.items():
        turn.create(
            MERGE,
            {
                "status": VOIDED,
                "entry": voided,
                "undo": by,
                "replayed": replayed,
                **names.get(voided, {}),
            },
        )
    turn.note("merge_undone", None, entry=str(number), count=str(len(replayed)))


def _project_again(
    turn: Turn, entry: InputEntry, gathered: _Gathered, apply: Apply
) -> tuple[dict[int, dict[str, Value]], dict[int, int], list[int]]:
    """Take the gathered rows out and apply their entries again.

    Where those reach somebody who wasn't gathered (who came later than an entry that names them),
    or so much as see a row of theirs, that person is gathered too, and all begins anew.

    Returns:
        What the rows of voided merges said, the voided entries with what voids them, and the
        entries that were applied.
    """
    mark = turn.mark()
    first_new = dict(turn.state.next_ids)
    while True:
        voided = [row for row in gathered.rows if _is_voided(row, entry)]
        names = {row.number("entry"): _names_of(row) for row in voided}
        left_out = {row.number("entry"): row.number("undo") or entry.number for row in voided}
        for row in gathered.rows:
            turn.delete(row)
        with gathered.watched():
            replayed = _replay(turn, gathered, left_out, apply)
        beyond = gathered.beyond(first_new)
        if not beyond:
            return names, left_out, replayed
        turn.take_back_to(mark)
        gathered.gather(beyond)


def _is_voided(row: Row, entry: InputEntry) -> bool:
    """Return whether a merge was voided before, or is by this input."""
    if row.kind != MERGE:
        return False
    return row.text("status") == VOIDED or row.number("entry") == _number(entry.body)


def _names_of(merge: Row) -> dict[str, Value]:
    """Return what a merge's row says of whom it was about, and why it was done."""
    return {
        column: merge.values[column]
        for column in ("what", "cause", "source_no", "survivor_no")
        if column in merge.values
    }


def _number(body: Mapping[str, object]) -> int:
    value = body.get("entry", 0)
    return value if isinstance(value, int) else 0


class _Gathered:
    """The rows of some persons, and all entries that touched any of them."""

    def __init__(self, turn: Turn, history: History) -> None:
        self._turn = turn
        self._history = history
        self._rows: dict[RowName, Row | None] = {}
        self._numbers: dict[int, None] = {}
        self._seen: dict[RowName, None] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note which rows the turn's rules look at: what they decide by must be gathered too."""
        turn, seen = self._turn, self._seen
        seen.clear()
        kept = turn.get, turn.find, turn.first

        def see(row: Row) -> Row:
            if row.kind != CONFLICT and not _is_broad(turn.entry):
                seen[row.kind, row.id] = None
            return row

        def get(kind: str, row_id: int) -> Row | None:
            row = turn.state.get(kind, row_id)
            return row and see(row)

        def find(kind: str, index: str, *parts: str | int) -> list[Row]:
            return [see(row) for row in turn.state.find(kind, index, *parts)]

        def first(kind: str, index: str, *parts: str | int) -> Row | None:
            return next(iter(find(kind, index, *parts)), None)

        turn.get, turn.find, turn.first = get, find, first
        try:
            yield
        finally:
            turn.get, turn.find, turn.first = kept

    @property
    def rows(self) -> list[Row]:
        """Return the rows that exist, in the order in which they were met."""
        return [row for row in self._rows.values() if row is not None]

    def entries(self, others: Iterable[int] = ()) -> list[Entry]:
        """Return the entries, with others, in the journal's order."""
        return self._history.in_order([*self._numbers, *others])

    def take_profiles_out(self) -> set[int]:
        """Take out which profiles are in force where the gathered messages came in.

        Returns:
            The entries that put profiles in force there.
        """
        listeners: dict[str, None] = {}
        for entry in self.entries():
            if isinstance(entry, MessageEntry):
                listeners[entry.listener] = None
        numbers: set[int] = set()
        for name in listeners:
            row = self._turn.first(LISTENER, "name", name) if name else None
            if row is not None:
                numbers.update(self._history.entries_of(LISTENER, row.id))
                self._turn.delete(row)
        return numbers

    def beyond(self, first_new: Mapping[str, int]) -> list[RowName]:
        """Return the rows that were there before and were reached without being gathered."""
        reached: dict[RowName, None] = dict(self._seen)
        for row in self._turn.touched:
            reached[row.kind, row.id] = None
            if row.id >= first_new[row.kind]:
                for column in ("patient", "merged_into", "source", "survivor"):
                    reached[PATIENT, row.number(column)] = None
                for number in row.list("patients"):
                    reached[PATIENT, int(str(number))] = None
        return [
            (kind, row_id)
            for kind, row_id in reached
            if 0 < row_id < first_new[kind]
            and kind not in _SHARED
            and (kind, row_id) not in self._rows
        ]

    def gather(self, names: list[RowName]) -> None:
        """Take in rows, their persons, and all that hangs together with them."""
        while names:
            kind, row_id = names.pop()
            if kind in _SHARED or (kind, row_id) in self._rows:
                continue
            row = self._turn.get(kind, row_id)
            self._rows[kind, row_id] = row
            if row is not None:
                names += self._beside(row)
            for number in self._history.entries_of(kind, row_id):
                names += self._expand(number)

    def _expand(self, number: int) -> list[RowName]:
        """Return the rows that an entry touched beside, and those that it was replayed into."""
        if number in self._numbers:
            return []
        self._numbers[number] = None
        entry = self._history.entry(number)
        if entry is not None and _is_broad(entry):
            return []
        return list(self._history.rows_of(number))

    def _beside(self, row: Row) -> list[RowName]:
        """Return the rows that belong with a row."""
        names: list[RowName] = []
        if row.kind == PATIENT:
            for kind in OF_PERSON:
                names += _names(self._turn.find(kind, "patient", row.id))
            names += _names(self._turn.find(PATIENT, "survivor", row.id))
            names += _names(self._turn.find(LINK, "patients", row.id))
            names += _names(self._turn.find(CONFLICT, "patients", row.id))
            names += _names(self._turn.find(MERGE, "survivor", row.id))
            names += _names(self._turn.find(MERGE, "source", row.id))
        elif row.kind == MERGE:
            names += [(PATIENT, row.number("source")), (PATIENT, row.number("survivor"))]
            for number in row.list("replayed"):
                names += self._expand(int(str(number)))
        elif row.kind == ORDER:
            names += _names(self._turn.find(STEP, "order", row.id))
            names += _names(self._turn.find(CONFLICT, "order", row.id))
        elif row.kind == STEP:
            names += _names(self._turn.find(EXAM, "steps", row.id))
        patient = row.number("patient")
        if patient:
            names.append((PATIENT, patient))
        return [name for name in names if name[1]]


def _is_broad(entry: Entry) -> bool:
    return isinstance(entry, InputEntry) and entry.kind in _BROAD


def _names(rows: Iterable[Row]) -> list[RowName]:
    return [(row.kind, row.id) for row in rows]


def _replay(
    turn: Turn, gathered: _Gathered, left_out: Mapping[int, int], apply: Apply
) -> list[int]:
    """Apply the gathered entries again, each all or nothing; return their numbers.

    Each message is mapped by the profile that was in force when it came.
    """
    undos = set(left_out.values())
    start = turn.mark()
    profiles = gathered.take_profiles_out()
    replayed = []
    for entry in gathered.entries(profiles):
        number = entry.number
        if number in profiles:
            _apply_again(turn, entry, apply, frozenset())
            continue
        replayed.append(number)
        if number not in left_out and number not in undos and number != turn.entry.number:
            _apply_again(turn, entry, apply, _SHARED)
    turn.take_back_kinds(start, _SHARED)
    return replayed


def _apply_again(turn: Turn, entry: Entry, apply: Apply, leave: frozenset[str]) -> None:
    """Apply an entry, all or nothing, but leave the rows of some kinds as they are."""
    now = turn.entry
    mark = turn.mark()
    turn.entry = entry
    try:
        apply(turn, entry)
        turn.take_back_kinds(mark, leave)
    except RefusedError as refused:
        notes = turn.take_back_to(mark)
        if refused.conflict:
            turn.create(CONFLICT, refused.conflict)
        turn.notes += [
            note._replace(kind="", row_id=0) for note in notes if note.severity == Severity.ERROR
        ]
    except Exception as error:  # noqa: BLE001 - as when it was applied the first time
        turn.take_back_to(mark)
        turn.note("fault", None, Severity.ERROR, kind=type(error).__name__)
    finally:
        turn.entry = now
