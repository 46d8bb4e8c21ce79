"""One quick look at a message: what an acknowledgement and the message list need, and no tree.

This is the hot path of receiving. Only MSH and the first PID, ORC, OBR and IPC (or what stands in
for them) are looked at, and only the values that are asked for are cut out. `Message` gives the
same values for the same places; a test holds the two together.

References:
    HL7 v2.5.1 chapter 2, section 2.15.9 (MSH); IHE ITI TF-2 3.30 (PID-3) and RAD TF-2 4.4
    (accession in OBR-18, or IPC-1).
"""

from __future__ import annotations

from typing import Final

from hl7console.hl7v2 import charset, layout
from hl7console.hl7v2.delimiters import is_usable
from hl7console.hl7v2.scan_header import MSH_18, HeaderFacts, header_facts
from hl7console.hl7v2.scan_keys import leaf, read_order, read_patient

_SPLIT_LIMIT: Final = 65_536
"""Characters up to which a message is split into lines; in longer ones segments are searched."""

_ORDER_OR_QUERY = ("ORC", "OBR", "QRD", "QRF", "QPD", "RCP", "QAK", "SPR", "ERQ", "VTQ")
"""Segments that make a message with an MSA more than an acknowledgement."""

_LONG_LINE: Final = 40
"""Characters of a line on average, from which on it is quicker to go from line to line."""

_WANTED = ("PID", "ORC", "OBR", "IPC", "SCH", "TXA", "MSA")
_SHORTEST_MSH: Final = 8
"""Characters of MSH, the separator and MSH-2: with less there is nothing to answer."""

_NOT_THERE = [""] * (MSH_18 + 2)


class Scan:
    """What a message says about itself.

    ``msh_…`` are bytes as written, fit for being copied into an answer; texts are values
    (unescaped, without blanks around them; null is empty).
    """

    __slots__ = (
        "accession",
        "charset",
        "control_id",
        "event",
        "field_sep",
        "filler_order",
        "flags",
        "has_msa",
        "has_order_or_query",
        "is_batch",
        "is_readable",
        "message_type",
        "msh_2",
        "msh_3",
        "msh_4",
        "msh_5",
        "msh_6",
        "msh_9",
        "msh_10",
        "msh_11",
        "msh_12",
        "msh_13",
        "msh_15",
        "msh_16",
        "msh_18",
        "patient_authority",
        "patient_id",
        "patient_name",
        "placer_order",
        "problem",
        "receiver",
        "sender",
        "structure",
        "version",
    )  # fmt: skip

    field_sep: int
    """MSH-1 as a byte value."""
    msh_2: bytes
    msh_3: bytes
    msh_4: bytes
    msh_5: bytes
    msh_6: bytes
    msh_9: bytes
    msh_10: bytes
    msh_11: bytes
    msh_12: bytes
    msh_13: bytes
    msh_15: bytes
    msh_16: bytes
    msh_18: bytes
    message_type: str
    event: str
    structure: str
    """MSH-9.3, or what type and event imply."""
    control_id: str
    sender: str
    """First components of MSH-3 and MSH-4, joined with ``|``; empty when both are."""
    receiver: str
    """First components of MSH-5 and MSH-6, joined with ``|``; empty when both are."""
    version: str
    charset: str
    """The Python codec that the message is read with."""
    patient_id: str
    """PID-3.1 of the repetition of type MR, else PI, else the first with a value."""
    patient_authority: str
    """PID-3.4.1 of the same repetition, or PID-3.4.2 when there is no namespace."""
    patient_name: str
    """PID-5 of type L, else the first with a value, as ``FAMILY^GIVEN``."""
    accession: str
    """IPC-1.1, else OBR-18, else the filler order number."""
    placer_order: str
    """ORC-2.1, OBR-2.1, SCH-26.1 or TXA-14.1."""
    filler_order: str
    """ORC-3.1, OBR-3.1, SCH-27.1 or TXA-15.1."""
    flags: str
    """Codes of deviations, joined with blanks."""
    problem: str
    """Why there is no readable MSH, as a sentence without content; empty when there is one."""
    is_readable: bool
    is_batch: bool
    """FHS or BHS comes first; the other values are those of the first message in it."""
    has_msa: bool
    has_order_or_query: bool
    """With an MSA: whether order or query segments make it more than an acknowledgement."""

    def __repr__(self) -> str:
        """Return the control id only: nothing of the patient."""
        return f"<Scan {self.message_type}^{self.event} {self.control_id}>"


