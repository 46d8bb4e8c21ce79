from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from hl7console.engine.fairness import PORTION_BYTES, HeldBytes
from hl7console.engine.inbound import MAX_UNANSWERED, InboundConnection
from hl7console.engine.intake import Answer, AnswerInbox, ControlIds
from hl7console.engine.listener import Listener
from hl7console.engine.metrics import RateCounter
from hl7console.engine.sockets import peer_text, set_keepalive
from hl7console.settings import ListenerSettings
from hl7console.store.records import NewMessage, OnStored, StoreOutcome

ORDER = b"MSH|^~\\&|RIS|N|PACS|N|20260105||ORM^O01|%b|P|2.5.1\rPID|1||77\r"


class FakeTransport:
    """Keeps what was written, and whether it reads."""

    def __init__(self) -> None:
        self.is_reading = True
        self.is_aborted = False
        self.written: list[bytes] = []

    def abort(self) -> None:
        self.is_aborted = True

    def get_extra_info(self, name: str) -> object:
        return ("127.0.0.1", 5000) if name == "peername" else None

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        assert self.is_reading
        self.is_reading = False

    def resume_reading(self) -> None:
        assert not self.is_reading
        self.is_reading = True


class FakeWriter:
    def __init__(self) -> None:
        self.items: list[tuple[NewMessage, OnStored | None]] = []

    def put(self, new: NewMessage, on_stored: OnStored | None) -> None:
        self.items.append((new, on_stored))

    def finish(self, count: int) -> None:
        for _, on_stored in self.items[:count]:
            assert on_stored is not None
            on_stored(StoreOutcome(1))
        del self.items[:count]


def made(
    loop: asyncio.AbstractEventLoop,
    writer: FakeWriter,
    inbox: AnswerInbox,
    transport: FakeTransport,
) -> InboundConnection:
    """Return a connection of a listener of its own."""
    listener = Listener(
        ListenerSettings("in"),
        writer=writer,
        inbox=inbox,
        control_ids=ControlIds(),
        rate=RateCounter(),
        held=HeldBytes(),
    )
    listener._server = object()  # type: ignore[assignment]
    connection = InboundConnection(listener, 1)
    connection.connection_made(transport)  # type: ignore[arg-type]
    return connection


def dialogue(script: Callable[[InboundConnection, FakeTransport, FakeWriter, AnswerInbox], None]):
    async def main() -> None:
        loop = asyncio.get_running_loop()
        writer, inbox, transport = FakeWriter(), AnswerInbox(loop), FakeTransport()
        script(made(loop, writer, inbox, transport), transport, writer, inbox)

    asyncio.run(main())


def frames(count: int) -> bytes:
    return b"".join(b"\x0b" + ORDER % b"%d" % n + b"\x1c\r" for n in range(count))


def test_nothing_is_written_before_the_store_is_done_and_then_all_at_once():
    def script(
        connection: InboundConnection,
        transport: FakeTransport,
        writer: FakeWriter,
        inbox: AnswerInbox,
    ) -> None:
        connection.data_received(frames(20))
        assert transport.written == []
        writer.finish(20)
        inbox._deliver()
        (written,) = transport.written
        assert written.count(b"MSA|AA|") == 20

    dialogue(script)


def test_reading_pauses_while_too_much_waits_for_the_store():
    def script(
        connection: InboundConnection,
        transport: FakeTransport,
        writer: FakeWriter,
        inbox: AnswerInbox,
    ) -> None:
        connection.data_received(frames(MAX_UNANSWERED))
        assert transport.is_reading
        connection.data_received(frames(1))
        assert not transport.is_reading
        writer.finish(10)
        inbox._deliver()
        assert not transport.is_reading
        writer.finish(MAX_UNANSWERED)
        inbox._deliver()
        assert transport.is_reading

    dialogue(script)


def test_reading_pauses_while_the_peer_leaves_answers_unread():
    def script(
        connection: InboundConnection,
        transport: FakeTransport,
        writer: FakeWriter,
        inbox: AnswerInbox,
    ) -> None:
        connection.pause_writing()
        assert not transport.is_reading
        connection.resume_writing()
        assert transport.is_reading

    dialogue(script)


def test_answers_leave_in_order_whatever_the_order_they_are_ready_in():
    def script(
        connection: InboundConnection,
        transport: FakeTransport,
        writer: FakeWriter,
        inbox: AnswerInbox,
    ) -> None:
        connection.data_received(frames(3))
        writer.items.reverse()
        writer.finish(2)
        inbox._deliver()
        assert transport.written == []
        writer.finish(1)
        inbox._deliver()
        places = [b"".join(transport.written).find(b"MSA|AA|%d" % n) for n in range(3)]
        assert -1 not in places
        assert places == sorted(places)

    dialogue(script)


