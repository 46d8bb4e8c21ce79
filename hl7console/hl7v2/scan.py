"""One quick look at a message: what an acknowledgement and the message list need, and no tree.

This is the hot path of receiving. Only MSH and the first PID, ORC, OBR and IPC (or what stands in
for them) are looked at, and only the values that are asked for are cut out. `Message` gives the
same values for the same places; a test holds the two together.

References:
    HL7 v2.5.1 chapter 2, section 2.15.9 (MSH); IHE ITI TF-2 3.30 (PID-3) and RAD TF-2 4.4
    (accession in OBR-18, or IPC-1).
"""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.hl7v2 import charset, layout
from hl7console.hl7v2.delimiters import Delimiters
from hl7console.hl7v2.escapes import unescape
from hl7console.hl7v2.structures import implied_structure

_SPLIT_LIMIT = 65_536
"""Characters up to which a message is split into lines; in longer ones segments are searched."""

_ORDER_OR_QUERY = ("ORC", "OBR", "QRD", "QRF", "QPD", "RCP", "QAK", "SPR", "ERQ", "VTQ")
"""Segments that make a message with an MSA more than an acknowledgement."""

_WANTED = ("PID", "ORC", "OBR", "IPC", "SCH", "TXA", "MSA", *_ORDER_OR_QUERY)
_MSH_18 = 17
"""Position of MSH-18 when MSH is split at its separator."""
_NULL = '""'
_SHORTEST_MSH = 8
"""Characters of MSH, the separator and MSH-2: with less there is nothing to answer."""


