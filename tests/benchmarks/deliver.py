"""How fast queues deliver: beside a bare loop, to many destinations, and with a million waiting.

    python tests/benchmarks/deliver.py lockstep [--messages 3000] [--rounds 9]
    python tests/benchmarks/deliver.py many [--destinations 16] [--messages 4000]
    python tests/benchmarks/deliver.py deep [--deliveries 1000000]
    python tests/benchmarks/deliver.py bulk [--messages 100000]

The receiver is a process of its own (`servers`) that answers every message with its MSH-10 and
stores nothing, unless said otherwise. The bare loop is a blocking socket that sends a message,
waits for the end of the answer and looks for its MSA-2; it stores nothing. The console's database
is encrypted, and its time ends when every answer is committed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
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

from receive import server

from hl7console.engine.console import ImportFiles, SaveDestination
from hl7console.engine.open_console import open_console
from hl7console.engine.repair_commands import (
    HoldQueue,
    QueueMessages,
    ReleaseQueue,
    ResendMessages,
)
from hl7console.engine.supervisor import Engine
from hl7console.settings import DestinationSettings
from hl7console.store.connection import Database
from hl7console.store.keys import KeySource
from hl7console.store.queue_parts import Part
from hl7console.store.queue_reader import counts, queue_page
from hl7console.store.workspace import Workspace

MESSAGE = (
    b"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|20260105093012||ORM^O01^ORM_O01|%b|P|2.5.1\r"
    b"PID|1||77001^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
    b"PV1|1|O|CT^^^NORTH||||4411^HALL^IDA|||||||||||V5501\r"
    b"ORC|NW|P1^REGRIS|F1^PACS||SC||||20260105093000|||4411^HALL^IDA\r"
    b"OBR|1|P1^REGRIS|F1^PACS|CTHEAD^CT HEAD^L|||20260105|||||||||4411^HALL^IDA||A1|||||||CT\r"
)
END = b"\x1c\r"

PROCESSORS = tuple(range(os.cpu_count() or 1))

RECIPE = '[[step]]\nset = "MSH-5"\nvalue = "TEST"\n\n[[step]]\nclear = "PID-8"\n'


# What the runs share.


def pin(process: int, processors: Sequence[int]) -> None:
    """Keep a process, or with 0 this thread, on some processors, where the system can.

    A receiver is another machine. Whether the system puts it beside the bare loop on one processor
    or not changes that loop's rate up to fourfold from second to second.
    """
    if len(PROCESSORS) > 1 and sys.platform == "linux":
        os.sched_setaffinity(process, processors)


@contextmanager
def setting(folder: Path | None, kind: str = "answer") -> Iterator[tuple[int, Path]]:
    """Give a receiver's port and a folder; both are gone afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="hl7console-bench-", dir=folder))
    try:
        with server(kind, parent) as receiver:
            pin(receiver.process.pid, PROCESSORS[-1:])
            yield receiver.port, parent
    finally:
        shutil.rmtree(parent, ignore_errors=True)


@contextmanager
def console(folder: Path) -> Iterator[Engine]:
    """Run an engine on an encrypted workspace."""
    engine = open_console(
        folder / "workspace",
        KeySource(use_key_store=False, key_folder=folder / "keys"),
        worklist="off",
        may_attach=False,
    )
    assert isinstance(engine, Engine)
    try:
        yield engine
    finally:
        engine.stop(20.0)


def keep(engine: Engine, count: int) -> tuple[int, ...]:
    """Store so many messages; wait until full text has caught up with them."""
    pasted = b"\n".join(MESSAGE % b"B%07d" % number for number in range(count))
    report = engine.submit(ImportFiles(pasted=pasted)).result()
    wait(lambda: engine.snapshot().derived_id >= report.last_message_id)
    return tuple(range(report.first_message_id, report.last_message_id + 1))


def wait(is_true: Callable[[], bool], limit_s: float = 600.0) -> float:
    """Wait until something is so; return how long it took."""
    start_s = time.perf_counter()
    tick = threading.Event()
    while not is_true():
        if time.perf_counter() - start_s > limit_s:
            raise SystemExit("It takes too long.")
        tick.wait(0.01)
    return time.perf_counter() - start_s