def test_an_inbox_is_woken_once_for_many_answers():
    class Loop:
        calls = 0

        def call_soon_threadsafe(self, _: object) -> None:
            self.calls += 1

    class Sink:
        def __init__(self) -> None:
            self.got: list[Answer] = []
            self.flushed = 0

        def stored(self, answer: Answer) -> None:
            self.got.append(answer)

        def flush(self) -> None:
            self.flushed += 1

    loop, sink = Loop(), Sink()
    inbox = AnswerInbox(loop)  # type: ignore[arg-type]
    inbox.wake()
    assert loop.calls == 0
    for token in range(5):
        Answer(inbox, sink, token, NewMessage(b""), False)(StoreOutcome(token + 1))
    inbox.wake()
    inbox.wake()
    assert loop.calls == 1
    inbox._deliver()
    assert [a.token for a in sink.got] == list(range(5))
    assert sink.flushed == 1
    Answer(inbox, sink, 9, NewMessage(b""), False)(StoreOutcome(0, error="No room."))
    assert loop.calls == 2  # a refusal comes alone, and no end of a batch follows


@pytest.mark.parametrize(
    ("address", "text"),
    [(("10.0.0.1", 99), "10.0.0.1:99"), (("::1", 99, 0, 0), "[::1]:99"), ("", ""), (None, "")],
)
def test_peer_text(address: object, text: str):
    assert peer_text(address) == text


def test_keepalive_is_switched_on():
    with socket.socket() as sock:
        set_keepalive(sock)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_a_read_with_very_many_frames_leaves_others_their_turn():
    turns: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        writer, inbox, transport = FakeWriter(), AnswerInbox(loop), FakeTransport()
        connection = made(loop, writer, inbox, transport)
        flood = b"\x0bMSH|^~\\&|\x1c\r" * 20_000
        connection.data_received(flood)
        assert len(writer.items) <= PORTION_BYTES
        assert not transport.is_reading
        taken = 0
        while not transport.is_reading:
            taken += len(writer.items)
            writer.finish(len(writer.items))
            inbox.wake()
            turns.append(taken)
            await asyncio.sleep(0)
        assert taken + len(writer.items) == 20_000

    asyncio.run(main())
    assert len(turns) > 100


def test_partial_messages_wait_for_the_store_as_well():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        writer, inbox, transport = FakeWriter(), AnswerInbox(loop), FakeTransport()
        connection = made(loop, writer, inbox, transport)
        connection.data_received((b"\x0b" + ORDER % b"1") * (MAX_UNANSWERED + 2))
        assert not transport.is_reading
        writer.finish(len(writer.items))
        await asyncio.sleep(0)
        assert transport.is_reading

    asyncio.run(main())


def test_what_is_held_of_unfinished_messages_is_counted_to_the_byte():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        writer, inbox, transport = FakeWriter(), AnswerInbox(loop), FakeTransport()
        connection = made(loop, writer, inbox, transport)
        held = connection._listener.held
        connection.data_received(frames(1) + b"\x0b" + bytes(1000))
        connection.data_received(b"x" * 500)
        assert held.total == 1500
        connection._timer_fired()
        writer.finish(1)
        inbox._deliver()
        assert held.total == 1500
        connection.data_received(b"\x1c\r")
        assert held.total == 0
        connection.data_received(b"\x0babc")
        connection.connection_lost(None)
        assert held.total == 0

    asyncio.run(main())


def test_a_whole_message_is_kept_when_the_connection_breaks_behind_it():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        writer, inbox, transport = FakeWriter(), AnswerInbox(loop), FakeTransport()
        connection = made(loop, writer, inbox, transport)
        connection.data_received(frames(1)[:-1])
        connection.connection_lost(ConnectionResetError())
        assert [new.raw for new, _ in writer.items] == [ORDER % b"0"]
        writer.finish(1)
        inbox._deliver()

    asyncio.run(main())


@pytest.mark.expects_log
def test_a_fault_in_one_answer_costs_no_other_connection_its_own():
    async def main() -> None:
        loop = asyncio.get_running_loop()
        writer, inbox = FakeWriter(), AnswerInbox(loop)
        transports = [FakeTransport(), FakeTransport()]
        broken, sound = (made(loop, writer, inbox, transport) for transport in transports)

        def fail(_: object) -> None:
            raise ValueError("ours")

        broken._listener.answer = fail  # type: ignore[assignment]
        for connection in (sound, broken, sound):
            connection.data_received(frames(1))
        writer.finish(3)
        inbox._deliver()
        assert transports[0].is_aborted
        assert transports[0].written == []
        assert b"".join(transports[1].written).count(b"MSA|AA|") == 2

    asyncio.run(main())


def test_connections_share_one_buffer_and_keep_what_is_their_own():
    async def main() -> None:
        writer = FakeWriter()
        loop = asyncio.get_running_loop()
        inbox, transport = AnswerInbox(loop), FakeTransport()
        first = made(loop, writer, inbox, transport)
        second = InboundConnection(first._listener, 2)
        second.connection_made(FakeTransport())  # type: ignore[arg-type]
        whole = frames(2)
        half = len(whole) // 4
        for part in (whole[:half], whole[half:]):
            for connection in (first, second):
                buffer = connection.get_buffer(-1)
                assert buffer is first.get_buffer(-1)
                buffer[: len(part)] = part
                connection.buffer_updated(len(part))
        assert [new.raw for new, _ in writer.items] == [ORDER % b"0", ORDER % b"1"] * 2

    asyncio.run(main())
