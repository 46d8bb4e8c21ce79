"""Each kind of value, by one field."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapping_kit import context

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.conversions import CONVERT
from hl7console.worklist.profiles.columns import COLUMNS
from hl7console.worklist.profiles.sources import parse_source

ANY = {column.kind: name for name, column in reversed(COLUMNS.items())}
"""One column of each kind."""


def read(kind, written, column="", segment="OBR"):
    """Return whether a value was found, and what was put, of the second field of a segment."""
    told = context("", f"{segment}|1|{written}")
    (seg,) = told.view.all(segment)
    out = Mapped()
    source = parse_source(f"{segment}-2", is_first=True)
    found = CONVERT[kind](told, out, column or ANY[kind], seg, source, seg.raw(2))
    return found, out


@pytest.mark.parametrize("kind", sorted(CONVERT))
@pytest.mark.parametrize("written", [" ", "^", "&", "~", "^^^^^^^^"])
def test_a_field_that_says_nothing_puts_nothing(kind, written):
    found, out = read(kind, written)
    assert (found, {k: v for k, v in out.values.items() if v}) == (False, {})


@pytest.mark.parametrize(
    ("kind", "column", "written", "values"),
    [
        ("address", "address", "1 A St^Flat 2^Leeds^^LS1^GB^H", "1 A St, Flat 2, Leeds, LS1, GB"),
        ("place", "location", "WARD^12^B^HOSP", "WARD-12-B"),
        ("uid", "study_uid", "1.2.3", "1.2.3"),
        ("modality", "modality", "CT", "CT"),
        ("titles", "station_aet", "CT1~CT2~CT1~ ", ["CT1", "CT2"]),
        ("needs", "special_needs", "A0^No~W^Wheelchair", "A0, W"),
        ("text", "rp_id", "RP1^x~RP2", "RP1"),
    ],
)  # fmt: skip
def test_a_field_is_read_by_its_kind(kind, column, written, values):
    found, out = read(kind, written, column)
    assert found
    assert out.values[column] == values
    assert out.paths[column] == "OBR-2"


@pytest.mark.parametrize(
    ("kind", "column", "written", "flag"),
    [
        ("uid", "study_uid", "not.a.uid", "study_uid_invalid"),
        ("when", "issue_dt", "soon", "date_invalid"),
        ("titles", "station_aet", "A TITLE THAT IS TOO LONG", "station_invalid"),
    ],
)
def test_a_value_that_cannot_be_is_flagged_and_the_next_field_tried(kind, column, written, flag):
    found, out = read(kind, written, column)
    assert (found, out.values, out.flags) == (False, {}, [flag])


def test_pregnancy_is_no_special_need():
    found, out = read("needs", "B6", "special_needs", segment="PV1")
    assert not found
    assert out.values == {"pregnancy": 3}
    found, out = read("needs", "B6~W", "special_needs", segment="PV1")
    assert out.values == {"pregnancy": 3, "special_needs": "W"}


def test_orc_18_is_a_modality_only_where_it_is_one():
    assert read("modality", "Outpatient clinic", "modality", segment="ORC")[0] is False
    assert read("modality", "MR", "modality", segment="ORC")[1].values == {"modality": "MR"}


def test_the_path_names_the_second_segment():
    told = context("", "OBR|1|A", "OBR|2|B")
    out = Mapped()
    seg = told.view.all("OBR")[1]
    CONVERT["text"](told, out, "rp_id", seg, parse_source("OBR-2", is_first=False), "B")
    assert (out.paths["rp_id"], out.rules["rp_id"]) == ("OBR[2]-2", "fallback")
