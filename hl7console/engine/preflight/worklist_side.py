"""What the worklist knows about messages that are to be sent: final orders, and merges since."""

from __future__ import annotations

from hl7console.engine.preflight.findings import Checked
from hl7console.store.records import MessageRow
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.worklist.records import LineKeys
from hl7console.worklist.rows import Row
from hl7console.worklist.states import FINAL

ORDER_TYPES = frozenset(("ORM", "OMG", "OMI", "OML", "SIU"))
"""Messages that ask for something to be done. Results of a final order are as they should be."""


class WorklistSide:
    """Looks things up for one check; remembers what it found. The reader's thread."""

    def __init__(self, reader: WorklistReader) -> None:
        self._reader = reader
        self._final: dict[str, bool] = {}
        self._merges: dict[tuple[str, str], list[Row]] | None = None
        self._at_us: dict[int, int] = {}

    def is_order_final(self, row: MessageRow) -> bool:
        """Return whether all that the order of a message asked for is over."""
        if row.message_type not in ORDER_TYPES:
            return False
        number = row.accession or row.filler_order or row.placer_order
        if not number:
            return False
        if number not in self._final:
            self._final[number] = self._ask_final(row, number)
        return self._final[number]

    def _ask_final(self, row: MessageRow, number: str) -> bool:
        steps = []
        if row.accession:
            steps = self._reader.candidates(
                LineKeys(accession=row.accession, states=(), complete_only=False)
            )
        steps = steps or self._reader.find(number)
        states = [line.state for line in self._reader.rows(steps)]
        return bool(states) and all(state in FINAL for state in states)

    def is_merged_since(self, one: Checked) -> bool:
        """Return whether the patient that a message names was merged away after it came."""
        row = one.original.row
        if not row.patient_id:
            return False
        for merge in self._merged().get((row.patient_id, ""), []):
            source = merge.values.get("source_no")
            issuer = str(source[1]) if isinstance(source, list | tuple) and len(source) > 1 else ""
            if row.patient_authority and issuer and issuer != row.patient_authority:
                continue
            if self._when(merge, one) > one.received_at_us:
                return True
        return False

    def _merged(self) -> dict[tuple[str, str], list[Row]]:
        if self._merges is None:
            self._merges = {}
            for merge in self._reader.merges():
                source = merge.values.get("source_no")
                if merge.text("status") == "done" and isinstance(source, list | tuple) and source:
                    self._merges.setdefault((str(source[0]), ""), []).append(merge)
        return self._merges

    def _when(self, merge: Row, one: Checked) -> int:
        entry = merge.number("entry")
        if 0 < entry <= one.age_id:
            return 0
        if entry not in self._at_us:
            effect = self._reader.effect(entry)
            self._at_us[entry] = effect.at_us if effect is not None else 0
        return self._at_us[entry]
