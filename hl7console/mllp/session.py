"""The listener's side of one MLLP connection, as a dialogue without I/O.

Bytes, answers and timers go in, actions come out. Answers leave in the order in which their
frames came, whatever the order in which they are ready. A fault that ends the dialogue still lets
the frames before it have their answers; a frame that is too large has one itself, since its
beginning says whom to tell. The sender's side is in `hl7console.mllp.sender_session` and offered
here too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from hl7console.mllp.actions import (
    Action,
    Close,
    Note,
    Outcome,
    Reply,
    Send,
    SenderAction,
    StoreFrame,
    StorePartial,
)
from hl7console.mllp.events import (
    BLANK_TRAILER,
    EMBEDDED_FS,
    LF_TRAILER,
    NO_TRAILER,
    UNFRAMED,
    CommitBlock,
    Event,
    ForeignProtocol,
    FrameReceived,
    FrameTooLarge,
    Heartbeat,
    NoiseSkipped,
    Oddity,
    PartialFrame,
)
from hl7console.mllp.framing import DEFAULT_MAX_FRAME_BYTES, MllpDecoder, encode_frame
from hl7console.mllp.sender_session import SenderLimits, SenderSession
from hl7console.settings import ListenerSettings

__all__ = [
    "Action",
    "Close",
    "ListenerLimits",
    "ListenerSession",
    "Note",
    "Outcome",
    "Reply",
    "Send",
    "SenderAction",
    "SenderLimits",
    "SenderSession",
    "StoreFrame",
    "StorePartial",
]

UNREADABLE_LIMIT = 3
"""Frames without a readable MSH after which the connection is closed."""

_FLAG_TEXTS = {
    NO_TRAILER: "The peer ends frames without the CR after 0x1C.",
    LF_TRAILER: "The peer ends frames with LF instead of CR.",
    BLANK_TRAILER: "The peer sends blanks after the end of a frame.",
    EMBEDDED_FS: "A message holds the byte 0x1C, which is reserved for the end of a frame.",
    UNFRAMED: "The peer sends messages without MLLP start block.",
}
_FOREIGN_CLOSES = {
    "tls": Close("tls_on_plain", "TLS client on plain listener."),
    "http": Close("http_client", "HTTP client on an MLLP listener."),
    "dicom": Close("dicom_client", "DICOM client on an MLLP listener."),
}
_PARTIAL_TEXTS = {
    "restarted": "A new frame began before the one before had ended.",
    "eof": "The connection ended inside a message.",
    "timeout": "The end of a message did not come in time.",
    "unframed": "A message came without MLLP start block, which this listener does not accept.",
}


@dataclass(frozen=True, slots=True)
class ListenerLimits:
    """Limits and timers of one inbound connection. Times in seconds, sizes in bytes."""

    max_message_bytes: int = DEFAULT_MAX_FRAME_BYTES
    accept_unframed: bool = False
    frame_timeout_s: float = 60.0
    """Longest silence inside a frame."""
    frame_cap_s: float = 600.0
    """Longest time from a frame's first byte to its last."""
    idle_timeout_s: float = 0.0
    """Longest silence between frames; 0 sets no limit."""
    grace_s: float = 0.5
    """How long the CR after an end block is waited for."""
    unframed_pause_s: float = 2.0
    """The silence that ends a message without framing."""

    @classmethod
    def from_settings(cls, settings: ListenerSettings) -> Self:
        """Return the limits that a listener's settings ask for."""
        return cls(
            max_message_bytes=settings.max_message_bytes,
            accept_unframed=settings.accept_unframed,
            frame_timeout_s=settings.frame_timeout_s,
            idle_timeout_s=settings.idle_timeout_s,
        )


