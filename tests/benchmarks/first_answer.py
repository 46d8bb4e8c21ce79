"""How soon a modality gets the first answer to its query among many steps.

    python tests/benchmarks/first_answer.py [--steps 200000] [--stations 300]

One station asks for one day, over a real association. The client sends its request at once (no
waiting for the peer between two packets), as most modalities and DCMTK do.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from pydicom.dataset import Dataset
from pynetdicom import AE
from worklist import order, put, store

from hl7console.dicom.service import DicomService
from hl7console.settings import WorklistServiceSettings
from hl7console.store.worklist.follower import Follower
from hl7console.store.worklist.reader import WorklistReader

FIND = "1.2.840.10008.5.1.4.31"
DAYS = 28
QUERIES = 12
WANTED_MS = 50


def booked(number: int, steps: int, stations: int) -> bytes:
    """Return an order with a station; the days are filled one after the other."""
    per_day = max(1, -(-steps // DAYS))
    modality = (b"CT", b"MR", b"US", b"CR")[number % 4]
    raw = order(number, 1 + number // per_day % DAYS, number % 720, modality)
    lines = raw.split(b"\r")
    for place, line in enumerate(lines):
        if line.startswith(b"ORC|"):
            fields = line.split(b"|")
            fields += [b""] * (19 - len(fields))
            fields[18] = b"ST%03d" % (number % stations)
            lines[place] = b"|".join(fields)
    return b"\r".join(lines)


def query(station: str) -> Dataset:
    """Return what a scanner asks for: its own steps of one day."""
    asked, step = Dataset(), Dataset()
    for keyword in ("PatientName", "PatientID", "AccessionNumber", "StudyInstanceUID"):
        setattr(asked, keyword, "")
    step.Modality = step.ScheduledProcedureStepStartTime = ""
    step.ScheduledStationAETitle = station
    step.ScheduledProcedureStepStartDate = "20260105"
    asked.ScheduledProcedureStepSequence = [step]
    return asked


def ask(entity: AE, address: tuple[str, int], station: str) -> tuple[float, int]:
    """Return milliseconds to the first answer, and the number of answers."""
    association = entity.associate(*address, ae_title="RADWL")
    assert association.is_established
    association.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    started = time.perf_counter()
    answers = association.send_c_find(query(station), FIND)
    status, _ = next(answers)
    first_ms = (time.perf_counter() - started) * 1000
    assert status.Status == 0xFF00
    count = 1 + sum(1 for status, _ in answers if status.Status == 0xFF00)
    association.release()
    return first_ms, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--stations", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, store(Path(folder)) as (writer, key):
        steps, stations = options.steps, options.stations
        put(writer, (booked(number, steps, stations) for number in range(steps)))
        with closing(Follower(writer.path, key)) as follower:
            follower.run_to_end()
        service = DicomService(
            WorklistServiceSettings(port=0, ae_title="RADWL"),
            rules={},
            open_source=lambda: WorklistReader(writer.path, key),
            put_mpps=lambda _: None,
            stored_mpps=lambda _: {},
            on_event=lambda _: None,
            now=lambda: datetime(2026, 1, 5, 10, 0),  # noqa: DTZ001 - local time
        )
        address = service.start()
        entity = AE("CT1")
        entity.add_requested_context(FIND)
        told = [ask(entity, address, f"ST{number:03}") for number in range(QUERIES)]
        service.stop()
    times = [first_ms for first_ms, _ in told]
    print(f"{steps:,} steps, {QUERIES} queries, {told[0][1]} answers each")
    print(
        f"first answer: median {statistics.median(times):.1f} ms, longest {max(times):.1f} ms"
        f" (wanted: at most {WANTED_MS} ms)"
    )


if __name__ == "__main__":
    main()
