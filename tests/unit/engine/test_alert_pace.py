"""What looking at rules may cost: rules that read messages share, and rest after they have read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from hl7console.engine.alerts import watched_rule
from hl7console.engine.alerts.facts import LEAST_PORTION, Facts, Sources
from hl7console.engine.alerts.kinds import table
from hl7console.engine.alerts.watch import AlertWatch
from hl7console.engine.snapshot import EngineSnapshot
from hl7console.settings.alerts import AlertBook, AlertKind, AlertRule, NormalSettings

US = 1_000_000
START_US = 1_772_409_600 * US


@dataclass
class Looks:
    """A watch with a clock of its own, and the looks that were taken."""

    share: float
    cost_s: float
    per_s: float = 5000.0
    work_s: float = 0.0
    clock_s: float = 1000.0

    def __post_init__(self) -> None:
        self.taken: list[tuple[str, float, int]] = []
        self._first_s = self.clock_s
        sources = Sources(Path(), lambda: EngineSnapshot(received_per_s=self.per_s))
        self._watch = AlertWatch(sources, lambda *_: [], share=self.share)

    def find(self, rule: AlertRule, facts: Facts) -> list[object]:
        self.taken.append((rule.name, self.clock_s - self._first_s, facts.portion(1000)))
        self.work_s += self.cost_s
        return []

    def go(self, seconds: int, *rules: AlertRule) -> None:
        book = AlertBook(rules=rules)
        for _ in range(seconds):
            self._watch.step(START_US + int((self.clock_s - self._first_s) * US), book)
            self.clock_s += 1


@pytest.fixture
def made(monkeypatch):
    """Make a watch whose looks cost what a test says, by a clock that only it moves."""

    def make(*, share: float, cost_s: float, per_s: float = 5000.0) -> Looks:
        looks = Looks(share, cost_s, per_s)
        for kind in AlertKind:
            monkeypatch.setitem(table.KINDS, kind, table.Kind(lambda: looks.find))
        monkeypatch.setattr(watched_rule.time, "thread_time", lambda: looks.work_s)
        monkeypatch.setattr(watched_rule.time, "monotonic", lambda: looks.clock_s)
        return looks

    return make


def reading(name: str, **values: object) -> AlertRule:
    return AlertRule(name, AlertKind.FILTER, filter="status:error", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [AlertKind.FILTER, AlertKind.SEQUENCE, AlertKind.REFUSED_RUN])
def test_a_rule_that_reads_rests_until_it_has_taken_no_more_than_its_share(made, kind) -> None:
    looks = made(share=0.02, cost_s=0.1)
    looks.go(21, AlertRule("odd", kind, filter="status:error"))
    assert [at_s for _, at_s, _ in looks.taken] == [0, 5, 10, 15, 20]


def test_all_rules_that_read_take_together_no_more_than_the_share(made) -> None:
    looks = made(share=0.02, cost_s=0.001)
    looks.go(100, *(reading(f"rule {number}") for number in range(50)))
    after_first_s = sum(1 for _, at_s, _ in looks.taken if at_s > 0) * 0.001
    assert 1.0 < after_first_s <= 2.0  # of 100 seconds


@pytest.mark.parametrize(("per_s", "every_s"), [(0, 1), (500, 2), (800, 5), (1000, 5), (9999, 5)])
def test_while_little_comes_they_may_take_more(made, per_s, every_s) -> None:
    looks = made(share=0.02, cost_s=0.1, per_s=per_s)
    looks.go(11, reading("odd"))
    assert [at_s for _, at_s, _ in looks.taken] == list(range(0, 11, every_s))


def test_a_look_that_costs_little_is_taken_every_second(made) -> None:
    looks = made(share=0.02, cost_s=0.0015)
    looks.go(10, AlertRule("down", AlertKind.CONNECTION), *(reading(f"{n}") for n in range(20)))
    assert sum(name == "down" for name, _, _ in looks.taken) == 10


def test_rules_that_read_share_the_messages_of_a_look(made) -> None:
    looks = made(share=0.02, cost_s=0.0)
    looks.go(1, *(reading(f"{n}") for n in range(4)), reading("off", enabled=False))
    assert {portion for _, _, portion in looks.taken} == {250}


def test_many_rules_read_a_few_messages_each_all_the_same() -> None:
    facts = Facts(Sources(Path(), EngineSnapshot), 0, NormalSettings(), 0, readers=1000)
    assert facts.portion(2000) == LEAST_PORTION
    assert facts.portion(7) == 7
