"""Where imported bytes come from: files, folders, archives, pasted text.

Archives are opened in memory and never unpacked to disk. Their total size, ratio and depth are
limited, so that a small hostile file cannot fill the machine.
"""

from __future__ import annotations

import io
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

MIB = 1024 * 1024

MAX_MEMBER_BYTES = 512 * MIB
"""Largest file inside an archive that is read, in bytes."""

MAX_UNPACKED_BYTES = 4096 * MIB
"""Most that all archives of one import may unpack to, in bytes."""

MAX_RATIO = 200
"""Most that an archive may grow by, once past `RATIO_FREE_BYTES`."""

RATIO_FREE_BYTES = 16 * MIB
"""Size below which the ratio doesn't matter, in bytes."""

MAX_DEPTH = 3
"""Archives within archives that are opened."""

MAX_MEMBERS = 100_000
"""Files within one archive that are read."""

SMALL_FILE_BYTES = 256 * 1024
"""Files below this size are read at once."""

_CHUNK_BYTES = 256 * 1024
_Read = Callable[[int], bytes]
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_GZIP = b"\x1f\x8b\x08"
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What the readers of archives raise for bytes that are no sound archive."""
_OFFICE = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".jar", ".apk", ".epub")


class NotReadableError(Exception):
    """A source that nothing can be read from; the text says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to look for messages in."""

    name: str
    """As the user knows it; inside an archive ``archive.zip/inner.hl7``."""
    path: Path | None = None
    """The file on disk, to be read in pieces."""
    content: bytes = field(default=b"", repr=False)
    """What it holds, where it is no file on disk."""
    problem: str = ""
    """Why it cannot be read; empty when it can."""

    def open(self) -> BinaryIO:
        """Open it for reading.

        Raises:
            NotReadableError: It cannot be opened.
        """
        if self.path is None:
            return io.BytesIO(self.content)
        try:
            return self.path.open("rb")
        except OSError as fault:
            raise NotReadableError(_reason(fault)) from fault


def _reason(fault: OSError) -> str:
    return f"It cannot be read: {fault.strerror or 'no access'}."


def find_files(paths: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    """Yield name and path of each file, folders walked in order; links to folders not followed."""
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - unlike `Path.is_dir` it raises nothing
            yield path.name, path
            continue
        closed: list[OSError] = []
        for folder, folders, names in os.walk(path, onerror=closed.append):
            folders.sort()
            within = Path(folder).relative_to(path.parent).as_posix()
            for name in sorted(names):
                yield f"{within}/{name}", Path(folder, name)
        for fault in closed:
            unread = Path(fault.filename or path)
            yield unread.relative_to(path.parent).as_posix(), unread


class Unpacker:
    """Yields the sources in files and archives, within the limits of one import."""

    def __init__(self, *, max_unpacked_bytes: int = MAX_UNPACKED_BYTES) -> None:
        self._left_bytes = max_unpacked_bytes

    def sources(self, name: str, path: Path) -> Iterator[Source]:
        """Yield what a file on disk holds: itself, or the files within."""
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                yield Source(name, problem="The folder cannot be read.")
                return
            if not stat.S_ISREG(mode):
                yield Source(name, problem="It is not a file.")
                return
            with path.open("rb") as file:
                head = file.read(SMALL_FILE_BYTES)
                kind = _kind(head[:4], name)
                if not kind:
                    # A small file has been read by now; a large one is read in pieces.
                    is_small = len(head) < SMALL_FILE_BYTES
                    yield Source(name, content=head) if is_small else Source(name, path)
                    return
                file.seek(0)
                yield from self._unpack(kind, name, file, path.stat().st_size, depth=1)
        except FileNotFoundError:
            yield Source(name, problem="It does not exist.")
        except OSError as fault:
            yield Source(name, problem=_reason(fault))

    def pasted(self, name: str, content: bytes) -> Iterator[Source]:
        """Yield what pasted bytes hold."""
        yield from self._look_into(name, content, depth=0)

    def _look_into(self, name: str, content: bytes, *, depth: int) -> Iterator[Source]:
        kind = _kind(content[:4], name)
        if not kind:
            yield Source(name, content=content)
        elif depth >= MAX_DEPTH:
            yield Source(name, problem=f"Archives are opened only {MAX_DEPTH} deep.")
        else:
            yield from self._unpack(kind, name, io.BytesIO(content), len(content), depth=depth + 1)

    def _unpack(
        self, kind: str, name: str, file: BinaryIO, packed_bytes: int, *, depth: int
    ) -> Iterator[Source]:
        try:
            if kind == "gzip":
                content = self._gunzip(file, packed_bytes)
                inner = name.removesuffix(".gz") if name.endswith(".gz") else f"{name}/content"
                yield from self._look_into(inner, content, depth=depth)
            else:
                yield from self._unzip(name, file, depth=depth)
        except NotReadableError as fault:
            yield Source(name, problem=str(fault))
        except _DAMAGED:
            yield Source(name, problem="The archive is damaged.")

    def _unzip(self, name: str, file: BinaryIO, *, depth: int) -> Iterator[Source]:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise NotReadableError(f"The archive holds more than {MAX_MEMBERS:,} files.")
            for member in members:
                inner = f"{name}/{member.filename}"
                try:
                    content = self._read_member(archive, member)
                except NotReadableError as fault:
                    yield Source(inner, problem=str(fault))
                except (*_DAMAGED, OSError):
                    yield Source(inner, problem="It is damaged, or packed in an unknown way.")
                else:
                    yield from self._look_into(inner, content, depth=depth)

    def _read_member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
        if member.flag_bits & 1:
            raise NotReadableError("It is protected by a password.")
        if member.file_size > MAX_MEMBER_BYTES:
            raise NotReadableError(_too_large(member.file_size))
        with archive.open(member) as file:
            return self._read_limited(file.read, member.compress_size)

    def _gunzip(self, file: BinaryIO, packed_bytes: int) -> bytes:
        parts = _gunzip_parts(file)
        return self._read_limited(lambda _: next(parts, b""), packed_bytes)

    def _read_limited(self, read: _Read, packed_bytes: int) -> bytes:
        """Read to the end, and stop at the first limit whatever a header claims."""
        content = io.BytesIO()
        size = 0
        while part := read(_CHUNK_BYTES):
            size += len(part)
            if size > MAX_MEMBER_BYTES:
                raise NotReadableError(_too_large(size))
            if size > RATIO_FREE_BYTES and size > packed_bytes * MAX_RATIO:
                raise NotReadableError(
                    f"It unpacks to more than {MAX_RATIO} times its size, which no messages do."
                )
            self._left_bytes -= len(part)
            if self._left_bytes < 0:
                raise NotReadableError("The archives of this import unpack to too much.")
            content.write(part)
        return content.getvalue()


def _gunzip_parts(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of a gzip file of one or more members, in bounded parts."""
    unpacker = zlib.decompressobj(wbits=31)
    pending = b""
    while True:
        if not pending:
            pending = file.read(_CHUNK_BYTES)
            if not pending:
                if not unpacker.eof:
                    raise EOFError
                return
        if unpacker.eof:
            if not pending.strip(b"\0"):
                pending = b""
                continue
            unpacker = zlib.decompressobj(wbits=31)
        part = unpacker.decompress(pending, _CHUNK_BYTES)
        pending = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        if part:
            yield part


def _kind(head: bytes, name: str) -> str:
    if head[:3] == _GZIP:
        return "gzip"
    if head in (_ZIP, _EMPTY_ZIP) and not name.lower().endswith(_OFFICE):
        return "zip"
    return ""


def _too_large(size_bytes: int) -> str:
    return f"It is too large for an archive ({size_bytes // MIB:,} MiB); unpack it first."
