"""Actions are plain values that show no content."""

from __future__ import annotations

import pytest

from hl7console.mllp.actions import Close, Note, Outcome, Reply, Send, StoreFrame, StorePartial

CONTENT = b"PID|||||SMITH^JOHN"


@pytest.mark.parametrize(
    "action",
    [
        StoreFrame(1, CONTENT),
        StorePartial(CONTENT, "eof"),
        Send(CONTENT),
        Reply(CONTENT),
        Note("noise", "Bytes were skipped.", CONTENT),
    ],
)
def test_content_stays_out_of_reprs(action):
    assert "SMITH" not in repr(action)


def test_actions_compare_by_value():
    assert StoreFrame(1, CONTENT, (), 2.0) == StoreFrame(1, CONTENT, (), 2.0)
    assert Close("eof", "x") != Close("idle", "x")
    assert Outcome("accepted", "M1", "x").is_final
