"""Feeds mutated messages to everything that reads the bytes of others, and says what it found.

    python tests/benchmarks/fuzz.py --seconds 60 [--seed N] [--only TARGET ...]

Each target states what must hold for any bytes. A finding is an exception, a broken promise, or
an input that takes far too long; it is written to a file that reproduces it with --replay.
Exit code 0 when nothing was found, 1 otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hl7console.hl7v2.acks import AckRules, build_ack, classify_reply, decide, read_ack
from hl7console.hl7v2.charset import UnencodableTextError
from hl7console.hl7v2.filters import (
    FilterError,
    Query,
    complete,
    describe,
    evaluate,
    leaves,
    message_words,
    parse,
)
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Node
from hl7console.hl7v2.scan import scan
from hl7console.hl7v2.scan_header import LONGEST_VALUE
from hl7console.hl7v2.splitting import FoundMessage, iter_messages, split_messages
from hl7console.hl7v2.validation import check
from hl7console.hl7v2.wire import wire_form
from hl7console.hl7v2.writing import EditError
from hl7console.mllp.framing import FrameReceived, MllpDecoder, encode_frame
from hl7console.mllp.session import (
    Close,
    ListenerLimits,
    ListenerSession,
    SenderSession,
    StoreFrame,
    StorePartial,
)
from hl7console.store.records import MessageRow

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
LARGEST_BYTES = 65_536
"""Largest mutated input, in bytes."""
SLOW_S = 5.0
"""Processor time that no input of this size may take, in seconds."""
NODES = 300
"""Elements looked at in one message."""

PIECES = (
    [bytes((c,)) for c in range(32)]
    + [b"|", b"^", b"~", b"\\", b"&", b"#", b"\r\n", b"\n\n", b"\x1c\r", b"\x0b\x1c\r", b'""']
    + [b"MSH|^~\\&|", b"MSH", b"FHS|^~\\&|", b"BHS|", b"BTS|1\r", b"FTS|1\r", b"PID|", b"OBX|1|"]
    + [b"\\X", b"\\X0D\\", b"\\.br\\", b"\\F\\", b"\\C2842\\", b"\\M2442\\", b"\\T", b"\\E\\"]
    + [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1b$B", b"\x1b(B", b"\x80", b"\xff", b"\xc3"]
    + [b"[SOM]", b"[EOM]", b"[CR]", b"<ADT_A01>", b"<!DOCTYPE x [", b"GET / ", b"\x16\x03\x01"]
    + [b"UNICODE UTF-8", b"8859/1", b"~ISO IR87", b"UNICODE UTF-16", b"GB 18030-2000", b"99999999"]
    + [b"2026-01-05 10:00:00 INFO x\n", b"MSA|AA|1\r", b"ERR|||207|E\r", b"ACK^A01", b"2.5.1"]
)
FILTER_TEXT = """
    type: from: status:error since:2h until: size:>1k has: handled:no PID-3 PID-3[2].4 OBX[1]-5
    PID-3(1).1 = != ~ > < >= <= or and not - ( ) smith "ct head" ORM^O01 2026-01-05 :
    ^A08 * " \\ PID-99 ZDS-1 type:ADT PID-0 Ä
    """
FILTER_PIECES = FILTER_TEXT.split()


def row_of(found, size):
    """Return the list's row of a scanned message."""
    return MessageRow(
        1, "received", "orders", "", 1, 0, found.message_type, found.event, found.structure,
        found.control_id, found.sender, found.receiver, found.version, found.charset,
        found.patient_id, found.patient_authority, found.patient_name, found.accession,
        found.placer_order, found.filler_order, size, "ok", "", "", found.flags, 0, 0, False,
    )  # fmt: skip


