"""Folder against folder, joined by a key."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from hl7console.engine import comparing_folders
from hl7console.engine.comparing_folders import (
    CompareKey,
    FolderComparison,
    PairState,
    PlainWork,
    compare_folders,
)
from hl7console.errors import UsageError
from hl7console.hl7v2.compare import CompareOptions, read_ignored

OPTIONS = CompareOptions(read_ignored("MSH-7"))


def message(control: str, name: str = "DOE", accession: str = "", note: str = "") -> bytes:
    return (
        f"MSH|^~\\&|A|B|C|D|2026||ORM^O01|{control}|P|2.5.1\rPID|1||7||{name}\r"
        f"OBR|1|||||||||||||||||{accession}\rNTE|1||{note}\r"
    ).encode()


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    made = (tmp_path / "left", tmp_path / "right")
    for side in made:
        side.mkdir()
    return made


def compared(sides: tuple[Path, Path], key: str = "control", work=None) -> FolderComparison:
    work = work or PlainWork()
    left, right = sides
    return compare_folders(work, (left,), (right,), CompareKey.parse(key), OPTIONS)


def told(outcome: FolderComparison) -> list[tuple[str, str, int]]:
    return [(row.key, str(row.state), row.differences) for row in outcome.rows]


def test_every_message_ends_in_one_row(sides):
    left, right = sides
    (left / "a.hl7").write_bytes(message("1") + message("2") + message("3"))
    (left / "b.hl7").write_bytes(message(""))
    (right / "z.hl7").write_bytes(message("4") + message("2", "ROE"))
    with zipfile.ZipFile(right / "y.zip", "w") as packed:
        packed.writestr("in.hl7", message("3"))
    outcome = compared(sides)
    assert told(outcome) == [
        ("1", "only left", 0),
        ("2", "different", 1),
        ("3", "same", 0),
        ("", "no key", 0),
        ("4", "only right", 0),
    ]
    assert not outcome.is_same
    assert outcome.rows[2].right is not None
    assert outcome.rows[2].right.source == "right/y.zip/in.hl7"


def test_the_same_messages_in_other_files_are_the_same(sides):
    left, right = sides
    (left / "a.hl7").write_bytes(message("1") + message("2"))
    (right / "1.hl7").write_bytes(message("2").replace(b"\r", b"\n"))
    (right / "2.hl7").write_bytes(message("1").replace(b"|2026|", b"|2027|"))
    assert compared(sides).is_same


def test_repeated_keys_pair_their_equals_first(sides):
    left, right = sides
    (left / "a.hl7").write_bytes(message("1", "ONE") + message("1", "TWO") + message("2"))
    (right / "a.hl7").write_bytes(message("1", "TWO") + message("2"))
    outcome = compared(sides)
    assert told(outcome) == [("1", "only left", 0), ("1", "same", 0), ("2", "same", 0)]
    assert [row.is_repeated for row in outcome.rows] == [True, True, False]
    assert outcome.repeated == 1


@pytest.mark.parametrize("key", ["accession", "OBR-18", "obr.18.1"])
def test_other_keys(sides, key):
    left, right = sides
    (left / "a.hl7").write_bytes(message("1", accession="ACC"))
    (right / "a.hl7").write_bytes(message("1", "ROE", accession="ACC"))
    assert told(compared(sides, key)) == [("ACC", "different", 1)]


def test_a_key_is_a_field():
    with pytest.raises(UsageError):
        CompareKey.parse("PID")
    with pytest.raises(UsageError):
        CompareKey.parse("what?")


def test_what_is_no_message_is_told(sides):
    left, right = sides
    (left / "a.hl7").write_bytes(message("1"))
    (left / "read.me").write_bytes(b"hello")
    (right / "a.hl7").write_bytes(message("1"))
    outcome = compared(sides)
    assert outcome.is_same
    assert [part.source for part in outcome.not_taken] == ["left/read.me"]


def test_cancelling_claims_nothing_of_what_was_not_read(sides):
    left, right = sides
    (left / "a.hl7").write_bytes(message("1") + message("2"))
    (right / "a.hl7").write_bytes(message("1") + message("2"))

    class Cancelling(PlainWork):
        def advance(self, done: int, total: int = 0, text: str = "", *, share=None) -> None:
            super().advance(done, total, text, share=share)
            if done == 3:
                self.cancel()

    work = Cancelling()
    outcome = compared(sides, work=work)
    assert outcome.is_cancelled
    assert not outcome.is_same
    assert PairState.ONLY_LEFT not in outcome.counts
    assert work.done == 3


def test_progress_goes_from_nothing_to_all(sides):
    left, right = sides
    for n in range(10):
        (left / f"{n}.hl7").write_bytes(message(str(n)))
        (right / f"{n}.hl7").write_bytes(message(str(n)))
    seen: list[float] = []

    class Watching(PlainWork):
        def advance(self, done: int, total: int = 0, text: str = "", *, share=None) -> None:
            seen.append(share)

    compared(sides, work=Watching())
    assert seen == sorted(seen)
    assert len(seen) == 20
    assert seen[10] >= 0.5 > seen[9]


def test_large_messages_come_back_whole(sides):
    left, right = sides
    big = message("1", note="A" * 100_000)
    (left / "a.hl7").write_bytes(big)
    (right / "a.hl7").write_bytes(big.replace(b"DOE", b"ROE"))
    row = compared(sides).rows[0]
    assert row.left is not None
    assert row.left.is_packed
    assert row.left.raw.rstrip(b"\r") == big.rstrip(b"\r")
    assert "AAAA" not in repr(row)


def test_too_many_messages_are_refused(sides, monkeypatch):
    monkeypatch.setattr(comparing_folders, "MOST_ROWS", 3)
    (sides[0] / "a.hl7").write_bytes(b"".join(message(str(n)) for n in range(4)))
    with pytest.raises(UsageError, match="more than 3"):
        compared(sides)
