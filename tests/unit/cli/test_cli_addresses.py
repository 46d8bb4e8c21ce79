from __future__ import annotations

import pytest

from hl7console.cli.addresses import parse_address, show_address
from hl7console.errors import UsageError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:2575", ("127.0.0.1", 2575)),
        ("ris.example:1", ("ris.example", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("Test RIS", None),
        ("::1", None),
        (":2575", None),
        ("", None),
    ],
)
def test_addresses_are_told_from_names(text, found):
    assert parse_address(text) == found


@pytest.mark.parametrize(
    "text", ["host:", "host:0", "host:65536", "host:http", "host:²", "host:-1"]
)
def test_a_port_must_be_one(text):
    with pytest.raises(UsageError):
        parse_address(text)


@pytest.mark.parametrize("text", ["127.0.0.1:2575", "[::1]:2575"])
def test_addresses_are_shown_as_they_are_read(text):
    parsed = parse_address(text)
    assert parsed is not None
    assert show_address(*parsed) == text
