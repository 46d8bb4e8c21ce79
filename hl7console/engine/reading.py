"""Finds the messages in what the user gives: files, folders, archives, pasted text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from hl7console.engine.console import Noticed, NotTaken
from hl7console.engine.recordings.format import MAGIC, RecordingReader, is_recording
from hl7console.engine.sources import NotReadableError, Source, Unpacker, find_files
from hl7console.errors import UsageError
from hl7console.hl7v2.splitting import SplitProblem, iter_messages

PASTED = "pasted text"
"""Name of the source of pasted messages."""

MAX_NAMED = 10_000
"""Parts not taken, and oddities noticed, that a report names; all are counted."""


@dataclass(frozen=True, slots=True)
class FoundInSource:
    """One message of a source."""

    source: str
    offset_bytes: int
    raw: bytes = field(repr=False)
    flags: tuple[str, ...] = ()


class MayBeCancelled(Protocol):
    """The work that messages are read for: an engine job, or what stands for one."""

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop."""


class MessageFinder:
    """Yields the messages of a job's sources; keeps account of what was not taken, or is odd.

    Args:
        job: Asked between messages whether it is cancelled.
        paths: Files and folders.
        pasted: Bytes given directly.
    """

    def __init__(self, job: MayBeCancelled, paths: tuple[Path, ...], pasted: bytes = b"") -> None:
        self._job = job
        self._files = list(find_files(paths))
        self._sizes = [_size(path) for _, path in self._files]
        self._total_bytes = sum(self._sizes) + len(pasted)
        self._done_bytes = 0
        self._pasted = pasted
        self._unpacker = Unpacker()
        self.not_taken: list[NotTaken] = []
        self.not_taken_total = 0
        self.noticed: list[Noticed] = []
        self.noticed_total = 0

    @property
    def share(self) -> float:
        """How much of the bytes is done, 0 to 1."""
        return self._done_bytes / self._total_bytes if self._total_bytes else 0.0

    def refuse(self, source: str, offset_bytes: int, reason: str) -> None:
        """Note a part that no message was made of."""
        self.not_taken_total += 1
        if len(self.not_taken) < MAX_NAMED:
            self.not_taken.append(NotTaken(source, offset_bytes, reason))

    def _split_problem(self, source: str, problem: SplitProblem) -> None:
        if problem.is_left_out:
            self.refuse(source, problem.offset, problem.text)
            return
        self.noticed_total += 1
        if len(self.noticed) < MAX_NAMED:
            self.noticed.append(Noticed(source, problem.offset, problem.text))

    def messages(self) -> Iterator[FoundInSource]:
        """Yield all messages, in order, until the job is cancelled."""
        for (name, path), size in zip(self._files, self._sizes, strict=True):
            for source in self._unpacker.sources(name, path):
                yield from self._messages_of(source)
                if self._job.is_cancelled:
                    return
            self._done_bytes += size
        if self._pasted:
            for source in self._unpacker.pasted(PASTED, self._pasted):
                yield from self._messages_of(source)
            self._done_bytes += len(self._pasted)

    def _messages_of(self, source: Source) -> Iterator[FoundInSource]:
        if source.problem:
            self.refuse(source.name, 0, source.problem)
            return
        try:
            yield from self._read(source)
        except NotReadableError as fault:
            self.refuse(source.name, 0, str(fault))
        except OSError as fault:
            self.refuse(source.name, 0, f"It cannot be read: {fault.strerror or 'no access'}.")

    def _read(self, source: Source) -> Iterator[FoundInSource]:
        found_anything = False
        with source.open() as file:
            head = file.read(len(MAGIC))
            file.seek(0)
            if is_recording(head):
                yield from self._read_recording(source.name, file)
                return
            for found in iter_messages(file):
                found_anything = True
                if self._job.is_cancelled:
                    return
                if isinstance(found, SplitProblem):
                    self._split_problem(source.name, found)
                else:
                    yield FoundInSource(source.name, found.start, found.raw, found.flags)
        if not found_anything:
            self.refuse(source.name, 0, "There is no message in it.")

    def _read_recording(self, name: str, file: BinaryIO) -> Iterator[FoundInSource]:
        try:
            reader = RecordingReader(file)
        except UsageError as fault:
            self.refuse(name, 0, fault.text)
            return
        for message in reader.messages():
            if self._job.is_cancelled:
                return
            yield FoundInSource(name, 0, message.raw)
        if reader.end.text:
            self.refuse(name, 0, reader.end.text)
        elif not reader.end.messages:
            self.refuse(name, 0, "There is no message in it.")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
