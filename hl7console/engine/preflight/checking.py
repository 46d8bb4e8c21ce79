"""Checks what is to be sent, one message or many, against store and worklist; only reads."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields

from hl7console.engine.preflight.findings import (
    CODES,
    ERR,
    OK,
    WARN,
    Checked,
    PreflightFinding,
    PreflightSubject,
    finding_of,
)
from hl7console.engine.preflight.history import (
    NewerMessages,
    control_ids_sent,
    control_ids_shared,
)
from hl7console.engine.preflight.identity import identity_codes
from hl7console.engine.preflight.worklist_side import WorklistSide
from hl7console.engine.resending.originals import Original, Originals
from hl7console.errors import UsageError
from hl7console.hl7v2 import validation
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.scan import scan
from hl7console.settings import DestinationSettings, Environment
from hl7console.store.reader import StoreReader
from hl7console.store.records import MessageRow, Origin
from hl7console.store.rows import read_bodies, read_rows
from hl7console.store.worklist.reader import WorklistReader

Told = Callable[[int], None]
"""Called with how many messages are checked; what it raises ends the check."""


def preflight(
    reader: StoreReader,
    worklist_reader: WorklistReader,
    subject: PreflightSubject,
    destination: DestinationSettings,
    *,
    told: Told | None = None,
) -> tuple[PreflightFinding, ...]:
    """Return what to know before sending, the destination first.

    Any thread, with readers of its own. Bodies are read some at a time, however many there are.

    Args:
        reader: Of the messages.
        worklist_reader: Of the worklist.
        subject: What is to be sent.
        destination: Where to.
        told: Told how far it is.

    Raises:
        UsageError: A filter is not understood, or there is nothing to send.
        ConsoleError: Store or worklist cannot be read.
    """
    check = _Check(reader, worklist_reader, subject, destination, told or (lambda _: None))
    return (destination_finding(destination), *check.findings())


def destination_finding(destination: DestinationSettings) -> PreflightFinding:
    """Return what a destination is."""
    if not destination.enabled:
        text = f"{destination.name} is switched off; nothing can be sent there."
        return PreflightFinding(ERR, "destination", text)
    is_production = destination.environment == Environment.PRODUCTION
    text = f"{destination.name} is a {destination.environment} destination."
    return PreflightFinding(WARN if is_production else OK, "destination", text)


class _Check:
    """One run of all checks."""

    def __init__(
        self,
        reader: StoreReader,
        worklist_reader: WorklistReader,
        subject: PreflightSubject,
        destination: DestinationSettings,
        told: Told,
    ) -> None:
        self._reader = reader
        self._subject = subject
        self._destination = destination
        self._told = told
        self._worklist = WorklistSide(worklist_reader)
        self._newer = NewerMessages(reader)
        self._counts: Counter[str] = Counter()
        self._total = 0

    def findings(self) -> list[PreflightFinding]:
        for page in self._pages():
            self._check_page(self._edited(page))
            self._told(self._total)
        self._counts.update(self._newer.counts(lambda: self._told(self._total)))
        if not self._total:
            return [PreflightFinding(WARN, "nothing", "There is no message to send.", 0)]
        return [
            finding_of(code, self._counts[code], self._total)
            for code in CODES
            if self._counts[code]
        ]

    def _pages(self) -> Iterator[list[Original]]:
        subject = self._subject
        if subject.raw:
            yield [Original(_row_of(subject.raw, subject.parent_id), subject.raw)]
            return
        yield from Originals(
            self._reader, subject.message_ids, subject.filter, subject.limit
        ).pages()

    def _edited(self, page: Sequence[Original]) -> list[Checked]:
        """Return the messages as they go out, with what they were made from."""
        parents = self._parents([one.row.parent_id for one in page])
        found = []
        for one in page:
            self._total += 1
            raw, parent = one.raw, parents.get(one.row.parent_id)
            if one.row.origin != Origin.EDITED:
                parent = None
            if self._subject.edit is not None:
                try:
                    raw = self._subject.edit(one.raw, one.row.charset)
                except UsageError:
                    self._counts["cannot_edit"] += 1
                    continue
                if raw != one.raw:
                    parent = one
            found.append(Checked(one, raw, parent))
        return found

    def _parents(self, ids: Sequence[int]) -> dict[int, Original]:
        wanted = sorted({*ids} - {0})
        if not wanted:
            return {}
        database = self._reader.database()
        raws = dict(read_bodies(database, wanted))
        return {
            row.id: Original(row, raws[row.id])
            for row in read_rows(database, wanted)
            if row.id in raws
        }

    def _check_page(self, page: Sequence[Checked]) -> None:
        if not self._subject.new_control_ids:
            database = self._reader.database()
            keeping = [one for one in page if one.raw == one.original.raw or _keeps_id(one)]
            sent = control_ids_sent(database, keeping, self._destination.name)
            shared = control_ids_shared(database, keeping) - sent
            self._counts["control_id_sent"] += len(sent)
            self._counts["control_id_shared"] += len(shared)
        for one in page:
            self._newer.add(one)
            self._check_one(one)

    def _check_one(self, one: Checked) -> None:
        counts = self._counts
        counts["order_final"] += self._worklist.is_order_final(one.original.row)
        counts["merged_since"] += self._worklist.is_merged_since(one)
        message = Message.parse(one.raw, force_codec=one.original.row.charset)
        if not message.segments or not message.segments[0].is_header:
            counts["unreadable"] += 1
            return
        found = validation.check(message)
        counts["invalid"] += any(finding.severity == Severity.ERROR for finding in found)
        if one.parent is not None:
            before = Message.parse(one.parent.raw, force_codec=one.parent.row.charset)
            counts.update(identity_codes(before, message))


def _keeps_id(one: Checked) -> bool:
    return scan(one.raw).control_id == one.original.row.control_id


def _row_of(raw: bytes, parent_id: int) -> MessageRow:
    """Return the row that a message would have, of one that is not stored yet."""
    seen = scan(raw)
    values: dict[str, object] = {
        column.name: getattr(seen, column.name, 0 if column.type in ("int", "bool") else "")
        for column in fields(MessageRow)
        if column.name not in ("note", "values")
    }
    values |= {
        "origin": str(Origin.EDITED),
        "parent_id": parent_id,
        "received_at_us": time.time_ns() // 1000,
        "size_bytes": len(raw),
    }
    return MessageRow(**values)  # type: ignore[arg-type]
