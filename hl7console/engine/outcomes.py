"""What is written down of a try of sending, from what the connection told of it."""

from __future__ import annotations

import time

from hl7console.engine.sender import Exchange
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.hl7v2.ack_decisions import asks_application_ack
from hl7console.hl7v2.replies import named_cause, read_ack, receiver_words
from hl7console.hl7v2.scan import Scan
from hl7console.store.deliveries import AttemptOutcome
from hl7console.store.records import DeliveryState


def state_of(exchange: Exchange, seen: Scan) -> str:
    """Return the delivery's state; an application acknowledgement that is due keeps it open."""
    is_committed = exchange.state == DeliveryState.ACCEPTED and exchange.ack_code == "CA"
    if is_committed and asks_application_ack(seen.msh_16):
        return DeliveryState.COMMITTED
    return exchange.state


def not_sent(fault: EnvironmentFaultError) -> AttemptOutcome:
    """Return the outcome of a try without a connection."""
    now_us = time.time_ns() // 1000
    return AttemptOutcome(DeliveryState.CANCELLED, now_us, text=f"Not sent: {fault.text}")


def refused_here(fault: UsageError, started_us: int) -> Exchange:
    """Return what became of a message that cannot be sent over MLLP, or not as wished."""
    now_us = time.time_ns() // 1000
    return Exchange(DeliveryState.CANCELLED, "", f"Not sent: {fault.text}", started_us, now_us, 0.0)


def words_of(exchange: Exchange) -> str:
    """Return what the receiver says about a message, which may hold patient data."""
    return receiver_words(read_ack(exchange.reply)) if exchange.reply else ""


def cause_of(exchange: Exchange, state: str) -> str:
    """Return code and path that the receiver named for a failure: ``AE 101 PID-3``."""
    if state not in (DeliveryState.REJECTED, DeliveryState.UNKNOWN):
        return ""
    ack = read_ack(exchange.reply) if exchange.reply else None
    return named_cause(exchange.ack_code, ack) or str(state)
