"""Assigning authorities: which of their many spellings are the same one.

A key is the namespace in upper case, or ``UID:type`` where only a universal id was sent; the
profile's aliases join the two.

References:
    HL7 v2.5.1 section 2.A.36 (HD); IHE ITI TF-2 3.30.5.3.
"""

from __future__ import annotations

from typing import NamedTuple

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View


class Authority(NamedTuple):
    """An authority as it was sent, and its key."""

    key: str
    namespace: str = ""
    universal_id: str = ""
    universal_type: str = ""
    is_defaulted: bool = False


def of_parts(context: Context, namespace: str, uid: str, kind: str) -> Authority:
    """Return the authority of a namespace, universal id and type; the default one without any."""
    if uid or namespace:
        return Authority(key_of(namespace, uid, kind, context.profile), namespace, uid, kind)
    return Authority(context.default_key, context.options.default_authority, "", "", True)


def key_of(namespace: str, universal_id: str, universal_type: str, profile: Profile) -> str:
    """Return the key of an authority that is told by its parts; "" where there are none."""
    if universal_id:
        by_uid = f"{universal_id}:{universal_type or 'ISO'}".upper()
        alias = profile.authorities.get(by_uid)
        if alias is not None or not namespace:
            return alias or by_uid
    return profile.authority_key(namespace.strip().upper())


def of_hd(context: Context, written: str) -> Authority:
    """Return the authority of an HD inside another field: its parts are subcomponents."""
    view = context.view
    mark = view.delimiters.subcomponent
    if not mark or mark not in written:
        return of_parts(context, view.clean(written).strip(), "", "")
    parts = [view.clean(part).strip() for part in written.split(mark, 3)] + ["", ""]
    return of_parts(context, parts[0], parts[1], parts[2])


def of_ei(context: Context, components: list[str], start: int = 1) -> Authority:
    """Return the authority of an EI: three components from `start` on (from 0)."""
    clean = context.view.clean
    parts = [clean(part).strip() for part in components[start : start + 3]] + ["", "", ""]
    mark = context.view.delimiters.subcomponent
    if mark and mark in parts[0]:
        return of_hd(context, components[start])
    return of_parts(context, parts[0], parts[1], parts[2])


def key_of_hd(view: View, written: str, profile: Profile, entry: MessageEntry) -> str:
    """Return the key of an HD as it is written; the default authority's for an empty one."""
    return of_hd(Context(view, profile, entry), written).key
