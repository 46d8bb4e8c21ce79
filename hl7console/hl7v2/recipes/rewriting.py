"""The steps that work on what is there: shift, regular expression, rename, remove, function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import NULL_TEXT
from hl7console.hl7v2.nodes import Node as Element
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.recipes.context import FunctionCall
from hl7console.hl7v2.recipes.places import Splice, leaf_of, occurrences, places
from hl7console.hl7v2.recipes.replacing import (
    PatternTimeoutError,
    Replacement,
    UnwritableError,
)
from hl7console.hl7v2.recipes.shifting import OutOfRangeError, date_leaves, shifted
from hl7console.hl7v2.recipes.values import listed
from hl7console.hl7v2.recipes.work import StepError, Work
from hl7console.hl7v2.validation import version_of
from hl7console.hl7v2.writing import spliced_all

LARGEST_RESULT_BYTES = 256 * 1024 * 1024
"""Most bytes of a message after a step."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Moves dates and times, and keeps their precision and zone."""

    paths: tuple[FieldPath, ...]
    """Empty for all that are dates and times by their definition, birth dates aside."""
    seconds: int
    amount: str = ""
    """How far, in words."""

    def apply(self, work: Work) -> None:
        """Move them."""
        if not self.paths:
            self._apply_to(work, date_leaves(work.message, load(version_of(work.message))))
        for path in self.paths:
            self._apply_to(work, _leaves(work.message, path))

    def _apply_to(self, work: Work, leaves: Iterator[tuple[Element, bool]]) -> None:
        splices: list[Splice] = []
        for leaf, is_time in leaves:
            if leaf.start == leaf.end:
                continue
            work.places += 1
            written = leaf.raw_text
            try:
                new = shifted(written, self.seconds, is_time=is_time)
            except OutOfRangeError:
                raise StepError(
                    f"The date at {leaf.path} would move out of the years 1 to 9999."
                ) from None
            if new != written:
                splices.append((leaf.start, leaf.end, new))
        _splice(work, splices)

    def describe(self) -> str:
        """Return what is moved how far."""
        what = listed(self.paths) if self.paths else "all dates and times"
        return f"Shift {what} by {self.amount}"


def _leaves(message: Message, path: FieldPath) -> Iterator[tuple[Element, bool]]:
    """Yield the leaves at a path; which are times of day alone is looked up."""
    definition = load(version_of(message)).field(path.segment, path.field or 0)
    is_time = definition is not None and definition.type == "TM" and path.component is None
    for place in places(message, path, by_repetition=True):
        leaf = message.first(leaf_of(place))
        if leaf is not None:
            yield leaf, is_time


def _splice(work: Work, splices: list[Splice]) -> None:
    grown = sum(len(new) - (end - start) for start, end, new in splices)
    if len(work.message.text) + grown > LARGEST_RESULT_BYTES:
        raise StepError("It makes the message too large.")
    work.message = spliced_all(work.message, splices)
    work.changed += len(splices)


