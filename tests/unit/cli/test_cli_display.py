from __future__ import annotations

import sys

import pytest

from hl7console.cli.display import check_display
from hl7console.errors import EnvironmentFaultError

NONE = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}


@pytest.mark.parametrize(
    ("platform", "environment", "has_display"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("win32", {}, True),
        ("darwin", {}, True),
    ],
)
def test_only_linux_can_be_without_a_display(monkeypatch, platform, environment, has_display):
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in (NONE | environment).items():
        monkeypatch.setenv(name, value)
    if has_display:
        check_display()
    else:
        with pytest.raises(EnvironmentFaultError):
            check_display()
