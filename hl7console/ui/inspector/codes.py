"""Acknowledgement codes, delivery states and deviations, in words and theme roles."""

from __future__ import annotations

from typing import NamedTuple

from hl7console.store.records import DeliveryState, Origin


class Word(NamedTuple):
    """How a code is shown."""

    role: str
    """Theme role: ``ok``, ``warn``, ``err``, ``info`` or ``muted``."""
    text: str


ACK_CODES = {
    "AA": Word("ok", "Application accept: processed."),
    "AE": Word(
        "err",
        "Application error: understood, but the content is wrong. Sent again unchanged, it will"
        " be refused again.",
    ),
    "AR": Word(
        "err",
        "Application reject: its type, version or processing id is not taken here, or the system"
        " could not take it at that moment.",
    ),
    "CA": Word("ok", "Commit accept: stored safely."),
    "CE": Word("err", "Commit error: it could not be taken as it is."),
    "CR": Word(
        "err",
        "Commit reject: its header is not acceptable here, or the system could not store it at"
        " that moment.",
    ),
}
"""MSA-1. References: HL7 chapter 2, table 0008."""

ERROR_CODES = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "104": "Value too long",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
"""ERR-3. References: HL7 chapter 2, table 0357."""

ERROR_SEVERITIES = {
    "E": Word("err", "error"),
    "F": Word("err", "fatal"),
    "W": Word("warn", "warning"),
    "I": Word("info", "information"),
}
"""ERR-4. References: HL7 chapter 2, table 0516."""

STATES = {
    DeliveryState.QUEUED: Word("info", "queued"),
    DeliveryState.SENDING: Word("info", "sending"),
    DeliveryState.COMMITTED: Word("info", "committed"),
    DeliveryState.ACCEPTED: Word("ok", "accepted"),
    DeliveryState.REJECTED: Word("err", "rejected"),
    DeliveryState.UNKNOWN: Word("warn", "unknown"),
    DeliveryState.HELD: Word("warn", "held"),
    DeliveryState.SKIPPED: Word("muted", "skipped"),
    DeliveryState.CANCELLED: Word("err", "not sent"),
}
"""What became of an attempt."""

STATUSES = {
    "ok": Word("ok", "ok"),
    "error": Word("err", "error"),
    "rejected": Word("err", "rejected"),
}
"""Processing result of a message."""

ORIGINS = {
    Origin.RECEIVED: "Received by a listener",
    Origin.IMPORTED: "Imported; neither routed nor answered",
    Origin.EDITED: "Edited here",
    Origin.SENT: "Sent from here",
    Origin.SAMPLE: "Sample message",
}
"""Where a message came from, in words."""

FLAGS = {
    "no_trailer": "The frame ended without the carriage return after its end block.",
    "lf_trailer": "The frame ended with a line feed in place of a carriage return.",
    "blank_trailer": "Blanks stood after the frame's end block.",
    "embedded_fs": "The content holds an end-block byte.",
    "unframed": "It came without an MLLP frame.",
    "truncated": "It broke off before its end.",
    "truncated_character": "It ends in the middle of a character.",
    "too_large": "It is over the size limit; only its beginning was kept.",
    "charset_fallback": "Its bytes are not in the character set it declares; another one was used.",
    "nonstandard_charset": "MSH-18 names a character set that is not in HL7's table.",
    "charset_mismatch": "Its byte order mark says UTF-8, MSH-18 something else.",
    "unknown_charset": "MSH-18 names a character set that is not known here.",
    "lf_segments": "Its segments end with line feeds in place of carriage returns.",
    "crlf_segments": "Its segments end with carriage return and line feed.",
    "split_at_lf": "Some of its segments end with a line feed only.",
    "lf_in_text": "A line feed among its carriage returns was taken as text.",
    "several_headers": "It holds more than one MSH segment.",
    "not_a_segment": "Some of its lines are no segments.",
    "literal_framing": "The framing bytes are written out as words, such as [SOM] and [CR].",
    "bom": "It begins with a byte order mark.",
    "leading_noise": "Other bytes stand before its header.",
    "xml_payload": "It is written as XML.",
    "utf16": "It is written in UTF-16.",
    "bad_msh2": "The encoding characters in MSH-2 are faulty.",
    "control_id_reused": "Its control id was used before, with other content.",
    "route_fault": "A route could not be applied to it; look at the routes, then send it again.",
    "batch": "It came as part of a batch.",
}
"""Deviations met on the way in, in words; others are shown by their code."""


def ack_word(code: str) -> Word:
    """Return how an MSA-1 is shown; any other code than table 0008's is a warning."""
    return ACK_CODES.get(code, Word("warn", "Not a code of table 0008."))


def state_word(state: str) -> Word:
    """Return how a delivery state is shown."""
    try:
        return STATES[DeliveryState(state)]
    except (ValueError, KeyError):
        return Word("muted", state)


def flag_words(flags: str) -> list[str]:
    """Return a sentence for each of the codes joined with blanks."""
    return [FLAGS.get(code, code.replace("_", " ")) for code in flags.split()]
