"""The profiles that come with the program."""

from __future__ import annotations

from hl7console import assets

NAMES: tuple[str, ...] = ("default", "ihe-swf", "dcm4chee-like", "site-quirks")


def shipped() -> tuple[str, ...]:
    """Return the names of the shipped profiles."""
    return NAMES


def shipped_text(name: str) -> str:
    """Return the text of a shipped profile.

    Raises:
        KeyError: There is none of this name.
    """
    if name not in NAMES:
        raise KeyError(name)
    return assets.read_text(f"worklist_profiles/{name}.toml")
