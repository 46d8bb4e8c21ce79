"""The one reader of ``resources/``.

The folder is packed into the wheel as ``_resources`` and stands beside the package in a checkout.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resources_path() -> Path:
    """Return the folder that holds the program's resources. Any thread.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    for folder in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("The program's resources are missing; install hl7console again.")


def asset_path(relative: str) -> Path:
    """Return the path of one resource, named relative to ``resources/`` with forward slashes."""
    return resources_path().joinpath(*relative.split("/"))


def read_bytes(relative: str) -> bytes:
    """Return the bytes of one resource."""
    return asset_path(relative).read_bytes()


def read_text(relative: str) -> str:
    """Return the text of one resource, decoded as UTF-8."""
    return asset_path(relative).read_text(encoding="utf-8")
