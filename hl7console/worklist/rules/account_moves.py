"""Rules for ADT that merges, moves or renames accounts and visits: A35, A41 to A45, A49 to A51.

References: worklist-mapping section 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.worklist import identity, moving, visits
from hl7console.worklist.mapping import identifiers
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.patient import map_patient, map_prior
from hl7console.worklist.mapping.visit import map_prior_visit, map_visit
from hl7console.worklist.moving import Number
from hl7console.worklist.reading import Seg
from hl7console.worklist.rows import VISIT, Row
from hl7console.worklist.rules.adt_event import AdtEvent
from hl7console.worklist.rules.merge_groups import groups_of
from hl7console.worklist.turn import Severity

_NONE: Number = ("", "")


def _target(told: AdtEvent, pid: Seg) -> tuple[Row, Number]:
    """Return the person of PID, and the account of PID-18."""
    mapped = map_patient(told.view, told.profile, pid, told.entry)
    person = identity.resolve(
        told.turn, mapped, told.profile, told.entry, may_create=True, event="merge"
    )
    return person, mapped.account


def _source(told: AdtEvent, mrg: Seg, target: Row) -> tuple[Row, Number]:
    """Return the person of MRG-1 (that of PID where it is empty or unknown), and MRG-3."""
    prior = map_prior(told.view, told.profile, mrg, told.entry)
    known = identity.named_by(told.turn, prior.identifiers)
    if len(known) > 1:
        identity.refuse_several(told.turn, known, mrg.path(1))
    if known:
        return known[0], prior.account
    if prior.identifiers:
        told.turn.note("moved_person_unknown", None, Severity.FLAG, mrg.path(1))
    return target, prior.account


def _unknown(told: AdtEvent, rule: str, person: Row, path: str) -> None:
    told.turn.note(rule, person, Severity.ERROR, path)


# Accounts.


def merge_accounts(told: AdtEvent, *, is_optional: bool = False) -> None:
    """Give the visits of account MRG-3 the account PID-18 (A35, A41, A49; A06 and A07)."""
    for group in groups_of(told, is_optional=is_optional):
        for mrg, _ in group.pairs:
            person, new = _target(told, group.pid)
            old = map_prior(told.view, told.profile, mrg, told.entry).account
            if is_optional and not (old[0] and new[0]):
                continue
            _need(told, old, new, mrg.path(3), group.pid.path(18))
            _merge_account(told, person, old, new, mrg.path(3), is_optional=is_optional)


def _need(told: AdtEvent, old: Number, new: Number, old_path: str, new_path: str) -> None:
    if not old[0]:
        told.turn.refuse("prior_number_missing", old_path)
    if not new[0]:
        told.turn.refuse("new_number_missing", new_path)
    if old == new:
        told.turn.refuse("merge_into_itself", old_path)


def _merge_account(
    told: AdtEvent, person: Row, old: Number, new: Number, path: str, *, is_optional: bool
) -> None:
    if told.event == "A49":
        for other in visits.of_account(told.turn, *new):
            if other.number("patient") != person.id:
                told.turn.refuse("number_taken", "PID-18", other)
    if not moving.merge_account(told.turn, person, old, new, cause=told.event, path=path):
        if visits.of_account(told.turn, *new, person):
            told.turn.note("merged_already", person, Severity.IGNORED, path)
        elif is_optional:
            # A change of class with an account that nobody has seen: there is nothing to move.
            told.turn.note("account_unknown", person, Severity.FLAG, path)
        else:
            _unknown(told, "account_unknown", person, path)


def merge_account_of(told: AdtEvent, survivor: Row, pid: Seg, mrg: Seg) -> None:
    """Merge the accounts that a merge of persons names too (A36), where both are there."""
    new = map_patient(told.view, told.profile, pid, told.entry).account
    old = map_prior(told.view, told.profile, mrg, told.entry).account
    if old[0] and new[0] and old != new:
        moving.merge_account(told.turn, survivor, old, new, cause=told.event, path=mrg.path(3))


def move_account(told: AdtEvent) -> None:
    """Move the visits of account MRG-3 from MRG-1's person to PID-3's (A44)."""
    for group in groups_of(told):
        for mrg, _ in group.pairs:
            target, new = _target(told, group.pid)
            source, old = _source(told, mrg, target)
            path = mrg.path(3)
            if not old[0]:
                told.turn.refuse("prior_number_missing", path)
            theirs = visits.of_account(told.turn, *old, source)
            if not theirs:
                _unknown(told, "account_unknown", source, path)
            elif source.id == target.id:
                told.turn.note("moved_already", target, Severity.IGNORED, path)
            else:
                account = new if new[0] and new != old else _NONE
                moving.move_visits(
                    told.turn, theirs, source, target, account=account,
                    cause=told.event, path=path,
                )  # fmt: skip


# Visits.


def move_visit(told: AdtEvent) -> None:
    """Move visit MRG-5 from account MRG-3 to PID-18, and to PID-3's person (A45)."""
    for group in groups_of(told):
        for mrg, pv1 in group.pairs:
            target, new = _target(told, group.pid)
            source, _ = _source(told, mrg, target)
            number = map_prior_visit(told.view, told.profile, mrg, told.entry)
            path = mrg.path(5)
            if not number[0]:
                number, path = _visit_number(told, pv1, group.pid), "PV1-19"
            visit = visits.of_number(told.turn, *number)
            if visit is None:
                _unknown(told, "visit_unknown", source, path)
            elif visit.number("patient") not in (source.id, target.id):
                told.turn.refuse("visit_of_other_person", path, visit)
            else:
                moving.move_visits(
                    told.turn, [visit], source, target, account=new, cause=told.event, path=path
                )


