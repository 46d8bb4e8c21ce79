"""The sender's side of one MLLP connection, as a dialogue without I/O.

One message is under way at a time; its answer is matched by MSA-2. What is not certain is called
unknown, never sent and never failed: the receiver may have taken the message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Self

from hl7console.errors import UsageError
from hl7console.hl7v2.acks import Ack, ReplyKind, classify_reply, describe_reply, read_ack
from hl7console.hl7v2.replies import plain_acceptance
from hl7console.mllp.actions import (
    Close,
    Note,
    Outcome,
    OutcomeState,
    Reply,
    Send,
    SenderAction,
)
from hl7console.mllp.events import (
    CommitBlock,
    Event,
    ForeignProtocol,
    FrameReceived,
    FrameTooLarge,
    Heartbeat,
    JunkLimitReached,
    NoiseSkipped,
    PartialFrame,
)
from hl7console.mllp.framing import DEFAULT_MAX_FRAME_BYTES, MllpDecoder, encode_frame
from hl7console.settings import DestinationSettings

COMMIT_ACK_FRAME = encode_frame(b"\x06")
"""Positive commit block of MLLP release 2."""

_VERDICTS: dict[ReplyKind, tuple[OutcomeState, bool]] = {
    ReplyKind.ACCEPTED: ("accepted", False),
    ReplyKind.COMMITTED: ("accepted", False),
    ReplyKind.CONTENT_REFUSED: ("rejected", False),
    ReplyKind.SETUP_REFUSED: ("rejected", False),
    ReplyKind.TRY_AGAIN: ("rejected", True),
}
_UNKNOWN: tuple[OutcomeState, bool] = ("unknown", True)
_FOREIGN = {"tls": "The receiver speaks TLS on this port.", "http": "The receiver speaks HTTP."}
ANSWERED_IDS = 32
"""Control ids of messages answered on a connection that are remembered: a second answer to one of
them is not taken for a wrong answer to the next message."""
_NO_APPLICATION_ACK = "Stored by the receiver; its application acknowledgement did not come."


@dataclass(frozen=True, slots=True)
class SenderLimits:
    """Timers and tolerance of one outbound connection. Times in seconds, sizes in bytes."""

    response_timeout_s: float = 30.0
    application_ack_timeout_s: float = 120.0
    """How long an application acknowledgement is waited for after a commit acknowledgement."""
    lenient_msa2: bool = False
    """Accept an acknowledgement whose MSA-2 is blank."""
    release: Literal[1, 2] = 1
    """MLLP release; with 2, commit blocks are expected and sent."""
    max_reply_bytes: int = DEFAULT_MAX_FRAME_BYTES
    grace_s: float = 0.5
    """How long the CR after an end block is waited for."""
    unframed_pause_s: float = 2.0
    """The silence that ends an answer without framing."""

    @classmethod
    def from_settings(cls, settings: DestinationSettings) -> Self:
        """Return the limits that a destination's settings ask for."""
        return cls(
            response_timeout_s=settings.response_timeout_s,
            application_ack_timeout_s=settings.application_ack_timeout_s,
            lenient_msa2=settings.lenient_msa2,
        )


