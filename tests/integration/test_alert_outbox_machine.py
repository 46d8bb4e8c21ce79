"""Whatever channels do, however often the program restarts: each thing is told once, in order."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from alert_channel_kit import an_alert
from alert_outbox_kit import HOUR_US, SECOND_US, running_rig
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

CHANNELS = ("mail", "hook")


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.rig = self.stack.enter_context(running_rig(folder))
        self.open: list[int] = []
        self.begun = 0
        self.ended: set[int] = set()

    def teardown(self) -> None:
        try:
            self.rig.post.faults.clear()
            for _ in range(10):
                self.rig.step(HOUR_US)
            assert set(self.rig.states()) <= {"sent"}
            for channel in CHANNELS:
                told = self.told(channel)
                assert set(told) == set(range(1, self.begun + 1))
                assert {alert for alert, whats in told.items() if whats[-1] != "onset"} == (
                    self.ended
                )
        finally:
            self.stack.close()

    def told(self, channel: str) -> dict[int, list[str]]:
        """What of each alert was told over a channel, in order."""
        told: dict[int, list[str]] = {}
        for name, message in self.rig.post.taken:
            if name == channel:
                for alert in message.payload["alerts"]:  # type: ignore[attr-defined]
                    told.setdefault(alert["id"], []).append(alert["what"])
        return told

    @precondition(lambda self: self.begun < 20)
    @rule(count=st.integers(1, 8), is_group=st.booleans())
    def something_begins(self, count: int, is_group: bool) -> None:
        ids = range(self.begun + 1, self.begun + 1 + count)
        alerts = [an_alert(n) for n in ids]
        if is_group:
            for channel in CHANNELS:
                self.rig.begin_together(alerts, channel)
        else:
            self.rig.begin(*alerts, channels=CHANNELS)
        self.open += ids
        self.begun += count

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0, 100))
    def something_ends(self, which: int) -> None:
        alert_id = self.open.pop(which % len(self.open))
        self.ended.add(alert_id)
        self.rig.end(an_alert(alert_id), channels=CHANNELS)

    @rule(seconds=st.sampled_from([0, 1, 5, 10, 30, 60, 300]))
    def time_passes(self, seconds: int) -> None:
        self.rig.step(seconds * SECOND_US)

    @rule(channel=st.sampled_from(CHANNELS))
    def a_channel_fails(self, channel: str) -> None:
        self.rig.post.faults[channel] = "away"

    @rule(channel=st.sampled_from(CHANNELS))
    def a_channel_comes_back(self, channel: str) -> None:
        self.rig.post.faults.pop(channel, None)

    @rule()
    def the_program_starts_again(self) -> None:
        self.rig.restart()

    @invariant()
    def each_is_told_once_and_in_order(self) -> None:
        for channel in CHANNELS:
            for whats in self.told(channel).values():
                assert whats in (["onset"], ["onset", "recovery"], ["brief"])


OutboxMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestOutbox = OutboxMachine.TestCase
