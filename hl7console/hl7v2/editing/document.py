"""A message that is being edited: its bytes, what was changed, and back again.

Each change makes another `Message`, in which only the bytes of what was changed are other ones. A
step keeps the bytes that were there and those that came, so that undo and redo give the very same
message in every character set. Typing is a change like any other; characters typed one after the
other are one step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hl7console.hl7v2.editing.spans import Hunk, common_ends, composed
from hl7console.hl7v2.edits import Edit
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath


@dataclass(frozen=True, slots=True)
class Step:
    """One change, as it is taken back and made again."""

    what: str
    """In a few words without content: ``Set PID-5.2``."""
    at: int
    """First byte that is another one, before as after."""
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    caret_before: int = 0
    """Where the caret goes when it is taken back: an offset in the text."""
    caret_after: int = 0
    path: FieldPath | None = None
    """The element it was about, where it was about one."""
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class ReplaceAll:
    """Puts other bytes in the place of the whole message, as a recipe does."""

    raw: bytes = field(repr=False)
    what: str
    """In a few words without content."""

    def apply(self, message: Message) -> Message:
        """Return the message of the other bytes, read in the same way."""
        return Message.parse(
            self.raw, default_codec=message.default_codec, force_codec=message.force_codec
        )

    def describe(self) -> str:
        """Return what was done."""
        return self.what


class EditDocument:
    """A message and the steps that made it what it is. One thread at a time.

    Args:
        original: What is edited; it never changes.
    """

    def __init__(self, original: Message) -> None:
        self.original = original
        self._message = original
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._typed: tuple[int, int] | None = None
        """Where the characters of the step lie that typing goes on with; None for none."""
        self._hunks: tuple[Hunk, ...] | None = ()
        self.version = 0
        """Grows with each change, undone ones too."""

    def __repr__(self) -> str:
        """Return sizes only: no content."""
        return f"<EditDocument of {len(self._message.raw)} bytes, {len(self._done)} steps>"

    @property
    def message(self) -> Message:
        """What it is now."""
        return self._message

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        return self._message.raw

    @property
    def text(self) -> str:
        """Its text."""
        return self._message.text

    @property
    def steps(self) -> tuple[Step, ...]:
        """What was done, in order, without what was taken back."""
        return tuple(self._done)

    @property
    def is_changed(self) -> bool:
        """Whether any byte is another one than in the original."""
        return bool(self._done) and self._message.raw != self.original.raw

    @property
    def undo_text(self) -> str:
        """What undo would take back; empty where there is nothing."""
        return self._done[-1].what if self._done else ""

    @property
    def redo_text(self) -> str:
        """What redo would make again; empty where there is nothing."""
        return self._undone[-1].what if self._undone else ""

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """Which bytes are other ones than in the original, in order; all others are the same."""
        if self._hunks is None:
            steps = [(s.at, s.before, s.after) for s in self._done]
            self._hunks = composed(steps, self.original.raw, self._message.raw)
        return self._hunks

    # Changing

    def apply(self, edit: Edit, *, caret: int = 0, path: FieldPath | None = None) -> bool:
        """Make a change, and return whether any byte became another one.

        Args:
            edit: What to do.
            caret: Where the caret is, for undo.
            path: The element that it is about, for undo and redo.

        Raises:
            EditError: The message cannot be changed in this way; it stays as it was.
            UnencodableTextError: Its character set lacks a character; it stays as it was.
        """
        before = self._message
        after = edit.apply(before)
        head, tail = common_ends(before.raw, after.raw)
        old, new = (
            before.raw[head : len(before.raw) - tail],
            after.raw[head : len(after.raw) - tail],
        )
        self._typed = None
        if not old and not new:
            return False
        place = after.offsets.char_at(head + len(new))
        step = Step(edit.describe(), head, old, new, caret, place, path)
        self._take(after, step)
        return True

    def type_text(self, start: int, end: int, text: str) -> bool:
        """Put text in the place of characters, as typing does; return whether anything changed.

        Args:
            start: Offsets in `text`.
            end: After the last character that goes.
            text: What comes.

        Raises:
            EditError: The message cannot be changed in this way; it stays as it was.
            UnencodableTextError: Its character set lacks a character; it stays as it was.
        """
        before = self._message
        after = before.with_text(start, end, text)
        if after is before:
            return False
        first, last = before.offsets.byte_start(start), before.offsets.byte_end(end)
        new = after.raw[first : len(after.raw) - (len(before.raw) - last)]
        step = Step(
            "Typing", first, before.raw[first:last], new, end, start + len(text), is_typed=True
        )
        joined = self._joined(step, start, end, text)
        if joined is None:
            self._typed = (start, start + len(text))
            self._take(after, step)
        else:
            self._done.pop()
            self._take(after, joined)
        return True

    def end_typing(self) -> None:
        """Let what is typed next be a step of its own."""
        self._typed = None

    def _joined(self, step: Step, start: int, end: int, text: str) -> Step | None:
        """Return the step before with this one in it, where typing goes on; else None."""
        typed = self._typed
        last = self._done[-1] if self._done else None
        if typed is None or last is None or not last.is_typed or "\r" in text or "\n" in text:
            return None
        if start > typed[1] or end < typed[0]:
            return None
        self._typed = (
            min(start, typed[0]),
            max(typed[1], end) + len(text) - (end - start),
        )
        at, before, after = joined_splice(
            (last.at, last.before, last.after), (step.at, step.before, step.after)
        )
        return replace(last, at=at, before=before, after=after, caret_after=step.caret_after)

    def _take(self, after: Message, step: Step) -> None:
        self._message = after
        self._done.append(step)
        self._undone.clear()
        self._hunks = None
        self.version += 1

    # Back and forth

    def undo(self) -> Step | None:
        """Take the last step back and return it; None where there is none."""
        if not self._done:
            return None
        step = self._done.pop()
        self._put(step.at, step.after, step.before)
        self._undone.append(step)
        return step

    def redo(self) -> Step | None:
        """Make the step again that was taken back last; None where there is none."""
        if not self._undone:
            return None
        step = self._undone.pop()
        self._put(step.at, step.before, step.after)
        self._done.append(step)
        return step

    def _put(self, at: int, old: bytes, new: bytes) -> None:
        raw = self._message.raw
        message = self.original
        self._message = Message.parse(
            raw[:at] + new + raw[at + len(old) :],
            default_codec=message.default_codec,
            force_codec=message.force_codec,
        )
        self._typed = None
        self._hunks = None
        self.version += 1

    # Places

    def path_at(self, char: int) -> FieldPath | None:
        """Return the path of the smallest element around a character of the text."""
        node = self._message.at_char(char)
        return node.path if node is not None else None

    def span_of(self, path: FieldPath) -> tuple[int, int] | None:
        """Return first and after-last character of the element at a path; None when absent."""
        node = self._message.first(path)
        return node.char_span if node is not None else None


def joined_splice(
    one: tuple[int, bytes, bytes], two: tuple[int, bytes, bytes]
) -> tuple[int, bytes, bytes]:
    """Return the one change that two changes at touching places make together.

    Args:
        one: Place, bytes before and bytes after of the first.
        two: Those of the second, in the bytes that the first one made.
    """
    at, before, after = one
    at_2, before_2, after_2 = two
    end, end_2 = at + len(after), at_2 + len(before_2)
    head = before_2[: max(0, at - at_2)]
    tail = before_2[len(before_2) - max(0, end_2 - end) :] if end_2 > end else b""
    kept_head = after[: max(0, at_2 - at)]
    kept_tail = after[max(0, end_2 - at) :] if end_2 < end else b""
    return min(at, at_2), head + before + tail, kept_head + after_2 + kept_tail
