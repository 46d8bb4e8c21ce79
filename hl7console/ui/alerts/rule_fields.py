"""Which fields a rule has by its kind, with their words, and the rules that one begins with."""

from __future__ import annotations

from dataclasses import dataclass

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
_USUAL = "0 takes the usual one."


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
    AlertKind.BACKLOG: NumberField("More than", "deliveries", "0 takes 100."),
    AlertKind.HEAD_AGE: NumberField("Waits longer than", "min", "0 takes 5.", _MINUTES),
    AlertKind.REJECTIONS: NumberField("More than", "%", "0 takes 20."),
    AlertKind.REFUSED_RUN: NumberField("At least", "messages", _USUAL),
    AlertKind.LATENCY: NumberField("Slower than", "ms", "0 takes 5,000."),
    AlertKind.CERTIFICATE: NumberField("Ends within", "days", _USUAL),
    AlertKind.DISK: NumberField("Less free than", "MiB", _USUAL),
    AlertKind.DATABASE: NumberField("Larger than", "MiB", _USUAL),
    AlertKind.BEHIND: NumberField("More than", "messages", "0 takes 20,000."),
    AlertKind.ORDER_WITHOUT_RESULT: NumberField("After", "hours", _USUAL),
    AlertKind.APPOINTMENT_WITHOUT_ORDER: NumberField("Begins within", "hours", _USUAL),
    AlertKind.DUPLICATES: NumberField("At least", "messages", _USUAL),
    AlertKind.FILTER: NumberField("At least", "messages", _USUAL),
}
"""What `limit` means for each kind that has one."""

SPANS: dict[str, NumberField] = {
    AlertKind.RATE: _span("60 at least; 0 takes 1,440: a day."),
    AlertKind.REJECTIONS: _span("0 takes 15."),
    AlertKind.LATENCY: _span("0 takes 5."),
    AlertKind.UNMAPPED_CODE: _span(_USUAL),
    AlertKind.SEQUENCE: _span(_USUAL),
    AlertKind.DUPLICATES: _span(_USUAL),
    AlertKind.FILTER: _span(_USUAL),
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
