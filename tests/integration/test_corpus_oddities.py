"""What is odd in other people's messages is shown at the right place; what is not, isn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from hl7console.hl7v2.findings import Finding, Severity
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.splitting import split_messages
from hl7console.hl7v2.validation import check

FHIR = "fhir-converter/data/SampleData/Hl7v2/"
FHIR_TESTS = "fhir-converter/src/Microsoft.Health.Fhir.Liquid.Converter.UnitTests/TestData/"
PRIME = "prime-reportstream/prime-router/src/"
PRIME_DATA = PRIME + "testIntegration/resources/datatests/"
RETHINK = "rethinkhealth/qa/fixtures/"
LINUX = "linuxforhealth/src/test/resources/"
OWN = "derived-own/"

ODD = [
    # file, number of the message, path, code, severity, the bytes that are marked
    (FHIR + "ADT01-23.hl7", 0, "MSH", "bom", "info", b"\xef\xbb\xbf"),
    (FHIR + "ADT01-23.hl7", 0, "MSH", "lf_segments", "info", b"\n"),
    (FHIR + "ADT01-23.hl7", 0, "MSH-15", "trailing_blank", "info", b" "),
    (FHIR + "ADT01-23.hl7", 0, "PID-30", "blank_around_value", "info", b"NO "),
    (FHIR + "MDM-T02-01.hl7", 0, "OBX[2]-5.5", "empty_document", "warning", b""),
    (FHIR + "MDM-T02-01.hl7", 0, "EVN-1", "event_differs", "warning", b"T10"),
    (FHIR + "MDM-T02-01.hl7", 0, "TQ1-4[1]", "bad_date", "error", b"11:30:05"),
    (FHIR + "PC1-Problem-Add-v2.3.1.hl7", 0, "MSH-14", "trailing_blank", "info", b" "),
    (FHIR + "PC1-Problem-Add-v2.3.1.hl7", 0, "PRB-2", "bad_date", "error", b"2004062916460000"),
    (FHIR + "PC1-Problem-Add-v2.3.1.hl7", 0, "MSH-3", "header_field_empty", "warning", b""),
    (FHIR + "ORM-O01-01.hl7", 0, "ORC-15", "bad_date", "error", b"2010201200+0215"),
    (FHIR + "SIU_12.hl7", 0, "MSH-9", "content_differs", "warning", b"ADT^A60^ADT_A60"),
    (FHIR + "MDM_01.hl7", 0, "MSH-9", "content_differs", "warning", b"ADT^A01^ADT_A01"),
    (FHIR_TESTS + "Expected/BundleToHl7v2.hl7", 1, "MSH-7", "bad_date", "error", b"123"),
    (LINUX + "sample_unix.hl7", 0, "MSH-2", "repeated_delimiter", "error", b"^~\\\\&"),
    (LINUX + "sample_unix.hl7", 0, "OBX-17", "literal_line_end", "error", b"\\r"),
    (LINUX + "sample_unix.hl7", 0, "MSH", "lf_segments", "info", b"\n"),
    (LINUX + "sample_win.hl7", 0, "MSH-2", "repeated_delimiter", "error", b"^~\\\\&"),
    (LINUX + "sample_win.hl7", 0, "AL1[2]-5", "literal_line_end", "error", b"\\r"),
    (LINUX + "sample_win.hl7", 0, "MSH-24", "bad_escape", "warning", b"\\"),
    (LINUX + "sample_win.hl7", 0, "MSH", "crlf_segments", "info", b"\r"),
    (RETHINK + "edge-custom-delimiters.hl7", 0, "MSH-1", "unusual_delimiters", "info", b"#"),
    (RETHINK + "edge-non-ascii.hl7", 0, "PID-5.1", "charset_not_named", "info", b"\xc3\x9c"),
    (RETHINK + "edge-crlf-line-endings.hl7", 0, "MSH", "crlf_segments", "info", b"\r"),
    (RETHINK + "edge-empty-segments.hl7", 0, "PV1-2", "required_field_missing", "error", b""),
    (RETHINK + "invalid-wrong-version.hl7", 0, "MSH-12", "unknown_version", "error", b"1.0"),
    (
        RETHINK + "invalid-segment-header-length.hl7",
        0, "[1]", "segment_name", "error",
        b"PIDX|1||12345^^^MRN||DOE^JOHN||19800101|M",
    ),
    (
        RETHINK + "invalid-segment-header-length.hl7",
        0, "[2]", "segment_name", "error",
        b"PV|1|I|ICU^101^A",
    ),
    (
        PRIME_DATA + "mappinginventory/catchall/dtm/dateTime/dtm-zero-year-to-dateTime.hl7",
        0, "PID-29", "bad_date", "error",
        b"0000",
    ),
    (
        PRIME_DATA + "mappinginventory/catchall/dtm/dateTime/dtm-day-precision-to-dateTime.hl7",
        0, "MSH-2", "truncation_before_2_7", "warning",
        b"^~\\&#",
    ),
    (
        PRIME + "test/resources/fhirengine/translation/FHIR_to_HL7/output-invalid.hl7",
        0, "MSH-3", "header_field_empty", "warning",
        b"",
    ),
    (
        PRIME + "test/resources/fhirengine/translation/FHIR_to_HL7/output-invalid.hl7",
        0, "MSH-11", "no_processing_id", "warning",
        b"",
    ),
    (
        PRIME_DATA + "HL7_to_INTERNAL/EHT-20210316-0001.hl7",
        0, "OBX-17", "too_long", "info",
        b"Ellume COVID-19 Home Test",
    ),
    (OWN + "cp1252-declared-8859-1.hl7", 0, "PID-5.1", "windows_1252", "warning", b"\x92"),
    (OWN + "cyrillic-cp1251-no-msh18.hl7", 0, "PID-5.1", "charset_not_named", "warning", b"\xd2"),
    (OWN + "big5-no-msh18.hl7", 0, "PID-5.1", "charset_not_named", "warning", b"\xb3"),
    (OWN + "big5-no-msh18.hl7", 0, "PID-5", "bad_escape", "warning", b"\\"),
    (OWN + "shift-jis-no-msh18.hl7", 0, "PID-5[2].3", "charset_fallback", "warning", b"\x8d"),
    (OWN + "shift-jis-no-msh18.hl7", 0, "NTE-3", "bad_escape", "warning", b"\\"),
    (OWN + "utf16le-bom.hl7", 0, "MSH", "utf16", "warning", b"\xff\xfeM\x00"),
    (OWN + "utf8-truncated-mid-char.hl7", 0, "NTE-3", "truncated_character", "warning", b"\xc3"),
    (OWN + "batch-wrong-count-lf.hl7", 1, "MSH", "lf_segments", "info", b"\n"),
    (OWN + "mllp-junk-before-and-between.bin", 2, "MSH-9", "no_message_type", "error", b""),
]  # fmt: skip

SOUND_CHARACTERS = (
    "cyrillic-8859-5",
    "euc-kr-ks-x-1001",
    "gb18030",
    "greek-8859-7",
    "iso2022jp-ir87",
    "latin1-8859-1",
    "latin9-8859-15-euro",
    "utf8-unicode-astral",
)

CHARACTER_CODES = {
    "bad_escape",
    "bad_hex",
    "bom",
    "charset_fallback",
    "charset_mismatch",
    "charset_not_named",
    "control_character",
    "lost_character",
    "nonstandard_charset",
    "truncated_character",
    "unknown_charset",
    "utf8_not_declared",
    "windows_1252",
}

ORDINARY = [
    # Messages of everyday work: nothing in them deserves more than a remark.
    FHIR + "ADT-A40-02.hl7",
    FHIR + "ADT01-28.hl7",
    FHIR + "LRI_2.0-NG_CBC_Typ_Message.hl7",
    FHIR + "OML-O21-01.hl7",
    FHIR + "ORM-O01-04.hl7",
    FHIR + "ORU-R01-RMGEAD.hl7",
    FHIR + "SIU-S12-02.hl7",
    FHIR + "SIU-S26-02.hl7",
    RETHINK + "adt-a01-basic.hl7",
    RETHINK + "orm-o01-order.hl7",
    "rethinkhealth/examples/mllp-client/samples/adt-a01.hl7",
    "rethinkhealth/examples/mllp-client/samples/orm-o01.hl7",
    "rethinkhealth/examples/mllp-client/samples/oru-r01.hl7",
]


def findings(corpus: Path, name: str, number: int = 0) -> tuple[bytes, list[Finding]]:
    raw = split_messages((corpus / name).read_bytes()).messages[number].raw
    return raw, check(Message.parse(raw))


@pytest.mark.parametrize(
    ("name", "number", "path", "code", "severity", "marked"),
    ODD,
    ids=[f"{name.rpartition('/')[2]}-{code}-{path}" for name, _, path, code, *_ in ODD],
)
def test_what_is_odd_is_shown_at_its_place(corpus, name, number, path, code, severity, marked):
    raw, found = findings(corpus, name, number)
    here = [f for f in found if (str(f.path), f.code) == (path, code)]
    assert here, [(str(f.path), f.code) for f in found]
    assert here[0].severity == severity
    start, end = here[0].span
    assert raw[start:end] == marked


@pytest.mark.parametrize("name", SOUND_CHARACTERS)
def test_character_sets_that_are_named_and_kept_to_are_no_problem(corpus, name):
    _, found = findings(corpus, f"{OWN}{name}.hl7")
    assert not CHARACTER_CODES & {f.code for f in found}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_messages_raise_no_alarm(corpus, name):
    _, found = findings(corpus, name)
    assert [f.text for f in found if f.severity != Severity.INFO] == []
    assert len(found) <= 10


def test_no_message_is_flooded_with_problems_and_each_is_a_sentence(corpus):
    for path in sorted(p for p in corpus.rglob("*") if p.is_file()):
        for message in split_messages(path.read_bytes()).messages:
            found = check(Message.parse(message.raw))
            is_full = path.name in ("oml_o21-full.hl7", "orm_o01-full.hl7")  # every field invented
            assert len(found) <= (75 if is_full else 25), path.name
            for finding in found:
                start, end = finding.span
                assert 0 <= start <= end <= len(message.raw)
                assert finding.text[0].isupper()
                assert finding.text.endswith(".")
