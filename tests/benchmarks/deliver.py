"""How fast queues deliver: beside a bare loop, to many destinations, and with a million waiting.

    python tests/benchmarks/deliver.py lockstep [--messages 20000] [--rounds 3]
    python tests/benchmarks/deliver.py many [--destinations 16] [--messages 4000]
    python tests/benchmarks/deliver.py deep [--deliveries 1000000]
    python tests/benchmarks/deliver.py bulk [--messages 100000]

The receiver is a process of its own that answers every message with its MSH-10 and stores nothing;
rates are taken there, from the first message to the last, for the bare loop as for the console. The
bare loop is a blocking socket that sends a message, waits for the end of the answer and looks for
its MSA-2; it stores nothing either. The console's database is encrypted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

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
ACK = b"\x0bMSH|^~\\&|PACS|NORTH|REGRIS|NORTH|20260105||ACK|1|P|2.5.1\rMSA|AA|%b\r\x1c\r"
END = b"\x1c\r"

RECIPE = '[[step]]\nset = "MSH-5"\nvalue = "TEST"\n\n[[step]]\nclear = "PID-8"\n'


# The receiver.


class Answering(asyncio.Protocol):
    """Answers each message; counts."""

    count = 0
    first_s = last_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(END)) >= 0:
            raw, self.buffer = self.buffer[1:end], self.buffer[end + 2 :]
            Answering.last_s = time.perf_counter()
            if not Answering.count:
                Answering.first_s = Answering.last_s
            Answering.count += 1
            self.transport.write(ACK % raw.split(b"|", 10)[9])  # type: ignore[attr-defined]


def run_receiver() -> None:
    """Print the port; answer each line of input with what came since the last one."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Answering, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        ended = asyncio.Event()

        def tell() -> None:
            seconds = Answering.last_s - Answering.first_s
            print(json.dumps({"count": Answering.count, "seconds": seconds}), flush=True)
            Answering.count = 0

        def watch() -> None:
            for _ in sys.stdin:
                loop.call_soon_threadsafe(tell)
            loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=watch, daemon=True).start()
        await ended.wait()
        server.close()

    asyncio.run(main())


class ReceiverProcess:
    """The receiver, seen from here."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "receiver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def take(self) -> tuple[int, float]:
        """Return how many messages came, and in how many seconds, since this was last asked."""
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        answer = json.loads(self._line())
        return answer["count"], answer["seconds"]

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)


# What the runs share.


@contextmanager
def setting(folder: Path | None) -> Iterator[tuple[ReceiverProcess, Path]]:
    """Give a receiver and a folder; both are gone afterwards."""
    parent = Path(tempfile.mkdtemp(prefix="hl7console-bench-", dir=folder))
    receiver = ReceiverProcess()
    try:
        yield receiver, parent
    finally:
        receiver.end()
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


def bare(port: int, count: int) -> None:
    """Send in lock step with nothing around it."""
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


def lockstep(options: argparse.Namespace) -> None:
    """Compare one destination in order with the bare loop."""
    found: dict[str, list[float]] = {"bare": [], "console": [], "written": []}
    with setting(options.folder) as (receiver, parent), console(parent) as engine:
        engine.submit(SaveDestination(DestinationSettings("One", port=receiver.port))).result()
        ids = keep(engine, options.messages)
        queue_and_drain(engine, ids[:2000], ["One"])
        for _ in range(options.rounds):
            receiver.take()
            bare(receiver.port, options.messages)
            count, seconds = receiver.take()
            found["bare"].append(count / seconds)
            written_s = queue_and_drain(engine, ids, ["One"])
            count, seconds = receiver.take()
            found["console"].append(count / seconds)
            found["written"].append(count / written_s)
            if count != options.messages:
                raise SystemExit(f"{count} messages came.")
    rate = {name: statistics.median(rates) for name, rates in found.items()}
    print("| what | messages/s | ratio | wanted |")
    print("| --- | --- | --- | --- |")
    print(f"| bare socket loop, stores nothing | {rate['bare']:,.0f} | 100 % | |")
    share = 100 * rate["console"] / rate["bare"]
    print(f"| a queue in order | {rate['console']:,.0f} | {share:.0f} % | ≥ 70 % |")
    share = 100 * rate["written"] / rate["bare"]
    print(f"| until all answers are committed | {rate['written']:,.0f} | {share:.0f} % | |")


def many(options: argparse.Namespace) -> None:
    """Send to many destinations at the same time."""
    names = [f"D{number:02d}" for number in range(options.destinations)]
    with setting(options.folder) as (receiver, parent), console(parent) as engine:
        for name in names:
            engine.submit(SaveDestination(DestinationSettings(name, port=receiver.port))).result()
        ids = keep(engine, options.messages)
        queue_and_drain(engine, ids[:200], names)
        receiver.take()
        written_s = queue_and_drain(engine, ids, names)
        count, seconds = receiver.take()
    print(f"{len(names)} destinations, {count:,} messages: {count / seconds:,.0f} a second,")
    print(f"{count / written_s:,.0f} until all answers are committed (wanted: ≥ 4,000).")


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
    with setting(options.folder) as (receiver, parent):
        with console(parent) as engine:
            settings = DestinationSettings("Deep", port=receiver.port)
            engine.submit(SaveDestination(settings)).result()
            keep(engine, 1000)
        with console(parent):
            before_mib = resident_mib()
        fill(parent, options.deliveries)
        start_s = time.perf_counter()
        with console(parent) as engine:
            print(f"Engine up: {time.perf_counter() - start_s:.2f} s, counts of queues and all")
            status = engine.snapshot().queues[0]
            print(f"waiting: {status.waiting:,} ({status.condition})")
            wait(lambda: receiver.take()[0] > 0)
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
    with setting(options.folder) as (receiver, parent), console(parent) as engine:
        ids = keep(engine, options.messages)
        commands = {
            "chosen ones": ResendMessages(
                ids, destinations=(f"127.0.0.1:{receiver.port}",), recipe=RECIPE
            ),
            "all of a filter": ResendMessages(
                filter="type:ORM",
                limit=options.messages,
                destinations=(f"127.0.0.1:{receiver.port}",),
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
    parser.add_argument("run", choices=["lockstep", "many", "deep", "bulk", "receiver"])
    parser.add_argument("--messages", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--destinations", type=int, default=16)
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--folder", type=Path, help="where databases are made (on a real disk)")
    options = parser.parse_args()
    if options.messages is None:
        options.messages = {"many": 4000, "bulk": 100_000}.get(options.run, 20_000)
    if options.run == "receiver":
        run_receiver()
        return
    print(f"{os.cpu_count()} processors", flush=True)
    {"lockstep": lockstep, "many": many, "deep": deep, "bulk": bulk}[options.run](options)


if __name__ == "__main__":
    main()
