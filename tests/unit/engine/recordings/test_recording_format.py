from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.recordings.format import (
    MAGIC,
    DamagedRecordingError,
    NewerRecordingError,
    RecordedMessage,
    RecordingHeader,
    RecordingReader,
    RecordingWriter,
    is_recording,
)

messages = st.builds(
    RecordedMessage,
    at_us=st.integers(0, 2**53),
    raw=st.binary(max_size=300),
    ack=st.binary(max_size=50),
    origin=st.sampled_from(["received", "sent"]),
    interface=st.text(max_size=10),
    peer=st.text(max_size=10),
    connection=st.integers(0, 99),
    ack_code=st.sampled_from(["", "AA", "AE"]),
    status=st.sampled_from(["ok", "error"]),
)


def written(recorded, header=None, *, ends=True) -> bytes:
    file = io.BytesIO()
    writer = RecordingWriter(file, header or RecordingHeader(1, "hl7console test", "type:ORM"))
    for message in recorded:
        writer.add(message)
    if ends:
        writer.finish()
    return file.getvalue()


def read(content: bytes):
    reader = RecordingReader(io.BytesIO(content))
    return list(reader.messages()), reader


@given(st.lists(messages, max_size=6))
def test_what_was_recorded_is_read_back(recorded):
    found, reader = read(written(recorded))
    assert found == recorded
    assert reader.header.title == "type:ORM"
    assert reader.end.is_whole
    assert reader.end.messages == len(recorded)
    assert not reader.end.text


@given(st.lists(messages, max_size=6))
def test_it_says_how_many_it_has_before_one_is_read(recorded):
    reader = RecordingReader(io.BytesIO(written(recorded)))
    assert reader.said_count() == len(recorded)
    assert list(reader.messages()) == recorded


@given(st.lists(messages, min_size=1, max_size=4), st.data())
def test_one_that_is_cut_off_or_changed_says_no_wrong_count(recorded, data):
    content = bytearray(written(recorded))
    place = data.draw(st.integers(len(written([], ends=False)), len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= data.draw(st.integers(1, 255))
        reader = RecordingReader(io.BytesIO(bytes(content)))
        assert reader.said_count() in (None, len(recorded))
    else:
        reader = RecordingReader(io.BytesIO(bytes(content[:place])))
        assert reader.said_count() is None
    found = list(reader.messages())
    assert [m for m in found if m not in recorded] == []
    assert not reader.end.is_whole


@given(st.lists(messages, min_size=1, max_size=4), st.data())
def test_a_recording_that_is_cut_off_gives_what_came_before_and_says_so(recorded, data):
    content = written(recorded)
    start = len(written([], ends=False))
    cut = data.draw(st.integers(start, len(content) - 1))
    found, reader = read(content[:cut])
    assert found == recorded[: len(found)]
    assert not reader.end.is_whole
    assert f"{len(found)} message" in reader.end.text


@given(st.lists(messages, min_size=1, max_size=3), st.data())
def test_a_changed_byte_is_never_taken_for_a_message(recorded, data):
    content = bytearray(written(recorded))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        found, reader = read(bytes(content))
    except (DamagedRecordingError, NewerRecordingError):
        return
    # A block whose letter was changed is passed over; the count at the end then tells.
    assert [m for m in found if m not in recorded] == []
    assert not reader.end.is_whole


@given(st.binary(max_size=200))
def test_junk_is_no_recording(junk):
    with pytest.raises(DamagedRecordingError):
        RecordingReader(io.BytesIO(junk if not junk.startswith(MAGIC) else b"x" + junk))
    with pytest.raises(DamagedRecordingError):
        RecordingReader(io.BytesIO(MAGIC + junk))


def test_a_newer_recording_is_refused_with_the_reason():
    with pytest.raises(NewerRecordingError, match="newer version"):
        read(written([], RecordingHeader(version=9, needs_version=9)))


def test_a_later_one_that_needs_no_more_is_read():
    message = RecordedMessage(5, b"MSH|^~\\&|A")
    content = written([message], RecordingHeader(version=9, needs_version=1))
    assert read(content)[0] == [message]


def test_a_wrong_count_is_told():
    first, second = RecordedMessage(1, b"MSH|1"), RecordedMessage(2, b"MSH|2")
    content, short = written([first, second]), written([first])
    end = len(written([first], ends=False))
    spliced = short[:end] + content[len(written([first, second], ends=False)) :]
    _, reader = read(spliced)
    assert not reader.end.is_whole
    assert "should have 2" in reader.end.text


def test_the_bytes_show_in_no_repr():
    message = RecordedMessage(1, b"MSH|secret", b"MSA|secret")
    assert "secret" not in repr(message)
    assert "secret" not in repr(RecordingHeader(title="secret"))


def test_a_recording_is_known_by_its_first_bytes():
    assert is_recording(written([]))
    assert not is_recording(b"PK\x03\x04")
