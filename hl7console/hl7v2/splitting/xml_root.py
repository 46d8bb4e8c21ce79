"""Tells HL7 v2 in XML from other XML by its root element, without parsing it.

No parser looks at the text, so that no entity is ever resolved.
"""

from __future__ import annotations

import re

from hl7console.hl7v2.vocabulary import is_known_type

_NAME = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})")
_STRUCTURE = re.compile(r"([A-Z][A-Z0-9]{2})(?:_[A-Z0-9]{3})?")
_OTHER_ROOTS = ("HL7Message",)
"""Root of the XML form that Mirth Connect and its kin write."""
_NAMESPACE = b"urn:hl7-org:v2xml"


def root_name(text: bytes) -> str:
    """Return the name of the root element without its prefix; empty when there is none."""
    found = _NAME.match(text, _root_at(text))
    return found[1].decode("ascii") if found else ""


def has_v2_namespace(text: bytes) -> bool:
    """Return whether the root element is of the namespace of HL7 v2 in XML."""
    at = _root_at(text)
    return text.find(_NAMESPACE, at, _after(text, b">", at)) >= 0


def _root_at(text: bytes) -> int:
    """Return where the root element begins; the end of the text when there is none."""
    at = 0
    while True:
        at = text.find(b"<", at)
        if at < 0:
            return len(text)
        if text.startswith(b"<?", at):
            at = _after(text, b"?>", at)
        elif text.startswith(b"<!--", at):
            at = _after(text, b"-->", at)
        elif text.startswith(b"<!", at):
            at = _after_doctype(text, at)
        else:
            return at


def is_v2_root(name: str) -> bool:
    """Return whether a root element is that of an HL7 v2 message.

    References:
        HL7 v2 XML encoding rules: the root is named after the message structure (MSH-9.3).
    """
    found = _STRUCTURE.fullmatch(name)
    return name in _OTHER_ROOTS or (found is not None and is_known_type(found[1]))


def _after(text: bytes, mark: bytes, at: int) -> int:
    found = text.find(mark, at)
    return len(text) if found < 0 else found + len(mark)


def _after_doctype(text: bytes, at: int) -> int:
    close = text.find(b">", at)
    subset = text.find(b"[", at, max(close, at))
    if subset >= 0:
        at = _after(text, b"]", subset)
        close = text.find(b">", at)
    return len(text) if close < 0 else close + 1
