"""How grave a finding is, for the eye: icon, theme role and word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hl7console.hl7v2.findings import SEVERITIES as ORDER
from hl7console.hl7v2.findings import Finding, Severity
from hl7console.ui.inspector.words import count_words


class SeverityLook(NamedTuple):
    """How a severity is shown."""

    icon: str
    role: str
    word: str
    plural: str


LOOKS = {
    Severity.ERROR: SeverityLook("circle-x", "err", "error", "errors"),
    Severity.WARNING: SeverityLook("triangle-alert", "warn", "warning", "warnings"),
    Severity.INFO: SeverityLook("info", "info", "remark", "remarks"),
}
"""From the gravest down."""


def rank(severity: Severity) -> int:
    """Return 0 for the gravest."""
    return ORDER.index(severity)


def counted(findings: Iterable[Finding]) -> str:
    """Return how many of each there are: ``2 errors, 1 warning``."""
    totals = dict.fromkeys(ORDER, 0)
    for finding in findings:
        totals[finding.severity] += 1
    return ", ".join(
        count_words(totals[severity], look.word, look.plural)
        for severity, look in LOOKS.items()
        if totals[severity]
    )
