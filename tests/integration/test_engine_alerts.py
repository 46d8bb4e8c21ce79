"""The whole engine: alerts begin, are looked after, go on over restarts and kills, and end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alert_engine_kit import running, taken_port
from engine_kit import Client, order, port, wait_for
from killable_engine_kit import attach, engine_processes

from hl7console.engine.alert_commands import (
    AcknowledgeAlerts,
    SaveAlertRules,
    SnoozeAlerts,
    TryAlertRule,
)
from hl7console.engine.alerts.rules_file import rules_path
from hl7console.engine.console import Console, DeleteInterface, SaveListener
from hl7console.errors import UsageError
from hl7console.settings import ListenerSettings
from hl7console.settings.alert_file import AlertFileError
from hl7console.store import audit
from hl7console.store.alert_history import alerts_between
from hl7console.store.alert_records import AlertRecord

DOWN = '[[rule]]\nname = "Down"\nkind = "connection"\nseverity = "critical"\nrecover_s = 0\n'
SECOND_US = 1_000_000

pytestmark = pytest.mark.expects_log  # a listener that cannot listen is logged


def save_rules(console: Console, text: str = DOWN) -> None:
    console.submit(SaveAlertRules(text)).result(10)


def break_listener(console: Console, at_port: int, name: str = "RIS in") -> AlertRecord:
    """Add a listener whose port is taken, and return its alert."""
    console.submit(SaveListener(ListenerSettings(name, port=at_port))).result(10)
    wait_for(lambda: subjects(console) == {name}, "the alert", 20)
    return next(alert for alert in console.snapshot().alerts if alert.subject == name)


def subjects(console: Console) -> set[str]:
    return {alert.subject for alert in console.snapshot().alerts}


def all_alerts(console: Console) -> list[AlertRecord]:
    with closing(console.open_reader()) as reader:
        return alerts_between(reader, 0, 1 << 62)


def test_that_an_alert_begins_is_looked_after_over_a_restart_and_ends(tmp_path: Path) -> None:
    with taken_port() as at_port:
        with running(tmp_path) as engine:
            save_rules(engine)
            alert = break_listener(engine, at_port)
            assert "cannot listen" in alert.text
            until_us = time.time_ns() // 1000 + 3600 * SECOND_US
            engine.submit(AcknowledgeAlerts((alert.id,), "Port is given back at noon")).result(10)
            engine.submit(SnoozeAlerts((alert.id,), until_us)).result(10)
            wait_for(lambda: engine.snapshot().alerts[0].snoozed_until_us == until_us, "the snooze")
        with running(tmp_path) as engine:
            wait_for(lambda: subjects(engine) == {"RIS in"}, "the alert")
            (again,) = engine.snapshot().alerts
            assert again.id == alert.id
            assert again.onset_at_us == alert.onset_at_us
            assert (again.note, again.snoozed_until_us) == ("Port is given back at noon", until_us)
            assert again.acknowledged_by
    with running(tmp_path) as engine:
        wait_for(lambda: not all_alerts(engine)[0].is_open, "the end", 20)
        (ended,) = all_alerts(engine)
        assert ended.id == alert.id
        assert ended.recovery_text.startswith("Well again after")
        assert ended.note == "Port is given back at noon"
        with closing(engine.open_reader()) as reader:
            rows = audit.read(reader.database())
        assert {"alert rules saved", "alerts acknowledged", "alerts snoozed"} <= {
            row.action for row in rows
        }
        assert "noon" not in str(rows)


def test_that_a_kill_makes_no_second_alert_of_an_open_one(tmp_path: Path) -> None:
    with engine_processes(tmp_path) as processes, taken_port() as at_port:
        process = processes.run(tmp_path)
        with closing_console(tmp_path) as console:
            save_rules(console)
            alert = break_listener(console, at_port)
            console.submit(AcknowledgeAlerts((alert.id,), "Seen")).result(10)
        process.kill()
        process = processes.run(tmp_path)
        with closing_console(tmp_path) as console:
            wait_for(lambda: subjects(console) == {"RIS in"}, "the alert", 20)
            version = console.snapshot().alerts_version
            wait_for(lambda: console.snapshot().interfaces[0].since_us, "the listener", 20)
            assert console.snapshot().alerts[0].note == "Seen"
            assert [one.id for one in all_alerts(console)] == [alert.id]
            assert console.snapshot().alerts_version >= version
        process.stop()


@contextmanager
def closing_console(folder: Path) -> Iterator[Console]:
    console = attach(folder)
    try:
        yield console
    finally:
        console.stop()


def test_that_a_mistake_leaves_the_old_rules_in_force(tmp_path: Path) -> None:
    with running(tmp_path) as engine, taken_port() as at_port:
        save_rules(engine)
        with pytest.raises(AlertFileError, match="Line 4: there is no severity_"):
            engine.submit(
                SaveAlertRules('[[rule]]\nname = "x"\nkind = "stuck"\nseverity_ = "info"\n')
            ).result(10)
        assert rules_path(engine.workspace).read_text(encoding="utf-8") == DOWN

        path = rules_path(engine.workspace)
        path.write_text(f"{DOWN}\n[[rule]\n", encoding="utf-8")
        wait_for(lambda: "Line 7" in engine.snapshot().alert_problem, "the mistake is told", 20)
        break_listener(engine, at_port)
        path.write_text(DOWN, encoding="utf-8")
        wait_for(lambda: not engine.snapshot().alert_problem, "the mistake is gone", 20)
        assert subjects(engine) == {"RIS in"}


def test_that_alerts_end_with_their_rule_and_with_their_interface(tmp_path: Path) -> None:
    with running(tmp_path) as engine, taken_port() as at_port:
        engine.submit(SaveListener(ListenerSettings("Well", port=0))).result(10)
        save_rules(engine, DOWN.replace("recover_s = 0", "recover_s = 3600"))
        break_listener(engine, at_port)
        engine.submit(DeleteInterface("RIS in")).result(10)
        wait_for(lambda: not engine.snapshot().alerts, "the end", 20)
        assert "no such interface" in all_alerts(engine)[0].recovery_text

        break_listener(engine, at_port)
        rules_path(engine.workspace).unlink()  # the usual rules have other names
        wait_for(
            lambda: all(alert.rule != "Down" for alert in engine.snapshot().alerts), "the end", 20
        )
        assert "its rule was removed" in all_alerts(engine)[1].recovery_text


def test_that_refused_messages_make_an_alert_with_a_sample(tmp_path: Path) -> None:
    rules = (
        '[[rule]]\nname = "Run"\nkind = "refused_run"\nlimit = 3\nrecover_s = 0\n'
        '[[rule]]\nname = "Rate"\nkind = "rejections"\nlimit = 20\nspan_s = "5m"\n'
    )
    with running(tmp_path) as engine:
        save_rules(engine, rules)
        listener = ListenerSettings("RIS in", port=0, allowed_senders=("OTHER",))
        engine.submit(SaveListener(listener)).result(10)
        with Client(port(engine, "RIS in")) as client:
            for number in range(6):
                client.ask(order(f"C{number}"))
            wait_for(lambda: engine.snapshot().alerts_open == 2, "both alerts", 20)
        alerts = {alert.rule: alert for alert in engine.snapshot().alerts}
        assert "messages of RIS in were all refused" in alerts["Run"].text
        assert alerts["Run"].sample_control_id == "C0"
        assert "(100 %) were refused" in alerts["Rate"].text
        told = " ".join(alert.text + alert.filter for alert in alerts.values())
        assert "MARLOWE" not in told
        assert "77001" not in told


def test_that_a_rule_is_tried_by_a_command(tmp_path: Path) -> None:
    until_us = time.time_ns() // 1000
    with running(tmp_path) as engine:
        text = '[[rule]]\nname = "Run"\nkind = "refused_run"\n'
        job = engine.submit(TryAlertRule(text, "Run", until_us - 3600 * SECOND_US, until_us))
        assert job.result(20).text
        with pytest.raises(UsageError, match="no rule named Other"):
            engine.submit(TryAlertRule(text, "Other", until_us - SECOND_US, until_us)).result(20)
        assert engine.snapshot().alerts == ()


def test_that_commands_about_alerts_that_are_not_there_do_no_harm(tmp_path: Path) -> None:
    with running(tmp_path) as engine:
        assert engine.submit(AcknowledgeAlerts((99,))).result(10).text == "0 alerts acknowledged."
        assert engine.submit(SnoozeAlerts((99,), 0)).result(10).text.startswith("0 alerts")
        with pytest.raises(UsageError, match="2,000"):
            engine.submit(AcknowledgeAlerts((1,), "x" * 2_001)).result(10)
