"""The user's own mapping profiles: files in the workspace, read and written off the GUI thread."""

from __future__ import annotations

import os
import re
from pathlib import Path

from hl7console.engine.worklist_inputs import PROFILES_FOLDER, profile_text
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.worklist.profiles import shipped
from hl7console.worklist.profiles.loading import ProfileError, load_profile

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,60}")


def profile_names(workspace: Path) -> list[tuple[str, bool]]:
    """Return the profiles by name, and whether each is the user's own; the shipped ones first."""
    own = sorted(path.stem for path in (workspace / PROFILES_FOLDER).glob("*.toml"))
    return [
        *((name, False) for name in shipped() if name not in own),
        *((name, True) for name in own),
    ]


def read_profile(workspace: Path, name: str) -> str:
    """Return a profile's text.

    Raises:
        UsageError: It cannot be read.
    """
    return profile_text(workspace, name)


def fault_of(text: str, name: str) -> tuple[int, str]:
    """Return the line of a mistake and what is wrong; (0, "") when the profile is sound."""
    try:
        load_profile(text, name)
    except ProfileError as error:
        return error.line, error.full_text
    except UsageError as error:
        return 0, error.full_text
    return 0, ""


def check_name(name: str) -> str:
    """Return what is wrong with a name for a profile; "" when it can be used."""
    if not _NAME.fullmatch(name) or name.endswith((" ", ".")):
        return "A name has letters, digits, blanks, dots and hyphens, at most 61."
    if name in shipped():
        return "A shipped profile has this name."
    return ""


def write_profile(workspace: Path, name: str, text: str) -> None:
    """Write one of the user's own profiles, whole or not at all.

    Raises:
        EnvironmentFaultError: It cannot be written.
        UsageError: The name cannot be used.
    """
    if problem := check_name(name):
        raise UsageError(problem)
    folder = workspace / PROFILES_FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{name}.new"
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, folder / f"{name}.toml")  # noqa: PTH105 - replaces on every system
    except OSError as error:
        raise EnvironmentFaultError(
            f"The profile cannot be written: {error.strerror}.",
            hint="Look for room and rights in the workspace's folder.",
        ) from error
