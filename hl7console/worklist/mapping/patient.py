"""A PID or an MRG: who it is, and what the message says of them.

References:
    HL7 v2.5.1 sections 3.4.2 (PID) and 3.4.9 (MRG); IHE ITI TF-2 3.30.5.3.
"""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import MappedIdentifier, MappedPatient
from hl7console.worklist.mapping import identifiers, names, observations
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.groups import patient_segments
from hl7console.worklist.mapping.plan import fill, plan_of
from hl7console.worklist.mapping.texts import fitted, several_lines
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View


def map_patient(view: View, profile: Profile, pid: Seg, entry: MessageEntry) -> MappedPatient:
    """Return who a PID names, with all patient columns that the message tells.

    ``flags`` holds ``aa_defaulted`` (an identifier without an authority), ``identifier_in_pid_2``,
    ``identifier_untrusted`` and what is odd about names and dates.
    """
    context = Context(view, profile, entry)
    found = MappedPatient()
    found.identifiers = _identifiers(context, pid, found.flags)
    account = identifiers.number_of_cx(context, pid, 18)
    if account is not None:
        found.account = (account.value, account.authority.key)
    out = found.patient
    segments: dict[str, Seg] = {"MSH": pid}
    notes: list[Seg] = []
    allergies: list[Seg] = []
    observed: list[Seg] = []
    last = ""
    for seg in patient_segments(view, pid):
        name = seg.id
        if name == "NTE":
            if last == "PID":
                notes.append(seg)
            continue
        if name == "AL1":
            allergies.append(seg)
        elif name == "OBX":
            observed.append(seg)
        if name not in segments:
            segments[name] = seg
        last = name
    segments["PID"] = pid
    fill(context, plan_of(profile, "patient"), segments, out)
    if notes:
        _comments(found, notes)
    if allergies:
        observations.take_allergies(context, allergies, out)
    if observed:
        observations.take_observations(context, observed, out)
    if not out.values.get("patient_name"):
        out.flag("name_missing")
    if len(pid.fields) > 31:
        out.flags += names.unknown_name_flags(context, pid)
    found.flags += [flag for flag in out.flags if flag not in found.flags]
    return found


def _identifiers(context: Context, pid: Seg, flags: list[str]) -> list[MappedIdentifier]:
    found = identifiers.cx_list(context, pid, 3)
    if not found and context.options.use_pid_2:
        found = identifiers.cx_list(context, pid, 2)
        if found:
            flags.append("identifier_in_pid_2")
    trusted = context.options.trusted_authorities
    if trusted and found:
        keys = {context.profile.authority_key(name.upper()) for name in trusted}
        kept = [cx for cx in found if cx.authority in keys]
        if len(kept) < len(found):
            flags.append("identifier_untrusted")
        found = kept
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
        out.put("patient_comments", fitted(out, "patient_comments", text, "LT"), path)


def note_text(note: Seg) -> str:
    """Return the text of an NTE, its repetitions as lines."""
    return "\n".join([note.view.clean(written) for written in note.repetitions(3)]).strip()


def map_prior(view: View, profile: Profile, mrg: Seg, entry: MessageEntry) -> MappedPatient:
    """Return who an MRG names: identifiers, account (MRG-3) and name (MRG-7)."""
    context = Context(view, profile, entry)
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
