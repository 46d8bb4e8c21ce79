"""The rows of the projection: what kinds there are, and by which keys each is found.

A row is a bag of columns. One shape for all kinds lets the store, the undo of merges, the history
and *as of* treat them alike. Every value knows where it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

Value = str | int | Sequence[object]
"""A column's value: text, a number, or a list of these (JSON). ``""`` and absent are the same."""


class Source(NamedTuple):
    """Where a value came from."""

    entry: int
    """The journal entry (see `entries`)."""
    path: str = ""
    """The field (``PID-5``), or the attribute of a DICOM data set; "" where a rule made it."""
    rule: str = ""
    """The rule that decided, where it wasn't plainly the field: a code that `wording` knows."""


class Birth:
    """What a row was made with: its first columns, and where each came from.

    Kept as it was handed in: most sources of most rows are never looked at one by one.
    """

    __slots__ = ("entry", "kind", "paths", "row_id", "rules", "values")

    def __init__(
        self, kind: str, row_id: int, entry: int, values: dict[str, Value],
        paths: dict[str, str], rules: dict[str, str],
    ) -> None:  # fmt: skip
        self.kind = kind
        self.row_id = row_id
        self.entry = entry
        self.values = values
        self.paths = paths
        """Where it is missing: ""."""
        self.rules = rules

    def source(self, column: str) -> Source | None:
        """Return where a column came from; None where the row was made without it."""
        if column not in self.values:
            return None
        return _new(Source, (self.entry, self.paths.get(column, ""), self.rules.get(column, "")))


_new = tuple.__new__


class Row:
    """One row; compared by identity. Only `turn.Turn` changes it."""

    __slots__ = ("_sources", "birth", "id", "kind", "values")

    def __init__(
        self,
        kind: str,
        row_id: int,
        values: dict[str, Value] | None = None,
        sources: dict[str, Source | None] | dict[str, Source] | None = None,
        birth: Birth | None = None,
    ) -> None:
        self.kind = kind
        self.id = row_id
        self.values: dict[str, Value] = {} if values is None else values
        self.birth = birth
        """Where columns came from that `later` does not name; None once `sources` was asked."""
        self._sources = cast("dict[str, Source | None]", {} if sources is None else sources)

    @property
    def later(self) -> dict[str, Source | None]:
        """Where columns came from that were set after the row's birth; None: emptied."""
        return self._sources

    @property
    def sources(self) -> dict[str, Source]:
        """Where each column came from; `source` is quicker for one."""
        birth = self.birth
        if birth is not None:
            self.birth = None
            later = self._sources
            whole: dict[str, Source | None] = {c: birth.source(c) for c in birth.values}
            whole.update(later)
            self._sources = {c: source for c, source in whole.items() if source is not None}
        return cast("dict[str, Source]", self._sources)

    def source(self, column: str) -> Source | None:
        """Return where a column came from; None where it is empty."""
        if self.birth is None or column in self._sources:
            return self._sources.get(column)
        return self.birth.source(column)

    def put_source(self, column: str, source: Source | None) -> None:
        """Note where a column came from, None for an empty one (`turn` only)."""
        if source is not None or self.birth is not None:
            self._sources[column] = source
        else:
            self._sources.pop(column, None)

    def __repr__(self) -> str:
        """Return kind and number only: the values are patient data."""
        return f"<{self.kind} {self.id}>"

    def text(self, column: str) -> str:
        """Return a text column; "" where it is empty."""
        value = self.values.get(column, "")
        return value if type(value) is str else str(value)

    def number(self, column: str) -> int:
        """Return a number column (links to other rows are numbers); 0 where it is empty."""
        value = self.values.get(column, 0)
        return value if isinstance(value, int) else 0

    def list(self, column: str) -> Sequence[object]:
        """Return a list column; empty where it is empty."""
        value = self.values.get(column, ())
        return value if not isinstance(value, str | int) else (value,) if value else ()


