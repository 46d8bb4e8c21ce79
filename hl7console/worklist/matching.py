"""Which lines of the worklist a modality's query finds, and why it does not find one.

A query comes as plain values: keyword → tuple of texts, or a list of items for a sequence. It is
compiled once; each line is then held against it.

References:
    DICOM PS3.4 Annex K (K.2.2, K.4.1, Table K.6-1) and C.2.2.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hl7console.settings import AeRules
from hl7console.worklist.answer_attributes import (
    CHARSET,
    DICOM_STATES,
    STEP,
    STEP_SEQUENCE,
    TOP,
    WILDCARD_VRS,
    Attribute,
)
from hl7console.worklist.matching_values import (
    Span,
    Test,
    exact_test,
    has_wildcard,
    name_test,
    never,
    read_time,
    text_test,
)
from hl7console.worklist.rows import Value

Element = tuple[str, ...] | list["Item"]
"""A value of a data set: texts, or the items of a sequence."""
Item = dict[str, Element]
"""A data set in plain values, by keyword."""

Line = Mapping[str, Value]
"""The columns of one line (`lines`)."""

NEVER_MATCHED = frozenset({CHARSET, "TimezoneOffsetFromUTC", "QueryRetrieveLevel"})


class Reason(NamedTuple):
    """Why a line isn't answered: a code that `wording` knows, and what its sentence needs."""

    code: str
    args: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Prefilter:
    """What a store can sort out by its indexes; the lines it finds are matched all the same."""

    states: tuple[str, ...] = ()
    date_from: str = ""
    """``YYYYMMDD``, inclusive."""
    date_to: str = ""
    modalities: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    """AE titles; a step that is open to its modality counts as any of them."""
    patient_id: str = field(default="", repr=False)
    accession: str = field(default="", repr=False)
    study_uids: tuple[str, ...] = ()


class _Key(NamedTuple):
    keyword: str
    column: str
    test: Test
    asked: str


@dataclass(slots=True)
class Query:
    """A compiled query."""

    rules: AeRules
    caller: str
    """Calling AE title."""
    asked: Item = field(repr=False)
    """The attributes to return; the step's in the item of its sequence."""
    keys: list[_Key] = field(default_factory=list, repr=False)
    dates: Span | None = None
    times: Span | None = None
    stations: tuple[str, ...] = ()
    """AE titles that are asked for, aliases included; empty: any."""
    station_test: Test | None = None
    station_answer: str = ""
    """What an open step's station is answered as."""
    modalities: tuple[str, ...] = ()
    window: tuple[str, str] = ("", "")
    """First and last date that the rules of the AE put in place of a missing date key."""
    odd: list[Reason] = field(default_factory=list)
    """What is wrong with the query."""
    unsupported: tuple[str, ...] = ()
    """Attributes that were asked for and are not known here."""
    prefilter: Prefilter = Prefilter()

    def why_not(self, line: Line, missing: Sequence[str] = ()) -> Reason | None:
        """Return the first condition that keeps a line off this query's answer; None for none.

        Args:
            line: Its columns.
            missing: Columns without which it must not be served.
        """
        for check in (self._state, self._complete, self._station, self._open_to, self._when):
            reason = check(line, missing)
            if reason is not None:
                return reason
        for key in self.keys:
            if not _matches(line.get(key.column, ""), key.test):
                return Reason("key_differs", {"key": key.keyword, "asked": key.asked})
        return None

    def matches(self, line: Line, missing: Sequence[str] = ()) -> bool:
        """Return whether a line is answered."""
        return self.why_not(line, missing) is None

    def _state(self, line: Line, _missing: Sequence[str]) -> Reason | None:
        state = str(line.get("state", ""))
        if state in self.rules.shown_states and state in DICOM_STATES:
            return None
        return Reason("state_not_shown", {"state": state})

    def _complete(self, line: Line, missing: Sequence[str]) -> Reason | None:
        lacking = [c for c in missing if not (c == "station_aet" and line.get("open"))]
        if lacking:
            return Reason("step_incomplete", {"columns": ", ".join(lacking)})
        return None

    def _station(self, line: Line, _missing: Sequence[str]) -> Reason | None:
        titles = _texts(line.get("station_aet", ""))
        if not titles:
            if not line.get("open"):
                return Reason("step_incomplete", {"columns": "station_aet"})
            return None if self.rules.serve_open else Reason("open_not_served")
        if self.station_test is None or any(map(self.station_test, titles)):
            return None
        return Reason(
            "other_station", {"stations": ", ".join(titles), "asked": ", ".join(self.stations)}
        )

    def _open_to(self, line: Line, _missing: Sequence[str]) -> Reason | None:
        kinds = self.rules.modalities
        if _texts(line.get("station_aet", "")) or not kinds:
            return None
        modality = str(line.get("modality", ""))
        if modality in kinds:
            return None
        return Reason("open_to_other_modality", {"modality": modality, "kinds": ", ".join(kinds)})

    def _when(self, line: Line, _missing: Sequence[str]) -> Reason | None:
        date, time = str(line.get("start_date", "")), read_time(str(line.get("start_time", "")))
        first, last = self.window
        if (first and date < first) or (last and date > last):
            return Reason("outside_window", {"first": first, "last": last})
        is_known = "time_unknown" not in _texts(line.get("flags", ""))
        if _is_within(self.dates, self.times, date, time, is_time_known=is_known):
            return None
        return Reason("outside_dates", {"date": date})


