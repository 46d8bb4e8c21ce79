"""One inbound connection: the socket, its TLS, its timers, and the dialogue that it carries.

The transport is always a plain one, so that it can be aborted at any moment, a TLS peer that
stays connected included.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, cast

from hl7console.engine.discarding import Discarding
from hl7console.engine.fairness import (
    KEPT_OF_DROPPED_BYTES,
    MAX_HELD_BYTES,
    PORTION_BYTES,
    is_crowded,
)
from hl7console.engine.inbound_tls import InboundTls
from hl7console.engine.intake import Answer
from hl7console.engine.shared_reads import SharedReads
from hl7console.engine.sockets import peer_text, set_keepalive
from hl7console.mllp.session import (
    Action,
    Close,
    ListenerSession,
    Note,
    Send,
    StoreFrame,
    StorePartial,
)
from hl7console.store.records import StoreOutcome

if TYPE_CHECKING:
    from hl7console.engine.listener import Listener

log = logging.getLogger(__name__)

WRITE_TIMEOUT_S = 10.0
"""Longest that a peer may leave its answers unread, in seconds."""

MAX_UNANSWERED = 128
"""Messages of one connection under way at once; reading pauses beyond."""

MAX_UNANSWERED_BYTES = 48 * 1024 * 1024
"""Bytes of one connection under way at once; reading pauses beyond."""

_QUIET_CLOSES = frozenset({"peer_closed", "idle", "shutdown"})


class InboundConnection(SharedReads):
    """A connection that a listener accepted. The network thread only."""

    def __init__(self, listener: Listener, number: int) -> None:
        super().__init__(listener.read_buffer)
        self._listener = listener
        self._intake = listener.intake
        self._number = number
        self._loop = listener.loop
        self._peer = ""
        self._tls: InboundTls | None = None
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._session: ListenerSession = cast("ListenerSession", None)
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due_s = 0.0
        self._write_timer: asyncio.TimerHandle | None = None
        self._unanswered_bytes = 0
        self._begun_s: dict[int, float] = {}
        self._partials = 0
        self._held_bytes = 0
        self._rest = b""
        self._is_turn_asked = False
        self._has_ended = False
        self._is_paused = False
        self._is_write_paused = False
        self._is_closing = False
        self._is_finishing = False
        self._discarding: Discarding | None = None
        self._out: list[bytes] = []
        self._told = ""

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the dialogue, or close at once when the listener refuses the peer."""
        self._transport = cast("asyncio.Transport", transport)
        address = transport.get_extra_info("peername")
        self._peer = peer_text(address)
        self._session = ListenerSession(self._listener.limits, now_s=self._loop.time())
        host = address[0] if isinstance(address, tuple) else ""
        if not self._listener.admit(self, str(host), self._peer):
            self.abort()
            return
        sock = transport.get_extra_info("socket")
        if sock is not None:
            set_keepalive(sock)
        if self._listener.tls is not None:
            self._tls = InboundTls(
                self._listener.tls.context,
                self._listener.settings.allowed_certificate_names,
                loop=self._loop,
                write=self._write_raw,
                fail=self._tls_failed,
            )
        self._arm_timer()

    def data_received(self, data: bytes) -> None:
        """Take bytes of the wire."""
        if self._is_closing:
            if self._discarding is not None:
                self._discarding.take(len(data))
            return
        if self._tls is not None:
            data = self._tls.received(data)
            self._has_ended = self._has_ended or self._tls.has_ended
        if self._rest or (len(data) > PORTION_BYTES and is_crowded(data)):
            self._rest += data
            self._balance()
            self._take_portion()
        elif data:
            self._act(self._session.data_received(data, self._loop.time()))
        self._end_if_due()

    def _take_portion(self) -> None:
        """Take the next part of a read with very many frames, then let others have their turn."""
        self._is_turn_asked = False
        if self._is_closing or not self._rest or self._is_busy():
            return  # `_balance` goes on
        data, self._rest = self._rest[:PORTION_BYTES], self._rest[PORTION_BYTES:]
        self._act(self._session.data_received(data, self._loop.time()))
        self._end_if_due()
        self._balance()

    def _ask_turn(self) -> None:
        if not self._is_turn_asked:
            self._is_turn_asked = True
            self._loop.call_soon(self._take_portion)

    def _end_if_due(self) -> None:
        if self._has_ended and not self._rest and not self._is_closing:
            self._act(self._session.eof_received(self._loop.time()))

    def _hold(self) -> None:
        """Count bytes of a message whose end has not come; too many of them end the connection."""
        held = self._listener.held
        before, self._held_bytes = self._held_bytes, self._session.held_bytes
        held.total += self._held_bytes - before
        if self._held_bytes > before and held.total > MAX_HELD_BYTES:
            text = (
                "The unfinished messages of all connections together are larger than "
                f"{MAX_HELD_BYTES // (1024 * 1024)} MiB; this connection was dropped."
            )
            for action in self._session.eof_received(self._loop.time()):
                if isinstance(action, StorePartial):
                    head = action.payload[:KEPT_OF_DROPPED_BYTES]
                    self._keep_partial(StorePartial(head, "memory", text))
            self.abort()

    def eof_received(self) -> bool:
        """Take the end of what the peer sends; answers still due go out first."""
        if self._is_closing:
            return False
        if self._tls is not None and not self._tls.is_established:
            self._tls_failed("The connection was closed in the TLS handshake.")
            return False
        self._has_ended = True
        self._end_if_due()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up; whatever the peer had sent and was whole is stored all the same."""
        for timer in (self._timer, self._write_timer):
            if timer is not None:
                timer.cancel()
        for part in (self._tls, self._discarding):
            if part is not None:
                part.stop()
        self._listener.held.total -= self._held_bytes
        self._held_bytes = 0
        if not self._is_closing:
            self._is_closing = True
            for action in self._session.eof_received(self._loop.time()):
                if isinstance(action, StorePartial):
                    self._keep_partial(action)
                elif isinstance(action, StoreFrame):
                    self._store(action)
            if exc is not None:
                self._listener.timeline.add(
                    "connection_lost", "The connection broke.", peer=self._peer
                )
        self._listener.forget(self)

    def pause_writing(self) -> None:
        """Stop reading while the peer leaves its answers unread, and not for ever."""
        self._is_write_paused = True
        self._balance()
        self._write_timer = self._loop.call_later(WRITE_TIMEOUT_S, self._write_timed_out)

    def resume_writing(self) -> None:
        """Go on: the peer has read its answers."""
        self._is_write_paused = False
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        self._balance()

    def _tls_failed(self, text: str) -> None:
        self._listener.timeline.add("tls", text, peer=self._peer, is_fault=True)
        self._close("tls")

    # The dialogue.

    def _act(self, actions: list[Action]) -> None:
        for action in actions:
            if type(action) is StoreFrame:
                self._store(action)
            elif type(action) is Send:
                self._out.append(action.data)
            else:
                self._act_rarely(action)
        if self._unanswered_bytes or self._partials:
            self._balance()
        if (self._held_bytes or self._session.held_bytes) and not self._is_closing:
            self._hold()
        self._arm_timer()

    def _store(self, frame: StoreFrame) -> None:
        self._unanswered_bytes += len(frame.payload)
        self._begun_s[frame.token] = frame.first_byte_s
        answer_to = (self._listener.inbox, self, frame.token)
        self._intake.take(frame.payload, frame.flags, answer_to, self._peer, self._number)

    def _act_rarely(self, action: Action) -> None:
        if isinstance(action, StorePartial):
            self._keep_partial(action)
        elif isinstance(action, Note):
            self._listener.timeline.add(action.code, action.text, peer=self._peer)
        elif isinstance(action, Close):
            if action.reason_code not in _QUIET_CLOSES and action.text != self._told:
                self._listener.timeline.add(
                    action.reason_code, action.text, peer=self._peer, is_fault=True
                )
            self._close(action.reason_code, is_peer_writing=action.is_peer_writing)

    def _keep_partial(self, action: StorePartial) -> None:
        self._told = action.text
        self._listener.timeline.add(action.reason, action.text, peer=self._peer, is_fault=True)
        if action.token is not None:
            self._unanswered_bytes += len(action.payload)
            answer_to = (self._listener.inbox, self, action.token)
            self._intake.take_too_large(
                action.payload, action.text, answer_to, peer=self._peer, connection=self._number
            )
            return
        self._partials += 1
        self._intake.take_partial(
            action.payload,
            action.reason,
            action.text,
            peer=self._peer,
            connection=self._number,
            on_stored=self._partial_stored,
        )

    def _partial_stored(self, _: StoreOutcome) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._count_partial)

    def _count_partial(self) -> None:
        self._partials -= 1
        self._balance()

    def stored(self, answer: Answer) -> None:
        """Take a message that the store is done with."""
        self._unanswered_bytes -= len(answer.new.raw)
        ack = self._listener.answer(answer, self._begun_s.pop(answer.token, None))
        actions = self._session.answered(answer.token, ack, is_unreadable=answer.is_unreadable)
        if len(actions) == 1 and type(actions[0]) is Send:
            self._out.append(actions[0].data)
        elif actions:
            self._act(actions)

    def flush(self) -> None:
        """Write what was collected, in one go."""
        out = self._out
        if out:
            self._out = []
            self._write(b"".join(out))
        if self._is_paused:
            self._balance()

    def _write(self, data: bytes) -> None:
        if self._tls is not None:
            data = self._tls.encrypt(data)
        self._write_raw(data)

    def _write_raw(self, data: bytes) -> None:
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def _balance(self) -> None:
        """Pause or resume reading, by what is under way."""
        if self._is_closing:
            return
        if not self._is_paused:
            if self._rest or self._is_busy():
                self._is_paused = True
                self._transport.pause_reading()
        elif not self._is_busy(2):
            if self._rest:
                self._ask_turn()
            else:
                self._is_paused = False
                self._transport.resume_reading()

    def _is_busy(self, part: int = 1) -> bool:
        """Return whether as much is under way as may be, or more than a part of that."""
        return (
            self._is_write_paused
            or self._session.unanswered + self._partials > MAX_UNANSWERED // part
            or self._unanswered_bytes > MAX_UNANSWERED_BYTES // part
        )

    # Timers and the end.

    def _arm_timer(self) -> None:
        due_s = self._session.next_deadline_s
        if due_s is None or self._is_closing:
            return
        if self._timer is not None:
            if self._timer_due_s <= due_s:
                return  # it looks again when it fires
            self._timer.cancel()
        self._timer_due_s = due_s
        self._timer = self._loop.call_at(due_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self._act(self._session.timer_fired(self._loop.time()))
        self.flush()

    def _write_timed_out(self) -> None:
        text = f"The peer left its answers unread for {WRITE_TIMEOUT_S:.0f} s."
        self._listener.timeline.add("write_timeout", text, peer=self._peer, is_fault=True)
        self.abort()

    def finish(self) -> None:
        """End the dialogue in order: the message under way is still read and answered."""
        self._is_finishing = True
        if self._discarding is not None:
            self._transport.close()
        self._act(self._session.finish(self._loop.time()))

    def abort(self) -> None:
        """Drop the connection at once."""
        self._is_closing = True
        self._transport.abort()

    def _close(self, reason: str, *, is_peer_writing: bool = False) -> None:
        if self._is_closing:
            return
        self.flush()
        self._is_closing = True
        if self._tls is not None:
            self._write_raw(self._tls.end())
        log.debug("Connection %d closed: %s", self._number, reason)
        if is_peer_writing and not self._has_ended and not self._is_finishing:
            self._discard()
            return
        self._transport.close()
        if self._write_timer is None and self._transport.get_write_buffer_size():
            self._write_timer = self._loop.call_later(WRITE_TIMEOUT_S, self._write_timed_out)

    def _discard(self) -> None:
        """Let the peer read what it was told, before the connection ends."""
        self._rest = b""
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        self._discarding = Discarding(self._loop, self._transport, self.abort)
