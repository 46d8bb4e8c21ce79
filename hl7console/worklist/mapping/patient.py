"""What PID (with AL1, OBX and NTE behind it) and MRG say of a person, in the worklist's columns.

References:
    HL7 v2.5.1 chapter 3, PID, MRG and AL1; DICOM PS3.4 Table K.6-1, patient attributes.
"""

from __future__ import annotations

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped, MappedPatient
from hl7console.worklist.mapping import authorities, identifiers
from hl7console.worklist.mapping.names import pn_of_xpn
from hl7console.worklist.mapping.texts import coded, cut, note_lines
from hl7console.worklist.mapping.times import birth_date
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import NULL, Seg, View

DRUG_ALLERGIES = frozenset({"", "DA", "MA", "MC"})
"""Types of table 0127 that go into Allergies: drugs and contrast media, and those untold."""

_WEIGHT = frozenset({"29463-7", "3141-9", "BODY WEIGHT", "WEIGHT"})
_HEIGHT = frozenset({"8302-2", "BODY HEIGHT", "HEIGHT"})
_KG = {"kg": 1.0, "g": 0.001, "lb": 0.45359237, "[lb_av]": 0.45359237, "lbs": 0.45359237}
_M = {"m": 1.0, "cm": 0.01, "in": 0.0254, "[in_i]": 0.0254, "mm": 0.001}


def map_patient(view: View, profile: Profile, pid: Seg, entry: MessageEntry) -> MappedPatient:
    """Return who a PID is about, and what the message says of them."""
    found = MappedPatient(identifiers.identifiers_of(pid, 3, profile, entry))
    if not found.identifiers and profile.options.use_pid_2 and pid.raw(2):
        found.identifiers = identifiers.identifiers_of(pid, 2, profile, entry)
    account = identifiers.first_cx(pid, 18, profile, entry) if pid.raw(18) else None
    if account is not None:
        found.account = (account.id_value, account.authority)
    if any(cx.is_defaulted for cx in found.identifiers):
        found.flags.append("aa_defaulted")
    mapped = found.patient
    _name(mapped, pid, profile)
    _born_and_sex(mapped, pid, profile)
    _extras(mapped, pid, profile)
    _of_other_segments(mapped, view)
    return found


def map_prior(view: View, profile: Profile, mrg: Seg, entry: MessageEntry) -> MappedPatient:
    """Return who an MRG is about: the identifiers that cease to be used, account and name."""
    found = MappedPatient(identifiers.identifiers_of(mrg, 1, profile, entry))
    if not found.identifiers and mrg.raw(2):
        found.identifiers = identifiers.identifiers_of(mrg, 2, profile, entry)
    account = identifiers.first_cx(mrg, 3, profile, entry)
    if account is not None:
        found.account = (account.id_value, account.authority)
    if mrg.raw(7):
        name, _ = pn_of_xpn(mrg, 7, split_comma=profile.options.split_comma_names)
        if name:
            found.patient.put("patient_name", name, mrg.path(7))
    return found


def default_key(view: View, profile: Profile, entry: MessageEntry) -> str:
    """Return the authority key of numbers that name none."""
    return authorities.default_authority(view, profile, entry).key


def _name(mapped: Mapped, pid: Seg, profile: Profile) -> None:
    raw = pid.raw(5)
    if not raw:
        return
    name, flags = pn_of_xpn(pid, 5, split_comma=profile.options.split_comma_names)
    if name or raw == NULL:
        mapped.put("patient_name", name, pid.path(5))
    mapped.flags += flags
    if pid.get(31) == "Y" or "AL" in pid.raw(32):
        mapped.flags.append("unknown_person")


def _born_and_sex(mapped: Mapped, pid: Seg, profile: Profile) -> None:
    if pid.raw(7):
        written = pid.get(7)
        date = birth_date(written)
        mapped.put("birth_date", date, pid.path(7))
        mapped.put("birth_date_text", "" if date else written, pid.path(7))
        if written and not date:
            mapped.flags.append("birth_date_partial")
    if pid.raw(8):
        code = pid.get(8).upper()
        sex = profile.sex.get(code, "")
        mapped.put("sex", sex, pid.path(8, 1), "" if sex == code else "sex_translated")
        mapped.put("sex_text", "" if sex else code, pid.path(8, 1))


