"""Rules on MSH: delimiters, sender, type, event, control id, version."""

from __future__ import annotations

from hl7console.hl7v2 import delimiters as marks
from hl7console.hl7v2 import layout
from hl7console.hl7v2.dictionary import load, table_value
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.structures import implied_structure
from hl7console.hl7v2.validation.encoding import first_place
from hl7console.hl7v2.validation.subject import NULL, SegmentText, Subject, rule
from hl7console.hl7v2.vocabulary import (
    is_known_event,
    is_known_type,
    version_key,
    version_minor,
)

_DELIMITER_FAULTS = {
    marks.NO_HEADER: (Severity.ERROR, "MSH-1 cannot be used; the usual delimiters were taken."),
    marks.MISSING_MSH2: (Severity.ERROR, "MSH-2 is empty: nothing below a field is divided."),
    marks.SHORT_MSH2: (Severity.WARNING, "MSH-2 has fewer than four characters."),
    marks.LONG_MSH2: (Severity.ERROR, "MSH-2 has more than five characters."),
    marks.REPEATED_DELIMITER: (Severity.ERROR, "Two delimiters share one character."),
    marks.UNUSABLE_DELIMITER: (
        Severity.ERROR,
        "MSH-2 holds a character that cannot divide anything.",
    ),
}


_USUAL = ("|^~\\&", "|^~\\&#")


@rule
def delimiters_are_sound(subject: Subject) -> None:
    """Report faults of MSH-1 and MSH-2. References: HL7 v2.5.1 chapter 2, 2.5.4."""
    problems = subject.delimiters.problems
    header = subject.header
    if header is None:
        if not subject.message.header.is_batch:
            text = "There is no MSH segment; the usual delimiters were taken."
            subject.report(first_place(subject), Severity.ERROR, "no_header", text)
        return
    for problem in problems:
        severity, text = _DELIMITER_FAULTS[problem]
        if problem == marks.REPEATED_DELIMITER:
            text = _repeated(header.written(1) + header.written(2)) or text
        subject.report(header.path(2), severity, problem, text)
    minor = version_minor(_version(subject, header))
    if subject.delimiters.truncation and minor is not None and minor < 7 and not problems:
        text = "A fifth character in MSH-2 (truncation) belongs to v2.7 and later."
        subject.report(header.path(2), Severity.WARNING, "truncation_before_2_7", text)
    if not problems and header.written(1) + header.written(2) not in _USUAL:
        text = "Other delimiters than |^~\\& are in use; some receivers take no others."
        subject.report(header.path(1), Severity.INFO, "unusual_delimiters", text)
    if layout.SEVERAL_HEADERS in subject.message.flags:
        text = "There is more than one MSH: these are several messages."
        second = [segment for segment in subject.segments if segment.id == "MSH"][1]
        subject.report(second.path(), Severity.ERROR, "several_headers", text)


def _repeated(written: str) -> str:
    """Say which delimiter stands for two roles."""
    for index, character in enumerate(written[:6]):
        if character in written[:index] and marks.is_usable(character):
            return f"MSH-1 and MSH-2 have {character} twice: two delimiters share one character."
    return ""


@rule
def sender_is_named(subject: Subject) -> None:
    """Report empty MSH-3 to MSH-6. References: IHE ITI TF-2 C.2.2 (R+)."""
    header = subject.header
    if header is None:
        return
    empty = [n for n in (3, 4, 5, 6) if header.written(n).strip() in ("", NULL)]
    if not empty:
        return
    names = ", ".join(f"MSH-{number}" for number in empty)
    is_unnamed = 3 in empty and 4 in empty
    text = f"{names} {'is' if len(empty) == 1 else 'are'} empty" + (
        ": the message does not say who sends it." if is_unnamed else "."
    )
    severity = Severity.WARNING if is_unnamed else Severity.INFO
    subject.report(header.path(empty[0]), severity, "header_field_empty", text)


