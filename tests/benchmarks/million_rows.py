"""Times the store's queries on a large encrypted database that it makes itself.

    python tests/benchmarks/million_rows.py [--rows 1000000] [--keep DIR]

The database is made once and used again when --keep names a folder. What is printed: how fast it
was written and indexed, and how long the queries of the message list take, each as the best of
some rounds on a warm cache; the first of them also on a connection just opened.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

from hl7console.hl7v2.filters import parse
from hl7console.store.batches import MAX_BATCH_ROWS, BatchWriter, largest_batch
from hl7console.store.chores import Chores
from hl7console.store.connection import Database
from hl7console.store.migrations import migrate
from hl7console.store.reader import StoreReader
from hl7console.store.records import NewMessage

KEY = hashlib.sha256(b"benchmark").digest()
START_US = 1_767_225_600_000_000
STEP_US = 250_000

_FAMILIES = ["SMITH", "JONES", "MUELLER", "GARCIA", "TANAKA", "NOWAK"] + [
    f"FAMILY{n:04d}" for n in range(5000)
]
_GIVEN = ["JANE", "JOHN", "ANNA", "PAUL"] + [f"GIVEN{n:03d}" for n in range(500)]
_PROCEDURES = [
    ("CTHEAD", "CT HEAD WITHOUT CONTRAST"),
    ("CTABD", "CT ABDOMEN WITH CONTRAST"),
    ("XRCHE", "XR CHEST PA AND LATERAL"),
    ("MRKNE", "MRI KNEE LEFT"),
    ("USABD", "US ABDOMEN COMPLETE"),
]
_WORDS = [
    "acute",
    "headache",
    "nausea",
    "no",
    "prior",
    "imaging",
    "available",
    "please",
    "evaluate",
    "for",
    "hemorrhage",
    "stroke",
    "mass",
    "edema",
    "fracture",
    "follow",
    "up",
    "in",
    "two",
    "weeks",
    "compare",
    "previous",
    "study",
    "normal",
    "lungs",
    "clear",
    "heart",
    "size",
]
_TYPES = (("ORM", "O01"), ("ORU", "R01"), ("ADT", "A08"), ("ORM", "O01"), ("OMI", "O23"))


def orders(count: int) -> Iterator[NewMessage]:
    """Yield so many small messages of a hospital, always the same ones."""
    chance = random.Random(7)  # noqa: S311
    for n in range(count):
        patient = chance.randrange(max(count // 5, 10))
        code, name = chance.choice(_PROCEDURES)
        kind, event = _TYPES[n % len(_TYPES)]
        control, accession = f"MSG{n:08d}", f"A{n // 2:08d}"
        placer, filler, sender = f"P{n:08d}", f"F{n // 2:08d}", f"RIS{n % 8}"
        family = _FAMILIES[patient % len(_FAMILIES)]
        given = _GIVEN[patient % len(_GIVEN)]
        text = " ".join(chance.choices(_WORDS, k=20))
        raw = (
            f"MSH|^~\\&|{sender}|HOSP|PACS|HOSP|20260105103000||{kind}^{event}|{control}|P|2.5\r"
            f"PID|1||{patient:07d}^^^HOSP^MR||{family}^{given}||19700101|F\r"
            f"PV1|1|O|RAD^{n % 30}^1||||{n % 500:05d}^DOC{n % 500}^HOUSE|||||||||||V{n // 3:08d}\r"
            f"ORC|NW|{placer}^RIS|{filler}^RIS||SC||^^^202601051030^^R\r"
            f"OBR|1|{placer}^RIS|{filler}^RIS|{code}^{name}^L|||20260105||||||||||||{accession}\r"
            f"OBX|1|TX|{code}||{text}||||||F\r"
        ).encode()
        yield NewMessage(
            raw=raw,
            interface=f"listener-{n % 3}",
            peer=f"10.0.0.{n % 8}:51000",
            connection=n % 16 + 1,
            received_at_us=START_US + n * STEP_US,
            message_type=kind,
            event=event,
            control_id=control,
            sender=f"{sender}|HOSP",
            receiver="PACS|HOSP",
            version="2.5",
            charset="utf_8",
            patient_id=f"{patient:07d}",
            patient_authority="HOSP",
            patient_name=f"{family}^{given}",
            accession=accession,
            placer_order=placer,
            filler_order=filler,
            status="error" if n % 997 == 0 else "ok",
            error_text="The event does not exist." if n % 997 == 0 else "",
            ack_code="AE" if n % 997 == 0 else "AA",
            ack=b"MSH|^~\\&|PACS|HOSP|RIS|HOSP|20260105103000||ACK|1|P|2.5\rMSA|AA|1\r",
            dedup_key=n + 1,
            content_hash=hashlib.sha256(raw).digest(),
        )


def make(path: Path, rows: int) -> None:
    """Write and index a database, and say how fast."""
    database = Database(path, KEY)
    migrate(database)
    batches, chores = BatchWriter(database), Chores(database)
    stored_s = derived_s = 0.0
    waiting: list[NewMessage] = []

    def write() -> None:
        nonlocal stored_s, derived_s
        started = perf_counter()
        while waiting:
            size = largest_batch(len(waiting))
            batches.store(waiting[:size])
            chores.stored(batches.last_id - size + 1, waiting[:size])
            del waiting[:size]
        stored_s += perf_counter() - started
        started = perf_counter()
        while chores.is_pending(batches.last_id):
            chores.run(batches.last_id, lambda: False)
        derived_s += perf_counter() - started

    for n, message in enumerate(orders(rows), start=1):
        waiting.append(message)
        if len(waiting) == MAX_BATCH_ROWS:
            write()
        if n % 100_000 == 0:
            print(f"  {n:,} written", file=sys.stderr)
    write()
    database.close()
    print(f"stored    {rows / stored_s:>10,.0f} messages/s in batches of {MAX_BATCH_ROWS}")
    print(f"indexed   {rows / derived_s:>10,.0f} messages/s")


def best(action: Callable[[], object], rounds: int = 5) -> tuple[float, object]:
    """Return the shortest time of some rounds in milliseconds, and the last result."""
    times = []
    result: object = None
    for _ in range(rounds):
        started = perf_counter()
        result = action()
        times.append((perf_counter() - started) * 1000)
    return min(times), result


def first_page(reader: StoreReader, text: str) -> object:
    """Return the first chunk of a search and the rows of its first page."""
    for chunk in reader.iter_ids(parse(text) if text else None):
        return len(reader.rows(chunk[:200]))
    return 0


def measure(path: Path, rows: int) -> None:
    """Print how long the queries take."""
    size = path.stat().st_size
    print(f"database  {size / 1e6:>10,.0f} MB, {size / rows:,.0f} bytes a message")
    started = perf_counter()
    reader = StoreReader(path, KEY)
    page = first_page(reader, "")
    print(f"opened, first page of {page}  {(perf_counter() - started) * 1000:>9.1f} ms, cold")
    patient, middle = f"{rows // 10:07d}", rows // 2
    searches = {
        "key: control id": f"control:MSG{middle:08d}",
        "key: patient": f"patient:{patient}",
        "key: accession": f"accession:A{middle // 2:08d}",
        "key: order number": f"order:P{middle:08d}",
        "key: patient, prefix": f"patient:{patient[:5]}*",
        "text: name": "family0042",
        "text: two words": "smith jane",
        "text: phrase": '"ct head"',
        "text: common word": "hemorrhage",
        "text and type": "smith type:ORU^R01",
        "type": "type:OMI",
        "from": "from:RIS3",
        "status": "status:error",
        "not": "-type:ORM status:error",
        "since (last 1 %)": f"since:{_time_of(rows * 99 // 100)}",
        "field": f"PID-3.1={patient}",
        "field, contains": 'OBR-4.2~"knee left" status:error',
    }
    print(f"{'query':24} {'first page':>12} {'all ids':>12} {'matches':>10}")
    page_ms, _ = best(lambda: first_page(reader, ""))
    all_ms, found = best(lambda: len(reader.ids()))
    print(f"{'(everything)':24} {page_ms:>9.1f} ms {all_ms:>9.1f} ms {found:>10,}")
    for name, text in searches.items():
        page_ms, _ = best(lambda text=text: first_page(reader, text), 3)
        all_ms, found = best(lambda text=text: len(reader.ids(parse(text))), 3)
        print(f"{name:24} {page_ms:>9.1f} ms {all_ms:>9.1f} ms {found:>10,}")
    ids = list(range(middle, middle + 200))
    rows_ms, _ = best(lambda: reader.rows(ids))
    paths_ms, _ = best(lambda: reader.rows(ids, ["PID-5.1", "OBR-4.2"]))
    print(f"200 rows anywhere        {rows_ms:>9.1f} ms, with two paths {paths_ms:.1f} ms")
    message_ms, _ = best(lambda: reader.message(middle))
    print(f"one message              {message_ms:>9.2f} ms")
    reader.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory              {peak:>9.0f} MB")


def _time_of(row: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp((START_US + row * STEP_US) / 1e6, UTC).isoformat()[:19] + "Z"


def main() -> None:
    """Make the database where it is missing, then measure."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--keep", type=Path)
    chosen = options.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="hl7console-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"rows-{chosen.rows}.db"
    try:
        if not path.exists():
            make(path, chosen.rows)
        measure(path, chosen.rows)
    finally:
        if chosen.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
