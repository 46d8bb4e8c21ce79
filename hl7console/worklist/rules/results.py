"""Results (ORU): reports, their status and text, and what is critical in them.

References:
    HL7 v2.5.1 chapter 7, OBR-25 (table 0123), OBX-8 (0078), OBX-11 (0085); IHE RAD-28, RAD-128.
"""

from __future__ import annotations

from hl7console.worklist import linking, reports
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.evidence import is_older, remember, source_of
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.identifiers import number_of_ei
from hl7console.worklist.mapping.names import pn_of_cnn
from hl7console.worklist.mapping.times import event_time, moment_of
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View
from hl7console.worklist.rows import REPORT, Row, Value
from hl7console.worklist.rules import observations, subject
from hl7console.worklist.turn import Severity, Turn

_NONE_YET = frozenset({"O", "I", "S", "N"})
_QUERY = frozenset({"Y", "Z"})


class ResultGroup:
    """One OBR with its ORC and observations."""

    __slots__ = ("notes", "obr", "obx", "orc", "pid", "tq1")

    def __init__(self, pid: Seg | None, orc: Seg | None, obr: Seg) -> None:
        self.pid = pid
        self.orc = orc
        self.obr = obr
        self.tq1: Seg | None = None
        self.obx: list[Seg] = []
        self.notes: list[Seg] = []


def result_groups(view: View) -> list[ResultGroup]:
    """Return the results of a message; each belongs to the PID before it."""
    found: list[ResultGroup] = []
    pid: Seg | None = None
    orc: Seg | None = None
    group: ResultGroup | None = None
    for seg in view.segments:
        if seg.id == "PID":
            pid, orc, group = seg, None, None
        elif seg.id == "ORC":
            orc, group = seg, None
        elif seg.id == "OBR":
            group = ResultGroup(pid, orc, seg)
            orc = None
            found.append(group)
        elif group is None:
            continue
        elif seg.id == "OBX":
            group.obx.append(seg)
        elif seg.id == "NTE":
            group.notes.append(seg)
        elif seg.id == "TQ1":
            group.tq1 = seg
    return found


def apply(turn: Turn, entry: MessageEntry, view: View, profile: Profile) -> None:
    """Apply an ORU."""
    context = Context.of(view, profile, entry)
    groups = result_groups(view)
    if not groups:
        turn.note("result_without_obr", None, Severity.ERROR, "OBR")
        return
    for place, group in enumerate(groups, start=1):
        code = group.obr.get(25).upper()
        path = group.obr.path(25)
        if code in _QUERY:
            turn.note("result_of_query", None, Severity.ERROR, path, code=code)
        elif code in _NONE_YET:
            turn.note("no_result_yet", None, Severity.INFO, path, code=code)
        else:
            if code and code not in reports.STATUS:
                turn.note("result_status_unknown", None, Severity.FLAG, path, code=code)
            _apply_group(turn, entry, context, group, place)


def _apply_group(
    turn: Turn, entry: MessageEntry, context: Context, group: ResultGroup, place: int
) -> None:
    keys = _keys(context, group)
    person = subject.subject_of(turn, context, group.pid)
    row = _known(turn, keys, group, Row(REPORT, 0, person))
    told, path, _rule = event_time(context.view, None, entry, context.profile)
    source = source_of(entry, context.view)
    if row is not None and is_older(row, source, told):
        turn.note("message_older", row, Severity.IGNORED, path)
        return
    if row is None:
        row = _create(turn, entry, person, group, keys, place)
    _update(turn, row, context, group)
    remember(turn, row, source, told, path)
    if row.number("order"):
        linking.tell(turn, row)
    elif not keys.written():
        turn.note("result_without_keys", row, Severity.ERROR, group.obr.path(3))
    elif linking.link(turn, row, keys.written()) is None:
        turn.note("report_waits", row, Severity.INFO, group.obr.path(3))


