"""Folder against folder: the messages of both, joined by a key, and how each pair differs.

Files, folders, archives and recordings are read as importing reads them. The left side is kept in
memory (large messages compressed), the right side is read past it, so that what stays is the left
side and what differs. Nothing is written anywhere.
"""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from hl7console.engine.console import NotTaken
from hl7console.engine.reading import FoundInSource, MayBeCancelled, MessageFinder
from hl7console.errors import UsageError
from hl7console.hl7v2.compare import CompareOptions, Comparison, compare
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.scan import scan

CONTROL, ACCESSION = "control", "accession"
"""Keys with a name of their own: MSH-10, and the accession number wherever it stands."""

SMALL_BYTES = 16 * 1024
"""Messages below this size are kept as they are."""

MOST_ROWS = 100_000
"""Messages of one side that are compared."""


class PairState(StrEnum):
    """What became of one key."""

    SAME = "same"
    DIFFERENT = "different"
    ONLY_LEFT = "only left"
    ONLY_RIGHT = "only right"
    NO_KEY = "no key"
    """The message has no value at the key; it is compared with nothing."""


@dataclass(frozen=True, slots=True)
class CompareKey:
    """What messages are joined by."""

    name: str
    """`CONTROL`, `ACCESSION` or a path."""
    path: FieldPath | None = None

    @classmethod
    def parse(cls, text: str) -> CompareKey:
        """Read a key: ``control``, ``accession`` or a path with a field.

        Raises:
            UsageError: It is neither.
        """
        name = text.strip().lower()
        if name in (CONTROL, ACCESSION):
            return cls(name)
        path = FieldPath.parse(text)
        if path.field is None:
            raise UsageError(
                "A key names a field, not a segment.", hint="For example PID-3 or OBR-3.1."
            )
        return cls(str(path), path)

    def of(self, raw: bytes) -> str:
        """Return the key of a message; empty when it has none."""
        if self.path is not None:
            return Message.parse(raw).get(self.path) or ""
        found = scan(raw)
        return found.accession if self.name == ACCESSION else found.control_id


@dataclass(frozen=True, slots=True)
class Kept:
    """A message and where it was found."""

    source: str
    offset_bytes: int
    content: bytes = field(repr=False)
    is_packed: bool = False

    @classmethod
    def of(cls, found: FoundInSource) -> Kept:
        """Keep a message, compressed where that is worth it."""
        if len(found.raw) < SMALL_BYTES:
            return cls(found.source, found.offset_bytes, found.raw)
        return cls(found.source, found.offset_bytes, zlib.compress(found.raw, 1), is_packed=True)

    def emptied(self) -> Kept:
        """Return where it was found, without its bytes."""
        return Kept(self.source, self.offset_bytes, b"")

    @property
    def raw(self) -> bytes:
        """The message's bytes."""
        return zlib.decompress(self.content) if self.is_packed else self.content


@dataclass(frozen=True, slots=True)
class PairRow:
    """One key, or one of several messages of the same key."""

    key: str = field(repr=False)
    state: PairState
    left: Kept | None = None
    right: Kept | None = None
    """Without their bytes for `PairState.SAME`."""
    differences: int = 0
    is_repeated: bool = False
    """Whether a side has the key more than once; then equal ones are paired first."""


@dataclass(frozen=True, slots=True)
class FolderComparison:
    """The outcome of comparing two folders."""

    rows: tuple[PairRow, ...] = ()
    """In the order of the left side, then what only the right side has."""
    not_taken: tuple[NotTaken, ...] = ()
    is_cancelled: bool = False

    @property
    def counts(self) -> Counter[PairState]:
        """How many rows there are of each state."""
        return Counter(row.state for row in self.rows)

    @property
    def repeated(self) -> int:
        """How many keys a side has more than once."""
        return len({row.key for row in self.rows if row.is_repeated})

    @property
    def is_same(self) -> bool:
        """Whether all messages have an equal partner."""
        return all(row.state is PairState.SAME for row in self.rows) and not self.is_cancelled


class CompareWork(MayBeCancelled, Protocol):
    """What folders are compared for; an engine job is one."""

    def advance(
        self, done: int, total: int = 0, text: str = "", *, share: float | None = None
    ) -> None:
        """Take how far it is."""


