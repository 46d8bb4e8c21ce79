"""Names of persons as DICOM writes them: family^given^middle^prefix^suffix, by groups.

References:
    HL7 v2.5.1 sections 2.A.88 (XPN), 2.A.86 (XCN), 2.A.9 (CNN); DICOM PS3.5 6.2.1.
"""

from __future__ import annotations

from hl7console.worklist.mapping.context import Context
from hl7console.worklist.reading import Seg, View

_TYPES = {"L": 0, "D": 1, "B": 2, "M": 3, "": 4, "U": 4}
_NEVER_FIRST = frozenset("ANS")
"""Alias, nickname and coded pseudo-name."""
_GROUPS = {"I": 1, "P": 2}
_MOST = 64


def clean_part(text: str) -> str:
    """Return a part of a name without what separates parts, groups and values in DICOM."""
    if text.isalnum():
        return text
    for mark in "\\=^":
        if mark in text:
            text = text.replace(mark, " ")
    if not text.isprintable():
        text = "".join([c if c.isprintable() else " " for c in text])
    return " ".join(text.split())


def _family(view: View, written: str) -> str:
    mark = view.delimiters.subcomponent
    return written.split(mark, 1)[0] if mark and mark in written else written


def _group(view: View, parts: list[str], start: int, flags: list[str]) -> str:
    """Return one group of a name: family, given, middle, suffix, prefix, degree from `start`."""
    found = []
    for index in range(start, start + 6):
        written = parts[index] if index < len(parts) else ""
        if index == start:
            written = _family(view, written)
        found.append(clean_part(view.clean(written)) if written else "")
    family, given, middle, suffix, prefix, degree = found
    if degree:
        suffix = f"{suffix} {degree}" if suffix else degree
    name = "^".join((family, given, middle, prefix, suffix)).rstrip("^")
    if len(name) > _MOST:
        name = _cut([family, given, middle, prefix, suffix])
        flags.append("name_cut")
    return name


def _cut(parts: list[str]) -> str:
    """Return a name within 64 characters: middle first, then suffix, prefix, given and family.

    A suffix or prefix is left out as a whole: half a title says nothing.
    """
    for index in (2, 4, 3, 1, 0):
        over = len("^".join(parts).rstrip("^")) - _MOST
        if over <= 0:
            break
        kept = 0 if index > 2 else max(0, len(parts[index]) - over)
        parts[index] = parts[index][:kept].rstrip()
    return "^".join(parts).rstrip("^")


def pn_of_xpn(context: Context, repetitions: list[str], flags: list[str]) -> str:
    """Return the name that counts among a field's repetitions; "" where there is none.

    Legal name before display, birth and maiden name; an alias or nickname only where there is no
    other, flagged ``alias_name``. Its ideographic and phonetic forms are joined to it.
    """
    view = context.view
    split = [view.components(written) for written in repetitions]
    if len(split) == 1:
        return _single(context, split[0], flags)
    best: tuple[int, int, str] | None = None
    for index, parts in enumerate(split):
        kind = view.clean(parts[6]).strip().upper() if len(parts) > 6 else ""
        if not any(part.strip('" ') for part in parts[:3]):
            continue
        order = 9 if kind[:1] in _NEVER_FIRST and kind else _TYPES.get(kind, 5)
        if best is None or order < best[0]:
            best = (order, index, kind)
    if best is None:
        return ""
    if best[0] == 9:
        flags.append("alias_name")
    return _joined(context, split, best[2], best[1], flags)


def _single(context: Context, parts: list[str], flags: list[str]) -> str:
    kind = parts[6].strip().upper() if len(parts) > 6 else ""
    if kind[:1] in _NEVER_FIRST and kind:
        flags.append("alias_name")
    name = _group(context.view, _comma(context, parts), 0, flags)
    code = parts[7].strip().upper() if len(parts) > 7 else ""
    return "=" * _GROUPS.get(code, 0) + name if name else ""


def _comma(context: Context, parts: list[str]) -> list[str]:
    if context.options.split_comma_names and "," in parts[0] and not any(parts[1:3]):
        family, _, given = parts[0].partition(",")
        return [family, given, *parts[2:]]
    return parts


def _joined(
    context: Context, split: list[list[str]], kind: str, first: int, flags: list[str]
) -> str:
    groups = ["", "", ""]
    view = context.view
    for parts in split[first:]:
        same = view.clean(parts[6]).strip().upper() if len(parts) > 6 else ""
        if same != kind:
            continue
        code = view.clean(parts[7]).strip().upper() if len(parts) > 7 else ""
        place = _GROUPS.get(code, 0)
        if not groups[place]:
            groups[place] = _group(view, _comma(context, parts), 0, flags)
    return "=".join(groups).rstrip("=")


def pn_of_xcn(context: Context, written: str, flags: list[str]) -> str:
    """Return the name of one XCN or CN: component 1 is the person's number."""
    parts = context.view.components(written)
    if len(parts) == 1:
        return ""
    return _group(context.view, parts, 1, flags)


def pn_of_cnn(context: Context, written: str, flags: list[str]) -> str:
    """Return the name of the CNN in the first component of an NDL."""
    view = context.view
    first = view.components(written)[0]
    mark = view.delimiters.subcomponent
    if not mark or mark not in first:
        return ""
    return _group(view, first.split(mark), 1, flags)


def unknown_name_flags(context: Context, pid: Seg) -> list[str]:
    """Return what says that the patient's identity is not known for sure."""
    flags = []
    if pid.raw(31)[:1] in ("Y", "y"):
        flags.append("identity_unknown")
    if "AL" in [context.view.part(written) for written in pid.repetitions(32)]:
        flags.append("identity_alias")
    return flags
