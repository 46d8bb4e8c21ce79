"""How each kind of value is read from its field.

Each function gets the field as it is written, puts the column, and says whether it found a value;
else the next field is tried.
"""

# ruff: noqa: ARG001 - all conversions have one shape

from __future__ import annotations

from collections.abc import Callable

from hl7console.settings import is_ae_title
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping import authorities, codes, names, studies
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.texts import fitted, one_line, several_lines
from hl7console.worklist.mapping.times import moment_of, start_of
from hl7console.worklist.profiles.columns import COLUMNS
from hl7console.worklist.profiles.sources import FieldSource
from hl7console.worklist.reading import Seg
from hl7console.worklist.rows import Value

Convert = Callable[[Context, Mapped, str, Seg, FieldSource, str], bool]

CLEARS: dict[str, tuple[str, ...]] = {
    "start_dt": ("start_date", "start_time"),
    "admit_dt": ("admit_date", "admit_time"),
    "issue_dt": ("issue_date", "issue_time"),
}
"""Columns of the rows for those that a profile names as one."""


def path_of(seg: Seg, source: FieldSource) -> str:
    """Return the path of a source for provenance."""
    if seg.number == 1:
        return source.path
    return source.path.replace(seg.id, f"{seg.id}[{seg.number}]", 1)


def first_repetition(context: Context, raw: str) -> str:
    """Return what stands before the first repetition mark."""
    mark = context.view.delimiters.repetition
    return raw[: raw.index(mark)] if mark and mark in raw else raw


def _value(context: Context, source: FieldSource, raw: str) -> str:
    raw = first_repetition(context, raw)
    return context.view.part(raw, source.component or 1, source.subcomponent or 1).strip()


def _put(out: Mapped, column: str, seg: Seg, source: FieldSource, value: Value) -> bool:
    """Put a value, if there is one, with the field it came from."""
    if not value:
        return False
    out.put(column, value, path_of(seg, source), source.rule)
    return True


def _put_fitted(out: Mapped, column: str, seg: Seg, source: FieldSource, text: str) -> bool:
    """Put a text, if there is one, cut to what its column takes."""
    return bool(text) and _put(
        out, column, seg, source, fitted(out, column, text, COLUMNS[column].vr)
    )


