"""The way of a received message: scan, answer, store; and only then the answer leaves.

The hot path. An answer that accepts is sent after the commit (the durability rule); when the
commit fails the sender gets AR or CR, which it may try again, never an acceptance and never AE.

References:
    HL7 chapter 2, 2.9.2 (acknowledgement); IHE ITI TF-2 appendix C.2.3.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from hashlib import blake2b, sha256
from typing import Protocol

from hl7console.engine.routes import Router
from hl7console.hl7v2.acks import AckDecision, AckRules, build_ack, decide, failure, too_large
from hl7console.hl7v2.scan import Scan, scan
from hl7console.settings import ListenerSettings
from hl7console.store.records import NewMessage, OnStored, Origin, Status, StoreOutcome

log = logging.getLogger(__name__)

_STATUS = {"accept": Status.OK.value, "error": Status.ERROR.value, "reject": Status.REJECTED.value}
_RECEIVED = Origin.RECEIVED.value
_UNSOLICITED = "unsolicited_ack"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

MAX_RECORDED_PARTIAL_BYTES = 32 * 1024 * 1024
"""Most of a frame that did not end well that is kept, in bytes."""


class Writer(Protocol):
    """What the intake asks of the store."""

    def put(self, new: NewMessage, on_stored: OnStored | None) -> object:
        """Store a message; `on_stored` is called on the writer thread after the commit."""


class ControlIds:
    """Makes control ids for our answers: unique over all runs, at most 20 characters."""

    __slots__ = ("_numbers", "_prefix")

    def __init__(self) -> None:
        milliseconds = time.time_ns() // 1_000_000
        prefix = _base36(milliseconds) + _base36(secrets.randbelow(36 * 36)).rjust(2, "0")
        self._prefix = prefix.encode("ascii")
        self._numbers = itertools.count(1)

    def next(self) -> bytes:
        """Return the next one. Any thread."""
        return b"%b%d" % (self._prefix, next(self._numbers))


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text


class Answer:
    """A message on its way through the store, and what its sender will be told."""

    __slots__ = ("_inbox", "is_unreadable", "new", "outcome", "receiver", "token")

    def __init__(
        self,
        inbox: AnswerInbox,
        receiver: AnswerReceiver,
        token: int,
        new: NewMessage,
        is_unreadable: bool,
    ) -> None:
        self._inbox = inbox
        self.receiver = receiver
        self.token = token
        self.new = new
        self.is_unreadable = is_unreadable
        self.outcome: StoreOutcome | None = None

    def __call__(self, outcome: StoreOutcome) -> None:
        """Take what became of the message. The writer thread."""
        self.outcome = outcome
        self._inbox.put(self)


class AnswerReceiver(Protocol):
    """A connection that waits for answers. The network thread."""

    def stored(self, answer: Answer) -> None:
        """Take one that the store is done with."""

    def flush(self) -> None:
        """Write what `stored` collected."""

    def abort(self) -> None:
        """End after a fault; what is due gets no answer and is sent again."""


class AnswerInbox:
    """Brings answers from the writer thread to the network thread, a batch at a time."""

    __slots__ = ("_due", "_is_called", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: deque[Answer] = deque()
        self._is_called = False

    def put(self, answer: Answer) -> None:
        """Leave one; `wake` follows at the end of the batch. The writer thread.

        A refusal comes at once, on whatever thread asked, and no end of a batch follows it.
        """
        self._due.append(answer)
        if answer.outcome is not None and answer.outcome.error:
            self.wake()

    def wake(self) -> None:
        """Have what is there delivered soon. Any thread."""
        if self._due and not self._is_called:
            self._is_called = True
            try:
                self._loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:  # the loop has ended; the sender will ask again
                self._is_called = False

    def _deliver(self) -> None:
        self._is_called = False
        due = self._due
        touched: dict[AnswerReceiver, None] = {}
        while due:
            answer = due.popleft()
            receiver = answer.receiver
            try:
                receiver.stored(answer)
            except Exception as fault:  # noqa: BLE001 - it must cost no other its answers
                _give_up(receiver, fault)
            else:
                touched[receiver] = None
        for receiver in touched:
            try:
                receiver.flush()
            except Exception as fault:  # noqa: BLE001 - the same
                _give_up(receiver, fault)


def _is_routed(decision: AckDecision) -> bool:
    """Return whether a message is forwarded: one that is accepted, and no answer itself."""
    return decision.outcome == "accept" and decision.reason != _UNSOLICITED


def _give_up(receiver: AnswerReceiver, fault: Exception) -> None:
    """Drop a connection whose answer failed; what is due is sent again."""
    log.error("An answer could not be given (%s).", type(fault).__name__)
    receiver.abort()


class Intake:
    """Takes the frames of one listener. The network thread.

    Args:
        settings: The listener's.
        writer: Where messages are stored.
        control_ids: For our answers.
        router: Where accepted messages are forwarded to; None forwards nothing.
        on_late_ack: Told of acknowledgements that arrive as messages.
        clock_s: Seconds since 1970, UTC.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        writer: Writer,
        control_ids: ControlIds,
        *,
        router: Router | None = None,
        on_late_ack: Callable[[NewMessage], None] | None = None,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.rules = AckRules.of(settings)
        self._writer = writer
        self._control_ids = control_ids
        self._router = Router() if router is None else router
        self._on_late_ack = on_late_ack
        self._clock_s = clock_s
        self._name = settings.name
        self._dedup_prefix = settings.name.encode("utf-8")

    def take(
        self,
        payload: bytes,
        flags: tuple[str, ...],
        answer_to: tuple[AnswerInbox, AnswerReceiver, int],
        peer: str,
        connection: int,
    ) -> None:
        """Store a whole frame; its `Answer` comes back to the receiver after the commit."""
        new, is_unreadable = self.read(payload, flags, peer=peer, connection=connection)
        inbox, receiver, token = answer_to
        self._writer.put(new, Answer(inbox, receiver, token, new, is_unreadable))
        if self._on_late_ack is not None and not new.ack_code and _UNSOLICITED in new.flags:
            self._on_late_ack(new)

    def read(
        self,
        payload: bytes,
        flags: tuple[str, ...] = (),
        *,
        peer: str = "",
        connection: int = 0,
        is_whole: bool = True,
    ) -> tuple[NewMessage, bool]:
        """Return the row of a frame with its answer, and whether it has no readable MSH.

        A message that is whole, accepted and no answer itself gets the deliveries that the routes
        in force call for.
        """
        settings = self.settings
        found = scan(
            payload, default_codec=settings.charset_default, force_codec=settings.force_codec
        )
        now_s = self._clock_s()
        decision = decide(found, self.rules)
        code = decision.code
        ack = b""
        if code:
            ack = build_ack(
                found, code, decision.problems, control_id=self._control_ids.next(), now=now_s
            )
        notes = found.flags
        if flags:
            notes = f"{notes} {' '.join(flags)}".strip()
        text = ""
        if decision.outcome != "accept" or decision.reason:
            text = found.problem or decision.text
            if decision.reason == _UNSOLICITED:
                notes = f"{notes} {_UNSOLICITED}".strip()
        dedup_key = 0
        if found.msh_10 and found.is_readable and not decision.reason:
            key = b"\0".join((self._dedup_prefix, found.msh_3, found.msh_4, found.msh_10))
            dedup_key = int.from_bytes(blake2b(key, digest_size=8).digest(), "big", signed=True)
        new = NewMessage(
            payload,
            _RECEIVED,
            self._name,
            peer,
            connection,
            int(now_s * 1_000_000),
            found.message_type,
            found.event,
            found.structure,
            found.control_id,
            found.sender,
            found.receiver,
            found.version,
            found.charset,
            found.patient_id,
            found.patient_authority,
            found.patient_name,
            found.accession,
            found.placer_order,
            found.filler_order,
            _STATUS[decision.outcome],
            code,
            ack,
            text,
            notes,
            0,
            dedup_key,
            sha256(payload).digest(),
        )
        if self._router.table and is_whole and _is_routed(decision):
            self._router.route(new, drops_duplicates=settings.drop_duplicates)
        return new, not found.is_readable and not found.is_batch

    def take_partial(
        self,
        payload: bytes,
        reason: str,
        text: str,
        *,
        peer: str,
        connection: int,
        on_stored: OnStored | None = None,
    ) -> None:
        """Keep a frame that did not end well as an error record; there is no answer to it."""
        new, _ = self._read_partial(payload, reason, text, peer=peer, connection=connection)
        self._writer.put(new, on_stored)

    def take_too_large(
        self,
        head: bytes,
        text: str,
        answer_to: tuple[AnswerInbox, AnswerReceiver, int],
        *,
        peer: str,
        connection: int,
    ) -> None:
        """Keep the beginning of a frame that is too large as an error record, and refuse it.

        Its `Answer` comes back to the receiver after the commit: AE or CE, where the beginning
        says whom to tell.
        """
        new, is_unreadable = self._read_partial(
            head, "too_large", text, peer=peer, connection=connection
        )
        found = self._scan(new.raw)
        decision = too_large(found, self.rules, text)
        new.ack_code = decision.code
        new.ack = self._build(found, decision)
        inbox, receiver, token = answer_to
        self._writer.put(new, Answer(inbox, receiver, token, new, is_unreadable))

    def _read_partial(
        self, payload: bytes, reason: str, text: str, *, peer: str, connection: int
    ) -> tuple[NewMessage, bool]:
        payload = payload[:MAX_RECORDED_PARTIAL_BYTES]
        new, is_unreadable = self.read(
            payload, (reason, "truncated"), peer=peer, connection=connection, is_whole=False
        )
        new.status = Status.ERROR.value
        new.ack_code = ""
        new.ack = b""
        new.error_text = text
        new.dedup_key = 0
        return new, is_unreadable

    def answer_bytes(self, answer: Answer) -> bytes | None:
        """Return what the sender is told now that the store is done; None tells nothing."""
        outcome = answer.outcome
        new = answer.new
        if outcome is None or outcome.error:
            return self._failure(new, is_locked=outcome is not None and outcome.is_locked)
        if outcome.duplicate_of:
            return outcome.ack or None
        return new.ack or None

    def _failure(self, new: NewMessage, *, is_locked: bool) -> bytes | None:
        found = self._scan(new.raw)
        return self._build(found, failure(found, self.rules, is_locked=is_locked)) or None

    def _scan(self, raw: bytes) -> Scan:
        settings = self.settings
        return scan(raw, default_codec=settings.charset_default, force_codec=settings.force_codec)

    def _build(self, found: Scan, decision: AckDecision) -> bytes:
        """Return the bytes of an answer; none where nothing is sent."""
        if not decision.code:
            return b""
        return build_ack(
            found,
            decision.code,
            decision.problems,
            control_id=self._control_ids.next(),
            now=self._clock_s(),
        )
