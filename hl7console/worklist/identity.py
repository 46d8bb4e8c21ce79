"""Which person a message is about: by identifier and assigning authority, never by guess.

An identifier row has `id_value`, `authority`, `id_type`, `patient` and a `status`:

* ``active``: it is in use;
* ``merged``: its person was merged into the one that it names now;
* ``renamed``: the person has another number instead;
* ``withdrawn``: an imported table no longer has it; nobody is found by it.

References: identifiers-and-datatypes sections 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hl7console.worklist import likeness, persons
from hl7console.worklist.entries import Entry
from hl7console.worklist.mapped import MappedIdentifier, MappedPatient
from hl7console.worklist.mapping import authorities
from hl7console.worklist.persons_named import survivor
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.rows import IDENTIFIER, PATIENT, WAITING, Row, Value
from hl7console.worklist.rules import orders_waiting
from hl7console.worklist.turn import Severity, Turn

ACTIVE = "active"
MERGED = "merged"
RENAMED = "renamed"
WITHDRAWN = "withdrawn"
INACTIVE = "inactive"

CREATING = frozenset({"order", "A01", "A04", "A05", "A28", "merge", "link"})
"""Events that are expected to bring new persons; one that another event makes is flagged."""

_NAMELESS = frozenset({"merge", "link"})
"""Events that need not tell a name: they carry identifiers only."""

_TOO_LONG = "identifier_too_long"


def row_of(turn: Turn, identifier: MappedIdentifier) -> Row | None:
    """Return the row of an identifier: by number and authority, else by number and universal id."""
    found = turn.find(IDENTIFIER, "value", identifier.id_value, identifier.authority)
    if identifier.universal_id:
        found += turn.find(IDENTIFIER, "universal", identifier.universal_id, identifier.id_value)
    usable = [row for row in found if row.text("status") != WITHDRAWN]
    for row in usable:
        if row.text("status") == ACTIVE:
            return row
    return usable[0] if usable else None


def person_of(turn: Turn, identifier: Row) -> Row | None:
    """Return the person that an identifier is of, merges followed."""
    return survivor(turn, identifier.number("patient"))


def named(turn: Turn, mapped: MappedPatient) -> list[Row]:
    """Return the persons that a message's identifiers name, merges followed; without effect."""
    return named_by(turn, mapped.identifiers)


def named_by(turn: Turn, identifiers: Iterable[MappedIdentifier]) -> list[Row]:
    """Return the persons that these identifiers name, merges followed, each once."""
    found: dict[Row, None] = {}
    for identifier in identifiers:
        row = row_of(turn, identifier)
        person = person_of(turn, row) if row is not None else None
        if person is not None:
            found[person] = None
    return list(found)


def resolve(
    turn: Turn,
    mapped: MappedPatient,
    profile: Profile,
    entry: Entry,  # noqa: ARG001 - part of the rules' common shape
    *,
    may_create: bool,
    event: str,
) -> Row:
    """Return the person that a message is about, with the message's identifiers added.

    Args:
        turn: The turn.
        mapped: PID as it was mapped.
        profile: The profile in force.
        entry: The message.
        may_create: Make the person where nobody is known by any of the identifiers.
        event: The trigger event, or ``order``, ``order_update``, ``merge``, ``link``.

    Raises:
        RefusedError: No usable identifier, several persons, or nobody who may be made.
    """
    identifiers = trusted(turn, mapped, profile)
    found = named_by(turn, identifiers)
    path = identifiers[0].path
    if len(found) > 1:
        refuse_several(turn, found, path)
    if not found:
        if not may_create:
            turn.refuse("patient_unknown", path)
        if event not in _NAMELESS and not mapped.patient.values.get("patient_name"):
            turn.refuse(persons.NAME_MISSING, "PID-5")
        patient = create(turn, mapped, identifiers, profile)
        if event not in CREATING:
            turn.add_flag(patient, "created_by_update", path, event=event)
        return patient
    patient = found[0]
    _note_former(turn, patient, identifiers, profile)
    add_identifiers(turn, patient, identifiers, profile)
    if profile.options.hold_demographic_conflicts and persons.differs(patient, mapped.patient):
        persons.hold(turn, patient, mapped.patient)
    return patient


