"""What the end of an attempt makes of its delivery, and of its queue.

References:
    IHE ITI TF-2 appendix C.2.3 (only a rejection whose cause is not the message is sent again);
    HL7 tables 0008 and 0357.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.engine.outbound import Exchange
from hl7console.engine.queues.payloads import InHand
from hl7console.hl7v2.replies import ReplyKind, named_cause, read_ack
from hl7console.settings import DestinationSettings, OnRefusal
from hl7console.store.deliveries import REPEAT_TEXT
from hl7console.store.queue_records import Settled
from hl7console.store.records import DeliveryState

LONGEST_CODE = 20
"""Characters of a code that are kept: a receiver may send anything in its place."""

_UNKNOWN_CAUSES = {
    ReplyKind.WRONG_ID: "MSA-2 wrong",
    ReplyKind.NO_ID: "MSA-2 blank",
    ReplyKind.NO_CODE: "no valid code",
    ReplyKind.UNREADABLE: "answer unreadable",
}


@dataclass(slots=True)
class Verdict:
    """What the end of an attempt means."""

    state: str
    is_due: bool = False
    cause: str = ""
    stops_queue: str = ""
    unknown_count: int = 0
    texts: tuple[str, ...] = field(default=())

    @property
    def is_retried(self) -> bool:
        """Whether the same bytes are sent again by themselves."""
        return self.is_due and not self.stops_queue and self.state != DeliveryState.HELD


_ACCEPTED = Verdict("accepted")


def verdict_of(
    exchange: Exchange,
    hand: InHand,
    settings: DestinationSettings,
    *,
    counts_unknown: bool = True,
) -> Verdict:
    """Return what an exchange makes of its delivery.

    Args:
        exchange: How it ended.
        hand: What was sent, or could not be.
        settings: The destination's.
        counts_unknown: Whether an unknown outcome tells of the receiver; not where we ended it.
    """
    if exchange.state == "accepted":
        return _ACCEPTED
    if hand.fault:
        return refused("not sent", settings)
    if exchange.state == "committed":
        return Verdict(DeliveryState.COMMITTED, cause="no application acknowledgement")
    if exchange.state == "unknown":
        if counts_unknown:
            return _of_unknown(exchange, hand, settings)
        count = hand.claimed.unknown_count
        return Verdict(DeliveryState.UNKNOWN, is_due=True, cause="no answer", unknown_count=count)
    cause = cause_of(exchange)
    if exchange.can_retry:
        return Verdict(DeliveryState.QUEUED, is_due=True, cause=cause)
    if exchange.kind == ReplyKind.SETUP_REFUSED:
        text = (
            f"The receiver refuses messages because of their header ({cause}). Have its setup, or "
            "the message, corrected; then release the queue, or skip the message."
        )
        return Verdict(DeliveryState.REJECTED, is_due=True, cause=cause, stops_queue=text)
    return refused(cause, settings)


def refused(cause: str, settings: DestinationSettings) -> Verdict:
    """Return what a refusal for its content makes of a delivery."""
    if settings.on_refusal == OnRefusal.STOP:
        text = (
            f"The message at its head was refused ({cause}). Send it again, skip it, or send it "
            "elsewhere; nothing overtakes it."
        )
        return Verdict(DeliveryState.REJECTED, is_due=True, cause=cause, stops_queue=text)
    return Verdict(DeliveryState.REJECTED, cause=cause)


def _of_unknown(exchange: Exchange, hand: InHand, settings: DestinationSettings) -> Verdict:
    cause = _UNKNOWN_CAUSES.get(exchange.kind) if exchange.kind else None
    if cause is None:
        cause = "half an answer" if exchange.reply else "no answer"
    count = hand.claimed.unknown_count + 1
    verdict = Verdict(DeliveryState.UNKNOWN, is_due=True, cause=cause, unknown_count=count)
    if settings.max_unknown and count >= settings.max_unknown:
        if settings.keep_order:
            verdict.stops_queue = (
                f"{count} tries of the message at its head had no certain answer ({cause}), and "
                "nothing overtakes it. Ask the receiver whether it has the message; then skip it "
                "or release the queue."
            )
        else:
            verdict.state = DeliveryState.HELD
            verdict.texts = (
                f"Held after {count} tries without a certain answer: ask the receiver.",
            )
    return verdict


def cause_of(exchange: Exchange) -> str:
    """Return code and place that the receiver named, ``AE 101 PID-3``: no text of its own."""
    ack = read_ack(exchange.reply) if exchange.reply else None
    return named_cause(exchange.ack_code, ack) if exchange.ack_code else "commit NAK"


def settled(
    exchange: Exchange, verdict: Verdict, hand: InHand, destination: str, retry_at_us: int
) -> Settled:
    """Return what is written down of an attempt."""
    claimed = hand.claimed
    texts = exchange.text
    if claimed.state == "unknown" or exchange.notes or hand.changes or verdict.texts:
        repeat = (REPEAT_TEXT,) if claimed.state == "unknown" else ()
        notes = dict.fromkeys(exchange.notes)
        texts = " ".join((*repeat, exchange.text, *notes, *hand.changes, *verdict.texts))
    return Settled(
        claimed.id,
        claimed.message_id,
        destination,
        exchange.started_at_us,
        exchange.finished_at_us,
        exchange.state,
        exchange.ack_code[:LONGEST_CODE],
        texts,
        exchange.reply,
        hand.attempt_id,
        str(verdict.state),
        verdict.is_due,
        retry_at_us,
        verdict.unknown_count,
        verdict.cause,
        verdict.stops_queue,
        hand.payload if hand.is_new and not hand.attempt_id else b"",
    )
