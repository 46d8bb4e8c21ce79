"""What preflight looks at, and what it says: plain values, and the sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hl7console.engine.resending.originals import Original

OK, WARN, ERR = "ok", "warn", "err"

Edit = Callable[[bytes, str], bytes]
"""Makes of a message and its codec what goes out; raises `UsageError` where it cannot."""


@dataclass(frozen=True, slots=True)
class PreflightSubject:
    """What is to be sent."""

    message_ids: tuple[int, ...] = ()
    filter: str = field(default="", repr=False)
    """All that this filter finds, in place of `message_ids`."""
    limit: int = 0
    """Most messages of a filter; 0 takes the cap of a resend."""
    raw: bytes = field(default=b"", repr=False)
    """In their place, a message that is not stored yet."""
    parent_id: int = 0
    """The message that `raw` was made from; 0 for none."""
    new_control_ids: bool = False
    """Each gets a control id that nobody has used."""
    edit: Edit | None = field(default=None, repr=False)
    """What is done with each message on the way."""


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """One thing to know before sending."""

    severity: str
    """``ok``, ``warn`` or ``err``."""
    code: str
    """Names the case: ``destination``, ``newer_order``…"""
    text: str
    """One sentence without patient data."""
    count: int = 1
    """How many messages it is about."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One message under way through the checks."""

    original: Original
    raw: bytes = field(repr=False)
    """As it goes out."""
    parent: Original | None = None
    """What it was edited from."""

    @property
    def id(self) -> int:
        """Its id; 0 while it isn't stored."""
        return self.original.row.id

    @property
    def age_id(self) -> int:
        """The message whose place in time it has: its own, or that of what it was made from."""
        return self.parent.row.id if self.parent is not None else self.id

    @property
    def received_at_us(self) -> int:
        """When what it tells was received."""
        return (self.parent or self.original).row.received_at_us


_SENTENCES: dict[str, tuple[str, str, str]] = {
    "control_id_sent": (
        WARN,
        "It was sent there before under this control id: the receiver may take it for a duplicate.",
        "were sent there before under the same control ids: the receiver may take them for"
        " duplicates.",
    ),
    "control_id_shared": (
        WARN,
        "Another message has the same control id: the receiver may take one for the other.",
        "have a control id that another message has too.",
    ),
    "newer_order": (
        WARN,
        "A newer message for the same order has come in since.",
        "have a newer message for the same order, which this resend leaves out.",
    ),
    "newer_patient": (
        WARN,
        "A newer message for the same patient has come in since.",
        "have a newer message for the same patient, which this resend leaves out.",
    ),
    "order_final": (
        WARN,
        "The order is final already: completed, discontinued or cancelled.",
        "are about an order that is final already: completed, discontinued or cancelled.",
    ),
    "merged_since": (
        WARN,
        "The patient has been merged or renumbered since: the message names the retired id.",
        "name a patient who has been merged or renumbered since.",
    ),
    "ids_not_linked": (
        WARN,
        "The patient's id was changed, but an account or visit number beside it was not.",
        "were edited in the patient's id, but not in the account or visit number beside it.",
    ),
    "person_changed": (
        WARN,
        "Name, birth date or sex was changed while the patient's id stays: the receiver may change"
        " the patient it has.",
        "were edited in name, birth date or sex while the patient's id stays.",
    ),
    "order_ids_differ": (
        WARN,
        "An order number was changed in one of ORC and OBR only, or the accession without the study"
        " UID.",
        "were edited in one of several places that name the order.",
    ),
    "invalid": (
        WARN,
        "The message has errors that a receiver may refuse: see Problems.",
        "have errors that a receiver may refuse.",
    ),
    "unreadable": (
        ERR,
        "The message has no readable MSH segment; no receiver can answer it.",
        "have no readable MSH segment.",
    ),
    "cannot_edit": (
        ERR,
        "It cannot be changed as wished, and will not be sent.",
        "cannot be changed as wished, and will not be sent.",
    ),
}


def finding_of(code: str, count: int, total: int) -> PreflightFinding:
    """Return the finding of a case that holds for some of the messages."""
    severity, one, several = _SENTENCES[code]
    if total == 1:
        return PreflightFinding(severity, code, one, count)
    if count == 1:
        several = _singular(several)
    noun = "message" if count == 1 else "messages"
    return PreflightFinding(severity, code, f"{count:,} {noun} {several}", count)


def _singular(text: str) -> str:
    verb, _, rest = text.partition(" ")
    return (
        f"{ {'were': 'was', 'have': 'has', 'are': 'is', 'name': 'names'}.get(verb, verb) } {rest}"
    )


CODES = tuple(_SENTENCES)
"""All cases that are counted, in the order in which they are told."""
