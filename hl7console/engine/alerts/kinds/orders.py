"""The worklist: orders without a result, appointments without an order, codes that are unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.feeds import shown
from hl7console.engine.alerts.kinds.subjects import is_about, quoted, titled
from hl7console.engine.alerts.life import duration
from hl7console.settings.alerts import AlertRule
from hl7console.store.measures.records import Scope
from hl7console.store.watched_messages import Sample
from hl7console.store.worklist.watching import (
    Overdue,
    appointments_without_order,
    orders_without_result,
    unmapped_codes,
)

USUAL_RESULT_H = 24.0
USUAL_APPOINTMENT_H = 24.0
USUAL_UNMAPPED_SPAN_S = 86_400.0

LOOK_BACK_H = 14 * 24.0
"""Orders whose step was to begin longer ago are given up."""

_HOUR_S = 3_600
_LONGEST_H = 10 * 366 * 24.0
_PLAIN_CODE = re.compile(r"[A-Za-z0-9._-]{1,20}", re.ASCII)
"""Codes that are told; anything else in that field may be of a patient."""


def order_without_result(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find listeners with orders that have no result long after their step was to begin."""
    if facts.sources.worklist is None:
        return
    hours = min(rule.limit or USUAL_RESULT_H, _LONGEST_H)
    first = _local(facts, -max(LOOK_BACK_H, 2 * hours))
    found = [
        one
        for one in orders_without_result(facts.sources.worklist, first, _local(facts, -hours))
        if is_about(rule, one.listener)
    ]
    samples = _samples(facts, [one.entry for one in found])
    for one in found:
        orders = "order has" if one.count == 1 else "orders have"
        late = duration(int(hours * _HOUR_S) * 1_000_000)
        text = (
            f"{one.count:,} {orders} no result {late} or more after the exam was to begin"
            f" ({one.listener})."
        )
        yield _of_listener(one, text, samples)


def appointment_without_order(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find listeners with appointments that begin soon and have no order."""
    if facts.sources.worklist is None:
        return
    hours = min(rule.limit or USUAL_APPOINTMENT_H, _LONGEST_H)
    found = [
        one
        for one in appointments_without_order(
            facts.sources.worklist, _local(facts, 0), _local(facts, hours)
        )
        if is_about(rule, one.listener)
    ]
    samples = _samples(facts, [one.entry for one in found])
    for one in found:
        appointments = "appointment begins" if one.count == 1 else "appointments begin"
        soon = duration(int(hours * _HOUR_S) * 1_000_000)
        verb = "has" if one.count == 1 else "have"
        text = f"{one.count:,} {appointments} within {soon} and {verb} no order ({one.listener})."
        yield _of_listener(one, text, samples)


def unmapped_code(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find senders of procedure codes that the worklist's tables lack still."""
    if facts.sources.worklist is None:
        return
    since_us = facts.now_us - int((rule.span_s or USUAL_UNMAPPED_SPAN_S) * 1_000_000)
    found = [
        one
        for one in unmapped_codes(facts.sources.worklist, since_us, facts.now_us)
        if is_about(rule, one.sender)
    ]
    samples = _samples(facts, [one.entry for one in found])
    for one in found:
        sample = samples.get(one.entry, Sample())
        codes = "a procedure code" if one.count == 1 else f"{one.count:,} procedure codes"
        named = [code for code in one.codes if _PLAIN_CODE.fullmatch(code)][:3]
        such = f", {'such as ' if len(named) < one.count else ''}{', '.join(named)}" * bool(named)
        whose = titled(Scope.SENDER, one.sender) if one.sender else "a sender without a name"
        text = f"{whose[:1].upper()}{whose[1:]} uses {codes} that the tables lack{such}."
        yield Finding(
            "sender", one.sender, text, 0, sample.control_id, sample.id,
            shown(Scope.SENDER, one.sender),
        )  # fmt: skip


def _of_listener(one: Overdue, text: str, samples: dict[int, Sample]) -> Finding:
    sample = samples.get(one.entry, Sample())
    expression = f"listener:{quoted(one.listener)}"
    if sample.control_id:
        expression += f" control:{quoted(sample.control_id)}"
    return Finding("listener", one.listener, text, 0, sample.control_id, sample.id, expression)


def _samples(facts: Facts, entries: Iterable[int]) -> dict[int, Sample]:
    """Return the messages among some entries of the journal."""
    ids = [entry for entry in entries if entry > 0]
    watched = facts.sources.watched
    return {} if watched is None or not ids else watched.samples(ids)


def _local(facts: Facts, hours: float) -> str:
    """Return local time some hours from now, as the worklist has times."""
    return f"{facts.sources.local(facts.now_s + int(hours * _HOUR_S)):%Y%m%d%H%M%S}"
