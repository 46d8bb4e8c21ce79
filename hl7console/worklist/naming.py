"""What people call the columns and flags of the worklist, and which of them they want to read.

The window and the command line tell changes by the same names and in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.worklist.rows import ORDER, PATIENT, STEP, Value
from hl7console.worklist.turn import Change

_COLUMNS = {
    "accession": "accession",
    "account_no": "account number",
    "acknowledged_at_us": "seen to at",
    "acknowledged_by": "seen to by",
    "acknowledgement": "what was done about it",
    "admission_id": "admission number",
    "admit_date": "admission date",
    "admit_time": "admission time",
    "code": "report code",
    "duration_unit": "unit of the duration",
    "event_reason": "reason for the appointment",
    "filler_appointment": "filler's appointment number",
    "filler_no": "filler order",
    "group_no": "order group",
    "id_value": "identifier",
    "institution": "institution",
    "interpreter": "read by",
    "issue_date": "date of the request",
    "issue_time": "time of the request",
    "issuer": "issuer of the patient id",
    "location": "patient location",
    "machine": "booked machine",
    "missing": "missing values",
    "patient_class": "patient class",
    "patient_id": "patient id",
    "placer_appointment": "placer's appointment number",
    "placer_no": "placer order",
    "procedure_code_raw": "procedure code as sent",
    "procedure_codes": "procedure codes as sent",
    "referring": "referring doctor",
    "requesting": "requesting doctor",
    "room": "booked room",
    "rp_code": "procedure code",
    "rp_desc": "procedure",
    "rp_id": "procedure number",
    "sps_desc": "step",
    "sps_id": "step number",
    "sps_location": "step location",
    "start_date": "start date",
    "start_time": "start time",
    "station_aet": "station",
    "station_name": "station name",
    "study_uid": "study UID",
    "text": "report text",
    "title": "report title",
    "type": "kind of appointment",
    "visit_no": "visit number",
}
"""By column, where its own words would not do."""

_FLAGS = {
    "aa_defaulted": "authority assumed",
    "birth_date_partial": "birth date incomplete",
    "ca_after_start": "cancelled after start",
    "created_by_update": "first heard of in a change",
    "demographics_differ": "person's data differ",
    "duplicate_new": "ordered twice",
    "noshow": "did not come",
    "set_before_create": "changed before it was ordered",
    "sps_renamed": "step number changed",
    "study_uid_changed": "study UID changed",
    "study_uid_invalid": "study UID unusable",
    "study_uids_differ": "study UIDs differ",
}
"""By flag, where its own words would not do."""

_KEPT_BY_RULES = frozenset(
    {
        "admission_issuer", "birth_date_text", "booked", "control", "entry", "exam", "groups",
        "issuer_oid", "keys", "last_event", "latest", "likeness", "listener", "locked", "moved",
        "open", "order", "parent", "patient", "place", "profile", "replaced_by", "replaces",
        "sender", "served", "source", "state_before_hold", "state_entry", "state_event",
        "state_rank", "status_code", "steps", "survivor", "values", "versions", "visit",
        "waits_for", "wanted", "what",
    }
)  # fmt: skip
"""Columns that rules keep for themselves, links between rows, and what the title says already."""

_KEPT_ENDINGS = ("_authority", "_issuer")

_USUAL_STATUS = "active"
"""What is so unless somebody says otherwise: not worth a line where it is new."""

_FIRST = (
    "state", "missing", "state_reason", "start_date", "start_time", "station_aet", "patient_id",
    "patient_name", "birth_date", "sex", "accession", "rp_desc", "sps_desc", "modality",
    "priority", "status", "title", "text", "report_status", "result_status", "flags", "placer_no",
    "filler_no", "visit_no", "study_uid", "sps_id",
)  # fmt: skip
"""What people look for first."""
_RANKS = {column: rank for rank, column in enumerate(_FIRST)}
_OF_THE_LINE = frozenset({STEP, ORDER, PATIENT, ""})


def column_name(column: str, kind: str = "") -> str:
    """Return what people call a column.

    Args:
        column: The column.
        kind: Of the row that has it; told where several kinds have a column of that name.
    """
    if column in ("status", "flags") and kind not in _OF_THE_LINE:
        return f"{kind} {column}"
    return _COLUMNS.get(column) or column.replace("_", " ").strip()


def flag_name(flag: str) -> str:
    """Return a flag in a word or two."""
    return _FLAGS.get(flag) or flag.replace("_", " ").strip()


def is_told(change: Change) -> bool:
    """Return whether a person wants to read a change: what only rules need is left out."""
    column = change.column
    if column in _KEPT_BY_RULES or column.startswith("named_") or column.endswith(_KEPT_ENDINGS):
        return False
    if not (change.old or change.new):
        return False
    return bool(change.old) or column != "status" or change.new != _USUAL_STATUS


def told(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that people want to read, the state first; what is the same, once."""
    found: dict[tuple[str, str, str], Change] = {}
    for change in changes:
        if is_told(change):
            # A step has the study UID of its order: one line for both.
            key = (column_name(change.column, change.kind), str(change.old), str(change.new))
            found.setdefault(key, change)
    last = len(_RANKS)
    return sorted(found.values(), key=lambda change: _RANKS.get(change.column, last))


def person_name(name: Value | None) -> str:
    """Return a person's name for a list: letters first, then the other groups behind them.

    The carets of the first group stay, without those at its end.
    """
    groups = [group.rstrip("^ ") for group in str(name or "").split("=")]
    return " ".join(group for group in groups if group)
