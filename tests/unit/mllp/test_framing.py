"""The decoder against the byte table of MLLP, whatever the network cuts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.mllp.framing import (
    CommitBlock,
    ForeignProtocol,
    FrameReceived,
    FrameTooLarge,
    Heartbeat,
    JunkLimitReached,
    MllpDecoder,
    NoiseSkipped,
    PartialFrame,
    encode_frame,
)

ORDER = b"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260105||ORM^O01|1|P|2.3\rPID|||1\r"


def decode(wire, *, cuts=(), eof=True, **options):
    decoder = MllpDecoder(**options)
    events = []
    last = 0
    for cut in [*sorted(cuts), len(wire)]:
        events += decoder.feed(wire[last:cut])
        last = cut
    return events + (decoder.eof() if eof else [])


@pytest.mark.parametrize(
    ("wire", "events"),
    [
        (b"", []),
        (encode_frame(ORDER), [FrameReceived(ORDER)]),
        (b"\x0bab\x1c\r\x0bcd\x1c\r", [FrameReceived(b"ab"), FrameReceived(b"cd")]),
        # 1: no CR after the end block
        (b"\x0bab\x1c\x0bcd\x1c\r", [FrameReceived(b"ab", ("no_trailer",)), FrameReceived(b"cd")]),
        (b"\x0bab\x1c", [FrameReceived(b"ab", ("no_trailer",))]),
        # 2: line ends and blanks between frames
        (b"\x0bab\x1c\r\n\x0bcd\x1c\r\r \n\x00", [FrameReceived(b"ab"), FrameReceived(b"cd")]),
        (
            b"\x0bab\x1c\n\x0bcd\x1c\r",
            [FrameReceived(b"ab", ("lf_trailer",)), FrameReceived(b"cd")],
        ),
        (b"\x0bab\x1c \x00\r", [FrameReceived(b"ab", ("blank_trailer",))]),
        (b"\x0bab\x1c  \n", [FrameReceived(b"ab", ("blank_trailer", "lf_trailer"))]),
        (
            b"\x0bab\x1c \x0bcd\x1c\r",
            [FrameReceived(b"ab", ("blank_trailer", "no_trailer")), FrameReceived(b"cd")],
        ),
        (b"\x0bab\x1c ", [FrameReceived(b"ab", ("blank_trailer", "no_trailer"))]),
        (
            b"\x0bab\x1c" + b" " * 300 + b"\x0bcd\x1c\r",
            [FrameReceived(b"ab", ("blank_trailer", "no_trailer")), FrameReceived(b"cd")],
        ),
        # the end block was content
        (b"\x0bab\x1ccd\x1c\r", [FrameReceived(b"ab\x1ccd", ("embedded_fs",))]),
        (b"\x0bab\x1c cd\x1cx\x1c\r", [FrameReceived(b"ab\x1c cd\x1cx", ("embedded_fs",))]),
        (b"\x0bab\x1c\x1c\r", [FrameReceived(b"ab\x1c", ("embedded_fs",))]),
        (b"\x0ba\x1cb\x1c\n", [FrameReceived(b"a\x1cb", ("embedded_fs", "lf_trailer"))]),
        # 3: garbage before the start block
        (b"junk \r\n\x0bab\x1c\r", [NoiseSkipped(4, b"junk"), FrameReceived(b"ab")]),
        (
            b"\r\n ju nk\x0bab\x1c\rz",
            [NoiseSkipped(4, b"ju nk"), FrameReceived(b"ab"), NoiseSkipped(1, b"z")],
        ),
        (b"\x1c\r", [NoiseSkipped(1, b"\x1c")]),
        (b"x" * 300 + b"\x0bab\x1c\r", [NoiseSkipped(300, b"x" * 256), FrameReceived(b"ab")]),
        (b"MS\x0bab\x1c\r", [NoiseSkipped(2, b"MS"), FrameReceived(b"ab")]),
        (b"M", [NoiseSkipped(1, b"M")]),
        (b"MSA|AA", [NoiseSkipped(6, b"MSA|AA")]),
        # 5: another protocol
        (b"\x16\x03\x01\x02\x00\x01", [ForeignProtocol("tls")]),
        (b"GET / HTTP/1.1\r\n\r\n", [ForeignProtocol("http")]),
        (b"POST /hl7 HTTP/1.1\r\n", [ForeignProtocol("http")]),
        (b"\x01\x00\x00\x00\x00\xcd\x00\x01", [ForeignProtocol("dicom")]),
        (b" GET /", [NoiseSkipped(4, b"GET /")]),
        (b"\x0bab\x1c\rGET /", [FrameReceived(b"ab"), NoiseSkipped(4, b"GET /")]),
        # a start block inside a frame
        (b"\x0bab\x0bcd\x1c\r", [PartialFrame(b"ab", "restarted"), FrameReceived(b"cd")]),
        (b"\x0b\x0bcd\x1c\r", [PartialFrame(b"", "restarted"), FrameReceived(b"cd")]),
        # 8: the end of the connection
        (b"\x0bab", [PartialFrame(b"ab", "eof")]),
        (b"\x0b", []),
        # 9: empty frames, and commit blocks of release 2
        (b"\x0b\x1c\r", [Heartbeat()]),
        (b"\x0b\x1c\n", [Heartbeat(("lf_trailer",))]),
        (b"\x0b\x06\x1c\r\x0b\x15\x1c\r", [CommitBlock("ack"), CommitBlock("nak")]),
        # 4: no start block, not accepted
        (b"MSH|^~\\&|A\r", [PartialFrame(b"MSH|^~\\&|A\r", "unframed")]),
        (b"\nMSH|A\x1c\r\x0bab\x1c\r", [PartialFrame(b"MSH|A", "unframed")]),
        (b"MSH|A\x0bab\x1c\r", [PartialFrame(b"MSH|A", "unframed")]),
    ],
)
def test_wire_gives_events(wire, events):
    assert decode(wire) == events
    assert decode(wire, cuts=range(len(wire))) == events


@pytest.mark.parametrize(
    ("wire", "events"),
    [
        (b"MSH|A\x1c\rMSH|B\r", [(b"MSH|A"), (b"MSH|B\r")]),
        (b"\r\nMSH|A\x1c\x0bab\x1c\r", [(b"MSH|A"), (b"ab")]),
    ],
)
def test_unframed_messages_are_accepted_on_demand(wire, events):
    for cuts in ((), range(len(wire))):
        got = decode(wire, cuts=cuts, accept_unframed=True)
        assert [event.payload for event in got] == events
        assert got[0].flags == ("unframed",)


@pytest.mark.parametrize("cuts", [(), range(20)])
def test_a_start_block_ends_an_accepted_unframed_message_as_a_partial_one(cuts):
    events = decode(b"MSH|A\x0bab\x1c\r", cuts=cuts, accept_unframed=True)
    assert events == [PartialFrame(b"MSH|A", "restarted"), FrameReceived(b"ab")]


def test_nothing_is_taken_after_the_end_of_the_connection():
    decoder = MllpDecoder()
    decoder.feed(b"\x0bab\x1c")
    assert decoder.eof() == [FrameReceived(b"ab", ("no_trailer",))]
    assert decoder.eof() == []
    assert decoder.feed(encode_frame(ORDER)) == []
    assert decoder.whole_frame(encode_frame(ORDER)) is None


def test_a_pause_ends_an_unframed_message():
    decoder = MllpDecoder(accept_unframed=True)
    assert decoder.feed(b"MSH|A\r") == []
    assert decoder.waiting == "unframed"
    assert decoder.grace_expired() == [FrameReceived(b"MSH|A\r", ("unframed",))]
    assert decoder.waiting == "start"


def test_grace_delivers_a_frame_without_trailer():
    decoder = MllpDecoder()
    assert decoder.feed(b"\x0bab\x1c") == []
    assert decoder.waiting == "after_fs"
    assert decoder.grace_expired() == [FrameReceived(b"ab", ("no_trailer",))]
    assert decoder.grace_expired() == []
    assert decoder.feed(b"\r\x0bcd\x1c\r") == [FrameReceived(b"cd")]


def test_abandon_keeps_what_there_is():
    decoder = MllpDecoder()
    decoder.feed(b"\x0bab")
    assert decoder.waiting == "body"
    assert decoder.abandon() == [PartialFrame(b"ab", "timeout")]
    assert decoder.closed
    assert decoder.feed(encode_frame(ORDER)) == []
    assert decoder.whole_frame(encode_frame(ORDER)) is None
    assert decoder.eof() == []


def test_abandon_in_the_grace_of_a_frame_delivers_it():
    decoder = MllpDecoder()
    decoder.feed(b"\x0bab\x1c")
    assert decoder.abandon() == [FrameReceived(b"ab", ("no_trailer",))]


@pytest.mark.parametrize(
    "wire",
    [
        b"\x0b" + b"x" * 100,
        b"\x0b" + b"x" * 100 + b"\x0b",
        b"\x0b" + b"x" * 9 + b"\x1cyy",
        b"MSH" + b"x" * 9,
        b"MSH" + b"x" * 9 + b"\x0b",
    ],
)
def test_a_frame_over_the_limit_ends_the_decoder(wire):
    for cuts in ((), range(len(wire))):
        events = decode(wire + b"\x1c\r\x0bab\x1c\r", cuts=cuts, max_frame_bytes=10)
        assert events == [FrameTooLarge(wire.lstrip(b"\x0b")[:10])]


def test_a_frame_of_just_the_limit_passes():
    assert decode(b"\x0b" + b"x" * 10 + b"\x1c\r", max_frame_bytes=10) == [FrameReceived(b"x" * 10)]


def test_only_the_head_of_a_too_large_frame_is_kept():
    (event,) = decode(b"\x0b" + b"x" * 200_000, max_frame_bytes=100_000)
    assert event == FrameTooLarge(b"x" * 65_536)


def test_memory_is_bounded_by_the_limit():
    decoder = MllpDecoder(max_frame_bytes=1000)
    decoder.feed(b"\x0b" + b"x" * 5_000_000)
    assert len(decoder._body) <= 1001


@pytest.mark.parametrize("cuts", [(), (10,), range(60)])
def test_noise_over_the_limit_ends_the_decoder(cuts):
    wire = b"j" * 10 + encode_frame(b"ab") + b"k  " * 7 + encode_frame(b"cd")
    events = decode(wire, cuts=cuts, junk_limit_bytes=16)
    assert events == [
        NoiseSkipped(10, b"j" * 10),
        FrameReceived(b"ab"),
        JunkLimitReached(b"k  k  k  k  k  k  k"),
    ]


def test_white_space_is_no_noise():
    assert decode(b"\r\n\x00 " * 100 + encode_frame(b"ab"), junk_limit_bytes=16) == [
        FrameReceived(b"ab")
    ]


def test_held_back_noise_counts_towards_the_limit():
    wire = b"\x0bab\x1c\r" + b"j" * 15 + b"\x0bab\x1c\rMS\x0bcd\x1c\r"
    for cuts in ((), range(len(wire))):
        events = decode(wire, cuts=cuts, junk_limit_bytes=16)
        assert events[-1] == JunkLimitReached(b"MS")


@pytest.mark.parametrize("cuts", [(), range(20)])
def test_start_blocks_without_content_count_as_noise(cuts):
    events = decode(b"\x0b" * 18 + b"ab\x1c\r", cuts=cuts, junk_limit_bytes=16)
    assert events == [PartialFrame(b"", "restarted")] * 16 + [JunkLimitReached(b"\x0b")]


def test_whole_frame_is_taken_only_between_frames():
    decoder = MllpDecoder(max_frame_bytes=200)
    assert decoder.whole_frame(encode_frame(ORDER)) == ORDER
    for odd in (
        b"",
        b"\x0b\x1c\r",
        b"\x0b\x06\x1c\r",
        b"x" + encode_frame(ORDER),
        encode_frame(ORDER) * 2,
        encode_frame(b"a\x0bb"),
        encode_frame(b"a\x1cb"),
        encode_frame(ORDER)[:-1],
        encode_frame(b"x" * 201),
    ):
        assert decoder.whole_frame(odd) is None
    decoder.feed(b"noise")
    assert decoder.whole_frame(encode_frame(ORDER)) is None
    assert decoder.feed(b"\x0bab") == [NoiseSkipped(5, b"noise")]
    assert decoder.whole_frame(encode_frame(ORDER)) is None


def test_whole_frame_counts_as_the_first_bytes_of_the_connection():
    decoder = MllpDecoder()
    decoder.whole_frame(encode_frame(ORDER))
    decoder.feed(b"GET / ")
    assert not decoder.closed


def test_payloads_are_kept_out_of_reprs():
    assert "PID" not in repr(decode(encode_frame(ORDER)))
    assert "SMITH" not in repr(decode(b"SMITH\x0bSMITH"))


PIECES = b"\x0b \x0b \x1c \x1c \x1c\r \r \n \x00 a xyz M S H MSH| G \x16 \x03 \x06 \x15".split(b" ")
ALPHABET = st.sampled_from([*PIECES, b" ", b"GET ", b" " * 130, b"n" * 20])
WIRES = st.lists(ALPHABET, max_size=40).map(b"".join)


@given(
    wire=WIRES,
    cuts=st.sets(st.integers(0, 300), max_size=20),
    limit=st.sampled_from([3, 10, 1000]),
    junk=st.sampled_from([16, 40, 65536]),
    accept=st.booleans(),
)
def test_any_split_gives_the_same_events(wire, cuts, limit, junk, accept):
    options = {"max_frame_bytes": limit, "junk_limit_bytes": junk, "accept_unframed": accept}
    whole = decode(wire, **options)
    assert decode(wire, cuts=range(len(wire)), **options) == whole
    assert decode(wire, cuts=[c for c in cuts if c < len(wire)], **options) == whole


@given(wire=WIRES)
def test_whole_frame_agrees_with_feed(wire):
    payload = MllpDecoder().whole_frame(wire)
    if payload is not None:
        assert MllpDecoder().feed(wire) == [FrameReceived(payload)]


@given(wire=WIRES)
def test_events_follow_the_byte_table(wire):
    assert decode(wire, accept_unframed=True) == reference(wire)


@given(payloads=st.lists(st.binary(min_size=2), max_size=5))
def test_frames_of_legal_payloads_come_back(payloads):
    clean = [p.replace(b"\x0b", b"").replace(b"\x1c", b"") + b"\x06\x06" for p in payloads]
    events = decode(b"".join(map(encode_frame, clean)))
    assert events == [FrameReceived(payload) for payload in clean]


def reference(wire):
    return ByteTable().read(wire)


class ByteTable:
    """The byte table, a byte at a time and without limits, as slow as it likes."""

    WHITE = (b"\r", b"\n", b" ", b"\x00")

    def __init__(self):
        self.events = []
        self.state = "start"
        self.noise = self.body = self.tail = b""
        self.flags = []

    def read(self, wire):
        for at in range(len(wire)):
            step = self.body_byte if self.state == "body" else getattr(self, self.state)
            step(wire[at : at + 1])
            if self.noise == wire[: at + 1] and self.noise in (b"GET ", b"\x16\x03"):
                return [ForeignProtocol("http" if self.noise == b"GET " else "tls")]
        if self.state == "start":
            self.end_noise()
        elif self.state == "after_fs":
            self.end("no_trailer")
        elif self.state == "unframed":
            self.events.append(FrameReceived(self.body, ("unframed",)))
        elif self.body:
            self.events.append(PartialFrame(self.body, "eof"))
        return self.events

    def begin(self):
        self.state, self.body, self.noise, self.flags, self.tail = "body", b"", b"", [], b""

    def start(self, byte):
        if byte == b"\x0b":
            self.end_noise()
            self.begin()
        elif self.noise or byte not in self.WHITE:
            self.noise += byte
            if self.noise == b"MSH":
                self.begin()
                self.state, self.body = "unframed", b"MSH"

    def content(self, byte):
        if byte == b"\x0b":
            self.events.append(PartialFrame(self.body, "restarted"))
            self.begin()
        elif byte != b"\x1c":
            self.body += byte

    def unframed(self, byte):
        self.content(byte)
        if byte == b"\x1c":
            self.events.append(FrameReceived(self.body, ("unframed",)))
            self.state = "start"

    def body_byte(self, byte):
        self.content(byte)
        if byte == b"\x1c":
            self.state = "after_fs"

    def after_fs(self, byte):
        if byte in (b" ", b"\x00"):
            self.tail += byte
            if len(self.tail) > 256:
                self.end("no_trailer")
        elif byte in (b"\r", b"\n", b"\x0b"):
            self.end({b"\r": "", b"\n": "lf_trailer", b"\x0b": "no_trailer"}[byte])
            if byte == b"\x0b":
                self.begin()
        else:
            self.body += b"\x1c" + self.tail
            self.flags, self.tail, self.state = ["embedded_fs"], b"", "body"
            self.body_byte(byte)

    def end(self, trailer):
        more = ("blank_trailer" if self.tail else "", trailer)
        flags = (*self.flags, *filter(None, more))
        kinds = {
            b"": Heartbeat(flags),
            b"\x06": CommitBlock("ack", flags),
            b"\x15": CommitBlock("nak", flags),
        }
        self.events.append(kinds.get(self.body, FrameReceived(self.body, flags)))
        self.begin()
        self.state = "start"

    def end_noise(self):
        if self.noise:
            count = sum(byte not in b"\r\n \x00" for byte in self.noise)
            self.events.append(NoiseSkipped(count, self.noise[:256].rstrip(b"\r\n \x00")))
            self.noise = b""
