"""A PID or an MRG: who it is, and what the message says of them.

References:
    HL7 v2.5.1 sections 3.4.2 (PID) and 3.4.9 (MRG); IHE ITI TF-2 3.30.5.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import MappedIdentifier, MappedPatient
from hl7console.worklist.mapping import identifiers, names, observations
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.groups import patient_segments
from hl7console.worklist.mapping.plan import fill, plan_of
from hl7console.worklist.mapping.texts import fitted, several_lines
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View


def map_patient(
    view: View, profile: Profile, pid: Seg, entry: MessageEntry, *, with_visit: bool = True
) -> MappedPatient:
    """Return who a PID names, with all patient columns that the message tells.

    Without `with_visit` nothing is taken from PV1, which tells of the person too.

    ``flags`` holds ``aa_defaulted`` (an identifier without an authority), ``identifier_in_pid_2``,
    ``identifier_untrusted`` and what is odd about names and dates.
    """
    context = Context.of(view, profile, entry)
    found = MappedPatient()
    found.identifiers = _identifiers(context, pid, found.flags)
    account = identifiers.number_of_cx(context, pid, 18)
    if account is not None:
        found.account = (account.value, account.authority.key)
    out = found.patient
    scope = _scope(view, pid)
    if not with_visit:
        scope.segments.pop("PV1", None)
    fill(context, plan_of(profile, "patient"), scope.segments, out)
    if scope.notes:
        _comments(found, scope.notes)
    if scope.allergies:
        observations.take_allergies(context, scope.allergies, out)
    if scope.observed:
        observations.take_observations(context, scope.observed, out)
    if not out.values.get("patient_name"):
        out.flag("name_missing")
    if len(pid.fields) > 31:
        out.flags += names.unknown_name_flags(context, pid)
    found.flags += [flag for flag in out.flags if flag not in found.flags]
    return found


@dataclass(slots=True)
class _Scope:
    """The segments of one patient."""

    segments: dict[str, Seg]
    """The first of each name."""
    notes: list[Seg] = field(default_factory=list)
    """NTE directly behind PID."""
    allergies: list[Seg] = field(default_factory=list)
    observed: list[Seg] = field(default_factory=list)


def _scope(view: View, pid: Seg) -> _Scope:
    segments: dict[str, Seg] = {"PID": pid}
    scope = _Scope(segments)
    last = ""
    for seg in patient_segments(view, pid):
        name = seg.id
        if name == "NTE":
            if last == "PID":
                scope.notes.append(seg)
            continue
        if name in ("AL1", "IAM"):
            scope.allergies.append(seg)
        elif name == "OBX":
            scope.observed.append(seg)
        if name not in segments:
            segments[name] = seg
        last = name
    return scope


def _identifiers(context: Context, pid: Seg, flags: list[str]) -> list[MappedIdentifier]:
    found = identifiers.cx_list(context, pid, 3)
    if not found and context.options.use_pid_2:
        found = identifiers.cx_list(context, pid, 2)
        if found:
            flags.append("identifier_in_pid_2")
    trusted = context.options.trusted_authorities
    if trusted and found:
        keys = {context.profile.authority_key(name.upper()) for name in trusted}
        if any(cx.authority not in keys for cx in found):
            flags.append("identifier_untrusted")
        # The rules leave those out that are not trusted, and refuse a person who has no other.
        found.sort(key=lambda cx: cx.authority not in keys)
    if any(cx.is_defaulted for cx in found):
        flags.append("aa_defaulted")
    if any(len(cx.id_value) > 64 for cx in found):
        flags.append("identifier_too_long")
    return found


def _comments(found: MappedPatient, notes: Iterable[Seg]) -> None:
    lines = [line for note in notes if (line := note_text(note))]
    if lines:
        out = found.patient
        text = several_lines("\n".join(lines))
        path = next(iter(notes)).path(3)
        out.put("patient_comments", fitted(out, "patient_comments", text, "LT", path), path)


def note_text(note: Seg) -> str:
    """Return the text of an NTE, its repetitions as lines."""
    return "\n".join([note.view.clean(written) for written in note.repetitions(3)]).strip()


def map_prior(view: View, profile: Profile, mrg: Seg, entry: MessageEntry) -> MappedPatient:
    """Return who an MRG names: identifiers, account (MRG-3) and name (MRG-7)."""
    context = Context.of(view, profile, entry)
    found = MappedPatient()
    found.identifiers = identifiers.cx_list(context, mrg, 1)
    if not found.identifiers and context.options.use_pid_2:
        found.identifiers = identifiers.cx_list(context, mrg, 4)
    if any(cx.is_defaulted for cx in found.identifiers):
        found.flags.append("aa_defaulted")
    account = identifiers.number_of_cx(context, mrg, 3)
    if account is not None:
        found.account = (account.value, account.authority.key)
    if mrg.raw(7):
        name = names.pn_of_xpn(context, mrg.repetitions(7), found.patient.flags)
        if name:
            found.patient.put("patient_name", name, mrg.path(7))
    return found
