"""What PV1 says: the visit, in the worklist's columns.

References:
    HL7 v2.5.1 chapter 3, PV1; DICOM PS3.4 Table K.6-1, visit attributes.
"""

from __future__ import annotations

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping import identifiers
from hl7console.worklist.mapping.names import pn_of_xcn
from hl7console.worklist.mapping.texts import cut
from hl7console.worklist.mapping.times import moment_of
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View


def map_visit(
    view: View, profile: Profile, entry: MessageEntry, pv1: Seg | None, pid: Seg | None
) -> Mapped:
    """Return the columns of a visit: from PV1, with the account of PID-18.

    Without PV1 only the account is there.
    """
    mapped = Mapped()
    _numbers(mapped, profile, entry, pv1, pid)
    if pv1 is None:
        return mapped
    patient_class = pv1.get(2)
    mapped.put(
        "patient_class", patient_class or "U", pv1.path(2), "" if patient_class else "class_unknown"
    )
    _location(mapped, pv1, 3, "location")
    _location(mapped, pv1, 6, "prior_location")
    for field, column in ((7, "attending"), (8, "referring"), (17, "admitting")):
        raw = pv1.raw(field)
        if raw:
            repetitions = pv1.repetitions(field)
            mapped.put(column, pn_of_xcn(view, repetitions[0]), pv1.path(field))
    if pv1.raw(10):
        mapped.put("hospital_service", cut(pv1.get(10), "LO")[0], pv1.path(10))
    if pv1.raw(16):
        mapped.put("vip", cut(pv1.get(16), "LO")[0], pv1.path(16))
    _ambulatory(mapped, pv1)
    _times(mapped, pv1, profile)
    if pv1.raw(50):
        cx = identifiers.first_cx(pv1, 50, profile, entry)
        mapped.put("alternate_visit_no", cx.id_value if cx else "", pv1.path(50))
    return mapped


def _numbers(
    mapped: Mapped, profile: Profile, entry: MessageEntry, pv1: Seg | None, pid: Seg | None
) -> None:
    visit = identifiers.first_cx(pv1, 19, profile, entry) if pv1 is not None else None
    account = identifiers.first_cx(pid, 18, profile, entry) if pid is not None else None
    if visit is not None:
        mapped.put("visit_no", visit.id_value, visit.path)
        mapped.put("visit_authority", visit.authority, visit.path)
        mapped.put("admission_issuer", visit.namespace, visit.path)
    if account is not None:
        mapped.put("account_no", account.id_value, account.path)
        mapped.put("account_authority", account.authority, account.path)
        mapped.put("account_issuer", account.namespace, account.path)
    if profile.options.require_admission_id and visit is None and account is None:
        mapped.flags.append("admission_id_missing")


def _location(mapped: Mapped, pv1: Seg, field: int, column: str) -> None:
    raw = pv1.raw(field)
    if not raw:
        return
    parts = [pv1.get(field, component) for component in (1, 2, 3)]
    text, was_cut = cut("-".join(part for part in parts if part), "LO")
    mapped.put(column, text, pv1.path(field))
    if column == "location":
        mapped.put("point_of_care", parts[0], pv1.path(field, 1))
        facility = pv1.get(field, 4)
        if facility:
            mapped.put("facility", facility, pv1.path(field, 4))
        if was_cut:
            mapped.flags.append("location_shortened")


def _ambulatory(mapped: Mapped, pv1: Seg) -> None:
    """Pregnancy is B6 of table 0009; what else PV1-15 says are special needs."""
    raw = pv1.raw(15)
    if not raw:
        return
    codes = [pv1.view.part(code) for code in pv1.repetitions(15)]
    path = pv1.path(15)
    mapped.put("pregnancy", 3 if "B6" in codes else "", path)
    others = [code for code in codes if code and code != "B6"]
    mapped.put("special_needs", cut(" ".join(others), "LO")[0], path)


def _times(mapped: Mapped, pv1: Seg, profile: Profile) -> None:
    for field, column in ((44, "admit"), (45, "discharge")):
        if not pv1.raw(field):
            continue
        moment = moment_of(pv1.get(field), profile.options)
        mapped.put(f"{column}_date", moment.date, pv1.path(field))
        mapped.put(f"{column}_time", moment.time, pv1.path(field))
        mapped.flags += [flag for flag in moment.flags if flag not in mapped.flags]


def map_prior_visit(view: View, profile: Profile, mrg: Seg, entry: MessageEntry) -> tuple[str, str]:
    """Return visit number and authority key of MRG-5; both "" where there is none."""
    cx = identifiers.first_cx(mrg, 5, profile, entry)
    return (cx.id_value, cx.authority) if cx is not None else ("", "")
