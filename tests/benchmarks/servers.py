"""The servers that the receive benchmark compares, each in a process of its own.

    python tests/benchmarks/servers.py KIND [--folder DIR]

Prints ``listening PORT``, and for every line on standard input one JSON line; ends with the
input.

* ``null`` answers canned bytes and looks at nothing: how fast the load generator can be.
* ``answer`` answers each message with its MSH-10 and stores nothing.
* ``hl7`` is the MLLP server of the ``hl7`` package as its documentation shows it: parses, makes
  an acknowledgement, stores nothing.
* ``bare`` is the least that keeps the durability rule: one asyncio loop that commits each row to
  an encrypted database before it answers, with the answer put together from MSH-10 alone.
* ``console`` is the whole engine with an encrypted workspace; ``console_off`` the same without
  anybody that follows the worklist; ``console_route`` the same with a route that takes every
  message by a key and queues it at a destination that sends nothing; ``console_unmeasured`` the
  same without measures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hl7console.engine.attached import AttachedConsole
    from hl7console.engine.supervisor import Engine

CANNED = b"\x0bMSH|^~\\&|A|B|C|D|20260105||ACK|1|P|2.5.1\rMSA|AA|1\r\x1c\r"

CATCH_UP_TIMEOUT_S = 60.0


def serve_asyncio(start: Callable[[], object]) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await start()  # type: ignore[misc]
        print("listening", server.sockets[0].getsockname()[1], flush=True)
        ended = asyncio.Event()

        def watch() -> None:
            for _ in sys.stdin:
                print("{}", flush=True)
            loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=watch, daemon=True).start()
        await ended.wait()
        server.close()

    asyncio.run(main())


class Null(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        count = data.count(b"\x1c")
        if count:
            self.transport.write(CANNED * count)  # type: ignore[attr-defined]


def null() -> None:
    async def start() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(Null, "127.0.0.1", 0)

    serve_asyncio(start)


class Answer(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\x1c\r")) >= 0:
            raw, self.buffer = self.buffer[1:end], self.buffer[end + 2 :]
            self.transport.write(  # type: ignore[attr-defined]
                b"\x0bMSH|^~\\&|A|B|C|D|20260105||ACK|1|P|2.5.1\rMSA|AA|%b\r\x1c\r"
                % raw.split(b"|", 10)[9]
            )


def answer() -> None:
    async def start() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", 0)

    serve_asyncio(start)


def hl7_package() -> None:
    import hl7.mllp

    async def process(reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter) -> None:
        try:
            while not writer.is_closing():
                message = await reader.readmessage()
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    async def start() -> asyncio.Server:
        server: asyncio.Server = await hl7.mllp.start_hl7_server(
            process, "127.0.0.1", 0, encoding="utf-8"
        )
        return server

    serve_asyncio(start)


def bare(folder: Path) -> None:
    import sqlcipher3.dbapi2 as sqlcipher

    database = sqlcipher.connect(str(folder / "bare.db"), isolation_level=None)
    for line in (
        f"PRAGMA key = \"x'{'5a' * 32}'\"",
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, received_at_us, control_id, raw BLOB)",
        "CREATE INDEX by_control_id ON messages (control_id)",
    ):
        database.execute(line)

    class Bare(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport
            self.buffer = b""

        def data_received(self, data: bytes) -> None:
            self.buffer += data
            while (end := self.buffer.find(b"\x1c\r")) >= 0:
                raw, self.buffer = self.buffer[1:end], self.buffer[end + 2 :]
                control_id = raw.split(b"|", 10)[9]
                database.execute(
                    "INSERT INTO messages (received_at_us, control_id, raw) VALUES (?, ?, ?)",
                    (time.time_ns() // 1000, control_id.decode(), raw),
                )
                self.transport.write(  # type: ignore[attr-defined]
                    b"\x0bMSH|^~\\&|A|B|C|D|20260105||ACK|1|P|2.5.1\rMSA|AA|%b\r\x1c\r" % control_id
                )

    async def start() -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0)

    serve_asyncio(start)


def add_route(engine: Engine | AttachedConsole) -> None:
    from hl7console.engine.console import SaveDestination
    from hl7console.engine.repair_commands import SaveRoute
    from hl7console.settings import DestinationSettings, RouteSettings

    off = DestinationSettings("off", port=1, enabled=False)
    engine.submit(SaveDestination(off)).result(10)
    engine.submit(SaveRoute(RouteSettings("all", "type:ORM", ("off",)))).result(10)


def add_rules(engine: Engine | AttachedConsole) -> None:
    """Put fifty alert rules in force, some of each kind that looks at what comes."""
    from hl7console.engine.alert_commands import SaveAlertRules

    kinds = (
        *("connection", "stuck", "backlog", "head_age", "silence", "rate", "rejections", "latency"),
        *("refused_run", "duplicates", "sequence", "unmapped_code", "order_without_result"),
    )
    filters = ("status:error", "type:ADT status:rejected", "size:>1000000", "PID-5.1~zzzz", "zzzz")
    rules = [f'kind = "{kinds[number % len(kinds)]}"' for number in range(50 - len(filters))]
    rules += [f"kind = \"filter\"\nfilter = '{expression}'" for expression in filters]
    text = "\n".join(
        f'[[rule]]\nname = "rule {number}"\n{rule}' for number, rule in enumerate(rules)
    )
    engine.submit(SaveAlertRules(text)).result(10)


def console(
    folder: Path, worklist: str, *, is_routed: bool = False, is_measured: bool = True
) -> None:
    from hl7console.engine.open_console import open_console
    from hl7console.settings import ListenerSettings
    from hl7console.store.keys import KeySource

    engine = open_console(
        folder / "workspace",
        KeySource(use_key_store=False, key_folder=folder / "keys"),
        listeners=[ListenerSettings("bench", port=0)],
        worklist=worklist,
        measures=is_measured,
    )
    if is_measured:
        add_rules(engine)
    if is_routed:
        add_route(engine)
    address = next(i for i in engine.snapshot().interfaces if i.name == "bench").address
    print("listening", address.rpartition(":")[2], flush=True)
    tick = threading.Event()
    for line in sys.stdin:
        if line.startswith("worklist"):
            s = engine.snapshot()
            told = {
                "behind": s.worklist_behind,
                "entry": s.worklist_entry,
                "last": s.last_message_id,
            }
            print(json.dumps(told), flush=True)
            continue
        # Waits until full text has caught up with what is stored.
        start_s = time.perf_counter()
        while (s := engine.snapshot()).derived_id < s.last_message_id:
            tick.wait(0.002)
            if time.perf_counter() - start_s > CATCH_UP_TIMEOUT_S:
                raise SystemExit("full text does not catch up")
        reply = {
            "caught_up_s": time.perf_counter() - start_s,
            "stored": s.stored_total,
            "cpu_s": time.process_time(),
        }
        print(json.dumps(reply), flush=True)
    engine.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "kind",
        choices=[
            "null", "answer", "hl7", "bare", "console", "console_off", "console_route",
            "console_unmeasured",
        ],
    )  # fmt: skip
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    kinds = {
        "null": null,
        "answer": answer,
        "hl7": hl7_package,
        "bare": lambda: bare(folder),
        "console": lambda: console(folder, "process"),
        "console_off": lambda: console(folder, "off"),
        "console_route": lambda: console(folder, "process", is_routed=True),
        "console_unmeasured": lambda: console(folder, "process", is_measured=False),
    }
    kinds[options.kind]()


if __name__ == "__main__":
    main()
