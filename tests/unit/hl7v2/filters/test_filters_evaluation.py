"""What the filter language means, one message at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.filters import Facts, evaluate, parse, required_words
from hl7console.hl7v2.filters.evaluation import order, text_matches
from hl7console.hl7v2.filters.fulltext import message_words
from hl7console.hl7v2.filters.nodes import TextMatch
from hl7console.hl7v2.message import Message

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
RAW = "\r".join(
    (
        "MSH|^~\\&|RIS|HOSP|PACS|MAIN|20260105||ORM^O01|M1|P|2.5.1",
        "PID|1||12345^^^HOSP^MR~67890^^^STATE||SMITH^JOHN^Q~SMITHE^JACK||19800131|M|||"
        'MAIN ST 5^^TOWN|""',
        "PV1|1|I",
        "OBR|1||A17|CT1^CT Head \\T\\ Neck^L||||||||||||||||||||||||^^^20260105^^S",
        "OBX|1|NM|K^Potassium||3.9|mmol",
        "OBX|2|NM|NA^Sodium||140|mmol",
        "NTE|1||Grüße",
        "",
    )
).encode()
ROW = SimpleNamespace(
    origin="received",
    interface="orders",
    message_type="ORM",
    event="O01",
    structure="ORM_O01",
    control_id="M1",
    sender="RIS|HOSP",
    receiver="PACS|MAIN",
    patient_id="12345",
    patient_authority="HOSP",
    accession="A17",
    placer_order="P1",
    filler_order="F1",
    received_at_us=round(datetime(2026, 1, 5, 11, 0, tzinfo=UTC).timestamp() * 1_000_000),
    size_bytes=1000,
    status="ok",
    error_text="",
    parent_id=0,
    duplicate_of=0,
    handled=False,
    sending_state="",
    sending_code="",
)


def matches(text, *, raw=RAW, facts=None, **columns):
    row = SimpleNamespace(**(vars(ROW) | columns))
    return evaluate(parse(text, now=NOW), row, raw, facts=facts or Facts())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "smith",
        "smi joh",
        '"smith john"',
        '"john q smithe"',
        '"head & neck"',
        "head-ne",
        "grusse",
        "not zebra",
        "zebra or smith",
        "type:orm type:^O01 type:ORM^O01 type:ORM^O01^ORM_O01",
        "from:ris from:HOSP from:RIS|HOSP from:R*",
        "to:pacs to:MAIN",
        "listener:Orders",
        "control:m1 accession:a17 order:p1 order:F1",
        "patient:12345 patient:12345^hosp patient:123*",
        "status:ok direction:in direction:received -direction:out",
        "size:1000 size:>999 size:<1001 size:>=1000 size:<=1000 size:<1k",
        "since:1h until:59m -since:59m -until:1h",
        "since:2026-01-05 until:2026-01-05",
        "handled:no has:note",
        # paths
        "PID-3.1=12345",
        "PID-3.1=67890",
        "PID-3=67890",
        "PID-3[2]=67890 -PID-3[1]=67890",
        "PID-3.4=STATE",
        "pid-5.1=smith",
        "PID-5=SMITH^JOHN^Q",
        "PID-5~hn^q",
        "PID-5.1~mithe",
        "PID-3.1!=12345",
        "-PID-8!=M",
        'OBR-4.2="ct head & neck"',
        'OBR-4.2~"head &"',
        "OBX-5=140 OBX[2]-5=140 -OBX[1]-5=140",
        "OBX-5>100 OBX-5<4 -OBX-5>200",
        "OBX-5>=140 OBX-5<=3.90",
        "PID-7>1979 PID-7<1980-02-01 PID-7>=1980-01-31 PID-7<=198001",
        "PID-5>RIS PID-5<TOM",
        "PID-3 PID-3.5 PID-3[2].4 OBX[2] OBX-5",
        "-PID-2 -PID-3[3] -OBX[3] -ZDS-1 -PID-12",
        'PID-2="" PID-12="" ZDS-1="" PID-99="" -PID-8=""',
        'PID-8!="" -PID-2!="" -PID-12!="" -ZDS-1!=""',
        'MSH-2="^~\\\\&"',
    ],
)
def test_filters_that_match(text):
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "zebra",
        "mith",
        '"smith jo"',
        '"john smith"',
        '"x john"',
        "-smith",
        "smith zebra",
        "type:ADT",
        "type:^A08",
        "type:ORM^O02",
        "type:ORM^O01^OMI_O23",
        "from:LAB",
        "to:RIS",
        "listener:other",
        "destination:PACS",
        "patient:1234",
        "patient:12345^STATE",
        "order:A17",
        "status:error",
        "status:duplicate",
        "status:waiting",
        "direction:out",
        "size:999",
        "since:59m",
        "until:2026-01-04",
        "handled:yes",
        "has:problems",
        "has:attachment",
        "has:children",
        "has:parent",
        "PID-3.1=123",
        "PID-2!=x",
        "ZDS-1~x",
        "PID-2<5",
        "OBX-5=140.0",
        "PID-8~MF",
    ],
)
def test_filters_that_do_not_match(text):
    assert not matches(text)


def test_columns_that_say_more():
    assert matches("status:duplicate", duplicate_of=7)
    assert matches("has:parent", parent_id=7)
    assert matches("has:problems", error_text="x")
    assert matches("has:problems", status="rejected")
    assert matches("handled:yes", handled=True)
    assert not matches("listener:orders", origin="imported")
    assert not matches("accession:*", accession="")


def test_facts_of_other_tables():
    facts = Facts(("PACS", "Archive"), is_waiting=True, has_children=True)
    assert matches("destination:archive status:waiting has:children", facts=facts)


def test_attachments():
    raw = RAW + b"OBX|3|ED|||^application^pdf^Base64^QUJD\r"
    assert matches("has:attachment", raw=raw)
    assert not matches("has:note", raw=b"MSH|^~\\&|A\r")


def test_the_message_is_read_once_and_only_when_needed():
    message = Message.parse(RAW)
    assert evaluate(parse("smith PID-5.2=john"), ROW, message)
    assert evaluate(parse("type:ORM"), ROW, b"")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("9", "10", -1),
        ("+1.50", "1.5", 0),
        ("-2", "1", -1),
        ("9a", "10", 1),
        ("abc", "abd", -1),
        ("19800131", "1980-02", -1),
        ("198001", "19800131", 0),
        ("202601051030", "2026-01-05t10:31", -1),
        ("20260105103059.5+0100", "20260105103100", -1),
        ("20261301", "3", 1),
        ("1999", "200", 1),
        ("2026-01-05", "x", -1),
        ("9" * 400, "1", 1),
    ],
)
def test_order(left, right, expected):
    assert order(left, right) == expected
    assert order(right, left) == -expected


WORDS = st.lists(st.sampled_from(["a", "ab", "b"]), max_size=6)


@given(found=WORDS, wanted=WORDS.filter(bool), is_prefix=st.booleans())
def test_words_that_follow_each_other(found, wanted, is_prefix):
    size = len(wanted)
    expected = any(
        found[at : at + size - 1] == wanted[:-1]
        and (
            found[at + size - 1].startswith(wanted[-1])
            if is_prefix
            else found[at + size - 1] == wanted[-1]
        )
        for at in range(len(found) - size + 1)
    )
    assert text_matches(TextMatch(tuple(wanted), is_prefix), found) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PID-5=SMITH^JOHN", ("smith", "john")),
        ('PID-5~"a b c"', ("b",)),
        ("PID-5!=SMITH", ()),
        ("PID-5>SMITH", ()),
    ],
)
def test_required_words_narrow_a_search(text, expected):
    assert required_words(parse(text).root) == expected


@pytest.mark.parametrize("text", ["PID-3=67890", 'OBR-4.2~"t head & n"', "PID-5=SMITH^JOHN^Q"])
def test_required_words_are_in_messages_that_match(text):
    message = Message.parse(RAW)
    found = message_words(message.text, message.delimiters, message.codec)
    assert matches(text)
    assert set(found).issuperset(required_words(parse(text).root))
