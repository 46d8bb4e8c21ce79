"""What a resend has done so far, and the report at its end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

from hl7console.engine import outcomes
from hl7console.engine.console import JobReport, SendResult
from hl7console.engine.resending.lane import Lane, Tried
from hl7console.store.records import DeliveryState

MAX_RESULTS = 10_000
"""Results that a report names; the database has all. What failed is always among them."""

LATEST = 50
"""Results that the progress names."""


class Account:
    """Counts what became of each try.

    Args:
        several: Whether there are several destinations, so that results name theirs.
    """

    def __init__(self, *, several: bool) -> None:
        self._several = several
        self._good: list[tuple[int, SendResult]] = []
        self._bad: list[tuple[int, SendResult]] = []
        self._codes: Counter[str] = Counter()
        self._number = 0
        self.latest: deque[SendResult] = deque(maxlen=LATEST)
        """The last results, newest first."""
        self.messages = 0
        """Messages that have gone out everywhere, or as far as they could."""
        self.accepted = 0
        self.refused = 0
        self.unknown = 0
        self.first_id = 0
        self.last_id = 0

    @property
    def tries(self) -> int:
        """How many tries have ended."""
        return self.accepted + self.refused + self.unknown

    def add(self, lane: Lane, one: Tried) -> None:
        """Count one try that has ended."""
        exchange, outgoing = one.exchange, one.outgoing
        if exchange is None:
            return
        is_edited = outgoing.original_id != outgoing.message_id
        result = SendResult(
            outgoing.message_id,
            outgoing.control_id,
            str(one.state),
            exchange.ack_code,
            " ".join((exchange.text, *outgoing.changes)),
            exchange.round_trip_s,
            receiver_text=outcomes.words_of(exchange)
            if one.state == DeliveryState.REJECTED
            else "",
            destination=lane.name if self._several else "",
            original_id=outgoing.original_id if is_edited else 0,
        )
        self.first_id = self.first_id or outgoing.message_id
        self.last_id = outgoing.message_id
        self._codes[exchange.ack_code or str(one.state)] += 1
        if one.is_good:
            self.accepted += 1
        elif one.state == DeliveryState.UNKNOWN:
            self.unknown += 1
        else:
            self.refused += 1
        kept = self._good if one.is_good else self._bad
        if len(kept) < MAX_RESULTS:
            kept.append((self._number, result))
        self._number += 1
        self.latest.appendleft(result)

    def results(self) -> tuple[SendResult, ...]:
        """Return results in their order: all that failed, and the first that went well."""
        room = MAX_RESULTS - len(self._bad)
        return tuple(result for _, result in sorted(self._bad + self._good[:room], key=_number_of))

    def report(
        self, lanes: Sequence[Lane], total: int, *, is_cancelled: bool, remarks: Sequence[str] = ()
    ) -> JobReport:
        """Return the end of the job.

        Args:
            lanes: The destinations.
            total: Messages in all; 0 where that is not known.
            is_cancelled: Whether it was cancelled.
            remarks: Sentences to add.
        """
        wanted = max(total, self.messages) * len(lanes)
        parts = [f"{self.accepted:,} of {max(wanted, self.tries):,} accepted"]
        if self.refused:
            parts.append(f"{self.refused:,} refused or not sent")
        if self.unknown:
            parts.append(f"{self.unknown:,} with unknown outcome")
        text = ", ".join(parts) + "."
        stopped = [lane for lane in lanes if lane.stopped_by]
        if stopped:
            reasons = [
                f"{lane.name}: {lane.stopped_by}" if self._several else lane.stopped_by
                for lane in stopped
            ]
            text = f"Stopped early: {' '.join(reasons)} {text}"
        elif is_cancelled:
            text = f"Cancelled: {text}"
        return JobReport(
            text=" ".join((text, *remarks)),
            messages=self.messages,
            first_message_id=self.first_id,
            last_message_id=self.last_id,
            results=self.results(),
            accepted=self.accepted,
            refused=self.refused,
            unknown=self.unknown,
            cancelled=is_cancelled,
            details=tuple((code, str(count)) for code, count in self._codes.most_common()),
        )


def _number_of(numbered: tuple[int, SendResult]) -> int:
    return numbered[0]
