"""All kinds are there, and their findings name subjects so that filters find them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.alerts.kinds.subjects import chosen, is_about, quoted, since, titled
from hl7console.engine.alerts.kinds.table import KINDS
from hl7console.hl7v2.filters import ColumnIs, ReceivedSince, parse
from hl7console.settings.alerts import AlertKind, AlertRule


def test_that_every_kind_finds_something_and_looks_now_and_then() -> None:
    assert set(KINDS) == set(AlertKind)
    assert all(1.0 <= kind.every_s <= 60.0 for kind in KINDS.values())


@pytest.mark.parametrize(
    ("subjects", "name", "expected"),
    [
        ((), "RIS-in", True),
        ((), "", True),
        (("RIS-in",), "ris-IN", True),
        (("RIS",), "RIS-in", False),
        (("LAB", "*-in"), "RIS-in", True),
        (("ris|*",), "RIS|NORTH", True),
        (("STRASSE*",), "Straße 1", True),
        (("*",), "", True),
        (("",), "RIS-in", False),
    ],
)
def test_which_subjects_a_rule_is_about(subjects, name, expected) -> None:
    rule = AlertRule("R", AlertKind.CONNECTION, subjects=subjects)
    assert is_about(rule, name) is expected
    assert chosen(rule, [name]) == [name] * expected


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30))
def test_that_a_name_of_any_characters_is_quoted(name: str) -> None:
    root = parse(f"listener:{quoted(name)}").root
    is_prefix = name.endswith("*") and len(name) > 1
    assert root == ColumnIs("listener", name[:-1] if is_prefix else name, is_prefix)


@given(st.integers(0, 250_000_000_000_000_000))
def test_that_a_time_is_written_for_the_filter(at_us: int) -> None:
    root = parse(since(at_us)).root
    assert isinstance(root, ReceivedSince)
    assert root.at_us == at_us // 1_000_000 * 1_000_000


@pytest.mark.parametrize("at_us", [-1, 2**62, -(2**62)])
def test_that_an_impossible_time_is_left_out(at_us: int) -> None:
    assert since(at_us) == ""


def test_how_a_sender_is_named() -> None:
    assert titled("sender", "RIS|NORTH") == "the sender RIS at NORTH"
    assert titled("listener", "A|B") == "A|B"
