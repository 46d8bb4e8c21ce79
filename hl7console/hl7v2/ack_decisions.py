"""What a listener thinks of a message, and which acknowledgement code says so.

Everything here is decided from the message alone and the listener's rules. What the worklist
finds later never changes an answer. The bytes of the answer are made in `acks`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hl7console.hl7v2.charset import CHARSET_FALLBACK, TRUNCATED_CHARACTER
from hl7console.hl7v2.vocabulary import is_known_event, is_known_type, version_minor
from hl7console.settings import AckMode, ListenerSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hl7console.hl7v2.scan import Scan

ERROR_TEXTS = {
    0: "Message accepted",
    100: "Segment sequence error",
    101: "Required field missing",
    102: "Data type error",
    103: "Table value not found",
    104: "Value too long",
    200: "Unsupported message type",
    201: "Unsupported event code",
    202: "Unsupported processing id",
    203: "Unsupported version id",
    204: "Unknown key identifier",
    205: "Duplicate key identifier",
    206: "Application record locked",
    207: "Application internal error",
}
"""Error conditions (ERR-3). References: HL7 chapter 2, table 0357."""

STANDARD_MSH_2 = (b"^~\\&", b"^~\\&#")
"""The encoding characters that nearly every message has."""


@dataclass(frozen=True, slots=True)
class AckProblem:
    """One thing that is wrong with a message, as its ERR segment tells it."""

    code: int
    """Of table 0357."""
    location: str
    """``PID^1^3^1^4``: segment, its number, field, repetition, component; empty for no place."""
    text: str
    """One sentence without patient data."""
    severity: str = "E"
    """``E`` error, ``W`` warning (done, but…), ``I`` information: table 0516."""
    reject: bool = False
    """Answered as a rejection (CR) in enhanced mode though `code` is of the error class."""

    @property
    def standard_text(self) -> str:
        """What table 0357 says of the code."""
        return ERROR_TEXTS.get(self.code, "Application error")


@dataclass(frozen=True, slots=True)
class AckDecision:
    """The answer to a message."""

    code: str
    """``AA AE AR CA CE CR``, or empty when nothing is sent."""
    problems: tuple[AckProblem, ...] = ()
    outcome: str = "accept"
    """``accept``, ``error`` or ``reject``: what is thought of the message, sent or not."""
    reason: str = ""
    """Why nothing is sent: ``unsolicited_ack``, ``unreadable``, ``not_asked``, ``switched_off``."""

    @property
    def text(self) -> str:
        """The problems in one line without patient data; empty when there are none."""
        return " ".join(problem.text for problem in self.problems)


@dataclass(frozen=True, slots=True)
class AckRules:
    """What a listener accepts, and how it answers."""

    mode: AckMode = AckMode.AUTO
    allowed_senders: tuple[str, ...] = ()
    """``MSH-3`` or ``MSH-3|MSH-4``; letter case doesn't matter. Empty lets in all."""
    accept_batch: bool = False
    processing_ids: tuple[str, ...] = ()
    """MSH-11.1 values let in (a blank one counts as ``P``). Empty lets in all."""
    default_version: str = "2.4"
    """Version of the answer when MSH-12 is blank."""
    _senders: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        senders = frozenset(_sender_key(entry) for entry in self.allowed_senders)
        object.__setattr__(self, "_senders", senders)

    @classmethod
    def of(cls, settings: ListenerSettings) -> AckRules:
        """Return the rules of a configured listener."""
        return cls(
            mode=AckMode(settings.ack_mode),
            allowed_senders=settings.allowed_senders,
            accept_batch=settings.accept_batch,
        )

    def lets_in(self, sender: str) -> bool:
        """Return whether a sender (``MSH-3|MSH-4``) may send here."""
        if not self._senders:
            return True
        key = _sender_key(sender)
        return key in self._senders or key.partition("|")[0] in self._senders


def _sender_key(sender: str) -> str:
    application, _, facility = sender.partition("|")
    application, facility = application.strip().casefold(), facility.strip().casefold()
    return f"{application}|{facility}" if facility else application


def decide(scan: Scan, rules: AckRules) -> AckDecision:
    """Return how a message is answered, from the message and the rules alone. Any thread.

    Never raises, whatever the message holds.

    References:
        HL7 chapter 2, 2.9.2 (original and enhanced mode), tables 0008, 0155 and 0357;
        IHE ITI TF-2 appendix C.2.3.
    """
    if not scan.is_readable:
        return _decide_unreadable(scan, rules)
    if _is_acknowledgement(scan):
        return AckDecision("", reason="unsolicited_ack")
    problems = tuple(_problems(scan, rules))
    if not problems:
        return _answer(scan, rules, "accept", ())
    return _answer(scan, rules, _outcome(scan, rules, problems), problems)


