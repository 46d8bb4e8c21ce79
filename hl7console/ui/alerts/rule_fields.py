"""Which fields a rule has by its kind, with their words, and the rules that one begins with."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.engine.alerts.kinds.counted import (
    USUAL_DUPLICATES,
    USUAL_DUPLICATES_SPAN_S,
    USUAL_MATCHES,
    USUAL_MATCHES_SPAN_S,
)
from hl7console.engine.alerts.kinds.feeds import (
    USUAL_LATENCY_MS,
    USUAL_LATENCY_SPAN_S,
    USUAL_REFUSED_PERCENT,
    USUAL_REFUSED_SPAN_S,
)
from hl7console.engine.alerts.kinds.links import USUAL_BACKLOG, USUAL_BEHIND, USUAL_HEAD_AGE_S
from hl7console.engine.alerts.kinds.machine import (
    USUAL_CERTIFICATE_DAYS,
    USUAL_DATABASE_MIB,
    USUAL_FREE_MIB,
)
from hl7console.engine.alerts.kinds.orders import (
    USUAL_APPOINTMENT_H,
    USUAL_RESULT_H,
    USUAL_UNMAPPED_SPAN_S,
)
from hl7console.engine.alerts.kinds.refused import USUAL_REFUSED_RUN
from hl7console.engine.alerts.kinds.sequence import USUAL_SEQUENCE_SPAN_S
from hl7console.settings.alerts import AlertKind


@dataclass(frozen=True, slots=True)
class NumberField:
    """A number of a rule, as the form shows it."""

    label: str
    unit: str
    help: str = ""
    scale: int = 1
    """The form shows the value divided by this."""


_MINUTES = 60


def _usual(number: float) -> str:
    return f"0 takes {number:,.0f}."


def _span(told: str) -> NumberField:
    return NumberField("Looked back over", "min", told, _MINUTES)


ABOUT: dict[str, str] = {
    AlertKind.CONNECTION: "A listener cannot listen, or a destination is down or refuses.",
    AlertKind.SILENCE: "No message came for longer than is normal at this hour, or than a fixed "
    "time.",
    AlertKind.RATE: "Fewer or more messages came than is normal at this hour.",
    AlertKind.BACKLOG: "Too many deliveries wait for a destination.",
    AlertKind.HEAD_AGE: "The first delivery that waits for a destination waits too long.",
    AlertKind.REJECTIONS: "Too large a share of the messages was refused.",
    AlertKind.REFUSED_RUN: "Messages were refused one after the other, with none taken between.",
    AlertKind.LATENCY: "Answers take too long.",
    AlertKind.STUCK: "A queue was stopped by its first delivery, or that one stays unclear.",
    AlertKind.CERTIFICATE: "A certificate that is in use ends soon.",
    AlertKind.DISK: "There is little room left on the disk of the workspace.",
    AlertKind.DATABASE: "The database has grown beyond a size.",
    AlertKind.BEHIND: "Full text, worklist or measures are behind what was received.",
    AlertKind.ORDER_WITHOUT_RESULT: "An order has no result long after its step was to begin.",
    AlertKind.APPOINTMENT_WITHOUT_ORDER: "An appointment begins soon and has no order.",
    AlertKind.UNMAPPED_CODE: "The worklist met a procedure code that its tables don't have.",
    AlertKind.SEQUENCE: "Control IDs or times of a sender run backwards, or numbers are missing.",
    AlertKind.DUPLICATES: "Messages came with a control ID that was used before.",
    AlertKind.FILTER: "Messages match a filter.",
}
"""What each kind of rule looks at, in a sentence."""

LIMITS: dict[str, NumberField] = {
    AlertKind.SILENCE: NumberField(
        "Silent for", "min", "0 takes what is normal for this feed and hour.", _MINUTES
    ),
    AlertKind.BACKLOG: NumberField("More than", "deliveries", _usual(USUAL_BACKLOG)),
    AlertKind.HEAD_AGE: NumberField(
        "Waits longer than", "min", _usual(USUAL_HEAD_AGE_S / _MINUTES), _MINUTES
    ),
    AlertKind.REJECTIONS: NumberField("More than", "%", _usual(USUAL_REFUSED_PERCENT)),
    AlertKind.REFUSED_RUN: NumberField("At least", "messages", _usual(USUAL_REFUSED_RUN)),
    AlertKind.LATENCY: NumberField("Slower than", "ms", _usual(USUAL_LATENCY_MS)),
    AlertKind.CERTIFICATE: NumberField("Ends within", "days", _usual(USUAL_CERTIFICATE_DAYS)),
    AlertKind.DISK: NumberField("Less free than", "MiB", _usual(USUAL_FREE_MIB)),
    AlertKind.DATABASE: NumberField("Larger than", "MiB", _usual(USUAL_DATABASE_MIB)),
    AlertKind.BEHIND: NumberField("More than", "messages", _usual(USUAL_BEHIND)),
    AlertKind.ORDER_WITHOUT_RESULT: NumberField("After", "hours", _usual(USUAL_RESULT_H)),
    AlertKind.APPOINTMENT_WITHOUT_ORDER: NumberField(
        "Begins within", "hours", _usual(USUAL_APPOINTMENT_H)
    ),
    AlertKind.DUPLICATES: NumberField("At least", "messages", _usual(USUAL_DUPLICATES)),
    AlertKind.FILTER: NumberField("At least", "messages", _usual(USUAL_MATCHES)),
}
"""What `limit` means for each kind that has one."""

SPANS: dict[str, NumberField] = {
    AlertKind.RATE: _span("60 at least; 0 takes a day, and a week as well."),
    AlertKind.REJECTIONS: _span(_usual(USUAL_REFUSED_SPAN_S / _MINUTES)),
    AlertKind.LATENCY: _span(_usual(USUAL_LATENCY_SPAN_S / _MINUTES)),
    AlertKind.UNMAPPED_CODE: _span(_usual(USUAL_UNMAPPED_SPAN_S / _MINUTES)),
    AlertKind.SEQUENCE: _span(_usual(USUAL_SEQUENCE_SPAN_S / _MINUTES)),
    AlertKind.DUPLICATES: _span(_usual(USUAL_DUPLICATES_SPAN_S / _MINUTES)),
    AlertKind.FILTER: _span(_usual(USUAL_MATCHES_SPAN_S / _MINUTES)),
}
"""What `span_s` means for each kind that has one."""

WITHOUT_SUBJECTS = (AlertKind.DISK, AlertKind.DATABASE, AlertKind.BEHIND)
"""Kinds that look at the program as a whole."""

DAYS = (("mon", "Mon"), ("tue", "Tue"), ("wed", "Wed"), ("thu", "Thu"), ("fri", "Fri"),
        ("sat", "Sat"), ("sun", "Sun"))  # fmt: skip


def fields_of(kind: str) -> tuple[str, ...]:
    """Return the names of the fields that a rule of a kind has, in the order of the form."""
    names = ["name", "enabled", "kind", "severity"]
    if kind == AlertKind.FILTER:
        names.append("filter")
    if kind not in WITHOUT_SUBJECTS:
        names.append("subjects")
    if kind == AlertKind.LATENCY:
        names.append("percentile")
    if kind in LIMITS:
        names.append("limit")
    if kind in SPANS:
        names.append("span_s")
    names += ["wait_s", "recover_s", "days", "from_time", "to_time", "depends_on"]
    return (*names, "channels", "sound")
