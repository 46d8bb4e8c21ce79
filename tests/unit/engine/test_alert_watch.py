"""Turns over all rules: what is written and told when, over restarts, groups, and what hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hl7console.engine.alerts import watched_rule
from hl7console.engine.alerts.facts import Facts, Sources
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds import table
from hl7console.engine.alerts.watch import SAME, AlertWatch
from hl7console.engine.snapshot import EngineSnapshot
from hl7console.errors import ConsoleError
from hl7console.settings import ListenerSettings
from hl7console.settings.alerts import AlertBook, AlertKind, AlertRule
from hl7console.store.alert_records import AlertRecord
from hl7console.store.alerts import NoticeWanted

SECOND_US = 1_000_000
START_US = 1_772_409_600 * SECOND_US


@dataclass
class Kept:
    """What a database would have: alerts, and what is to be told."""

    alerts: dict[int, AlertRecord] = field(default_factory=dict)
    told: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    """Channel, what, and the subjects."""
    is_full: bool = False

    def keep(
        self, changed: Sequence[AlertRecord], notices: Sequence[NoticeWanted], _: int
    ) -> list[AlertRecord]:
        if self.is_full:
            raise ConsoleError("The disk is full.")
        kept = []
        for record in changed:
            one = record if record.id else replace(record, id=len(self.alerts) + 1)
            self.alerts[one.id] = one
            kept.append(one)
        for notice in notices:
            subjects = tuple(kept[place].subject for place in notice.places)
            self.told.append((notice.channel, notice.what, subjects))
        return kept

    @property
    def open(self) -> list[AlertRecord]:
        return [alert for alert in self.alerts.values() if alert.is_open]


class World:
    """Subjects that are bad, by kind, and a watch over them."""

    def __init__(self, *rules: AlertRule, group_above: int = 5) -> None:
        self.kept = Kept()
        self.bad: dict[str, dict[str, str]] = {}
        self.listeners = tuple(ListenerSettings(name=name) for name in ("PACS", "RIS", "VPN", "X"))
        self.book = AlertBook(rules=rules, group_above=group_above)
        self.second = 0.0
        self.restart()

    def restart(self) -> None:
        sources = Sources(Path(), EngineSnapshot, listeners=lambda: self.listeners)
        self.watch = AlertWatch(sources, self.kept.keep, self.kept.open)

    def find(self, rule: AlertRule, _: Facts) -> list[Finding]:
        found = self.bad.get(rule.kind, {})
        if "" in found:
            raise ValueError("SECRET^NAME")
        return [Finding("listener", name, text) for name, text in found.items()]

    def go(self, seconds: float, every: float = 10.0) -> None:
        until = self.second + seconds
        while self.second < until:
            self.second = min(self.second + every, until)
            self.watch.step(START_US + int(self.second * SECOND_US), self.book)

    def set_bad(self, kind: str, *names: str) -> None:
        self.bad[kind] = {name: f"{name} is bad." for name in names}


@pytest.fixture(autouse=True)
def worlds(monkeypatch):
    """Let kinds find what the world of a test says."""
    made: list[World] = []

    def make(*rules: AlertRule, **options: int) -> World:
        made.append(World(*rules, **options))
        return made[-1]

    kinds = {
        kind: table.Kind(lambda: lambda rule, facts: made[-1].find(rule, facts))
        for kind in AlertKind
    }
    for kind, found in kinds.items():
        monkeypatch.setitem(table.KINDS, kind, found)
    return make


def down(name: str = "down", **values: object) -> AlertRule:
    values = {"channels": ("ops",), "recover_s": 0.0, **values}
    return AlertRule(name, AlertKind.CONNECTION, **values)  # type: ignore[arg-type]


def late(name: str = "late", **values: object) -> AlertRule:
    values = {"channels": ("ops",), "recover_s": 0.0, **values}
    return AlertRule(name, AlertKind.HEAD_AGE, **values)  # type: ignore[arg-type]


def test_that_an_alert_is_told_once_when_it_begins_and_once_when_it_ends(worlds) -> None:
    world = worlds(down(wait_s=30))
    world.set_bad("connection", "PACS")
    world.go(20)
    assert world.kept.told == []
    world.go(100)
    assert world.kept.told == [("ops", "onset", ("PACS",))]
    world.set_bad("connection")
    world.go(100)
    assert world.kept.told[1:] == [("ops", "recovery", ("PACS",))]
    assert world.kept.open == []


def test_that_more_than_a_few_at_once_are_told_in_one_message(worlds) -> None:
    world = worlds(down(), group_above=3)
    world.set_bad("connection", "A", "B", "C")
    world.go(10)
    assert [what for _, what, _ in world.kept.told] == ["onset"] * 3
    world.set_bad("connection", "A", "B", "C", "D", "E", "F", "G")
    world.go(10)
    assert world.kept.told[3:] == [("ops", "group", ("D", "E", "F", "G"))]


def test_that_ten_thousand_at_once_are_one_message(worlds) -> None:
    world = worlds(down())
    names = [f"Feed {number}" for number in range(10_000)]
    world.set_bad("connection", *names)
    world.go(10)
    ((_, what, subjects),) = world.kept.told
    assert (what, len(subjects)) == ("group", 10_000)
    shown, count = world.watch.open_alerts()
    assert (len(shown), count) == (200, 10_000)


def test_that_what_hangs_on_a_dead_host_tells_nobody(worlds) -> None:
    world = worlds(down(), late(depends_on=(SAME, "VPN")))
    world.set_bad("connection", "PACS", "VPN")
    world.set_bad("head_age", "PACS", "RIS")
    world.go(50)
    assert sorted(world.kept.told) == [("ops", "onset", ("PACS",)), ("ops", "onset", ("VPN",))]
    silenced = {a.subject: a.silenced_by for a in world.kept.open if a.rule == "late"}
    assert silenced == {"PACS": "PACS", "RIS": "VPN"}

    world.set_bad("head_age", "PACS")  # one ends while it is silenced: nobody is told
    world.go(10)
    assert len(world.kept.told) == 2
    world.set_bad("connection")
    world.go(10)
    assert sorted(world.kept.told[2:]) == [
        ("ops", "onset", ("PACS",)),
        ("ops", "recovery", ("PACS",)),
        ("ops", "recovery", ("VPN",)),
    ]


def test_that_a_host_that_waits_to_count_as_dead_silences_already(worlds) -> None:
    world = worlds(down(wait_s=60), late(depends_on=(SAME,)))
    world.set_bad("connection", "PACS")
    world.set_bad("head_age", "PACS")
    world.go(200)
    assert world.kept.told == [("ops", "onset", ("PACS",))]
    assert {alert.rule for alert in world.kept.open} == {"down", "late"}


def test_that_an_interface_does_not_silence_its_own_connection_alert(worlds) -> None:
    world = worlds(down(depends_on=(SAME, "VPN")))
    world.set_bad("connection", "PACS", "VPN")
    world.go(20)
    assert [subjects for _, _, subjects in world.kept.told] == [("VPN",)]


def test_that_what_was_told_before_is_not_told_again_when_its_host_comes_back(worlds) -> None:
    world = worlds(down(), late(depends_on=(SAME,)))
    world.set_bad("head_age", "PACS")
    world.go(10)
    world.set_bad("connection", "PACS")
    world.go(10)
    world.set_bad("connection")
    world.go(10)
    onsets = [subjects for _, what, subjects in world.kept.told if what == "onset"]
    assert len(onsets) == 2


def test_that_open_alerts_go_on_over_a_restart_and_nothing_is_told_twice(worlds) -> None:
    world = worlds(down(recover_s=30), late(depends_on=("VPN",)))
    world.set_bad("connection", "PACS", "VPN")
    world.set_bad("head_age", "RIS")
    world.go(30)
    before = {alert.subject: alert for alert in world.kept.open}
    told = list(world.kept.told)
    world.restart()
    world.go(30)
    assert {alert.subject: alert for alert in world.kept.open} == before
    assert world.kept.told == told

    world.set_bad("connection")
    world.go(10)
    assert world.kept.told == told  # they have to be good for a while first
    world.go(60)
    assert sorted(world.kept.told[len(told) :]) == [
        ("ops", "onset", ("RIS",)),
        ("ops", "recovery", ("PACS",)),
        ("ops", "recovery", ("VPN",)),
    ]
    assert len(world.kept.alerts) == 3


def test_that_what_cannot_be_written_is_told_once_when_it_can(worlds) -> None:
    world = worlds(down())
    world.set_bad("connection", "PACS")
    world.kept.is_full = True
    for _ in range(3):
        with pytest.raises(ConsoleError):
            world.go(10)
    assert world.watch.open_alerts() == ((), 0)
    world.kept.is_full = False
    world.go(30)
    assert world.kept.told == [("ops", "onset", ("PACS",))]


def test_that_what_began_and_ended_unwritten_tells_nobody(worlds) -> None:
    world = worlds(down())
    world.set_bad("connection", "PACS")
    world.kept.is_full = True
    with pytest.raises(ConsoleError):
        world.go(10)
    world.set_bad("connection")
    with pytest.raises(ConsoleError):
        world.go(10)
    world.kept.is_full = False
    world.go(10)
    assert world.kept.told == []
    (alert,) = world.kept.alerts.values()
    assert not alert.is_open


def test_that_snoozed_alerts_tell_nobody(worlds) -> None:
    world = worlds(down())
    world.set_bad("connection", "PACS")
    world.go(10)
    (alert,) = world.kept.open
    until_us = START_US + 3600 * SECOND_US
    world.watch.take_said([replace(alert, snoozed_until_us=until_us, note="Known")])
    shown, _ = world.watch.open_alerts()
    assert (shown[0].snoozed_until_us, shown[0].note) == (until_us, "Known")
    world.set_bad("connection")
    world.go(20)
    assert [what for _, what, _ in world.kept.told] == ["onset"]
    assert world.kept.open == []


@pytest.mark.parametrize(
    "rules",
    [(), (down("other"),), (late("down"),), (down(enabled=False),)],
    ids=["removed", "renamed", "another kind", "off"],
)
def test_that_alerts_of_a_rule_that_is_gone_end_with_that_reason(worlds, rules) -> None:
    world = worlds(down())
    world.set_bad("connection", "PACS")
    world.go(10)
    world.book = AlertBook(rules=rules)
    world.go(10)
    first = world.kept.alerts[1]
    assert not first.is_open
    assert "its rule was removed, changed or switched off" in first.recovery_text


def test_that_alerts_of_a_rule_that_is_gone_after_a_restart_end(worlds) -> None:
    world = worlds(down())
    world.set_bad("connection", "PACS")
    world.go(10)
    world.book = AlertBook()
    world.restart()
    world.go(10)
    assert world.kept.open == []
    assert "its rule" in world.kept.alerts[1].recovery_text


def test_that_another_limit_of_a_rule_does_not_end_its_alerts(worlds) -> None:
    world = worlds(down())
    world.set_bad("connection", "PACS")
    world.go(10)
    world.book = AlertBook(rules=(down(severity="critical", limit=3.0),))
    world.go(10)
    (alert,), _ = world.watch.open_alerts()
    assert (alert.id, alert.severity) == (1, "critical")


def test_that_a_rule_that_stays_as_it_is_keeps_what_it_remembers(worlds, monkeypatch) -> None:
    made = []

    def make():
        made.append(1)
        return lambda rule, facts: world.find(rule, facts)

    monkeypatch.setitem(table.KINDS, AlertKind.CONNECTION, table.Kind(make))
    world = worlds(down())
    world.go(10)
    world.book = AlertBook(rules=(down(), late()))
    world.go(10)
    assert len(made) == 1
    world.book = AlertBook(rules=(down(limit=2.0), late()))
    world.go(10)
    assert len(made) == 2


def test_that_an_alert_about_an_interface_that_was_removed_ends_with_that_reason(worlds) -> None:
    world = worlds(down(recover_s=3600))
    world.set_bad("connection", "RIS")
    world.go(10)
    world.listeners = tuple(one for one in world.listeners if one.name != "RIS")
    world.set_bad("connection")
    world.go(10)
    (alert,) = world.kept.alerts.values()
    assert "no such interface" in alert.recovery_text


def test_that_alerts_end_when_the_hours_of_their_rule_are_over(worlds) -> None:
    world = worlds(down(from_time="00:00", to_time="23:59", days=()))
    world.watch.sources.local = lambda at_s: datetime.fromtimestamp(at_s, UTC)
    world.set_bad("connection", "PACS")
    world.go(86_399, every=60)
    (alert,) = world.kept.alerts.values()
    assert "the hours of its rule were over" in alert.recovery_text


@pytest.mark.expects_log
def test_that_a_rule_that_fails_is_named_without_its_words_and_stops_no_other(
    worlds, caplog
) -> None:
    world = worlds(down(), late())
    world.bad["connection"] = {"": ""}
    world.set_bad("head_age", "RIS")
    world.go(30)
    assert world.kept.told == [("ops", "onset", ("RIS",))]
    assert world.watch.problem.startswith("The alert rule down cannot be looked at")
    assert "SECRET" not in world.watch.problem + caplog.text
    assert len(caplog.records) == 1
    world.set_bad("connection")
    world.go(10)
    assert world.watch.problem == ""


def test_that_a_sleep_neither_begins_nor_ends_alerts(worlds) -> None:
    world = worlds(down(wait_s=600, recover_s=600))
    world.set_bad("connection", "PACS")
    world.go(60)
    world.second += 8 * 3600
    world.go(60)
    assert world.kept.alerts == {}
    world.go(600)
    assert len(world.kept.open) == 1
    world.set_bad("connection")
    world.go(60)
    world.second += 8 * 3600
    world.go(60)
    assert len(world.kept.open) == 1
    world.go(600)
    assert world.kept.open == []


def test_that_a_text_that_changes_all_the_time_is_written_now_and_then(worlds) -> None:
    world = worlds(down())
    written = []
    keep = world.kept.keep

    def counted(changed, notices, now_us):
        written.append(len(changed))
        return keep(changed, notices, now_us)

    world.kept.keep = counted
    world.restart()
    for second in range(600):
        world.bad["connection"] = {"PACS": f"Down for {second} s."}
        world.go(1, every=1)
    assert 5 <= len(written) <= 15
    shown, _ = world.watch.open_alerts()
    assert shown[0].text == "Down for 599 s."
    assert world.kept.alerts[1].text != "Down for 0 s."


def test_that_a_rule_that_takes_long_rests_and_no_other_does(worlds, monkeypatch) -> None:
    world = worlds(down(), late())
    looked = {"connection": 0, "head_age": 0}
    spent = {"connection": 0.0005, "head_age": 0.5}
    clock = {"thread": 0.0, "real": 100.0}

    def find(rule, _):
        looked[rule.kind] += 1
        clock["thread"] += spent[rule.kind]
        return ()

    world.find = find
    monkeypatch.setattr(watched_rule.time, "thread_time", lambda: clock["thread"])
    monkeypatch.setattr(watched_rule.time, "monotonic", lambda: clock["real"])
    sources = Sources(Path(), lambda: EngineSnapshot(received_per_s=5000.0))
    world.watch = AlertWatch(sources, world.kept.keep, share=0.02)
    for _ in range(100):
        world.go(1, every=1)
        clock["real"] += 1.0
    assert looked == {"connection": 100, "head_age": 4}  # half a second is 2 % of 25 s


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["bad", "good", "full", "free", "restart", "sleep", "step"]),
        st.sampled_from(["PACS", "RIS", "VPN"]),
    ),
    max_size=40,
)


@given(changes=CHANGES, wait_s=st.sampled_from([0, 25]), recover_s=st.sampled_from([0, 25]))
@settings(max_examples=150, deadline=None)
def test_that_every_onset_is_told_once_and_every_end_after_it(changes, wait_s, recover_s) -> None:
    rules = (
        down(wait_s=wait_s, recover_s=recover_s),
        late(wait_s=wait_s, recover_s=recover_s, depends_on=("VPN",)),
    )
    world = World(*rules, group_above=1)
    _follow(world, changes)
    told: dict[str, int] = {}
    for _, what, subjects in world.kept.told:
        for subject in subjects:
            told[subject] = told.get(subject, 0) + (-1 if what == "recovery" else 1)
            assert 0 <= told[subject] <= 2  # of both rules, one at most each
    keys = [(alert.rule, alert.subject) for alert in world.kept.open]
    assert len(keys) == len(set(keys))
    for alert in world.kept.alerts.values():
        assert alert.is_open or alert.ended_at_us >= alert.onset_at_us


def _follow(world: World, changes: Sequence[tuple[str, str]]) -> None:
    found = table.Kind(lambda: lambda rule, facts: world.find(rule, facts))
    with pytest.MonkeyPatch.context() as patch:
        for kind in AlertKind:
            patch.setitem(table.KINDS, kind, found)
        for what, name in changes:
            _change(world, what, name)
            try:
                world.go(10)
            except ConsoleError:
                assert world.kept.is_full


def _change(world: World, what: str, name: str) -> None:
    if what in ("bad", "good"):
        for kind in ("connection", "head_age"):
            names = set(world.bad.get(kind, ()))
            world.set_bad(kind, *(names | {name} if what == "bad" else names - {name}))
    elif what in ("full", "free"):
        world.kept.is_full = what == "full"
    elif what == "restart":
        world.restart()
    elif what == "sleep":
        world.second += 5_000
