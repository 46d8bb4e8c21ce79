"""One short line that says what a message is about, for lists.

Made from a few fields; not stored. What it says is for the user's eyes only: it may hold patient
data, and never goes into logs.

References:
    HL7 v2.5.1 tables 0003 (events), 0119 (order control), 0123 (result status), 0270 (documents).
"""

from __future__ import annotations

from collections.abc import Callable

from hl7console.hl7v2.message import Message

MAX_NOTE = 120
"""Longest note, in characters."""

_EVENTS = {
    "A01": "admitted", "A02": "transferred", "A03": "discharged", "A04": "registered",
    "A05": "pre-admitted", "A06": "outpatient to inpatient", "A07": "inpatient to outpatient",
    "A08": "updated", "A09": "departing", "A10": "arriving", "A11": "admission cancelled",
    "A12": "transfer cancelled", "A13": "discharge cancelled", "A14": "admission pending",
    "A15": "transfer pending", "A16": "discharge pending", "A17": "beds swapped",
    "A21": "on leave", "A22": "back from leave", "A23": "visit deleted", "A24": "linked",
    "A25": "pending discharge cancelled", "A26": "pending transfer cancelled",
    "A27": "pending admission cancelled", "A28": "person added", "A29": "person deleted",
    "A31": "person updated", "A32": "arrival cancelled", "A33": "departure cancelled",
    "A37": "unlinked", "A38": "pre-admission cancelled", "A44": "account moved",
    "A60": "allergies updated",
    "S12": "", "S13": "rescheduled", "S14": "changed", "S15": "cancelled", "S16": "discontinued",
    "S17": "deleted", "S18": "service added", "S19": "service changed", "S20": "service cancelled",
    "S21": "service discontinued", "S22": "service deleted", "S23": "slot blocked",
    "S24": "slot opened", "S26": "did not come",
    "T01": "", "T02": "", "T03": "status changed", "T04": "status changed",
    "T05": "addendum", "T06": "addendum", "T07": "edited", "T08": "edited", "T09": "replaced",
    "T10": "replaced", "T11": "cancelled",
    "P01": "account added", "P03": "charge", "P05": "account updated", "P11": "charge",
    "P12": "diagnosis updated",
}  # fmt: skip

_MERGES = ("A18", "A30", "A34", "A35", "A36", "A39", "A40", "A41", "A42", "A46", "A47", "A49")
_MOVES = ("A43", "A44", "A45")

_CONTROLS = {
    "CA": "cancel", "OC": "cancelled", "CR": "cancelled", "DC": "discontinue",
    "OD": "discontinued", "DR": "discontinued", "XO": "change", "XR": "changed", "XX": "changed",
    "HD": "hold", "OH": "held", "RL": "release", "RP": "replace", "RU": "replaced",
    "UA": "not accepted", "UC": "cannot cancel", "UX": "cannot change", "OK": "accepted",
    "SN": "send a number", "NA": "number assigned",
}  # fmt: skip

_ORDER_STATES = {
    "A": "some results", "CA": "cancelled", "CM": "completed", "DC": "discontinued",
    "ER": "error", "HD": "on hold", "IP": "in progress", "RP": "replaced", "SC": "scheduled",
}  # fmt: skip

_RESULT_STATES = {
    "A": "some results", "C": "corrected", "F": "final", "I": "no results yet", "O": "ordered",
    "P": "preliminary", "R": "not verified", "S": "scheduled", "X": "cancelled",
}  # fmt: skip

_DOCUMENTS = {
    "AR": "autopsy report", "CD": "cardiodiagnostics", "CN": "consultation",
    "DI": "diagnostic imaging", "DS": "discharge summary", "ED": "emergency department report",
    "HP": "history and physical", "OP": "operative report", "PC": "psychiatric consultation",
    "PH": "psychiatric history", "PN": "procedure note", "PR": "progress note",
    "SP": "surgical pathology", "TS": "transfer summary",
}  # fmt: skip

_ACKS = {
    "AA": "accepted", "AE": "error", "AR": "rejected",
    "CA": "committed", "CE": "commit error", "CR": "commit rejected",
}  # fmt: skip

_URGENT = {"S": "STAT", "STAT": "STAT", "A": "ASAP", "ASAP": "ASAP"}
"""Priorities worth a word (HL7 table 0027): at once, and as soon as possible."""


def note_for(message: Message | bytes) -> str:
    """Return what a message is about in a few words; empty when there is nothing to say.

    Never raises for any bytes. Any thread.
    """
    if isinstance(message, bytes):
        message = Message.parse(message)
    if not message.header.has_msh:
        return ""
    note = " ".join(_note(message).split())
    return note if len(note) <= MAX_NOTE else note[: MAX_NOTE - 1].rstrip() + "…"


