"""Reading recipes: what is understood, and which line a mistake is on.

Modules: hl7console.hl7v2.recipes.loading, hl7console.hl7v2.recipes.step_reading,
hl7console.hl7v2.recipes.toml_reading.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_kit import step

from hl7console.hl7v2.recipes import RecipeError, load_recipe
from hl7console.hl7v2.recipes.step_reading import ACTIONS

HELP = Path(__file__).parents[4] / "resources" / "help" / "recipes.md"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 0, "no step"),
        ("x = ", 1, "not TOML"),
        ("\n[[step]]\nset = MSH-3\n", 3, "not TOML"),
        ("color = 1", 1, "no color"),
        ("[step]\nset = 1", 1, "[[step]]"),
        ("step = [1]", 1, "[[step]]"),
        ("[[step]]\nnote = 'x'", 1, "not said what"),
        ("[[step]]\nclear = 'PID-3'\nremove = 'NTE'", 3, "one thing"),
        ("[[step]]\nclear = 'PID-3'\nby = 1", 3, "clear has no by"),
        ("[[step]]\nclear = 'PID-3'\n\n[[step]]\nclear = 'P-3'", 5, "no path"),
        ("[[step]]\nclear = 'PID'", 2, "needs a field"),
        ("[[step]]\nclear = []", 2, "names nothing"),
        ("[[step]]\nclear = 'MSH-2'", 2, "delimiters"),
        ("[[step]]\nset = 'MSH-18'\nvalue = 'x'", 2, "character set"),
        ("[[step]]\nset = 'PID-3'", 2, "one of value"),
        ("[[step]]\nset = 'PID-3'\nvalue = 1", 3, "text in quotes"),
        ("[[step]]\nset = 'PID-3'\nwritten = 'a|b'", 3, "within a field"),
        ("[[step]]\nset = 'PID-999999999'\nvalue = 'x'", 2, "further than any"),
        ("[[step]]\ncopy = 'PID-3'\nto = 'PID-2.1'", 2, "more than"),
        ("[[step]]\ncopy = 'PID-3'", 2, "needs to"),
        ("[[step]]\nmap = 'PID-8'", 2, "needs table"),
        ("[[step]]\nmap = 'PID-8'\ntable = { F = 1 }", 3, "entry F"),
        ("[[step]]\nmap = 'PID-8'\ntable = 'x'\ndefault = 'drop'", 4, "default must be"),
        ("[[step]]\nshift = 'all'", 2, "how far"),
        ("[[step]]\nshift = 'all'\ndays = 1.5", 3, "whole number"),
        ("[[step]]\nshift = 'all'\nweeks = 999999", 2, "400 years"),
        ("[[step]]\nnew_control_id = false", 2, "only be true"),
        ("[[step]]\nrename = 'ZZZ'\nto = 'MSH'", 3, "name of a segment"),
        ("[[step]]\nrename = 'MSH'\nto = 'ZZZ'", 2, "do without"),
        ("[[step]]\nremove = 'PID-3'", 2, "needs a segment"),
        ("[[step]]\nregex = 'PID-5'\nfind = '('\nreplace = ''", 3, "cannot be used"),
        ("[[step]]\nregex = 'PID-5'\nfind = 'a'\nreplace = '\\2'", 3, "cannot be used"),
        ("[[step]]\nfunction = '../x.py:f'", 2, "must name a file"),
        ("[[step]]\nclear = 'PID-3'\nwhen = 'status:ok'", 3, "from a message alone"),
        ("[[step]]\nclear = 'PID-3'\nwhen = 'from:RIS listener:In'", 3, "listener:In"),
        ("[[step]]\nclear = 'PID-3'\nwhen = '('", 3, "when is not understood"),
        ("[[step]]\nclear = 'PID-3'\nwhen = ''", 3, "empty"),
        ("[[step]]\nclear = 'PID-3'\n[tables]\nx = 1", 4, "[tables.x]"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, told: str):
    with pytest.raises(RecipeError) as fault:
        load_recipe(text, "Mine")
    assert told in fault.value.text
    assert fault.value.line == line
    if line:
        assert f"Line {line} of the recipe Mine" in fault.value.text


def test_a_recipe_knows_its_text():
    text = 'description = "What"\n' + step(clear="PID-19", note="not wanted there")
    recipe = load_recipe(text, "Mine")
    assert (recipe.name, recipe.text, recipe.description) == ("Mine", text, "What")
    assert recipe.steps[0].line == 2
    assert len(recipe.digest) == 64


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str):
    for junk in (text, f"[[step]]\n{text}", f"[[step]]\nset = '''{text}'''\nvalue = ''"):
        try:
            load_recipe(junk)
        except RecipeError as fault:
            assert fault.text  # noqa: PT017


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from(["PID-3", "NTE"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)
OPTIONS = (*ACTIONS, *(name for kind in ACTIONS.values() for name in kind.options), "when", "note")


@given(st.dictionaries(st.sampled_from(OPTIONS), VALUES, max_size=4))
def test_any_options_are_read_or_refused(options: dict[str, object]):
    try:
        load_recipe(step(**options))
    except RecipeError as fault:
        assert fault.text  # noqa: PT017


def test_deep_nesting_is_refused():
    with pytest.raises(RecipeError):
        load_recipe("x = " + "[" * 100_000)


def test_the_examples_of_the_help_are_recipes():
    examples = re.findall(r"```toml\n(.*?)```", HELP.read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    shown = {name for text in examples for name in ACTIONS if f"\n{name} = " in f"\n{text}"}
    for text in examples:
        load_recipe(text)
    assert shown == set(ACTIONS)