@dataclass(frozen=True, slots=True)
class Regex:
    """Replaces what a regular expression finds."""

    paths: tuple[FieldPath, ...]
    replacement: Replacement = field(repr=False)
    as_written: bool = False
    """Look at each place as it is written, separators and escape sequences and all, and not at
    the value of each leaf."""

    def apply(self, work: Work) -> None:
        """Replace it in every place of the paths."""
        began_s = work.context.clock_s()
        for path in self.paths:
            splices: list[Splice] = []
            for node in self._nodes(work.message, path):
                if node.start == node.end or node.raw_text == NULL_TEXT:
                    continue
                work.places += 1
                left_s = work.context.pattern_s - (work.context.clock_s() - began_s)
                new = self._new(node, work.message, left_s)
                if new != node.raw_text:
                    splices.append((node.start, node.end, new))
            _splice(work, splices)

    def _nodes(self, message: Message, path: FieldPath) -> Iterator[Element]:
        for place in places(message, path, by_repetition=True):
            node = message.first(place)
            if node is not None:
                yield from (node,) if self.as_written else _leaves_of(node)

    def _new(self, node: Element, message: Message, left_s: float) -> str:
        written = node.raw_text
        try:
            new = self._replaced(written, message, left_s)
        except PatternTimeoutError:
            raise StepError(
                f"The regular expression took too long at {node.path}.",
                "Make it simpler: nested repetitions such as (a+)+ are slow.",
            ) from None
        except UnwritableError:
            raise StepError(
                f"{node.path} cannot take the text: the message names no escape character."
            ) from None
        if any(end in new and end not in written for end in "\r\n"):
            raise StepError(f"The replacement would break the line at {node.path}.")
        if new == NULL_TEXT and not self.as_written:
            mark = message.delimiters.escape
            return f'"{mark}X22{mark}' if mark else written
        return new

    def _replaced(self, written: str, message: Message, left_s: float) -> str:
        if left_s <= 0:
            raise PatternTimeoutError
        if self.as_written:
            return self.replacement.applied_to_text(written, left_s)
        return self.replacement.applied(written, message.delimiters, message.codec, left_s)

    def describe(self) -> str:
        """Return where is looked."""
        return f"Replace in {listed(self.paths)}"


def _leaves_of(node: Element) -> Iterator[Element]:
    children = node.children
    if not len(children):
        yield node
        return
    for child in children:
        yield from _leaves_of(child)


@dataclass(frozen=True, slots=True)
class Rename:
    """Gives segments another name."""

    path: FieldPath
    name: str

    def apply(self, work: Work) -> None:
        """Rename every segment of the path."""
        splices = []
        for occurrence in occurrences(work.message, self.path):
            segment = work.message.first(FieldPath(self.path.segment, occurrence))
            if segment is not None:
                work.places += 1
                splices.append((segment.start, segment.start + 3, self.name))
        _splice(work, splices)

    def describe(self) -> str:
        """Return which segment is renamed."""
        return f"Rename {self.path} to {self.name}"


@dataclass(frozen=True, slots=True)
class Remove:
    """Removes segments with their line ends."""

    paths: tuple[FieldPath, ...]

    def apply(self, work: Work) -> None:
        """Remove every segment of the paths."""
        for path in self.paths:
            message = work.message
            splices: list[Splice] = []
            for occurrence in occurrences(message, path):
                segment = message.first(FieldPath(path.segment, occurrence))
                if segment is not None:
                    work.places += 1
                    splices.append(_with_line_end(message, segment))
            _splice(work, splices)

    def describe(self) -> str:
        """Return which segments are removed."""
        return f"Remove {listed(self.paths)}"


def _with_line_end(message: Message, segment: Element) -> Splice:
    """Return what takes a line out: with the end behind it, or the one before in the last line."""
    text = message.text
    end = segment.end
    while end < len(text) and text[end] in "\r\n":
        end += 1
    return segment.start, end, ""


@dataclass(frozen=True, slots=True)
class Function:
    """Gives the message to a function of the user's own and goes on with what comes back."""

    file: str
    function: str

    def apply(self, work: Work) -> None:
        """Run it."""
        run: Callable[[FunctionCall], bytes] | None = work.context.run_function
        if run is None:
            raise StepError("Functions cannot run here.")
        before = work.message
        raw = run(FunctionCall(self.file, self.function, before.raw))
        after = Message.parse(
            raw, default_codec=before.default_codec, force_codec=before.force_codec
        )
        if not after.header.has_msh:
            raise StepError(
                f"The function {self.function} in {self.file} returned no HL7 message.",
                "What it returns must begin with MSH.",
            )
        work.places += 1
        work.changed += after.raw != before.raw
        work.message = after

    def describe(self) -> str:
        """Return which function runs."""
        return f"Run {self.function} of {self.file}"
