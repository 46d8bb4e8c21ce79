"""What is wrong with one message, each thing at its place.

Rules are functions in a registry; each looks at one side of a message and reports what it finds.
They judge by the standard of the message's own version and by what is safe between systems, not by
a profile. Nothing is repaired here, and no finding quotes a patient's data.

Why a message is read as split text here and not as nodes: most values are fine, and only a place
that is to be shown needs its bytes. Twenty thousand observations are checked in a second.

References:
    HL7 v2.1 to v2.8.2; IHE ITI TF-2 appendix C (MSH).
"""

from __future__ import annotations

from hl7console.hl7v2.dictionary import Dictionary, load
from hl7console.hl7v2.findings import Finding, Severity
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import (
    content,
    encoding,
    escaping,
    fields,
    header,
    lines,
    structure,
)
from hl7console.hl7v2.validation.lines import is_readable
from hl7console.hl7v2.validation.subject import RULES, Subject

__all__ = ["RULES", "Finding", "Severity", "check"]

_RULE_MODULES = (encoding, header, lines, structure, fields, escaping, content)


def check(message: Message, dictionary: Dictionary | None = None) -> list[Finding]:
    """Return what is wrong with a message, in the order of its bytes. Any thread.

    Never raises, whatever the message holds. The same fault at many places of one kind is listed
    a few times; the last of these counts the rest.

    Args:
        message: What is checked.
        dictionary: Of its version; looked up when it is not given.
    """
    subject = Subject(message, dictionary or load(version_of(message)))
    if is_readable(subject):
        for rule in RULES:
            rule(subject)
    return subject.sorted_findings()


def version_of(message: Message) -> str:
    """Return MSH-12 of a message, as far as it has one."""
    return (message.get("MSH-12.1") or "").strip()