def trusted(turn: Turn, mapped: MappedPatient, profile: Profile) -> list[MappedIdentifier]:
    """Return the identifiers that count; refuses where there is none."""
    identifiers = mapped.identifiers
    if not identifiers:
        turn.refuse("patient_without_identifier", "PID-3")
    if not profile.options.trusted_authorities:
        return identifiers
    keys = {
        authorities.key_of(name, "", "", profile) for name in profile.options.trusted_authorities
    }
    kept = [
        identifier
        for identifier in identifiers
        if identifier.authority in keys or identifier.universal_id in keys
    ]
    if not kept:
        turn.refuse("authority_not_trusted", identifiers[0].path)
    return kept


def refuse_several(turn: Turn, found: Sequence[Row], path: str) -> None:
    """Refuse an entry whose identifiers belong to several persons; a person has to decide.

    Raises:
        RefusedError: Always.
    """
    turn.refuse("several_persons", path, found[0], conflict(turn, "several_persons", found, path))


def conflict(
    turn: Turn, rule: str, patients: Iterable[Row], path: str, order: Row | None = None
) -> dict[str, Value]:
    """Return the columns of an open conflict."""
    return {
        "rule": rule,
        "status": "open",
        "patients": [patient.id for patient in patients],
        "order": order.id if order else 0,
        "entry": turn.entry.number,
        "path": path,
    }


def create(
    turn: Turn,
    mapped: MappedPatient,
    identifiers: Sequence[MappedIdentifier],
    profile: Profile | None,
) -> Row:
    """Make a person with what a message says of them, and return it."""
    said = mapped.patient
    flags = dict.fromkeys([*said.flags, *(f for f in mapped.flags if f == _TOO_LONG)])
    values = {
        **said.values,
        "status": ACTIVE,
        "likeness": likeness.key_of(
            str(said.values.get("patient_name", "")),
            str(said.values.get("birth_date", "")),
            str(said.values.get("sex", "")),
        ),
        "flags": list(flags),
    }
    patient = turn.create(PATIENT, values, said.paths, said.rules)
    for flag in flags:
        path = "PID-3" if flag == _TOO_LONG else said.flag_paths.get(flag, "PID-5")
        turn.note(flag, patient, Severity.FLAG, path)
    add_identifiers(turn, patient, identifiers, profile)
    return patient


def add_identifiers(
    turn: Turn, patient: Row, identifiers: Sequence[MappedIdentifier], profile: Profile | None
) -> None:
    """Give a person the identifiers that nobody has yet, and bring its shown numbers in line.

    What waits under a new identifier is tried again.
    """
    is_new = not patient.text("patient_id")
    for identifier in identifiers:
        row = row_of(turn, identifier)
        if row is None:
            _note_second(turn, patient, identifier)
            add_identifier(turn, patient, identifier)
            is_new = True
        elif _complete(turn, row, identifier):
            is_new = True
    if is_new:
        show_numbers(turn, patient, profile)
        if turn.state.has_any(WAITING, "keys"):
            orders_waiting.retry(turn, patient)


def add_identifier(
    turn: Turn, patient: Row, identifier: MappedIdentifier, status: str = ACTIVE
) -> Row:
    """Add the row of an identifier and return it."""
    columns: dict[str, Value] = {
        "id_value": identifier.id_value,
        "authority": identifier.authority,
        "id_type": identifier.id_type,
        "namespace": identifier.namespace,
        "universal_id": identifier.universal_id,
        "universal_type": identifier.universal_type,
        "status": status,
        "patient": patient.id,
        "expired": 1 if identifier.is_expired else 0,
        "flags": ["aa_defaulted"] if identifier.is_defaulted else [],
    }
    row = turn.create(IDENTIFIER, columns, dict.fromkeys(columns, identifier.path))
    if identifier.is_defaulted:
        turn.note("aa_defaulted", row, Severity.FLAG, identifier.path)
    return row


