"""Tells a machine without a display before Qt ends the process for it."""

from __future__ import annotations

import os
import sys

from hl7console.errors import EnvironmentFaultError


def check_display() -> None:
    """Return when a window can open.

    Raises:
        EnvironmentFaultError: There is no display; only Linux and its kin can be without one.
    """
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise EnvironmentFaultError(
            "There is no display to open a window on.",
            hint="“hl7console demo --headless” and “hl7console serve” need none.",
        )
