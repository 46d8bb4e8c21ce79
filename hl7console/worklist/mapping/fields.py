"""Which fields a column comes from: sources with fallbacks, compiled once from a profile.

The default sources are those of IHE RAD-4 (ORM 2.3.1) and OMI^O23, with what senders in the field
do as fallbacks behind them.

References:
    IHE RAD TF Vol 2, RAD-4, Table 4.4-6 and Appendix B; HL7 v2.5.1 chapter 4, IPC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from hl7console.errors import UsageError


class FieldSource(NamedTuple):
    """One place in an order's segments."""

    segment: str
    field: int
    component: int
    subcomponent: int
    text: str
    """As written in the profile."""


class Column(NamedTuple):
    """A column of an order or a step, and how its value is read."""

    name: str
    kind: str
    """text, id, code, xcn, names, cnn, aet, list, time, priority, modality, uid."""
    vr: str
    sources: tuple[str, ...]


ORDER_COLUMNS: tuple[Column, ...] = (
    Column("accession", "id", "SH", ("IPC-1.1", "OBR-18", "OBR-3.1", "ORC-3.1")),
    Column("accession_issuer", "id", "LO", ("IPC-1.2",)),
    Column("rp_id", "id", "SH", ("IPC-2.1", "OBR-19")),
    Column("rp_desc", "text", "LO", ("OBR-44.2", "OBR-44.1", "OBR-4.2", "OBR-4.1")),
    Column("rp_code", "code", "", ("OBR-44.1", "OBR-4.1")),
    Column("study_uid", "uid", "UI", ("IPC-3.1", "ZDS-1.1")),
    Column("priority", "priority", "SH", ("TQ1-9.1", "ORC-7.6", "OBR-27.6", "OBR-5")),
    Column("reason", "text", "LO", ("OBR-31.2", "OBR-31.1", "OBR-13", "DG1-4", "DG1-3.2")),
    Column("reason_code", "code", "", ("OBR-31.1", "DG1-3.1")),
    Column("requesting", "xcn", "PN", ("OBR-16", "ORC-12")),
    Column("requesting_service", "text", "LO", ("PV1-10", "PV1-3.1", "ORC-17.2")),
    Column("referring", "xcn", "PN", ("PV1-8", "ORC-12", "OBR-16")),
    Column("confid_code", "text", "LO", ("ORC-28.1",)),
    Column("recipients", "names", "PN", ("OBR-28",)),
    Column("entered_by", "xcn", "PN", ("ORC-10",)),
    Column("callback", "text", "SH", ("ORC-14", "OBR-17")),
    Column("issue", "time", "", ("ORC-9", "MSH-7")),
    Column("institution", "text", "LO", ("ORC-17.2", "ORC-21.1", "MSH-4")),
    Column("institution_code", "code", "", ("ORC-17.1",)),
    Column("inst_address", "text", "ST", ("ORC-22.1",)),
    Column("department", "text", "LO", ("ORC-13.9",)),
    Column("transport", "text", "LO", ("OBR-30",)),
    Column("patient_state", "text", "LO", ("OBR-12.2", "OBR-12.1")),
    Column("medical_alerts", "list", "LO", ("OBR-13",)),
)
"""Columns of an order and its requested procedure."""

STEP_COLUMNS: tuple[Column, ...] = (
    Column("sps_id", "id", "SH", ("IPC-4.1", "OBR-20")),
    Column("start", "start", "", ("TQ1-7", "ORC-7.4", "OBR-27.4", "OBR-36", "OBR-6", "ORC-15")),
    Column("modality", "modality", "CS", ("IPC-5.1", "OBR-24", "ORC-18.2")),
    Column("station_aet", "aet", "AE", ("IPC-9", "ORC-18.1")),
    Column("station_name", "list", "SH", ("IPC-7", "ORC-18.1")),
    Column("sps_location", "text", "SH", ("IPC-8.1",)),
    Column("performer", "cnn", "PN", ("OBR-34",)),
    Column("sps_desc", "text", "LO", ("IPC-6.2", "OBR-4.5", "OBR-4.2")),
    Column("protocol", "code", "", ("IPC-6.1", "OBR-4.4", "OBR-4.1")),
    Column("premedication", "text", "LO", ()),
    Column("contrast", "text", "LO", ()),
    Column("sps_comments", "text", "LT", ()),
)
"""Columns of a scheduled procedure step."""

COLUMN_NAMES = frozenset(column.name for column in (*ORDER_COLUMNS, *STEP_COLUMNS))
"""Columns whose sources a profile may set."""

SEGMENTS = frozenset(
    {"MSH", "PID", "PD1", "PV1", "PV2", "ORC", "OBR", "TQ1", "ZDS", "IPC", "DG1", "NTE", "OBX"}
)
"""Segments of an order that a source may name; any Z segment as well."""

_SOURCE = re.compile(r"([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?")


def parse_source(text: str) -> FieldSource:
    """Return a source written as ``OBR-4.5``.

    Raises:
        UsageError: It is no field of an order.
    """
    found = _SOURCE.fullmatch(text.strip())
    if found is None or not (found[1] in SEGMENTS or found[1].startswith("Z")):
        raise UsageError(f"“{text}” is not a field of an order, such as OBR-18 or OBR-4.5.")
    return FieldSource(
        found[1], int(found[2]), int(found[3] or 1), int(found[4] or 1), text.strip()
    )


Compiled = tuple[tuple[Column, tuple[FieldSource, ...]], ...]
"""Columns with their sources, ready for use."""


def compile_columns(
    columns: tuple[Column, ...], changed: Mapping[str, tuple[str, ...]]
) -> Compiled:
    """Return the columns with the sources that a profile gives them, else their own.

    Raises:
        UsageError: A source is no field of an order.
    """
    return tuple(
        (column, tuple(map(parse_source, changed.get(column.name, column.sources))))
        for column in columns
    )
