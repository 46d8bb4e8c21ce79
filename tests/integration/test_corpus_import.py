"""The import of other people's files: every message byte for byte, and nothing lost in silence."""

from __future__ import annotations

import gzip
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from engine_kit import running_engine

from hl7console.engine.console import ImportFiles, JobReport, Noticed, NotTaken
from hl7console.engine.supervisor import Engine
from hl7console.hl7v2.message import Message
from hl7console.store.records import MessageRow

HEADER = re.compile(rb"(?:\A|(?<=[\r\n\x0b\xbf]))(?:\x00)?MSH[|#^]")
"""What begins a message, found without any code of ours."""

BATCH_LINE = re.compile(rb"(?:FHS|BHS|BTS|FTS)\|[^\r\n]*")

BETWEEN = b"\r\n \t\x00\x0b\x1c\xef\xbb\xbf"
"""Line ends, NUL, MLLP bytes and byte order marks: what may stand between messages."""

NO_MESSAGE = {"NOTICE", "manifest.json", "sources.tsv", "invalid-missing-msh.hl7"}

NOTICED = {
    "batch-wrong-count-lf.hl7": [
        (898, "BTS-1 says 3 messages; there are 2."),
        (904, "FTS-1 says 2 batches; there are 1."),
    ],
    "mllp-junk-before-and-between.bin": [
        (887, "An MLLP frame has no end: its message may be cut.")
    ],
    "mllp-no-trailing-cr.bin": [(424, "MLLP frames end without the CR that belongs after FS.")],
    "BundleToHl7v2.hl7": [(389, "BTS-1 says 1 message; there are 2.")],
    "test-0001-input-covid-19.hl7": [(83636, "BTS-1 says 25 messages; there are 20.")],
}

LEFT_OUT = {
    "mllp-junk-before-and-between.bin": [(2, "5 bytes outside of any MLLP frame left out.")],
    "invalid-missing-msh.hl7": [(0, "There is no MSH segment; the first segment is PID.")],
}


@dataclass(frozen=True)
class Imported:
    """What an import gave: its report, and what is in the store afterwards."""

    report: JobReport
    rows: list[MessageRow]
    raws: list[bytes]

    def raws_of(self, name: str) -> list[bytes]:
        return [raw for row, raw in zip(self.rows, self.raws, strict=True) if row.interface == name]


def imported(engine: Engine, *paths: Path) -> Imported:
    report = engine.submit(ImportFiles(paths)).result(60)
    reader = engine.open_reader()
    try:
        ids = (
            list(range(report.first_message_id, report.last_message_id + 1))
            if report.messages
            else []
        )
        rows = reader.rows(ids)
        raws = [reader.raw(number) for number in ids]
    finally:
        reader.close()
    assert len(rows) == len(ids) == report.messages
    return Imported(report, rows, [raw for raw in raws if raw is not None])


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """The corpus, imported as one folder."""
    corpus = Path(__file__).parents[1] / "corpus"
    with running_engine(tmp_path_factory.mktemp("whole")) as engine:
        return imported(engine, corpus)


def told(parts: tuple[NotTaken, ...] | tuple[Noticed, ...], name: str) -> list[tuple[int, str]]:
    return [
        (part.offset_bytes, part.reason if isinstance(part, NotTaken) else part.text)
        for part in parts
        if part.source.rpartition("/")[2] == name
    ]


def unaccounted(content: bytes, raws: list[bytes], left_out: list[int]) -> list[tuple[int, bytes]]:
    """Return the byte ranges of a file that are in no message and that nobody was told of."""
    gaps: list[tuple[int, int]] = []
    at = 0
    for raw in raws:
        start = content.find(raw, at)
        assert start >= 0, "the message is no part of the file, or not in its order"
        gaps.append((at, start))
        at = start + len(raw)
    gaps.append((at, len(content)))
    found = []
    for low, high in gaps:
        rest = BATCH_LINE.sub(b"", content[low:high]).strip(BETWEEN)
        if rest and not any(low <= offset < high for offset in left_out):
            found.append((low, rest))
    return found