def queue_and_drain(engine: Engine, ids: Sequence[int], names: Sequence[str]) -> float:
    """Queue messages while queues are held, release them; return until all is written down."""
    for name in names:
        engine.submit(HoldQueue(name)).result()
    engine.submit(QueueMessages(tuple(ids), tuple(names))).result()
    start_s = time.perf_counter()
    for job in [engine.submit(ReleaseQueue(name)) for name in names]:
        job.result()
    wait(lambda: not any(queue.waiting for queue in engine.snapshot().queues))
    return time.perf_counter() - start_s


def resident_mib() -> float:
    """Return the resident memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


# The runs.


def bare(port: int, count: int) -> float:
    """Send in lock step with nothing around it; return how many messages a second."""
    pin(0, PROCESSORS[:-1])
    try:
        return _bare(port, count)
    finally:
        pin(0, PROCESSORS)


def _bare(port: int, count: int) -> float:
    start_s = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(count):
            control_id = b"B%07d" % number
            connection.sendall(b"\x0b" + MESSAGE % control_id + END)
            answer = b""
            while not answer.endswith(END):
                answer += connection.recv(65536)
            if b"MSA|AA|" + control_id not in answer:
                raise SystemExit("A wrong answer.")
    return count / (time.perf_counter() - start_s)


def lockstep(options: argparse.Namespace) -> None:
    """Compare one destination in order with the bare loop, against several receivers.

    Rounds are short, and each is held against the bare loop right before and after it: what else
    the machine does changes its speed from second to second.
    """
    print("| receiver | bare loop, messages/s | queue, messages/s | ratio, wanted ≥ 70 % |")
    print("| --- | --- | --- | --- |", flush=True)
    for kind, what in (
        ("answer", "answers, does nothing else"),
        ("hl7", "`hl7` package: parses, stores nothing"),
        ("bare", "commits each message before it answers"),
    ):
        bares, queues = [], []
        with setting(options.folder, kind) as (port, parent), console(parent) as engine:
            engine.submit(SaveDestination(DestinationSettings("One", port=port))).result()
            ids = keep(engine, options.messages)
            queue_and_drain(engine, ids, ["One"])
            before = bare(port, options.messages)
            for _ in range(options.rounds):
                queues.append(len(ids) / queue_and_drain(engine, ids, ["One"]))
                after = bare(port, options.messages)
                bares.append((before + after) / 2)
                before = after
        share = statistics.median(100 * n / m for n, m in zip(queues, bares, strict=True))
        rates = f"{statistics.median(bares):,.0f} | {statistics.median(queues):,.0f}"
        print(f"| {what} | {rates} | {share:.0f} % |", flush=True)


def many(options: argparse.Namespace) -> None:
    """Send to many destinations at the same time."""
    names = [f"D{number:02d}" for number in range(options.destinations)]
    with setting(options.folder) as (port, parent), console(parent) as engine:
        for name in names:
            engine.submit(SaveDestination(DestinationSettings(name, port=port))).result()
        ids = keep(engine, options.messages)
        queue_and_drain(engine, ids[:200], names)
        seconds = queue_and_drain(engine, ids, names)
    count = len(ids) * len(names)
    print(
        f"{len(names)} destinations, {count:,} messages: {count / seconds:,.0f} a second until all"
        " answers are committed (wanted: ≥ 4,000)."
    )


def fill(folder: Path, count: int) -> None:
    """Put so many deliveries into the database of a workspace."""
    source = KeySource(use_key_store=False, key_folder=folder / "keys")
    workspace = Workspace.open(folder / "workspace", source)
    with (
        closing(Database(workspace.database_path, workspace.key)) as database,
        database.transaction(),
    ):
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)"
            " INSERT INTO deliveries (message_id, destination, state, created_at_us,"
            " changed_at_us, is_due) SELECT 1 + i % 1000, 'Deep', 'queued', i, i, 1 FROM n",
            (count,),
        )


def deep(options: argparse.Namespace) -> None:
    """Open, page and drain a queue that is very long."""
    with setting(options.folder) as (port, parent):
        with console(parent) as engine:
            settings = DestinationSettings("Deep", port=port)
            engine.submit(SaveDestination(settings)).result()
            keep(engine, 1000)
        with console(parent):
            before_mib = resident_mib()
        fill(parent, options.deliveries)
        start_s = time.perf_counter()
        with console(parent) as engine:
            print(f"Engine up: {time.perf_counter() - start_s:.2f} s, counts of queues and all")
            status = engine.snapshot().queues[0]
            print(f"Waiting: {status.waiting:,} ({status.condition})")
            wait(lambda: engine.snapshot().queues[0].waiting < options.deliveries)
            engine.submit(HoldQueue("Deep")).result()
            page(engine, options.deliveries)
            print(f"Resident: {before_mib:.0f} MiB with an empty queue, {resident_mib():.0f} MiB")
            engine.submit(ReleaseQueue("Deep")).result()
            threading.Event().wait(options.seconds)
            left = engine.snapshot().queues[0].waiting
            sent = options.deliveries - left
            print(f"after it drained for a while ({sent:,} sent): {resident_mib():.0f} MiB")
            start_s = time.perf_counter()
            engine.submit(HoldQueue("Deep")).result()
            print(f"Hold while it sends: {1000 * (time.perf_counter() - start_s):.0f} ms")


def page(engine: Engine, count: int) -> None:
    """Time pages of the list, as the window asks for them."""
    part = Part("Deep")
    with closing(engine.open_reader()) as reader:
        places: tuple[tuple[str, Callable[[], object]], ...] = (
            ("first page", lambda: queue_page(reader, part)),
            ("next page", lambda: queue_page(reader, part, beyond_id=count // 3)),
            ("page from the middle", lambda: queue_page(reader, part, beyond_id=count // 2)),
            ("last page", lambda: queue_page(reader, part, backwards=True)),
            ("counts of all destinations", lambda: counts(reader)),
        )
        for what, ask in places:
            start_s = time.perf_counter()
            ask()
            print(f"{what}: {1000 * (time.perf_counter() - start_s):.1f} ms")


def bulk(options: argparse.Namespace) -> None:
    """Resend very many with a recipe."""
    with setting(options.folder) as (port, parent), console(parent) as engine:
        ids = keep(engine, options.messages)
        commands = {
            "chosen ones": ResendMessages(ids, destinations=(f"127.0.0.1:{port}",), recipe=RECIPE),
            "all of a filter": ResendMessages(
                filter="type:ORM",
                limit=options.messages,
                destinations=(f"127.0.0.1:{port}",),
                recipe=RECIPE,
            ),
        }
        for name, command in commands.items():
            start_s = time.perf_counter()
            job = engine.submit(command)
            tick = threading.Event()
            while not job.progress().done and not job.done():
                tick.wait(0.001)
            first_s = time.perf_counter() - start_s
            tick.wait(options.seconds)
            progress = job.progress()
            job.cancel()
            report = job.result(60)
            print(
                f"{name}: first progress after {1000 * first_s:.0f} ms (wanted: ≤ 200),"
                f" {progress.done:,} of {progress.total:,} after {options.seconds:g} s more,"
                f" {progress.rate_per_s:,.0f} a second; {report.accepted:,} accepted at the end"
            )


def main() -> None:
    """Run one of the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", choices=["lockstep", "many", "deep", "bulk"])
    parser.add_argument("--messages", type=int)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--destinations", type=int, default=16)
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path, help="where databases are made (on a real disk)")
    options = parser.parse_args()
    if options.messages is None:
        options.messages = {"lockstep": 3000, "many": 4000}.get(options.run, 100_000)
    print(f"{os.cpu_count()} processors", flush=True)
    {"lockstep": lockstep, "many": many, "deep": deep, "bulk": bulk}[options.run](options)


if __name__ == "__main__":
    main()
