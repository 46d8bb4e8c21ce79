"""What images or an archive say of an order, held against the order.

Works on plain values: a data set as `matching.Item`, and a line of the worklist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.worklist.answer_attributes import STEP, TOP
from hl7console.worklist.lines import Line
from hl7console.worklist.matching import Item
from hl7console.worklist.matching_values import fold
from hl7console.worklist.rows import Source


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute that the images and the order do not agree on."""

    keyword: str
    column: str
    in_images: str = field(repr=False)
    in_order: str = field(repr=False)
    source: Source | None = None
    """The message and field that the order's value came from; None where it has none."""

    @property
    def text(self) -> str:
        """Both values and where the order's came from; holds patient data."""
        where = ""
        if self.source is not None and self.source.entry > 0:
            where = f" (message {self.source.entry}, {self.source.path or self.source.rule})"
        return f"images: {self.in_images or 'nothing'}; order: {self.in_order or 'nothing'}{where}"


COMPARED: tuple[tuple[str, str], ...] = (
    ("AccessionNumber", "accession"),
    ("PatientID", "patient_id"),
    ("IssuerOfPatientID", "issuer"),
    ("PatientName", "patient_name"),
    ("PatientBirthDate", "birth_date"),
    ("PatientSex", "sex"),
    ("StudyInstanceUID", "study_uid"),
    ("Modality", "modality"),
)
"""Attributes that are compared as they are; the procedure is compared apart."""

OPTIONAL = frozenset({"IssuerOfPatientID", "Modality"})
"""Not a difference where the images, or the archive, do not say it."""


def compare(line: Line, images: Item) -> list[Difference]:
    """Return what differs between an order and the header of an image, or a study of an archive.

    Args:
        line: The order's line.
        images: The header, or the archive's answer.
    """
    made = []
    for keyword, column in COMPARED:
        have, want = _said(images, keyword, column), str(line.values.get(column, ""))
        if keyword == "Modality" and _is_among(images, want):
            continue
        if (not have and keyword in OPTIONAL) or _same(keyword, have, want):
            continue
        made.append(Difference(keyword, column, have, want, line.sources.get(column)))
    procedure = _procedure(line, images)
    return [*made, procedure] if procedure is not None else made


def _said(images: Item, keyword: str, _column: str) -> str:
    value = images.get(keyword, ())
    if not value and keyword == "Modality":
        value = images.get("ModalitiesInStudy", ())
    texts = [part for part in value if isinstance(part, str)]
    return "\\".join(texts).strip()


def _is_among(images: Item, modality: str) -> bool:
    """Return whether a modality is one of a study's; images beside it (SR, PR) do no harm."""
    return modality in images.get("ModalitiesInStudy", ())


def _same(keyword: str, have: str, want: str) -> bool:
    vr = (TOP.get(keyword) or STEP[keyword]).vr
    if vr != "PN":
        return have == want.strip()
    groups = [_name(group) for group in have.split("=")]
    wanted = [_name(group) for group in want.split("=")]
    return bool(set(filter(None, groups)) & set(filter(None, wanted))) or not (have or want)


def _name(group: str) -> str:
    return fold(group).rstrip("^ ").replace(" ^", "^")


def _procedure(line: Line, images: Item) -> Difference | None:
    """Compare codes where both have one, else descriptions."""
    codes = [c for k in ("RequestedProcedureCodeSequence", "ProcedureCodeSequence")
             for c in _codes(images.get(k, ()))]  # fmt: skip
    wanted = line.values.get("rp_code", "")
    want_code = str(wanted[0]) if not isinstance(wanted, str | int) and wanted else ""
    if codes and want_code:
        if want_code in codes:
            return None
        return _differs(line, "RequestedProcedureCodeSequence", "rp_code", codes[0], want_code)
    for keyword in ("RequestedProcedureDescription", "StudyDescription"):
        have, want = _said(images, keyword, ""), str(line.values.get("rp_desc", ""))
        if have and want:
            if fold(have).split() == fold(want).split():
                return None
            return _differs(line, keyword, "rp_desc", have, want)
    return None


def _differs(line: Line, keyword: str, column: str, have: str, want: str) -> Difference:
    return Difference(keyword, column, have, want, line.sources.get(column))


def _codes(items: Sequence[object]) -> list[str]:
    found = []
    for item in items:
        if isinstance(item, dict):
            value = item.get("CodeValue") or item.get("LongCodeValue") or ()
            found += [str(code) for code in value]
    return found