class SenderSession:
    """One outbound connection as a state machine; does no I/O.

    One thread. Times are seconds on any clock that does not go back (``loop.time()``). After a
    `Close` action nothing more can be sent: connect again, with a new session.

    Args:
        limits: Timers and tolerance; None takes the defaults.
        timed_out_ids: MSH-10 of messages just given up: an answer to one of them is late, not
            wrong. Read at each answer, never changed.

    References:
        HL7 chapter 2, 2.9.2; IHE ITI TF-2 appendix C.2.3; MLLP release 2 (commit blocks).
    """

    def __init__(
        self, limits: SenderLimits | None = None, *, timed_out_ids: Collection[str] = ()
    ) -> None:
        self._limits = limits or SenderLimits()
        self._timed_out_ids = timed_out_ids
        self._decoder = self._new_decoder()
        self._answered: deque[str] = deque(maxlen=ANSWERED_IDS)
        self._control_id = ""
        self._written_id = b""
        self._is_waiting = False
        self._is_committed = False
        self._wants_application_ack = False
        self._awaits_block = False
        self._deadline_s = 0.0
        self._last_byte_s = 0.0
        self._is_closed = False

    @property
    def is_idle(self) -> bool:
        """Whether the next message may be sent."""
        return not self._is_waiting and not self._is_closed

    @property
    def is_closed(self) -> bool:
        """Whether the dialogue has ended."""
        return self._is_closed

    @property
    def next_deadline_s(self) -> float | None:
        """When `timed_out` is due next; None when nothing is under way."""
        if not self._is_waiting or self._is_closed:
            return None
        waiting = self._decoder.waiting
        if waiting == "after_fs":
            return min(self._deadline_s, self._last_byte_s + self._limits.grace_s)
        if waiting == "unframed":
            return min(self._deadline_s, self._last_byte_s + self._limits.unframed_pause_s)
        return self._deadline_s

    def send(
        self,
        payload: bytes,
        control_id: str,
        now_s: float,
        *,
        wants_application_ack: bool = False,
    ) -> list[SenderAction]:
        """Return what to do to send a message.

        Args:
            payload: The message without its frame.
            control_id: Its MSH-10, as written.
            now_s: The time; the response timer starts here.
            wants_application_ack: Whether its MSH-16 asks for an application acknowledgement, so
                that a commit acknowledgement is not the end.

        Raises:
            UsageError: The payload holds a byte that only MLLP may use.
            RuntimeError: Another message is under way, or the dialogue has ended.
        """
        if not self.is_idle:
            raise RuntimeError("The session is not idle.")
        if b"\x0b" in payload or b"\x1c" in payload:
            raise UsageError(
                "The message holds a byte (0x0B or 0x1C) that MLLP reserves for its framing.",
                hint="Send its wire form, in which these bytes are escaped.",
            )
        actions = self._drop_leftovers()
        self._control_id = control_id
        self._written_id = control_id.encode("utf-8", "replace")
        self._is_waiting = True
        self._is_committed = False
        self._wants_application_ack = wants_application_ack
        self._awaits_block = self._limits.release == 2
        self._deadline_s = now_s + self._limits.response_timeout_s
        actions.append(Send(encode_frame(payload)))
        return actions

    def data_received(self, data: bytes, now_s: float) -> list[SenderAction]:
        """Return what to do about bytes from the receiver."""
        if self._is_closed:
            return []
        self._last_byte_s = now_s
        payload = self._decoder.whole_frame(data)
        if payload is not None:
            actions: list[SenderAction] = []
            self._take_frame(payload, (), now_s, actions)
            return actions
        return self._take(self._decoder.feed(data), now_s)

    def eof(self, now_s: float) -> list[SenderAction]:
        """Return what to do now that the receiver closed the connection, or it was lost."""
        if self._is_closed:
            return []
        actions = self._take(self._decoder.eof(), now_s)
        if self._is_waiting:
            self._give_up("The connection was closed before the answer came.", actions)
        self._close("peer_closed", "The receiver closed the connection.", actions)
        return actions

    def timed_out(self, now_s: float) -> list[SenderAction]:
        """Return what to do now that `next_deadline_s` may have passed. Too early is harmless."""
        deadline_s = self.next_deadline_s
        if deadline_s is None or now_s < deadline_s:
            return []
        actions: list[SenderAction] = []
        if self._decoder.waiting in ("after_fs", "unframed"):
            actions = self._take(self._decoder.grace_expired(), now_s)
        if self._is_waiting and now_s >= self._deadline_s:
            if not self._is_committed:
                self._take_all(self._decoder.abandon(), now_s, actions)
            self._give_up("No answer came in time.", actions)
            self._close("response_timeout", "The receiver did not answer in time.", actions)
        return actions

    def _new_decoder(self) -> MllpDecoder:
        return MllpDecoder(self._limits.max_reply_bytes, accept_unframed=True)

    def _drop_leftovers(self) -> list[SenderAction]:
        """Forget what came after the last answer, so that it is not taken for the next one."""
        leftovers = self._decoder.eof()
        self._decoder = self._new_decoder()
        if not leftovers:
            return []
        return [Note("extra_bytes", "Bytes that followed the last answer were dropped.")]

    def _take(self, events: list[Event], now_s: float) -> list[SenderAction]:
        actions: list[SenderAction] = []
        self._take_all(events, now_s, actions)
        return actions

    def _take_all(self, events: list[Event], now_s: float, actions: list[SenderAction]) -> None:
        for event in events:
            if self._is_closed:
                return
            match event:
                case FrameReceived(payload, flags):
                    self._take_frame(payload, flags, now_s, actions)
                case Heartbeat(flags):
                    self._take_frame(b"", flags, now_s, actions)
                case CommitBlock(kind):
                    self._take_block(kind, actions)
                case NoiseSkipped(count, sample):
                    text = f"{count} bytes outside of any frame were skipped."
                    actions.append(Note("noise", text, sample))
                case _:
                    self._take_fault(event, actions)

    def _take_fault(
        self,
        event: PartialFrame | FrameTooLarge | ForeignProtocol | JunkLimitReached,
        actions: list[SenderAction],
    ) -> None:
        match event:
            case PartialFrame(payload, reason):
                if payload:
                    actions.append(Reply(payload, ("partial",)))
                if reason == "restarted":
                    actions.append(Note(reason, "An answer began before the one before had ended."))
            case FrameTooLarge(head):
                actions.append(Reply(head, ("too_large",)))
                self._break_off("too_large", "The answer is too large.", actions)
            case ForeignProtocol(kind):
                text = _FOREIGN.get(kind, "The receiver speaks another protocol.")
                self._break_off("foreign_protocol", text, actions)
            case _:
                text = "Too many bytes came outside of any frame."
                actions.append(Note("noise", text, event.sample))
                self._break_off("junk_limit", text, actions)

    def _take_block(self, kind: str, actions: list[SenderAction]) -> None:
        if not self._awaits_block:
            actions.append(Note("commit_block", f"A commit {kind} of MLLP release 2 was dropped."))
            return
        self._awaits_block = False
        if kind == "nak":
            self._end(
                "rejected", "The receiver could not store it (commit NAK).", actions, retry=True
            )

    def _take_frame(
        self, payload: bytes, flags: tuple[str, ...], now_s: float, actions: list[SenderAction]
    ) -> None:
        if not self._is_waiting:
            actions.append(Note("extra_reply", "An answer came that no message waits for."))
            return
        actions.append(Reply(payload, flags))
        if self._limits.release == 2 and payload:
            actions.append(Send(COMMIT_ACK_FRAME))
            if self._awaits_block:
                self._awaits_block = False
                actions.append(Note("no_commit_block", "The answer came before the commit block."))
        ack = plain_acceptance(payload, self._written_id) or read_ack(payload)
        kind = classify_reply(ack, self._control_id, self._timed_out_ids, self._limits.lenient_msa2)
        if kind == ReplyKind.LATE:
            actions.append(Note("late_ack", describe_reply(kind)))
        elif kind == ReplyKind.WRONG_ID and ack.control_id.strip() in self._answered:
            actions.append(Note("double_ack", "A second answer to an earlier message."))
        elif kind == ReplyKind.COMMITTED and self._wants_application_ack:
            self._commit(ack, now_s, actions)
        else:
            self._conclude(kind, ack, actions)

    def _commit(self, ack: Ack, now_s: float, actions: list[SenderAction]) -> None:
        if self._is_committed:
            actions.append(Note("repeated_commit", "The receiver committed to it twice."))
            return
        self._is_committed = True
        self._deadline_s = now_s + self._limits.application_ack_timeout_s
        text = describe_reply(ReplyKind.COMMITTED)
        actions.append(
            Outcome(
                "committed",
                self._control_id,
                text,
                ack.code,
                ReplyKind.COMMITTED,
                is_final=False,
            )
        )

    def _conclude(self, kind: ReplyKind, ack: Ack, actions: list[SenderAction]) -> None:
        state, can_retry = _VERDICTS.get(kind, _UNKNOWN)
        text = describe_reply(kind, ack)
        if state == "unknown" and self._is_committed:
            actions.append(Note("other_reply", "An answer came that belongs to no message here."))
            return
        self._is_waiting = False
        if state != "unknown" and self._control_id:
            self._answered.append(self._control_id.strip())
        actions.append(Outcome(state, self._control_id, text, ack.code, kind, can_retry=can_retry))
        if kind == ReplyKind.WRONG_ID:
            self._close("wrong_id", text, actions)

    def _end(
        self, state: OutcomeState, text: str, actions: list[SenderAction], *, retry: bool
    ) -> None:
        self._is_waiting = False
        actions.append(Outcome(state, self._control_id, text, can_retry=retry))

    def _give_up(self, text: str, actions: list[SenderAction]) -> None:
        """End the exchange without a certain answer."""
        if self._is_committed:
            self._end("committed", _NO_APPLICATION_ACK, actions, retry=False)
        else:
            self._end("unknown", text, actions, retry=True)

    def _break_off(self, code: str, text: str, actions: list[SenderAction]) -> None:
        if self._is_waiting:
            self._give_up(text, actions)
        self._close(code, text, actions)

    def _close(self, code: str, text: str, actions: list[SenderAction]) -> None:
        if not self._is_closed:
            self._is_closed = True
            actions.append(Close(code, text))