PATIENT = "patient"
"""A person. `merged_into` is the survivor's id while merged; `status` active, merged, inactive."""
IDENTIFIER = "identifier"
"""An identifier of a person: id_value, authority (key, see `identity`), id_type, status, patient.
"""
LINK = "link"
"""Two persons that are linked, not merged (A24, cross-reference table)."""
VISIT = "visit"
ORDER = "order"
"""One ORC/OBR: an imaging order with its requested procedure."""
STEP = "step"
"""One scheduled procedure step: a line of the worklist."""
APPOINTMENT = "appointment"
REPORT = "report"
"""Results of one OBR of an ORU; `order` is 0 while it is an orphan."""
DOCUMENT = "document"
"""An MDM document."""
EXAM = "exam"
"""A performed procedure step, told by MPPS."""
WAITING = "waiting"
"""A tombstone (cancel before new) or a pending update, until its order comes: `what`, `keys`,
`patient` of the message where it is known, `expires_at_us`, and what it holds."""
MERGE = "merge"
"""One merge or move that was done: source, survivor, what was moved. Voided by undo."""
CONFLICT = "conflict"
"""Something that only a person can decide; `status` open or done."""
CODE = "code"
"""One line of the exam-code table."""
UNMAPPED = "unmapped"
"""A procedure code of a sender that the table lacks; with how often and when it was seen."""
SOURCE = "source"
"""A sender on a listener: the last event time per row is kept on the rows themselves."""
LISTENER = "listener"
"""Which mapping profile is in force on a listener: name, digest."""

KINDS: tuple[str, ...] = (
    PATIENT, IDENTIFIER, LINK, VISIT, ORDER, STEP, APPOINTMENT, REPORT, DOCUMENT, EXAM, WAITING,
    MERGE, CONFLICT, CODE, UNMAPPED, SOURCE, LISTENER,
)  # fmt: skip
"""All kinds."""

INDEXES: dict[str, dict[str, tuple[str, ...]]] = {
    PATIENT: {"survivor": ("merged_into",), "likeness": ("likeness",)},
    IDENTIFIER: {
        "value": ("id_value", "authority"),
        "universal": ("universal_id", "id_value"),
        "patient": ("patient",),
        "table": ("table",),
    },
    LINK: {"patients": ("patients",)},
    VISIT: {
        "number": ("visit_no", "visit_authority"),
        "account": ("account_no", "account_authority"),
        "patient": ("patient",),
    },
    ORDER: {
        "placer": ("placer_no", "placer_authority"),
        "filler": ("filler_no", "filler_authority"),
        "accession": ("accession", "accession_authority"),
        "accession_value": ("accession",),
        "study": ("study_uid",),
        "group": ("group_no",),
        "patient": ("patient",),
        "visit": ("visit",),
    },
    STEP: {"order": ("order",), "key": ("study_uid", "sps_id")},
    APPOINTMENT: {
        "placer": ("placer_appointment", "placer_appointment_authority"),
        "filler": ("filler_appointment", "filler_appointment_authority"),
        "entry": ("entry",),
        "order": ("order",),
        "waits_for": ("waits_for",),
        "patient": ("patient",),
    },
    REPORT: {
        "entry": ("entry",),
        "order": ("order",),
        "also": ("also_orders",),
        "keys": ("keys",),
        "waits_for": ("waits_for",),
        "patient": ("patient",),
    },
    DOCUMENT: {
        "number": ("document_no", "document_authority"),
        "entry": ("entry",),
        "order": ("order",),
        "waits_for": ("waits_for",),
        "patient": ("patient",),
    },
    EXAM: {
        "uid": ("sop_uid",),
        "accession": ("accession",),
        "study": ("study_uid",),
        "steps": ("steps",),
        "patient": ("patient",),
    },
    WAITING: {"keys": ("keys",), "patient": ("patient",)},
    MERGE: {"survivor": ("survivor",), "source": ("source",), "entry": ("entry",)},
    CONFLICT: {"patients": ("patients",), "order": ("order",), "status": ("status",)},
    CODE: {"code": ("sender", "code", "system"), "sender": ("sender",)},
    UNMAPPED: {"code": ("sender", "code", "system"), "value": ("code",)},
    SOURCE: {"name": ("listener", "sender")},
    LISTENER: {"name": ("name",)},
}
"""By kind and name: the columns whose values, joined, are a key. A list column of a one-column
index gives a key for each of its elements. A row whose first column is empty has no key there."""


def keys_of(kind: str, index: str, row_values: dict[str, Value]) -> tuple[str, ...]:
    """Return the keys under which a row with these values stands in an index."""
    columns = INDEXES[kind][index]
    first = row_values.get(columns[0])
    if not first:
        return ()
    if len(columns) == 1:
        if type(first) is str:
            return (first,)
        if type(first) is int:
            return (str(first),)
        return tuple(dict.fromkeys([str(part) for part in first]))  # type: ignore[union-attr]
    return ("\x1f".join([str(row_values.get(column, "")) for column in columns]),)


def key_of(*parts: str | int) -> str:
    """Return the key that stands for these values of an index's columns."""
    return "\x1f".join([str(part) for part in parts])
