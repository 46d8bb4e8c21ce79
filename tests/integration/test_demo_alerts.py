"""The demo's alerts: rules with short waits, that begin and end while one looks on."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_kit import wait_for

from hl7console.engine.alerts.rules_file import checked, rules_path
from hl7console.engine.demo import forwarding, watching
from hl7console.engine.demo.receivers import Outages
from hl7console.engine.demo.running import RunningDemo, running_demo
from hl7console.engine.demo.setup import check_folder
from hl7console.store.keys import KeySource

SOURCE = KeySource(use_key_store=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def told(demo: RunningDemo, rule: str) -> list[watching.ToldAlert]:
    return [alert for alert in demo.alerts() if alert.rule == rule]


def test_an_outage_and_refusals_are_told_and_end(folder, monkeypatch):
    monkeypatch.setattr(forwarding, "OUTAGES", Outages(0.5, 6.0, 600.0))
    rules = watching.demo_rules().replace('wait_s = "20s"', 'wait_s = "1s"')
    rules = rules.replace('recover_s = "10s"', 'recover_s = "1s"')
    monkeypatch.setattr(watching, "demo_rules", lambda: rules)
    with running_demo(folder, SOURCE, seed=1) as demo:
        wait_for(lambda: bool(told(demo, "Interface down")), "the outage is told", 30)
        wait_for(lambda: told(demo, "Interface down")[0].over_after_s is not None, "it is over", 30)
        wait_for(lambda: bool(told(demo, "Billing refuses many")), "refusals are told", 60)
        (outage,) = told(demo, "Interface down")
        assert outage.interface == forwarding.ARCHIVE_OUT
        assert outage.severity == "critical"
        assert outage.over_after_s is not None
        assert 0 < outage.after_s < outage.over_after_s
        refusals = told(demo, "Billing refuses many")
        assert {alert.interface for alert in refusals} == {forwarding.BILLING_OUT}
        # What is invented of the past is none of an alert's business.
        taken = {one.destination: one for one in demo.forwarded()}[forwarding.BILLING_OUT]
        of = int(refusals[0].text.split(" of ")[1].split()[0])
        assert of <= taken.taken + taken.refused
        assert len(demo.alerts()) < 6


def test_the_usual_outages_are_too_short_for_an_alert_and_the_longer_ones_are_not():
    (rule,) = [r for r in checked(watching.demo_rules()).rules if r.name == "Interface down"]
    outages = forwarding.OUTAGES
    retry_s = 4.0
    lengths = [outages.length_s(number) for number in range(30)]
    assert lengths[0] + retry_s < rule.wait_s < lengths[1]
    assert {length > rule.wait_s for length in lengths[2:11]} == {False}
    assert lengths[11] > rule.wait_s
    assert rule.recover_s < outages.between_s


def test_outages_are_all_alike_where_no_longer_ones_are_wanted():
    assert {Outages(1.0, 2.0, 3.0).length_s(number) for number in range(30)} == {2.0}


def test_rules_are_written_once_and_those_of_people_stay(folder):
    with running_demo(folder, SOURCE, seed=1) as demo:
        assert rules_path(folder).read_text(encoding="utf-8") == watching.demo_rules()
        assert not demo.engine.snapshot().alert_problem
    rules_path(folder).write_text("# mine\n", encoding="utf-8")
    with running_demo(folder, SOURCE, seed=1) as demo:
        assert rules_path(folder).read_text(encoding="utf-8") == "# mine\n"
        assert demo.alerts() == ()
    check_folder(folder)
