"""Documents of the demo: a letter as lines of text and as a small PDF."""

from __future__ import annotations

import base64
from datetime import datetime

from hl7console.engine.demo.chart import Visit
from hl7console.engine.demo.segments import comp, seg, text, timestamp


def discharge_letter(visit: Visit) -> list[str]:
    """Return a discharge letter's lines."""
    days = "four days"
    return [
        "Dear colleague,",
        f"we report on your patient, who was with us for {days} (visit {visit.number}).",
        "Diagnosis: community-acquired pneumonia, left lower lobe (J18.1).",
        "Course: amoxicillin/clavulanate i.v., afebrile from day 2 | CRP 148 → 21 mg/L.",
        "Therapy at home: amoxicillin/clavulanate 875/125 mg twice a day for 3 days.",
        "Follow-up: chest X-ray in 6 weeks.",
        "With kind regards",
        f"Dr. {visit.attending.given} {visit.attending.family}",
    ]


def document(visit: Visit, number: str, at: datetime, lines: list[str]) -> list[str]:
    """Return TXA and OBX of a document notification with its content (MDM^T02, 2.5.1).

    References:
        HL7 v2.5.1 chapter 9, section 9.6.1 (TXA); chapter 2A, data type ED.
    """
    pdf = base64.b64encode(simple_pdf(lines)).decode("ascii")
    return [
        seg(
            "TXA",
            {
                1: "1",
                2: "DS",
                3: "TEXT",
                4: timestamp(at),
                5: visit.attending.xcn(),
                6: timestamp(at),
                12: comp(number, "DOCVAULT"),
                16: f"{number}.pdf",
                17: "LA",
                19: "AV",
            },
        ),
        seg(
            "OBX",
            {
                1: "1",
                2: "FT",
                3: "18842-5^Discharge summary^LN",
                5: text("\n".join(lines)),
                11: "F",
            },
        ),
        seg(
            "OBX",
            {
                1: "2",
                2: "ED",
                3: "18842-5^Discharge summary^LN",
                5: comp("DOCVAULT", "AP", "PDF", "Base64", pdf),
                11: "F",
            },
        ),
    ]


def simple_pdf(lines: list[str]) -> bytes:
    """Return a one-page PDF with `lines` in Helvetica; other characters become question marks.

    References:
        ISO 32000-1, section 7.5 (file structure).
    """
    written = [line.encode("cp1252", "replace").decode("cp1252") for line in lines]
    shown = [
        "(" + "".join(f"\\{c}" if c in "()\\" else c for c in line) + ") Tj T*" for line in written
    ]
    body = "\n".join(["BT /F1 11 Tf 16 TL 56 780 Td", *shown, "ET"]).encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body),
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)
