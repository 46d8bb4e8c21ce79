"""Reading the worklist: lists, filters, as of, history, persons, and what C-FIND may answer."""

from __future__ import annotations

import pytest
from worklist_store_kit import (
    SECOND_US,
    START_US,
    apply,
    follow,
    follower,
    order,
    reading,
    received,
    traffic,
)

from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.worklist.records import LineKeys, LineQuery
from hl7console.worklist.rows import IDENTIFIER, ORDER, PATIENT, STEP
from hl7console.worklist.rules import messages
from hl7console.worklist.turn import Severity


@pytest.fixture(autouse=True)
def small_rules(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(messages._RULES, "ORM", apply)


@pytest.fixture
def filled(store):
    raws = [
        order(1, day="20260105", time="100000", modality="CT", station="CT1"),
        order(
            2,
            day="20260105",
            time="080000",
            modality="MR",
            priority="S",
            name="Müller^Jörg",
            patient="8",
        ),
        order(3, day="20260106", time="090000", modality="CT", text="Thorax"),
        order(4, day="", modality="US", patient="8", name="Müller^Jörg"),
        order(5, day="20260107", time="070000", modality="CT", station="CT2"),
        order(5, "CA", day="20260107", time="070000", modality="CT", station="CT2"),
    ]
    store.put(*[received(raw, n) for n, raw in enumerate(raws)])
    follow(store)
    with reading(store) as reader:
        yield reader


@pytest.mark.parametrize(
    ("query", "accessions"),
    [
        (LineQuery(), "A2 A1 A3 A4 A5"),
        (LineQuery(order_by="start"), "A2 A1 A3 A5 A4"),
        (LineQuery(order_by="accession", descending=True), "A5 A4 A3 A2 A1"),
        (LineQuery(date_from="20260105", date_to="20260105"), "A2 A1"),
        (LineQuery(date_from="20260106"), "A3 A5"),
        (LineQuery(date_to="20260106"), "A2 A1 A3"),
        (LineQuery(modalities=("CT", "US"), order_by="accession"), "A1 A3 A4 A5"),
        (LineQuery(stations=("CT1",)), "A1"),
        (LineQuery(stations=("CT1", ""), modalities=("CT",)), "A1 A3"),
        (LineQuery(states=("CANCELED",)), "A5"),
        (LineQuery(priorities=("STAT",)), "A2"),
        (LineQuery(incomplete=True), "A4"),
        (LineQuery(text="muller jorg", order_by="accession"), "A2 A4"),
        (LineQuery(text="THORAX ct"), "A3"),
        (LineQuery(text="p3"), "A3"),
        (LineQuery(text="nobody"), ""),
    ],
)
def test_lists_are_filtered_and_ordered(filled, query, accessions):
    assert [line.accession for line in filled.lines(query)] == accessions.split()
    ids = filled.ids(query)
    assert [line.step_id for line in filled.lines(query)] == ids
    assert filled.lines(query, offset=1, limit=1) == filled.lines(query)[1:2]
    assert filled.counts(query).total == len(ids)
    assert [line.step_id for line in filled.rows(ids[::-1])] == ids[::-1]


def test_counts_are_by_state_modality_and_station(filled):
    counts = filled.counts()
    assert counts.by_state == filled.states() == {"CANCELED": 1, "SCHEDULED": 4}
    assert counts.by_modality == {"CT": 3, "MR": 1, "US": 1}
    assert counts.by_station == {"": 3, "CT1": 1, "CT2": 1}
    assert counts.incomplete == 1


@pytest.mark.parametrize(
    ("keys", "accessions"),
    [
        (LineKeys(), "A2 A1 A3 A5"),
        (LineKeys(complete_only=False, states=("SCHEDULED",)), "A4 A2 A1 A3"),
        (LineKeys(date_from="20260105", date_to="20260105", modalities=("CT",)), "A1"),
        (LineKeys(stations=("CT1",), states=("SCHEDULED",)), "A2 A1 A3"),
        (LineKeys(accession="A3"), "A3"),
        (LineKeys(patient_id="8"), "A2"),
        (LineKeys(study_uid="1.2.1", sps_id="SP1"), "A1"),
        (LineKeys(accession="A' OR 1=1 --"), ""),
    ],
)
def test_what_c_find_may_answer_is_narrowed_down(filled, keys, accessions):
    found = filled.candidates(keys)
    assert [line.accession for line in filled.rows(found)] == accessions.split()
    assert filled.candidates(keys, 1) == found[:1]
    lines = filled.full_lines(found)
    assert [line.values["accession"] for line in lines] == accessions.split()


def test_c_find_uses_an_index_where_there_is_a_key(filled, store):
    from hl7console.store.worklist.queries import key_conditions_of

    for keys, index in (
        (LineKeys(date_from="20260105", date_to="20260105", modalities=("CT",)), "lines_date"),
        (LineKeys(accession="A3"), "lines_accession"),
        (LineKeys(patient_id="8"), "lines_patient_id"),
        (LineKeys(study_uid="1.2.1"), "lines_study"),
    ):
        condition, values = key_conditions_of(keys)
        with follower(store) as made:
            plan = made._database.all(
                f"EXPLAIN QUERY PLAN SELECT step_id FROM lines WHERE {condition}",  # noqa: S608
                values,
            )
        assert index in str(plan)


def _seen(reader: WorklistReader, at_us: int = 0):
    lines = reader.lines(LineQuery(order_by="accession", at_us=at_us))
    step_ids = [line.step_id for line in lines]
    found = [reader.row(STEP, n, at_us) for n in step_ids]
    return (
        lines,
        reader.counts(LineQuery(at_us=at_us)),
        [
            (row.values, {column: row.sources[column] for column in row.values})
            for row in found
            if row is not None
        ],
    )


@pytest.mark.parametrize("seed", range(3))
def test_as_of_shows_what_was_shown_then(store, seed):
    raws = traffic(60, seed)
    seen = {}
    with follower(store) as made, reading(store) as reader:
        for n, raw in enumerate(raws):
            store.put(received(raw, n))
            made.run_to_end()
            seen[n] = _seen(reader)
        for n in range(0, len(raws), 3):
            at_us = START_US + n * SECOND_US
            assert _seen(reader, at_us) == seen[n]
            assert _seen(reader, at_us + SECOND_US - 1) == seen[n]
        assert _seen(reader, START_US - 1)[0] == []


def test_as_of_finds_rows_by_the_keys_they_had(store):
    store.put(
        received(order(1, patient="8"), 0),
        received(order(1, "MV", patient="9", name="OTHER"), 10),
    )
    follow(store)
    with reading(store) as reader:
        then, now = START_US + 5 * SECOND_US, 0
        names = [reader.lines(LineQuery(at_us=at))[0].patient_name for at in (then, now)]
        assert names == ["MARLOWE^TESS", "OTHER"]
        for at, count in ((then, 1), (now, 0)):
            assert len(reader.rows_found(ORDER, "patient", 1, at_us=at)) == count
        assert reader.rows_found(IDENTIFIER, "value", "9", "NORTH", at_us=then) == []
        assert reader.details(1, then).patient.text("patient_id") == "8"


def test_why_tells_the_chain_with_what_was_ignored(store):
    raws = [
        order(1), order(7, "XO"), order(1, "XO", text="CT neck"), order(2, patient="8"),
        order(1, "FL", text="CT neck"), order(1, "ZZ"),
    ]  # fmt: skip
    store.put(*[received(raw, n) for n, raw in enumerate(raws)])
    follow(store)
    with reading(store) as reader:
        step = reader.find("A1")[0]
        effects = reader.why(step)
        assert [e.entry for e in effects] == [1, 2, 3, 5]
        assert [e.title for e in effects] == ["ORM^O01 NW"] + ["ORM^O01 XO"] * 2 + ["ORM^O01 FL"]
        changed = {(c.column, c.old, c.new, c.path) for c in effects[2].changes}
        assert changed == {("rp_desc", "CT head", "CT neck", "OBR-4")}
        assert [n.rule for n in effects[1].notes] == ["unknown_order"]
        assert [n.severity for n in effects[3].notes] == [Severity.FLAG]
        assert [e.entry for e in reader.why(step, START_US + 2 * SECOND_US)] == [1, 2, 3]
        assert [e.entry for e in reader.why_patient(1)] == [1, 2]
        assert reader.effect(6).is_refused
        assert reader.effect(99) is None
        assert reader.why(99) == []


def test_a_step_is_found_by_any_of_its_numbers(filled):
    for number, expected in (("A3", ["A3"]), ("P3", ["A3"]), ("nothing", []), ("A", [])):
        assert [line.accession for line in filled.rows(filled.find(number))] == expected
    assert filled.step_of(*filled.step_keys(2)) == 2
    assert filled.step_of("1.2.99") == 0


def test_persons_are_found_by_words_and_identifiers(filled):
    assert [row.text("patient_id") for row in filled.patients("mull jor")] == ["8"]
    assert [row.text("patient_id") for row in filled.patients("77001")] == ["77001"]
    assert filled.patients("") == []
    assert [row.number("patient") for row in filled.identifiers("8")] == [2]
    assert filled.identifiers("7700") == []


def test_everything_is_empty_before_there_is_a_worklist(store):
    with reading(store) as reader:
        assert reader.lines() == []
        assert reader.counts().total == 0
        assert reader.states() == {}
        assert reader.why(1) == []
        assert reader.problems() == []
        assert reader.watermark().position == 0
        store.put(received(order(1)))
        follow(store)
        assert len(reader.lines()) == 1


def test_details_have_all_rows_of_a_line(store):
    store.put(received(order(1, visit="V1")))
    follow(store)
    with reading(store) as reader:
        details = reader.details(1)
        assert details.line["patient_name"] == "MARLOWE^TESS"
        assert details.sources["rp_desc"].path == "OBR-4"
        assert (details.order.kind, details.patient.kind) == (ORDER, PATIENT)
        assert details.visit.text("visit_no") == "V1"
        assert [row.text("id_value") for row in details.identifiers] == ["77001"]
        assert reader.details(2) is None
