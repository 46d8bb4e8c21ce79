"""What values mean."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.dictionary import FieldDefinition, load
from hl7console.hl7v2.views.meanings import coding_table, composite_meaning, simple_meaning


@pytest.mark.parametrize(
    ("system", "table"),
    [("HL70078", "0078"), ("hl7-0078", "0078"), ("HL7 0078", ""), ("LN", ""), ("", "")],
)
def test_coding_tables(system, table):
    assert coding_table(system) == table


@pytest.mark.parametrize(
    ("value", "type_", "table", "meaning"),
    [
        ("F", "IS", "0001", "Female"),
        ("?", "IS", "0001", ""),
        ("F", "IS", "", ""),
        ("", "TS", "", ""),
        ("2026", "TS", "", "2026"),
        ("x", "TS", "", ""),
    ],
)
def test_simple_values(value, type_, table, meaning):
    assert simple_meaning(value, type_, table, load()) == meaning


SEX = FieldDefinition("Sex", "CE", table="0001")


@pytest.mark.parametrize(
    ("parts", "type_", "definition", "meaning"),
    [
        (["ADT", "A04"], "MSG", None, "Register a patient"),
        (["ADT"], "MSG", None, ""),
        (["20260101", "D"], "TS", None, "2026-01-01"),
        (["F", "", "HL70001"], "CE", None, "Female"),
        (["F", "", "X"], "CWE", SEX, "Female"),
        (["F"], "CE", SEX, "Female"),
        (["F"], "CE", None, ""),
        (["?"], "CE", SEX, ""),
        (["F", "Weiblich"], "CE", SEX, ""),
        (["DOE", "JANE"], "XPN", None, ""),
    ],
)
def test_composite_values(parts, type_, definition, meaning):
    assert composite_meaning(parts, type_, definition, load()) == meaning
