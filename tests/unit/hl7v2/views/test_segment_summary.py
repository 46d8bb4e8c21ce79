"""Segments in a few words."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.delimiters import DEFAULT, Delimiters
from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.views.segment_summary import LONGEST, Summarizer


@pytest.mark.parametrize(
    ("line", "summary"),
    [
        (r"MSH|^~\&|A|B|C|D|20260101||ADT^A04^ADT_A01|1|P|2.5.1^DEU", "ADT^A04^ADT_A01 · 2.5.1"),
        ("PID|1||1||DOE^JANE^^^||19700101|F", "DOE^JANE · 1970-01-01 · F · Female"),
        ("PID|1||1||DOE^JANE~DOE^J||bad|?", "DOE^JANE · bad · ?"),
        ('PID|1||1||""', ""),
        ("PV1|1|I|2W^101^A", "I · Inpatient · 2W^101^A"),
        ("ORC|NW|P1|F1||SC", "NW · New order/service · SC · In process, scheduled"),
        ("OBX|1|NM|1^Glucose^LN||182|mg/dl^mg/dl||H", "Glucose: 182 mg/dl · H · Above high normal"),
        ("OBX|1|ED|^Report||^application^pdf^Base64^QUJD", "Report: application pdf Base64"),
        ("OBX|1|ED|^Report", "Report"),
        ("OBX|1|TX|||text only", "text only"),
        ("OBX|1", ""),
        ("OBX", ""),
        ("OBX|1|CE|R||^^^9^Other", "R: Other"),
        ("OBX|1|CE|R||^^^9", "R: 9"),
        ("OBX|1|CE|R||^^^9^", "R: 9"),
        ("OBX|1|XCN|R||5^DOE^J", "R: DOE^J"),
        ("OBX|1|XCN|R||5", "R: 5"),
        ("NTE|1||a\\.br\\b\\F\\c", "a b|c"),
        ("ERR||PID^1^3|101^Required field missing^HL70357|E", "Required field missing"),
        ("MRG|44^^^HOSP", "44"),
        ("ZZ9|1|foo|bar^x||baz|more", "foo · bar^x · baz"),
        ("ZZ9|foo|bar", "foo · bar"),
        ("ZZ9", ""),
        ("FHS|^~\\&|A", ""),
        ("PRB|AD|2006|x^Problem", "AD · 2006 · x^Problem"),
    ],
)
def test_summaries(line, summary):
    assert Summarizer(load("2.5.1"), DEFAULT, "utf_8").summary(line[:3], line) == summary


def test_coded_sex_of_later_versions():
    summarizer = Summarizer(load("2.8"), DEFAULT, "utf_8")
    assert summarizer.summary("PID", "PID|1||1||DOE^J||1970|F") == "DOE^J · 1970 · Female"


def test_other_delimiters():
    bare = Summarizer(load(), Delimiters("|", "", "", "", ""), "utf_8")
    assert bare.summary("PID", "PID|1||1||DOE^J~x") == "DOE^J~x"


def test_long_and_broken_lines():
    summarizer = Summarizer(load(), DEFAULT, "utf_8")
    long = summarizer.summary("NTE", "NTE|1||" + "word " * 1000)
    assert len(long) <= LONGEST
    assert long.endswith("…")
    assert summarizer.summary("", "some\tjunk \x0b here") == "some junk here"
