"""Identifiers of persons, visits and orders: CX and EI.

References:
    HL7 v2.5.1 sections 2.A.14 (CX) and 2.A.28 (EI); IHE ITI TF-2 3.30.5.3.
"""

from __future__ import annotations

from typing import NamedTuple

from hl7console.worklist.mapped import MappedIdentifier
from hl7console.worklist.mapping import authorities
from hl7console.worklist.mapping.authorities import Authority
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.texts import NULL
from hl7console.worklist.mapping.times import day_of_us
from hl7console.worklist.reading import Seg

NOT_A_PATIENT = frozenset({"AN", "VN"})
"""Identifier types that name an account or a visit."""
CROSS_REFERENCE = frozenset({"NH", "NI", "SS", "DL", "PPN", "BC", "BR", "PRC", "PT"})
"""Types that are shown to nobody as the patient's number while there is another."""


class Number(NamedTuple):
    """A number and whose it is."""

    value: str
    authority: Authority
    path: str


def cx_of(context: Context, written: str, path: str) -> MappedIdentifier | None:
    """Return the identifier that one CX gives; None without a number."""
    view = context.view
    parts = view.components(written)
    if parts[0] == NULL:
        return None
    number = view.part(parts[0]).strip()
    if not number:
        return None
    size = len(parts)
    hd = parts[3] if size > 3 else ""
    if not hd.strip('&" ') and size > 5:
        hd = parts[5]
    authority = authorities.of_hd(context, hd)
    expires = view.clean(parts[7])[:8] if size > 7 else ""
    is_expired = bool(expires) and expires.isdigit() and expires < day_of_us(context.entry.at_us)
    return MappedIdentifier(
        number, authority.key, view.clean(parts[4]).strip().upper() if size > 4 else "",
        authority.namespace, authority.universal_id, authority.universal_type,
        path, authority.is_defaulted, is_expired,
    )  # fmt: skip


def cx_list(context: Context, seg: Seg, field: int) -> list[MappedIdentifier]:
    """Return the identifiers of a person in a field, the one to be shown first.

    Account and visit numbers are left out.
    """
    found = []
    path = seg.path(field)
    seen = set()
    for written in seg.repetitions(field):
        cx = cx_of(context, written, path)
        if cx is None or cx.id_type in NOT_A_PATIENT or (cx.id_value, cx.authority) in seen:
            continue
        seen.add((cx.id_value, cx.authority))
        found.append(cx)
    if len(found) > 1:
        primary = context.profile.authority_key(context.options.primary_authority.upper())
        found.sort(key=lambda cx: _preference(cx, primary))
    return found


def _preference(cx: MappedIdentifier, primary: str) -> tuple[bool, int]:
    if primary and cx.authority == primary:
        order = 0
    elif cx.id_type == "MR":
        order = 1
    elif cx.id_type == "PI":
        order = 2
    else:
        order = 4 if cx.id_type in CROSS_REFERENCE else 3
    return cx.is_expired, order


def number_of_cx(context: Context, seg: Seg, field: int) -> Number | None:
    """Return account or visit number of a CX field; None where it is empty."""
    raw = seg.raw(field)
    if not raw or raw == NULL:
        return None
    cx = cx_of(context, seg.repetitions(field)[0], seg.path(field))
    if cx is None:
        return None
    authority = Authority(
        cx.authority, cx.namespace, cx.universal_id, cx.universal_type, cx.is_defaulted
    )
    return Number(cx.id_value, authority, cx.path)


def number_of_ei(context: Context, seg: Seg | None, field: int) -> Number | None:
    """Return the number of an EI field; None where it is empty."""
    raw = seg.raw(field) if seg is not None else ""
    if seg is None or not raw or raw == NULL:
        return None
    parts = context.view.components(seg.repetitions(field)[0])
    value = context.view.part(parts[0]).strip()
    if not value:
        return None
    return Number(value, authorities.of_ei(context, parts), seg.path(field))