class Mutator:
    """Makes inputs out of the corpus; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.samples = [
            path.read_bytes()
            for path in sorted(CORPUS.rglob("*"))
            if path.is_file() and path.parent != CORPUS
        ]
        if not self.samples:
            raise SystemExit(f"No messages below {CORPUS}.")

    def input(self) -> bytes:
        data = bytearray(
            self.random.choice(self.samples)[: self.random.choice((300, 3000, 20_000))]
        )
        for _ in range(self.random.choice((0, 1, 1, 2, 4, 16))):
            self._mutate(data)
        del data[LARGEST_BYTES:]
        return bytes(data)

    def _mutate(self, data: bytearray) -> None:
        choose = self.random
        at = choose.randrange(len(data) + 1)
        end = min(len(data), at + choose.choice((1, 2, 5, 50, 500)))
        match choose.randrange(8):
            case 0:
                data[at:at] = choose.choice(PIECES)
            case 1:
                data[at:end] = choose.choice(PIECES)
            case 2:
                del data[at:end]
            case 3:
                data[at:at] = data[at:end] * choose.choice((1, 2, 20))
            case 4:
                data[at:at] = choose.choice(PIECES) * choose.choice((2, 50, 1000))
            case 5:
                other = choose.choice(self.samples)
                start = choose.randrange(len(other) + 1)
                data[at:] = other[start : start + 3000]
            case 6:
                data[at:end] = choose.randbytes(end - at)
            case _:
                for _ in range(choose.choice((1, 3, 10))):
                    place = choose.randrange(len(data) + 1)
                    data[place : place + 1] = choose.choice(PIECES)

    def text(self) -> str:
        parts = self.random.choices(FILTER_PIECES, k=self.random.randrange(9))
        text = self.random.choice((" ", "", " ")).join(parts)
        if text and self.random.random() < 0.3:
            at = self.random.randrange(len(text))
            text = text[:at] + chr(self.random.choice((0, 10, 39, 92, 0x130, 0x1F600))) + text[at:]
        return text

    def cuts(self, size: int) -> list[int]:
        if size < 200 and self.random.random() < 0.3:
            return list(range(size))
        return sorted(self.random.randrange(size + 1) for _ in range(self.random.randrange(12)))


def pieces(data: bytes, cuts: list[int]):
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def fuzz_decoder(data: bytes, mutator: Mutator) -> None:
    """Any split of the wire gives the same events; memory stays within the limit."""
    wire = data if mutator.random.random() < 0.5 else encode_frame(data)
    options = {
        "max_frame_bytes": mutator.random.choice((64, 4096, 1 << 20)),
        "accept_unframed": mutator.random.random() < 0.5,
        "junk_limit_bytes": mutator.random.choice((16, 512, 65_536)),
    }
    whole = MllpDecoder(**options)
    expected = whole.feed(wire) + whole.eof()
    parts = MllpDecoder(**options)
    events = []
    for piece in pieces(wire, mutator.cuts(len(wire))):
        events += parts.feed(piece)
        assert len(parts._body) <= options["max_frame_bytes"] + 300
    assert events + parts.eof() == expected
    payload = MllpDecoder(**options).whole_frame(wire)
    if payload is not None:
        assert MllpDecoder(**options).feed(wire) == [FrameReceived(payload)]


def fuzz_session(data: bytes, mutator: Mutator) -> None:
    """A dialogue takes any bytes, answers each frame once, and closes once."""
    limits = ListenerLimits(max_message_bytes=4096, accept_unframed=mutator.random.random() < 0.5)
    session = ListenerSession(limits)
    actions = []
    now = 0.0
    for piece in pieces(data, mutator.cuts(len(data))):
        now += mutator.random.choice((0.0, 0.1, 3.0))
        actions += session.data_received(piece, now)
        actions += session.timer_fired(now)
    actions += session.eof_received(now)
    stored = [action for action in actions if isinstance(action, StoreFrame | StorePartial)]
    tokens = [action.token for action in stored if action.token is not None]
    assert tokens == list(range(len(tokens)))
    mutator.random.shuffle(tokens)
    for token in tokens:
        actions += session.answered(token, b"MSH|ack")
    assert session.unanswered == 0
    assert sum(isinstance(action, Close) for action in actions) == 1
    sender = SenderSession()
    sender.send(b"MSH|order", "1", 0.0)
    sender.data_received(data, 1.0)
    sender.timed_out(60.0)
    sender.eof(61.0)
    assert not sender.is_idle


def fuzz_scan(data: bytes, _mutator: Mutator) -> None:
    """A scan reads any bytes, and says the same as the tree."""
    found = scan(data)
    assert found.is_readable == (not found.problem)
    if found.is_readable:
        message = Message.parse(data)
        value = (message.get("MSH[1]-10") or "").strip()
        assert found.control_id == value[:LONGEST_VALUE]


def fuzz_tree(data: bytes, mutator: Mutator) -> None:
    """The tree keeps every byte; its spans lie within; a rewritten value changes nothing."""
    message = Message.parse(data)
    assert message.raw == data
    nodes: list[Node] = list(message.segments[:50])
    for node in nodes:
        start, end = node.span
        assert 0 <= start <= end <= len(data)
        assert isinstance(node.value, str)
        if len(nodes) < NODES:
            nodes.extend(node.children[:20])
    message.at(mutator.random.randrange(len(data) + 1))
    for finding in check(message):
        assert finding.text
    if nodes:
        node = mutator.random.choice(nodes)
        if node.path.segment and node.path.field and node.path.field > 2:
            with contextlib.suppress(EditError, UnencodableTextError):
                assert message.with_raw(node.path, node.raw_text).raw == data


def fuzz_splitting(data: bytes, mutator: Mutator) -> None:
    """Messages are places of the data, in order; a small file is split the same in pieces."""
    result = split_messages(data)
    last = 0
    for message in result.messages:
        assert last <= message.start < message.end <= len(data)
        assert message.raw == data[message.start : message.end]
        last = message.end
        sent, _ = wire_form(message.raw)
        if not sent.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
            assert wire_form(sent) == (sent, ())
            assert b"\x0b" not in sent
            assert b"\x1c" not in sent
    stream = io.BytesIO(data)
    found = list(iter_messages(stream, block_bytes=mutator.random.choice((7, 1000))))
    assert [f for f in found if isinstance(f, FoundMessage)] == list(result.messages)
    stream = io.BytesIO(data)
    for item in iter_messages(stream, whole_bytes=100, block_bytes=100, largest_message_bytes=2000):
        if isinstance(item, FoundMessage):
            assert item.raw == data[item.start : item.end]


def fuzz_acks(data: bytes, mutator: Mutator) -> None:
    """Each readable message gets an answer that names it; any answer is read."""
    found = scan(data)
    decision = decide(found, AckRules())
    if decision.code and found.is_readable:
        ack = build_ack(found, decision.code, decision.problems, control_id="X1", now=0.0)
        assert ack.startswith(b"MSH")
        assert b"\x0b" not in ack
        assert found.msh_10.translate(None, b"\x0b\x1c") in ack
        assert read_ack(ack).code == decision.code
    read_ack(data)
    classify_reply(data, mutator.random.choice(("1", "", found.control_id)), ("2",), True)


def parsed(text: str) -> tuple[Query, int]:
    """Return a filter, or one that matches everything and where the error is."""
    try:
        return parse(text), 0
    except FilterError as error:
        return parse(""), error.position


def fuzz_filters(data: bytes, mutator: Mutator) -> None:
    """A filter is understood, or its error points into it; then it evaluates on any message."""
    text = mutator.text()
    complete(text, mutator.random.randrange(len(text) + 1))
    query, position = parsed(text)
    assert 0 <= position <= len(text)
    describe(query)
    message = Message.parse(data[:20_000])
    evaluate(query, row_of(scan(data), len(data)), message)
    for leaf in leaves(query.root):
        assert 0 <= leaf.span[0] < leaf.span[1] <= len(text)
    message_words(message.text, message.delimiters, message.codec)


TARGETS: dict[str, Callable[[bytes, Mutator], None]] = {
    "decoder": fuzz_decoder,
    "session": fuzz_session,
    "scan": fuzz_scan,
    "tree": fuzz_tree,
    "splitting": fuzz_splitting,
    "acks": fuzz_acks,
    "filters": fuzz_filters,
}


@dataclass(slots=True)
class Tally:
    """What one target went through."""

    runs: int = 0
    size_bytes: int = 0
    cpu_s: float = 0.0
    slowest_s: float = 0.0
    findings: int = 0


def run_one(name: str, data: bytes, mutator: Mutator, tally: Tally) -> str:
    """Run a target once; return what it found, or an empty string."""
    started = time.process_time()
    fault = ""
    try:
        TARGETS[name](data, mutator)
    except Exception:  # noqa: BLE001 - whatever it is, it is a finding
        fault = traceback.format_exc(limit=-4)
    took_s = time.process_time() - started
    tally.runs += 1
    tally.size_bytes += len(data)
    tally.cpu_s += took_s
    tally.slowest_s = max(tally.slowest_s, took_s)
    if not fault and took_s > SLOW_S:
        fault = f"{took_s:.1f} s for {len(data):,} bytes"
    return fault


def report(name: str, data: bytes, round_seed: int, fault: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"hl7console-fuzz-{name}-"))
    path = folder / f"{round_seed}.bin"
    path.write_bytes(data)
    print(f"\nFINDING in {name}, {len(data):,} bytes:\n{fault}")
    print(f"again: python tests/benchmarks/fuzz.py --only {name} --replay {path}\n", flush=True)


def replay(name: str, path: Path) -> int:
    mutator = Mutator(0)
    mutator.random.seed(int(path.stem))
    fault = run_one(name, path.read_bytes(), mutator, Tally())
    print(fault or "nothing found")
    return 1 if fault else 0


def fuzz(names: list[str], seconds: float, seed: int, most_findings: int = 10) -> int:
    mutator = Mutator(seed)
    tallies = {name: Tally() for name in names}
    end = time.monotonic() + seconds
    found = number = 0
    while time.monotonic() < end and found < most_findings:
        name = names[number % len(names)]
        number += 1
        data = mutator.input()
        round_seed = mutator.random.getrandbits(48)
        next_seed = mutator.random.getrandbits(48)
        mutator.random.seed(round_seed)
        fault = run_one(name, data, mutator, tallies[name])
        if fault:
            found += 1
            tallies[name].findings += 1
            report(name, data, round_seed, fault)
        mutator.random.seed(next_seed)
    print(f"seed {seed}, {len(mutator.samples)} samples, {seconds:.0f} s")
    print(f"{'target':<12}{'runs':>9}{'MB':>9}{'cpu s':>8}{'slowest ms':>12}{'findings':>10}")
    for name, tally in tallies.items():
        print(
            f"{name:<12}{tally.runs:>9,}{tally.size_bytes / 1e6:>9.1f}{tally.cpu_s:>8.1f}"
            f"{tally.slowest_s * 1000:>12.1f}{tally.findings:>10}"
        )
    return 1 if found else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    parser.add_argument("--only", nargs="*", choices=list(TARGETS), default=list(TARGETS))
    parser.add_argument("--replay", type=Path, help="a file that a finding was written to")
    options = parser.parse_args(arguments)
    names = options.only or list(TARGETS)
    if options.replay is not None:
        return replay(names[0], options.replay)
    seed = random.SystemRandom().getrandbits(32) if options.seed is None else options.seed
    return fuzz(names, options.seconds, seed)


if __name__ == "__main__":
    sys.exit(main())
