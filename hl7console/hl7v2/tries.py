"""What the last try to send a message says about its result.

A message sent from here has two results: that of taking it in, and the receiver's. The first one
counts where it isn't ok, else the last try does; the result column of the list says the same.

References:
    HL7 v2.5.1 table 0008 (acknowledgment codes).
"""

from __future__ import annotations

from typing import Protocol

SENT = "sent"
"""Origin of what is sent from here. What was received keeps its own result when it is resent."""

FAILED_STATES = ("rejected", "unknown", "cancelled")
"""States of a try that failed: refused, without a certain answer, not sent at all."""

REJECTED_CODES = ("AR", "CR")
"""Answers to a refused try that make it ``rejected``; anything else makes it an ``error``."""


class Tried(Protocol):
    """The columns that decide."""

    @property
    def origin(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def sending_state(self) -> str: ...  # noqa: D102
    @property
    def sending_code(self) -> str: ...  # noqa: D102


def result_of(row: Tried) -> str:
    """Return ``ok``, ``error`` or ``rejected``: what ``status:`` compares with. Any thread."""
    if row.status != "ok" or row.origin != SENT or row.sending_state not in FAILED_STATES:
        return row.status
    is_rejected = row.sending_state == "rejected" and row.sending_code in REJECTED_CODES
    return "rejected" if is_rejected else "error"
