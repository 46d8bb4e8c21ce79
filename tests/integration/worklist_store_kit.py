"""A worklist on real files, with small rules of its own in the place of the real ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hl7console.hl7v2.scan import scan
from hl7console.store.records import NewMessage
from hl7console.store.worklist import journal
from hl7console.store.worklist.follower import Follower
from hl7console.store.worklist.reader import WorklistReader
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View
from hl7console.worklist.rows import IDENTIFIER, ORDER, PATIENT, STEP, VISIT
from hl7console.worklist.turn import Severity, Turn

SECOND_US = 1_000_000
START_US = 1_767_225_600_000_000

KEYS = (
    "message_type", "event", "structure", "control_id", "sender", "receiver", "version", "charset",
    "patient_id", "patient_authority", "patient_name", "accession", "placer_order", "filler_order",
)  # fmt: skip


def order(
    number: int | str = 1,
    control: str = "NW",
    *,
    patient: str = "77001",
    name: str = "MARLOWE^TESS",
    day: str = "20260105",
    time: str = "093000",
    modality: str = "CT",
    priority: str = "R",
    station: str = "",
    text: str = "CT head",
    visit: str = "",
) -> bytes:
    """Return an order message that the kit's rules understand."""
    return (
        f"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|20260105093012||ORM^O01|{control}{number}|P|2.5\r"
        f"PID|1||{patient}^^^NORTH||{name}\r"
        + (f"PV1|1||||||||||||||||||{visit}\r" if visit else "")
        + f"ORC|{control}|P{number}\r"
        f"OBR|1|P{number}||{text}|{priority}|{day}|{time}|{modality}|{station}|||||||||A{number}\r"
    ).encode()


def apply(  # noqa: C901 - all of it in one place
    turn: Turn, entry: MessageEntry, view: View, profile: Profile
) -> None:
    """Apply an order message: a rule that is simple enough to know what must come of it."""
    pid, orc, obr = view.first("PID"), view.first("ORC"), view.first("OBR")
    assert pid is not None
    assert orc is not None
    assert obr is not None
    control, number = orc.get(1), orc.get(2)
    identifier = turn.first(IDENTIFIER, "value", pid.get(3), "NORTH")
    if control == "ZZ":
        turn.refuse("unknown_control", "ORC-1")
    if control == "BUG":
        raise ValueError("a fault of ours")
    if identifier is None:
        patient = turn.create(
            PATIENT,
            {"patient_id": pid.get(3), "issuer": "NORTH", "other_ids": [(pid.get(3), "NORTH")]},
        )
        turn.create(
            IDENTIFIER, {"id_value": pid.get(3), "authority": "NORTH", "patient": patient.id}
        )
    else:
        found = turn.get(PATIENT, identifier.number("patient"))
        assert found is not None
        patient = found
    turn.set(patient, "patient_name", pid.raw(5), "PID-5")
    visit_id = 0
    if pv1 := view.first("PV1"):
        visit = turn.first(VISIT, "number", pv1.get(19), "NORTH") or turn.create(
            VISIT,
            {"visit_no": pv1.get(19), "visit_authority": "NORTH", "patient": patient.id},
        )
        visit_id = visit.id
    row = turn.first(ORDER, "placer", number, "NORTH")
    if row is None:
        if control != "NW":
            turn.note("unknown_order", patient, Severity.IGNORED, "ORC-2")
            return
        row = turn.create(
            ORDER,
            {"placer_no": number, "placer_authority": "NORTH", "patient": patient.id},
        )
        step = turn.create(STEP, {"order": row.id, "sps_id": f"S{number}", "open": 1})
    else:
        step = turn.find(STEP, "order", row.id)[0]
    if control == "DE":
        turn.delete(step)
        turn.delete(row)
        return
    if control == "MV":
        turn.set(row, "patient", patient.id, "PID-3")
    turn.set(row, "visit", visit_id, "PV1-19")
    study_uid = f"1.2.{number.strip('P') or 0}"
    for column, value, path in (
        ("accession", obr.get(18), "OBR-18"),
        ("accession_authority", "NORTH", ""),
        ("priority", {"S": "STAT", "R": "ROUTINE"}.get(obr.get(5), ""), "OBR-5"),
        ("rp_desc", obr.get(4), "OBR-4"),
        ("study_uid", study_uid, ""),
        ("listener", entry.listener, ""),
    ):
        turn.set(row, column, value, path)
    for column, value, path in (
        ("start_date", obr.get(6), "OBR-6"),
        ("start_time", obr.get(7), "OBR-7"),
        ("modality", obr.get(8), "OBR-8"),
        ("station_aet", [obr.get(9)] if obr.get(9) else "", "OBR-9"),
        ("study_uid", study_uid, ""),
        ("state", "CANCELED" if control == "CA" else "SCHEDULED", "ORC-1"),
        ("missing", [] if obr.get(6) else ["start_date"], ""),
    ):
        turn.set(step, column, value, path, "small_rule" if column == "state" else "")
    if control == "FL":
        turn.add_flag(step, "odd_thing", "ORC-1")


def received(raw: bytes, second: int = 0, **columns: object) -> NewMessage:
    """Return a message as a listener stores it, received some seconds after the start."""
    found = scan(raw)
    values: dict[str, object] = {
        "interface": "RIS-in",
        "received_at_us": START_US + second * SECOND_US,
        **{name: getattr(found, name) for name in KEYS},
        **columns,
    }
    return NewMessage(raw=raw, **values)


def put_input(store, kind: str, body: dict[str, object], second: int = 0) -> int:
    """Write an input into the journal."""
    at_us = START_US + second * SECOND_US
    return store.writer.call(
        lambda database: journal.append_input(database, kind, body, at_us=at_us, user="tester"),
        label="test",
    ).result(10)


@contextmanager
def follower(store, path: Path | None = None) -> Iterator[Follower]:
    """Follow a store's journal."""
    made = Follower(store.path, store.key, path)
    try:
        yield made
    finally:
        made.close()


def follow(store) -> Follower:
    """Follow to the end with a follower of its own; return it, closed."""
    with follower(store) as made:
        made.run_to_end()
    return made


@contextmanager
def reading(store) -> Iterator[WorklistReader]:
    """Read a store's worklist."""
    reader = WorklistReader(store.path, store.key)
    try:
        yield reader
    finally:
        reader.close()


def traffic(count: int, seed: int = 1) -> list[bytes]:
    """Return messages of all sorts about few orders and persons, the same for the same seed."""
    choice = random.Random(seed)  # noqa: S311 - not a secret
    controls = ["NW"] * 4 + ["XO", "XO", "CA", "MV", "DE", "FL", "ZZ", "BUG"]
    return [
        order(
            choice.randint(1, max(count // 5, 1)),
            choice.choice(controls),
            patient=str(choice.randint(70000, 70000 + count // 10)),
            name=choice.choice(["MARLOWE^TESS", "Müller^Jörg", "ŌNO^KEI", "A^B"]),
            day=choice.choice(["20260105", "20260106", ""]),
            modality=choice.choice(["CT", "MR", "US"]),
            priority=choice.choice("SR"),
            station=choice.choice(["", "CT1", "MR1"]),
            text=choice.choice(["CT head", "Übersicht", "MR knee"]),
            visit=choice.choice(["", "V1", "V2"]),
        )
        for _ in range(count)
    ]