class Scan:
    """What a message says about itself.

    ``msh_…`` are bytes as written, fit for being copied into an answer; texts are values
    (unescaped, without blanks around them; null is empty).
    """

    __slots__ = (
        "accession", "charset", "control_id", "event", "field_sep", "filler_order", "flags",
        "has_msa", "has_order_or_query", "is_batch", "is_readable", "message_type", "msh_10",
        "msh_11", "msh_12", "msh_13", "msh_15", "msh_16", "msh_18", "msh_2", "msh_3", "msh_4",
        "msh_5", "msh_6", "msh_9", "patient_authority", "patient_id", "patient_name",
        "placer_order", "problem", "receiver", "sender", "structure", "version",
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
        text = raw.decode("ascii")
        codec = ""
    else:
        decoded = charset.decode(raw, default_codec=default_codec, force_codec=force_codec)
        text, codec, flags = decoded.text, decoded.codec, decoded.flags
    header = layout.find_header(text)
    delimiters = header.delimiters
    separator = delimiters.field
    text, line_flags = layout.normalise(text[layout.first_written(text) :], separator)
    start = 0 if header.start <= 0 else layout.find_header(text).start
    end = text.find("\r", start)
    line = (text[start:end] if end >= 0 else text[start:]) if header.has_msh else ""
    msh = line.split(separator, _MSH_18 + 1)
    msh += [""] * (_MSH_18 + 2 - len(msh))
    if not codec:
        codec, flags = charset.ascii_codec(msh[_MSH_18])
    found.charset = codec
    _keep_written(found, line, msh, separator, codec)
    _read_header(found, msh, delimiters, codec)
    found.is_batch = header.is_batch
    found.problem = _problem(text, header, line)
    found.is_readable = not found.problem
    if end >= 0 and text.find(f"\rMSH{separator}", end) >= 0:
        line_flags = (*line_flags, layout.SEVERAL_HEADERS)
    found.flags = " ".join(dict.fromkeys((*flags, *header.flags, *line_flags)))
    segments = _first_segments(text, separator)
    _read_patient(found, segments.get("PID", ""), delimiters, codec)
    _read_order(found, segments, delimiters, codec)
    found.has_msa = "MSA" in segments
    found.has_order_or_query = found.has_msa and any(name in segments for name in _ORDER_OR_QUERY)
    return found


def _problem(text: str, header: layout.Header, line: str) -> str:
    if header.has_msh:
        return "" if len(line) >= _SHORTEST_MSH else "The MSH segment is cut short."
    if header.is_batch:
        return "The batch holds no message: there is no MSH segment in it."
    if not text:
        return "There is nothing in it."
    if layout.XML_PAYLOAD in header.flags:
        return "The content is XML, not HL7 v2 with separators."
    if text.startswith("MSH"):
        return "MSH is not followed by a separator that can be used."
    return "There is no MSH segment."


def _keep_written(found: Scan, line: str, msh: list[str], separator: str, codec: str) -> None:
    """Keep the header's fields as bytes, each fit to stand alone."""
    fields: list[bytes]
    if line.isascii() or not charset.is_multibyte(codec):
        fields = line.encode(codec).split(separator.encode(), _MSH_18 + 1)
        fields += [b""] * (_MSH_18 + 2 - len(fields))
    else:
        fields = [part.encode(codec) for part in msh]
    found.field_sep = ord(separator)
    (
        _, found.msh_2, found.msh_3, found.msh_4, found.msh_5, found.msh_6, _, _, found.msh_9,
        found.msh_10, found.msh_11, found.msh_12, found.msh_13, _, found.msh_15, found.msh_16,
        _, found.msh_18, _,
    ) = fields  # fmt: skip


def _value(written: str, delimiters: Delimiters, codec: str) -> str:
    """Return the value of the first leaf of a written element, without blanks around it."""
    if written.isalnum():
        return written
    mark = delimiters.repetition
    if mark and mark in written:
        written = written[: written.find(mark)]
    mark = delimiters.component
    if mark and mark in written:
        written = written[: written.find(mark)]
    mark = delimiters.subcomponent
    if mark and mark in written:
        written = written[: written.find(mark)]
    if written == _NULL:
        return ""
    mark = delimiters.escape
    if mark and mark in written:
        written = unescape(written, delimiters, codec, formatted=False)
    return written.strip()


def _split(written: str, mark: str) -> list[str]:
    return written.split(mark) if mark else [written]


def _read_header(found: Scan, msh: list[str], delimiters: Delimiters, codec: str) -> None:
    application, facility = _value(msh[2], delimiters, codec), _value(msh[3], delimiters, codec)
    found.sender = f"{application}|{facility}" if application or facility else ""
    application, facility = _value(msh[4], delimiters, codec), _value(msh[5], delimiters, codec)
    found.receiver = f"{application}|{facility}" if application or facility else ""
    parts = msh[8]
    if delimiters.repetition:
        parts = parts.split(delimiters.repetition, 1)[0]
    kind = _split(parts, delimiters.component)
    found.message_type = _value(kind[0], delimiters, codec)
    found.event = _value(kind[1], delimiters, codec) if len(kind) > 1 else ""
    structure = _value(kind[2], delimiters, codec) if len(kind) > 2 else ""
    found.structure = structure or implied_structure(found.message_type, found.event)
    found.control_id = _value(msh[9], delimiters, codec)
    found.version = _value(msh[11], delimiters, codec)


def _first_segments(text: str, separator: str) -> dict[str, str]:
    """Return the first segment of each name; of a long message those that matter here."""
    if len(text) <= _SPLIT_LIMIT:
        lines = text.split("\r")
        lines.reverse()
        return {line[:3]: line for line in lines if line[3:4] == separator}
    found: dict[str, str] = {}
    for name in _WANTED:
        at = 0 if text.startswith(name + separator) else text.find(f"\r{name}{separator}") + 1
        if at or text.startswith(name + separator):
            end = text.find("\r", at)
            found[name] = text[at:end] if end >= 0 else text[at:]
    return found


def _read_patient(found: Scan, line: str, delimiters: Delimiters, codec: str) -> None:
    fields = line.split(delimiters.field, 6)
    identifiers = fields[3] if len(fields) > 3 else ""
    names = fields[5] if len(fields) > 5 else ""
    found.patient_id = found.patient_authority = found.patient_name = ""
    if identifiers:
        chosen = _chosen(identifiers, ("MR", "PI"), 4, delimiters, codec)
        found.patient_id = _value(chosen[0], delimiters, codec)
        if len(chosen) > 3 and found.patient_id:
            authority = _split(chosen[3], delimiters.subcomponent)
            found.patient_authority = _value(authority[0], delimiters, codec)
            if not found.patient_authority and len(authority) > 1:
                found.patient_authority = _value(authority[1], delimiters, codec)
    if names:
        chosen = _chosen(names, ("L",), 6, delimiters, codec)
        given = _value(chosen[1], delimiters, codec) if len(chosen) > 1 else ""
        family = _value(chosen[0], delimiters, codec)
        found.patient_name = f"{family}^{given}" if given else family


def _chosen(
    written: str, types: tuple[str, ...], place: int, delimiters: Delimiters, codec: str
) -> list[str]:
    """Return the components of the repetition of a preferred type, else of the first valued."""
    if not delimiters.repetition or delimiters.repetition not in written:
        return _split(written, delimiters.component)
    repetitions = [
        _split(part, delimiters.component) for part in written.split(delimiters.repetition)
    ]
    valued = [
        parts for parts in repetitions if any(_value(p, delimiters, codec) for p in parts[:2])
    ]
    for wanted in types:
        for parts in valued:
            if len(parts) > place and _value(parts[place], delimiters, codec) == wanted:
                return parts
    return valued[0] if valued else repetitions[0]


def _read_order(found: Scan, segments: dict[str, str], delimiters: Delimiters, codec: str) -> None:
    separator = delimiters.field
    common = segments["ORC"].split(separator, 4) if "ORC" in segments else ()
    request = segments["OBR"].split(separator, 19) if "OBR" in segments else ()
    placer = _first_of(delimiters, codec, (common, 2), (request, 2))
    filler = _first_of(delimiters, codec, (common, 3), (request, 3))
    accession = ""
    if "IPC" in segments:
        procedure = segments["IPC"].split(separator, 2)
        accession = _first_of(delimiters, codec, (procedure, 1))
    if not accession:
        accession = _first_of(delimiters, codec, (request, 18))
    if "SCH" in segments and not (common or request):
        schedule = segments["SCH"].split(separator, 28)
        placer = _first_of(delimiters, codec, (schedule, 26))
        filler = _first_of(delimiters, codec, (schedule, 27))
    elif "TXA" in segments and not (common or request):
        document = segments["TXA"].split(separator, 16)
        placer = _first_of(delimiters, codec, (document, 14))
        filler = _first_of(delimiters, codec, (document, 15))
    found.placer_order, found.filler_order = placer, filler
    found.accession = accession or filler


def _first_of(delimiters: Delimiters, codec: str, *places: tuple[Sequence[str], int]) -> str:
    for fields, number in places:
        if len(fields) > number and fields[number]:
            value = _value(fields[number], delimiters, codec)
            if value:
                return value
    return ""
