"""Batch headers and trailers: how many messages and batches there should have been."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.hl7v2.splitting.found import SplitProblem, count_text


@dataclass(slots=True)
class _Open:
    """A batch or a file of batches that was begun."""

    offset: int
    count: int = 0


class BatchCounter:
    """Follows FHS, BHS, BTS and FTS through a file, and checks the counts of the trailers.

    References:
        HL7 v2.5.1 chapter 2, 2.10.3 (batch protocol) and 2.15.2 to 2.15.6 (BHS, BTS, FHS, FTS).
    """

    def __init__(self) -> None:
        self._file: _Open | None = None
        self._batch: _Open | None = None
        self._messages = 0

    @property
    def is_open(self) -> bool:
        """Whether what comes next stands in a batch."""
        return self._file is not None or self._batch is not None

    def message(self) -> None:
        """Count a message."""
        self._messages += 1
        if self._batch is not None:
            self._batch.count += 1

    def segment(self, segment_id: str, line: bytes, offset: int) -> list[SplitProblem]:
        """Take a header or trailer and return what is wrong with it.

        Args:
            segment_id: ``FHS``, ``BHS``, ``BTS`` or ``FTS``.
            line: The segment, without its end.
            offset: Where it stands.
        """
        if segment_id == "FHS":
            problems = self.end()
            self._file = _Open(offset)
            self._messages = 0
        elif segment_id == "BHS":
            problems = self._end_batch()
            self._batch = _Open(offset)
        elif segment_id == "BTS":
            problems = self._trailer(self._batch, line, offset, "BTS", "message")
            if self._batch is not None and self._file is not None:
                self._file.count += 1
            self._batch = None
        else:
            problems = self._end_batch()
            problems += self._trailer(self._file, line, offset, "FTS", "batch")
            self._file = None
        return problems

    def end(self) -> list[SplitProblem]:
        """Return what is missing at the end of the file."""
        problems = self._end_batch()
        if self._file is not None:
            problems.append(_unclosed(self._file, "file of batches", "FTS"))
            self._file = None
        return problems

    def _end_batch(self) -> list[SplitProblem]:
        batch, self._batch = self._batch, None
        if batch is None:
            return []
        if self._file is not None:
            self._file.count += 1
        return [_unclosed(batch, "batch", "BTS")]

    def _trailer(
        self, opened: _Open | None, line: bytes, offset: int, segment_id: str, what: str
    ) -> list[SplitProblem]:
        if opened is None:
            text = f"A {segment_id} segment closes nothing."
            return [SplitProblem(offset, text, "batch_trailer")]
        fields = line.split(line[3:4], 2) if len(line) > 3 else [line]
        told = fields[1].strip() if len(fields) > 1 else b""
        if not told:
            return []
        if not told.isdigit() or len(told) > 12:
            text = f"{segment_id}-1 is no number; there are {_count(opened.count, what)}."
            return [SplitProblem(offset, text, "batch_count")]
        if int(told) != opened.count:
            text = f"{segment_id}-1 says {_count(int(told), what)}; there are {opened.count:,}."
            return [SplitProblem(offset, text, "batch_count")]
        return []


def _count(number: int, what: str) -> str:
    return count_text(number, what).replace("batchs", "batches")


def _unclosed(opened: _Open, what: str, trailer: str) -> SplitProblem:
    return SplitProblem(opened.offset, f"The {what} has no {trailer} segment.", "batch_trailer")
