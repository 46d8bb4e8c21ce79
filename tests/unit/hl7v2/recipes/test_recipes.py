"""Recipes as a whole: what each step does to a message.

Modules: hl7console.hl7v2.recipes.recipe, hl7console.hl7v2.recipes.context,
hl7console.hl7v2.recipes.work, hl7console.hl7v2.recipes.values,
hl7console.hl7v2.recipes.rewriting, hl7console.hl7v2.recipes.places,
hl7console.hl7v2.recipes.conditions, hl7console.hl7v2.recipes.problems,
hl7console.hl7v2.recipes.faults.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_kit import RAW, applied, context, step

from hl7console.hl7v2 import writing
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.recipes import RecipeFault, load_recipe, new_problems


def became(recipe: str, old: bytes, new: bytes, raw: bytes = RAW):
    """Check that just this became other bytes; return the outcome of the last step."""
    outcome = applied(recipe, raw)
    assert outcome.raw == raw.replace(old, new)
    assert outcome.is_changed == (outcome.raw != raw)
    return outcome.steps[-1]


def test_set_writes_a_value_escaped():
    done = became(step(set="MSH-5", value="A&B"), b"|PACS|", b"|A\\T\\B|")
    assert (done.changed, done.places) == (1, 1)


def test_set_goes_to_all_segments_and_repetitions():
    outcome = applied(step(set="NTE-3", value="x"))
    assert outcome.raw == RAW.replace(b"||one", b"||x").replace(b"||two", b"||x")
    outcome = applied(step(set="PID-3.4", value="EAST"))
    assert outcome.raw == RAW.replace(b"^NORTH^MR", b"^EAST^MR").replace(b"SOUTH", b"EAST")
    assert outcome.steps[0].changed == 2


def test_an_index_names_one_place():
    became(step(set="NTE[2]-3", value="x"), b"||two", b"||x")
    became(step(set="PID-3[2].4", value="EAST"), b"SOUTH", b"EAST")


def test_set_makes_what_is_missing():
    became(step(set="PV1-5.2", value="x"), b"PV1|1|I", b"PV1|1|I|||^x")


def test_set_writes_several_parts_with_the_delimiters_of_the_message():
    raw = b"MSH|$~\\&|A|B|||20260101||ADT$A01|1|P|2.5\rPID|1||7\r"
    became(step(set="PID-3", written="8^^^X&Y"), b"||7", b"||8$$$X&Y", raw)
    became(step(set="PID-3", written="8$9^X"), b"||7", b"||8\\S\\9$X", raw)


def test_set_writes_a_null():
    became(step(set="PID-8", null=True), b"|F\r", b'|""\r')


def test_clear_empties_and_makes_nothing():
    became(step(clear="PID-3"), b"77001^^^NORTH^MR~88^^^SOUTH^PI", b"")
    done = became(step(clear=["PID-30", "ZZZ-1"]), b"", b"")
    assert (done.changed, done.places) == (0, 0)


def test_copy_takes_the_text_as_it_is_written():
    became(step(copy="PID-5", to="PID-9"), b"|F\r", b"|F|MARLOWE^TESS\r")
    outcome = applied(step(copy="OBX-3.1", to="OBX-4"))
    assert outcome.raw == RAW.replace(b"Finding||", b"Finding|A|").replace(b"|B||", b"|B|B|")
    outcome = applied(step(copy="PID-3.4", to="PID-3.6"))
    assert outcome.raw == RAW.replace(b"^MR", b"^MR^NORTH").replace(b"^PI", b"^PI^SOUTH")


def test_copy_from_another_segment_takes_the_first():
    outcome = applied(step(copy="NTE-3", to="OBX-4"))
    assert Message.parse(outcome.raw).values("OBX-4") == ["one", "one"]


def test_nothing_is_copied_from_nothing():
    done = became(step(copy="PID-2", to="PID-3"), b"", b"")
    assert done.places == 0


def test_map_looks_codes_up():
    became(step(map="PV1-2", table={"I": "E"}), b"PV1|1|I", b"PV1|1|E")
    became(step(map="PID-3.5", table={"PI": "XX"}), b"^PI", b"^XX")
    became(step(map="PV1-2", table={"O": "E"}), b"", b"")
    became(step(map="PV1-2", table={"O": "E"}, default={"value": "U"}), b"PV1|1|I", b"PV1|1|U")
    with pytest.raises(RecipeFault, match=r"^Step 1 \(Map PV1\[1\]-2|^Step 1 \(Map PV1-2"):
        applied(step(map="PV1-2", table={"O": "E"}, default="fail"))


def test_map_by_a_table_of_the_recipe_or_of_the_workspace():
    named = step(map="PV1-2", table="classes")
    own = '[tables.classes]\nI = "A"\n'
    assert applied(named + own, tables={"classes": {"I": "B"}}).raw == RAW.replace(b"1|I", b"1|A")
    assert applied(named, tables={"classes": {"I": "B"}}).raw == RAW.replace(b"1|I", b"1|B")
    with pytest.raises(RecipeFault, match="no table classes"):
        applied(named)


def test_map_of_nothing_needs_an_entry_for_nothing():
    became(step(map="PV1-4", table={"": "R"}), b"PV1|1|I", b"PV1|1|I||R")
    became(step(map="PV1-4", table={"X": "R"}, default="fail"), b"", b"")


def test_now_keeps_precision_and_zone():
    became(step(now="MSH-7"), b"20260105093012+0100", b"20261124151516+0100")
    became(step(now="OBR-7"), b"202601050900|", b"202611241415|")
    became(step(now="OBX[1]-14"), b"20260105\r", b"20261124\r")
    became(step(now="PV1-44"), b"PV1|1|I", b"PV1|1|I" + b"|" * 42 + b"20261124141516")


def test_new_control_id():
    became(step(new_control_id=True), b"|C1|", b"|NEW1|")


def test_rename_and_remove():
    became(step(rename="NTE", to="zno"), b"NTE|", b"ZNO|")
    done = became(step(remove="NTE"), b"NTE|1||one\rNTE|2||two\r", b"")
    assert done.changed == 2
    became(step(remove="NTE[1]"), b"NTE|1||one\r", b"")
    became(step(remove="PV1"), b"PV1|1|I\r", b"")


def test_shift_moves_all_dates_but_birth_dates():
    outcome = applied(step(shift="all", days=1, hours=1))
    found = Message.parse(outcome.raw)
    assert found.get("MSH-7") == "20260106103012+0100"
    assert found.get("PID-7") == "19680412"
    assert found.get("OBR-7") == "202601061000"
    assert found.get("OBX[1]-14") == "20260106"
    assert outcome.steps[0].changed == 4
    became(step(shift="PID-7", days=-1), b"19680412", b"19680411")
    assert applied(step(shift="PID-5", days=1)).raw == RAW


def test_a_date_that_would_leave_the_calendar_is_told():
    with pytest.raises(RecipeFault, match=r"Step 1.*PID-7"):
        applied(step(shift="PID-7", weeks=-20000), RAW.replace(b"19680412", b"00010101"))


def test_regex_changes_only_what_it_finds():
    became(step(regex="OBX-5", find="second", replace="2nd"), b"second", b"2nd")
    became(step(regex="OBX-5", find="& (t)", replace=r"\1|"), b"\\T\\ t", b"t\\F\\")
    became(step(regex="OBX-5", find="t.s", replace="T_S"), b"t\\.br\\s", b"T_S")
    became(step(regex="OBX-5", find="first(.)second", replace=r"a\1b"), b"first\\.br\\second",
           b"a\\.br\\b")  # fmt: skip
    became(step(regex="PID-5", find="^t", replace="J", ignore_case=True), b"^TESS", b"^JESS")
    became(step(regex="PID-5", find=r"(\w+)\^(\w+)", replace=r"\2^\1", as_written=True),
           b"MARLOWE^TESS", b"TESS^MARLOWE")  # fmt: skip
    became(step(regex="PID-5", find=r"E\^T", replace=""), b"", b"")


def test_a_slow_regex_is_stopped():
    raw = RAW.replace(b"plain", b"a" * 60 + b"!")
    recipe = step(regex="OBX-5", find=r"(?:a|aa|aaa)+$", replace="")
    with pytest.raises(RecipeFault, match="took too long") as fault:
        applied(recipe, raw, pattern_s=0.05)
    assert fault.value.step == 1
    assert "aaa" not in fault.value.text


def test_a_condition_decides_on_the_message_as_it_is_then():
    recipe = step(set="PV1-2", value="O", when="type:ORU PV1-2=I")
    recipe += step(set="NTE-3", value="x", when="PV1-2=I")
    outcome = applied(recipe)
    assert outcome.raw == RAW.replace(b"PV1|1|I", b"PV1|1|O")
    assert [done.is_met for done in outcome.steps] == [True, False]
    for when, is_met in (
        ("from:RIS", True), ("to:RIS", False), ("patient:77001", True), ("control:C1", True),
        ("has:note", True), ("size:>1M", False), ("marlowe", True), ("type:ADT", False),
    ):  # fmt: skip
        assert applied(step(set="MSH-5", value="X", when=when)).steps[0].is_met == is_met, when


def test_matching_nothing_shows():
    assert applied(step(set="ZZZ-1", value="x")).matched_nothing
    assert applied(step(set="MSH-5", value="x", when="type:ADT")).matched_nothing
    assert not applied(step(set="MSH-5", value="PACS")).matched_nothing


def test_a_character_that_the_message_cannot_hold_is_told_without_the_value():
    with pytest.raises(RecipeFault, match=r"^Step 1 \(Set PID-5\)") as fault:
        applied(step(set="PID-5", value="東京"))
    assert "東" not in fault.value.full_text


def test_what_the_change_made_wrong():
    worse = applied(step(set="PID-8", value="QQ")).raw
    assert [str(found.path) for found in new_problems(RAW, worse)] == ["PID-8"]
    assert not new_problems(RAW, RAW)
    assert not new_problems(worse, worse.replace(b"PV1|1|I\r", b"PV1|1|O\r"))


def test_what_was_wrong_before_is_not_new_when_segments_move():
    raw = RAW.replace(b"|plain|", b"|pl\\ain|")
    assert not new_problems(raw, applied(step(remove="OBX[1]"), raw).raw)


def test_a_null_is_no_text_to_look_at():
    raw = RAW.replace(b"|F\r", b'|""\r')
    became(step(regex="PID-8", find='"', replace="x"), b"", b"", raw)


@pytest.mark.parametrize("codec", ["ascii", "utf_8", "iso2022_jp"])
def test_many_places_are_written_at_once(codec: str):
    charset = {"utf_8": "UNICODE UTF-8", "iso2022_jp": "ISO IR87"}.get(codec, "")
    name = "TESS" if codec == "ascii" else "太郎"
    text = RAW.decode().replace("2.5.1\r", f"2.5.1||||||{charset}\r").replace("TESS", name)
    message = Message.parse(text.replace("plain", name).encode(codec))
    found = [message.first(path) for path in ("PID-5.1", "OBX[2]-5", "NTE[1]-3", "NTE[2]-3")]
    splices = [(node.start, node.end, f"{name}{number}") for number, node in enumerate(found)]
    made = writing._all_at_once(message, splices)
    assert made is not None
    assert made.raw == writing.spliced_all(message, splices).raw
    for start, end, new in reversed(splices):
        message = message.with_text(start, end, new)
    assert made.raw == message.raw


def test_functions_go_where_the_context_says():
    recipe = step(function="tidy.py:run")
    outcome = applied(recipe, run_function=lambda call: call.raw.replace(b"C1", b"C2"))
    assert outcome.raw == RAW.replace(b"C1", b"C2")
    assert [f.file for f in load_recipe(recipe).functions] == ["tidy.py"]
    with pytest.raises(RecipeFault, match="cannot run here"):
        applied(recipe)
    with pytest.raises(RecipeFault, match="no HL7 message"):
        applied(recipe, run_function=lambda _: b"hello")


def test_escapes_and_character_sets_stay():
    text = RAW.decode().replace("2.5.1\r", "2.5.1||||||ISO IR87\r").replace("TESS", "太郎^x")
    raw = text.encode("iso2022_jp")
    done = applied(step(set=["PID-5.3", "NTE-3"], value="東京"), raw)
    made = Message.parse(done.raw)
    assert made.get("PID-5.2") == "太郎"
    assert made.values("NTE-3") == ["東京", "東京"]
    assert made.codec == Message.parse(raw).codec
    assert done.raw.startswith(raw[: raw.index(b"x\x1b") if b"x\x1b" in raw else 100])


LEAVES = ("MSH-3", "PID-3[1].4", "PID-3[2].1", "PID-5.2", "PV1-2", "OBR-4.2", "OBX[2]-5", "NTE-3")


@given(path=st.sampled_from(LEAVES), value=st.text(max_size=12))
def test_only_the_named_places_change(path: str, value: str):
    raw = RAW.replace(b"2.5.1\r", b"2.5.1||||||UNICODE UTF-8\r")
    try:
        outcome = applied(step(set=path, value=value), raw)
    except RecipeFault:
        return  # surrogates
    before, after = Message.parse(raw), Message.parse(outcome.raw)
    assert set(after.values(path)) == {value}
    for other in LEAVES:
        if other != path:
            assert after.values(other) == before.values(other)
    cleared = applied(step(clear=path), outcome.raw)
    assert set(Message.parse(cleared.raw).values(path)) == {""}
    assert len(after.segments) == len(before.segments)


PATHS = st.from_regex(
    r"((PID|OBX|NTE|ZZZ)(\[[12]\])?-([3-9]|1[0-9])|MSH-([3-9]|19))(\[[12]\])?(\.[1-3])?",
    fullmatch=True,
)


@given(raw=st.binary(max_size=200), path=PATHS, text=st.text("ab&^~\\|é", max_size=6))
def test_any_bytes_are_changed_or_refused(raw: bytes, path: str, text: str):
    recipe = step(set=path, value=text) + step(clear=path) + step(remove="NTE")
    recipe += step(regex=path, find="[a&]", replace="b") + step(shift="all", days=1)
    for subject in (raw, RAW[:80] + raw + b"\r" + RAW[80:]):
        try:
            load_recipe(recipe).apply(subject, context())
        except RecipeFault as fault:
            assert fault.step  # noqa: PT017
