"""Documents (MDM): kept with their versions, joined to orders and persons.

References:
    HL7 v2.5.1 chapter 9, TXA; tables 0271 and 0273.
"""

from __future__ import annotations

from hl7console.worklist import linking
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.evidence import is_older, remember, source_of
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.identifiers import Number, number_of_ei
from hl7console.worklist.mapping.times import event_time, moment_of
from hl7console.worklist.persons_named import Agreement, agreement
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View
from hl7console.worklist.rows import DOCUMENT, ORDER, Row, Value, key_of
from hl7console.worklist.rules import observations, subject
from hl7console.worklist.turn import Severity, Turn

_STATUS = {"LA": "final", "AU": "final", "PA": "preliminary"}
"""Document status by TXA-17; the others are drafts."""

_ADDENDA = frozenset({"T05", "T06"})
_REPLACEMENTS = frozenset({"T09", "T10"})
_STATUS_ONLY = frozenset({"T03", "T04"})
_NEW = frozenset({"T01", "T02", *_ADDENDA, *_REPLACEMENTS})
_CANCEL = "T11"


def apply(turn: Turn, entry: MessageEntry, view: View, profile: Profile) -> None:
    """Apply an MDM."""
    event = view.get("MSH", 9, 2)
    txa = view.first("TXA")
    context = Context.of(view, profile, entry)
    number = number_of_ei(context, txa, 12)
    if txa is None or number is None:
        turn.refuse("document_without_number", "TXA-12")
    row = turn.first(DOCUMENT, "number", number.value, number.authority.key)
    person = subject.subject_of(turn, context, view.first("PID"))
    told, path, _rule = event_time(view, None, entry, profile)
    source = source_of(entry, view)
    if row is not None and is_older(row, source, told):
        turn.note("message_older", row, Severity.IGNORED, path)
        return
    if row is not None and event != _CANCEL:
        _check_person(turn, row, Row(DOCUMENT, 0, person))
    if row is None:
        row = _create(turn, entry, number, person)
        if event not in _NEW:
            turn.add_flag(row, "document_made_by_update", txa.path(12), event=event)
    _update(turn, row, context, txa)
    if event not in _STATUS_ONLY:
        observations.take(turn, row, context, view.all("OBX"), is_correction=False)
    parent = _relate(turn, row, context, txa, event)
    remember(turn, row, source, told, path)
    if event == _CANCEL:
        _cancel(turn, row, person)
    elif not row.number("order"):
        _link(turn, row, context, txa, parent)


def _check_person(turn: Turn, row: Row, named: Row) -> None:
    """Give the message up if it names a document of another person."""
    if linking.is_anothers(turn, row, named):
        linking.refuse_other_person(turn, row, "document_of_other_patient")


def _create(turn: Turn, entry: MessageEntry, number: Number, person: dict[str, Value]) -> Row:
    columns: dict[str, Value] = {
        **person,
        "entry": entry.number,
        "document_no": number.value,
        "document_authority": number.authority.key,
    }
    return turn.create(DOCUMENT, columns, {**subject.PATHS, "document_no": number.path})


def _update(turn: Turn, row: Row, context: Context, txa: Seg) -> None:
    for field, column in ((17, "completion"), (19, "availability"), (16, "file_name")):
        if txa.raw(field):
            turn.set(row, column, txa.get(field), txa.path(field))
    for field, column in ((2, "type"), (25, "title")):
        text = txa.get(field, 2) or txa.get(field)
        if text:
            turn.set(row, column, text, txa.path(field))
    if txa.raw(17):
        status = _STATUS.get(txa.get(17).upper(), "draft")
        turn.set(row, "status", status, txa.path(17))
    moment = moment_of(txa.get(4), context.profile) if txa.raw(4) else None
    if moment is not None and moment.date:
        turn.set(row, "document_date", moment.date, txa.path(4))
        turn.set(row, "document_time", moment.time, txa.path(4))
    turn.set(row, "latest", turn.entry.number, "MSH-10")
    turn.set(
        row, "versions", [*row.list("versions"), [turn.entry.number, txa.get(17)]], txa.path(17)
    )


def _relate(turn: Turn, row: Row, context: Context, txa: Seg, event: str) -> Row | None:
    """Name the document that this one adds to or replaces, and return it if it is known."""
    if event not in _ADDENDA and event not in _REPLACEMENTS:
        return None
    number = number_of_ei(context, txa, 13)
    if number is None:
        turn.note("document_without_parent", row, Severity.FLAG, txa.path(13), event=event)
        return None
    turn.set(row, "parent_no", number.value, number.path)
    turn.set(row, "parent_authority", number.authority.key, number.path)
    parent = turn.first(DOCUMENT, "number", number.value, number.authority.key)
    if parent is None:
        turn.note("document_parent_unknown", row, Severity.FLAG, txa.path(13))
        return None
    if linking.is_anothers(turn, parent, row):
        turn.note("document_parent_of_other_patient", row, Severity.ERROR, txa.path(13))
        return None
    if event in _REPLACEMENTS and parent is not row:
        turn.set(parent, "availability", "OB", txa.path(13), "document_replaced")
        turn.set(parent, "superseded_by", row.id, txa.path(13), "document_replaced")
    return parent


def _cancel(turn: Turn, row: Row, person: dict[str, Value]) -> None:
    """Take a document out of sight; the link goes where it was filed under another person."""
    turn.set(row, "is_hidden", 1, "MSH-9", "document_cancelled")
    turn.set(row, "availability", "CA", "MSH-9", "document_cancelled")
    turn.set(row, "waits_for", "", "MSH-9", "document_cancelled")
    patient = person.get("patient", 0)
    if row.number("patient") and patient and patient != row.number("patient"):
        turn.set(row, "patient", 0, "PID-3", "document_cancelled")
        turn.set(row, "order", 0, "PID-3", "document_cancelled")


def _link(turn: Turn, row: Row, context: Context, txa: Seg, parent: Row | None) -> None:
    """Join a document to the order that it names, else to that of the document it belongs to."""
    view = context.view
    orc, obr = view.first("ORC"), view.first("OBR")
    keys: list[str] = []
    accession = obr.get(18).strip() if obr is not None else ""
    if accession:
        keys.append(key_of("accession", accession, context.default_key))
        keys.append(linking.bare_accession(accession))
    for name, places in (
        ("filler", ((txa, 15), (orc, 3), (obr, 3))),
        ("placer", ((txa, 14), (orc, 2), (obr, 2))),
    ):
        for seg, field in places:
            number = number_of_ei(context, seg, field)
            if number is not None:
                keys.append(key_of(name, number.value, number.authority.key))
                break
    if keys:
        linking.link(turn, row, keys)
        return
    order = turn.get(ORDER, parent.number("order")) if parent is not None else None
    if order is not None and agreement(turn, row, order) is not Agreement.OTHER:
        linking.attach(turn, row, order)
