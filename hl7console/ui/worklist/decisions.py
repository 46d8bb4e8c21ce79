"""The dialogs in which a person decides what rules must not: whose a thing is, and who is who."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Command, Console
from hl7console.errors import UsageError
from hl7console.store.worklist.records import StepDetails
from hl7console.ui.settings.form import Value
from hl7console.ui.worklist import inputs, words
from hl7console.ui.worklist.command_dialog import CommandDialog
from hl7console.ui.worklist.reads import WorklistReads, WorklistWorker
from hl7console.worklist.rows import (
    APPOINTMENT,
    DOCUMENT,
    EXAM,
    IDENTIFIER,
    PATIENT,
    REPORT,
    STEP,
    Row,
)

ATTACHABLE = frozenset({REPORT, DOCUMENT, APPOINTMENT, EXAM})
"""Kinds of rows that can be joined to an order by hand."""

HELD_FLAG = "demographic_conflict"
"""Flag of a person for whom values were held back."""

_NO_LINE = "The order that it names is no longer on the worklist."


@dataclass(frozen=True, slots=True)
class Attachment:
    """A report, document, appointment or exam, and the steps that it can be joined to."""

    row: Row
    steps: tuple[tuple[tuple[str, str], str], ...] = field(repr=False)
    """Study UID and step number, and what the step is called."""


def read_attachment(reads: WorklistReads, conflict: Row, current: int) -> Attachment:
    """Return what a conflict is about, with the steps of its order and the line in view.

    Reader's thread.

    Raises:
        UsageError: It is gone, or there is no step for it.
    """
    row = reads.row(conflict.text("about_kind"), conflict.number("about"))
    if row is None:
        raise UsageError("What the conflict is about is no longer there.")
    ids = [step.id for step in reads.rows_found(STEP, "order", conflict.number("order"))]
    found: dict[tuple[str, str], str] = {}
    for line in reads.rows([*ids, *([current] if current and current not in ids else [])]):
        parts = (line.procedure, line.accession, words.start_words(line.start_date,
                 line.start_time), line.patient_name)  # fmt: skip
        details = reads.details(line.step_id)
        if details is not None:
            keys = inputs.step_keys(details)
            name = " · ".join(part for part in parts if part)
            found[str(keys["study_uid"]), str(keys["sps_id"])] = name
    if not found:
        raise UsageError(_NO_LINE, hint="Choose the line that it belongs to, and try again.")
    return Attachment(row, tuple(found.items()))


def attach_dialog(found: Attachment, console: Console, parent: QWidget) -> CommandDialog:
    """Return the question to which step something is joined, whoever's it seems to be."""
    kind = found.row.kind

    def make(values: dict[str, Value]) -> Command | str:
        reason = str(values["reason"]).strip()
        if not reason:
            return "Say why: it stands in the history of the line."
        (study_uid, sps_id), _ = found.steps[int(str(values["step"]))]
        return inputs.attach(found.row, study_uid, sps_id, reason)

    dialog = CommandDialog(
        "attachDialog",
        f"Attach the {kind}",
        f"The {kind} names another person than the order, or too little to be sure. Attach it "
        "only when you know whose it is; the persons are not compared then.",
        f"Attach the {kind}",
        console,
        make,
        parent,
    )
    steps = [(str(number), name) for number, (_, name) in enumerate(found.steps)]
    dialog.form.choice("step", "To the step", steps)
    dialog.form.text("reason", "Reason", "Stands in the history of the line.")
    dialog.form.focus("reason")
    return dialog