def _keys(context: Context, group: ResultGroup) -> linking.Keys:
    """Return what a result says of its order: study UID, accession, filler and placer number."""
    orc, obr = group.orc, group.obr
    filler = number_of_ei(context, obr, 3) or number_of_ei(context, orc, 3)
    placer = number_of_ei(context, obr, 2) or number_of_ei(context, orc, 2)
    accession = obr.get(18).strip()
    return linking.Keys(
        observations.study_uid(group.obx),
        (accession, context.default_key) if accession else ("", ""),
        (filler.value, filler.authority.key) if filler else ("", ""),
        (placer.value, placer.authority.key) if placer else ("", ""),
        accession,
    )


def _known(turn: Turn, keys: linking.Keys, group: ResultGroup, named: Row) -> Row | None:
    """Return the report that this one is a newer version of: same order, person and service."""
    written = keys.written()
    found: dict[Row, None] = {}
    for order in linking.orders_for(turn, written):
        found |= dict.fromkeys(reports.reports_of(turn, order))
    for key in written:
        found |= dict.fromkeys(turn.find(REPORT, "keys", key))
    code = group.obr.get(4)
    for row in found:
        is_of_this_message = row.number("latest") == turn.entry.number
        if is_of_this_message or linking.is_anothers(turn, row, named) or _differs(row, keys):
            continue
        if not code or not row.text("code") or row.text("code") == code:
            return row
    return None


def _differs(row: Row, keys: linking.Keys) -> bool:
    """Return whether a report is of another filler or placer order than these keys."""
    return any(
        number and row.text(column) and row.text(column) != number
        for column, (number, _) in (("filler_no", keys.filler), ("placer_no", keys.placer))
    )


def _create(
    turn: Turn,
    entry: MessageEntry,
    person: dict[str, Value],
    group: ResultGroup,
    keys: linking.Keys,
    place: int,
) -> Row:
    columns: dict[str, Value] = {
        **person,
        "entry": entry.number,
        "place": place,
        "code": group.obr.get(4),
        "title": group.obr.get(4, 2) or group.obr.get(4),
        "accession": keys.accession[0],
        "filler_no": keys.filler[0],
        "placer_no": keys.placer[0],
        "study_uid": keys.study_uid,
    }
    obr = group.obr
    paths = {
        **subject.PATHS,
        "code": obr.path(4), "title": obr.path(4), "accession": obr.path(18),
        "filler_no": obr.path(3), "placer_no": obr.path(2), "study_uid": "OBX-5",
    }  # fmt: skip
    return turn.create(REPORT, columns, paths)


def _update(turn: Turn, row: Row, context: Context, group: ResultGroup) -> None:
    obr = group.obr
    path = obr.path(25)
    code = obr.get(25).upper()
    turn.set(row, "result_status", code, path)
    turn.set(row, "status", reports.STATUS.get(code, row.text("status")), path)
    turn.set(row, "completes", int(context.options.final_report_completes), "", "option")
    turn.set(row, "latest", turn.entry.number, "MSH-10")
    versions = [*row.list("versions"), [turn.entry.number, code]]
    turn.set(row, "versions", versions, path)
    for field in (22, 7):
        moment = moment_of(obr.get(field), context.profile) if obr.raw(field) else None
        if moment is not None and moment.date:
            turn.set(row, "report_date", moment.date, obr.path(field))
            turn.set(row, "report_time", moment.time, obr.path(field))
            break
    if obr.raw(32):
        name = pn_of_cnn(context, obr.repetitions(32)[0], [])
        if name:
            turn.set(row, "interpreter", name, obr.path(32))
    observations.take(turn, row, context, group.obx, is_correction=code in ("C", "M"))
    _critical(turn, row, context, group)


def _critical(turn: Turn, row: Row, context: Context, group: ResultGroup) -> None:
    """Flag what somebody must be told at once."""
    path = observations.critical_path(context, group.obx, group.notes)
    if not path and group.obr.get(25).upper() == "P" and _is_urgent(group):
        path = group.obr.path(25)
    if path:
        turn.add_flag(row, "critical_result", path)
        for column in ("acknowledged_by", "acknowledged_at_us", "acknowledgement"):
            turn.set(row, column, "", path, "critical_result")


def _is_urgent(group: ResultGroup) -> bool:
    told = [group.obr.get(27, 6), group.obr.get(49)]
    told += [group.orc.get(7, 6)] if group.orc is not None else []
    told += [group.tq1.get(9)] if group.tq1 is not None else []
    return "S" in [code.upper() for code in told]