class ListenerSession:
    """One inbound connection as a state machine; does no I/O.

    One thread. Times are seconds on any clock that does not go back (``loop.time()``).
    After a `Close` action was returned, every further call returns no actions.

    Args:
        limits: Limits and timers; None takes the defaults.
        now_s: When the connection began; the idle timer starts here.

    References:
        HL7 2.3.1 Implementation Guide, appendix C, section C.4.3 (MLLP); IHE ITI TF-2 C.2.1.
    """

    __slots__ = (
        "_answers",
        "_decoder",
        "_end",
        "_frame_start_s",
        "_is_closed",
        "_is_finishing",
        "_last_byte_s",
        "_limits",
        "_next_answer",
        "_next_token",
        "_noted",
        "_takes_frame",
        "_unreadable",
        "heartbeats",
    )

    heartbeats: int
    """Empty frames so far."""

    def __init__(self, limits: ListenerLimits | None = None, *, now_s: float = 0.0) -> None:
        self._limits = limits = limits or ListenerLimits()
        self._decoder = MllpDecoder(
            limits.max_message_bytes, accept_unframed=limits.accept_unframed
        )
        self._next_token = 0
        self._next_answer = 0
        self._answers: dict[int, bytes | None] = {}
        self._end: Close | None = None
        self._is_closed = False
        self._is_finishing = False
        self._takes_frame = True
        self._frame_start_s = now_s
        self._last_byte_s = now_s
        self._noted: set[str] = set()
        self._unreadable = 0
        self.heartbeats = 0

    @property
    def unanswered(self) -> int:
        """How many frames were handed out and wait for `answered`, or for one before them."""
        return self._next_token - self._next_answer

    @property
    def held_bytes(self) -> int:
        """Size of the message whose end has not come yet."""
        return self._decoder.held_bytes

    @property
    def is_ending(self) -> bool:
        """Whether no more input is taken; the owner may stop reading."""
        return self._end is not None or self._is_closed

    @property
    def next_deadline_s(self) -> float | None:
        """When `timer_fired` is due next; None when no timer runs. Changes with every call."""
        if self._end is not None or self._is_closed:
            return None
        waiting = self._decoder.waiting
        limits = self._limits
        if waiting == "start":
            return self._last_byte_s + limits.idle_timeout_s if limits.idle_timeout_s > 0 else None
        if waiting == "body":
            silence_s = limits.frame_timeout_s
        elif waiting == "after_fs":
            silence_s = limits.grace_s
        else:
            silence_s = limits.unframed_pause_s
        return min(self._last_byte_s + silence_s, self._frame_start_s + limits.frame_cap_s)

    def data_received(self, data: bytes, now_s: float) -> list[Action]:
        """Return what to do about bytes from the peer."""
        if self._end is None and not self._is_finishing and not self._is_closed:
            payload = self._decoder.whole_frame(data)
            if payload is not None:
                self._last_byte_s = now_s
                token = self._next_token
                self._next_token = token + 1
                return [StoreFrame(token, payload, (), now_s)]
        elif self._end is not None or self._is_closed:
            return []
        if self._decoder.waiting == "start":
            self._frame_start_s = now_s
        self._last_byte_s = now_s
        actions = self._take(self._decoder.feed(data), now_s)
        return self._close_if_done(actions)

    def eof_received(self, now_s: float) -> list[Action]:
        """Return what to do when the peer sends no more; answers still due go out first."""
        if self.is_ending:
            return []
        actions = self._take(self._decoder.eof(), now_s)
        self._finish_with(Close("peer_closed", "The peer closed the connection."))
        return self._close_if_done(actions)

    def timer_fired(self, now_s: float) -> list[Action]:
        """Return what to do now that `next_deadline_s` may have passed. Too early is harmless."""
        deadline_s = self.next_deadline_s
        if deadline_s is None or now_s < deadline_s:
            return []
        waiting = self._decoder.waiting
        if waiting == "start":
            if self.unanswered:  # the silence is ours
                self._last_byte_s = now_s
                return []
            self._finish_with(Close("idle", "The connection was silent for too long."))
            return self._close_if_done([])
        if waiting == "body":
            actions = self._take(self._decoder.abandon(), now_s)
            self._finish_with(Close("frame_timeout", _PARTIAL_TEXTS["timeout"]))
        else:
            actions = self._take(self._decoder.grace_expired(), now_s)
        return self._close_if_done(actions)

    def answered(
        self, token: int, ack: bytes | None, *, is_unreadable: bool = False
    ) -> list[Action]:
        """Return what to send now that a frame has its answer.

        Args:
            token: The frame's `StoreFrame.token`, or `StorePartial.token`.
            ack: The acknowledgement, unframed; None sends none.
            is_unreadable: Whether the frame has no readable MSH. The third one ends the dialogue.
        """
        if is_unreadable:
            self._unreadable += 1
            if self._unreadable == UNREADABLE_LIMIT:
                self._finish_with(
                    Close("unreadable", "Three messages had no MSH segment that can be read.")
                )
        if token == self._next_answer and not self._answers:
            self._next_answer = token + 1
            if ack is not None and self._end is None and not self._is_finishing:
                return [] if self._is_closed else [Send(b"\x0b%b\x1c\r" % ack)]
            ready = b"" if ack is None else encode_frame(ack)
        else:
            self._answers[token] = ack
            ready = self._take_ready()
        if self._is_closed:
            return []
        return self._close_if_done([Send(ready)] if ready else [])

    def finish(self, now_s: float) -> list[Action]:
        """Return what to do to end the dialogue in order.

        The frame under way is still read and answered, later ones are not taken: their sender
        gets no answer and sends them again.
        """
        if self.is_ending or self._is_finishing:
            return []
        self._is_finishing = True
        self._takes_frame = self._decoder.waiting != "start"
        self._last_byte_s = now_s
        return self._close_if_done([])

    def _take_ready(self) -> bytes:
        parts = []
        while self._next_answer in self._answers:
            ack = self._answers.pop(self._next_answer)
            self._next_answer += 1
            if ack is not None:
                parts.append(encode_frame(ack))
        return b"".join(parts)

    def _finish_with(self, close: Close) -> None:
        """End the dialogue once all answers are out; the first reason counts."""
        if self._end is None:
            self._end = close

    def _close_if_done(self, actions: list[Action]) -> list[Action]:
        if self._end is None and self._is_finishing and not self._takes_frame:
            self._end = Close("shutdown", "The listener was stopped.")
        if self._end is not None and not self._is_closed and self._next_token == self._next_answer:
            self._is_closed = True
            actions.append(self._end)
        return actions

    def _take(self, events: Iterable[Event], now_s: float) -> list[Action]:
        actions: list[Action] = []
        start_s = self._frame_start_s
        for event in events:
            if not self._takes_frame:
                break
            if isinstance(event, FrameReceived):
                self._note_flags(event.flags, actions)
                actions.append(StoreFrame(self._next_token, event.payload, event.flags, start_s))
                self._next_token += 1
            else:
                self._take_oddity(event, actions)
            if not isinstance(event, NoiseSkipped):
                start_s = self._frame_start_s = now_s
                self._takes_frame = not self._is_finishing
        return actions

    def _take_oddity(self, event: Oddity, actions: list[Action]) -> None:
        match event:
            case Heartbeat(flags):
                self.heartbeats += 1
                self._note_flags(flags, actions)
                self._note_once("heartbeat", "The peer sends empty frames.", actions)
            case CommitBlock(kind):
                text = f"The peer sent an MLLP release 2 commit {kind}; dropped."
                self._note_once("commit_block", text, actions)
            case NoiseSkipped(count, sample):
                text = f"{count} bytes outside of any frame were skipped."
                actions.append(Note("noise", text, sample))
            case PartialFrame(payload, reason):
                text = _PARTIAL_TEXTS[reason]
                if payload:
                    actions.append(StorePartial(payload, reason, text))
                else:
                    self._note_once(reason, text, actions)
                if reason == "unframed":
                    self._finish_with(Close(reason, text))
            case FrameTooLarge(head):
                text = f"A message is larger than {self._limits.max_message_bytes:,} bytes."
                actions.append(StorePartial(head, "too_large", text, self._next_token))
                self._next_token += 1
                self._finish_with(Close("too_large", text, is_peer_writing=True))
            case ForeignProtocol(kind):
                self._finish_with(_FOREIGN_CLOSES[kind])
            case _:
                text = "Too many bytes came outside of any frame."
                actions.append(Note("noise", text, event.sample))
                self._finish_with(Close("junk_limit", text))

    def _note_flags(self, flags: tuple[str, ...], actions: list[Action]) -> None:
        for flag in flags:
            self._note_once(flag, _FLAG_TEXTS[flag], actions)

    def _note_once(self, code: str, text: str, actions: list[Action]) -> None:
        if code not in self._noted:
            self._noted.add(code)
            actions.append(Note(code, text))
