"""The indexed keys that `scan` finds below the header: the patient and the order.

References:
    IHE ITI TF-2 3.30.5.3 (PID-3); IHE RAD TF-2 4.4.4 (OBR-18 is the accession number), RAD-4 2.5.1
    option (IPC-1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hl7console.hl7v2.delimiters import Delimiters
from hl7console.hl7v2.scan_header import LONGEST_VALUE, first_value

if TYPE_CHECKING:
    from hl7console.hl7v2.scan import Scan


_MOST_REPETITIONS = 64
"""Repetitions of a field that are considered."""


def read_patient(found: Scan, line: str, roles: Delimiters, codec: str) -> None:
    """Fill in id, authority and name of the patient from a PID segment."""
    fields = line.split(roles.field, 6)
    found.patient_id = found.patient_authority = found.patient_name = ""
    if len(fields) > 3 and fields[3]:
        parts = _chosen(fields[3], "MR", "PI", 4, roles, codec)
        patient_id = found.patient_id = leaf(parts[0], roles, codec)
        if patient_id and len(parts) > 3:
            found.patient_authority = _authority(parts[3], roles, codec)
    if len(fields) > 5 and fields[5]:
        parts = _chosen(fields[5], "L", "", 6, roles, codec)
        name = leaf(parts[0], roles, codec)
        given = leaf(parts[1], roles, codec) if len(parts) > 1 else ""
        found.patient_name = f"{name}^{given}" if given else name


def leaf(written: str, roles: Delimiters, codec: str) -> str:
    """Return the value of the first leaf; quick for plain ones."""
    return written[:LONGEST_VALUE] if written.isalnum() else first_value(written, roles, codec)


def _authority(written: str, roles: Delimiters, codec: str) -> str:
    """Return the namespace of an assigning authority, or its universal id where it has none."""
    namespace = leaf(written, roles, codec)
    if namespace or not roles.subcomponent:
        return namespace
    parts = written.split(roles.subcomponent, 2)
    return leaf(parts[1], roles, codec) if len(parts) > 1 else ""


def _chosen(
    written: str, best: str, good: str, place: int, roles: Delimiters, codec: str
) -> list[str]:
    """Return the components of the repetition of a preferred type, else of the first valued."""
    component, repetition = roles.component, roles.repetition
    if not repetition or repetition not in written:
        return written.split(component, place + 1) if component else [written]
    first: list[str] | None = None
    second: list[str] | None = None
    for part in written.split(repetition, _MOST_REPETITIONS)[:_MOST_REPETITIONS]:
        parts = part.split(component, place + 1) if component else [part]
        if leaf(parts[0], roles, codec) or (len(parts) > 1 and leaf(parts[1], roles, codec)):
            kind = leaf(parts[place], roles, codec) if len(parts) > place else ""
            if kind == best:
                return parts
            if kind == good and good and second is None:
                second = parts
            if first is None:
                first = parts
    return second or first or [""]


def read_order(found: Scan, segments: dict[str, str], roles: Delimiters, codec: str) -> None:
    """Fill in accession, placer and filler number from the first segments of each name.

    Args:
        found: Takes the values.
        segments: By name and separator, such as ``OBR|``.
        roles: The delimiters.
        codec: That of the message.
    """
    separator = roles.field
    placer = filler = accession = ""
    common, request = segments.get("ORC" + separator), segments.get("OBR" + separator)
    if common is not None:
        fields = common.split(separator, 4)
        placer = _numbered(fields, 2, roles, codec)
        filler = _numbered(fields, 3, roles, codec)
    if request is not None:
        fields = request.split(separator, 19)
        placer = placer or _numbered(fields, 2, roles, codec)
        filler = filler or _numbered(fields, 3, roles, codec)
        accession = _numbered(fields, 18, roles, codec)
    elif common is None:
        placer, filler = _without_order(segments, roles, codec)
    if ("IPC" + separator) in segments:
        fields = segments["IPC" + separator].split(separator, 2)
        accession = _numbered(fields, 1, roles, codec) or accession
    found.placer_order = placer
    found.filler_order = filler
    found.accession = accession or filler


def _without_order(segments: dict[str, str], roles: Delimiters, codec: str) -> tuple[str, str]:
    """Return placer and filler number of an appointment or a document without order segments."""
    separator = roles.field
    for name, placer, filler in (("SCH", 26, 27), ("TXA", 14, 15)):
        line = segments.get(name + separator)
        if line is not None:
            fields = line.split(separator, filler + 1)
            return (
                _numbered(fields, placer, roles, codec),
                _numbered(fields, filler, roles, codec),
            )
    return "", ""


def _numbered(fields: Sequence[str], number: int, roles: Delimiters, codec: str) -> str:
    if len(fields) <= number:
        return ""
    written = fields[number]
    if not written:
        return ""
    return written[:LONGEST_VALUE] if written.isalnum() else first_value(written, roles, codec)
