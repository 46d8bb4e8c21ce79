"""Coded values: the triplet of a CE or CWE as a DICOM code item.

References:
    HL7 v2.5.1 section 2.A.13 (CWE); DICOM PS3.3 section 8 (code sequences).
"""

from __future__ import annotations

import re

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.texts import one_line

_TERMS = """
ANN AR ASMT AU BDUS BI BMD CFM CR CT CTPROTOCOL DG DMS DOC DX ECG EEG EMG EOG EPS ES FID GM
HC HD IO IOL IVOCT IVUS KER KO LEN LS M3D MG MR NM OAM OCT OP OPM OPT OPTBSV OPTENF OPV OSS
OT PA PLAN POS PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD
RTSEGANN RTSTRUCT RWV SEG SM SMR SR SRF STAIN TEXTUREMAP TG US VA XA XAPROTOCOL XC
DR DF DS CD AS CP CS DD DM EC FA FS LP MA MS OPR ST TH VF VI
"""

_HL7_TABLE = re.compile(r"HL7\d{4}", re.ASCII | re.IGNORECASE)
"""A table of HL7 itself (``HL70296``): no local system."""

MODALITIES = frozenset(_TERMS.split())
"""Defined terms of (0008,0060), the retired ones that scanners still send among them."""


def triplet(context: Context, parts: list[str], start: int) -> list[str] | None:
    """Return code, meaning and scheme from a component on (from 0); None unless all are there."""
    if len(parts) < start + 3:
        return None
    clean = context.view.clean
    code, scheme = clean(parts[start]).strip(), clean(parts[start + 2]).strip()
    meaning = one_line(clean(parts[start + 1]))
    if not code or not meaning or not scheme:
        return None
    return [code, meaning, scheme_of(context, scheme)]


def scheme_of(context: Context, system: str) -> str:
    """Return the designator of a coding system: the profile's, else a local one (``99...``)."""
    known = context.profile.codes.get("scheme", {}).get(system.upper())
    if known:
        return known
    if system.startswith("99"):
        return system[:16]
    if _HL7_TABLE.fullmatch(system):
        return system.upper()
    return f"99{system}"[:16]


def fit_item(item: list[str], out: Mapped, path: str = "") -> list[str]:
    """Return a code item with its meaning within 64 characters; what is odd is flagged."""
    if len(item[0]) > 16:
        out.flag("code_long", path)
    if len(item[1]) > 64:
        out.flag("text_cut", path)
        item[1] = item[1][:64].rstrip()
    return item


def translated(context: Context, table: str, code: str) -> str | None:
    """Return what a profile's table makes of a code; None where it does not know it."""
    return context.profile.codes.get(table, {}).get(code.upper())


def is_modality(context: Context, code: str) -> bool:
    """Return whether a code is a modality that DICOM defines, or one that the profile knows."""
    upper = code.strip().upper()
    return upper in MODALITIES or bool(context.profile.codes.get("modality", {}).get(upper))


def modality_of(context: Context, code: str, out: Mapped) -> tuple[str, str]:
    """Return the modality that a code tells, and the rule; "" where it tells none."""
    upper = code.strip().upper()
    known = context.profile.codes.get("modality", {}).get(upper)
    if known is not None:
        return known, "code_translated"
    if upper in MODALITIES:
        return upper, ""
    is_term = len(upper) <= 16 and upper.replace("_", "").replace(" ", "").isalnum()
    out.flag("modality_unknown")
    if not is_term or not upper.isascii() or context.options.reject_unknown_modalities:
        return "", ""
    return upper, ""
