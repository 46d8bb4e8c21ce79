"""Changing single values of a TOML text: what it says changes, and nothing else of it does."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.errors import UsageError
from hl7console.settings.toml_edit import (
    add_table,
    read_toml,
    remove_table,
    set_values,
    table_text,
    written,
)

TEXT = '''# Rules of the night shift
group_above = 5  # as agreed

# Wakes the one on duty
[[rule]]
name = "Down"   # the name is in the manual
kind = "connection"
subjects = [
  "PACS out",  # [not a table]
  "Billing # out",
]
wait_s = 60

[[rule]]
name = 'Silence = "quiet"'
kind = "silence"
note = """
[[rule]]
name = "no rule"
"""

# The mail of the team

[[email]]
name = "Team"
'''


def comments(text: str) -> list[str]:
    return [part.strip() for line in text.splitlines() if (part := line.partition("#")[2])]


def test_a_value_is_changed_where_it_stands():
    made = set_values(TEXT, "rule", 0, {"wait_s": 120, "name": "Link down"})
    assert made == TEXT.replace("wait_s = 60", "wait_s = 120").replace(
        'name = "Down"   #', 'name = "Link down"   #'
    )


def test_a_value_over_several_lines_is_replaced_whole():
    made = set_values(TEXT, "rule", 0, {"subjects": ("Archive",)})
    assert 'subjects = ["Archive"]\nwait_s = 60\n' in made
    assert tomllib.loads(made)["rule"][0]["subjects"] == ["Archive"]


def test_a_value_that_says_the_same_stays_as_it_is_written():
    same = {"subjects": ("PACS out", "Billing # out"), "wait_s": 60.0, "name": "Down"}
    assert set_values(TEXT, "rule", 0, same) == TEXT


def test_a_new_key_comes_behind_the_last_one_of_its_table():
    made = set_values(TEXT, "rule", 0, {"sound": True})
    assert "wait_s = 60\nsound = true\n\n[[rule]]" in made
    made = set_values(TEXT, "rule", 1, {"enabled": False})
    assert '"""\nenabled = false\n\n# The mail' in made


def test_the_first_key_before_all_tables_stands_below_what_is_said_of_the_file():
    rule = '# Wakes somebody\n[[rule]]\nname = "A"\n'
    assert set_values(rule, "", None, {"x": 1}) == f"x = 1\n\n{rule}"
    text = f"# My rules\n\n{rule}"
    assert set_values(text, "", None, {"x": 1}) == f"# My rules\n\nx = 1\n\n{rule}"


def test_a_key_is_taken_out_and_its_comment_stays():
    made = set_values(TEXT, "", None, {"group_above": None})
    assert made.startswith("# Rules of the night shift\n# as agreed\n\n# Wakes")
    assert comments(made) == comments(TEXT)


def test_a_table_is_added_behind_its_like():
    made = add_table(TEXT, "rule", {"name": "Disk", "kind": "disk"})
    assert '"""\n\n[[rule]]\nname = "Disk"\nkind = "disk"\n\n# The mail' in made
    assert add_table("", "rule", {"name": "A"}) == '[[rule]]\nname = "A"\n'
    assert add_table("x = 1", "normal", {"weeks": 4}, is_array=False) == (
        "x = 1\n\n[normal]\nweeks = 4\n"
    )


def test_a_table_goes_with_the_comments_right_above_it():
    assert table_text(TEXT, "rule", 0).startswith("# Wakes the one on duty\n[[rule]]")
    made = remove_table(TEXT, "rule", 0)
    assert "Wakes" not in made
    assert [rule["kind"] for rule in tomllib.loads(made)["rule"]] == ["silence"]
    made = remove_table(made, "rule", 0)
    assert "# The mail of the team" in made
    assert "rule" not in tomllib.loads(made)


@pytest.mark.parametrize(
    "text", ['rule = [{name = "A"}]\n', '"ru\\u006ce" = [{name = "A"}]\n', "rule = 3\n"]
)
def test_what_cannot_be_followed_is_left_and_told(text):
    with pytest.raises(UsageError):
        set_values(text, "rule", 0, {"name": "B"})


def test_what_is_no_toml_is_told():
    with pytest.raises(UsageError, match="not TOML"):
        read_toml("rule = [")


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=3).map(tuple),
)
KEYS = st.sampled_from(["name", "kind", "wait_s", "filter", "subjects", "x-y"])
LINES = st.sampled_from(
    ["", "# note", '  # [[rule]] "', "[[rule]]", "[normal]", "[[rule]] # three", "[[email]]"]
)


@st.composite
def texts(draw) -> str:
    """Sound TOML with comments anywhere: random lines, those left out that make it unsound."""
    text = ""
    for _ in range(draw(st.integers(0, 12))):
        if draw(st.booleans()):
            line = draw(LINES)
        else:
            comment = draw(st.sampled_from(["", "  # why = [", " # 'x"]))
            line = f"{draw(KEYS)} = {written(draw(VALUES))}{comment}"
        try:
            tomllib.loads(f"{text}{line}\n")
        except tomllib.TOMLDecodeError:
            continue
        text += f"{line}\n"
    return text


@given(texts(), st.dictionaries(KEYS, st.none() | VALUES, max_size=4), st.data())
def test_any_change_says_what_it_should_and_keeps_comments(text, values, data):
    rules = tomllib.loads(text).get("rule", [])
    if not rules:
        text = add_table(text, "rule", {"name": "A"})
        rules = tomllib.loads(text)["rule"]
    place = data.draw(st.integers(0, len(rules) - 1))
    made = set_values(text, "rule", place, values)
    wanted = tomllib.loads(text)
    for key, value in values.items():
        if value is None:
            wanted["rule"][place].pop(key, None)
        else:
            wanted["rule"][place][key] = list(value) if isinstance(value, tuple) else value
    assert tomllib.loads(made) == wanted
    assert made.count("# note") == text.count("# note")
    for comment in ("# why = [", "# 'x", "# three"):
        assert made.count(comment) >= text.count(comment)
    without = tomllib.loads(remove_table(made, "rule", place)).get("rule", [])
    assert without == wanted["rule"][:place] + wanted["rule"][place + 1 :]
