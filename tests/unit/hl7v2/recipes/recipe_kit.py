"""What the tests of recipes share."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone

from hl7console.hl7v2.recipes import RecipeContext, RecipeOutcome, load_recipe

NOW = datetime(2026, 11, 24, 14, 15, 16, tzinfo=UTC)

RAW = (
    b"MSH|^~\\&|RIS|NORTH|PACS|NORTH|20260105093012+0100||ORU^R01^ORU_R01|C1|P|2.5.1\r"
    b"PID|1||77001^^^NORTH^MR~88^^^SOUTH^PI||MARLOWE^TESS||19680412|F\r"
    b"PV1|1|I\r"
    b"OBR|1|P1||CTHEAD^CT HEAD|||202601050900|202601050930\r"
    b"OBX|1|FT|A^Finding||first\\.br\\second \\T\\ third||||||F|||20260105\r"
    b"OBX|2|ST|B||plain||||||P\r"
    b"NTE|1||one\r"
    b"NTE|2||two\r"
)


def context(**changes) -> RecipeContext:
    numbers = itertools.count(1)
    return RecipeContext(
        now_us=int(NOW.timestamp() * 1_000_000),
        new_control_id=lambda: f"NEW{next(numbers)}",
        zone=timezone(timedelta(0)),
        **changes,
    )


def applied(recipe: str, raw: bytes = RAW, **changes) -> RecipeOutcome:
    return load_recipe(recipe).apply(raw, context(**changes))


def step(**options) -> str:
    """Return a recipe of one step."""
    return "[[step]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in options.items())


def _toml(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04X}" for c in text) + '"'
