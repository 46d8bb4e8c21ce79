"""Which keys are certainly not in the file: spares most look-ups of a message about a new order."""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.store.connection import Database

AFTER_LOOKUPS = 5_000
"""It is made when a follower has looked up so many keys: small traffic goes without."""

_BITS_EACH = 16
_LEAST_BITS = 1 << 23


class KeyFilter:
    """A Bloom filter over the keys of ``row_keys``; about one in a hundred is wrongly maybe there.

    Args:
        database: A connection to ``worklist.db``.
    """

    def __init__(self, database: Database) -> None:
        count = database.integer("SELECT count(*) FROM row_keys")
        self._most = max(2 * count, _LEAST_BITS // _BITS_EACH)
        bits = 1 << (self._most * _BITS_EACH - 1).bit_length()
        self._mask = bits - 1
        self._bits = bytearray(bits >> 3)
        self._count = 0
        for space, key in database.execute("SELECT space, key FROM row_keys"):
            self.add(space, key)

    def add(self, space: int, key: str) -> None:
        """Note that a key is in the file."""
        found = hash((space, key))
        mask, bits = self._mask, self._bits
        for at in (found & mask, (found >> 24) & mask, (found >> 38) & mask):
            bits[at >> 3] |= 1 << (at & 7)
        self._count += 1

    def add_all(self, keys: Iterable[tuple[int, str, int]]) -> None:
        """Note keys that were saved: space, key and row of each."""
        for space, key, _ in keys:
            self.add(space, key)

    def may_have(self, space: int, key: str) -> bool:
        """Return False when a key is certainly not in the file."""
        found = hash((space, key))
        mask, bits = self._mask, self._bits
        at = found & mask
        if not bits[at >> 3] & 1 << (at & 7):
            return False
        at = (found >> 24) & mask
        if not bits[at >> 3] & 1 << (at & 7):
            return False
        at = (found >> 38) & mask
        return bool(bits[at >> 3] & 1 << (at & 7))

    @property
    def is_full(self) -> bool:
        """Whether so many keys were added that it has to be made again, larger."""
        return self._count > self._most
