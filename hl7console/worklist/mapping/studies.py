"""Numbers that were not sent, made up so that the same order always gets the same ones.

References:
    DICOM PS3.5 annex B.2 (UUID derived UIDs); RFC 4122 section 4.3.
"""

from __future__ import annotations

import hashlib
import uuid

_SPACE = uuid.UUID("8c0c4d43-5a0f-5d8e-9a55-7d1f6f0f2b11")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def is_uid(text: str) -> bool:
    """Return whether a text is a UID as DICOM takes it."""
    if not 1 <= len(text) <= 64 or text.strip("0123456789.") or not text.isascii():
        return False
    return all(part and (part[0] != "0" or part == "0") for part in text.split("."))


def derived_uid(*parts: str) -> str:
    """Return the study UID that stands for an accession and procedure of an authority."""
    return f"2.25.{uuid.uuid5(_SPACE, chr(31).join(parts)).int}"


def _short(prefix: str, parts: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
    return prefix + "".join([_LETTERS[byte & 31] for byte in digest[:12]])


def generated_rp_id(*parts: str) -> str:
    """Return a requested procedure's number, from what identifies its order."""
    return _short("RP", parts)


def generated_sps_id(*parts: str) -> str:
    """Return a step's number, from what identifies its procedure and its place there."""
    return _short("SP", parts)
