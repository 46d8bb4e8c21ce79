"""Quick reading: the same values as the message's tree gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.message import Message
from hl7console.worklist.reading import View

SAMPLES = [
    b"MSH|^~\\&|RIS|HOSP|C|RAD|20261103||ORM^O01|1|P|2.3.1\rPID|1||4711^^^HOSP&1.2&ISO^MR~9",
    b"MSH|^~\\&|RIS\nPID|1||47\\T\\11\nNTE|1||one\\F\\two",
    b"MSH|^~\\&|RIS\r\nPID|1||\"\"\r\nOBR|1|||A^\"\"^C",
    b"MSH|^~\\&|RIS\rNTE|1||two\nlines\rPID|1||5\nOBR|1",
    b"MSH$%*!@$RIS$HOSP\rPID$1$$4711%%%HOSP@1.2@ISO%MR*9",
    b"FHS|^~\\&|A\rBHS|^~\\&|B\rMSH|^~\\&|C\rPID|1||1",
    b"\x0b\r\nMSH|^~\\&|RIS\rpid|1\r  PID|2\rP1D|3\r1PD|4\rPID",
    "MSH|^~\\&|R||||||ORM|1|P|2.5||||||8859/1\rPID|1||1||M\u00dcLLER".encode("latin-1"),
    b"", b"MSH", b"MSH|", b"PID|1||5", b"\xff\xfe\x00", b"MSH|^~\\&|\\X41\\|\\E\\",
]  # fmt: skip


def agree(raw: bytes) -> None:
    view, message = View(raw), Message.parse(raw)
    named = [segment for segment in message.segments if segment.id]
    assert [(s.id, s.number) for s in view.segments] == [(s.id, s.index) for s in named]
    for seg, segment in zip(view.segments, named, strict=True):
        for number in range(1, 12):
            place = f"{seg.id}[{seg.number}]-{number}"
            assert seg.get(number) == (message.get(place) or ""), place
            if seg.id in ("MSH", "FHS", "BHS") and number <= 2:
                continue
            for component in range(1, 5):
                for sub in (1, 2):
                    wanted = message.get(f"{place}[1].{component}.{sub}") or ""
                    assert seg.get(number, component, sub) == wanted, (place, component, sub)
            field = segment.field(number)
            written = (
                [message.text[r.start : r.end] for r in field.repetitions]
                if field is not None
                else []
            )
            assert seg.repetitions(number) == ([] if written == [""] else written), place


@pytest.mark.parametrize("raw", SAMPLES)
def test_agrees_with_the_tree(raw: bytes):
    agree(raw)


WRITTEN = st.text(alphabet='AB1^~&\\|\r\n"FTE\u00e4 ', max_size=60)


@given(st.lists(st.tuples(st.sampled_from(["PID", "OBR", "ZDS", "x"]), WRITTEN), max_size=6))
def test_agrees_with_the_tree_for_any_text(lines: list[tuple[str, str]]):
    text = "MSH|^~\\&|RIS|HOSP\r" + "\r".join(f"{name}|{rest}" for name, rest in lines)
    agree(text.encode("utf-8"))


@given(st.binary(max_size=80))
def test_takes_any_bytes(raw: bytes):
    view = View(raw)
    assert all(len(seg.id) == 3 for seg in view.segments)


def test_paths_name_the_occurrence():
    view = View(b"MSH|^~\\&|R\rOBR|1\rOBR|2|P")
    first, second = view.all("OBR")
    assert first.path(18) == "OBR-18"
    assert second.path(4, 5) == "OBR[2]-4.5"
    assert second.get(2) == "P"
    assert view.first("PID") is None
    assert view.get("PID", 3) == ""


def test_null_reads_as_empty_and_is_told():
    view = View(b'MSH|^~\\&|R\rPID|1||""')
    pid = view.first("PID")
    assert pid is not None
    assert pid.is_null(3)
    assert pid.get(3) == ""
    assert not pid.is_null(4)


def test_groups_are_runs():
    view = View(b"MSH|^~\\&|R\rORC|1\rOBR|1\rNTE|1\rORC|2\rPID|1\rOBR|9")
    runs = list(view.groups(frozenset({"ORC"}), frozenset({"OBR", "NTE"})))
    assert [[seg.id for seg in run] for run in runs] == [["ORC", "OBR", "NTE"], ["ORC"]]
