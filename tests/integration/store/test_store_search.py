# ruff: noqa: RUF001, S311
"""Searches find what the plain evaluation finds, whatever the index has reached."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hl7console.hl7v2.filters import parse
from hl7console.hl7v2.filters.evaluation import Facts, evaluate
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.scan import scan
from hl7console.store import deliveries, derive, search
from hl7console.store.connection import Database
from hl7console.store.deliveries import AttemptOutcome
from hl7console.store.reader import StoreReader
from hl7console.store.records import DeliveryState, NewMessage
from hl7console.store.writer import StoreWriter

COUNT = 150
START_US = 1_767_225_600_000_000
NAMES = [
    "SMITH^JANE", "smith^john", "SMITHSON^JO", "MÜLLER^ÄNNE", "Muller^Anne", "山田^太郎", "ΣΊΣΥΦΟΣ",
    "O\\T\\BRIEN^X", "\\X41\\BC", "STRASSE", "Straße^ß", "ſmith", "x" * 65, "y" * 64, '""', "",
]  # fmt: skip
IDS = ["4711", "4711^^^HOSP^MR", "4712^^^LAB", "47", "A-1/2 b", "a-1/2 B", "ſ1", "s1", "", "K" * 70]
TEXTS = [
    "CT head without contrast", "ct, HEAD", "head ct", "no fracture", "QUJD" * 120,
    "https://example.org/a+b", "1.2.840.10008", "a_b", "", "Ａ１ full width", "Kelvin K",
]  # fmt: skip
TYPES = ["ORM^O01", "ORU^R01^ORU_R01", "adt^a08", "ADT^A40", "", "OMI^O23"]
WORDS = [
    "smith", "SMITH", "jane", "sm", "müller", "muller", "山田", "山", "σίσυφος", "abc", "strasse",
    "ct", "head", "head ct", "ct head", "fracture", "x" * 64, "y" * 64, "qujd", "example", "1",
    "o", "brien", "a", "b", "kelvin", "k", "full", "4711", "A2026",
]  # fmt: skip


def a_message(chance: random.Random, n: int) -> NewMessage:
    segments = [
        f"MSH|^~\\&|{chance.choice(['RIS', 'ris', 'LAB'])}|{chance.choice(['HOSP', ''])}|PACS|HOSP"
        f"|20260105||{chance.choice(TYPES)}|C{chance.randrange(60)}|P|2.5||||||UNICODE UTF-8",
        f"PID|1||{chance.choice(IDS)}||{chance.choice(NAMES)}||{chance.choice(['19700101', ''])}",
        f"ORC|NW|{chance.choice(['P-1', 'p-1', 'P2', ''])}|{chance.choice(['F1', 'P2', ''])}",
        f"OBR|1|P9|F9|CT^{chance.choice(TEXTS)}" + "|" * 15 + chance.choice(["A1", "a2026-1", ""]),
        f"OBX|1|{chance.choice(['TX', 'ED', 'NM'])}|X||{chance.choice(TEXTS)}",
    ]
    if chance.random() < 0.3:
        segments.append("NTE|1||note")
    raw = "\r".join(segments).encode()
    if chance.random() < 0.1:
        raw = raw.replace(b"UNICODE UTF-8", b"8859/1").replace("Ü".encode(), b"\xdc")
    found = scan(raw)
    status = chance.choice(["ok", "ok", "error", "rejected"])
    return NewMessage(
        raw=raw,
        origin=chance.choice(["received", "received", "imported", "edited", "sent", "sample"]),
        interface=chance.choice(["RIS-in", "ris-IN", "LAB"]),
        received_at_us=START_US + chance.randrange(-5, 5) * 3_600_000_000 + n,
        message_type=found.message_type, event=found.event, structure=found.structure,
        control_id=found.control_id, sender=found.sender, receiver=found.receiver,
        version=found.version, charset=found.charset, patient_id=found.patient_id,
        patient_authority=found.patient_authority, patient_name=found.patient_name,
        accession=found.accession, placer_order=found.placer_order,
        filler_order=found.filler_order, status=status,
        error_text=chance.choice(["", "", "Odd."]) if status == "ok" else "Wrong.",
        parent_id=chance.randrange(1, COUNT) if chance.random() < 0.1 else 0,
        dedup_key=chance.randrange(1, 30) if chance.random() < 0.3 else 0,
    )  # fmt: skip


@pytest.fixture(scope="module", params=[0, 70, COUNT], ids=lambda n: f"indexed up to {n}")
def made(request, tmp_path_factory) -> Iterator[tuple[Path, int]]:
    """A plain database whose index has reached some message."""
    path = tmp_path_factory.mktemp("search") / "s.db"
    writer = StoreWriter(path, None)
    writer.start()
    chance = random.Random(3)
    writer.call(lambda _: None, label="sync").result(10)
    chores = writer._chores
    chores.is_due = lambda _last: False
    chores.is_pending = lambda _last: False
    messages = [a_message(chance, n) for n in range(COUNT)]
    messages[20].raw += b"\rOBX|2|TX|X||" + b"many words " * 200
    for new in messages:
        writer.put(new)

    def prepare(database: Database) -> None:
        for n in range(0, COUNT, 7):
            state = list(DeliveryState)[n % len(DeliveryState)]
            deliveries.record_attempt(
                database, n + 1, ("PACS", "pacs", "Other")[n % 3], n, AttemptOutcome(state, n + 1)
            )
        for n in range(2 * COUNT):  # what is tried again counts by its last try
            state = chance.choice(["accepted", "rejected", "rejected", "unknown", "cancelled"])
            code = chance.choice(["AA", "AE", "AR", "CR", ""])
            if chance.random() < 0.7:
                outcome = AttemptOutcome(state, n, ack_code=code)
                deliveries.record_attempt(database, n % COUNT + 1, "PACS", n, outcome)
        database.execute("UPDATE messages SET traits = traits | 1 WHERE id % 11 = 0")
        database.execute("DELETE FROM messages WHERE id IN (5, 6, 7, 40)")

    writer.call(prepare, label="prepare").result(10)
    if request.param:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(derive, "MOST_WORDS", 300)
            step = chores._deriver.step
            reached = writer.call(lambda _: step(request.param, lambda: False), label="x").result(
                30
            )
        assert reached >= request.param
        left_out = writer.call(lambda db: db.all("SELECT id FROM unindexed"), label="x").result(10)
        assert left_out == [(21,)]
    yield path, request.param
    assert writer.stop(20)


@pytest.fixture(scope="module")
def truth(made):
    """Rows, bytes and facts of all messages, read without the search."""
    database = Database(made[0], None, read_only=True)
    ids = [int(row[0]) for row in database.all("SELECT id FROM messages ORDER BY id")]
    rows = {row.id: row for row in search.read_rows(database, ids)}
    entries = []
    for message_id, raw in search.read_bodies(database, ids):
        sent = database.all(
            "SELECT destination, state FROM deliveries WHERE message_id = ?", (message_id,)
        )
        facts = Facts(
            tuple(row[0] for row in sent),
            any(row[1] in ("queued", "sending", "committed", "held") for row in sent),
            any(row.parent_id == message_id for row in rows.values()),
        )
        row = rows[message_id]
        entries.append((row, Message.parse(raw, force_codec=row.charset), facts))
    database.close()
    assert len(entries) == COUNT - 4
    return Truth(entries)


class Truth:
    """Rows, messages and facts; a class of its own for its short `repr`."""

    def __init__(self, entries) -> None:
        self._entries = entries

    def matching(self, query) -> list[int]:
        return [
            row.id for row, body, facts in self._entries if evaluate(query, row, body, facts=facts)
        ]


word = st.sampled_from(WORDS)
conditions = st.one_of(
    word.map(lambda w: w.replace(" ", "")),
    word.map(lambda w: f'"{w}"'),
    st.sampled_from(TYPES).filter(bool).map(lambda t: f"type:{t}"),
    st.sampled_from(["type:ORM", "type:^A08", "from:RIS", "from:HOSP", "from:ris|HOSP", "from:R*"]),
    st.sampled_from(["to:PACS", "listener:RIS-IN", "listener:L*", "destination:PACS"]),
    st.sampled_from(["destination:O*", "control:c1", "control:C1*", "control:C2"]),
    st.sampled_from([i.replace("^^^", "^").split("^MR")[0] for i in IDS if i]).map(
        lambda i: f'patient:"{i}"'
    ),
    st.sampled_from(["patient:47*", "patient:s*", "patient:A-1*", "patient:4711^H*", "patient:K*"]),
    st.sampled_from(["patient:" + "k" * 70, "patient:" + "k" * 66 + "*", "patient:" + "k" * 71]),
    st.sampled_from(["accession:A1", "accession:A2026-1", "accession:a*", "order:p-1", "order:P*"]),
    st.sampled_from(["order:P2", "size:>300", "size:<=280", "handled:yes", "handled:no"]),
    st.sampled_from([f"status:{s}" for s in ("ok", "error", "rejected", "waiting", "duplicate")]),
    st.sampled_from([f"direction:{d}" for d in ("in", "out", "received", "imported", "sample")]),
    st.sampled_from([f"has:{w}" for w in ("problems", "attachment", "children", "parent", "note")]),
    st.sampled_from(["since:2026-01-01T00:00:00Z", "until:2026-01-01T02:00:00Z"]),
    st.sampled_from(["PID-5.1=smith", "PID-5=SMITH^JANE", "PID-3.1!=4711", 'OBR-4.2~"head"']),
    st.sampled_from(["PID-7>1969", "PID-7", "OBX-5~ac", "NTE-3", 'PID-3.1="A-1/2 B"', "PID-5.1~ß"]),
)


def joined(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(items, min_size=2, max_size=3).map(" ".join),
        st.lists(items, min_size=2, max_size=3).map(lambda parts: "(" + " or ".join(parts) + ")"),
        items.map(lambda part: f"not ({part})"),
    )


queries = st.recursive(conditions, joined, max_leaves=5)


@given(text=queries, small=st.booleans(), after_id=st.integers(0, COUNT))
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_search_agrees_with_evaluation(made, truth, text, small, after_id):
    query = parse(text)
    expected = truth.matching(query)
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr(search, "FIRST_RANGE", 8)
            patch.setattr(search, "TAIL_RANGE", 16)
            patch.setattr(search, "READ_AT_ONCE", 3)
        reader = StoreReader(made[0], None)
        try:
            assert list(reader.ids(query)) == expected
            assert list(reader.ids(query, newest_first=True)) == expected[::-1]
            assert list(reader.ids(query, limit=3)) == expected[:3]
            assert list(reader.ids(query, limit=3, newest_first=True)) == expected[::-1][:3]
            assert reader.count(query) == len(expected)
            assert list(reader.new_ids(query, after_id)) == [i for i in expected if i > after_id]
            for until_id in (after_id - 1, after_id + 20):
                found = list(reader.new_ids(query, after_id, until_id))
                assert found == [i for i in expected if after_id < i <= until_id]
        finally:
            reader.close()


@pytest.mark.parametrize("text", ["status:ok", "status:error", "status:rejected", "has:problems"])
@pytest.mark.parametrize("form", ["{}", "-{}", "ct {}", "(smith or {})"])
@pytest.mark.parametrize("origin", ["sent", "received"])
def test_what_the_receiver_made_of_it_counts(made, truth, text, form, origin):
    query = parse(f"direction:{origin} {form.format(text)}")
    expected = truth.matching(query)
    assert expected
    reader = StoreReader(made[0], None)
    try:
        assert list(reader.ids(query)) == expected
    finally:
        reader.close()


def test_the_examples_find_something(truth):
    """Guards the test above against comparing nothing with nothing."""
    for text in ("smith", "山田", '"ct head"', "patient:4711", "order:p-1", "has:note", "abc"):
        assert truth.matching(parse(text)), text
