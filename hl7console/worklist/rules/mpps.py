"""Performed procedure steps: exams that begin and end move the steps that they are of.

References:
    DICOM PS3.4 annex F.7.2; IHE RAD TF Vol 2, RAD-6 and RAD-7.
"""

from __future__ import annotations

from collections.abc import Mapping

from hl7console.worklist import exams, linking
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.matching import Item
from hl7console.worklist.persons_named import Agreement, agreement
from hl7console.worklist.rows import EXAM, ORDER, STEP, Row, Value
from hl7console.worklist.turn import Severity, Turn

_ATTRIBUTES = "ScheduledStepAttributesSequence"
_COLUMNS = {
    "status": "PerformedProcedureStepStatus",
    "modality": "Modality",
    "station_aet": "PerformedStationAETitle",
    "start_date": "PerformedProcedureStepStartDate",
    "start_time": "PerformedProcedureStepStartTime",
    "end_date": "PerformedProcedureStepEndDate",
    "end_time": "PerformedProcedureStepEndTime",
    "pps_id": "PerformedProcedureStepID",
    "description": "PerformedProcedureStepDescription",
    "named_name": "PatientName",
    "named_birth_date": "PatientBirthDate",
}
_REASON = "PerformedProcedureStepDiscontinuationReasonCodeSequence"

_SERIES = "PerformedSeriesSequence"
_SERIES_COLUMNS = ("SeriesInstanceUID", "SeriesDescription", "ProtocolName", "OperatorsName")
_OBJECTS = ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence")
_ENDED = frozenset({exams.COMPLETED, exams.DISCONTINUED})


def apply(turn: Turn, entry: InputEntry) -> None:
    """Apply an N-CREATE or N-SET."""
    body = entry.body
    uid = str(body.get("sop_uid", ""))
    values = body.get("values")
    told: Mapping[str, object] = values if isinstance(values, Mapping) else {}
    exam = turn.first(EXAM, "uid", uid)
    if exam is None:
        exam = _create(turn, entry, uid, told)
        if body.get("operation") == "set":
            turn.add_flag(exam, "set_before_create", "SOPInstanceUID")
        _find_steps(turn, exam, told)
        return
    if exam.text("status") in _ENDED:
        turn.note("exam_is_over", exam, Severity.ERROR, "PerformedProcedureStepStatus")
        return
    was = (exam.text("status"), exam.text("reason_code"))
    _change(turn, exam, told)
    steps = exams.steps_of(turn, exam)
    if not steps:
        turn.note("exam_without_step", exam, Severity.FLAG, _ATTRIBUTES)
    elif was != (exam.text("status"), exam.text("reason_code")):
        exams.tell_steps(turn, exam, steps)


def attributes_of(exam: Row) -> Item:
    """Return what is kept of an exam, as its modality told it.

    Series are without their objects, and the steps of the schedule are those that it named.
    """
    found: Item = {
        keyword: (value,) for column, keyword in _COLUMNS.items() if (value := exam.text(column))
    }
    for pair in exam.list("named_ids"):
        if isinstance(pair, list | tuple):
            told = zip(("PatientID", "IssuerOfPatientID"), pair, strict=False)
            found |= {keyword: (str(value),) for keyword, value in told if value}
    series: list[Item] = [
        {k: (str(v),) for k, v in zip(_SERIES_COLUMNS, one, strict=False) if v}
        for one in exam.list("series")
        if isinstance(one, list | tuple)
    ]
    if series:
        found[_SERIES] = series
    steps: list[Item] = [{"StudyInstanceUID": (str(uid),)} for uid in exam.list("study_uid")]
    if len(steps) == 1:
        # Of several, nothing tells which number belongs to which study.
        numbers = (("AccessionNumber", "accession"), ("ScheduledProcedureStepID", "sps_ids"))
        for keyword, column in numbers:
            if len(values := exam.list(column)) == 1:
                steps[0][keyword] = (str(values[0]),)
    if steps:
        found[_ATTRIBUTES] = steps
    return found


