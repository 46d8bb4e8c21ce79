"""Assigning authorities: who gave a number, as one key that can be compared.

References:
    HL7 v2.5.1 chapter 2.A, CX, EI and HD.
"""

from __future__ import annotations

from typing import NamedTuple

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View


class Authority(NamedTuple):
    """An HD, and the key that it is compared by."""

    key: str
    namespace: str = ""
    universal_id: str = ""
    universal_type: str = ""
    is_defaulted: bool = False
    """It was not sent; the default of the listener or the sender stands in (``aa_defaulted``)."""


def default_authority(view: View, profile: Profile, entry: MessageEntry) -> Authority:
    """Return the authority of numbers that name none: the profile's, else the sender. Never empty."""
    name = (
        profile.options.default_authority
        or view.get("MSH", 4)
        or view.get("MSH", 3)
        or entry.listener
        or "LOCAL"
    )
    return Authority(key_of(name, "", "", profile), name, is_defaulted=True)


def key_of(namespace: str, universal_id: str, universal_type: str, profile: Profile) -> str:
    """Return the key of an authority: its namespace in capitals, else its universal id.

    The profile's alias table joins namespaces and universal ids of one authority.
    """
    aliases = profile.aliases
    if aliases:
        for name in (universal_id, namespace.upper()):
            if name and name in aliases:
                return aliases[name]
    if namespace:
        return namespace.strip().upper()
    return f"{universal_id}:{universal_type.upper() or 'ISO'}" if universal_id else ""


def of_hd(view: View, written: str, profile: Profile, entry: MessageEntry) -> Authority:
    """Return the authority of an HD written in one component (``NS&OID&ISO``)."""
    mark = view.delimiters.subcomponent
    if mark and mark in written:
        parts = [view.clean(part) for part in written.split(mark)]
        parts += ["", ""]
        return of_parts(view, parts[0], parts[1], parts[2], profile, entry)
    return of_parts(view, view.clean(written), "", "", profile, entry)


def of_parts(
    view: View,
    namespace: str,
    universal_id: str,
    universal_type: str,
    profile: Profile,
    entry: MessageEntry,
) -> Authority:
    """Return the authority of three components (EI-2 to EI-4)."""
    if not universal_id and namespace.count(".") > 2 and namespace.replace(".", "").isdecimal():
        # An OID where the namespace belongs.
        namespace, universal_id, universal_type = "", namespace, universal_type or "ISO"
    key = key_of(namespace, universal_id, universal_type, profile)
    if not key:
        return default_authority(view, profile, entry)
    return Authority(key, namespace, universal_id, universal_type)