def _note_second(turn: Turn, patient: Row, identifier: MappedIdentifier) -> None:
    """Flag a person that gets a second number in the same domain: two may have become one."""
    for row in turn.find(IDENTIFIER, "patient", patient.id):
        if (
            row.text("authority") == identifier.authority
            and row.text("id_type") == identifier.id_type
            and row.text("status") == ACTIVE
        ):
            turn.add_flag(patient, "second_number", identifier.path)
            return


def _complete(turn: Turn, row: Row, identifier: MappedIdentifier) -> bool:
    """Fill what an identifier's row lacks; return whether anything was."""
    was_set = False
    for column in ("id_type", "namespace", "universal_id", "universal_type"):
        value = getattr(identifier, column)
        if value and not row.values.get(column):
            was_set |= turn.set(row, column, value, identifier.path)
    return was_set


def _note_former(
    turn: Turn, patient: Row, identifiers: Sequence[MappedIdentifier], profile: Profile
) -> None:
    """Flag a message that names somebody by a number that was merged or replaced."""
    for identifier in identifiers:
        row = row_of(turn, identifier)
        if row is None or row.text("status") == ACTIVE:
            continue
        if profile.options.merged_patient == "refuse":
            turn.refuse("patient_merged", identifier.path, patient)
        turn.note("referred_merged", patient, Severity.FLAG, identifier.path)
        return


def show_numbers(turn: Turn, patient: Row, profile: Profile | None = None) -> None:
    """Bring `patient_id`, `issuer`, `issuer_oid` and `other_ids` in line with the identifiers.

    The number that is shown stays, unless it is no longer the person's, or one of the profile's
    primary authority has come.
    """
    rows = [
        row for row in turn.find(IDENTIFIER, "patient", patient.id) if row.text("status") == ACTIVE
    ]
    if not rows:
        return
    # By the entries that brought them: an undo makes rows anew, with numbers of another order.
    rows.sort(key=lambda row: row.sources["id_value"].entry)
    primary = ""
    if profile is not None and profile.options.primary_authority:
        primary = authorities.key_of(profile.options.primary_authority, "", "", profile)
    first = min(rows, key=lambda row: _preference(row, patient, primary))
    issuer = _issuer_of(first)
    source = first.sources["id_value"].path
    turn.set(patient, "patient_id", first.text("id_value"), source)
    turn.set(patient, "issuer", issuer, source)
    universal = first.text("universal_id")
    oid = [universal, first.text("universal_type") or "ISO"] if universal else ""
    turn.set(patient, "issuer_oid", oid, source)
    others = [
        [row.text("id_value"), _issuer_of(row), row.text("id_type")] for row in rows if row != first
    ]
    turn.set(patient, "other_ids", others or "", source)


def _issuer_of(row: Row) -> str:
    """Return the issuer to be shown: the namespace; the key where only that names the authority."""
    return row.text("namespace") or ("" if row.text("universal_id") else row.text("authority"))


_BY_TYPE = {"MR": 1, "PI": 2, "PE": 3} | dict.fromkeys(
    ("PT", "NH", "NI", "SS", "DL", "PPN", "BC", "BR", "PRC"), 5
)
"""The rather shown the smaller; any other type, and none, are between the two groups."""


def _preference(row: Row, patient: Row, primary: str) -> tuple[int, int, int]:
    """Return what is smaller the rather an identifier is the one to show."""
    is_shown = row.text("id_value") == patient.text("patient_id") and _issuer_of(
        row
    ) == patient.text("issuer")
    by_type = _BY_TYPE.get(row.text("id_type"), 4)
    is_primary = bool(primary) and row.text("authority") == primary
    return (
        0 if is_primary else 1,
        0 if is_shown else 1,
        by_type + 10 * row.number("expired"),
    )
