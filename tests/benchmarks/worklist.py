"""How fast the worklist is: applying, following behind the receiving, and reading.

    python tests/benchmarks/worklist.py [apply] [follow] [feed] [receive] [read] [--json]

* ``apply``: microseconds for mapping and applying one small message, in memory; messages a second
  of a hospital's traffic, and of orders.
* ``follow``: messages a second from ``console.db`` into ``worklist.db``, and of a rebuild.
* ``feed``: how far the worklist is behind while a sender keeps up a rate of 2,000 a second.
* ``receive``: messages received a second with the worklist following, beside without it.
* ``read``: a page of the list, counts and C-FIND's candidates among 200,000 steps.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from hospital_traffic import Sent, hospital
from load_generator import ORDER
from receive import load, server

from hl7console.store.records import NewMessage
from hl7console.store.worklist.follower import Follower, collect_seldom
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.worklist.rebuild import rebuild_worklist
from hl7console.store.worklist.records import LineKeys, LineQuery
from hl7console.store.writer import StoreWriter
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.projection import Projection
from hl7console.worklist.state import State

START_US = 1_767_605_400_000_000
FEED_PER_S = 2_000
PARTS = ("apply", "follow", "feed", "receive", "read")

ADMIT = (
    b"MSH|^~\\&|ADT|NORTHSIDE|PACS|NORTH|20260105093012||ADT^A08|A%b|P|2.5.1|||||||UNICODE UTF-8\r"
    b"EVN|A08|20260105093012\r"
    b"PID|1||%b^^^NORTHSIDE^MR||MARLOWE^TESS^B||19680412|F|||12 HARBOUR ROW^^KINGSPORT^^40112\r"
    b"PV1|1|E|ED^04^1^NORTHSIDE||||1122^OKAFOR^BEN|||||||||||V%b\r"
)
RESULT = (
    b"MSH|^~\\&|REGRIS|NORTHSIDE|PACS|NORTH|20260105103012||ORU^R01|R%b|P|2.5|||||||UNICODE UTF-8\r"
    b"PID|1||%b^^^NORTHSIDE^MR||MARLOWE^TESS^A||19680412|F\r"
    b"ORC|RE|P%b^REGRIS\r"
    b"OBR|1|P%b^REGRIS||CTHEAD^CT HEAD WITHOUT CONTRAST^LOCAL|||||||||||||||A%b|||||||F\r"
    b"OBX|1|TX|18748-4^REPORT^LN||No bleeding.||||||F\r"
)


def order(number: int, day: int = 5, minute: int = 0, modality: bytes = b"CT") -> bytes:
    """Return a complete order: the load generator's, with its modality in OBR-24."""
    unique = b"%d" % (1_000_000 + number)
    raw = ORDER % (unique, *([unique] * 6))
    at = b"202601%02d%02d%02d00" % (day, 7 + minute // 60 % 12, minute % 60)
    raw = raw.replace(b"20260105094500", at)
    return raw.replace(b"||||CT|||", b"||||||%b|||" % modality)


def message(kind: str, number: int) -> bytes:
    unique = b"%d" % (1_000_000 + number)
    if kind == "ADT":
        return ADMIT % (unique, unique, unique)
    if kind == "ORU":
        return RESULT % (unique, unique, unique, unique, unique)
    return order(number)


def measure_apply(count: int = 3_000) -> dict[str, float]:
    """Measure in a process whose garbage is collected as the follower's is."""
    collect_seldom()
    found: dict[str, float] = {}
    for kind in ("ORM", "ADT", "ORU"):
        raws = [message(kind, n) for n in range(count)]
        sent = [Sent(kind, raw, "utf-8", START_US + n) for n, raw in enumerate(raws)]
        taken = apply_all(sent)
        found[f"{kind}_us"] = 1e6 * statistics.median(taken)
        if kind == "ORM":
            found["orders_per_s"] = len(taken) / sum(taken)
    taken = apply_all(hospital(count))
    found["mixed_per_s"] = len(taken) / sum(taken)
    # All of one name and birth date, against the first of them: what grows with rows under a key.
    alike = apply_all([Sent("ORM", order(n), "utf-8", START_US + n) for n in range(3 * count)])
    found["growth"] = statistics.median(alike[-count:]) / statistics.median(alike[:count])
    return found


def apply_all(messages: Sequence[Sent]) -> list[float]:
    """Return the seconds of the processor that each message took, the first ones left out."""
    projection = Projection(State())
    taken = []
    for number, sent in enumerate(messages, 1):
        entry = MessageEntry(number, sent.at_us, sent.raw, "bench", sent.codec)
        began_ns = time.thread_time_ns()
        projection.apply(entry)
        taken.append((time.thread_time_ns() - began_ns) / 1e9)
    return taken[min(200, len(taken) // 10) :]  # rules are loaded and profiles compiled


@contextmanager
def store(folder: Path) -> Iterator[tuple[StoreWriter, bytes]]:
    key = os.urandom(32)
    writer = StoreWriter(folder / "console.db", key)
    writer.start()
    try:
        yield writer, key
    finally:
        writer.stop(60)


def put(writer: StoreWriter, raws: Iterator[bytes]) -> None:
    for n, raw in enumerate(raws):
        kind, _, event = raw.split(b"|", 9)[8].decode().partition("^")
        new = NewMessage(
            raw=raw, interface="bench", received_at_us=START_US + n * 1000, message_type=kind,
            event=event.partition("^")[0], charset="utf-8", control_id=str(n),
            sender="REGRIS|NORTHSIDE",
        )  # fmt: skip
        writer.put(new, wait_s=60)
    writer.call(lambda _: None, label="bench").result(600)


def measure_follow(folder: Path, count: int = 10_000) -> dict[str, float]:
    collect_seldom()
    with store(folder) as (writer, key):
        kinds = ("ORM", "ADT", "ORM", "ORU")
        put(
            writer,
            (message(kinds[n % 4], n if kinds[n % 4] != "ORU" else n - 1) for n in range(count)),
        )
        with closing(Follower(writer.path, key)) as follower:
            began_s = time.perf_counter()
            follower.run_to_end()
            live_s = time.perf_counter() - began_s
            began_s = time.perf_counter()
            rebuild_worklist(follower)
            rebuild_s = time.perf_counter() - began_s
        size = (folder / "worklist.db").stat().st_size
    return {
        "follow_per_s": count / live_s,
        "rebuild_per_s": count / rebuild_s,
        "bytes_each": size / count,
    }


def measure_feed(folder: Path, seconds: float = 8.0) -> dict[str, float]:
    """Send at a steady rate, and look at how many messages the worklist is behind."""
    import socket

    behind = []
    with server("console", folder) as running:
        client = socket.create_connection(("127.0.0.1", running.port))
        stop = threading.Event()

        def drain() -> None:
            while not stop.is_set() and client.recv(1 << 16):
                pass

        reader = threading.Thread(target=drain)
        reader.start()
        sent, began_s = 0, time.perf_counter()
        while (passed_s := time.perf_counter() - began_s) < seconds:
            due = int(passed_s * FEED_PER_S)
            if due > sent:
                client.sendall(b"".join(b"\x0b" + order(n) + b"\x1c\r" for n in range(sent, due)))
                sent = due
            if passed_s > 1.0 and len(behind) < (passed_s - 1.0) * 10:
                behind.append(_worklist(running)["behind"])
            time.sleep(0.005)  # noqa: TID251 - a pace, not a wait for something
        took_s = time.perf_counter() - began_s
        began_s = time.perf_counter()
        while (told := _worklist(running))["entry"] < sent and time.perf_counter() - began_s < 60:
            time.sleep(0.01)  # noqa: TID251
        caught_up_s = time.perf_counter() - began_s
        stop.set()
        client.shutdown(socket.SHUT_RDWR)
        client.close()
        reader.join()
    behind.sort()
    return {
        "sent_per_s": sent / took_s,
        "applied": told["entry"],
        "behind_median": behind[len(behind) // 2],
        "behind_most": behind[-1],
        "behind_s": behind[len(behind) // 2] / FEED_PER_S,
        "caught_up_s": caught_up_s,
    }


def _worklist(running) -> dict[str, float]:
    running.process.stdin.write("worklist\n")
    running.process.stdin.flush()
    return json.loads(running.process.stdout.readline())


def measure_receive(folder: Path, seconds: float = 4.0, rounds: int = 3) -> dict[str, float]:
    rates: dict[str, list[float]] = {"console_off": [], "console": []}
    for _ in range(rounds):
        for kind, taken in rates.items():
            with server(kind, folder) as running:
                load(running.port, 16, 0.5, unchecked=False)
                running.ask()
                taken.append(load(running.port, 16, seconds, unchecked=False)["per_s"])
    off, on = (statistics.median(taken) for taken in rates.values())
    return {"without_per_s": off, "following_per_s": on, "ratio": on / off}


def timed(function: Callable[[], object], times: int = 15) -> float:
    """Return the median of a call's milliseconds."""
    taken = []
    for _ in range(times):
        began_s = time.perf_counter()
        function()
        taken.append(1000 * (time.perf_counter() - began_s))
    return statistics.median(taken)


def measure_read(folder: Path, steps: int = 200_000) -> dict[str, float]:
    with store(folder) as (writer, key):
        modalities = (b"CT", b"MR", b"US", b"CR")
        put(
            writer,
            (order(n, 1 + n // 600 % 28, n % 720, modalities[n % 4]) for n in range(steps)),
        )
        with closing(Follower(writer.path, key)) as follower:
            follower.run_to_end()
        with closing(WorklistReader(writer.path, key)) as reader:
            day = LineQuery(date_from="20260105", date_to="20260105")
            keys = LineKeys(date_from="20260105", date_to="20260105", modalities=("CT",))
            found = reader.candidates(keys)
            return {
                "steps": reader.counts().total,
                "page_ms": timed(lambda: reader.lines(limit=200)),
                "page_of_day_ms": timed(lambda: reader.lines(day, limit=200)),
                "ids_ms": timed(lambda: reader.ids(), 5),
                "text_ms": timed(lambda: reader.lines(LineQuery(text="1012345"), limit=200), 5),
                "counts_of_day_ms": timed(lambda: reader.counts(day)),
                "details_ms": timed(lambda: reader.details(steps // 2)),
                "why_ms": timed(lambda: reader.why(steps // 2)),
                "candidates": len(found),
                "candidates_ms": timed(lambda: reader.candidates(keys)),
                "candidate_by_accession_ms": timed(
                    lambda: reader.candidates(LineKeys(accession="A1010000"))
                ),
                "hundred_full_lines_ms": timed(lambda: reader.full_lines(found[:100]), 5),
            }


GOALS: dict[tuple[str, str], float] = {
    ("apply", "orders_per_s"): 4_000,
    ("apply", "mixed_per_s"): 4_000,
    ("apply", "growth"): -1.5,
    ("follow", "follow_per_s"): FEED_PER_S,
    ("feed", "behind_s"): -1.0,
    ("receive", "ratio"): 0.9,
    ("read", "candidates_ms"): -50,
    ("read", "page_ms"): -50,
    ("read", "page_of_day_ms"): -50,
}
"""What is wanted at least; negative: at most."""


def against(part: str, name: str, value: float) -> str:
    """Return how many times better than wanted a number is; "" where nothing is wanted."""
    goal = GOALS.get((part, name))
    if goal is None:
        return ""
    ratio = value / goal if goal > 0 else -goal / max(value, 1e-9)
    return f"   {'at least' if goal > 0 else 'at most'} {abs(goal):,.1f}: {ratio:.2f} x"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all unless named")
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help="where databases are made (on a real disk)")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    for part in options.parts or PARTS:
        folder = Path(tempfile.mkdtemp(prefix="hl7console-bench-", dir=options.folder))
        try:
            found[part] = {
                "apply": measure_apply,
                "follow": lambda folder=folder: measure_follow(folder),
                "feed": lambda folder=folder: measure_feed(folder),
                "receive": lambda folder=folder: measure_receive(folder),
                "read": lambda folder=folder: measure_read(folder, options.steps),
            }[part]()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if not options.json:
            for name, value in found[part].items():
                print(f"{part:8} {name:28} {value:12,.2f}{against(part, name, value)}", flush=True)
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
