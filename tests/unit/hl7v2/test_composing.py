from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.samples import sample_messages
from hl7console.errors import UsageError
from hl7console.hl7v2 import validation
from hl7console.hl7v2.charset import UnencodableTextError
from hl7console.hl7v2.composing import composed, shown
from hl7console.hl7v2.message import Message

HEAD = "MSH|^~\\&|A|B|C|D|20260105||ORM^O01|1|P|2.5.1"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n"])
def test_lines_become_segments_that_end_with_cr(end):
    assert composed(f"{HEAD}{end}PID|1{end}") == HEAD.encode() + b"\rPID|1\r"


def test_text_is_written_in_the_character_set_that_msh_18_names():
    text = HEAD + "||||||8859/1\nPID|1||||M\xfcller"
    assert composed(text).endswith(b"M\xfcller\r")
    assert composed(HEAD + "\nPID|1||||M\xfcller").endswith("M\xfcller\r".encode())


def test_a_character_that_the_set_lacks_is_told():
    with pytest.raises(UnencodableTextError):
        composed(HEAD + "||||||8859/1\nPID|1||||\u5c71")


@pytest.mark.parametrize("text", ["", " \n ", "PID|1", "hello"])
def test_a_text_without_a_header_is_told(text):
    with pytest.raises(UsageError, match="begins with MSH"):
        composed(text)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)))
def test_what_is_shown_composes_to_the_same_bytes(values):
    raw = composed("\n".join([HEAD, *(f"NTE|1||x{value}" for value in values)]))
    assert composed(shown(raw)) == raw


@pytest.mark.parametrize("sample", sample_messages(), ids=lambda s: s.name)
def test_samples_are_sound(sample):
    errors = [f for f in validation.check(Message.parse(sample.raw)) if f.severity.name == "ERROR"]
    assert bool(errors) == ("refused" in sample.name)
    assert composed(shown(sample.raw)) == sample.raw
    assert sample.about.endswith(".")
