"""The whole engine: what messages say of themselves makes alerts, and what is well makes none."""

from __future__ import annotations

from pathlib import Path

from engine_kit import Client, order, port, running_engine, wait_for

from hl7console.engine.alert_commands import SaveAlertRules
from hl7console.settings import ListenerSettings

RULES = """
[[rule]]
name = "Twice"
kind = "duplicates"
limit = 2

[[rule]]
name = "Order"
kind = "sequence"

[[rule]]
name = "Odd"
kind = "filter"
filter = "control:ODD*"
limit = 2

[[rule]]
name = "Content"
kind = "filter"
filter = "MSH-10=ODD2"

[[rule]]
name = "Elsewhere"
kind = "filter"
filter = "type:ORM"
subjects = ["LAB*"]

[[rule]]
name = "Refused"
kind = "refused_run"
limit = 1

[[rule]]
name = "Small"
kind = "database"
limit = 4096
"""


def test_that_messages_make_alerts_once_and_well_ones_make_none(tmp_path: Path) -> None:
    listener = ListenerSettings("RIS in", port=0)
    with running_engine(tmp_path, listener) as engine:
        engine.submit(SaveAlertRules(RULES)).result(10)

        def rules() -> list[str]:
            return sorted(alert.rule for alert in engine.snapshot().alerts)

        with Client(port(engine, "RIS in")) as client:
            # The rules look from their first look on.
            client.ask(order("FIRST"))
            client.ask(order("ODD1"))
            client.ask(order("ODD2"))
            wait_for(lambda: rules() == ["Content", "Odd"], "the matches", 20)
            for number in (*range(100, 112), 115):
                client.ask(order(f"R{number:06d}"))
            for _ in range(2):
                client.ask(order("R000115"))
            wait_for(lambda: rules() == ["Content", "Odd", "Order", "Twice"], "the rest", 20)
        alerts = {alert.rule: alert for alert in engine.snapshot().alerts}
    assert {alert.subject for alert in alerts.values()} == {"RIS in", alerts["Order"].subject}
    assert alerts["Order"].sample_control_id == "R000115"
    assert "3 numbers are missing" in alerts["Order"].text
    assert alerts["Content"].sample_control_id == "ODD2"
    told = " ".join(alert.text for alert in alerts.values())
    assert "MARLOWE" not in told
    assert "77001" not in told
