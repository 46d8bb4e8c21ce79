"""What a change made wrong with a message that was right before."""

from __future__ import annotations

from collections import Counter

from hl7console.hl7v2.findings import Finding
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.validation import check

_Kind = tuple[str, FieldPath]


def new_problems(before: bytes, after: bytes) -> tuple[Finding, ...]:
    """Return what is wrong with a message that was not wrong, or less often, before.

    Segments that moved up or down bring nothing new. Any thread; never raises.

    Args:
        before: The message as it was.
        after: The message as it is now.
    """
    if before == after:
        return ()
    known = Counter[_Kind]()
    for finding in check(Message.parse(before)):
        known[_kind(finding)] += finding.count
    new = []
    for finding in check(Message.parse(after)):
        kind = _kind(finding)
        known[kind] -= finding.count
        if known[kind] < 0:
            new.append(finding)
    return tuple(new)


def _kind(finding: Finding) -> _Kind:
    return finding.code, finding.path.generic()
