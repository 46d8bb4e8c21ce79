"""What *Add step* puts into a recipe: each step as it is usually written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepTemplate:
    """One kind of step."""

    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The step as TOML."""
        return "[[step]]\n" + "\n".join(self.lines) + "\n"


TEMPLATES = (
    StepTemplate("Set a value", ('set = "MSH-5"', 'value = "TEST"')),
    StepTemplate("Set several parts", ('set = "PV1-3"', 'written = "WARD^12^A"')),
    StepTemplate("Copy a field", ('copy = "PID-3.1"', 'to = "PID-2"')),
    StepTemplate("Clear a field", ('clear = "PID-19"',)),
    StepTemplate(
        "Map codes by a table",
        ('map = "PID-8"', 'table = { "1" = "M", "2" = "F" }', 'default = "keep"'),
    ),
    StepTemplate("Shift dates and times", ('shift = "all"', "days = 1")),
    StepTemplate("Set a time to now", ('now = "MSH-7"',)),
    StepTemplate("New control ID", ("new_control_id = true",)),
    StepTemplate("Rename a segment", ('rename = "ZPV"', 'to = "ZV1"')),
    StepTemplate("Remove segments", ('remove = "NTE"',)),
    StepTemplate(
        "Replace by regular expression",
        ('regex = "PID-13"', r"find = '^0(\d+)$'", r"replace = '+49\1'"),
    ),
    StepTemplate("Run a function", ('function = "tidy.py:run"',)),
)

CONDITION = 'when = "type:ORU"\n'
"""A line that makes the step before conditional."""

NEW_RECIPE = 'description = ""\n\n[[step]]\nset = "MSH-5"\nvalue = "TEST"\n'
"""What a new recipe begins with."""