class PlainWork:
    """A `CompareWork` that stands alone. Any thread."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self.done = 0
        """Messages read."""
        self.share = 0.0
        """How much is done, 0 to 1."""

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask it to stop."""
        self._cancelled.set()

    def advance(
        self,
        done: int,
        total: int = 0,
        text: str = "",  # noqa: ARG002 - part of `CompareWork`
        *,
        share: float | None = None,
    ) -> None:
        """Note how far it is."""
        self.done = done
        self.share = share if share is not None else done / total if total else 0.0


def compare_folders(
    work: CompareWork,
    left: tuple[Path, ...],
    right: tuple[Path, ...],
    key: CompareKey,
    options: CompareOptions,
) -> FolderComparison:
    """Compare the messages of two sides; any thread, reads files.

    Args:
        work: Takes the progress, and is asked between messages whether to stop.
        left: Files and folders of the left side.
        right: Those of the right side.
        key: What the messages are joined by.
        options: How two messages are compared.

    Raises:
        UsageError: One side has more messages than can be compared.
    """
    return _FolderWork(work, key, options).run(left, right)


class _FolderWork:
    def __init__(self, work: CompareWork, key: CompareKey, options: CompareOptions) -> None:
        self._work = work
        self._key = key
        self._options = options
        self._waiting: dict[str, list[tuple[int, Kept]]] = {}
        self._rows: dict[int, PairRow] = {}
        self._done = 0
        self._not_taken: list[NotTaken] = []
        self._repeated: set[str] = set()

    def run(self, left: tuple[Path, ...], right: tuple[Path, ...]) -> FolderComparison:
        place = 0
        for place, key, kept in self._side(left, 0.0):
            if key:
                waiting = self._waiting.setdefault(key, [])
                waiting.append((place, kept))
                if len(waiting) > 1:
                    self._repeated.add(key)
            else:
                self._rows[place] = PairRow("", PairState.NO_KEY, left=kept)
        seen: set[str] = set()
        for number, key, kept in self._side(right, 0.5):
            if key in seen:
                self._repeated.add(key)
            if key:
                seen.add(key)
            self._meet(place + number, key, kept)
        # What was stopped never learned what the right side has.
        rest = {} if self._work.is_cancelled else self._waiting
        for key, waiting in rest.items():
            for at, kept in waiting:
                self._rows[at] = PairRow(key, PairState.ONLY_LEFT, left=kept)
        rows = [self._rows[at] for at in sorted(self._rows)]
        return FolderComparison(
            tuple(self._marked(row) for row in rows),
            tuple(self._not_taken),
            is_cancelled=self._work.is_cancelled,
        )

    def _side(self, paths: tuple[Path, ...], before: float) -> Iterator[tuple[int, str, Kept]]:
        """Yield number (from 1), key and message of a side; half of the work."""
        finder = MessageFinder(self._work, paths)
        for number, found in enumerate(finder.messages(), 1):
            if number > MOST_ROWS:
                raise UsageError(
                    f"There are more than {MOST_ROWS:,} messages on one side.",
                    hint="Compare a part of them at a time.",
                )
            self._done += 1
            self._work.advance(self._done, share=before + finder.share / 2)
            yield number, self._key.of(found.raw), Kept.of(found)
        self._not_taken += finder.not_taken

    def _meet(self, place: int, key: str, kept: Kept) -> None:
        waiting = self._waiting.get(key)
        if not key:
            self._rows[place] = PairRow("", PairState.NO_KEY, right=kept)
        elif not waiting:
            self._rows[place] = PairRow(key, PairState.ONLY_RIGHT, right=kept)
        else:
            chosen = next((n for n, (_, one) in enumerate(waiting) if one.raw == kept.raw), 0)
            at, partner = waiting.pop(chosen)
            self._rows[at] = self._compared(key, partner, kept)

    def _compared(self, key: str, left: Kept, right: Kept) -> PairRow:
        found = self._comparison(left, right)
        if found.is_same:
            return PairRow(key, PairState.SAME, left.emptied(), right.emptied())
        return PairRow(key, PairState.DIFFERENT, left, right, len(found.differences))

    def _comparison(self, left: Kept, right: Kept) -> Comparison:
        here, there = left.raw, right.raw
        return Comparison() if here == there else compare(here, there, self._options)

    def _marked(self, row: PairRow) -> PairRow:
        if row.key not in self._repeated:
            return row
        return PairRow(row.key, row.state, row.left, row.right, row.differences, is_repeated=True)
