"""Bytes between frames, apart from the decoder that meets them."""

from __future__ import annotations

from hl7console.mllp.events import JunkLimitReached, NoiseSkipped
from hl7console.mllp.noise import NoiseCounter


def test_a_stretch_is_reported_once_at_its_end():
    noise = NoiseCounter(64)
    events = []
    assert noise.take(b"\r\nab c", 0, 6, events) == -1
    assert noise.take(b"d\r\n", 0, 3, events) == -1
    assert events == []
    noise.end(events)
    noise.end(events)
    assert events == [NoiseSkipped(4, b"ab cd")]


def test_a_message_is_told_from_what_only_begins_like_one():
    noise = NoiseCounter(64)
    events = []
    assert noise.take(b"xxMS", 2, 4, events) == -1
    assert noise.take(b"H|", 0, 2, events) == 0
    assert noise.held() == b"MS"
    assert noise.held() == b""
    assert noise.take(b"\r\nMSH|", 0, 6, events) == 2
    assert noise.take(b"MS", 0, 2, events) == -1
    assert noise.take(b"G", 0, 1, events) == -1
    noise.end(events)
    assert events == [NoiseSkipped(3, b"MSG")]


def test_the_limit_counts_over_all_stretches_and_start_blocks():
    noise = NoiseCounter(16)
    events = []
    noise.take(b"j" * 10, 0, 10, events)
    noise.end(events)
    assert noise.add_start_block(events)
    noise.take(b"k" * 5, 0, 5, events)
    assert not noise.is_over
    assert not noise.add_start_block(events)
    assert noise.is_over
    assert events[1:] == [JunkLimitReached(b"\x0b")]