@rule
def type_is_known(subject: Subject) -> None:
    """Report a message type or event that doesn't exist, or that don't go together.

    References: HL7 v2.5.1 chapter 2, tables 0003, 0076 and 0354.
    """
    header = subject.header
    if header is None:
        return
    message_type, event = subject.message_type, subject.event
    if not message_type:
        text = "The message has no message type."
        subject.report(header.path(9), Severity.ERROR, "no_message_type", text)
    elif not is_known_type(message_type):
        text = f"{_shown(message_type)} is no message type of HL7 v2."
        subject.report(header.path(9, 1), Severity.ERROR, "unknown_message_type", text)
    elif event and not is_known_event(event):
        text = f"{_shown(event)} is no trigger event of HL7 v2."
        subject.report(header.path(9, 2), Severity.ERROR, "unknown_event", text)
    elif event and not _go_together(subject, message_type, event):
        text = f"{message_type} messages have no event {event}."
        subject.report(header.path(9, 2), Severity.ERROR, "impossible_event", text)
    else:
        _check_structure_name(subject, header)


def _go_together(subject: Subject, message_type: str, event: str) -> bool:
    if message_type[0] == "Z" or event[0] == "Z" or message_type in ("ACK", "MCF"):
        return True
    name = f"{message_type}_{event}"
    if implied_structure(message_type, event) != name or subject.dictionary.structure(name):
        return True
    return any(load(version).structure(name) for version in ("2.3", "2.5.1", "2.6", "2.8.2"))


def _check_structure_name(subject: Subject, header: SegmentText) -> None:
    named = subject.structure_named
    if not named or not subject.event:
        return
    usual = implied_structure(subject.message_type, subject.event)
    if named in (usual, subject.message_type) or named[:1] == "Z" or usual[4:5] == "Z":
        return
    is_own = named == f"{subject.message_type}_{subject.event}"
    is_known = is_own or subject.dictionary.structure(named) or table_value("0354", named)
    if is_own:
        severity, code = Severity.INFO, "structure_name"
        text = f"MSH-9.3 is {usual} for this event by table 0354."
    elif is_known:
        severity, code = Severity.WARNING, "structure_mismatch"
        text = f"MSH-9.3 names the structure {_shown(named)}; this event has {usual}."
    else:
        severity, code = Severity.WARNING, "unknown_structure"
        text = f"{_shown(named)} is no message structure; this event has {usual}."
    subject.report(header.path(9, 3), severity, code, text)


@rule
def message_can_be_told_from_others(subject: Subject) -> None:
    """Report an MSH-10 that is missing or too long, and an MSH-11 that is missing."""
    header = subject.header
    if header is None:
        return
    control_id = subject.plain(header.written(10))
    limit = 20 if (version_minor(_version(subject, header)) or 0) < 7 else 199
    if not control_id:
        text = "The message has no control id: no answer can name it."
        subject.report(header.path(10), Severity.ERROR, "no_control_id", text)
    elif len(control_id) > limit:
        text = f"The control id has {len(control_id)} characters; {limit} are allowed."
        subject.report(header.path(10), Severity.WARNING, "too_long", text)
    if not subject.first_part(header.written(11)):
        text = "The processing id is empty; it should be P, T or D."
        subject.report(header.path(11), Severity.WARNING, "no_processing_id", text)


@rule
def version_is_known(subject: Subject) -> None:
    """Report an MSH-12 that is missing or no version. References: HL7 table 0104."""
    header = subject.header
    if header is None:
        return
    version = _version(subject, header)
    used = subject.dictionary.version
    if not version:
        text = f"The version is empty; the definitions of {used} are used."
        subject.report(header.path(12), Severity.WARNING, "no_version", text)
    elif version_minor(version) is None:
        text = f"This is no version of HL7 v2; the definitions of {used} are used."
        subject.report(header.path(12), Severity.ERROR, "unknown_version", text)
    elif not table_value("0104", version) or version_key(version) is None:
        text = f"Version {version} was never published; the definitions of {used} are used."
        subject.report(header.path(12), Severity.WARNING, "unknown_version", text)


def _version(subject: Subject, header: SegmentText) -> str:
    return subject.first_part(header.written(12))


def _shown(code: str) -> str:
    """Return a code fit for a sentence: short, and nothing but letters, digits and ``_``."""
    return code if code.replace("_", "").isalnum() and len(code) <= 12 else "This"