def _is_acknowledgement(scan: Scan) -> bool:
    """Return whether a message is an answer itself, which gets none."""
    return scan.message_type == "ACK" or (scan.has_msa and not scan.has_order_or_query)


def _decide_unreadable(scan: Scan, rules: AckRules) -> AckDecision:
    if scan.is_batch and not rules.accept_batch:
        return _answer(scan, rules, "reject", (_BATCH,))
    if "xml_payload" in scan.flags:
        return _answer(scan, rules, "reject", (_XML,))
    return AckDecision("", outcome="error", reason="unreadable")


_XML = AckProblem(200, "", "HL7 v2 in XML is not accepted here; send it with delimiters (ER7).")
_BATCH = AckProblem(200, "", "Batches are not accepted here; send the messages one by one.")
_NO_TYPE = AckProblem(101, "MSH^1^9", "The message has no message type (MSH-9).")
_NO_CONTROL_ID = AckProblem(101, "MSH^1^10", "The message has no control id (MSH-10).")
_NO_MSH_2 = AckProblem(101, "MSH^1^2", "The message names no encoding characters (MSH-2).")
_BAD_MSH_2 = AckProblem(102, "MSH^1^2", "Two delimiters share one character (MSH-1, MSH-2).")
_LONG_MSH_2 = AckProblem(102, "MSH^1^2", "MSH-2 has more than five encoding characters.")
_SENDER = AckProblem(103, "MSH^1^3^1^1", "This sender is not accepted here (MSH-3).", reject=True)
_PROCESSING_ID = AckProblem(202, "MSH^1^11^1^1", "This processing id is not accepted (MSH-11).")
_TYPE = AckProblem(200, "MSH^1^9^1^1", "Unknown message type (MSH-9.1).")
_EVENT = AckProblem(201, "MSH^1^9^1^2", "Unknown trigger event (MSH-9.2).")
_VERSION = AckProblem(203, "MSH^1^12", "This is no version of HL7 v2 (MSH-12).")
_CHARSET = AckProblem(
    102, "MSH^1^18", "Not written in the character set that MSH-18 names; another was used.", "W"
)
_CUT = AckProblem(102, "", "The message ends in the middle of a character.", "W")
_WARNINGS = {CHARSET_FALLBACK: _CHARSET, TRUNCATED_CHARACTER: _CUT}
"""Flags of a scan that are told to the sender, whose message is taken all the same."""
_LOCKED = AckProblem(206, "", "The database is locked; send the message again.")
_INTERNAL = AckProblem(207, "", "The message could not be stored; send it again.")


def _problems(scan: Scan, rules: AckRules) -> Iterable[AckProblem]:
    found = []
    if scan.msh_2 not in STANDARD_MSH_2:
        found += _delimiter_problems(scan)
    if not found:  # what is divided wrongly has no type
        found += _type_problems(scan)
    if scan.is_batch and not rules.accept_batch:
        found.append(_BATCH)
    if not scan.msh_10:
        found.append(_NO_CONTROL_ID)
    if scan.version and version_minor(scan.version) is None:
        found.append(_VERSION)
    if rules.allowed_senders and not rules.lets_in(scan.sender):
        found.append(_SENDER)
    if rules.processing_ids and _processing_id(scan) not in rules.processing_ids:
        found.append(_PROCESSING_ID)
    if scan.flags:
        flags = scan.flags.split()
        found += [problem for flag, problem in _WARNINGS.items() if flag in flags]
    return found


def _type_problems(scan: Scan) -> list[AckProblem]:
    if not scan.message_type:
        return [_NO_TYPE]
    if not is_known_type(scan.message_type):
        return [_TYPE]
    if scan.event and not is_known_event(scan.event):
        return [_EVENT]
    return []


def _delimiter_problems(scan: Scan) -> list[AckProblem]:
    characters = scan.msh_2
    if not characters:
        return [_NO_MSH_2]
    if len(set(characters)) < len(characters) or scan.field_sep in characters:
        return [_BAD_MSH_2]
    return [_LONG_MSH_2] if len(characters) > 5 else []


def _processing_id(scan: Scan) -> str:
    return _first_component(scan.msh_11, scan.msh_2).strip().upper() or "P"


def _first_component(raw: bytes, msh_2: bytes) -> str:
    return (raw.partition(msh_2[:1])[0] if msh_2 else raw).decode("latin_1")


def _outcome(scan: Scan, rules: AckRules, problems: Sequence[AckProblem]) -> str:
    errors = [problem for problem in problems if problem.severity == "E"]
    if not errors:
        return "accept"
    is_enhanced = _asks_commit(scan, rules)
    if any(p.code >= 200 or (p.reject and is_enhanced) for p in errors):
        return "reject"
    return "error"


