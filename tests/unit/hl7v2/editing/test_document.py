from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hl7console.errors import UsageError
from hl7console.hl7v2.charset import UnencodableTextError
from hl7console.hl7v2.editing.document import EditDocument, joined_splice
from hl7console.hl7v2.editing.rearranging import DuplicatePart, InsertPart, MovePart, RemovePart
from hl7console.hl7v2.edits import InsertSegment, RemoveSegment, SetNull, SetRaw, SetValue
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.writing import EditError

RAW = b"MSH|^~\\&|A|B\rPID|1||7^^^H||DOE^J\rNTE|1\rNTE|2\r"
JAPANESE = (
    b"MSH|^~\\&|A|||||||||||||||ISO IR87\rPID|||1||\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B\r"
    b"NTE|1||\x1b$B\x1b(Bx\r"
)
RAWS = (
    RAW,
    JAPANESE,
    b"MSH|^~\\&|A\nPID|1||a\\T\\b\\X0D\\c||D\xf6E\n",
    b"MSH$%*?!$A$B\r\nPID$1$$7%%%H*8$$D!E%J\r\n",
    "MSH|^~\\&|A|||||||||||||||UNICODE UTF-8\rPID|||1||山田^太郎\rNTE|1||\U0001f9e0\r\r".encode(),
    b"\xef\xbb\xbfMSH|^~\\&|A|B\rPID|1\r",
    b"not a message at all\r\n\r\nPID|1\r",
    b"MSH|^~\\&|A|||||||||||||||UNICODE UTF-8\rPID|||1||\xe5\xb1",
    b"",
)


def path(text: str) -> FieldPath:
    return FieldPath.parse(text)


@pytest.fixture
def document() -> EditDocument:
    return EditDocument(Message.parse(RAW))


def test_a_change_and_back_and_forth(document):
    assert document.apply(SetValue(path("PID-5.2"), "A&B"), caret=7, path=path("PID-5.2"))
    changed = RAW.replace(b"^J", b"^A\\T\\B")
    assert document.raw == changed
    assert document.is_changed
    assert document.undo_text == "Set PID-5.2"
    step = document.undo()
    assert document.raw == RAW
    assert not document.is_changed
    assert (step.caret_before, step.path) == (7, path("PID-5.2"))
    assert document.redo_text == "Set PID-5.2"
    assert document.redo() == step
    assert document.raw == changed
    assert document.version == 3
    assert document.redo() is None


def test_what_changes_nothing_is_no_step(document):
    assert not document.apply(SetValue(path("PID-5.2"), "J"))
    assert not document.type_text(3, 4, "|")
    assert document.steps == ()
    assert document.undo() is None


def test_a_refused_change_leaves_all_as_it_was(document):
    with pytest.raises(EditError):
        document.apply(SetValue(path("ZZZ-1"), "x"))
    with pytest.raises(UnencodableTextError, match="has no character 1"):
        document.type_text(15, 15, "日")
    assert (document.raw, document.steps) == (RAW, ())


def test_characters_typed_one_after_the_other_are_one_step(document):
    at = RAW.index(b"DOE") + 3
    for n, char in enumerate("S!"):
        document.type_text(at + n, at + n, char)
    document.type_text(at + 1, at + 2, "")
    document.type_text(at - 1, at, "")
    assert document.raw == RAW.replace(b"DOE", b"DOS")
    assert len(document.steps) == 1
    document.undo()
    assert document.raw == RAW
    document.redo()
    assert document.raw == RAW.replace(b"DOE", b"DOS")


@pytest.mark.parametrize("between", ["elsewhere", "pause", "line", "undo"])
def test_what_parts_two_steps_of_typing(document, between):
    at = RAW.index(b"DOE")
    document.type_text(at, at, "x")
    if between == "elsewhere":
        document.type_text(at + 3, at + 3, "y")
    elif between == "pause":
        document.end_typing()
        document.type_text(at + 1, at + 1, "y")
    elif between == "line":
        document.type_text(at + 1, at + 1, "\r")
    else:
        document.undo()
        document.redo()
        document.type_text(at + 1, at + 1, "y")
    assert len(document.steps) == 2


def test_a_new_change_forgets_what_was_taken_back(document):
    document.apply(SetNull(path("PID-8")))
    document.undo()
    document.apply(SetNull(path("PID-9")))
    assert document.redo() is None
    assert document.redo_text == ""


def test_places_of_text_and_paths(document):
    at = RAW.index(b"^J") + 1
    assert document.path_at(at) == path("PID-5.2")
    assert document.span_of(path("PID-5.2")) == (at, at + 1)
    assert document.span_of(path("PID-8")) is None
    assert document.path_at(0) == FieldPath("MSH")


