"""Messages as a hospital sends them, for benchmarks: the demo's traffic, with new people each day.

Orders with their changes of state, registrations, moves, appointments, results and a few hard
stories. The same count gives the same kinds of messages; numbers are new in each block.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hl7console.engine.demo.programme import Programme
from hl7console.engine.demo.telling import Hospital

BLOCK = 1_000
"""Messages until other people come."""


class Sent(NamedTuple):
    """One message."""

    kind: str
    raw: bytes
    codec: str
    at_us: int


def hospital(count: int) -> list[Sent]:
    """Return messages in the order in which they are sent; each is answered at once."""
    found: list[Sent] = []
    while len(found) < count:
        block = len(found) // BLOCK
        found += _block(block)[: count - len(found)]
    return found


def _block(block: int) -> list[Sent]:
    now = datetime(2026, 1, 5, 8, tzinfo=UTC) + timedelta(minutes=10 * block)
    rng = random.Random(block)  # noqa: S311 - invented data, not a secret
    programme = Programme(Hospital(rng, 1_000_000 + 100_000 * block), now)
    people = b"||%05d" % (10_000 + block)
    found: list[Sent] = []
    while len(found) < BLOCK:
        now += timedelta(seconds=1)
        for token, sent in programme.take_due(now):
            raw = sent.raw.replace(b"||4471", people)
            at_us = int(now.timestamp() * 1_000_000)
            found.append(Sent(sent.message_type, raw, sent.system.codec, at_us))
            programme.answered(token, "AA")
    return found[:BLOCK]
