"""How fast messages are received durably, beside the ``hl7`` package and a bare loop.

    python tests/benchmarks/receive.py [--seconds 5] [--rounds 3] [--route] [--json]

The servers run one after the other in each round, so that what else the machine does falls on
all; figures are medians of the rounds. Ratios count, not absolute rates. The load generator is a
process of its own; that it isn't the bottleneck shows in its rate against a server that answers
canned bytes, and in its share of a processor.

With ``--route`` only the console runs, without a route and with one that takes every message by a
key and queues it: what routing costs the receiver.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


class Server:
    """One server under test, in a process and with a folder of its own."""

    def __init__(self, kind: str, folder: Path) -> None:
        command = [sys.executable, str(HERE / "servers.py"), kind, "--folder", str(folder)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=environment,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().split()
        if line[:1] != ["listening"]:
            raise SystemExit(f"The server {kind} did not start.")
        self.port = int(line[1])

    def ask(self) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        answer: dict[str, float] = json.loads(self.process.stdout.readline())
        return answer

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


@contextmanager
def server(kind: str, parent: Path) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=parent))
    running = Server(kind, folder)
    try:
        yield running
    finally:
        running.end()
        shutil.rmtree(folder, ignore_errors=True)


def load(port: int, connections: int, seconds: float, *, unchecked: bool) -> dict[str, float]:
    command = [
        sys.executable,
        str(HERE / "load_generator.py"),
        f"--port={port}",
        f"--connections={connections}",
        f"--seconds={seconds}",
    ]
    if unchecked:
        command.append("--unchecked")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


RUNS = (
    ("null_16", "null", 16),
    ("hl7_16", "hl7", 16),
    ("console_16", "console", 16),
    ("bare_1", "bare", 1),
    ("console_1", "console", 1),
)
ROUTE_RUNS = (
    ("console_16", "console", 16),
    ("route_16", "console_route", 16),
    ("console_1", "console", 1),
    ("route_1", "console_route", 1),
)

Run = tuple[str, str, int]
"""Name, kind of server, and connections."""


def measure(
    seconds: float, rounds: int, parent: Path, runs: tuple[Run, ...] = RUNS
) -> dict[str, dict[str, float]]:
    taken: dict[str, list[dict[str, float]]] = {name: [] for name, _, _ in runs}
    for _ in range(rounds):
        for name, kind, connections in runs:
            with server(kind, parent) as running:
                load(running.port, connections, 0.5, unchecked=kind == "null")
                running.ask()
                figures = load(running.port, connections, seconds, unchecked=kind == "null")
                if kind.startswith("console"):
                    behind_s = running.ask()["caught_up_s"]
                    figures["caught_up_s"] = behind_s
                    figures["caught_up_per_s"] = figures["messages"] / (
                        figures["seconds"] + behind_s
                    )
                taken[name].append(figures)
    return {
        name: {key: statistics.median(f[key] for f in all_) for key in all_[0]}
        for name, all_ in taken.items()
    }


def table(found: dict[str, dict[str, float]]) -> str:
    rate = {name: figures["per_s"] for name, figures in found.items()}
    caught_up = found["console_16"]["caught_up_per_s"]
    null, console = found["null_16"], found["console_16"]
    lines = [
        "| what | messages/s | ratio | wanted |",
        "| --- | --- | --- | --- |",
        f"| `hl7` package's MLLP server, stores nothing, 16 connections | {rate['hl7_16']:,.0f} "
        "| 1.0 | |",
        f"| hl7console, committed to an encrypted database, then AA, 16 connections "
        f"| {rate['console_16']:,.0f} | {rate['console_16'] / rate['hl7_16']:.1f} | ≥ 7 |",
        f"| the same, until full text has caught up | {caught_up:,.0f} "
        f"| {caught_up / rate['hl7_16']:.1f} | ≥ 4 |",
        f"| bare loop, one commit a message, 1 connection | {rate['bare_1']:,.0f} | 100 % | |",
        f"| hl7console, 1 connection in lock step | {rate['console_1']:,.0f} "
        f"| {100 * rate['console_1'] / rate['bare_1']:.0f} % | ≥ 70 % |",
        "",
        f"Load generator: {null['per_s']:,.0f} messages/s against a server of canned answers "
        f"({null['per_s'] / console['per_s']:.1f} times the console's rate); it used "
        f"{100 * console['cpu_share']:.0f} % of one processor while it loaded the console.",
        f"Latency of the console, 16 connections: p50 {console['p50_ms']:.1f} ms, "
        f"p95 {console['p95_ms']:.1f} ms; 1 connection: p50 {found['console_1']['p50_ms']:.2f} ms.",
    ]
    return "\n".join(lines)


def route_table(found: dict[str, dict[str, float]]) -> str:
    lines = [
        "| what | messages/s | caught up/s | to that without |",
        "| --- | --- | --- | --- |",
    ]
    for name, title in (("16", "16 connections"), ("1", "1 connection in lock step")):
        plain, routed = found[f"console_{name}"], found[f"route_{name}"]
        lines += [
            f"| {title}, no route | {plain['per_s']:,.0f} | {plain['caught_up_per_s']:,.0f} | |",
            f"| {title}, one route into a queue | {routed['per_s']:,.0f} "
            f"| {routed['caught_up_per_s']:,.0f} "
            f"| {100 * routed['per_s'] / plain['per_s']:.0f} % |",
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--route", action="store_true", help="what a route costs, and no more")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help="where databases are made (on a real disk)")
    options = parser.parse_args()
    parent = Path(tempfile.mkdtemp(prefix="hl7console-bench-", dir=options.folder))
    try:
        runs = ROUTE_RUNS if options.route else RUNS
        found = measure(options.seconds, options.rounds, parent, runs)
    finally:
        shutil.rmtree(parent, ignore_errors=True)
    shown = route_table if options.route else table
    print(json.dumps(found) if options.json else shown(found))


if __name__ == "__main__":
    main()
