"""A fault of the program in a turn over the alerts is told, and the next turns go on."""

from __future__ import annotations

import pytest
from engine_kit import running_engine, wait_for

from hl7console.engine.alerts import service
from hl7console.engine.alerts.watch import AlertWatch


@pytest.mark.expects_log
def test_a_turn_that_fails_is_told_and_the_watch_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "EVERY_S", 0.01)
    monkeypatch.setattr(service, "RETRY_S", 0.05)
    turns: list[int] = []
    step = AlertWatch.step

    def failing(self, now_us, book):
        turns.append(now_us)
        if len(turns) in (2, 3):
            raise RuntimeError("MARLOWE")
        step(self, now_us, book)

    monkeypatch.setattr(AlertWatch, "step", failing)
    problems: set[str] = set()
    with running_engine(tmp_path) as engine:

        def has_gone_on() -> bool:
            problems.add(engine.snapshot().alert_problem)
            return len(turns) > 6 and not engine.snapshot().alert_problem

        wait_for(has_gone_on, "the alerts are watched again")
    told = "Alerts cannot be watched: there is a fault in the program."
    assert told in problems
    assert not any("MARLOWE" in problem for problem in problems)
