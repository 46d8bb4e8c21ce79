from __future__ import annotations

import pytest

from hl7console.hl7v2.editing.rearranging import (
    DuplicatePart,
    InsertPart,
    MovePart,
    RemovePart,
    inserted_line,
    place_after_move,
    with_number,
)
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.writing import EditError

RAW = b"MSH|^~\\&|A|B\rPID|1||7^^^H~8||DOE\rNTE|1\rNTE|2\rOBX|1"


def path(text: str) -> FieldPath:
    return FieldPath.parse(text)


@pytest.mark.parametrize(
    ("edit", "old", "new", "words"),
    [
        (InsertPart(path("PID-3")), b"PID|1||7", b"PID|1|||7", "Insert field PID-3"),
        (InsertPart(path("PID-3[2]"), "X"), b"~8", b"~X~8", "Insert repetition PID-3[2]"),
        (InsertPart(path("PID-3[3]"), "X"), b"~8", b"~8~X", "Insert repetition PID-3[3]"),
        (InsertPart(path("PID-7"), "X"), b"DOE", b"DOE||X", "Insert field PID-7"),
        (InsertPart(path("PID-3[1].4")), b"^^^H", b"^^^^H", "Insert component PID-3[1].4"),
        (InsertPart(path("MSH-3")), b"&|A", b"&||A", "Insert field MSH-3"),
        (RemovePart(path("PID-2")), b"|1||7", b"|1|7", "Remove field PID-2"),
        (RemovePart(path("PID-5")), b"||DOE", b"|", "Remove field PID-5"),
        (RemovePart(path("PID-3[1]")), b"7^^^H~", b"", "Remove repetition PID-3[1]"),
        (RemovePart(path("PID-3[2]")), b"~8", b"", "Remove repetition PID-3[2]"),
        (RemovePart(path("OBX-1")), b"OBX|1", b"OBX|", "Remove field OBX-1"),
        (RemovePart(path("NTE[2]")), b"NTE|2\r", b"", "Remove segment NTE[2]"),
        (DuplicatePart(path("PID-5")), b"DOE", b"DOE|DOE", "Duplicate field PID-5"),
        (DuplicatePart(path("PID-3[1]")), b"7^^^H", b"7^^^H~7^^^H",
         "Duplicate repetition PID-3[1]"),
        (DuplicatePart(path("NTE")), b"NTE|1\r", b"NTE|1\rNTE|1\r", "Duplicate segment NTE"),
        (DuplicatePart(path("OBX")), b"\rOBX|1", b"\rOBX|1\rOBX|1", "Duplicate segment OBX"),
        (MovePart(path("PID-3"), down=True), b"7^^^H~8|", b"|7^^^H~8", "Move field PID-3 down"),
        (MovePart(path("PID-3[2]"), down=False), b"7^^^H~8", b"8~7^^^H",
         "Move repetition PID-3[2] up"),
        (MovePart(path("MSH-4"), down=False), b"A|B", b"B|A", "Move field MSH-4 up"),
        (MovePart(path("NTE[2]"), down=False), b"NTE|1\rNTE|2", b"NTE|2\rNTE|1",
         "Move segment NTE[2] up"),
        (MovePart(path("NTE[2]"), down=True), b"NTE|2\rOBX|1", b"OBX|1\rNTE|2",
         "Move segment NTE[2] down"),
    ],
)  # fmt: skip
def test_each_changes_the_place_alone(edit, old, new, words):
    assert edit.apply(Message.parse(RAW)).raw == RAW.replace(old, new, 1)
    assert edit.describe() == words


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (RemovePart(path("MSH")), "cannot do without"),
        (DuplicatePart(path("MSH")), "stays where it is"),
        (MovePart(path("PID"), down=False), "no place to go"),
        (MovePart(path("OBX"), down=True), "no place to go"),
        (MovePart(path("MSH-3"), down=False), "no place to go"),
        (RemovePart(path("MSH-2")), "names the separators"),
        (RemovePart(path("PID-9")), "does not go as far"),
        (RemovePart(path("PID-3[3]")), "does not go as far"),
        (RemovePart(path("PID-3[3].2")), "does not go as far"),
        (RemovePart(path("PID-5.2.1")), "does not go as far"),
        (RemovePart(path("ZZZ-1")), "no ZZZ segment"),
        (InsertPart(path("PID")), "a segment"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(edit, words):
    with pytest.raises(EditError, match=words):
        edit.apply(Message.parse(RAW))


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_copies_of_segments_have_the_line_ends_that_are_there(end):
    raw = RAW.replace(b"\r", end)
    copied = DuplicatePart(path("OBX")).apply(Message.parse(raw)).raw
    assert copied == raw + end + b"OBX|1"


def test_moved_and_copied_bytes_stay_the_same_ones():
    # Idle shifts, which encoding anew would leave out.
    idle = b"\x1b$B\x1b(B"
    raw = b"MSH|^~\\&|A|||||||||||||||ISO IR87\rNTE|1||" + idle + b"x\rNTE|2||\x1b$B;3\x1b(B\r"
    message = Message.parse(raw)
    assert message.codec.startswith("iso2022_jp")
    moved = MovePart(path("NTE"), down=True).apply(message)
    assert moved.raw.count(idle) == 1
    assert sorted(moved.raw.split(b"\r")) == sorted(raw.split(b"\r"))
    copied = DuplicatePart(path("NTE[1]")).apply(message)
    assert copied.raw.count(b"NTE|1||" + idle + b"x\r") == 2


def test_what_would_mean_something_else_at_its_new_place_is_written_anew():
    # Sloppy: nothing shifts back to ASCII at the end.
    raw = b"MSH|^~\\&|A|||||||||||||||ISO IR87\rNTE|1||b\rNTE|2||a\x1b$B;3"
    message = Message.parse(raw)
    assert message.codec.startswith("iso2022_jp")
    moved = MovePart(path("NTE[2]"), down=False).apply(message)
    assert moved.text.split("\r")[1:3] == message.text.split("\r")[2:0:-1]
    assert b"a\x1b$B;3\x1b(B\rNTE|1||b" in moved.raw


def test_where_things_go():
    message = Message.parse(RAW)
    assert place_after_move(message, path("NTE[1]"), down=True) == path("NTE[2]")
    assert place_after_move(message, path("NTE[2]"), down=True) == path("NTE[2]")
    assert place_after_move(message, path("OBX"), down=False) == path("OBX")
    assert place_after_move(message, path("PID-3[1]"), down=True) == path("PID-3[2]")
    assert with_number(path("PID-3.4.1"), 2) == path("PID-3.4.2")
    assert with_number(path("PID-3.4"), 2) == path("PID-3.2")
    assert with_number(path("PID-3"), 2) == path("PID-2")
    edit = inserted_line(message, path("PID-3"), "PV1|1")
    assert edit.apply(message).raw == RAW.replace(b"DOE\r", b"DOE\rPV1|1\r")
