"""The root element, found without a parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.splitting.xml_root import has_v2_namespace, is_v2_root, root_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"<ADT_A01/>", "ADT_A01"),
        (b'<?xml version="1.0"?>\n<ns0:ORU_R01 xmlns:ns0="x">', "ORU_R01"),
        (b"<!-- <ADT_A01> --><ACK>", "ACK"),
        (b'<!DOCTYPE a SYSTEM "x"><ACK>', "ACK"),
        (b'<!DOCTYPE a [ <!ENTITY x SYSTEM "file:///etc/passwd"> ]><ACK>&x;', "ACK"),
        (b"<!DOCTYPE a [ <", ""),
        (b"<!DOCTYPE", ""),
        (b"<!-- never closed", ""),
        (b"<?never closed", ""),
        (b"<1>", ""),
        (b"no element", ""),
    ],
)
def test_root_names(text, name):
    assert root_name(text) == name


@pytest.mark.parametrize(
    ("name", "is_v2"),
    [
        ("ADT_A01", True),
        ("ACK", True),
        ("ZZZ_Z01", True),
        ("HL7Message", True),
        ("ClinicalDocument", False),
        ("html", False),
        ("QQQ_Q01", False),
        ("ADT_A011", False),
        ("", False),
    ],
)
def test_roots_of_hl7_v2(name, is_v2):
    assert is_v2_root(name) == is_v2


@given(text=st.text(alphabet="<!-?>[]ab", max_size=30))
def test_any_text_has_a_root_or_none(text):
    assert root_name(text.encode()).isascii()


@pytest.mark.parametrize(
    ("text", "is_v2"),
    [
        (b'<?xml version="1.0"?><Message xmlns="urn:hl7-org:v2xml"><MSH/>', True),
        (b'<Message xmlns="urn:hl7-org:v3"><a xmlns="urn:hl7-org:v2xml"/>', False),
        (b"<!-- urn:hl7-org:v2xml --><Message>", False),
        (b'<Message xmlns="urn:hl7-org:v2xml', True),
        (b"no element of urn:hl7-org:v2xml", False),
    ],
)
def test_the_namespace_of_the_root(text, is_v2):
    assert has_v2_namespace(text) == is_v2
