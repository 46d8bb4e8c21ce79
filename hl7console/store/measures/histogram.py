"""Histograms that merge: percentiles of any span without keeping samples.

Buckets are exact up to 63 and then 1/32 of their value wide, so that the middle of a bucket is
off by 1.6 % at most. Only buckets that have something take room. Pure: no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

_EXACT = 64
_HALF = 32


def bucket_of(value: int) -> int:
    """Return the bucket of a value; values below 0 count as 0."""
    if value < _EXACT:
        return max(value, 0)
    shift = value.bit_length() - 6
    return _EXACT + (shift - 1) * _HALF + (value >> shift) - _HALF


def middle_of(bucket: int) -> int:
    """Return the value that stands for a bucket."""
    if bucket < _EXACT:
        return bucket
    shift, part = divmod(bucket - _EXACT, _HALF)
    shift += 1
    return ((part + _HALF) << shift) + (1 << shift) // 2


class Histogram:
    """Counts of values from 0 on (µs, usually). One thread at a time.

    Args:
        counts: Counts by bucket to begin with.
        most: The largest value in them.
    """

    __slots__ = ("counts", "most", "total")

    def __init__(self, counts: Mapping[int, int] | None = None, most: int = 0) -> None:
        self.counts: dict[int, int] = dict(counts or {})
        self.most = most
        """The largest value, exactly."""
        self.total = sum(self.counts.values())

    def add(self, value: int, count: int = 1) -> None:
        """Count a value."""
        bucket = bucket_of(value)
        self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.total += count
        self.most = max(self.most, value)

    def add_all(self, values: Sequence[int]) -> None:
        """Count many values; in half the time that it takes one by one."""
        if not values:
            return
        counts, found = self.counts, self.counts.get
        for value in values:
            if value < _EXACT:
                bucket = max(0, value)
            else:  # as `bucket_of`
                shift = value.bit_length() - 6
                bucket = (shift << 5) + (value >> shift)
            counts[bucket] = found(bucket, 0) + 1
        self.total += len(values)
        self.most = max(self.most, max(values))

    def merge(self, other: Histogram) -> None:
        """Count all that another one has."""
        counts = self.counts
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        self.total += other.total
        self.most = max(self.most, other.most)

    @classmethod
    def merged(cls, parts: Iterable[Histogram | None]) -> Self:
        """Return one with all that several have."""
        whole = cls()
        for part in parts:
            if part is not None:
                whole.merge(part)
        return whole

    def percentile(self, percent: float) -> int:
        """Return the value that `percent` of the values do not exceed, by nearest rank.

        Off by 1.6 % at most; 0 when nothing was counted.
        """
        if not self.total:
            return 0
        rank = max(1, -(-self.total * percent // 100))
        if rank >= self.total:
            return self.most
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return min(middle_of(bucket), self.most)
        return self.most

    def to_bytes(self) -> bytes:
        """Return it packed, in numbers of variable length.

        The largest value, then for each bucket twice its distance from the one before, plus one
        where a count follows; without it the count is one.
        """
        out = bytearray()
        _put(out, self.most)
        before = 0
        for bucket in sorted(self.counts):
            count = self.counts[bucket]
            _put(out, (bucket - before) * 2 + (count > 1))
            if count > 1:
                _put(out, count)
            before = bucket
        return bytes(out)

    @classmethod
    def from_bytes(cls, packed: bytes) -> Self:
        """Return what `to_bytes` packed.

        Raises:
            ValueError: It is cut off.
        """
        numbers = iter(_numbers(packed))
        most = next(numbers, None)
        if most is None:
            raise ValueError("not a packed histogram")
        counts: dict[int, int] = {}
        bucket = 0
        for number in numbers:
            bucket += number >> 1
            count = next(numbers, None) if number & 1 else 1
            if count is None:
                raise ValueError("a packed histogram is cut off")
            counts[bucket] = count
        return cls(counts, most)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return (self.counts, self.most) == (other.counts, other.most)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Histogram({self.total} values, at most {self.most})"


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _numbers(packed: bytes) -> list[int]:
    found: list[int] = []
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            continue
        found.append(number)
        number = shift = 0
    if shift:
        raise ValueError("a packed histogram is cut off")
    return found