def _note(message: Message) -> str:
    kind, event = _text(message, "MSH-9.1"), _text(message, "MSH-9.2")
    if kind == "ACK" or message.count("MSA"):
        return _acknowledgement(message)
    if event in _MERGES and message.count("MRG"):
        return _merge(message, "merge")
    if event in _MOVES and message.count("MRG"):
        return _merge(message, "move")
    make = _BY_TYPE.get(kind)
    if make is not None:
        return make(message, event)
    return _procedure(message) or _EVENTS.get(event, "")


def _text(message: Message, path: str) -> str:
    return (message.get(path) or "").strip()


def _coded(message: Message, path: str) -> str:
    """Return the words of a coded element: text, alternate text, original text, code."""
    for component in (2, 5, 9, 1):
        words = _text(message, f"{path}.{component}")
        if words:
            return words
    return ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _acknowledgement(message: Message) -> str:
    code = _text(message, "MSA-1")
    words = _text(message, "MSA-3") or _text(message, "ERR-8") or _coded(message, "ERR-3")
    meaning = _ACKS.get(code, code)
    return f"{meaning}: {words}" if words else meaning


def _merge(message: Message, verb: str) -> str:
    gone, kept = _text(message, "MRG-1"), _text(message, "PID-3")
    if not gone and _text(message, "MRG-3"):
        gone, kept = _text(message, "MRG-3"), _text(message, "PID-18")
    return f"{verb} {gone} into {kept}" if gone and kept else verb


def _procedure(message: Message) -> str:
    name = _coded(message, "OBR-4")
    more = message.count("OBR") - 1
    return f"{name} (+{more})" if name and more > 0 else name


def _order(message: Message, event: str) -> str:  # noqa: ARG001
    control = _text(message, "ORC-1")
    what = _procedure(message) or _coded(message, "RXO-1") or _coded(message, "RXE-2")
    places = ("ORC-7.6", "TQ1-9", "OBR-5", "OBR-27.6")
    urgency = {_URGENT.get(_text(message, place).upper(), "") for place in places}
    if urgency & {"STAT", "ASAP"}:
        what = f"{max(urgency)} {what}".rstrip()
    done = _CONTROLS.get(control, "")
    if control == "SC":
        done = _ORDER_STATES.get(_text(message, "ORC-5"), "status")
    reason = _coded(message, "ORC-16") if done else ""
    return f"{done}: {_joined(what, reason)}" if done and (what or reason) else what or done


def _result(message: Message, event: str) -> str:  # noqa: ARG001
    codes = dict.fromkeys(code.strip().upper() for code in message.values("OBR-25"))
    state = _joined(*(_RESULT_STATES.get(code, "") for code in codes))
    what = _procedure(message) or _coded(message, "OBX-3")
    return f"{state}: {what}" if state and what else what or state


def _document(message: Message, event: str) -> str:
    code = _text(message, "TXA-2")
    name = _text(message, "TXA-2.2") or _DOCUMENTS.get(code, "") or _coded(message, "OBX-3")
    return _joined(name or code, _EVENTS.get(event, ""))


def _appointment(message: Message, event: str) -> str:
    what = _coded(message, "AIS-3") or _coded(message, "SCH-7") or _coded(message, "SCH-8")
    what = what or _coded(message, "SCH-6")
    done = _EVENTS.get(event, "")
    return f"{done}: {what}" if done and what else what or done


def _charge(message: Message, event: str) -> str:
    what = _coded(message, "FT1-25") or _coded(message, "FT1-7")
    return f"charge: {what}" if what else _EVENTS.get(event, "")


def _vaccination(message: Message, event: str) -> str:  # noqa: ARG001
    return _coded(message, "RXA-5")


def _master_file(message: Message, event: str) -> str:  # noqa: ARG001
    name = _coded(message, "MFI-1")
    return f"master file {name}" if name else ""


_BY_TYPE: dict[str, Callable[[Message, str], str]] = {
    **dict.fromkeys(("ORM", "OMG", "OMI", "OML", "OMP", "OMD", "OMS", "OMN", "OMB"), _order),
    **dict.fromkeys(("ORR", "ORG", "ORI", "ORL", "RDE", "RDS", "RGV", "RAS", "OSU"), _order),
    **dict.fromkeys(("ORU", "OUL", "ORF", "OPU"), _result),
    "MDM": _document,
    "SIU": _appointment,
    "SRM": _appointment,
    "DFT": _charge,
    "VXU": _vaccination,
    "MFN": _master_file,
}
