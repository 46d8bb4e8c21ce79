"""Bytes between frames: counted, sampled, and watched for other protocols."""

from __future__ import annotations

import itertools
import re
from typing import Literal

from hl7console.mllp.events import Event, ForeignProtocol, JunkLimitReached, NoiseSkipped

JUNK_LIMIT_BYTES = 64 * 1024
"""Noise let pass over one connection, in bytes."""
SAMPLE_BYTES = 256
"""How much of a stretch of noise is kept, in bytes."""

_WHITE = b"\r\n \x00"
_WRITTEN = re.compile(rb"[^\r\n \x00]")
_HEADER_ID = b"MSH"
_SIGNATURES: tuple[tuple[bytes, Literal["tls", "http", "dicom"]], ...] = (
    (b"\x16\x03", "tls"),
    (b"GET ", "http"),
    (b"POST ", "http"),
    (b"HEAD ", "http"),
    (b"PUT ", "http"),
    (b"OPTIONS ", "http"),
    (b"\x01\x00\x00\x00", "dicom"),
)
_SIGNATURE_BYTES = max(len(signature) for signature, _ in _SIGNATURES)


class NoiseCounter:
    """Counts one connection's noise; white space and NUL around it are none.

    One thread. A stretch that might become ``MSH`` is held back until that shows.

    Args:
        limit_bytes: Noise let pass over the connection, in bytes; at least 16.
    """

    __slots__ = ("_count", "_limit_bytes", "_total", "is_first", "is_over", "sample")

    sample: bytes
    """The first bytes of the stretch under way; empty when there is none."""
    is_first: bool
    """Whether the next bytes are the first of the connection."""
    is_over: bool
    """Whether the limit is reached, or the bytes are another protocol's."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._total = 0
        self._count = 0
        self.sample = b""
        self.is_first = True
        self.is_over = False

    def take(self, data: bytes, at: int, end: int, events: list[Event]) -> int:
        """Count bytes that precede a start block, from `at` to `end`; at least one.

        Returns:
            Where a message without a start block goes on (what was held back of it before is in
            `held`); -1 when there is none.
        """
        held = self.sample
        if not held:
            written = _WRITTEN.search(data, at, end)
            if written is None or written.start() != at:
                self.is_first = False
            if written is None:
                return -1
            at = written.start()
        if _HEADER_ID.startswith(held):
            if (held + data[at : min(end, at + 3)]).startswith(_HEADER_ID):
                return at
            self.sample = b""
            if end - at < 3 and _HEADER_ID.startswith(held + data[at:end]):
                self.sample = held + data[at:end]
            else:
                self._add(held + data[at:end], events)
        else:
            self._add(data[at:end], events)
        return -1

    def held(self) -> bytes:
        """Return what was held back of a message that begins, and forget it."""
        held, self.sample = self.sample, b""
        return held

    def end(self, events: list[Event]) -> None:
        """Report the stretch that ends."""
        self.is_first = False
        if self.sample and not self._count:  # held back, as it might have become a message
            self._add(self.held(), events)
        if self.sample and not self.is_over:
            events.append(NoiseSkipped(self._count, self.sample.rstrip(_WHITE)))
        self.sample = b""
        self._count = 0

    def add_start_block(self, events: list[Event]) -> bool:
        """Count a start block that begins nothing; return False when that was one too many."""
        self._total += 1
        if self._total > self._limit_bytes:
            events.append(JunkLimitReached(b"\x0b"))
            self.is_over = True
        return not self.is_over

    def _add(self, run: bytes, events: list[Event]) -> None:
        count = len(run.translate(None, _WHITE))
        allowed = self._limit_bytes - self._total
        if count > allowed:
            run = _cut_after(run, allowed + 1)
        self.sample += run[: SAMPLE_BYTES - len(self.sample)]
        if self.is_first:
            for signature, kind in _SIGNATURES:
                if self.sample.startswith(signature):
                    events.append(ForeignProtocol(kind))
                    self.is_over = True
                    return
            self.is_first = len(self.sample) < _SIGNATURE_BYTES
        if count > allowed:
            events.append(JunkLimitReached(self.sample))
            self.is_over = True
            return
        self._count += count
        self._total += count


def _cut_after(run: bytes, count: int) -> bytes:
    """Return `run` up to and with its `count`-th byte that is no white space."""
    places = (at for at, byte in enumerate(run) if byte not in _WHITE)
    return run[: next(itertools.islice(places, count - 1, None)) + 1]
