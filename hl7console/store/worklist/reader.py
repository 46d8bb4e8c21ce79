"""Read-only queries of the worklist: lists, details, *Why?*, the error list, and C-FIND's choice.

A reader belongs to the thread that made it; `WorklistReader.interrupt` is for any thread. While
there is no worklist yet, everything is empty. A file that was made again is noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hl7console.store.connection import Database
from hl7console.store.derived_file import DerivedReader
from hl7console.store.worklist.grouping import Groups, groups_of, span_of
from hl7console.store.worklist.history import History, with_patient_ids
from hl7console.store.worklist.line_rows import fold
from hl7console.store.worklist.loader import encode, writable
from hl7console.store.worklist.queries import (
    SHOWN_COLUMNS,
    key_conditions_of,
    line_of_columns,
    order_of,
)
from hl7console.store.worklist.records import (
    Counts,
    EntryEffect,
    Likeness,
    LineKeys,
    LineQuery,
    LineRow,
    StepDetails,
    Watermark,
)
from hl7console.store.worklist.saving import load_place
from hl7console.store.worklist.schema import FORMAT, worklist_path
from hl7console.store.worklist.selecting import (
    all_rows,
    details_of,
    identifiers_valued,
    integer,
    likenesses,
    orders_numbered,
    persons_like,
    source_of,
    state_at,
    states_of,
    stations_of,
)
from hl7console.worklist.rows import CODE, CONFLICT, IDENTIFIER, MERGE, PATIENT, STEP, UNMAPPED, Row

if TYPE_CHECKING:
    from hl7console.worklist.lines import Line

T = TypeVar("T")


class WorklistReader(DerivedReader):
    """A read-only connection of one thread to ``worklist.db``.

    Every method raises `ConsoleError` where the file cannot be read, and `QueryStoppedError` when
    `interrupt` was called meanwhile.

    Args:
        console_path: The workspace's ``console.db``; the worklist lies beside it.
        key: The key of both; None for plain SQLite (tests).
        path: Where the worklist is, if elsewhere.
    """

    def __init__(self, console_path: Path, key: bytes | None, path: Path | None = None) -> None:
        super().__init__(path or worklist_path(console_path), key, FORMAT)

    # Lists.

    def lines(
        self, query: LineQuery | None = None, *, offset: int = 0, limit: int | None = None
    ) -> list[LineRow]:
        """Return the lines that a query asks for, in its order.

        Args:
            query: What is asked for; None for all lines, STAT first.
            offset: How many to leave out at the start.
            limit: How many at most; None for all.
        """
        query = query or LineQuery()

        def read(database: Database) -> list[LineRow]:
            source, condition, values = source_of(database, query)
            found = database.all(
                f"SELECT {SHOWN_COLUMNS} FROM {source} WHERE {condition}"  # noqa: S608
                f" ORDER BY {order_of(query)} LIMIT ? OFFSET ?",
                (*values, -1 if limit is None else limit, offset),
            )
            return [line_of_columns(row) for row in found]

        return self.ask(read, [])

    def ids(self, query: LineQuery | None = None) -> list[int]:
        """Return the numbers of the steps whose lines a query asks for, in its order."""
        query = query or LineQuery()

        def read(database: Database) -> list[int]:
            source, condition, values = source_of(database, query)
            found = database.all(
                f"SELECT step_id FROM {source} WHERE {condition} ORDER BY {order_of(query)}",  # noqa: S608
                values,
            )
            return [integer(row[0]) for row in found]

        return self.ask(read, [])

    def groups(self, query: LineQuery, by: str) -> Groups:
        """Return the steps' numbers in the query's order, in groups: see `grouping.groups_of`."""
        return self.ask(lambda database: groups_of(database, query, by), [])

    def span(self) -> tuple[int, int]:
        """Return when the first and the last entry came; (0, 0) before any."""
        return self.ask(span_of, (0, 0))

    def rows(self, step_ids: Sequence[int], at_us: int = 0) -> list[LineRow]:
        """Return the lines of these steps in their order; those that are gone are left out."""

        def read(database: Database) -> list[LineRow]:
            source, condition, values = source_of(database, LineQuery(at_us=at_us))
            found = database.all(
                f"SELECT {SHOWN_COLUMNS} FROM {source} WHERE {condition}"  # noqa: S608
                " AND step_id IN (SELECT value FROM json_each(?))",
                (*values, encode(list(step_ids))),
            )
            known = {integer(row[0]): line_of_columns(row) for row in found}
            return [known[step_id] for step_id in step_ids if step_id in known]

        return self.ask(read, [])

    def counts(self, query: LineQuery | None = None) -> Counts:
        """Return how many lines a query asks for, by state, modality and station."""
        query = query or LineQuery()

        def read(database: Database) -> Counts:
            source, condition, values = source_of(database, query)

            def by(column: str) -> dict[str, int]:
                found = database.all(
                    f"SELECT {column}, count(*) FROM {source} WHERE {condition}"  # noqa: S608
                    f" GROUP BY {column} ORDER BY {column}",
                    values,
                )
                return {str(name): integer(count) for name, count in found}

            stations: dict[str, int] = {}
            for names, count in by("stations").items():
                for name in stations_of(names):
                    stations[name] = stations.get(name, 0) + count
            states = by("state")
            incomplete = by("is_incomplete").get("1", 0)
            return Counts(states, by("modality"), stations, incomplete, sum(states.values()))

        return self.ask(read, Counts({}, {}, {}, 0, 0))

    def states(self) -> dict[str, int]:
        """Return how many lines there are in each state; read from an index alone."""
        return self.ask(states_of, {})

    # One line.

    def details(self, step_id: int, at_us: int = 0) -> StepDetails | None:
        """Return everything about a line; None when there is no such step.

        Args:
            step_id: The step's number.
            at_us: As it stood at this time; 0 is now.
        """
        return self.ask(lambda database: details_of(state_at(database, at_us), step_id), None)

    def full_lines(self, step_ids: Sequence[int]) -> list[Line]:
        """Return the full lines of these steps in their order, as C-FIND answers are made of."""

        def read(database: Database) -> list[Line]:
            from hl7console.worklist import lines

            state = state_at(database, 0)
            steps = [state.get(STEP, step_id) for step_id in step_ids]
            return [lines.line_of(state, step) for step in steps if step is not None]

        return self.ask(read, [])

    def candidates(self, keys: LineKeys, limit: int = -1) -> list[int]:
        """Return the steps that C-FIND with these keys may have to answer, by start.

        Args:
            keys: What indexes can narrow down; matching proper comes after.
            limit: How many at most; -1 for all.
        """

        def read(database: Database) -> list[int]:
            condition, values = key_conditions_of(keys)
            found = database.all(
                f"SELECT step_id FROM lines WHERE {condition}"  # noqa: S608
                " ORDER BY start_date, start_time, step_id LIMIT ?",
                (*values, limit),
            )
            return [integer(row[0]) for row in found]

        return self.ask(read, [])

    def find(self, accession: str) -> list[int]:
        """Return the steps of the orders with an accession, placer or filler number."""

        def read(database: Database) -> list[int]:
            state = state_at(database, 0)
            found = database.all(
                "SELECT step_id FROM lines WHERE accession = ? AND accession <> ''"
                " ORDER BY step_id",
                (writable(accession),),
            )
            if found:
                return [integer(row[0]) for row in found]
            orders = orders_numbered(database, accession)
            return [step.id for n in orders for step in state.find(STEP, "order", n)]

        return self.ask(read, [])

    def step_keys(self, step_id: int) -> tuple[str, str]:
        """Return study UID and step id, the names of a step that outlive a rebuild."""
        details = self.ask(lambda database: state_at(database, 0).get(STEP, step_id), None)
        return (details.text("study_uid"), details.text("sps_id")) if details else ("", "")

    def step_of(self, study_uid: str, sps_id: str = "") -> int:
        """Return the step with these names, else 0."""

        def read(database: Database) -> int:
            return database.integer(
                "SELECT step_id FROM lines WHERE study_uid = ? AND (sps_id = ? OR ? = '')",
                (study_uid, sps_id, sps_id),
            )

        return self.ask(read, 0)

    # History.

    def why(self, step_id: int, at_us: int = 0) -> list[EntryEffect]:
        """Return what made a line what it is, oldest first: its step, order, visit and patient.

        Effects on the patient and visit are those since the order was made, and the ones that
        made them. Entries about the row that changed nothing (ignored, refused), and those that
        waited for the order, are among them.

        Args:
            step_id: The step's number.
            at_us: What had happened until then; 0 is now.
        """
        from hl7console.worklist.finding import keys_of_order

        def read(database: Database) -> list[EntryEffect]:
            state = state_at(database, at_us)
            details = details_of(state, step_id)
            if details is None:
                return []
            rows = [details.step, details.order, details.patient, details.visit,
                    *details.reports, *details.documents, *details.exams,
                    *details.appointments]  # fmt: skip
            numbers = keys_of_order(details.order).texts()
            found = [row for row in rows if row is not None]
            return with_patient_ids(History(database).of_line(found, numbers, at_us), state)

        return self.ask(read, [])

    def why_row(self, kind: str, row_id: int, at_us: int = 0) -> list[EntryEffect]:
        """Return the history of one row of any kind, oldest first."""
        return self.ask(lambda database: History(database).of_rows([Row(kind, row_id)], at_us), [])

    def why_patient(self, patient_row: int, at_us: int = 0) -> list[EntryEffect]:
        """Return the history of a person and their identifiers, oldest first."""

        def read(database: Database) -> list[EntryEffect]:
            identifiers = state_at(database, at_us).find(IDENTIFIER, "patient", patient_row)
            return History(database).of_rows([Row(PATIENT, patient_row), *identifiers], at_us)

        return self.ask(read, [])

    def effect(self, entry: int) -> EntryEffect | None:
        """Return what an entry did; None while it isn't applied."""
        return self.ask(lambda database: History(database).of_entry(entry), None)

    def problems(self, limit: int = 1_000) -> list[EntryEffect]:
        """Return the error list, newest first: entries with notes of severity ERROR."""
        return self.ask(lambda database: History(database).problems(limit), [])

    # Persons and tables.

    def row(self, kind: str, row_id: int, at_us: int = 0) -> Row | None:
        """Return a row of any kind; None when there is none."""
        return self.ask(lambda database: state_at(database, at_us).get(kind, row_id), None)

    def identifiers(self, number: str) -> list[Row]:
        """Return the identifiers with a value, of any authority."""
        return self.ask(lambda database: identifiers_valued(database, number), [])

    def rows_found(self, kind: str, index: str, *parts: str | int, at_us: int = 0) -> list[Row]:
        """Return the rows under a key of `worklist.rows.INDEXES`."""
        return self.ask(lambda database: state_at(database, at_us).find(kind, index, *parts), [])

    def conflicts(self, *, with_done: bool = False) -> list[Row]:
        """Return what somebody has to decide, oldest first."""
        rows = self._all_rows(CONFLICT)
        return [row for row in rows if with_done or row.text("status") != "done"]

    def merges(self) -> list[Row]:
        """Return the merges and moves that were done, oldest first."""
        return self._all_rows(MERGE)

    def unmapped(self) -> list[Row]:
        """Return the procedure codes that the table lacks."""
        return self._all_rows(UNMAPPED)

    def codes(self) -> list[Row]:
        """Return the exam-code table."""
        return self._all_rows(CODE)

    def duplicates(self) -> list[Likeness]:
        """Return persons that look alike and are neither merged nor linked."""
        return self.ask(likenesses, [])

    def patients(self, text: str) -> list[Row]:
        """Return persons whose name or an identifier, of any domain, contains all words."""
        words = fold(writable(text)).split()
        return self.ask(lambda database: persons_like(database, words), [])

    # The file.

    def watermark(self) -> Watermark:
        """Return how far the journal is followed."""

        def read(database: Database) -> Watermark:
            place = load_place(database)
            position = database.integer("SELECT max(position) FROM entries")
            return Watermark(place.message_id, place.input_id, position)

        return self.ask(read, Watermark())

    def _all_rows(self, kind: str) -> list[Row]:
        return self.ask(lambda database: all_rows(database, kind), [])

    def _prepare(self, database: Database) -> None:
        database.define("fold", fold)
