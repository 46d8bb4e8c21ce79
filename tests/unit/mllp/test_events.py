"""Events are plain values that show no content."""

from __future__ import annotations

import pytest

from hl7console.mllp.events import (
    FrameReceived,
    FrameTooLarge,
    JunkLimitReached,
    NoiseSkipped,
    PartialFrame,
)

CONTENT = b"PID|||||SMITH^JOHN"


@pytest.mark.parametrize(
    "event",
    [
        FrameReceived(CONTENT),
        NoiseSkipped(18, CONTENT),
        PartialFrame(CONTENT, "eof"),
        FrameTooLarge(CONTENT),
        JunkLimitReached(CONTENT),
    ],
)
def test_content_stays_out_of_reprs(event):
    assert "SMITH" not in repr(event)


def test_kinds_differ_though_the_bytes_are_the_same():
    assert FrameTooLarge(CONTENT) != JunkLimitReached(CONTENT)
