"""What a modality is answered for one line: the attributes it asked for, as it can take them.

Plain values only; `hl7console.dicom` makes data sets of them.

References:
    DICOM PS3.4 K.4.1.1.3 and K.4.1.3; Table K.6-1 (return key types); PS3.5 section 6.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from hl7console.settings import AeRules
from hl7console.worklist.answer_attributes import (
    DICOM_STATES,
    MOST_CHARACTERS,
    STEP,
    STEP_SEQUENCE,
    TOP,
    Attribute,
)
from hl7console.worklist.matching import Element, Item, Line, Query, shortened
from hl7console.worklist.rows import Value

LOCAL_SCHEME = "L"
"""Coding scheme of codes whose scheme nobody sent: "local", by PS3.16 section 8.2."""

LONGEST_CODE = 16
"""Characters that CodeValue takes; longer codes go to LongCodeValue."""


def answer(line: Line, query: Query) -> Item:
    """Return the answer for a line that matches a query: what was asked for, and no more."""
    made: Item = {}
    for keyword, value in query.asked.items():
        if keyword == STEP_SEQUENCE:
            made[keyword] = [_step(line, query, value)]
        else:
            _put(made, TOP.get(keyword), keyword, value, line, query)
    return made


def _step(line: Line, query: Query, value: Element) -> Item:
    item = value[0] if value and isinstance(value[0], dict) else {}
    made: Item = {}
    for keyword, asked in (item or dict.fromkeys(STEP, ())).items():
        _put(made, STEP.get(keyword), keyword, asked, line, query)
    return made


def _put(
    made: Item, attribute: Attribute | None, keyword: str, asked: Element, line: Line, query: Query
) -> None:
    rules = query.rules
    if attribute is None:
        if rules.fill_type2:
            made[keyword] = [] if isinstance(asked, list) else ()
        return
    column = attribute.column
    value: Value = line.get(column, "") if column else ""
    if attribute.vr == "SQ":
        items = _items(attribute, value, asked)
        is_wanted = attribute.type == "2" or rules.fill_type2
        if items or (is_wanted and not rules.omit_empty_sequences):
            made[keyword] = items
        return
    texts = _column(attribute, value, line, query)
    if texts or attribute.type != "3" or rules.fill_type2:
        made[keyword] = texts


def _column(attribute: Attribute, value: Value, line: Line, query: Query) -> tuple[str, ...]:
    """Return an attribute's values as this AE takes them."""
    rules, column = query.rules, attribute.column
    if column == "sps_status":
        state = str(line.get("state", ""))
        return (state,) if state in DICOM_STATES else ()
    texts = _stations(value, query) if column == "station_aet" else _texts(value)
    if column in ("accession", "patient_id"):
        texts = [shortened(rules, column, text) for text in texts]
    if attribute.vr == "PN":
        texts = [_name(text, rules) for text in texts]
    if attribute.vr in _BACKSLASH_SPLITS:
        texts = [text.replace("\\", "/") for text in texts]
    most = MOST_CHARACTERS.get(attribute.vr, 0) if rules.truncate else 0
    if most and attribute.vr != "PN":
        texts = [text[:most].rstrip(" ") for text in texts]
    elif most:
        texts = ["=".join([group[:most] for group in text.split("=")]) for text in texts]
    return tuple(texts[:1] if rules.first_value_only else texts)


_BACKSLASH_SPLITS = frozenset({"SH", "LO", "CS", "PN", "AE"})
"""Text in these must not hold a backslash: it would part two values."""


def _stations(value: Value, query: Query) -> list[str]:
    titles = _texts(value)
    if not titles:
        return [query.station_answer] if query.station_answer else []
    rules = query.rules
    if rules.answer_asked_aet and rules.aliases and query.station_answer not in titles:
        return [query.station_answer]
    return titles


def _name(text: str, rules: AeRules) -> str:
    groups = text.split("=")
    if not rules.pn_groups:
        # A name that is written in ideographs only is still its name.
        groups = [next((group for group in groups if group.strip("^ ")), "")]
    name = "=".join(groups).rstrip("=")
    return name.upper() if rules.uppercase_names else name


def _texts(value: Value) -> list[str]:
    if isinstance(value, str | int):
        return [str(value)] if value != "" else []
    return [str(part) for part in value if part != ""]


def _items(attribute: Attribute, value: Value, asked: Element) -> list[Item]:
    """Return the items of a sequence, with the sub-attributes that were asked for."""
    if isinstance(value, str | int) or not value:
        return []
    parts = attribute.parts
    rows = [value] if not isinstance(value[0], list | tuple) else list(value)
    made = []
    for row in rows:
        if not isinstance(row, list | tuple):
            continue
        item: Item = {k: (str(v),) for k, v in zip(parts, row, strict=False) if v not in ("", None)}
        if "CodeValue" in parts:
            item = _code(item)
        if "TypeOfPatientID" in parts and item:
            item["TypeOfPatientID"] = ("TEXT",)
        wanted = asked[0] if isinstance(asked, list) and asked else {}
        if wanted and isinstance(wanted, Mapping):
            item = {k: v for k, v in item.items() if k in wanted or k == "LongCodeValue"}
        if item:
            made.append(item)
    return made


def _code(item: Item) -> Item:
    """Return a code as its sequence wants it; nothing where there is no code."""
    value = item.get("CodeValue")
    if not value:
        return {}
    code = str(value[0])
    made: Item = {}
    if len(code) <= LONGEST_CODE:
        made["CodeValue"] = (code,)
    else:
        made["LongCodeValue"] = (code,)
    made["CodingSchemeDesignator"] = item.get("CodingSchemeDesignator") or (LOCAL_SCHEME,)
    made["CodeMeaning"] = item.get("CodeMeaning") or (code,)
    return made


def nearness(date: str, time: str, now: str) -> tuple[int, str, str]:
    """Return the sort key that puts steps nearest to now first, then by start.

    Args:
        date: ``YYYYMMDD``.
        time: ``HHMMSS``.
        now: ``YYYYMMDDHHMMSS``.
    """
    return abs(_minutes(date, time) - _minutes(now[:8], now[8:])), date, time


def _minutes(date: str, time: str) -> int:
    """Return minutes on a scale that grows with time; 0 for what is no date."""
    if len(date) != 8 or not date.isdigit():
        return 0
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:8])
    # Days by the calendar's rule, without making a date of each (a month 13 must not raise).
    months = year * 12 + month - 3
    year, month = divmod(months, 12)
    days = year * 365 + year // 4 - year // 100 + year // 400 + (month * 153 + 2) // 5 + day
    clock = int(time[:2] or 0) * 60 + int(time[2:4] or 0) if time[:4].isdigit() else 0
    return days * 1440 + clock