def _visit_number(told: AdtEvent, pv1: Seg | None, pid: Seg) -> Number:
    """Return number and authority of PV1-19."""
    if pv1 is None:
        return _NONE
    said = map_visit(told.view, told.profile, told.entry, pv1, pid).values
    return str(said.get("visit_no", "")), str(said.get("visit_authority", ""))


def merge_visits(told: AdtEvent) -> None:
    """Make visit MRG-5 one with visit PV1-19 (A42): its orders go to the other."""
    for person, mrg, old, new, pv1, pid in _visit_pairs(told):
        path = mrg.path(5)
        source = visits.of_number(told.turn, *old)
        target = visits.of_number(told.turn, *new)
        if source is None:
            _unknown(told, "visit_unknown", person, path)
            continue
        if target is not None and target.id == source.id:
            told.turn.note("merged_already", person, Severity.IGNORED, path)
            continue
        _need_own(told, source, person, path)
        if target is None:
            said = map_visit(told.view, told.profile, told.entry, pv1, pid)
            target = visits.resolve(told.turn, person, said, event=told.event)
        if target is not None:
            _need_own(told, target, person, "PV1-19")
            moving.merge_visit(told.turn, source, target, cause=told.event, path=path)


def _need_own(told: AdtEvent, visit: Row, person: Row, path: str) -> None:
    if visit.number("patient") != person.id:
        told.turn.refuse("visit_of_other_person", path, visit)


def _visit_pairs(
    told: AdtEvent,
) -> Sequence[tuple[Row, Seg, Number, Number, Seg, Seg]]:
    """Return for each MRG: person, MRG, old and new visit number, PV1, PID."""
    found = []
    for group in groups_of(told):
        for mrg, behind in group.pairs:
            pv1 = behind or told.view.first("PV1")
            person, _ = _target(told, group.pid)
            old = map_prior_visit(told.view, told.profile, mrg, told.entry)
            new = _visit_number(told, pv1, group.pid)
            _need(told, old, new, mrg.path(5), "PV1-19")
            assert pv1 is not None  # noqa: S101 - a number came from it
            found.append((person, mrg, old, new, pv1, group.pid))
    return found


def rename_visit(told: AdtEvent) -> None:
    """Give visit MRG-5 the number PV1-19 (A50)."""
    for person, mrg, old, new, _, _ in _visit_pairs(told):
        visit = visits.of_number(told.turn, *old)
        taken = visits.of_number(told.turn, *new)
        if taken is not None:
            if visit is None and taken.number("patient") == person.id:
                told.turn.note("renamed_already", person, Severity.IGNORED, mrg.path(5))
                continue
            told.turn.refuse("number_taken", "PV1-19", taken)
        if visit is None:
            _unknown(told, "visit_unknown", person, mrg.path(5))
            continue
        _need_own(told, visit, person, mrg.path(5))
        columns = {"visit_no": new[0], "visit_authority": new[1]}
        moving.rename_visit(told.turn, visit, columns, cause=told.event, path="PV1-19")


def _plain(number: identifiers.Number | None) -> Number:
    return (number.value, number.authority.key) if number else _NONE


def rename_alternate(told: AdtEvent) -> None:
    """Give the visit with the alternate number MRG-6 the alternate number PV1-50 (A51)."""
    for group in groups_of(told):
        for mrg, behind in group.pairs:
            pv1 = behind or told.view.first("PV1")
            person, _ = _target(told, group.pid)
            context = Context(told.view, told.profile, told.entry)
            old = _plain(identifiers.number_of_cx(context, mrg, 6))
            new = _plain(identifiers.number_of_cx(context, pv1, 50) if pv1 else None)
            _need(told, old, new, mrg.path(6), "PV1-50")
            visit = next(
                (
                    row
                    for row in told.turn.find(VISIT, "patient", person.id)
                    if row.text("alternate_visit") == old[0]
                ),
                None,
            )
            if visit is None:
                _unknown(told, "visit_unknown", person, mrg.path(6))
                continue
            columns = {"alternate_visit": new[0]}
            moving.rename_visit(told.turn, visit, columns, cause=told.event, path="PV1-50")


# Numbers of persons.


def move_identifiers(
    told: AdtEvent, rows: Sequence[Row], source: Row, target: Row, path: str
) -> None:
    """Move identifiers with their data from one person to another."""
    moving.move_identifiers(told.turn, rows, source, target, cause=told.event, path=path)