def _is_within(
    dates: Span | None, times: Span | None, date: str, time: str, *, is_time_known: bool
) -> bool:
    if dates is not None and not dates.holds(date):
        return False
    if times is None:
        return True
    if not times.is_valid:
        return False
    if not is_time_known:
        return True
    if dates is None or not (dates.is_range and times.is_range):
        return times.holds(time)
    # A range of dates and one of times are one span, from the first moment to the last.
    if times.first and date == dates.first and time < times.first:
        return False
    return not (times.last and date == dates.last and time > times.last)


def _matches(value: Value, test: Test) -> bool:
    return any(test(text) for text in _texts(value))


def _texts(value: Value) -> list[str]:
    """Return a column's values; none for an empty one."""
    if isinstance(value, str | int):
        return [str(value)] if value not in ("", 0) else []
    return [str(part) for part in value if part != ""]


def compile_query(identifier: Item, rules: AeRules, *, caller: str = "", today: str = "") -> Query:
    """Return a query ready to be held against lines.

    Args:
        identifier: The C-FIND request's data set.
        rules: What is different for the AE that asks.
        caller: Calling AE title.
        today: ``YYYYMMDD``, for a window of days.
    """
    top, step = _levels(identifier, rules)
    query = Query(rules, caller, dict(top) | {STEP_SEQUENCE: [step]})
    if STEP_SEQUENCE not in identifier:
        del query.asked[STEP_SEQUENCE]
    _read_oddities(query, identifier, top, step)
    for keyword, value in top.items():
        _read_key(query, TOP.get(keyword), value)
    for keyword, value in step.items():
        if keyword not in _SPECIAL:
            _read_key(query, STEP.get(keyword), value)
    for keyword, read in _SPECIAL.items():
        read(query, _filled(step.get(keyword, ())))
    if query.dates is None and today:
        query.window = _window(rules, today)
    query.prefilter = _prefilter(query, top)
    return query


def _levels(identifier: Item, rules: AeRules) -> tuple[Item, Item]:
    """Return the keys outside and inside the step's sequence."""
    top = {k: v for k, v in identifier.items() if k != STEP_SEQUENCE and k not in NEVER_MATCHED}
    items = identifier.get(STEP_SEQUENCE, ())
    first = items[0] if items else {}
    step: Item = dict(first) if isinstance(first, dict) else {}
    if rules.step_keys_at_top and not step:
        for keyword in [k for k in top if k in STEP]:
            step[keyword] = top.pop(keyword)
    return top, step


def _read_oddities(query: Query, identifier: Item, top: Item, step: Item) -> None:
    items = identifier.get(STEP_SEQUENCE, ())
    if isinstance(items, list) and len(items) > 1:
        query.odd.append(Reason("query_several_items", {"count": str(len(items))}))
    known = [k in TOP for k in top] + [k in STEP for k in step]
    query.unsupported = tuple([k for k in top if k not in TOP] + [k for k in step if k not in STEP])
    if known and not any(known):
        query.odd.append(Reason("query_without_known_key"))


def _filled(value: Element) -> tuple[str, ...]:
    """Return a key's values; none when it is universal."""
    if isinstance(value, list):
        return ()
    kept = tuple([text for text in value if text.strip(" \0")])
    return () if any(text.strip(" ") == "*" for text in kept) else kept


def _read_key(query: Query, attribute: Attribute | None, value: Element) -> None:
    if attribute is None or not attribute.matches:
        return
    texts = _filled(value)
    if not texts:
        return
    test = _test_of(query, attribute, texts)
    if test is never:
        query.odd.append(Reason("query_key_nonsense", {"key": attribute.keyword}))
    query.keys.append(_Key(attribute.keyword, attribute.column, test, "\\".join(texts)))


