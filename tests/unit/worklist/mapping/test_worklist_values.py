"""Values of the mapping: names, identifiers, authorities, texts, codes and made-up numbers.

Modules: hl7console.worklist.mapping.names, hl7console.worklist.mapping.identifiers,
hl7console.worklist.mapping.authorities, hl7console.worklist.mapping.texts,
hl7console.worklist.mapping.codes, hl7console.worklist.mapping.studies,
hl7console.worklist.mapping.context.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapping_kit import MSH, PID, context, entry, fields, profile, view_of

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping import authorities, codes, identifiers, names, studies
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.texts import fitted, one_line, several_lines

COMMA = "[options]\nsplit_comma_names = true"


def xpn(raw: str, text: str = "") -> tuple[str, list[str]]:
    flags: list[str] = []
    return names.pn_of_xpn(context(text), raw.split("~"), flags), flags


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("DOE^JANE", "DOE^JANE"),
        ("DOE^JANE^ANN^JR^DR", "DOE^JANE^ANN^DR^JR"),
        ("DOE^JANE^^^^PHD", "DOE^JANE^^^PHD"),
        ("DOE^JANE^^JR^^PHD", "DOE^JANE^^^JR PHD"),
        ("VAN DER BERG&VAN DER&BERG^JAN", "VAN DER BERG^JAN"),
        ("  DOE ^ JANE   ANN ", "DOE^JANE ANN"),
        ("Doe^Jane", "Doe^Jane"),
        ("D\\T\\E^J\\S\\N", "D&E^J N"),
        ("A=B\\E\\C^X", "A B C^X"),
        ("DOE, JOHN", "DOE, JOHN"),
        ("STAGE^N^^^^^A~DOE^JANE^^^^^L", "DOE^JANE"),
        ("M^A^^^^^M~B^A^^^^^B~D^A^^^^^D", "D^A"),
        ("M^A^^^^^M~B^A^^^^^B", "B^A"),
        ("X^A~DOE^JANE^^^^^L", "DOE^JANE"),
        ("X^A^^^^^U~Y^B^^^^^U", "X^A"),
        ("^^^^^^L~DOE^JANE^^^^^D", "DOE^JANE"),
        ("Yamada^Tarou^^^^^L^A~山田^太郎^^^^^L^I~やまだ^たろう^^^^^L^P",
         "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("山田^太郎^^^^^L^I~Yamada^Tarou^^^^^L^A", "Yamada^Tarou=山田^太郎"),
        ("山田^太郎^^^^^L^I", "=山田^太郎"),
        ("", ""), ("^^^", ""), ('""^""', ""), ("~", ""),
    ],
)  # fmt: skip
def test_patient_names(raw: str, name: str):
    assert xpn(raw)[0] == name


def test_a_comma_splits_a_name_only_where_the_profile_says_so():
    assert xpn("DOE, JOHN", COMMA)[0] == "DOE^JOHN"
    assert xpn("DOE, SR^JOHN", COMMA)[0] == "DOE, SR^JOHN"


def test_an_alias_is_kept_and_flagged_where_there_is_no_other():
    assert xpn("STAGE^NAME^^^^^A") == ("STAGE^NAME", ["alias_name"])
    assert xpn("A^B^^^^^N~C^D^^^^^A") == ("A^B", ["alias_name"])
    assert xpn("A^B^^^^^A~C^D^^^^^L")[1] == []


def test_a_long_name_loses_its_middle_first_and_then_its_suffix():
    family, given, middle, suffix = "F" * 30, "G" * 20, "M" * 30, "S" * 10
    name, flags = xpn(f"{family}^{given}^{middle}^{suffix}")
    assert flags == ["name_cut"]
    assert len(name) <= 64
    assert name == f"{family}^{given}^^^{suffix}"
    name, _ = xpn(f"{'F' * 40}^{given}^{middle}^{suffix}")
    assert name == f"{'F' * 40}^{given}"
    assert xpn("F" * 80)[0] == "F" * 64


def test_each_group_may_have_64_characters():
    name, flags = xpn(f"{'a' * 64}^^^^^^L^A~{'b' * 64}^^^^^^L^I")
    assert name == "a" * 64 + "=" + "b" * 64
    assert flags == []


@given(st.text(max_size=150))
def test_no_name_is_too_odd(raw: str):
    name, _ = xpn(raw.replace("\r", ""))
    assert all(len(group) <= 64 for group in name.split("="))
    assert name.count("=") <= 2
    assert "\\" not in name
    assert all(part.isprintable() for part in name)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("55^HOUSE^GREGORY^^^DR", "HOUSE^GREGORY^^DR"),
        ("55^HOUSE^GREGORY^H^JR^DR^MD", "HOUSE^GREGORY^H^DR^JR MD"),
        ("^HOUSE&&^G", "HOUSE^G"),
        ("55", ""),
        ("", ""),
        ("55^^", ""),
    ],
)
def test_doctors(raw: str, name: str):
    assert names.pn_of_xcn(context(), raw, []) == name


@pytest.mark.parametrize(
    ("raw", "name"),
    [("77&MILLER&ANN&&&DR^20261104", "MILLER^ANN^^DR"), ("77^x", ""), ("77&", ""), ("", "")],
)
def test_performers(raw: str, name: str):
    assert names.pn_of_cnn(context(), raw, []) == name


# Authorities.


def key(written: str, text: str = "", msh: str = MSH) -> str:
    view, message = view_of(PID, msh=msh)
    return authorities.key_of_hd(view, written, profile(text), message)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("HOSP", "HOSP"), ("hosp", "HOSP"), ("HOSP&1.2.3&ISO", "HOSP"), ("&1.2.3&ISO", "1.2.3:ISO"),
        ("&1.2.3", "1.2.3:ISO"), (" Hosp ", "HOSP"), ("", "HOSP"), ('""', "HOSP"), ("&&", "HOSP"),
    ],
)  # fmt: skip
def test_keys_of_authorities(written: str, wanted: str):
    assert key(written) == wanted


def test_an_alias_joins_namespace_and_oid():
    text = '[authorities]\n"1.2.3:ISO" = "HOSP"\nCLINIC = "HOSP"'
    assert {key(w, text) for w in ("&1.2.3&ISO", "CLINIC&9.9&ISO", "clinic", "HOSP")} == {"HOSP"}
    assert key("OTHER&1.2.3&ISO", text) == "HOSP"


@pytest.mark.parametrize(
    ("sender", "wanted"),
    [("RIS|HOSP", "HOSP"), ("RIS|", "RIS"), ("|", "MAIN")],
)
def test_the_sender_stands_for_a_missing_authority(sender: str, wanted: str):
    msh = f"MSH|^~\\&|{sender}|C|RAD|20261103||ORM^O01|1|P|2.3.1"
    assert key("", msh=msh) == wanted
    assert key("", '[options]\ndefault_authority = "clinic"', msh) == "CLINIC"


def test_an_authority_is_never_empty():
    view, _ = view_of(PID, msh="MSH|^~\\&")
    assert Context(view, profile(), entry(b"", "")).default_key


def test_segments_do_not_hold_their_message():
    view, _ = view_of(PID)
    assert all(segment.view is not view for segment in view.segments)


# Identifiers.


def cx(pid_3: str, text: str = "") -> list[identifiers.MappedIdentifier]:
    run = context(text, fields(PID, f3=pid_3))
    seg = run.view.first("PID")
    assert seg is not None
    return identifiers.cx_list(run, seg, 3)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("  007a ^^^HOSP", ["007a"]),
        ('""', []), ("^^^HOSP", []), ("", []), ("~~", []),
        ("1^^^HOSP^AN~2^^^HOSP^VN~3^^^HOSP^MR", ["3"]),
        ("1^^^A^PI~2^^^A^MR", ["2", "1"]),
        ("1^^^A^SS~2^^^A", ["2", "1"]),
        ("1^^^A~2^^^B", ["1", "2"]),
        ("1^^^A^MR^^^20200101~2^^^A^PI", ["2", "1"]),
        ("1^^^A^MR^^^20991231~2^^^A^PI", ["1", "2"]),
        ("1^^^A^MR~1^^^a^MR", ["1"]),
        ("1^^^A~1^^^B", ["1", "1"]),
    ],
)  # fmt: skip
def test_identifiers_in_order_of_preference(written: str, wanted: list[str]):
    assert [found.id_value for found in cx(written)] == wanted


def test_the_profiles_authority_comes_first():
    found = cx("1^^^A^MR~2^^^B^PI", '[options]\nprimary_authority = "b"')
    assert [one.id_value for one in found] == ["2", "1"]


def test_parts_of_an_identifier():
    (found,) = cx("4711^9^M11^HOSP&1.2.3&ISO^mr")
    assert found.id_type == "MR"
    assert (found.namespace, found.universal_id, found.universal_type) == ("HOSP", "1.2.3", "ISO")
    assert (found.authority, found.path, found.is_defaulted) == ("HOSP", "PID-3", False)


def test_the_facility_counts_only_where_the_authority_is_empty():
    assert cx("1^^^A^MR^B")[0].authority == "A"
    assert cx("1^^^^MR^B")[0].authority == "B"
    assert cx("1^^^^MR")[0].is_defaulted


# Texts.


@pytest.mark.parametrize(
    ("text", "line"),
    [("  a  b ", "a b"), ("a\nb\\c\x07d", "a b c d"), ("", ""), ("ä\u00a0b", "ä b")],
)
def test_texts_of_one_line(text: str, line: str):
    assert one_line(text) == line


def test_texts_of_several_lines():
    assert several_lines(" a\r\nb\rc\x01d\\e ") == "a\nb\nc d\\e"


@pytest.mark.parametrize(("vr", "most"), [("SH", 16), ("LO", 64), ("ST", 1024), ("LT", 10240)])
def test_what_is_too_long_is_cut_and_flagged(vr: str, most: int):
    out = Mapped()
    assert fitted(out, "x", "a" * most, vr) == "a" * most
    assert out.flags == []
    assert fitted(out, "x", "ä" * (most + 1), vr) == "ä" * most
    assert out.flags == ["text_cut"]


# Codes.


@pytest.mark.parametrize(
    ("written", "item"),
    [
        ("CTH^CT head^99RIS", ["CTH", "CT head", "99RIS"]),
        ("CTH^CT head^RIS", ["CTH", "CT head", "99RIS"]),
        ("1-8^Text^LN", ["1-8", "Text", "LN"]),
        ("1^Text^SNM", ["1", "Text", "SRT"]),
        ("1^Text^CPT4", ["1", "Text", "C4"]),
        ("1^Text^AVERYLONGSYSTEMNAME", ["1", "Text", "99AVERYLONGSYSTE"]),
        ("CTH^^99RIS", None),
        ("CTH^CT head", None),
        ("^CT head^99RIS", None),
        ("", None),
    ],
)
def test_code_items(written: str, item: list[str] | None):
    assert codes.triplet(context(), written.split("^"), 0) == item


def test_odd_code_items_are_flagged():
    out = Mapped()
    item = codes.fit_item(["C" * 17, "M" * 65, "99X"], out)
    assert item == ["C" * 17, "M" * 64, "99X"]
    assert sorted(out.flags) == ["code_long", "text_cut"]


REJECT = "[options]\nreject_unknown_modalities = true"


@pytest.mark.parametrize(
    ("code", "text", "modality", "flags"),
    [
        ("CT", "", "CT", []), ("ct", "", "CT", []), ("NMR", "", "MR", []), ("CUS", "", "US", []),
        ("RAD", "", "", []), ("XYZ", "", "XYZ", ["modality_unknown"]),
        ("XYZ", REJECT, "", ["modality_unknown"]), ("C/T", "", "", ["modality_unknown"]),
        ("COMPUTED TOMOGRAPHY", "", "", ["modality_unknown"]),
        ("\u041a\u0422", "", "", ["modality_unknown"]),
    ],
)  # fmt: skip
def test_modalities(code: str, text: str, modality: str, flags: list[str]):
    out = Mapped()
    assert codes.modality_of(context(text), code, out)[0] == modality
    assert out.flags == flags


# Numbers that are made up.


@pytest.mark.parametrize(
    ("uid", "holds"),
    [
        ("1.2.840.10008", True), ("2.25.0", True), ("0", True), ("", False), ("1..2", False),
        ("1.02", False), ("1.2.", False), (".1", False), ("1.2a", False), ("1" * 65, False),
        ("1.2 ", False), ("\uff11.2", False),
    ],
)  # fmt: skip
def test_uids(uid: str, holds: bool):
    assert studies.is_uid(uid) is holds


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_made_up_numbers_are_usable_and_the_same_each_time(parts: list[str]):
    uid = studies.derived_uid(*[part.encode("utf-8", "ignore").decode() for part in parts])
    assert studies.is_uid(uid)
    assert uid == studies.derived_uid(*[p.encode("utf-8", "ignore").decode() for p in parts])
    for made in (studies.generated_rp_id(*parts), studies.generated_sps_id(*parts)):
        assert len(made) <= 16
        assert made.isalnum()


def test_made_up_numbers_differ_by_authority():
    assert studies.derived_uid("HOSP", "1001") != studies.derived_uid("CLINIC", "1001")
    assert studies.derived_uid("A", "BC") != studies.derived_uid("AB", "C")
    assert studies.generated_rp_id("A", "1") != studies.generated_rp_id("B", "1")
