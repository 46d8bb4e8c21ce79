"""The result of a message sent from here is what the receiver made of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hl7console.hl7v2.tries import result_of


def row(**columns):
    values = {"origin": "sent", "status": "ok", "sending_state": "", "sending_code": ""}
    return SimpleNamespace(**(values | columns))


@pytest.mark.parametrize(
    ("state", "code", "result"),
    [
        ("", "", "ok"),
        ("sending", "", "ok"),
        ("accepted", "AA", "ok"),
        ("committed", "CA", "ok"),
        ("rejected", "AE", "error"),
        ("rejected", "CE", "error"),
        ("rejected", "", "error"),
        ("rejected", "AR", "rejected"),
        ("rejected", "CR", "rejected"),
        ("unknown", "AR", "error"),
        ("unknown", "AA", "error"),
        ("cancelled", "", "error"),
    ],
)
def test_the_last_try_decides(state, code, result):
    assert result_of(row(sending_state=state, sending_code=code)) == result


def test_what_was_received_keeps_its_own_result():
    refused = {"sending_state": "rejected", "sending_code": "AR"}
    assert result_of(row(origin="received", **refused)) == "ok"
    assert result_of(row(origin="received", status="rejected")) == "rejected"


def test_a_fault_of_its_own_comes_first():
    assert result_of(row(status="error", sending_state="rejected", sending_code="AR")) == "error"
    assert result_of(row(status="error", sending_state="accepted", sending_code="AA")) == "error"
