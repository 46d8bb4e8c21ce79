from __future__ import annotations

import gzip
import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine import sources
from hl7console.engine.sources import NotReadableError, Source, Unpacker, find_files


def taken(*found: Source) -> list[tuple[str, bytes, str]]:
    return [(s.name, s.open().read() if not s.problem else b"", s.problem) for s in found]


def archive(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return content.getvalue()


def unpacked(content: bytes, name: str = "x.zip") -> list[tuple[str, bytes, str]]:
    return taken(*Unpacker().pasted(name, content))


def test_plain_bytes_are_themselves():
    assert unpacked(b"MSH|", "a.hl7") == [("a.hl7", b"MSH|", "")]


def test_archives_within_archives():
    inner = archive({"b.hl7": b"B", "c.hl7.gz": gzip.compress(b"C")})
    content = archive({"a/a.hl7": b"A", "in.zip": inner})
    assert unpacked(content) == [
        ("x.zip/a/a.hl7", b"A", ""),
        ("x.zip/in.zip/b.hl7", b"B", ""),
        ("x.zip/in.zip/c.hl7", b"C", ""),
    ]


def test_depth_is_limited():
    content = b"deep"
    for _ in range(5):
        content = gzip.compress(content)
    ((_, _, problem),) = unpacked(content, "x.gz")
    assert "3 deep" in problem


def test_a_bomb_is_stopped_by_its_ratio(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "RATIO_FREE_BYTES", 100_000)
    bomb = bytes(3_000_000)
    for content, name in ((archive({"b": bomb}), "x.zip"), (gzip.compress(bomb), "x.gz")):
        ((_, _, problem),) = unpacked(content, name)
        assert "200 times" in problem


def test_total_and_member_sizes_are_limited(monkeypatch: pytest.MonkeyPatch):
    data = os.urandom(600_000)
    content = archive({"a": data, "b": data}, method=zipfile.ZIP_STORED)
    found = taken(*Unpacker(max_unpacked_bytes=1_000_000).pasted("x.zip", content))
    assert found[0] == ("x.zip/a", data, "")
    assert "unpack to too much" in found[1][2]
    monkeypatch.setattr(sources, "MAX_MEMBER_BYTES", 500_000)
    assert "too large" in unpacked(content)[0][2]
    assert "too large" in unpacked(gzip.compress(data), "x.gz")[0][2]
    monkeypatch.setattr(sources, "MAX_MEMBERS", 1)
    assert "more than 1 files" in unpacked(content)[0][2]


def test_a_header_that_lies_about_its_size_does_not_help(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "MAX_MEMBER_BYTES", 100_000)
    content = bytearray(archive({"a": bytes(400_000)}))
    size = (400_000).to_bytes(4, "little")
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = (50).to_bytes(4, "little")
    ((_, _, problem),) = unpacked(bytes(content))
    assert problem


def test_damaged_archives_are_told():
    good = archive({"a": b"A" * 5000})
    assert "damaged" in unpacked(good[: len(good) // 2])[0][2]
    assert "damaged" in unpacked(gzip.compress(b"A" * 5000)[:-20], "x.gz")[0][2]
    assert "damaged" in unpacked(b"\x1f\x8b\x08" + b"\xff" * 50, "x.gz")[0][2]
    flipped = bytearray(good)
    flipped[45] ^= 0xFF
    assert "damaged" in unpacked(bytes(flipped))[0][2]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED])
def test_a_damaged_member_leaves_the_others(method: int):
    data = bytes(range(256)) * 2
    content = archive({"a": data, "b": data}, method=method)
    at = content.find(b"a", 30) + 5
    spoilt = content[:at] + b"\xff" + content[at + 1 :]
    assert [part[0] for part in unpacked(spoilt)] == ["x.zip/a", "x.zip/b"]
    assert "damaged" in unpacked(spoilt)[0][2]
    assert unpacked(spoilt)[1][1] == data


def test_a_password_is_told():
    content = bytearray(archive({"a": b"A"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + at] |= 1
    assert "password" in unpacked(bytes(content))[0][2]


def test_an_office_document_is_no_archive():
    content = archive({"word/document.xml": b"<x/>"})
    assert unpacked(content, "letter.docx") == [("letter.docx", content, "")]


def test_several_gzip_members_are_one_file():
    content = gzip.compress(b"A") + gzip.compress(b"B") + bytes(10)
    assert unpacked(content, "x.hl7.gz") == [("x.hl7", b"AB", "")]


def test_folders_are_walked_in_order_and_links_are_not_followed(tmp_path: Path):
    folder = tmp_path / "in"
    (folder / "b").mkdir(parents=True)
    (folder / "z.hl7").write_bytes(b"Z")
    (folder / "b" / "a.hl7").write_bytes(b"A")
    if os.name == "posix":
        (folder / "b" / "loop").symlink_to(folder, target_is_directory=True)
    names = [name for name, _ in find_files((folder, tmp_path / "single.hl7"))]
    assert names == ["in/z.hl7", "in/b/a.hl7", "single.hl7"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    closed = tmp_path / "in" / "closed"
    closed.mkdir(parents=True)
    (tmp_path / "in" / "z.hl7").write_bytes(b"Z")
    scandir = os.scandir

    def refuse(path: object) -> object:
        if Path(str(path)) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    assert [name for name, _ in find_files((tmp_path / "in",))] == ["in/z.hl7", "in/closed"]


def test_a_path_that_may_not_be_looked_at_is_named(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)
    assert list(find_files((Path("x.hl7"),))) == [("x.hl7", Path("x.hl7"))]


def test_what_cannot_be_read_is_told(tmp_path: Path):
    def problem(path: Path) -> str:
        (found,) = Unpacker().sources(path.name, path)
        return found.problem

    assert problem(tmp_path / "missing") == "It does not exist."
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert problem(tmp_path / "pipe") == "It is not a file."
    assert problem(tmp_path) == "The folder cannot be read."
    gone = Source("gone", tmp_path / "gone")
    with pytest.raises(NotReadableError, match="cannot be read"):
        gone.open()


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"PK\x05\x06"])
)
def test_any_bytes_end_in_sources(data: bytes, magic: bytes):
    for source in Unpacker().pasted("x", magic + data):
        assert source.problem or source.open().read() is not None