def held_dialog(patient: Row, key: list[str], console: Console, parent: QWidget) -> CommandDialog:
    """Return the question whether values that were held back for a person are right."""

    def make(values: dict[str, Value]) -> Command | str:
        return inputs.confirm_demographics(key, accept=values["answer"] == "accept")

    told = held_words(patient)
    dialog = CommandDialog(
        "heldDialog",
        "Decide on the patient's data",
        "A message named this patient's number with another name and another birth date. Its "
        f"values were kept aside: {told}. If the number was given to somebody else, keep what is "
        "known, and ask the sender.",
        "Decide",
        console,
        make,
        parent,
    )
    dialog.form.choice(
        "answer",
        "The sender's values",
        [("refuse", "Drop them, and keep what is known"), ("accept", "Take them over")],
    )
    return dialog


def held_words(patient: Row) -> str:
    """Return what was held back for a person, beside what is known."""
    parts = []
    for held in patient.list("held"):
        if isinstance(held, list | tuple) and len(held) >= 2:
            column = str(held[0])
            value = held[1] if isinstance(held[1], str | int) else str(held[1])
            new = words.value_words(column, value) or "empty"
            old = words.value_words(column, patient.values.get(column)) or "empty"
            parts.append(f"{words.column_words(column)} {new} instead of {old}")
    return "; ".join(parts) or "nothing of weight"


def link_dialog(
    first: tuple[Row, list[str]],
    second: tuple[Row, list[str]],
    console: Console,
    parent: QWidget,
) -> CommandDialog:
    """Return the question whether two persons are linked."""
    names = [" · ".join((words.value_words("patient_name", row.text("patient_name")),
                         row.text("patient_id"))) for row, _ in (first, second)]  # fmt: skip
    return CommandDialog(
        "linkDialog",
        "Link two persons",
        f"{names[0]} and {names[1]} are noted as one person, as an ADT^A24 would do it. Nothing "
        "moves: each keeps its orders and its identifiers.",
        "Link them",
        console,
        lambda _: inputs.link_persons(first[1], second[1]),
        parent,
    )


class Decisions(QObject):
    """Reads what a decision is about, and asks for it. GUI thread only.

    Args:
        worker: Reads the worklist.
        console: The engine.
        show: Opens a dialog.
        failed: Gets a `ConsoleError`.
        parent: Owner of the dialogs.
    """

    def __init__(
        self,
        worker: WorklistWorker,
        console: Console,
        show: Callable[[CommandDialog], object],
        failed: Callable[[object], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._worker, self._console = worker, console
        self._show, self._failed, self._window = show, failed, parent

    def attach(self, conflict: Row, current: int) -> None:
        """Ask to which step the thing of a conflict is joined."""

        def show(found: Attachment) -> None:
            self._show(attach_dialog(found, self._console, self._window))

        self._worker.ask(
            lambda reads: read_attachment(reads, conflict, current), show, self._failed
        )

    def decide_on_held(self, patient: Row) -> None:
        """Ask whether values that were held back for a person are right."""
        self._with_keys(
            (patient,),
            lambda keys: held_dialog(patient, keys[0], self._console, self._window),
        )

    def link(self, first: Row, second: Row) -> None:
        """Ask whether two persons are linked."""
        self._with_keys(
            (first, second),
            lambda keys: link_dialog(
                (first, keys[0]), (second, keys[1]), self._console, self._window
            ),
        )

    def _with_keys(
        self, persons: Sequence[Row], made: Callable[[list[list[str]]], CommandDialog]
    ) -> None:
        def show(keys: list[list[str]]) -> None:
            self._show(made(keys))

        self._worker.ask(lambda reads: keys_of(reads, persons), show, self._failed)


def keys_of(reads: WorklistReads, persons: Sequence[Row]) -> list[list[str]]:
    """Return an identifier and its authority for each person. Reader's thread.

    Raises:
        UsageError: One of them has no identifier.
    """
    found = [
        inputs.person_key(reads.rows_found(IDENTIFIER, PATIENT, person.id)) for person in persons
    ]
    if not all(found):
        raise UsageError("A person without an identifier cannot be named.")
    return found


def has_held(details: StepDetails) -> bool:
    """Return whether values were held back for the patient of a line."""
    return details.patient is not None and HELD_FLAG in details.patient.list("flags")