def _text(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    return _put_fitted(out, column, seg, source, one_line(_value(context, source, raw)))


def _long(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    return _put_fitted(out, column, seg, source, several_lines(_value(context, source, raw)))


def _texts(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    values = []
    for written in seg.repetitions(source.field):
        value = one_line(context.view.part(written, source.component or 1))
        if value:
            values.append(fitted(out, column, value, COLUMNS[column].vr))
    return _put(out, column, seg, source, values)


def _number(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    return _put(out, column, seg, source, _value(context, source, raw))


def _uid(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    value = _value(context, source, raw)
    if not value:
        return False
    if not studies.is_uid(value):
        out.flag("study_uid_invalid")
        return False
    return _put(out, column, seg, source, value)


def _hd(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    parts = context.view.components(first_repetition(context, raw))
    start = (source.component or 1) - 1
    authority = authorities.of_ei(context, parts, start)
    if authority.is_defaulted:
        return False
    value = [authority.namespace, authority.universal_id, authority.universal_type]
    return _put(out, column, seg, source, value)


def _code(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    parts = context.view.components(first_repetition(context, raw))
    start = (source.component or 1) - 1
    item = codes.triplet(context, parts, start)
    if item is None:
        return False
    return _put(out, column, seg, source, codes.fit_item(item, out))


def _xpn(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    name = names.pn_of_xpn(context, seg.repetitions(source.field), out.flags)
    return _put(out, column, seg, source, name)


def _xcn(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    return any(
        _put(out, column, seg, source, names.pn_of_xcn(context, written, out.flags))
        for written in seg.repetitions(source.field)
    )


def _xcns(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    found = [names.pn_of_xcn(context, r, out.flags) for r in seg.repetitions(source.field)]
    return _put(out, column, seg, source, [name for name in found if name])


def _cnn(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    name = names.pn_of_cnn(context, first_repetition(context, raw), out.flags)
    return _put(out, column, seg, source, name)


def _when(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    moment = moment_of(_value(context, source, raw), context.profile)
    if moment is None:
        out.flag("date_invalid")
        return False
    if not moment.date:
        return False
    for flag in moment.flags:
        out.flag(flag)
    date, time = CLEARS[column]
    path, rule = path_of(seg, source), "message_time" if seg.id == "MSH" else source.rule
    out.put(date, moment.date, path, rule)
    if moment.time:
        out.put(time, moment.time, path, rule)
    return True


def _start(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    written = _value(context, source, raw)
    if not written:
        return False
    date, time, flags = start_of(written, context.profile)
    for flag in flags:
        out.flag(flag)
    if not date:
        return False
    path = path_of(seg, source)
    rule = "time_unknown" if "time_unknown" in flags else source.rule
    out.put("start_date", date, path, source.rule)
    out.put("start_time", time, path, rule)
    if not (written.startswith(date) and written[8:].startswith(time)):
        out.put("start_text", written, path, source.rule)
    return True


def _birth(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    written = _value(context, source, raw)
    path = path_of(seg, source)
    moment = moment_of(written[:8], context.profile) or moment_of(written, context.profile)
    if not written:
        return False
    out.put("birth_date_text", written, path)
    if moment is not None and moment.date:
        if "date_format" in moment.flags:
            out.flag("date_format")
        out.put(column, moment.date, path, source.rule)
        return True
    out.flag("birth_date_partial" if moment is not None else "birth_date_invalid")
    out.put(column, "", path, "birth_date_partial" if moment is not None else "date_invalid")
    return True


def _sex(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    written = _value(context, source, raw)
    if not written:
        return False
    known = codes.translated(context, "sex", written)
    path = path_of(seg, source)
    rule = "" if known == written else "code_translated"
    out.put(column, known or "", path, rule)
    if not known:
        out.put("sex_text", written[:64], path)
    return True


def _priority(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    written = _value(context, source, raw)
    if not written:
        return False
    known = codes.translated(context, "priority", written)
    if known is None:
        out.flag("priority_unknown")
    out.put(column, known or "", path_of(seg, source), source.rule)
    return True


def _modality(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    written = _value(context, source, raw)
    if not written:
        return False
    if source.segment == "ORC" and not codes.is_modality(context, written):
        return False  # ORC-18 is anything that a site likes to write
    modality, rule = codes.modality_of(context, written, out)
    if not modality:
        return False
    out.put(column, modality, path_of(seg, source), rule or source.rule)
    return True


def _titles(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    found = []
    for written in seg.repetitions(source.field):
        title = context.view.part(written, source.component or 1).strip()
        if is_ae_title(title):
            found.append(title)
        elif title and source.segment != "ORC":
            out.flag("station_invalid")
    return _put(out, column, seg, source, list(dict.fromkeys(found)))


def _address(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    view = context.view
    parts = view.components(first_repetition(context, raw))[:6]
    value = ", ".join([text for part in parts if (text := one_line(view.part(part)))])
    return _put_fitted(out, column, seg, source, value)


def _place(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    view = context.view
    parts = view.components(first_repetition(context, raw))[:3]
    value = "-".join([text for part in parts if (text := one_line(view.part(part)))])
    return _put_fitted(out, column, seg, source, value)


def _needs(
    context: Context, out: Mapped, column: str, seg: Seg, source: FieldSource, raw: str
) -> bool:
    """Put pregnancy (B6) and what other ambulatory states say."""
    path = path_of(seg, source)
    needs = []
    for written in seg.repetitions(source.field):
        value = one_line(context.view.part(written, source.component or 1))
        if value.upper() == "B6":
            out.put("pregnancy", 3, path, "code_translated")
        elif value:
            needs.append(value)
    if needs:
        out.put(column, fitted(out, column, ", ".join(needs), "LO"), path, source.rule)
    return bool(needs)


CONVERT: dict[str, Convert] = {
    "text": _text, "long": _long, "texts": _texts, "names": _texts, "number": _number,
    "uid": _uid, "hd": _hd, "code": _code, "xpn": _xpn, "xcn": _xcn, "xcns": _xcns, "cnn": _cnn,
    "when": _when, "start": _start, "birth": _birth, "sex": _sex, "priority": _priority,
    "modality": _modality, "titles": _titles, "address": _address, "place": _place,
    "needs": _needs,
}  # fmt: skip
"""By kind of value (`columns`)."""
