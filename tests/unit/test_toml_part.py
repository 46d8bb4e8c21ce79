"""A TOML file as a part of another: the same values come back, and comments outlive taking in."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.errors import UsageError
from hl7console.settings.toml_part import merged_text, part_text

KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
PLAIN = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=6), max_size=3),
)
TABLES = st.dictionaries(KEYS, PLAIN, max_size=4)
VALUES = st.dictionaries(
    KEYS,
    st.one_of(PLAIN, TABLES, st.lists(TABLES, min_size=1, max_size=3)),
    max_size=5,
)


@given(VALUES)
def test_any_values_come_back(values: dict[str, object]):
    assert tomllib.loads(part_text(values)) == values
    text = f'before = 1\n{part_text(values, "alerts")}\n[[other]]\nname = "x"\n'
    assert tomllib.loads(text) == {"before": 1, "alerts": values, "other": [{"name": "x"}]}


SITE = """\
# Rules of the northern site.
group_above = 5  # calls

[normal]
weeks = 8

[[rule]]
name = "down"   # the most important one
kind = "connection"
wait_s = 60

# Nights only.
[[rule]]
name = "night"
kind = "silence"
"""


def test_what_comes_replaces_what_has_its_name():
    found = {
        "group_above": 9,
        "normal": {"weeks": 4, "least_weeks": 2},
        "rule": [{"name": "night", "kind": "rate"}, {"name": "new", "kind": "disk"}],
        "email": [{"name": "mail", "recipients": ["a@x.test"]}],
    }
    text = merged_text(SITE, found)
    assert tomllib.loads(text) == {
        "group_above": 9,
        "normal": {"weeks": 4, "least_weeks": 2},
        "rule": [
            {"name": "down", "kind": "connection", "wait_s": 60},
            {"name": "night", "kind": "rate"},
            {"name": "new", "kind": "disk"},
        ],
        "email": [{"name": "mail", "recipients": ["a@x.test"]}],
    }
    for comment in ("# Rules of the northern site.", "# calls", "# the most important", "# Nights"):
        assert comment in text
    assert merged_text(text, found) == text


def test_a_text_that_is_written_otherwise_is_written_anew():
    text = merged_text('rule = [{name = "a", kind = "x"}]\n', {"rule": [{"name": "b"}]})
    assert tomllib.loads(text) == {"rule": [{"name": "a", "kind": "x"}, {"name": "b"}]}


NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcd"), "value": PLAIN}),
    min_size=1,
    max_size=4,
    unique_by=lambda table: table["name"],
)


@given(NAMED, NAMED)
def test_taking_in_keeps_every_other_table(old: list[dict], new: list[dict]):
    text = merged_text(part_text({"rule": old}), {"rule": new})
    by_name = {table["name"]: table for table in tomllib.loads(text)["rule"]}
    assert by_name == {**{t["name"]: t for t in old}, **{t["name"]: t for t in new}}


def test_what_is_no_value_is_told():
    with pytest.raises(UsageError, match="when has a value of the wrong type"):
        part_text(tomllib.loads("when = 2026-01-05"))
    with pytest.raises(UsageError, match="not TOML"):
        merged_text("x = ", {})
