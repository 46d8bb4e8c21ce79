"""The text of reports and documents: observations, taken together and corrected line by line.

Embedded documents are not kept in rows: a row names the field that holds them.

References:
    HL7 v2.5.1 chapter 7, OBX; tables 0078, 0085 and 0125.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hl7console.hl7v2.escapes import unescape
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.reading import NULL, Seg
from hl7console.worklist.rows import Row
from hl7console.worklist.turn import Turn

CRITICAL = frozenset({"HH", "LL", "AA", "<", ">"})
"""Abnormal flags that somebody must be told of at once."""

_NO_VALUE = frozenset({"X", "N", "O", "I", "U"})
_AS_BEFORE = "U"
"""The status became final, and the value is the one that was told before."""
_GONE = frozenset({"D", "W"})
_DOCUMENT_TYPES = frozenset({"ED", "RP"})
_UID_NAMES = ("study instance uid", "dicom study")
MOST_CHARACTERS = 200_000
"""Longest text kept on a row; the message has all of it."""


def study_uid(segs: Iterable[Seg]) -> str:
    """Return the study UID that observations name; "" for none."""
    for obx in segs:
        if obx.get(3) == "113014" or obx.get(3, 2).lower() in _UID_NAMES:
            return obx.get(5, 2) or obx.get(5)
    return ""


def _is_text(obx: Seg) -> bool:
    return obx.get(2) not in _DOCUMENT_TYPES and obx.get(2) != "HD"


def value_of(context: Context, obx: Seg) -> str:
    """Return what an observation says, as text: repetitions as lines, formatting followed."""
    view = context.view
    kind = obx.get(2)
    lines = []
    for written in obx.repetitions(5):
        if written == NULL:
            continue
        if kind in ("CE", "CWE", "CF", "CNE"):
            text = view.part(written, 2) or view.part(written, 1)
        elif kind in ("TX", "FT"):
            text = unescape(written, view.delimiters, view.codec, formatted=True)
        else:
            mark = view.delimiters.component
            parts = [view.clean(part) for part in (written.split(mark) if mark else [written])]
            text = " ".join(part for part in parts if part)
        lines.append(text)
    text = "\n".join(lines)
    unit = obx.get(6, 2) or obx.get(6)
    return f"{text} {unit}" if unit and text and kind in ("NM", "SN") else text


def take(
    turn: Turn, row: Row, context: Context, segs: Sequence[Seg], *, is_correction: bool
) -> None:
    """Bring a row's observations and text up to date.

    A correction, and a message that deletes, changes what it names and leaves the rest; any other
    message tells the whole anew.
    """
    if not segs:
        return
    told = _told(context, segs)
    codes = {obx.get(11).upper() for obx in segs}
    known = [v for v in row.list("values") if isinstance(v, list)]
    if is_correction or codes & {"C", "D", "W"}:
        gone = {_key(obx) for obx in segs if obx.get(11).upper() in _GONE}
        values = _put_in_place(known, told, gone)
    else:
        as_before = {_key(obx) for obx in segs if obx.get(11).upper() == _AS_BEFORE}
        values = [*[v for v in known if (v[0], v[1]) in as_before], *told]
    path = segs[0].path(5)
    turn.set(row, "values", values, path)
    turn.set(row, "text", _text(values)[:MOST_CHARACTERS], path)
    documents = [
        [turn.entry.number, obx.path(5), obx.get(2), *_type_of(obx)]
        for obx in segs
        if obx.get(2) in _DOCUMENT_TYPES and obx.raw(5) and obx.get(11).upper() not in _GONE
    ]
    if documents:
        turn.set(row, "attachments", documents, path)


def _put_in_place(
    known: Sequence[list[object]], told: Sequence[list[object]], gone: set[tuple[str, str]]
) -> list[list[object]]:
    """Return values with those that were told in the place of what they correct; new ones last."""
    left = list(told)
    values: list[list[object]] = []
    for value in known:
        key = (value[0], value[1])
        values += [new for new in left if (new[0], new[1]) == key]
        left = [new for new in left if (new[0], new[1]) != key]
        if key not in gone and not any((new[0], new[1]) == key for new in told):
            values.append(value)
    return [*values, *left]


def _type_of(obx: Seg) -> tuple[str, str]:
    """Return type and subtype of a document: ED-2 and 3, RP-3 and 4."""
    first = 2 if obx.get(2) == "ED" else 3
    return obx.get(5, first), obx.get(5, first + 1)


def _key(obx: Seg) -> tuple[str, str]:
    return obx.get(3), obx.get(4)


def _told(context: Context, segs: Sequence[Seg]) -> list[list[object]]:
    """Return code, sub-id, name and text of the observations that have a value."""
    found: list[list[object]] = []
    for obx in _in_order(segs):
        status = obx.get(11).upper()
        if status in _NO_VALUE or status in _GONE or not _is_text(obx) or not obx.raw(5):
            continue
        code, sub = _key(obx)
        found.append([code, sub, obx.get(3, 2) or code, value_of(context, obx)])
    return found


def _in_order(segs: Sequence[Seg]) -> Sequence[Seg]:
    """Return observations by their number (OBX-1), if each has one of its own; else as they are."""
    numbers = [obx.get(1) for obx in segs]
    if all(number.isdecimal() for number in numbers) and len(set(numbers)) == len(numbers):
        return sorted(segs, key=lambda obx: int(obx.get(1)))
    return segs


def _text(values: Sequence[list[object]]) -> str:
    """Return the values as a text; those of one code stand together, under its name."""
    by_code: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for code, _sub, name, text in values:
        by_code.setdefault(str(code), []).append(str(text))
        names[str(code)] = str(name)
    if len(by_code) == 1:
        return "\n".join(next(iter(by_code.values())))
    return "\n\n".join(f"{names[code]}\n" + "\n".join(lines) for code, lines in by_code.items())


def critical_path(context: Context, segs: Iterable[Seg], notes: Iterable[Seg]) -> str:
    """Return the field that says that a result is critical; "" where none does."""
    options = context.options
    flags = CRITICAL | {flag.upper() for flag in options.critical_flags}
    codes = set(options.critical_codes)
    phrases = [phrase.casefold() for phrase in options.critical_phrases]
    for obx in segs:
        if obx.get(11).upper() in _GONE:
            continue
        view = context.view
        if any(view.clean(flag).upper() in flags for flag in obx.repetitions(8)):
            return obx.path(8)
        if obx.get(3) in codes:
            return obx.path(3)
        if phrases and _has_phrase(value_of(context, obx), phrases):
            return obx.path(5)
    for note in notes:
        if phrases and _has_phrase(note.get(3), phrases):
            return note.path(3)
    return ""


def _has_phrase(text: str, phrases: Iterable[str]) -> bool:
    folded = text.casefold()
    return any(phrase in folded for phrase in phrases)
