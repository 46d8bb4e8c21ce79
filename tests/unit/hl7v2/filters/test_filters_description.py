"""Filters in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hl7console.hl7v2.filters.description import describe
from hl7console.hl7v2.filters.parser import parse

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "all messages"),
        ("smith", "text “smith…”"),
        ('"john smith"', "text “john smith”"),
        ("type:ORM", "type is ORM^any"),
        ("type:^A08", "type is any^A08"),
        ("type:ADT^A01^ADT_A01", "type is ADT^A01^ADT_A01"),
        ("from:LAB*", "sender begins with LAB"),
        ("patient:7", "patient id is 7"),
        ("status:error", "status is error"),
        ("direction:in", "origin is received or imported or sample"),
        ("size:>1k", "size is above 1,024 bytes"),
        ("handled:yes", "is handled"),
        ("handled:no", "is not handled"),
        ("has:note", "has a note"),
        ("since:2h", "received since 2026-01-05 10:00"),
        ("until:2026-01-05T10:00:30", "received before 2026-01-05 10:00:30"),
        ("PID-3.1>=5", "PID-3.1 is at least 5"),
        ('PID-8=""', "PID-8 is empty"),
        ('PID-8!=""', "PID-8 is not empty"),
        ("ZDS-1", "ZDS-1 is there"),
        ("a or b", "text “a…” or text “b…”"),
        ("(a or b) -status:ok", "(text “a…” or text “b…”) and not (status is ok)"),
    ],
)
def test_descriptions(text, expected):
    assert describe(parse(text, now=NOW), zone=UTC) == expected
