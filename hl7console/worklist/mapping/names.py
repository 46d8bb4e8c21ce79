"""Names of persons as DICOM has them (PN).

HL7 has family, given, middle, suffix, prefix; DICOM has family, given, middle, prefix, suffix.

References:
    HL7 v2.5.1 chapter 2.A, XPN, XCN and CNN; DICOM PS3.5 section 6.2.1 (PN).
"""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.worklist.reading import Seg, View

GROUP_CHARACTERS = 64
"""Most characters of one component group."""

_CLEAN = str.maketrans({"\\": " ", "=": " ", "^": " ", "\r": " ", "\n": " ", "\t": " "})
_PREFERRED = {"L": 0, "": 1, "U": 1, "D": 2, "B": 3, "M": 4}
_GROUPS = {"": 0, "A": 0, "I": 1, "P": 2}


def pn_of_xpn(seg: Seg, field: int, *, split_comma: bool = False) -> tuple[str, tuple[str, ...]]:
    """Return the PN of a field of XPN, and flags.

    The legal repetition comes first, then D, B, M; A and N never. Repetitions of the same type in
    ideographic and phonetic writing become the second and third group.
    """
    view = seg.view
    repetitions = seg.repetitions(field)
    if len(repetitions) == 1:
        return _single(view, repetitions[0], split_comma=split_comma)
    best: dict[int, list[str]] = {}
    for written in repetitions:
        kind = view.part(written, 7)
        place = _PREFERRED.get(kind, 5)
        if kind in ("A", "N", "S"):
            continue
        groups = best.setdefault(place, ["", "", ""])
        group = _GROUPS.get(view.part(written, 8), 0)
        if not groups[group]:
            groups[group] = _xpn_group(view, written, split_comma=split_comma)
    for place in sorted(best):
        if any(best[place]):
            return _joined(best[place])
    return "", ()


def _single(view: View, written: str, *, split_comma: bool) -> tuple[str, tuple[str, ...]]:
    group = _GROUPS.get(view.part(written, 8), 0)
    groups = ["", "", ""]
    groups[group] = _xpn_group(view, written, split_comma=split_comma)
    return _joined(groups)


def _xpn_group(view: View, written: str, *, split_comma: bool) -> str:
    parts = view.components(written)
    family = view.part(parts[0])
    if len(parts) == 1 and split_comma and "," in family:
        family, _, given = family.partition(",")
        return _group([family, given.strip(), "", "", ""])
    get = [view.part(part) for part in parts[1:6]]
    get += [""] * (5 - len(get))
    given, middle, suffix, prefix, degree = get
    return _group([family, given, middle, prefix, f"{suffix} {degree}"])


def pn_of_xcn(view: View, written: str) -> str:
    """Return the PN of one XCN or CN: like XPN, one further right."""
    parts = view.components(written)
    if len(parts) < 2:
        return ""
    values = [view.part(part) for part in parts[1:7]]
    values += [""] * (6 - len(values))
    family, given, middle, suffix, prefix, degree = values
    return _joined([_group([family, given, middle, prefix, f"{suffix} {degree}"]), "", ""])[0]


def pn_of_cnn(view: View, written: str) -> str:
    """Return the PN of the CNN in the first component of an NDL (OBR-32, OBR-34)."""
    first = view.components(written)[0]
    mark = view.delimiters.subcomponent
    parts = [view.clean(part) for part in first.split(mark)] if mark else [view.clean(first)]
    if len(parts) < 2:
        return ""
    parts += [""] * (7 - len(parts))
    _, family, given, middle, suffix, prefix, degree = parts[:7]
    return _joined([_group([family, given, middle, prefix, f"{suffix} {degree}"]), "", ""])[0]


def _group(parts: Sequence[str]) -> str:
    """Return a component group: cleaned, blanks collapsed, without trailing marks."""
    cleaned = [
        part if part.isalnum() else " ".join(part.translate(_CLEAN).split()) for part in parts
    ]
    return "^".join(cleaned).rstrip("^")


def _joined(groups: list[str]) -> tuple[str, tuple[str, ...]]:
    flags: tuple[str, ...] = ()
    if max(map(len, groups)) > GROUP_CHARACTERS:
        groups = [_shortened(group) for group in groups]
        flags = ("name_shortened",)
    return "=".join(groups).rstrip("="), flags


def _shortened(group: str) -> str:
    """Return a group of at most 64 characters: the middle name is cut first, then suffix."""
    if len(group) <= GROUP_CHARACTERS:
        return group
    parts = [*group.split("^"), "", "", "", "", ""][:5]
    for place in (2, 4, 3):
        over = len("^".join(parts).rstrip("^")) - GROUP_CHARACTERS
        if over <= 0:
            break
        parts[place] = parts[place][: max(0, len(parts[place]) - over)].rstrip()
    return "^".join(parts).rstrip("^")[:GROUP_CHARACTERS].rstrip("^ ")