def _create(turn: Turn, entry: InputEntry, uid: str, told: Mapping[str, object]) -> Row:
    items = _items(told, _ATTRIBUTES)
    columns: dict[str, Value] = {
        "sop_uid": uid,
        "entry": entry.number,
        "calling_aet": str(entry.body.get("calling_aet", "")),
        "accession": list(
            dict.fromkeys(filter(None, (_text(i, "AccessionNumber") for i in items)))
        ),
        "study_uid": list(
            dict.fromkeys(filter(None, (_text(i, "StudyInstanceUID") for i in items)))
        ),
        "sps_ids": list(
            dict.fromkeys(filter(None, (_text(i, "ScheduledProcedureStepID") for i in items)))
        ),
        "named_ids": _ids(told),
    }
    paths = {"accession": "AccessionNumber", "study_uid": "StudyInstanceUID"}
    for column, keyword in _COLUMNS.items():
        columns[column] = _text(told, keyword)
        paths[column] = keyword
    _put_reason(columns, told)
    columns["series"] = _series(told)
    paths["series"] = _SERIES
    return turn.create(EXAM, columns, paths)


def _ids(told: Mapping[str, object]) -> list[list[str]]:
    number = _text(told, "PatientID").strip()
    return [[number, _text(told, "IssuerOfPatientID").strip().upper()]] if number else []


def _change(turn: Turn, exam: Row, told: Mapping[str, object]) -> None:
    for column, keyword in _COLUMNS.items():
        if value := _text(told, keyword):
            turn.set(exam, column, value, keyword)
    columns: dict[str, Value] = {}
    _put_reason(columns, told)
    for column, kept in columns.items():
        turn.set(exam, column, kept, _REASON)
    if _SERIES in told:
        turn.set(exam, "series", _series(told), _SERIES)
    if exam.text("status") in _ENDED and not exam.list("series"):
        turn.note("exam_without_series", exam, Severity.FLAG, _SERIES)


def _series(told: Mapping[str, object]) -> list[list[object]]:
    """Return UID, description, protocol, operator and number of objects of each series."""
    return [
        [
            *[_text(item, keyword) for keyword in _SERIES_COLUMNS],
            sum(len(_items(item, keyword)) for keyword in _OBJECTS),
        ]
        for item in _items(told, _SERIES)
    ]


def _put_reason(columns: dict[str, Value], told: Mapping[str, object]) -> None:
    for item in _items(told, _REASON):
        columns["reason_code"] = _text(item, "CodeValue")
        columns["reason"] = _text(item, "CodeMeaning")


def _find_steps(turn: Turn, exam: Row, told: Mapping[str, object]) -> None:
    """Join an exam to the steps that it names, or to those that can be told from what it names."""
    found: dict[Row, list[Row]] = {}
    unclear: list[Row] = []
    for item in _items(told, _ATTRIBUTES):
        named, is_clear = _steps_of_item(turn, exam, item)
        for step in named:
            order = turn.get(ORDER, step.number("order"))
            if order is None:
                continue
            if agreement(turn, exam, order) is Agreement.OTHER:
                linking.object_to(turn, exam, order)
            elif is_clear:
                steps = found.setdefault(order, [])
                steps += [step] if step not in steps else []
            elif step not in unclear:
                unclear.append(step)
    for order, steps in found.items():
        exams.join(turn, exam, order, steps)
    if found:
        return
    turn.add_flag(exam, "unscheduled_exam", _ATTRIBUTES)
    if unclear:
        exams.offer(turn, exam, unclear)


def _steps_of_item(turn: Turn, exam: Row, item: Mapping[str, object]) -> tuple[list[Row], bool]:
    """Return the steps that an item may mean, and whether it is clear that it means them.

    They go by study UID and step id, else by study UID, else by accession number.
    """
    uid, sps_id = _text(item, "StudyInstanceUID"), _text(item, "ScheduledProcedureStepID")
    if uid and sps_id and (found := turn.find(STEP, "key", uid, sps_id)):
        return found, True
    orders = turn.find(ORDER, "study", uid) if uid else []
    accession = _text(item, "AccessionNumber").strip()
    if not orders and accession:
        orders = turn.find(ORDER, "accession_value", accession)
    steps = [step for order in orders for step in linking.steps_of(turn, order)]
    fitting = exams.fitting(exam, steps)
    return fitting, exams.is_clear(exam, fitting)


def _items(told: Mapping[str, object], keyword: str) -> list[Mapping[str, object]]:
    value = told.get(keyword)
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if isinstance(item, Mapping)]


def _text(told: Mapping[str, object], keyword: str) -> str:
    value = told.get(keyword, "")
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    return value if isinstance(value, str) else "" if value is None else str(value)
