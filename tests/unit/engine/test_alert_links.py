"""Kinds that look at lights, queues and totals: what is bad, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hl7console.engine.alerts.facts import Facts, Sources
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.table import KINDS
from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.settings.alerts import AlertRule, NormalSettings
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.records import Scope, Totals

NOW_US = 1_772_409_600_000_000
MINUTE_US = 60_000_000


def light(
    name: str, state: LinkState, kind: str = "destination", text: str = ""
) -> InterfaceStatus:
    return InterfaceStatus(name, kind, state, "10.0.0.9:2575", "off", text, since_us=NOW_US - 5)


def queue(name: str, waiting: int = 0, *, age_us: int = 0, stopped: bool = False) -> QueueStatus:
    return QueueStatus(
        name,
        QueueCondition.STOPPED if stopped else QueueCondition.WAITING,
        waiting,
        oldest_at_us=NOW_US - age_us if waiting else 0,
        text="AE 101 at PID-3." if stopped else "",
    )


@dataclass
class Measured:
    """Totals by scope, as a reader gives them."""

    by_scope: dict[Scope, dict[str, Totals]] = field(default_factory=dict)

    def totals(self, scope: Scope, *_: object, **__: object) -> dict[str, Totals]:
        return self.by_scope.get(scope, {})


def found(
    rule: AlertRule,
    *,
    lights: Iterable[InterfaceStatus] = (),
    queues: Iterable[QueueStatus] = (),
    measured: dict[Scope, dict[str, Totals]] | None = None,
    **counts: int,
) -> list[Finding]:
    snapshot = EngineSnapshot(interfaces=tuple(lights), queues=tuple(queues), **counts)  # type: ignore[arg-type]
    sources = Sources(Path(), lambda: snapshot, measures=Measured(measured or {}))  # type: ignore[arg-type]
    facts = Facts(sources, NOW_US, NormalSettings(), NOW_US)
    return list(KINDS[rule.kind].make()(rule, facts))


def rule(kind: str, **values: object) -> AlertRule:
    return AlertRule("R", kind, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "is_bad"),
    [
        (LinkState.FAILED, True),
        (LinkState.CONNECTED, False),
        (LinkState.IDLE, False),
        (LinkState.STARTING, False),
        (LinkState.STOPPED, False),
        (LinkState.LISTENING, False),
    ],
)
def test_only_a_link_that_fails_is_down(state, is_bad):
    assert bool(found(rule("connection"), lights=[light("Out", state)])) is is_bad


def test_a_destination_that_is_down_says_why_and_what_waits():
    lights = [light("Out", LinkState.FAILED, text="Nothing listens on 10.0.0.9:2575.")]
    one = found(rule("connection"), lights=lights, queues=[queue("Out", 3)])[0]
    assert one.text == ("Out is down: Nothing listens on 10.0.0.9:2575. 3 deliveries wait.")
    assert (one.scope, one.subject, one.filter) == ("destination", "Out", 'destination:"Out"')
    assert one.since_us == NOW_US - 5


def test_a_listener_that_fails_cannot_listen():
    one = found(rule("connection"), lights=[light("In", LinkState.FAILED, "listener", "In use.")])
    assert [(f.scope, f.text) for f in one] == [("listener", "In cannot listen: In use.")]


@pytest.mark.parametrize("subjects", [("Out*",), ("out a", "out b"), ()])
def test_a_rule_is_about_the_subjects_it_names(subjects):
    lights = [light(name, LinkState.FAILED) for name in ("Out A", "Out B", "Other")]
    names = [f.subject for f in found(rule("connection", subjects=subjects), lights=lights)]
    assert names == (["Out A", "Out B"] if subjects else ["Out A", "Out B", "Other"])


@pytest.mark.parametrize(
    ("limit", "waiting", "is_bad"), [(0, 100, False), (0, 101, True), (5, 5, False), (5, 6, True)]
)
def test_a_backlog_is_more_than_its_limit(limit, waiting, is_bad):
    assert bool(found(rule("backlog", limit=limit), queues=[queue("Out", waiting)])) is is_bad


@pytest.mark.parametrize(
    ("limit", "age_us", "is_bad"),
    [
        (0, 5 * MINUTE_US, False),
        (0, 5 * MINUTE_US + 1, True),
        (60, MINUTE_US, False),
        (60, MINUTE_US + 1, True),
        (60, -MINUTE_US, False),
    ],
)
def test_a_head_is_too_old_beyond_its_limit(limit, age_us, is_bad):
    queues = [queue("Out", 1, age_us=age_us), queue("Empty")]
    assert bool(found(rule("head_age", limit=limit), queues=queues)) is is_bad


def test_only_a_queue_that_its_head_stopped_is_stuck():
    queues = [queue("Stopped", 2, stopped=True), queue("Waiting", 200)]
    assert [f.text for f in found(rule("stuck"), queues=queues)] == [
        "The queue of Stopped has stopped: AE 101 at PID-3."
    ]


@pytest.mark.parametrize(
    ("counts", "subjects"),
    [
        ({"last_message_id": 30_000, "derived_id": 10_000}, []),
        ({"last_message_id": 30_001, "derived_id": 10_000}, ["full text index"]),
        ({"worklist_behind": 20_001}, ["worklist"]),
        ({"measures_behind": 20_001}, ["measures"]),
    ],
)
def test_derived_data_is_behind_beyond_the_limit(counts, subjects):
    assert [f.subject for f in found(rule("behind"), **counts)] == subjects


def totals(accepted: int, refused: int) -> Totals:
    return Totals(received=accepted + refused, accepted=accepted, refused=refused)


@pytest.mark.parametrize(
    ("accepted", "refused", "is_bad"),
    [(100, 25, False), (100, 26, True), (0, 4, False), (0, 5, True), (0, 0, False)],
)
def test_rejections_are_a_share_of_enough_messages(accepted, refused, is_bad):
    measured = {Scope.LISTENER: {"In": totals(accepted, refused)}}
    assert bool(found(rule("rejections", limit=20), measured=measured)) is is_bad


def test_a_refusing_receiver_is_told_as_such():
    measured = {Scope.DESTINATION: {"Out": totals(20, 10)}}
    one = found(rule("rejections"), measured=measured)[0]
    assert one.text == ("Out: 10 of 30 messages (33 %) were refused by the receiver within 15 min.")


def times(*values_ms: int) -> Totals:
    histogram = Histogram()
    for value in values_ms:
        histogram.add(value * 1000)
    return Totals(received=len(values_ms), latency=histogram)


@pytest.mark.parametrize(
    ("values_ms", "percentile", "is_bad"),
    [
        ([1] * 18 + [9_000] * 2, 95, True),
        ([1] * 19 + [9_000], 95, False),
        ([1] * 19 + [9_000], 100, True),
        ([9_000] * 9, 50, False),
        ([4_900] * 40, 95, False),
    ],
)
def test_answers_are_slow_by_their_percentile(values_ms, percentile, is_bad):
    measured = {Scope.LISTENER: {"In": times(*values_ms)}}
    assert bool(found(rule("latency", percentile=percentile), measured=measured)) is is_bad


def test_slow_answers_are_told_as_they_are():
    measured = {Scope.DESTINATION: {"Out": times(*[1] * 18, 9_000, 9_000)}}
    one = found(rule("latency"), measured=measured)[0]
    assert one.text == (
        "Out: its receiver answers slowly. 5 % of 20 messages within 5 min waited 9,000 ms or"
        " longer."
    )
