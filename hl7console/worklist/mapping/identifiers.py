"""Numbers of patients, accounts and visits (CX), and which of several is the one to show.

References:
    HL7 v2.5.1 chapter 2.A, CX; table 0203.
"""

from __future__ import annotations

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import MappedIdentifier
from hl7console.worklist.mapping import authorities
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View

NOT_PATIENT_TYPES = frozenset({"AN", "VN", "ANC", "ANT"})
"""Types that number accounts and visits, never a patient."""

CROSS_REFERENCE_TYPES = frozenset(
    {"PT", "NH", "NI", "SS", "DL", "PPN", "BC", "BR", "PRC", "ANON", "NNxxx"}
)
"""Types that tell the same person elsewhere, and are shown only where there is nothing else."""

_BY_TYPE = {"MR": 1, "PI": 2, "PE": 3}


def cx_of(
    view: View, written: str, path: str, profile: Profile, entry: MessageEntry
) -> MappedIdentifier | None:
    """Return one CX; None where it has no number, or the null.

    The number keeps its zeros and its letter case. Component 6 stands in for an empty 4.
    """
    parts = view.components(written)
    number = view.part(parts[0]).strip()
    if not number:
        return None
    count = len(parts)
    hd = parts[3] if count > 3 else ""
    if not hd and count > 5:
        hd = parts[5]
    authority = authorities.of_hd(view, hd, profile, entry)
    return MappedIdentifier(
        number,
        authority.key,
        view.part(parts[4]).upper() if count > 4 else "",
        authority.namespace,
        authority.universal_id,
        authority.universal_type,
        path,
        authority.is_defaulted,
        count > 7 and _is_expired(view.part(parts[7]), entry),
    )


def _is_expired(written: str, entry: MessageEntry) -> bool:
    """Return whether an expiration date lies before the message came in."""
    date = written[:8]
    if len(date) != 8 or not date.isdecimal():
        return False
    from hl7console.worklist.mapping.times import arrival_time
    from hl7console.worklist.profiles.options import Options

    return date < arrival_time(entry, Options())[:8]


def identifiers_of(
    seg: Seg, field: int, profile: Profile, entry: MessageEntry
) -> list[MappedIdentifier]:
    """Return the identifiers of a field, the one to show first."""
    view = seg.view
    path = seg.path(field)
    repetitions = seg.repetitions(field)
    found = []
    for number, written in enumerate(repetitions, start=1):
        place = path if number == 1 else f"{path}[{number}]"
        cx = cx_of(view, written, f"{place}.1", profile, entry)
        if cx is not None and cx.id_type not in NOT_PATIENT_TYPES:
            found.append(cx)
    if len(found) > 1:
        primary = profile.primary_key
        found.sort(key=lambda cx: _preference(cx, primary))
    return found


def _preference(cx: MappedIdentifier, primary: str) -> int:
    """Return a number that is lower the rather an identifier is the one to show."""
    if cx.is_expired:
        return 9
    if primary and cx.authority == primary:
        return 0
    if cx.id_type in CROSS_REFERENCE_TYPES:
        return 5
    return _BY_TYPE.get(cx.id_type, 4)


def first_cx(
    seg: Seg, field: int, profile: Profile, entry: MessageEntry
) -> MappedIdentifier | None:
    """Return the first CX of a field with a number; None where there is none."""
    for written in seg.repetitions(field):
        cx = cx_of(seg.view, written, f"{seg.path(field)}.1", profile, entry)
        if cx is not None:
            return cx
    return None