def test_every_byte_of_every_file_is_in_a_message_or_told_of(whole, corpus):
    for path in files_of(corpus):
        raws = whole.raws_of(path.name)
        left_out = [offset for offset, _ in told(whole.report.not_taken, path.name)]
        assert unaccounted(path.read_bytes(), raws, left_out) == [], path.name


def test_as_many_messages_are_kept_as_there_are_headers(whole, corpus):
    total = 0
    for path in files_of(corpus):
        content = path.read_bytes().replace(b"\x00", b"")
        count = 0 if path.name in NO_MESSAGE else len(HEADER.findall(content))
        count += path.name == "utf16le-bom.hl7"
        assert len(whole.raws_of(path.name)) == count, path.name
        total += count
    assert total == whole.report.messages == len(whole.raws)


def test_what_was_not_taken_and_what_was_noticed_are_told_apart(whole, corpus):
    report = whole.report
    for path in files_of(corpus):
        assert told(report.noticed, path.name) == NOTICED.get(path.name, []), path.name
        left_out = told(report.not_taken, path.name)
        if path.name in LEFT_OUT:
            assert left_out == LEFT_OUT[path.name]
        else:
            assert len(left_out) == (path.name in NO_MESSAGE), path.name
    assert report.not_taken_total == len(report.not_taken) == 5
    assert report.noticed_total == len(report.noticed) == 6
    assert report.text.endswith(", 5 parts not taken, 6 oddities noticed.")
    assert not report.cancelled


def test_rows_say_what_the_trees_of_their_messages_do(whole):
    for row, raw in zip(whole.rows, whole.raws, strict=True):
        message = Message.parse(raw)
        assert message.raw == raw
        assert row.message_type == (message.get("MSH-9.1") or "").strip()
        assert row.event == (message.get("MSH-9.2") or "").strip()
        assert row.control_id == (message.get("MSH-10") or "").strip()
        assert row.version == (message.get("MSH-12.1") or "").strip()
        if row.patient_id:
            assert row.patient_id in [v.strip() for v in message.values("PID-3.1")]


def test_trees_hold_every_byte_of_their_messages(whole):
    for raw in whole.raws:
        message = Message.parse(raw)
        at = 0
        for segment in message.segments:
            start, end = segment.span
            assert at <= start <= end
            assert not raw[at:start].replace(b"\x00", b"").strip(b"\r\n\xef\xbb\xbf\xff\xfe"), at
            at = end
        assert not raw[at:].replace(b"\x00", b"").strip(b"\r\n")


def test_each_file_gives_the_same_by_itself(whole, corpus, tmp_path):
    with running_engine(tmp_path) as engine:
        for path in files_of(corpus):
            alone = imported(engine, path)
            assert alone.raws == whole.raws_of(path.name), path.name
            assert told(alone.report.noticed, path.name) == NOTICED.get(path.name, [])


def test_each_file_gives_the_same_in_a_zip_archive(whole, corpus, tmp_path):
    archive = tmp_path / "corpus.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in files_of(corpus):
            packed.write(path, path.relative_to(corpus).as_posix())
    with running_engine(tmp_path) as engine:
        found = imported(engine, archive)
    for path in files_of(corpus):
        assert found.raws_of(path.name) == whole.raws_of(path.name), path.name
    assert found.report.text == whole.report.text
    inner = "corpus.zip/derived-own/batch-wrong-count-lf.hl7"
    assert inner in {part.source for part in found.report.noticed}


def test_each_file_gives_the_same_packed_by_gzip(whole, corpus, tmp_path):
    folder = tmp_path / "packed"
    folder.mkdir()
    for number, path in enumerate(files_of(corpus)):
        packed = folder / f"{number:03}" / f"{path.name}.gz"
        packed.parent.mkdir()
        packed.write_bytes(gzip.compress(path.read_bytes(), 1, mtime=0))
    with running_engine(tmp_path) as engine:
        found = imported(engine, folder)
    for path in files_of(corpus):
        assert found.raws_of(path.name) == whole.raws_of(path.name), path.name
    assert found.report.text == whole.report.text
