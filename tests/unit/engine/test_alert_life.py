"""The life of one alert, whatever is found and whatever the clock does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.life import Change, Life, duration
from hl7console.settings.alerts import AlertRule
from hl7console.store.alert_records import AlertRecord

SECOND_US = 1_000_000
START_US = 1_772_409_600 * SECOND_US
BAD = Finding("listener", "RIS-in", "RIS-in is down.", sample_control_id="C1")


def a_rule(wait_s: float = 60, recover_s: float = 60) -> AlertRule:
    return AlertRule("R", "connection", wait_s=wait_s, recover_s=recover_s)


class Lived:
    """A life, driven at seconds after the start."""

    def __init__(self, made: AlertRule, record: AlertRecord | None = None) -> None:
        self.rule = made
        self.life = Life(record)

    def step(self, second: float, finding: Finding | None) -> Change:
        return self.life.step(START_US + int(second * SECOND_US), finding, self.rule)

    @property
    def record(self) -> AlertRecord:
        assert self.life.record is not None
        return self.life.record


def test_that_it_has_to_be_bad_for_the_wait() -> None:
    lived = Lived(a_rule(wait_s=60))
    assert lived.step(0, BAD) is Change.NONE
    assert lived.step(59, BAD) is Change.NONE
    assert lived.step(60, BAD) is Change.BEGAN
    record = lived.record
    assert (record.onset_at_us, record.told_at_us) == (START_US, START_US + 60 * SECOND_US)
    assert (record.text, record.sample_control_id) == (BAD.text, "C1")


def test_that_one_good_moment_begins_the_wait_anew() -> None:
    lived = Lived(a_rule(wait_s=60))
    lived.step(0, BAD)
    lived.step(30, None)
    lived.step(40, BAD)
    assert lived.step(90, BAD) is Change.NONE
    assert lived.step(100, BAD) is Change.BEGAN
    assert lived.record.onset_at_us == START_US + 40 * SECOND_US


def test_that_the_onset_is_what_the_finding_knows() -> None:
    lived = Lived(a_rule(wait_s=0))
    since_us = START_US - 3600 * SECOND_US
    assert lived.step(0, replace(BAD, since_us=since_us)) is Change.BEGAN
    assert lived.record.onset_at_us == since_us


def test_that_a_flapping_link_is_one_alert() -> None:
    lived = Lived(a_rule(wait_s=0, recover_s=60))
    assert lived.step(0, BAD) is Change.BEGAN
    for second in range(10, 200, 20):
        assert lived.step(second, None) is Change.NONE
        assert lived.step(second + 10, BAD) is Change.WENT_ON
    assert lived.record.flaps == 10
    lived.step(210, None)
    assert lived.step(270, None) is Change.ENDED
    record = lived.record
    assert record.ended_at_us == START_US + 210 * SECOND_US
    assert record.recovery_text == "Well again after 3 min. It came back 10 times meanwhile."


def test_that_it_ends_at_the_moment_from_which_on_it_was_good() -> None:
    lived = Lived(a_rule(wait_s=0, recover_s=60))
    lived.step(0, BAD)
    lived.step(100, None)
    assert lived.step(159, None) is Change.NONE
    assert lived.step(160, None) is Change.ENDED
    assert lived.record.ended_at_us == START_US + 100 * SECOND_US


def test_that_a_time_in_which_nobody_looked_counts_neither_as_bad_nor_as_good() -> None:
    lived = Lived(a_rule(wait_s=60, recover_s=60))
    lived.step(0, BAD)
    lived.life.skipped(START_US + 3600 * SECOND_US)
    assert lived.step(3601, BAD) is Change.NONE
    assert lived.step(3660, BAD) is Change.BEGAN
    lived.step(3700, None)
    lived.life.skipped(START_US + 9000 * SECOND_US)
    assert lived.step(9001, None) is Change.NONE
    assert lived.step(9060, None) is Change.ENDED


def test_that_a_clock_set_back_neither_begins_nor_ends_anything_at_once() -> None:
    lived = Lived(a_rule(wait_s=60, recover_s=60))
    lived.step(0, BAD)
    assert lived.step(-5000, BAD) is Change.NONE
    assert lived.step(-4941, BAD) is Change.NONE
    assert lived.step(-4940, BAD) is Change.BEGAN
    lived.step(-4000, None)
    assert lived.step(-90_000, None) is Change.NONE
    assert lived.step(-89_940, None) is Change.ENDED
    assert lived.record.ended_at_us >= lived.record.onset_at_us


def test_that_an_open_alert_goes_on_after_a_restart() -> None:
    before = Lived(a_rule(wait_s=0))
    before.step(0, BAD)
    kept = replace(before.record, id=7)
    after = Lived(a_rule(wait_s=60), kept)
    assert after.step(500, BAD) is Change.NONE
    after.step(600, None)
    assert after.step(660, None) is Change.ENDED
    assert after.record.id == 7


def test_that_it_can_be_ended_with_a_reason() -> None:
    lived = Lived(a_rule(wait_s=0))
    lived.step(0, BAD)
    assert lived.life.end(START_US + 5 * SECOND_US, "Its rule is gone.") is Change.ENDED
    assert lived.record.recovery_text == "Its rule is gone."
    assert lived.life.end(START_US + 6 * SECOND_US, "Again.") is Change.NONE


@pytest.mark.parametrize(
    ("span_s", "told"),
    [(0, "0 s"), (-5, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"),
     (12_000, "3 h 20 min"), (2 * 86_400, "2 d"), (2 * 86_400 + 4 * 3600, "2 d 4 h")],
)  # fmt: skip
def test_that_spans_are_told_as_people_say_them(span_s, told) -> None:
    assert duration(span_s * SECOND_US) == told


class LifeMachine(RuleBasedStateMachine):
    """Compares a life with a plain reading of its rules: so long bad begins, so long good ends."""

    def __init__(self) -> None:
        super().__init__()
        self.now_us = START_US
        self.bad_us = self.good_us = -1
        self.is_open = False
        self.began = self.ended = 0

    @initialize(wait_s=st.sampled_from([0, 30, 300]), recover_s=st.sampled_from([0, 30, 300]))
    def begin(self, wait_s: float, recover_s: float) -> None:
        self.rule = a_rule(wait_s, recover_s)
        self.life = Life()

    @rule(after_s=st.integers(0, 120), is_bad=st.booleans())
    def look(self, after_s: int, is_bad: bool) -> None:
        self.now_us += after_s * SECOND_US
        change = self.life.step(self.now_us, BAD if is_bad else None, self.rule)
        assert change is self._expected(is_bad), (change, is_bad)

    def _expected(self, is_bad: bool) -> Change:
        if not self.is_open:
            if not is_bad:
                self.bad_us = -1
                return Change.NONE
            self.bad_us = self.now_us if self.bad_us < 0 else self.bad_us
            if self.now_us - self.bad_us < self.rule.wait_s * SECOND_US:
                return Change.NONE
            self.is_open, self.good_us = True, -1
            self.began += 1
            return Change.BEGAN
        if is_bad:
            had_recovered, self.good_us = self.good_us >= 0, -1
            return Change.WENT_ON if had_recovered else Change.NONE
        self.good_us = self.now_us if self.good_us < 0 else self.good_us
        if self.now_us - self.good_us < self.rule.recover_s * SECOND_US:
            return Change.NONE
        self.is_open, self.bad_us = False, -1
        self.ended += 1
        return Change.ENDED

    @rule(back_s=st.integers(1, 10_000))
    def set_the_clock_back(self, back_s: int) -> None:
        """Nothing that waits may jump; what was waited for begins anew at the new time."""
        self.now_us -= back_s * SECOND_US
        if self.bad_us >= 0 and not self.is_open:
            self.bad_us = min(self.bad_us, self.now_us)
        if self.good_us >= 0:
            self.good_us = min(self.good_us, self.now_us)
        self.life.step(self.now_us, BAD if self._is_bad() else None, self.rule)

    def _is_bad(self) -> bool:
        """Return what was found last, so that only the clock has changed."""
        return self.good_us < 0 if self.is_open else self.bad_us >= 0

    @rule(after_s=st.integers(121, 1_000_000))
    def sleep(self, after_s: int) -> None:
        self.now_us += after_s * SECOND_US
        self.life.skipped(self.now_us)
        self.bad_us = self.now_us if self.bad_us >= 0 else -1
        self.good_us = self.now_us if self.good_us >= 0 else -1

    @rule()
    def restart(self) -> None:
        """Only an open alert is remembered."""
        record = self.life.record if self.is_open else None
        self.life = Life(record)
        self.life.skipped(self.now_us)
        self.bad_us = self.good_us = -1
        if self.is_open:
            self.bad_us = -1

    @invariant()
    def ends_follow_onsets(self) -> None:
        assert self.began - self.ended == int(self.is_open)
        record = getattr(self, "life", Life()).record
        if record is not None and record.ended_at_us:
            assert record.ended_at_us >= record.onset_at_us
            assert record.recovery_text


def test_that_its_life_is_what_its_rules_say() -> None:
    run_state_machine_as_test(LifeMachine, settings=settings(max_examples=150, deadline=None))
