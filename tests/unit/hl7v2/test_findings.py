"""Findings and their places."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.findings import Finding, Severity, covers, depth_of, worst
from hl7console.hl7v2.paths import FieldPath


def finding(severity: Severity) -> Finding:
    return Finding(FieldPath.parse("PID-3"), severity, "x", "x", (0, 1))


def test_the_worst():
    assert worst([]) is None
    found = [finding(Severity.INFO), finding(Severity.ERROR), finding(Severity.WARNING)]
    assert worst(found) == Severity.ERROR


@pytest.mark.parametrize(
    ("outer", "inner", "holds"),
    [
        ("PID", "PID-3.1", True),
        ("PID-3", "PID-3", True),
        ("PID-3", "PID-3[2].1", True),
        ("PID-3", "PID-4", False),
        ("PID-3[2]", "PID-3[2].1", True),
        ("PID-3[1]", "PID-3.1", True),
        ("PID-3[2]", "PID-3.1", False),
        ("PID-3.1", "PID-3.1.2", True),
        ("PID-3.1", "PID-3", False),
        ("PID-3.1", "PID-3.2", False),
        ("PID-3.1.1", "PID-3.1.1", True),
        ("PID-3.1.1", "PID-3.1.2", False),
    ],
)
def test_covering(outer, inner, holds):
    assert covers(FieldPath.parse(outer), FieldPath.parse(inner)) is holds


@pytest.mark.parametrize(
    ("path", "depth"), [("PID", 0), ("PID-3", 1), ("PID-3[2]", 1), ("PID-3.1", 2), ("PID-3.1.1", 3)]
)
def test_depth(path, depth):
    assert depth_of(FieldPath.parse(path)) == depth
