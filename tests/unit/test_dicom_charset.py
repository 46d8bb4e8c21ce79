"""`dicom.charset`, `datasets`, `files` and the settings of DICOM, without a network."""

from __future__ import annotations

import contextlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmwrite

from hl7console.dicom.charset import choose, transliterate
from hl7console.dicom.datasets import dataset_of, item_of
from hl7console.dicom.files import header_of, read_header
from hl7console.errors import UsageError
from hl7console.settings import AeRules, PacsSettings, WorklistServiceSettings


@given(st.text(), st.sampled_from(["ascii", "latin1"]))
def test_transliterated_text_fits_and_holds_no_new_question_mark(text, how):
    made = transliterate(text, how)
    made.encode("ascii" if how == "ascii" else "latin-1")
    assert made.count("?") <= text.count("?") + sum(c in "\uff1f⁇⁈⁉﹖" for c in text)


@pytest.mark.parametrize(
    ("texts", "preferred", "requested", "expected"),
    [
        (["DOE"], ("ISO_IR 192",), ("ISO_IR 144",), ()),
        (["Müller"], (), (), ("ISO_IR 100",)),
        (["Müller"], ("ISO_IR 192",), (), ("ISO_IR 192",)),
        (["Иван"], ("ISO_IR 100",), ("ISO_IR 144",), ("ISO_IR 144",)),
        (["Иван", "Müller"], ("ISO_IR 144",), ("ISO_IR 100",), ("ISO_IR 192",)),
        (["山田"], ("ISO 2022 IR 87",), (), ("", "ISO 2022 IR 87")),
    ],
)
def test_the_first_set_that_takes_all_is_chosen(texts, preferred, requested, expected):
    assert choose(texts, AeRules(charsets=preferred), requested) == expected


@given(st.text(st.characters(codec="utf-8", exclude_characters="\\=^"), max_size=16))
def test_text_comes_back_as_it_was_but_for_control_characters(text):
    from pydicom import dcmread

    made = dataset_of({"PatientComments": (text,)}, AeRules())
    buffer = BytesIO()
    dcmwrite(buffer, made, implicit_vr=True, little_endian=True)
    buffer.seek(0)
    back = dcmread(buffer, force=True)
    back.decode()
    wanted = "".join(c if c.isprintable() or c in "\r\n\t\f" else " " for c in text)
    got = (item_of(back).get("PatientComments") or ("",))[0]
    assert got.strip() == wanted.strip() or got.strip() == text.strip()


def test_a_header_is_read_without_what_follows(tmp_path):
    made = Dataset()
    made.PatientID, made.PatientName, made.StudyInstanceUID = "P1", "Иван", "1.2"
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    path = tmp_path / "im"
    dcmwrite(path, made, implicit_vr=False, little_endian=True)
    with path.open("ab") as file:
        file.write(b"\xe0\x7f\x10\x00OW\0\0\xff\xff\xff\x7f" + b"\0" * 1000)
    assert read_header(path)["PatientName"] == ("Иван",)


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_a_header_or_a_plain_error(data, is_marked):
    head = b"\0" * 128 + b"DICM" + data if is_marked else data
    with contextlib.suppress(UsageError):
        assert isinstance(header_of(head, "dropped"), dict)


@pytest.mark.parametrize(
    "make",
    [
        lambda: WorklistServiceSettings(ae_title="A\\B"),
        lambda: WorklistServiceSettings(ae_title="SEVENTEEN-LETTERS"),
        lambda: WorklistServiceSettings(tls="server"),
        lambda: AeRules(shown_states=("COMPLETED",)),
        lambda: AeRules(charsets=("UTF-8",)),
        lambda: AeRules(station_filter="mine"),
        lambda: PacsSettings("Archive", host=""),
    ],
)
def test_settings_that_cannot_be_are_refused(make):
    with pytest.raises(UsageError):
        make().validate()


def test_settings_come_back_as_they_were():
    rules = AeRules("CT1", aliases=("G",), charsets=("ISO_IR 144",), max_answers=5)
    assert AeRules.from_mapping(rules.to_mapping()) == rules
