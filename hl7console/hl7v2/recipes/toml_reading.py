"""Reads the TOML of a recipe and says on which line a mistake stands."""

from __future__ import annotations

import re
import tomllib
from typing import NoReturn

from hl7console.hl7v2.recipes.faults import RecipeError
from hl7console.settings.key_lines import key_lines

LONGEST_TEXT = 1024 * 1024
"""Characters of a recipe."""

Key = tuple[str, ...]
"""Where a value stands: ``("step", "0", "set")``."""


class RecipeText:
    """The text of a recipe as tables.

    Args:
        text: TOML.
        name: Name of the recipe, for what is told; may be empty.

    Raises:
        RecipeError: It is not TOML.
    """

    def __init__(self, text: str, name: str) -> None:
        self._whose = f"recipe {name}" if name else "recipe"
        if len(text) > LONGEST_TEXT:
            raise RecipeError(f"The {self._whose} is longer than {LONGEST_TEXT:,} characters.")
        self._lines = key_lines(text)
        try:
            self.tables: dict[str, object] = tomllib.loads(text)
        except (ValueError, RecursionError) as fault:
            found = re.search(r"line (\d+)", str(fault))
            line = int(found[1]) if found else text.count("\n") + 1
            what = str(fault) if isinstance(fault, ValueError) else "it is nested too deeply"
            raise RecipeError(
                f"Line {line} of the {self._whose} is not TOML: {what}.",
                line=line,
                hint='Texts stand in quotes: value = "X". A step begins with [[step]].',
            ) from None

    def line(self, key: Key) -> int:
        """Return the line of a key, or of the table it belongs to; 0 where it is not known."""
        for end in range(len(key), 0, -1):
            if line := self._lines.get(key[:end], 0):
                return line
        return 0

    def fail(self, key: Key, text: str, hint: str = "") -> NoReturn:
        """Say what is wrong with a key, and on which line it stands.

        Raises:
            RecipeError: Always.
        """
        line = self.line(key)
        where = f"Line {line} of the {self._whose}: " if line else f"The {self._whose}: "
        raise RecipeError(f"{where}{text}", line=line, hint=hint)

    def text(self, key: Key, value: object) -> str:
        """Return a value that must be text.

        Raises:
            RecipeError: It is none.
        """
        if not isinstance(value, str):
            self.fail(key, f"{key[-1]} must be text in quotes.")
        return value

    def texts(self, key: Key, value: object) -> tuple[str, ...]:
        """Return a value that must be a text or a list of texts, one at the least.

        Raises:
            RecipeError: It is none.
        """
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            self.fail(key, f"{key[-1]} must be text in quotes, or a list of texts.")
        if not value:
            self.fail(key, f"{key[-1]} names nothing.")
        return tuple(value)

    def flag(self, key: Key, value: object) -> bool:
        """Return a value that must be true or false.

        Raises:
            RecipeError: It is none.
        """
        if not isinstance(value, bool):
            self.fail(key, f"{key[-1]} must be true or false.")
        return value