def test_hunks_tell_which_bytes_are_other_ones(document):
    document.apply(SetValue(path("PID-5.1"), "ROE"))
    document.apply(SetValue(path("PID-1"), ""))
    document.apply(InsertSegment(5, "ZZZ|1"))
    rebuilt, done = b"", 0
    for hunk in document.hunks:
        rebuilt += RAW[done : hunk.old_start] + document.raw[hunk.new_start : hunk.new_end]
        done = hunk.old_end
    assert rebuilt + RAW[done:] == document.raw
    assert len(document.hunks) == 3


@given(st.binary(max_size=12), st.integers(0, 12), st.integers(0, 5), st.binary(max_size=5),
       st.integers(0, 12), st.integers(0, 5), st.binary(max_size=5))  # fmt: skip
def test_two_touching_changes_are_one(raw, at, size, new, at_2, size_2, new_2):
    at = min(at, len(raw))
    old = raw[at : at + size]
    middle = raw[:at] + new + raw[at + len(old) :]
    at_2 = max(min(at_2, at + len(new)), 0)
    size_2 = max(size_2, at - at_2)
    old_2 = middle[at_2 : at_2 + size_2]
    end = middle[:at_2] + new_2 + middle[at_2 + len(old_2) :]
    place, before, after = joined_splice((at, old, new), (at_2, old_2, new_2))
    assert raw[place : place + len(before)] == before
    assert raw[:place] + after + raw[place + len(before) :] == end


TEXTS = st.text(alphabet='AZ|^~\\&\r\n"x ö山\U0001f9e0', max_size=4)
PATHS = st.sampled_from(
    [path(p) for p in ("MSH-3", "MSH-10", "MSH-18", "PID", "PID-1", "PID-3", "PID-3[2]",
                       "PID-5.1", "PID-5.2.1", "NTE[2]", "NTE", "NTE-3", "PID-30", "ZZZ-1")]
)  # fmt: skip
EDITS = st.one_of(
    st.builds(SetValue, PATHS, TEXTS),
    st.builds(SetRaw, PATHS, TEXTS),
    st.builds(SetNull, PATHS),
    st.builds(InsertPart, PATHS, TEXTS),
    st.builds(RemovePart, PATHS),
    st.builds(DuplicatePart, PATHS),
    st.builds(MovePart, PATHS, st.booleans()),
    st.builds(InsertSegment, st.integers(0, 6), TEXTS),
    st.builds(RemoveSegment, PATHS),
    st.tuples(st.integers(0, 120), st.integers(0, 6), TEXTS),
    st.sampled_from(["undo", "redo", "pause"]),
)


def does(document: EditDocument, edit: object) -> None:
    """Do one thing of a random sequence; what is refused is left out."""
    before = document.raw
    try:
        if edit == "undo":
            document.undo()
        elif edit == "redo":
            document.redo()
        elif edit == "pause":
            document.end_typing()
        elif isinstance(edit, tuple):
            start = min(edit[0], len(document.text))
            end = min(start + edit[1], len(document.text))
            document.type_text(start, end, edit[2])
        else:
            document.apply(edit)
    except UsageError:
        assert document.raw == before


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(RAWS), st.lists(EDITS, max_size=8))
def test_undo_all_gives_the_original_and_redo_all_the_same_again(raw, edits):
    document = EditDocument(Message.parse(raw))
    for edit in edits:
        does(document, edit)
    while document.redo() is not None:
        pass
    raws = [document.raw]
    while document.undo() is not None:
        raws.append(document.raw)
    assert document.raw == raw
    assert document.hunks == ()
    assert raws.pop() == raw
    while document.redo() is not None:
        assert document.raw == raws.pop()
    assert not raws


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(RAWS), st.lists(EDITS, max_size=6))
def test_outside_of_what_was_edited_every_byte_is_the_same(raw, edits):
    document = EditDocument(Message.parse(raw))
    for edit in edits:
        does(document, edit)
    made, done = b"", 0
    for hunk in document.hunks:
        made += raw[done : hunk.old_start] + document.raw[hunk.new_start : hunk.new_end]
        done = hunk.old_end
    assert made + raw[done:] == document.raw


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(RAWS), st.integers(0, 120), st.integers(0, 6), TEXTS)
def test_typing_changes_no_byte_outside_of_its_characters(raw, start, size, text):
    message = Message.parse(raw)
    document = EditDocument(message)
    start = min(start, len(message.text))
    end = min(start + size, len(message.text))
    first, last = message.offsets.byte_start(start), message.offsets.byte_end(end)
    try:
        document.type_text(start, end, text)
    except UsageError:
        assert document.raw == raw
        return
    assert document.raw[:first] == raw[:first]
    assert document.raw.endswith(raw[last:])
    if document.message.codec == message.codec:
        assert document.text == message.text[:start] + text + message.text[end:]