def _test_of(query: Query, attribute: Attribute, texts: tuple[str, ...]) -> Test:
    rules, vr = query.rules, attribute.vr
    if vr == "PN":
        tests = [
            name_test(t, append_wildcard=rules.append_wildcard, fold_accents=rules.fold_accents)
            for t in texts
        ]
        return lambda value: any(test(value) for test in tests)
    if vr in ("DA", "TM"):
        span = Span(texts[0], is_time=vr == "TM", is_loose=rules.normalise_dates)
        return span.holds if span.is_valid else never
    if vr not in WILDCARD_VRS:
        return never if any(map(has_wildcard, texts)) else exact_test(texts)
    if attribute.column in ("accession", "patient_id") and _shortens(rules, attribute.column):
        return _shortened_test(rules, attribute.column, texts)
    return text_test(texts)


def _shortens(rules: AeRules, column: str) -> bool:
    most = rules.accession_length if column == "accession" else rules.patient_id_length
    return bool(most or rules.digits_only)


def shortened(rules: AeRules, column: str, value: str) -> str:
    """Return an accession number or patient id as an AE can take it."""
    most = rules.accession_length if column == "accession" else rules.patient_id_length
    if rules.digits_only:
        value = "".join([c for c in value if c in "0123456789"])
    return value[-most:] if most else value


def _shortened_test(rules: AeRules, column: str, texts: tuple[str, ...]) -> Test:
    plain = text_test(texts)
    return lambda value: plain(value) or plain(shortened(rules, column, value))


def _read_station(query: Query, texts: tuple[str, ...]) -> None:
    rules, caller = query.rules, query.caller
    wanted = tuple([text.strip(" ") for text in texts])
    exact = [text for text in wanted if not has_wildcard(text)]
    query.station_answer = exact[0] if len(exact) == 1 else caller
    if rules.station_filter == "caller" or (
        rules.station_filter == "caller_if_absent" and not wanted
    ):
        wanted = (caller,)
    own = {caller, *rules.aliases}
    if rules.aliases and own.intersection(wanted):
        wanted = tuple(dict.fromkeys((*wanted, caller, *rules.aliases)))
    query.stations = wanted
    if wanted:
        query.station_test = text_test(wanted, is_ae=True)


def _read_modality(query: Query, texts: tuple[str, ...]) -> None:
    wanted = [text.strip(" ") for text in texts]
    for group in query.rules.equivalents:
        same = [name.strip() for name in group.split("=")]
        if set(same).intersection(wanted):
            wanted += [name for name in same if name not in wanted]
    query.modalities = tuple(wanted)
    if wanted:
        query.keys.append(_Key("Modality", "modality", text_test(wanted), "\\".join(wanted)))


def _read_dates(query: Query, texts: tuple[str, ...]) -> None:
    if texts:
        query.dates = _span(query, texts[0], is_time=False)


def _read_times(query: Query, texts: tuple[str, ...]) -> None:
    if texts:
        query.times = _span(query, texts[0], is_time=True)


def _span(query: Query, text: str, *, is_time: bool) -> Span:
    span = Span(text, is_time=is_time, is_loose=query.rules.normalise_dates)
    if not span.is_valid:
        name = "ScheduledProcedureStepStart" + ("Time" if is_time else "Date")
        query.odd.append(Reason("query_key_nonsense", {"key": name}))
    return span


_SPECIAL: dict[str, Callable[[Query, tuple[str, ...]], None]] = {
    "ScheduledStationAETitle": _read_station,
    "Modality": _read_modality,
    "ScheduledProcedureStepStartDate": _read_dates,
    "ScheduledProcedureStepStartTime": _read_times,
}


def _window(rules: AeRules, today: str) -> tuple[str, str]:
    # Imported here: a calendar is only needed for this one option.
    from datetime import date, timedelta

    day = date(int(today[:4]), int(today[4:6]), int(today[6:8]))
    back, ahead = rules.window_back_days, rules.window_ahead_days
    return (
        "" if back < 0 else f"{day - timedelta(days=back):%Y%m%d}",
        "" if ahead < 0 else f"{day + timedelta(days=ahead):%Y%m%d}",
    )


def _prefilter(query: Query, top: Item) -> Prefilter:
    rules = query.rules
    first, last = query.window
    if query.dates is not None:
        first, last = query.dates.first, query.dates.last
    exact = not (_shortens(rules, "accession") or _shortens(rules, "patient_id"))
    return Prefilter(
        tuple([state for state in rules.shown_states if state in DICOM_STATES]),
        first,
        last,
        _exact(query.modalities),
        _exact(query.stations),
        _one(top, "PatientID") if exact else "",
        _one(top, "AccessionNumber") if exact else "",
        tuple(_filled(top.get("StudyInstanceUID", ()))),
    )


def _exact(texts: tuple[str, ...]) -> tuple[str, ...]:
    return () if any(map(has_wildcard, texts)) else texts


def _one(top: Item, keyword: str) -> str:
    texts = _exact(_filled(top.get(keyword, ())))
    return texts[0].rstrip(" ") if len(texts) == 1 else ""