def scan(raw: bytes, *, default_codec: str = "cp1252", force_codec: str = "") -> Scan:
    """Look at a message; never raises for any bytes. Any thread.

    Args:
        raw: The message as it was on the wire or in a file, without its frame.
        default_codec: See `charset.decode`.
        force_codec: See `charset.decode`.
    """
    found = Scan()
    flags: tuple[str, ...] = ()
    if raw.startswith(b"MSH") and not force_codec and raw.isascii() and b"\x1b" not in raw:
        # Every character set that may be declared reads such bytes the same.
        text, codec = raw.decode("ascii"), ""
    else:
        decoded = charset.decode(raw, default_codec=default_codec, force_codec=force_codec)
        text, codec, flags = decoded.text, decoded.codec, decoded.flags
    separator, msh_2 = text[3:4], ""
    if text.startswith("MSH") and (separator == "|" or is_usable(separator)):
        start, is_batch = 0, False
    else:
        header = layout.find_header(text)
        separator, msh_2 = header.delimiters.field, header.delimiters.msh_2
        is_batch = header.is_batch
        flags += tuple(flag for flag in header.flags if flag != layout.BAD_MSH2)
        text = text[layout.first_written(text) :]
        start = layout.find_header(text).start if header.has_msh else -1
    if "\n" in text:
        text, line_flags = layout.normalise(text, separator)
        flags += line_flags
        start = layout.find_header(text).start if start > 0 else start
    line, end = "", -1
    if start >= 0:
        end = text.find("\r", start)
        line = text[start:end] if end >= 0 else text[start:]
    msh = line.split(separator, MSH_18 + 1) if line else ["", msh_2]
    if len(msh) <= MSH_18:
        msh += _NOT_THERE[len(msh) :]
    facts = header_facts(msh, separator, codec, flags)
    _take_header(found, facts, msh)
    if len(text) <= _SPLIT_LIMIT:
        lines = text.split("\r")
        lines.reverse()  # so that the first of several is the one kept
        segments = {segment[:4]: segment for segment in lines}
        repeats = len(segments) < len(lines)
    else:
        segments, repeats = _search_segments(text, separator), True
    roles, codec = facts.delimiters, facts.charset
    read_patient(found, segments.get("PID" + separator, ""), roles, codec)
    read_order(found, segments, roles, codec)
    found.has_msa = has_msa = ("MSA" + separator) in segments
    found.has_order_or_query = has_msa and any(
        name + separator in segments for name in _ORDER_OR_QUERY
    )
    found.is_batch = is_batch
    found.problem = problem = "" if len(line) >= _SHORTEST_MSH else _problem(text, line, is_batch)
    found.is_readable = not problem
    flags = facts.flags
    if repeats and end >= 0 and text.find("\rMSH" + separator, end) >= 0:
        flags = (*flags, layout.SEVERAL_HEADERS)
    found.flags = " ".join(dict.fromkeys(flags)) if flags else ""
    return found


def _take_header(found: Scan, facts: HeaderFacts, msh: list[str]) -> None:
    found.field_sep = facts.field_sep
    found.msh_2 = facts.msh_2
    found.msh_3 = facts.msh_3
    found.msh_4 = facts.msh_4
    found.msh_5 = facts.msh_5
    found.msh_6 = facts.msh_6
    found.msh_9 = facts.msh_9
    found.msh_11 = facts.msh_11
    found.msh_12 = facts.msh_12
    found.msh_15 = facts.msh_15
    found.msh_16 = facts.msh_16
    found.msh_18 = facts.msh_18
    found.message_type = facts.message_type
    found.event = facts.event
    found.structure = facts.structure
    found.sender = facts.sender
    found.receiver = facts.receiver
    found.version = facts.version
    found.charset = facts.charset
    control_id = msh[9]
    found.msh_10 = facts.encode(control_id)
    found.msh_13 = facts.encode(msh[12])
    found.control_id = leaf(control_id, facts.delimiters, facts.charset)


def _search_segments(text: str, separator: str) -> dict[str, str]:
    """Return the first segments that matter of a long text, by name and separator."""
    has_msa = text.find("\rMSA" + separator) >= 0
    wanted = {name + separator for name in (_WANTED + _ORDER_OR_QUERY if has_msa else _WANTED)}
    begins: dict[str, int] = {}
    if text.count("\r") < len(text) // _LONG_LINE:
        start = 0
        while True:
            name = text[start : start + 4]
            if name in wanted:
                begins.setdefault(name, start)
            start = text.find("\r", start) + 1
            if not start:
                break
    else:  # Very many short lines: looking for each name takes less than looking at each line.
        for name in wanted:
            start = 0 if text.startswith(name) else text.find("\r" + name) + 1
            if start or text.startswith(name):
                begins[name] = start
    found: dict[str, str] = {}
    for name, start in begins.items():
        end = text.find("\r", start)
        found[name] = text[start:end] if end >= 0 else text[start:]
    return found


def _problem(text: str, line: str, is_batch: bool) -> str:
    if line:
        return "The MSH segment is cut short."
    if is_batch:
        return "The batch holds no message: there is no MSH segment in it."
    if not text:
        return "There is nothing in it."
    if text.startswith("<"):
        return "The content is XML, not HL7 v2 with separators."
    if text.startswith("MSH"):
        return "MSH is not followed by a separator that can be used."
    return "There is no MSH segment."
