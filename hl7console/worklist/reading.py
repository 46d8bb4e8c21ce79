r"""Quick reading of a message's values by the rules: no tree, no spans, each value cut out once.

`Message` gives the same values for the same places; a test holds the two together. Only formatting
sequences (``\.br\``) are read in every field here, since senders write them anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from hl7console.hl7v2 import charset, layout
from hl7console.hl7v2.delimiters import HEADER_IDS, Delimiters
from hl7console.hl7v2.escapes import unescape

NULL = '""'
"""A field that says: delete what is stored."""


class Marks:
    """A message's delimiters and character set: what reading a part of it takes.

    Segments refer to this, not to their message, so that a message is freed without the garbage
    collector.
    """

    __slots__ = ("codec", "delimiters")

    def __init__(self, delimiters: Delimiters, codec: str) -> None:
        self.delimiters = delimiters
        self.codec = codec

    def part(self, repetition: str, component: int = 1, subcomponent: int = 1) -> str:
        """Return a component of a repetition as it is written, unescaped; "" for null."""
        marks = self.delimiters
        mark = marks.component
        if mark and mark in repetition:
            parts = repetition.split(mark, component)
            repetition = parts[component - 1] if component <= len(parts) else ""
        elif component > 1:
            return ""
        mark = marks.subcomponent
        if mark and mark in repetition:
            parts = repetition.split(mark, subcomponent)
            repetition = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        elif subcomponent > 1:
            return ""
        return self.clean(repetition)

    def components(self, repetition: str) -> list[str]:
        """Return a repetition's components as they are written."""
        mark = self.delimiters.component
        return repetition.split(mark) if mark and mark in repetition else [repetition]

    def clean(self, written: str) -> str:
        """Return the value that is written somewhere: unescaped, and "" for null."""
        if written == NULL:
            return ""
        escape = self.delimiters.escape
        if escape and escape in written:
            return unescape(written, self.delimiters, self.codec)
        return written


class Seg:
    """One segment. Fields count from 1; MSH-1 is the separator itself."""

    __slots__ = ("fields", "id", "number", "view")

    def __init__(self, view: Marks, segment_id: str, fields: list[str], number: int) -> None:
        self.view = view
        self.id = segment_id
        self.fields = fields
        """All fields as they are written; 0 is the segment's name."""
        self.number = number
        """Which one of its name it is in the message, from 1."""

    def raw(self, field: int) -> str:
        """Return a field as it is written; "" where the segment does not go that far."""
        fields = self.fields
        return fields[field] if field < len(fields) else ""

    def repetitions(self, field: int) -> list[str]:
        """Return a field's repetitions as they are written; none for an empty field."""
        raw = self.raw(field)
        if not raw:
            return []
        mark = self.view.delimiters.repetition
        return raw.split(mark) if mark and mark in raw else [raw]

    def get(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """Return a value of a field's first repetition, unescaped; "" for empty and for null."""
        raw = self.raw(field)
        if not raw:
            return ""
        if field <= 2 and self.id in HEADER_IDS:
            return raw
        mark = self.view.delimiters.repetition
        if mark and mark in raw:
            raw = raw[: raw.index(mark)]
        return self.view.part(raw, component, subcomponent)

    def is_null(self, field: int) -> bool:
        """Return whether the field says ``""``."""
        return self.raw(field) == NULL

    def path(self, field: int, component: int = 0) -> str:
        """Return the path of a field for provenance: ``OBR-18``, ``OBR[2]-4.5``."""
        place = f"[{self.number}]" if self.number > 1 else ""
        return f"{self.id}{place}-{field}.{component}" if component else f"{self.id}{place}-{field}"


class View(Marks):
    """A message's segments in order.

    Args:
        raw: The message without its frame.
        codec: The Python codec that it is read with; "" decides as `Message` does.
    """

    __slots__ = ("_by_id", "segments")

    def __init__(self, raw: bytes, codec: str = "") -> None:
        decoded = charset.decode(raw, force_codec=codec)
        text = decoded.text
        super().__init__(layout.find_header(text).delimiters, decoded.codec)
        marks = Marks(self.delimiters, self.codec)
        separator = self.delimiters.field
        self.segments: list[Seg] = []
        self._by_id: dict[str, list[Seg]] = {}
        start = layout.first_written(text)
        body = text[start:] if start else text
        if "\n" in body:
            body = layout.normalise(body, separator)[0]
        for line in body.split("\r"):
            fields = line.split(separator)
            name = fields[0]
            if not _is_name(name):
                continue
            if name in HEADER_IDS and len(fields) > 1:
                fields.insert(1, separator)
            same = self._by_id.setdefault(name, [])
            seg = Seg(marks, name, fields, len(same) + 1)
            same.append(seg)
            self.segments.append(seg)

    def first(self, segment_id: str) -> Seg | None:
        """Return the first segment of a name, or None."""
        found = self._by_id.get(segment_id)
        return found[0] if found else None

    def all(self, segment_id: str) -> list[Seg]:
        """Return the segments of a name in order."""
        return self._by_id.get(segment_id, [])

    def get(self, segment_id: str, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """Return a value of the first segment of a name; "" where there is none."""
        found = self._by_id.get(segment_id)
        return found[0].get(field, component, subcomponent) if found else ""

    def groups(self, starts: frozenset[str], members: frozenset[str]) -> Iterator[list[Seg]]:
        """Yield runs of segments: each begins with one of `starts` and goes on with `members`."""
        run: list[Seg] = []
        for seg in self.segments:
            if seg.id in starts:
                if run:
                    yield run
                run = [seg]
            elif run and seg.id in members:
                run.append(seg)
            elif run:
                yield run
                run = []
        if run:
            yield run


@lru_cache(maxsize=2048)
def _is_name(text: str) -> bool:
    """Return whether a line's beginning is a segment's name."""
    return (
        len(text) == 3
        and text.isascii()
        and text.isalnum()
        and text.isupper()
        and text[0].isalpha()
    )
