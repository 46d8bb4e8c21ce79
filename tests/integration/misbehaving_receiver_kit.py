"""A receiver on a real socket that misbehaves as a test tells it to, and remembers what it got.

Nothing here looks at the console: what arrived, in which order, and what was answered is written
down at the receiver's end of the wire, so that both sides' records can be held together.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from engine_kit import frame, wait_for


class Answer(StrEnum):
    """What the receiver does about one message."""

    ACCEPT = "AA"
    COMMIT = "CA"
    COMMIT_THEN_ACCEPT = "CA, AA"
    COMMIT_THEN_REFUSE = "CA, AE"
    ACCEPT_WITHOUT_ID = "AA with a blank MSA-2"
    ACCEPT_OTHER_ID = "AA with another MSA-2"
    ACCEPT_TWICE = "AA, AA"
    ACCEPT_LATE = "AA before the answer to the next message"
    ACCEPT_SLOWLY = "AA after the sender's patience"
    ACCEPT_AND_CLOSE = "AA, then closes"
    ACCEPT_BYTE_BY_BYTE = "AA in many small pieces"
    CONTENT_REFUSED = "AE"
    SETUP_REFUSED = "AR 200"
    TRY_AGAIN = "AR 207"
    UNREADABLE = "bytes that are no acknowledgement"
    EMPTY = "an empty frame"
    HALF = "half an acknowledgement, then nothing"
    HALF_AND_CLOSE = "half an acknowledgement, then closes"
    SILENCE = "nothing"
    CLOSE = "closes before it answers"
    RESET = "resets before it answers"
    RESET_IN_ANSWER = "resets in the middle of its answer"
    RESET_IN_MESSAGE = "resets in the middle of the next message"


CERTAIN = frozenset(
    {
        Answer.ACCEPT,
        Answer.ACCEPT_TWICE,
        Answer.ACCEPT_AND_CLOSE,
        Answer.ACCEPT_BYTE_BY_BYTE,
        Answer.RESET_IN_MESSAGE,
        Answer.COMMIT_THEN_ACCEPT,
    }
)
"""Answers that tell a sender for certain that the message was taken, whatever it asked for."""

MAYBE_CERTAIN = CERTAIN | {
    Answer.COMMIT,
    Answer.COMMIT_THEN_REFUSE,
    Answer.ACCEPT_WITHOUT_ID,
    Answer.ACCEPT_LATE,
    Answer.ACCEPT_SLOWLY,
}
"""Those, and answers that do so by the destination's settings, or when they come in time."""


class Greeting(StrEnum):
    """What the receiver does with a new connection."""

    SERVE = "serve"
    CLOSE = "close at once"
    RESET = "reset at once"
    PLAIN = "speak no TLS"
    EXPIRED = "show an expired certificate"
    WRONG_NAME = "show a certificate for another name"


@dataclass(frozen=True)
class Arrival:
    """One whole message that came in."""

    number: int
    """Counts over all connections, from 0."""
    at_s: float
    """``time.monotonic()`` when its last byte was there."""
    connection: int
    control_id: str
    payload: bytes = field(repr=False)
    answer: Answer = Answer.ACCEPT


@dataclass
class Contexts:
    """The TLS sides that a receiver can show; None speaks plainly."""

    good: ssl.SSLContext | None = None
    expired: ssl.SSLContext | None = None
    wrong_name: ssl.SSLContext | None = None


