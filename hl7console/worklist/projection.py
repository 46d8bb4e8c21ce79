"""Applies journal entries to the rows, one after the other: the whole of the worklist's rules.

A pure function of entries in their order: the same entries give the same rows, in any process.
"""

from __future__ import annotations

from hl7console.worklist import undo
from hl7console.worklist.entries import Entry, InputEntry
from hl7console.worklist.profiles.book import ProfileBook
from hl7console.worklist.reading import View
from hl7console.worklist.rows import CONFLICT, Row
from hl7console.worklist.rules import inputs, messages
from hl7console.worklist.state import State
from hl7console.worklist.turn import Outcome, RefusedError, Severity, Turn
from hl7console.worklist.undo import History


class Projection:
    """The rules over a state. One thread at a time.

    Args:
        state: The rows.
        book: Where mapping profiles come from.
        history: Which entries touched which rows; without one no merge can be undone.
    """

    def __init__(
        self,
        state: State,
        book: ProfileBook | None = None,
        history: History | None = None,
    ) -> None:
        self.state = state
        self.book = book or ProfileBook()
        self._history = history

    def apply(self, entry: Entry) -> tuple[Outcome, list[Row]]:
        """Apply an entry, all of it or nothing; return what came of it and the rows it touched.

        A fault of ours in a rule refuses the entry, is noted as such, and holds nothing up.
        """
        outcome, rows = self._apply(entry)
        if self._history is not None:
            self._history.record(entry, outcome)
        return outcome, rows

    def _apply(self, entry: Entry) -> tuple[Outcome, list[Row]]:
        turn = Turn(self.state, entry)
        try:
            self._run(turn, entry)
        except RefusedError as refused:
            return self._refuse(turn, entry, refused)
        except Exception as error:  # noqa: BLE001 - one odd message must not hold up all others
            turn.take_back()
            fault = Turn(self.state, entry)
            fault.note("fault", None, Severity.ERROR, kind=type(error).__name__)
            outcome = fault.finish()
            outcome.is_refused = True
            return outcome, []
        return turn.finish(), list(turn.touched)

    def trial(self, entry: Entry) -> Outcome:
        """Return what an entry would do now, and keep nothing of it."""
        turn = Turn(self.state, entry)
        try:
            self._run(turn, entry)
        except RefusedError:
            outcome = turn.take_back()
            outcome.is_refused = True
            return outcome
        except BaseException:
            turn.take_back()
            raise
        return turn.take_back()

    def _run(self, turn: Turn, entry: Entry) -> None:
        if isinstance(entry, InputEntry):
            if undo.is_void(entry):
                undo.void(turn, entry, self._history, self._run)
                return
            inputs.apply(turn, entry, self.book)
            return
        if entry.is_duplicate:
            turn.note("duplicate", None, Severity.IGNORED)
            return
        view = View(entry.raw, entry.codec)
        messages.apply(turn, entry, view, self.book.in_force(self.state, entry.listener))

    def _refuse(self, turn: Turn, entry: Entry, refused: RefusedError) -> tuple[Outcome, list[Row]]:
        notes = turn.take_back().notes
        after = Turn(self.state, entry)
        if refused.conflict:
            after.create(CONFLICT, refused.conflict)
        outcome = after.finish()
        # What a refused message says of rows that it would have made is void.
        outcome.notes = [
            note._replace(kind="", row_id=0)
            if note.row_id and self.state.get(note.kind, note.row_id) is None
            else note
            for note in notes
            if note.severity == Severity.ERROR or not note.row_id
        ]
        outcome.is_refused = True
        return outcome, list(after.touched)