def _condition(raw: bytes) -> str:
    """Return MSH-15 or MSH-16 as ``AL``, ``NE``, ``ER``, ``SU``, or empty; anything else is AL."""
    text = raw.strip(b' "').upper()
    if not text:
        return ""
    return {b"NE": "NE", b"ER": "ER", b"SU": "SU"}.get(text[:2], "AL")


def asks_application_ack(msh_16: bytes) -> bool:
    """Return whether a message asks for an application acknowledgement of what was accepted.

    A sender waits for one where this holds: after CA nothing more comes otherwise. What is no code
    of table 0155 asks for none here, though `decide` answers it: a sender that waits for an answer
    which nobody announced waits in vain.

    Args:
        msh_16: The field as written; of a header in ASCII, or as `scan` reads it.

    References:
        HL7 chapter 2, 2.9.2 (enhanced mode), table 0155.
    """
    return msh_16.strip()[:2].upper() in (b"AL", b"SU")


def _asks_commit(scan: Scan, rules: AckRules) -> bool:
    if rules.mode == AckMode.AUTO:
        return bool(scan.msh_15) and _condition(scan.msh_15) not in ("", "NE")
    return rules.mode == AckMode.ENHANCED


_COMMIT = {"accept": "CA", "error": "CE", "reject": "CR"}
_APPLICATION = {"accept": "AA", "error": "AE", "reject": "AR"}
_NO_PROBLEMS: tuple[AckProblem, ...] = ()
_ACCEPTED = AckDecision("AA")


def _answer(
    scan: Scan, rules: AckRules, outcome: str, problems: tuple[AckProblem, ...]
) -> AckDecision:
    mode = rules.mode
    if mode == AckMode.AUTO and not scan.msh_15 and not scan.msh_16:
        mode = AckMode.ORIGINAL
    if mode == AckMode.ORIGINAL:
        if outcome == "accept" and not problems:
            return _ACCEPTED
        return AckDecision(_APPLICATION[outcome], problems, outcome)
    if mode == AckMode.NONE:
        return AckDecision("", problems, outcome, "switched_off")
    condition = _condition(scan.msh_15)
    if mode == AckMode.ENHANCED:
        codes, condition = _COMMIT, condition or "AL"
    elif condition in ("", "NE"):
        codes, condition = _APPLICATION, _application_condition(scan, condition)
    else:
        codes = _COMMIT
    is_asked = condition == "AL" or condition == ("SU" if outcome == "accept" else "ER")
    if not is_asked:
        return AckDecision("", problems, outcome, "not_asked")
    return AckDecision(codes[outcome], problems, outcome)


def _application_condition(scan: Scan, accept_condition: str) -> str:
    """Return when an application acknowledgement is due, where no accept one is."""
    condition = _condition(scan.msh_16)
    if condition:
        return condition
    return "NE" if accept_condition else "AL"  # both hold only blanks: original mode


def failure(scan: Scan, rules: AckRules, *, is_locked: bool = False) -> AckDecision:
    """Return the answer when a message could not be stored: AR or CR, which a sender may retry.

    Nothing where the message would have got no answer either. Any thread.

    References:
        HL7 table 0357, 206 and 207; IHE ITI TF-2 appendix C.2.3 (only a rejection is retried).
    """
    if not scan.is_readable and decide(scan, rules).reason:
        return AckDecision("", outcome="reject", reason="unreadable")
    if _is_acknowledgement(scan):
        return AckDecision("", outcome="reject", reason="unsolicited_ack")
    return _answer(scan, rules, "reject", (_LOCKED if is_locked else _INTERNAL,))


def too_large(scan: Scan, rules: AckRules, text: str) -> AckDecision:
    """Return the answer to a message of which only the beginning was taken: AE or CE.

    Its sender is to change it, not to send it again. Nothing where a whole one would have got no
    answer either. Any thread.

    Args:
        scan: Of the beginning.
        rules: The listener's.
        text: What is too large, and the limit, in one sentence.

    References:
        HL7 table 0357, 207 (no code of it is about size); IHE ITI TF-2 appendix C.2.3 (only a
        rejection is retried).
    """
    if not scan.is_readable:
        return _decide_unreadable(scan, rules)
    if _is_acknowledgement(scan):
        return AckDecision("", outcome="error", reason="unsolicited_ack")
    return _answer(scan, rules, "error", (AckProblem(207, "", text),))


def failure_code(scan: Scan, rules: AckRules) -> str:
    """Return the code of `failure`: ``AR``, ``CR``, or empty when nothing is sent."""
    return failure(scan, rules).code
