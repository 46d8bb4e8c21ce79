"""Where a large file may be cut."""

from __future__ import annotations

import io

from hl7console.hl7v2.splitting import FoundMessage
from hl7console.hl7v2.splitting.found import SplitProblem, count_text
from hl7console.hl7v2.splitting.regions import Splitter
from hl7console.hl7v2.splitting.streams import iter_messages
from hl7console.hl7v2.splitting.widths import BYTES

A = b"MSH|^~\\&|RIS\rPID|||1\r"


def test_pieces_share_their_batch():
    splitter = Splitter(BYTES, is_whole=False)
    first = list(splitter.take(b"BHS|^~\\&\r" + A, 0, is_last=False))
    second = list(splitter.take(A + b"BTS|3\r", 9 + len(A), is_last=True))
    assert [type(found) for found in first] == [FoundMessage]
    message, problem = second
    assert (message.start, message.flags) == (9 + len(A), ("batch",))
    assert isinstance(problem, SplitProblem)
    assert problem.offset == 9 + 2 * len(A)


def test_a_header_in_a_line_is_no_place_to_cut():
    quoted = A + b"NTE|1||MSH|^~\\&|quoted\r"
    stream = io.BytesIO(quoted * 3)
    found = list(iter_messages(stream, whole_bytes=30, block_bytes=8))
    assert [message.raw for message in found] == [quoted] * 3


def test_counts_read_well():
    assert count_text(1, "byte") == "1 byte"
    assert count_text(1234, "byte") == "1,234 bytes"
