"""Makes a recipe of its text, checks all of it, and names the line of a mistake."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from hl7console.hl7v2.recipes.conditions import Condition, ConditionError
from hl7console.hl7v2.recipes.recipe import Recipe, Step
from hl7console.hl7v2.recipes.step_reading import ACTIONS, COMMON, StepReader
from hl7console.hl7v2.recipes.toml_reading import RecipeText

MOST_STEPS = 1_000
_TOP = ("description", "step", "tables")


@lru_cache(maxsize=64)
def load_recipe(text: str, name: str = "") -> Recipe:
    """Return the recipe that a text describes. Any thread.

    Args:
        text: TOML.
        name: Name of the recipe, for what is told; may be empty.

    Raises:
        RecipeError: Something in it is wrong; it names the line.
    """
    source = RecipeText(text, name)
    for key in source.tables:
        if key not in _TOP:
            source.fail((key,), f"there is no {key}.", "A recipe has description, step and tables.")
    tables = _tables(source)
    return Recipe(
        name=name,
        text=text,
        description=source.text(("description",), source.tables.get("description", "")),
        steps=_steps(source),
        tables=tables,
    )


def _tables(source: RecipeText) -> dict[str, dict[str, str]]:
    tables = source.tables.get("tables", {})
    if not isinstance(tables, dict):
        source.fail(("tables",), "tables must be written as [tables.NAME].")
    found: dict[str, dict[str, str]] = {}
    for name, table in tables.items():
        key = (f"tables.{name}",)
        if not isinstance(table, dict):
            source.fail(("tables", name), f"the table {name} must be written as [tables.{name}].")
        found[name] = {code: source.text((*key, code), value) for code, value in table.items()}
    return found


def _steps(source: RecipeText) -> tuple[Step, ...]:
    tables = source.tables.get("step", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        source.fail(("step",), "step must be written as [[step]].")
    if not tables:
        source.fail((), "it has no step.", "Add one: it begins with [[step]].")
    if len(tables) > MOST_STEPS:
        source.fail(("step",), f"it has more than {MOST_STEPS:,} steps.")
    return tuple(_step(source, number, table) for number, table in enumerate(tables))


def _step(source: RecipeText, number: int, table: dict[str, object]) -> Step:
    key = ("step", str(number))
    names = [name for name in ACTIONS if name in table]
    if len(names) != 1:
        text = "a step does one thing" if names else "it is not said what the step does"
        source.fail((*key, names[1]) if names else key, f"{text}.", _listed("Steps", ACTIONS))
    action = ACTIONS[names[0]]
    for option in table:
        if option not in (names[0], *action.options, *COMMON):
            known = (*action.options, *COMMON)
            source.fail((*key, option), f"{names[0]} has no {option}.", _listed("It has", known))
    reader = StepReader(source, key, table, names[0])
    return Step(action.read(reader), _condition(source, key, table), source.line(key))


def _condition(
    source: RecipeText, key: tuple[str, ...], table: dict[str, object]
) -> Condition | None:
    if "note" in table:
        source.text((*key, "note"), table["note"])
    if "when" not in table:
        return None
    try:
        return Condition.parse(source.text((*key, "when"), table["when"]))
    except ConditionError as fault:
        source.fail((*key, "when"), f"when is not understood: {fault}")


def _listed(title: str, words: Iterable[str]) -> str:
    return f"{title}: " + ", ".join(words) + "."
