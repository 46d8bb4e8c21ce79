"""The message types, trigger events and versions that HL7 v2 defines, for quick look-ups.

These are the few code sets that the hot path needs; all others are in the dictionary. The sets
are the union over the versions 2.1 to 2.9, so that a name is only unknown when no version has it.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TYPE_NAMES = """
    ACK ADR ADT ARD BAR BPS BRP BRT BTS CCF CCI CCM CCQ CCR CCU CQU CRM CSU DBC DEL DEO DER DFT
    DOC DPR DRC DRG DSR EAC EAN EAR EDR EHC EQQ ERP ERQ ESR ESU INR INU LSR LSU MCF MDM MFD MFK
    MFN MFQ MFR NMD NMQ NMR OMB OMD OMG OMI OML OMN OMP OMQ OMS OPL OPR OPU ORA ORB ORD ORF ORG
    ORI ORL ORM ORN ORP ORR ORS ORU ORX OSM OSQ OSR OSU OUL PEX PGL PIN PMU PPG PPP PPR PPT PPV
    PRR PTR QBP QCK QCN QRF QRV QRY QSB QSX QVR RAR RAS RCI RCL RDE RDO RDR RDS RDY REF RER RGR
    RGV ROR RPA RPI RPL RPR RQA RQC RQI RQP RQQ RRA RRD RRE RRG RRI RRO RSP RTB SCN SDN SDR SIU
    SLN SLR SMD SPQ SQM SQR SRM SRR SSR SSU STC STI SUR TBR TCR TCU UDM VQQ VTQ VXQ VXR VXU VXX
    """

MESSAGE_TYPES = frozenset(_TYPE_NAMES.split())
"""Message types (MSH-9.1) of any version.

References: HL7 chapter 2, table 0076, and the message structures of the versions.
"""

_EVENT_RANGES = """
    A01-A64 B01-B11 C01-C12 E01-E31 F01-F02 I01-I22 J01-J04 K11-K40 M01-M18 N01-N02 O01-O62
    P01-P12 PC1-PC9 Q01-Q34 R01-R45 S01-S37 T01-T12 U01-U14 V01-V04 W01-W02
"""

_EVENT_NAMES = "PCA PCB PCC PCD PCE PCF PCG PCH PCJ PCK PCL RAR RDR RER RGR ROR RRE"


def _expand(ranges: str) -> frozenset[str]:
    events = set(_EVENT_NAMES.split())
    for span in ranges.split():
        first, last = span.split("-")
        digits = len(first.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        letters = first[: len(first) - digits]
        numbers = range(int(first[-digits:]), int(last[-digits:]) + 1)
        events.update(f"{letters}{n:0{digits}}" for n in numbers)
    return frozenset(events)


_VERSION_NAMES = "2.1 2.2 2.3 2.3.1 2.4 2.5 2.5.1 2.6 2.7 2.7.1 2.8 2.8.1 2.8.2 2.9"

VERSIONS = tuple(_VERSION_NAMES.split())
"""The published versions. References: HL7 chapter 2, table 0104."""

EVENTS = _expand(_EVENT_RANGES)
"""Trigger events (MSH-9.2) of any version. References: HL7 chapter 2, table 0003."""


def is_known_type(message_type: str) -> bool:
    """Return whether a version has this message type, or it is a local one (``Z..``)."""
    name = message_type.upper()
    return name in MESSAGE_TYPES or (len(name) == 3 and name[0] == "Z" and name.isalnum())


def is_known_event(event: str) -> bool:
    """Return whether a version has this trigger event, or it is a local one (``Z..``)."""
    name = event.upper()
    return name in EVENTS or (len(name) == 3 and name[0] == "Z" and name.isalnum())


_VERSION = re.compile(r"2(?:\.([0-9])(?:\.[0-9]{1,2})?D?)?\Z")


@lru_cache(maxsize=256)
def version_minor(version: str) -> int | None:
    """Return the 5 of ``2.5.1``; None when it is no version of HL7 v2.

    References:
        HL7 chapter 2, table 0104.
    """
    found = _VERSION.match(version.strip())
    return int(found[1] or 0) if found else None


@lru_cache(maxsize=256)
def version_key(version: str) -> tuple[int, int] | None:
    """Return ``(minor, patch)`` for comparing versions; None when it is no version of HL7 v2."""
    minor = version_minor(version)
    if minor is None:
        return None
    parts = version.strip().rstrip("D").split(".")
    return minor, int(parts[2]) if len(parts) > 2 else 0
