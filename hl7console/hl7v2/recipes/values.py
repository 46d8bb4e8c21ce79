"""The steps that write values: set, copy, clear, map, now, new control id."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone

from hl7console.hl7v2.datetimes import date_problem
from hl7console.hl7v2.delimiters import DEFAULT
from hl7console.hl7v2.escapes import delimiter_characters, escape
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import NULL_TEXT, ValueState
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.recipes.places import Splice, leaf_of, places, splice_of
from hl7console.hl7v2.recipes.work import StepError, Work
from hl7console.hl7v2.writing import spliced_all, written_value

KEEP, FAIL, VALUE = "keep", "fail", "value"
"""What a map does with a code that its table does not have."""

_CONTROL_ID = FieldPath("MSH", 1, 10)


def _write(work: Work, splices: Iterator[Splice | None]) -> None:
    """Count the places, and change those whose text is to be another one."""
    due = []
    for splice in splices:
        work.places += 1
        if splice is not None:
            due.append(splice)
    work.message = spliced_all(work.message, due)
    work.changed += len(due)


@dataclass(frozen=True, slots=True)
class Set:
    """Writes a value, text as written with the usual delimiters, or a null."""

    paths: tuple[FieldPath, ...]
    value: str | None = field(default=None, repr=False)
    written: str | None = field(default=None, repr=False)
    """With ``^~\\&`` for the delimiters, whatever those of the message are."""

    def apply(self, work: Work) -> None:
        """Write it at every place of the paths."""
        for path in self.paths:
            message = work.message
            _write(work, (self._splice(message, place) for place in places(message, path)))

    def _splice(self, message: Message, place: FieldPath) -> Splice | None:
        if self.value is not None:
            text = written_value(message, place, self.value)
        else:
            text = NULL_TEXT if self.written is None else _translated(self.written, message)
        return splice_of(message, place, text)

    def describe(self) -> str:
        """Return what is set."""
        is_null = self.value is None and self.written is None
        return f"Set {listed(self.paths)}" + (" to null" if is_null else "")


@dataclass(frozen=True, slots=True)
class Clear:
    """Empties places."""

    paths: tuple[FieldPath, ...]

    def apply(self, work: Work) -> None:
        """Empty every place of the paths that is there."""
        for path in self.paths:
            message = work.message
            found = (place for place in places(message, path) if message.find(place))
            _write(work, (splice_of(message, place, "") for place in found))

    def describe(self) -> str:
        """Return what is cleared."""
        return f"Clear {listed(self.paths)}"


@dataclass(frozen=True, slots=True)
class Copy:
    """Writes at a place what stands at another one, as it is written there.

    Where both paths name the same segment, and the source no occurrence, it is taken from the
    segment that is written to; the same goes for the repetitions of one field. Otherwise the first
    place of the source counts. Nothing is copied from a place that is missing or empty.
    """

    source: FieldPath
    paths: tuple[FieldPath, ...]

    def apply(self, work: Work) -> None:
        """Copy to every place of the paths."""
        for path in self.paths:
            message = work.message
            _write(work, self._splices(message, path))

    def _splices(self, message: Message, path: FieldPath) -> Iterator[Splice | None]:
        for place in places(message, path):
            node = message.first(self._source_for(place))
            if node is not None and node.state in (ValueState.VALUED, ValueState.NULL):
                yield splice_of(message, place, node.raw_text)

    def _source_for(self, place: FieldPath) -> FieldPath:
        source = self.source
        if source.segment != place.segment or source.segment_occurrence is not None:
            return source
        source = dataclasses.replace(source, segment_occurrence=place.segment_occurrence)
        if source.field != place.field or source.repetition is not None:
            return source
        return dataclasses.replace(source, repetition=place.repetition)

    def describe(self) -> str:
        """Return what is copied where."""
        return f"Copy {self.source} to {listed(self.paths)}"


@dataclass(frozen=True, slots=True)
class Map:
    """Writes for each code what a table has for it."""

    paths: tuple[FieldPath, ...]
    table: str = ""
    """Name of a table; empty where `codes` has it."""
    codes: Mapping[str, str] = field(default_factory=dict, repr=False)
    otherwise: str = KEEP
    """What is done with a code that the table does not have."""
    value: str = field(default="", repr=False)
    """What is written for it, where `otherwise` says so."""

    def apply(self, work: Work) -> None:
        """Look up the value at every place of the paths."""
        codes = self.codes
        if self.table:
            found = work.tables.get(self.table)
            if found is None:
                raise StepError(
                    f"There is no table {self.table}.",
                    "Write it into the recipe, or put it into the workspace's folder of tables.",
                )
            codes = found
        for path in self.paths:
            message = work.message
            _write(work, self._splices(message, path, codes))

    def _splices(
        self, message: Message, path: FieldPath, codes: Mapping[str, str]
    ) -> Iterator[Splice | None]:
        for place in places(message, path, by_repetition=True):
            leaf = leaf_of(place)
            code = _code_at(message, leaf)
            if code is None or (not code and code not in codes):
                continue
            new = codes.get(code, code)
            if code not in codes and self.otherwise == FAIL:
                raise StepError(f"The table has no entry for the code at {place}.")
            if code not in codes and self.otherwise == VALUE:
                new = self.value
            is_same = new == code
            yield None if is_same else splice_of(message, leaf, written_value(message, leaf, new))

    def describe(self) -> str:
        """Return what is mapped."""
        return f"Map {listed(self.paths)} by " + (f"table {self.table}" if self.table else "table")


def _code_at(message: Message, leaf: FieldPath) -> str | None:
    """Return the code at a place; empty where there is nothing, None for a null."""
    node = message.first(leaf)
    if node is None or node.state is ValueState.EMPTY:
        return ""
    return None if node.state is ValueState.NULL else node.value


@dataclass(frozen=True, slots=True)
class Now:
    """Writes the present time, as precisely and in the zone that the value there has."""

    paths: tuple[FieldPath, ...]

    def apply(self, work: Work) -> None:
        """Write it at every place of the paths."""
        for path in self.paths:
            message = work.message
            found = (leaf_of(place) for place in places(message, path, by_repetition=True))
            _write(work, (self._splice(work, leaf) for leaf in found))

    def _splice(self, work: Work, leaf: FieldPath) -> Splice | None:
        node = work.message.first(leaf)
        return splice_of(
            work.message, leaf, _now_like(node.value if node is not None else "", work)
        )

    def describe(self) -> str:
        """Return which time becomes now."""
        return f"Set {listed(self.paths)} to now"


def _now_like(value: str, work: Work) -> str:
    moment = work.context.now
    zone = ""
    if value[-5:-4] in ("+", "-") and not date_problem(value, "DTM"):
        zone = value[-5:]
        moment = moment.astimezone(_offset(zone))
        value = value[:-5]
    whole = f"{moment:%Y%m%d%H%M%S}"
    digits, _, fraction = value.partition(".")
    if len(digits) not in (4, 6, 8, 10, 12, 14) or date_problem(digits, "DTM"):
        return whole
    if fraction:
        part = f"{work.context.now_us % 1_000_000:06d}"
        return f"{whole}.{part[: len(fraction)]}{zone}"
    return whole[: len(digits)] + zone


def _offset(zone: str) -> timezone:
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    return timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))


@dataclass(frozen=True, slots=True)
class NewControlId:
    """Writes a control id that nobody has used into MSH-10."""

    def apply(self, work: Work) -> None:
        """Write it."""
        message = work.message
        if not message.header.has_msh:
            return
        new = work.context.new_control_id()
        written = written_value(message, _CONTROL_ID, new)
        _write(work, iter((splice_of(message, _CONTROL_ID, written),)))

    def describe(self) -> str:
        """Return that the control id is new."""
        return "New control ID"


def _translated(written: str, message: Message) -> str:
    """Return text that is written with the usual delimiters with those of the message."""
    roles = message.delimiters
    if roles == DEFAULT:
        return written
    usual = {
        DEFAULT.component: roles.component,
        DEFAULT.repetition: roles.repetition,
        DEFAULT.escape: roles.escape,
        DEFAULT.subcomponent: roles.subcomponent,
    }
    used = delimiter_characters(roles)
    parts = []
    for character in written:
        if character in usual:
            if not usual[character]:
                raise StepError(f"The message has no delimiter in place of {character}.")
            parts.append(usual[character])
        else:
            is_delimiter = character in used
            parts.append(escape(character, roles, message.codec) if is_delimiter else character)
    return "".join(parts)


def listed(paths: tuple[FieldPath, ...]) -> str:
    """Return paths as people list them."""
    return ", ".join(map(str, paths))
