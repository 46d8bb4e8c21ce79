"""Saved recipes, tables that recipes name, and what recipes are applied with.

A recipe is a file ``recipes/NAME.toml`` of the workspace, a table a file ``tables/NAME.csv`` with a
code and its replacement in each line; both may be written with any editor.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hl7console.engine.core import EngineCore
from hl7console.engine.function_runner import FunctionRunner
from hl7console.engine.intake import ControlIds
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.hl7v2.recipes import RecipeContext
from hl7console.hl7v2.recipes.toml_reading import LONGEST_TEXT
from hl7console.store.approvals import FUNCTION, approval

FOLDER = "recipes"
TABLES = "tables"

LARGEST_TABLE_BYTES = 16 * 1024 * 1024
"""Largest file of codes that is read."""

_NAME = re.compile(r"[^\W_](?:[\w .-]{0,62}[\w-])?")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names that Windows takes for devices, whatever follows a dot."""


def check_name(name: str) -> str:
    """Return the name that a recipe may be saved by: it becomes the name of a file everywhere.

    Raises:
        UsageError: It cannot be one.
    """
    if not _NAME.fullmatch(name) or _DEVICES.fullmatch(name):
        raise UsageError(
            "A recipe cannot have this name.",
            hint="Take letters, digits, blanks, dots and hyphens; begin with a letter or digit.",
        )
    return name


def names(workspace: Path) -> list[str]:
    """Return the names of the saved recipes in order; any thread but the window's."""
    try:
        found = [path.stem for path in (workspace / FOLDER).iterdir() if path.suffix == ".toml"]
    except OSError:
        return []
    return sorted(filter(_is_name, found), key=str.casefold)


def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and not _DEVICES.fullmatch(name)


def read(workspace: Path, name: str) -> str:
    """Return the text of a saved recipe; any thread but the window's.

    Raises:
        UsageError: There is none of this name, or its file cannot be read as text.
    """
    path = _path(workspace, name)
    try:
        if path.stat().st_size > 4 * LONGEST_TEXT:
            raise UsageError(f"The recipe {name} is too large.")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"There is no recipe {name}.", hint="Look at the saved recipes.") from None
    except (OSError, ValueError):
        raise UsageError(f"The recipe {name} cannot be read.") from None


def save(workspace: Path, name: str, text: str) -> None:
    """Save a recipe, in place of one of the same name; any thread but the window's.

    What is saved need not be a recipe yet: it may be finished another time.

    Raises:
        UsageError: It cannot have this name.
        EnvironmentFaultError: The file cannot be written.
    """
    path = _path(workspace, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text.encode("utf-8"))
    except (OSError, ValueError):
        raise EnvironmentFaultError(
            f"The recipe {name} cannot be saved.",
            hint="Look whether the workspace's disk is full or write-protected.",
        ) from None


def delete(workspace: Path, name: str) -> None:
    """Remove a saved recipe; what was sent with it stays in the record.

    Raises:
        EnvironmentFaultError: The file cannot be removed.
    """
    try:
        _path(workspace, name).unlink(missing_ok=True)
    except OSError:
        raise EnvironmentFaultError(f"The recipe {name} cannot be deleted.") from None


def tables(workspace: Path) -> dict[str, dict[str, str]]:
    """Return the tables of the workspace by name; any thread but the window's.

    A file that cannot be read is no table, so that a recipe that names it says so.
    """
    found: dict[str, dict[str, str]] = {}
    with contextlib.suppress(OSError):
        for path in sorted((workspace / TABLES).glob("*.csv")):
            with contextlib.suppress(OSError, ValueError, csv.Error):
                if path.stat().st_size <= LARGEST_TABLE_BYTES:
                    found[path.stem] = _table(path.read_text(encoding="utf-8-sig"))
    return found


def _table(text: str) -> dict[str, str]:
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    rows = csv.reader(text.splitlines(), delimiter=mark)
    return {row[0].strip(): row[1].strip() for row in rows if len(row) >= 2}


def context(core: EngineCore) -> RecipeContext:
    """Return what recipes are applied with: one for a whole resend, or for one message.

    Take `at` for the time of each message. Functions run in a process that ends with the context.
    Any thread but the window's; `Recipe.apply` with functions takes its time, and is for a thread
    that may wait.
    """

    def is_approved(digest: str) -> bool:
        with contextlib.closing(core.open_reader()) as reader:
            return approval(reader.database(), FUNCTION, digest) is not None

    return context_of(core.workspace, is_approved, core.control_ids)


def context_of(
    workspace: Path,
    is_approved: Callable[[str], bool],
    control_ids: ControlIds | None = None,
) -> RecipeContext:
    """Return what recipes are applied with, where no engine is at hand; see `context`.

    Args:
        workspace: Where functions and tables are.
        is_approved: Tells by its SHA-256 whether a file with functions may run.
        control_ids: Where new control ids come from.
    """
    ids = control_ids or ControlIds()
    return RecipeContext(
        now_us=time.time_ns() // 1000,
        new_control_id=lambda: ids.next().decode("ascii"),
        run_function=FunctionRunner(workspace, is_approved),
        tables=tables(workspace),
        clock_s=time.monotonic,
    )


def at(context: RecipeContext, now_us: int = 0) -> RecipeContext:
    """Return the same context at another time; 0 for the present."""
    return dataclasses.replace(context, now_us=now_us or time.time_ns() // 1000)


def _path(workspace: Path, name: str) -> Path:
    return workspace / FOLDER / f"{check_name(name)}.toml"


def _replace(path: Path, data: bytes) -> None:
    """Write a file such that there is the old or the new one, whatever happens."""
    number, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