class MisbehavingReceiver:
    """A receiver whose answers and greetings are scripted.

    Answers come from `answer_next` first, one a message; then from `answer_by`, where it names the
    control id; then it is `answer`. `greet_next` does the same for connections. All may be changed
    at any time, on any thread.

    Args:
        contexts: TLS contexts; without them it speaks plainly.
        slow_s: How long `Answer.ACCEPT_SLOWLY` takes.
        port: The port; 0 takes a free one.
    """

    def __init__(
        self, contexts: Contexts | None = None, *, slow_s: float = 0.6, port: int = 0
    ) -> None:
        self.answer = Answer.ACCEPT
        self.greeting = Greeting.SERVE
        self.answer_by: dict[str, Answer] = {}
        self.connections = 0
        self._contexts = contexts or Contexts()
        self._slow_s = slow_s
        self._next_answers: list[Answer] = []
        self._next_greetings: list[Greeting] = []
        self._late: list[bytes] = []
        self._lock = threading.Lock()
        self._arrivals: list[Arrival] = []
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listening: socket.socket | None = None
        self._ended = threading.Event()
        self._reset_in_message = False
        self.port = port
        self.open_port()

    def __enter__(self) -> MisbehavingReceiver:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # What a test asks and changes.

    def answer_next(self, answers: Iterable[Answer]) -> None:
        """Answer the next messages so, whatever they are."""
        with self._lock:
            self._next_answers.extend(answers)

    def greet_next(self, greetings: Iterable[Greeting]) -> None:
        """Treat the next connections so."""
        with self._lock:
            self._next_greetings.extend(greetings)

    def behave(self) -> None:
        """Accept every message from now on, and forget what else was asked."""
        with self._lock:
            self._next_answers.clear()
            self._next_greetings.clear()
            self._late.clear()
            self.answer_by.clear()
            self._reset_in_message = False
            self.answer = Answer.ACCEPT
            self.greeting = Greeting.SERVE
        if self._listening is None:
            self.open_port()

    def arrivals(self) -> list[Arrival]:
        """Return all that came in, in order."""
        with self._lock:
            return list(self._arrivals)

    def control_ids(self) -> list[str]:
        """Return the control ids of all that came in, in order, repeats among them."""
        return [arrival.control_id for arrival in self.arrivals()]

    def first_control_ids(self) -> list[str]:
        """Return the control ids in the order in which each came for the first time."""
        return list(dict.fromkeys(self.control_ids()))

    def counts(self) -> Counter[str]:
        """Return how often each control id came in."""
        return Counter(self.control_ids())

    def wait_for_arrivals(self, count: int, timeout_s: float = 10.0) -> None:
        """Wait until so many messages came in."""
        wait_for(lambda: len(self._arrivals) >= count, f"{count} arrivals", timeout_s)

    def close_port(self) -> None:
        """Refuse connections, and drop those that are open."""
        listening, self._listening = self._listening, None
        if listening is not None:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        self.drop_connections()

    def open_port(self) -> None:
        """Take connections, on the same port as before."""
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", self.port))
        made.listen(64)
        self.port = made.getsockname()[1]
        self._listening = made
        self._start(self._accept, made)

    def drop_connections(self) -> None:
        """Reset the connections that are open."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _reset_on_close(connection)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        """End; returns when its threads have ended."""
        self._ended.set()
        self.close_port()
        for thread in list(self._threads):
            thread.join(10)

    # Its own threads.

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive() or t.ident is None]
            self._threads.append(thread)
        thread.start()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with self._lock:
                if self._listening is not listening or self._ended.is_set():
                    connection.close()
                    return
                self.connections += 1
                number = self.connections
                greeting = self._next_greetings.pop(0) if self._next_greetings else self.greeting
                self._open.add(connection)
            self._start(self._serve, connection, number, greeting)

    def _serve(self, connection: socket.socket, number: int, greeting: Greeting) -> None:
        plain = connection
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = self._greet(connection, greeting)
            if stream is not None:
                with self._lock:
                    self._open.discard(plain)
                    self._open.add(stream)
                connection = stream
                self._read(connection, number)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(plain)
                self._open.discard(connection)
            connection.close()

    def _greet(self, connection: socket.socket, greeting: Greeting) -> socket.socket | None:
        contexts = {
            Greeting.EXPIRED: self._contexts.expired,
            Greeting.WRONG_NAME: self._contexts.wrong_name,
            Greeting.SERVE: self._contexts.good,
        }
        if greeting == Greeting.RESET:
            _reset_on_close(connection)
        if greeting in (Greeting.CLOSE, Greeting.RESET):
            return None
        context = contexts.get(greeting)
        if context is None:
            return connection
        connection.settimeout(5.0)
        stream = context.wrap_socket(connection, server_side=True)
        stream.settimeout(None)
        return stream

    def _read(self, connection: socket.socket, number: int) -> None:
        buffer = b""
        while data := connection.recv(65536):
            buffer += data
            if self._takes_part(connection):
                return
            while b"\x1c\r" in buffer:
                payload, _, buffer = buffer.partition(b"\x1c\r")
                arrival = self._keep(payload.lstrip(b"\r\n \0")[1:], number)
                if not self._reply(connection, arrival):
                    return

    def _takes_part(self, connection: socket.socket) -> bool:
        """Reset when the bytes of the next message begin, and it was asked to."""
        with self._lock:
            wanted, self._reset_in_message = self._reset_in_message, False
        if wanted:
            _reset_on_close(connection)
        return wanted

    def _keep(self, payload: bytes, connection: int) -> Arrival:
        control_id = control_id_of(payload)
        with self._lock:
            if self._next_answers:
                answer = self._next_answers.pop(0)
            else:
                answer = self.answer_by.get(control_id, self.answer)
            arrival = Arrival(
                len(self._arrivals), time.monotonic(), connection, control_id, payload, answer
            )
            self._arrivals.append(arrival)
        return arrival

    def _reply(self, connection: socket.socket, arrival: Arrival) -> bool:
        """Answer as the arrival says; return whether the connection goes on."""
        with self._lock:
            late, self._late = self._late, []
        for answer in late:
            connection.sendall(answer)
        for piece in self._pieces(arrival):
            if piece == _CLOSE:
                return False
            if piece == _RESET:
                _reset_on_close(connection)
                return False
            if piece == _PAUSE:
                if self._ended.wait(self._slow_s):
                    return False
            else:
                connection.sendall(piece)
        return True

    def _pieces(self, arrival: Arrival) -> Iterator[bytes]:
        """Return what goes out, in turn, with marks for what else happens."""
        whole = acknowledgement(arrival.payload, "AA")
        match arrival.answer:
            case Answer.ACCEPT_BYTE_BY_BYTE:
                yield from (whole[at : at + 7] for at in range(0, len(whole), 7))
            case Answer.ACCEPT_LATE:
                with self._lock:
                    self._late.append(whole)
            case Answer.RESET_IN_MESSAGE:
                with self._lock:
                    self._reset_in_message = True
                yield whole
            case Answer.SILENCE:
                pass
            case _:
                yield from _ANSWERS[arrival.answer](arrival.payload, whole)


_CLOSE, _RESET, _PAUSE = b"close", b"reset", b"pause"

_ANSWERS: dict[Answer, Callable[[bytes, bytes], tuple[bytes, ...]]] = {
    Answer.ACCEPT: lambda _, whole: (whole,),
    Answer.COMMIT: lambda payload, _: (acknowledgement(payload, "CA"),),
    Answer.COMMIT_THEN_ACCEPT: lambda payload, whole: (acknowledgement(payload, "CA"), whole),
    Answer.COMMIT_THEN_REFUSE: lambda payload, _: (
        acknowledgement(payload, "CA"),
        acknowledgement(payload, "AE", "101"),
    ),
    Answer.ACCEPT_WITHOUT_ID: lambda payload, _: (acknowledgement(payload, "AA", control_id=b""),),
    Answer.ACCEPT_OTHER_ID: lambda payload, _: (
        acknowledgement(payload, "AA", control_id=b"SOME-OTHER-1"),
    ),
    Answer.ACCEPT_TWICE: lambda _, whole: (whole, whole),
    Answer.ACCEPT_SLOWLY: lambda _, whole: (_PAUSE, whole),
    Answer.ACCEPT_AND_CLOSE: lambda _, whole: (whole, _CLOSE),
    Answer.CONTENT_REFUSED: lambda payload, _: (acknowledgement(payload, "AE", "101"),),
    Answer.SETUP_REFUSED: lambda payload, _: (acknowledgement(payload, "AR", "200"),),
    Answer.TRY_AGAIN: lambda payload, _: (acknowledgement(payload, "AR", "207"),),
    Answer.UNREADABLE: lambda _, __: (frame(b"what is this?"),),
    Answer.EMPTY: lambda _, __: (frame(b""),),
    Answer.HALF: lambda _, whole: (whole[: len(whole) // 2],),
    Answer.HALF_AND_CLOSE: lambda _, whole: (whole[: len(whole) // 2], _CLOSE),
    Answer.CLOSE: lambda _, __: (_CLOSE,),
    Answer.RESET: lambda _, __: (_RESET,),
    Answer.RESET_IN_ANSWER: lambda _, whole: (whole[: len(whole) // 2], _RESET),
}


def control_id_of(payload: bytes) -> str:
    """Return MSH-10 of a message with the usual delimiters."""
    fields = payload.split(b"\r", 1)[0].split(b"|", 10)
    return fields[9].decode("latin_1") if len(fields) > 9 else ""


def acknowledgement(
    payload: bytes, code: str, condition: str = "", *, control_id: bytes | None = None
) -> bytes:
    """Return a framed answer to a message; `condition` is a code of table 0357."""
    answered = control_id_of(payload).encode("latin_1") if control_id is None else control_id
    error = b"ERR||PID^1^3|%b|E\r" % condition.encode() if condition == "101" else b""
    if condition and not error:
        error = b"ERR|||%b|E\r" % condition.encode()
    return frame(
        b"MSH|^~\\&|PACS|NORTH|REGRIS|NORTH|20260105||ACK|R1|P|2.5.1\rMSA|%b|%b\r%b"
        % (code.encode(), answered, error)
    )


def _reset_on_close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(
            socket.SOL_SOCKET,
            socket.SO_LINGER,
            struct.pack("hh" if os.name == "nt" else "ii", 1, 0),
        )
