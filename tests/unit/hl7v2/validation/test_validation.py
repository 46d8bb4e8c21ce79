"""Each oddity at its place: tables of small messages, and what is reported for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import RULES, Finding, Severity, check
from hl7console.hl7v2.validation.subject import LISTED

MSH = r"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||{0}|C1|P|{1}"
PID = "PID|1||44^^^HOSP^MR||DOE^JANE||19700101|F"
PV1 = "PV1|1|I|2W^101^A"
EVN = "EVN||20260102"
ADMIT = (EVN, PID, PV1)
ORC = "ORC|NW|P1|F1"
OBR = "OBR|1|P1|F1|CT^CT HEAD^L"


def message(
    *segments: str, kind: str = "ADT^A01^ADT_A01", version: str = "2.5.1", tail=""
) -> bytes:
    return "".join(f"{s}\r" for s in (MSH.format(kind, version) + tail, *segments)).encode()


def order(*segments: str, **more: str) -> bytes:
    more.setdefault("kind", "ORM^O01^ORM_O01")
    return message(PID, ORC, OBR, *segments, **more)


def found(raw: bytes) -> list[Finding]:
    return check(Message.parse(raw))


def shown(raw: bytes) -> list[tuple[str, str, bytes]]:
    """Code, path and the bytes that are marked."""
    return [(f.code, str(f.path), raw[f.span[0] : f.span[1]]) for f in found(raw)]


@pytest.mark.parametrize(
    "raw",
    [
        message(*ADMIT),
        message(*ADMIT, kind="ADT^A04^ADT_A01"),
        message("EVN|A01|20260102", PID, PV1, version="2.3", kind="ADT^A01"),
        message(*ADMIT, version="2.8.2"),
        message(*ADMIT, version="2.9"),
        order(),
        order("ZDS|1.2.840.1^100^Application^DICOM"),
        order("NTE|1||note", "OBX|1|TX|n^Note||text||||||F"),
        message("MSA|AA|C0", kind="ACK^A01^ACK"),
        message(EVN, PID, "MRG|45^^^HOSP^MR", kind="ADT^A40^ADT_A39"),
        message(
            "EVN||20260102", PID, "PV1|1|O", "TXA|1|DI|TX|||||||||D1|||||AU",
            "OBX|1|TX|n^Note||text||||||F", kind="MDM^T02^MDM_T02",
        ),
        message(
            PID, OBR, "OBX|1|NM|2345-7^Glucose^LN||182|mg/dl|70-105|H|||F",
            'OBX|2|NM|2345-7^Glucose^LN||""|mg/dl||""|||F', kind="ORU^R01^ORU_R01",
        ),
        message("ZQQ|1", kind="ZZZ^Z01"),
    ],
)  # fmt: skip
def test_clean_messages_have_no_findings(raw):
    assert shown(raw) == []


def test_findings_are_in_the_order_of_the_bytes():
    raw = message("EVN||bad", "PID|1||||||bad|?", PV1)
    starts = [finding.span[0] for finding in found(raw)]
    assert starts == sorted(starts)
    assert len(starts) >= 5


def test_the_same_fault_is_listed_a_few_times_and_counted():
    raw = message(PID, OBR, *["OBX|1|NM|a^b||x|||||F"] * 50, kind="ORU^R01^ORU_R01")
    bad = [finding for finding in found(raw) if finding.code == "bad_number"]
    assert len(bad) == LISTED
    assert bad[-1].count == 50 - LISTED + 1
    assert "more places" in bad[-1].text
    assert "more places" not in bad[0].text


def test_a_dictionary_may_be_given():
    raw = message(*ADMIT, "ROL||AD|AT|5", version="2.5.1")
    assert check(Message.parse(raw), load("2.1"))


def test_findings_quote_no_patient():
    raw = message("EVN||x", "PID|1||44^^^^^bad||" + "SECRET" * 50 + "^~||SECRET|SECRET", PV1)
    for finding in found(raw):
        assert "SECRET" not in finding.text
        assert finding.text.endswith(".")


def test_every_rule_has_a_docstring():
    assert len(RULES) >= 20
    assert all(rule.__doc__ for rule in RULES)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_checked(data):
    for start in (b"", b"MSH|^~\\&|A\r", b"MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5\rOBX|1|ED|"):
        raw = start + data
        for finding in found(raw):
            assert 0 <= finding.span[0] <= finding.span[1] <= len(raw)
            assert finding.severity in Severity


@given(st.text(alphabet='MSHPIDOBXNTE|^~\\&\r\n\x00\x1b19AZ "é山', max_size=200))
def test_any_text_can_be_checked(text):
    raw = (r"MSH|^~\&|A|B|C|D|2026||ADT^A01|1|P|2.5" + "\r" + text).encode()
    for finding in found(raw):
        assert 0 <= finding.span[0] <= finding.span[1] <= len(raw)


def test_the_corpus_can_be_checked(corpus: Path):
    for path in sorted(corpus.rglob("*")):
        if path.is_file() and path.suffix in (".hl7", ".bin", ".txt"):
            raw = path.read_bytes()
            for finding in found(raw):
                assert finding.text
                assert 0 <= finding.span[0] <= finding.span[1] <= len(raw)
