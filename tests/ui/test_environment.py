"""A destination's environment: the same word and colour wherever it shows."""

from __future__ import annotations

from dataclasses import replace

from hl7console.engine.console import InterfaceStatus, LinkState
from hl7console.ui.environment import environment_pill, environment_role
from hl7console.ui.status_line import light_text


def test_each_environment_has_its_colour_and_its_word(qtbot):
    for environment, role in (("test", "info"), ("staging", "warn"), ("production", "err")):
        pill = environment_pill(environment)
        qtbot.addWidget(pill)
        assert (pill.text, pill.role) == (environment, role)
    assert environment_role("") == "muted"


def test_a_light_says_what_the_destination_is_also_when_it_failed():
    idle = InterfaceStatus(
        "PACS", "destination", LinkState.IDLE, "pacs:2575", "off", environment="production"
    )
    assert light_text(idle) == "PACS · production"
    failed = replace(idle, state=LinkState.FAILED, text="Nothing listens there.")
    assert light_text(failed) == "PACS · production: Nothing listens there."
