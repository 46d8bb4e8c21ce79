"""The recovery code: the data key as something that can be printed and typed in again.

Letters that look alike are read as the same (base 32 after Crockford: no I, L, O, U), groups of
five, and two check characters at the end that find any mistyped character and most swaps.
"""

from __future__ import annotations

import hashlib

from hl7console.errors import UsageError

KEY_BYTES = 32
"""Length of a data key."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
_CODE_CHARACTERS = 52
_CHECK_BITS = 10
_GROUP = 6


def recovery_code(key: bytes) -> str:
    """Return the recovery code of a data key: 54 characters in nine groups.

    Args:
        key: The 32-byte data key.
    """
    number = (int.from_bytes(key, "big") << (_CODE_CHARACTERS * 5 - KEY_BYTES * 8)) << _CHECK_BITS
    number |= _check(key)
    length = _CODE_CHARACTERS + _CHECK_BITS // 5
    characters = "".join(_ALPHABET[(number >> (5 * n)) & 31] for n in reversed(range(length)))
    return "-".join(characters[n : n + _GROUP] for n in range(0, length, _GROUP))


def parse_recovery_code(text: str) -> bytes:
    """Return the data key of a recovery code; blanks, hyphens and letter case don't matter.

    Raises:
        UsageError: It is no recovery code, or a character was mistyped.
    """
    plain = "".join(c for c in text.upper() if not c.isspace() and c != "-").translate(_LOOK_ALIKE)
    length = _CODE_CHARACTERS + _CHECK_BITS // 5
    if len(plain) != length or any(c not in _ALPHABET for c in plain):
        raise UsageError(
            f"A recovery code has {length} letters and digits in groups of {_GROUP}.",
            hint="Type it as it was printed.",
        )
    number = 0
    for character in plain:
        number = number << 5 | _ALPHABET.index(character)
    check = number & ((1 << _CHECK_BITS) - 1)
    padding = _CODE_CHARACTERS * 5 - KEY_BYTES * 8
    body = number >> _CHECK_BITS
    key = (body >> padding).to_bytes(KEY_BYTES, "big")
    if check != _check(key) or body & ((1 << padding) - 1):
        raise UsageError(
            "The recovery code holds a mistyped character.", hint="Compare it with the print."
        )
    return key


def _check(key: bytes) -> int:
    digest = hashlib.sha256(b"hl7console recovery code" + key).digest()
    return int.from_bytes(digest[:2], "big") >> (16 - _CHECK_BITS)
