"""Types, events and versions."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.vocabulary import (
    VERSIONS,
    is_known_event,
    is_known_type,
    version_key,
    version_minor,
)


@pytest.mark.parametrize("name", ["ADT", "ORM", "OMI", "SIU", "ACK", "ZQZ", "adt", "Z99"])
def test_known_types(name):
    assert is_known_type(name)


@pytest.mark.parametrize("name", ["", "XXX", "ZZ", "ZZZZ", "Z-1", "ADT_A01"])
def test_unknown_types(name):
    assert not is_known_type(name)


@pytest.mark.parametrize("event", ["A01", "A40", "O23", "R01", "PC1", "PCK", "S12", "Z01", "a08"])
def test_known_events(event):
    assert is_known_event(event)


@pytest.mark.parametrize("event", ["", "A99", "X01", "A1", "A001", "Z", "Varies"])
def test_unknown_events(event):
    assert not is_known_event(event)


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("2.5.1", (5, 1)),
        ("2.3", (3, 0)),
        ("2", (0, 0)),
        ("2.0D", (0, 0)),
        (" 2.8.2 ", (8, 2)),
        ("1.0", None),
        ("2.10", None),
        ("2.5.", None),
        ("", None),
        ("2.5\n", (5, 0)),
        ("v2.5", None),
    ],
)
def test_versions(version, key):
    assert version_key(version) == key
    assert version_minor(version) == (key[0] if key else None)


def test_every_published_version_is_known():
    assert all(version_key(version) for version in VERSIONS)