def _extras(mapped: Mapped, pid: Seg, profile: Profile) -> None:
    if pid.raw(6):
        mapped.put("mother_name", pn_of_xpn(pid, 6)[0], pid.path(6))
    if pid.raw(15):
        language = coded(pid.view, pid.repetitions(15)[0]) or []
        mapped.put("language", language or pid.get(15), pid.path(15))
    if profile.options.keep_address and pid.raw(11):
        parts = [pid.get(11, component) for component in (1, 2, 3, 4, 5, 6)]
        mapped.put("address", cut(", ".join(p for p in parts if p), "LO")[0], pid.path(11))
    if profile.options.keep_phone and (pid.raw(13) or pid.raw(14)):
        field = 13 if pid.raw(13) else 14
        mapped.put("phone", cut(pid.get(field, 1) or pid.get(field, 12), "SH")[0], pid.path(field))


def _of_other_segments(mapped: Mapped, view: View) -> None:
    if view.first("AL1") is not None or view.first("IAM") is not None:
        _allergies(mapped, view)
    if view.first("OBX") is not None:
        _measures(mapped, view)
    notes = _notes_behind_pid(view)
    if notes:
        mapped.put("patient_comments", cut(note_lines(notes), "LT")[0], "NTE-3")
    confidential = view.get("PD1", 12)
    if confidential:
        mapped.put("confidentiality", cut(confidential, "LO")[0], "PD1-12")


def _allergies(mapped: Mapped, view: View) -> None:
    """AL1 and IAM: drugs and contrast media are allergies, the rest are medical alerts."""
    allergies: list[str] = []
    alerts: list[str] = []
    path = "AL1-3"
    is_null = False
    for name in ("AL1", "IAM"):
        for seg in view.all(name):
            if seg.is_null(3):
                is_null = True
                continue
            if name == "IAM" and seg.get(6).upper() == "D":
                continue
            text = cut(seg.get(3, 2) or seg.get(3, 1), "LO")[0]
            if not text:
                continue
            path = f"{name}-3"
            wanted = allergies if seg.get(2).upper() in DRUG_ALLERGIES else alerts
            severe = seg.get(4).upper() == "SV"
            if text not in wanted:
                wanted.insert(0, text) if severe else wanted.append(text)
    if allergies or is_null:
        mapped.put("allergies", allergies or "", path)
    if alerts:
        mapped.put("medical_alerts", alerts, path)


def _measures(mapped: Mapped, view: View) -> None:
    for obx in view.all("OBX"):
        code = obx.get(3).upper()
        text = obx.get(3, 2).upper()
        if code in _WEIGHT or text in _WEIGHT:
            _measure(mapped, obx, "weight_kg", _KG)
        elif code in _HEIGHT or text in _HEIGHT:
            _measure(mapped, obx, "size_m", _M)
        elif code == "82810-3":
            pregnant = {"LA15173-0": 3, "LA26683-5": 1, "LA4489-6": 4}.get(obx.get(5), "")
            mapped.put("pregnancy_observed", pregnant, obx.path(5))


def _measure(mapped: Mapped, obx: Seg, column: str, units: dict[str, float]) -> None:
    factor = units.get(obx.get(6).strip().lower())
    try:
        value = float(obx.get(5).replace(",", "."))
    except ValueError:
        return
    if factor is None or not 0 < value * factor < 10_000:
        mapped.flags.append("unit_unknown")
        return
    mapped.put(column, f"{value * factor:.4f}".rstrip("0").rstrip("."), obx.path(5))


def _notes_behind_pid(view: View) -> list[Seg]:
    """Return the NTE segments that stand directly behind PID (or its PD1)."""
    if view.first("NTE") is None:
        return []
    found: list[Seg] = []
    is_behind = False
    for seg in view.segments:
        if seg.id in ("PID", "PD1"):
            is_behind = True
        elif seg.id == "NTE" and is_behind:
            found.append(seg)
        elif is_behind:
            break
    return found
