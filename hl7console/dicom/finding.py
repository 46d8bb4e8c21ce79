"""Answers one worklist query, line by line, nearest to now first.

References:
    DICOM PS3.4 K.4.1 (C-FIND behaviour of the SCP), Table K.4-2 (status).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from hl7console.dicom.datasets import dataset_of
from hl7console.settings import AeRules
from hl7console.store.worklist.records import LineKeys
from hl7console.worklist.answers import answer, nearness
from hl7console.worklist.lines import Line
from hl7console.worklist.matching import NEVER_MATCHED, Item, Query, Reason, compile_query

if TYPE_CHECKING:
    from pydicom import Dataset

PENDING, PENDING_WARNING = 0xFF00, 0xFF01
SUCCESS, CANCELLED, OUT_OF_RESOURCES = 0x0000, 0xFE00, 0xA700
NOT_AN_IDENTIFIER, CANNOT_DECODE, CANNOT_PROCESS = 0xA900, 0xC310, 0xC001

CHUNK = 200
"""Lines that are read at once."""


class LineSource(Protocol):
    """Where lines come from: one connection of the asking thread."""

    def candidates(self, keys: LineKeys, limit: int = -1) -> list[int]:
        """Return the steps that these keys leave, by start."""

    def full_lines(self, step_ids: Sequence[int]) -> list[Line]:
        """Return their lines."""

    def close(self) -> None:
        """Give the connection up."""


@dataclass(slots=True)
class Found:
    """What came of a query so far."""

    answers: int = 0
    study_uids: dict[str, None] = field(default_factory=dict)
    status: int = SUCCESS
    odd: list[Reason] = field(default_factory=list)


def keys_of(query: Query, *, date_from: str = "", date_to: str = "") -> LineKeys:
    """Return what the store narrows down for a query, between two dates."""
    known = query.prefilter
    first = max(known.date_from, date_from)
    last = min(known.date_to or "9", date_to or "9")
    return LineKeys(
        date_from=first,
        date_to="" if last == "9" else last,
        modalities=known.modalities,
        stations=known.stations,
        accession=known.accession,
        patient_id=known.patient_id,
        study_uid=known.study_uids[0] if len(known.study_uids) == 1 else "",
        states=known.states,
    )


def nearest_first(source: LineSource, query: Query, now: str) -> Iterator[Line]:
    """Yield the lines that match, nearest to now first, then by start, then by accession.

    Args:
        source: Where they come from.
        query: What is asked.
        now: Local time, ``YYYYMMDDHHMMSS``.
    """
    today = now[:8]
    before = source.candidates(keys_of(query, date_to=_day_before(today)))
    before.reverse()
    this_day = _matching(
        source, source.candidates(keys_of(query, date_from=today, date_to=today)), query
    )
    streams = [
        _ranked(_matching(source, before, query), now),
        iter(sorted(((_rank(line, now), line) for line in this_day), key=_first)),
        _ranked(
            _matching(source, source.candidates(keys_of(query, date_from=today + "~")), query), now
        ),
    ]
    for _, line in heapq.merge(*streams, key=_first):
        yield line


_Rank = tuple[int, str, str, str]


def _first(ranked: tuple[_Rank, Line]) -> _Rank:
    return ranked[0]


def _rank(line: Line, now: str) -> _Rank:
    values = line.values
    near = nearness(str(values.get("start_date", "")), str(values.get("start_time", "")), now)
    return (*near, str(values.get("accession", "")))


def _ranked(lines: Iterator[Line], now: str) -> Iterator[tuple[_Rank, Line]]:
    """Put lines of one start in order; those of different starts stand in it already."""
    ranked = ((_rank(line, now), line) for line in lines)
    for _, same in groupby(ranked, key=lambda pair: pair[0][0]):
        yield from sorted(same, key=_first)


def _matching(source: LineSource, ids: Sequence[int], query: Query) -> Iterator[Line]:
    for start in range(0, len(ids), CHUNK):
        for line in source.full_lines(ids[start : start + CHUNK]):
            if query.matches(line.values, line.missing):
                yield line


def _day_before(today: str) -> str:
    """Return the greatest text below a date: every earlier date is at most this."""
    return f"{int(today) - 1:08d}~"


def find(
    source: LineSource,
    identifier: Item,
    rules: AeRules,
    *,
    caller: str,
    now: str,
    requested: Sequence[str] = (),
    is_cancelled: Callable[[], bool] = lambda: False,
    found: Found,
) -> Iterator[tuple[int, Dataset | None]]:
    """Yield status and data set of each answer; a last status other than success is yielded too.

    Args:
        source: Where lines come from.
        identifier: What is asked for.
        rules: What is different for the AE that asks.
        caller: Its AE title.
        now: Local time, ``YYYYMMDDHHMMSS``.
        requested: Character sets of the request.
        is_cancelled: Whether the AE has cancelled.
        found: Is told what came of it.
    """
    if not identifier.keys() - NEVER_MATCHED:
        found.status = NOT_AN_IDENTIFIER
        yield NOT_AN_IDENTIFIER, None
        return
    query = compile_query(identifier, rules, caller=caller, today=now[:8])
    found.odd += query.odd
    if any(query.window):
        found.odd.append(Reason("query_window"))
    pending = PENDING_WARNING if query.unsupported and rules.warn_unsupported else PENDING
    owners: dict[tuple[str, str], str] = {}
    for line in nearest_first(source, query, now):
        if is_cancelled():
            found.status = CANCELLED
            yield CANCELLED, None
            return
        if rules.max_answers and found.answers >= rules.max_answers:
            found.odd.append(Reason("query_limit", {"limit": str(rules.max_answers)}))
            found.status = SUCCESS if rules.limit_is_success else OUT_OF_RESOURCES
            if found.status:
                yield found.status, None
            return
        made = answer(line.values, query)
        if _clashes(made, line, owners):
            found.odd.append(Reason("shortened_clash"))
            continue
        try:
            dataset = dataset_of(made, rules, requested)
        except (ValueError, TypeError, OverflowError):
            found.odd.append(Reason("line_not_encodable"))
            continue
        found.answers += 1
        found.study_uids[str(line.values.get("study_uid", ""))] = None
        yield pending, dataset


def _clashes(made: Item, line: Line, owners: dict[tuple[str, str], str]) -> bool:
    """Return whether a shortened number stands for another order or person in this answer."""
    for keyword, column in (("AccessionNumber", "accession"), ("PatientID", "patient_id")):
        whole = str(line.values.get(column, ""))
        sent = made.get(keyword, ())
        if sent and sent[0] != whole and owners.setdefault((keyword, str(sent[0])), whole) != whole:
            return True
    return False
