"""Rules for ADT that merges, moves or renames: A34 to A36, A39 to A47, A49 to A51 (A18, A30).

Each group of PID and MRG is applied in order, all in one turn: one that is refused takes all back.

References: worklist-mapping section 3; order-states section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hl7console.worklist import identity, merging, persons
from hl7console.worklist.mapped import MappedIdentifier, MappedPatient
from hl7console.worklist.mapping.patient import map_patient, map_prior
from hl7console.worklist.reading import Seg
from hl7console.worklist.rows import IDENTIFIER, PATIENT, Row
from hl7console.worklist.rules import account_moves, links
from hl7console.worklist.rules.adt_event import AdtEvent
from hl7console.worklist.rules.merge_groups import groups_of
from hl7console.worklist.turn import Severity

_BY_ID = frozenset({"A18", "A30", "A34", "A36", "A39", "A40"})
"""Events that merge persons."""


@dataclass(slots=True)
class _Pair:
    """Survivor and source of one merge, as the message names them."""

    pid: MappedPatient
    prior: MappedPatient
    path: str
    """The path of MRG-1."""
    identifiers: list[MappedIdentifier] = field(default_factory=list)
    """Those of PID-3 that MRG-1 does not name too."""


def merge_persons(told: AdtEvent) -> None:
    """Merge the person of each MRG into that of its PID (A34, A36, A39, A40)."""
    for group in groups_of(told):
        for mrg, _ in group.pairs:
            survivor = _merge(told, _pair(told, group.pid, mrg))
            if told.event == "A36" and survivor is not None:
                account_moves.merge_account_of(told, survivor, group.pid, mrg)


def _pair(told: AdtEvent, pid: Seg, mrg: Seg) -> _Pair:
    mapped = map_patient(told.view, told.profile, pid, told.entry)
    prior = map_prior(told.view, told.profile, mrg, told.entry)
    path = mrg.path(1)
    if not prior.identifiers:
        told.turn.refuse("merge_without_prior", path)
    if not mapped.identifiers:
        told.turn.refuse("patient_without_identifier", pid.path(3))
    former = {(i.id_value, i.authority) for i in prior.identifiers}
    kept = [i for i in mapped.identifiers if (i.id_value, i.authority) not in former]
    if not kept:
        told.turn.refuse("merge_into_itself", path)
    mapped.identifiers = kept
    return _Pair(mapped, prior, path, kept)


def _merge(told: AdtEvent, pair: _Pair) -> Row | None:
    """Apply one pair; return the survivor, or None where the two were only linked."""
    sources = identity.named_by(told.turn, pair.prior.identifiers)
    if len(sources) > 1:
        identity.refuse_several(told.turn, sources, pair.path)
    known = identity.named_by(told.turn, pair.identifiers)
    if len(known) > 1:
        identity.refuse_several(told.turn, known, "PID-3")
    if not _share_authority(pair) and not told.profile.options.merge_across_authorities:
        _link_only(told, pair)
        return None
    if sources and known and sources[0].id == known[0].id:
        if not _retire_or_stop(told, pair, known[0]):
            return known[0]
    elif sources:
        _check_elsewhere(told, pair, sources[0], known)
    survivor = _survivor(told, pair)
    if not sources:
        _alias(told, pair, survivor, is_new=not known)
    elif sources[0].id != survivor.id:
        _join(told, pair, sources[0], survivor)
    persons.update(
        told.turn, survivor, pair.pid, only_empty=False, event_time=told.time, source=told.source
    )
    return survivor


def _survivor(told: AdtEvent, pair: _Pair) -> Row:
    return identity.resolve(
        told.turn, pair.pid, told.profile, told.entry, may_create=True, event="merge"
    )


def _share_authority(pair: _Pair) -> bool:
    former = {i.authority for i in pair.prior.identifiers}
    return any(i.authority in former for i in pair.identifiers)


def _link_only(told: AdtEvent, pair: _Pair) -> None:
    """Numbers of different authorities: the persons are linked, as a merge would be a guess."""
    first = _survivor(told, pair)
    second = identity.resolve(
        told.turn, pair.prior, told.profile, told.entry, may_create=True, event="merge"
    )
    links.connect(told.turn, first, second, told.event, pair.path)
    told.turn.note("linked_not_merged", first, Severity.FLAG, pair.path)


def _rows(told: AdtEvent, identifiers: Sequence[MappedIdentifier]) -> list[Row]:
    return [row for i in identifiers if (row := identity.row_of(told.turn, i)) is not None]


def _retire_or_stop(told: AdtEvent, pair: _Pair, person: Row) -> bool:
    """Treat numbers that are one person's already: return whether there is anything to do.

    Merged the same way before: nothing to do. Merged the other way round: a circle, refused. Both
    in use: the former one is not used any more.
    """
    former = _rows(told, pair.prior.identifiers)
    if all(row.text("status") != identity.ACTIVE for row in former):
        told.turn.note("merged_already", person, Severity.IGNORED, pair.path)
        return False
    if all(row.text("status") == identity.MERGED for row in _rows(told, pair.identifiers)):
        told.turn.refuse("merge_circle", pair.path, person)
    moved: merging.Moved = []
    for row in former:
        merging.put(told.turn, moved, row, "status", identity.MERGED, pair.path, "merged")
    identity.show_numbers(told.turn, person, told.profile)
    persons.refresh(told.turn, person)
    merging.keep(told.turn, "rename", told.event, person, person, moved, pair.path)
    return True


def _check_elsewhere(told: AdtEvent, pair: _Pair, source: Row, known: Sequence[Row]) -> None:
    """Refuse to merge a number that was merged into somebody else."""
    former = _rows(told, pair.prior.identifiers)
    if any(row.text("status") == identity.ACTIVE for row in former):
        return
    told.turn.refuse(
        "merged_elsewhere", pair.path, source,
        identity.conflict(told.turn, "merged_elsewhere", [source, *known], pair.path),
    )  # fmt: skip


def _alias(told: AdtEvent, pair: _Pair, survivor: Row, *, is_new: bool) -> None:
    """Let a number that nobody had lead to the survivor."""
    source = identity.create(told.turn, pair.prior, pair.prior.identifiers, told.profile)
    merging.alias(told.turn, survivor, source, cause=told.event, path=pair.path)
    if is_new:
        told.turn.add_flag(survivor, "merge_of_unknown", pair.path)
    else:
        told.turn.note("merge_source_unknown", survivor, path=pair.path)


def _join(told: AdtEvent, pair: _Pair, source: Row, survivor: Row) -> None:
    active = [row for row in _rows(told, pair.identifiers) if row.text("status") == identity.ACTIVE]
    if not active:
        told.turn.note("survivor_was_merged", survivor, Severity.FLAG, "PID-3")
    retired = [
        row for row in _rows(told, pair.prior.identifiers) if row.text("status") == identity.ACTIVE
    ]
    identity.add_identifiers(told.turn, source, pair.prior.identifiers, told.profile)
    retired += [row for row in _rows(told, pair.prior.identifiers) if row not in retired]
    merging.merge(told.turn, source, survivor, retired, cause=told.event, path=pair.path)


# Moving and renaming numbers of persons.


def rename_identifier(told: AdtEvent) -> None:
    """Give a person another number (A46, A47): the new one must not be in use."""
    for group in groups_of(told):
        for mrg, _ in group.pairs:
            _rename(told, _pair(told, group.pid, mrg), group.pid)


def _rename(told: AdtEvent, pair: _Pair, pid: Seg) -> None:
    owners = identity.named_by(told.turn, pair.prior.identifiers)
    if len(owners) > 1:
        identity.refuse_several(told.turn, owners, pair.path)
    renamed = _new_numbers(pair)
    taken = identity.named_by(told.turn, renamed)
    if taken and (not owners or taken[0].id != owners[0].id or len(taken) > 1):
        both = list(dict.fromkeys([*owners, *taken]))
        told.turn.refuse(
            "number_taken", pid.path(3), taken[0],
            identity.conflict(told.turn, "number_taken", both, pid.path(3)),
        )  # fmt: skip
    if owners:
        person = owners[0]
    else:
        person = identity.create(told.turn, pair.pid, pair.prior.identifiers, told.profile)
        told.turn.add_flag(person, "created_by_update", pair.path, event=told.event)
    moved: merging.Moved = []
    for row in _rows(told, pair.prior.identifiers):
        if row.text("status") == identity.ACTIVE:
            merging.put(told.turn, moved, row, "status", identity.RENAMED, pair.path, "renamed")
    for identifier in pair.identifiers:
        known = identity.row_of(told.turn, identifier)
        if known is None:
            new = identity.add_identifier(told.turn, person, identifier)
            moved.append([IDENTIFIER, new.id, "id_value", "", identifier.id_value])
        elif known.number("patient") == person.id:
            merging.put(told.turn, moved, known, "status", identity.ACTIVE, pair.path, "renamed")
    if not moved:
        told.turn.note("renamed_already", person, Severity.IGNORED, pair.path)
        return
    identity.show_numbers(told.turn, person, told.profile)
    persons.refresh(told.turn, person)
    merging.keep(told.turn, "rename", told.event, person, person, moved, pair.path)
    persons.update(
        told.turn, person, pair.pid, only_empty=False, event_time=told.time, source=told.source
    )


def _new_numbers(pair: _Pair) -> list[MappedIdentifier]:
    """Return the identifiers of PID-3 that replace those of MRG-1: of the same authorities."""
    former = {i.authority for i in pair.prior.identifiers}
    return [i for i in pair.identifiers if i.authority in former] or pair.identifiers


def move_identifier(told: AdtEvent) -> None:
    """Move a number, with its data, to the person that PID names by another (A43)."""
    for group in groups_of(told):
        for mrg, _ in group.pairs:
            _move(told, _pair(told, group.pid, mrg))


def _move(told: AdtEvent, pair: _Pair) -> None:
    rows = _rows(told, pair.prior.identifiers)
    target = _survivor(told, pair)
    if not rows:
        identity.add_identifiers(told.turn, target, pair.prior.identifiers, told.profile)
        told.turn.note("moved_number_unknown", target, Severity.FLAG, pair.path)
        return
    moving: dict[int, list[Row]] = {}
    for row in rows:
        moving.setdefault(row.number("patient"), []).append(row)
    for owner, theirs in moving.items():
        source = told.turn.get(PATIENT, owner)
        if source is None or source.id == target.id:
            told.turn.note("moved_already", target, Severity.IGNORED, pair.path)
            continue
        account_moves.move_identifiers(told, theirs, source, target, pair.path)
    persons.update(
        told.turn, target, pair.pid, only_empty=False, event_time=told.time, source=told.source
    )


def change_account(told: AdtEvent) -> None:
    """Give the visits of MRG-3 the account of PID-18 (A06, A07), where both are there."""
    account_moves.merge_accounts(told, is_optional=True)


RULES: dict[str, Callable[[AdtEvent], None]] = {
    **dict.fromkeys(sorted(_BY_ID), merge_persons),
    **dict.fromkeys(("A35", "A41"), account_moves.merge_accounts),
    "A42": account_moves.merge_visits,
    "A43": move_identifier,
    "A44": account_moves.move_account,
    "A45": account_moves.move_visit,
    **dict.fromkeys(("A46", "A47"), rename_identifier),
    "A49": account_moves.merge_accounts,
    "A50": account_moves.rename_visit,
    "A51": account_moves.rename_alternate,
}
"""By trigger event."""
