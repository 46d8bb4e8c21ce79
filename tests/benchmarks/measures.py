"""What measuring and fifty alert rules cost the receiver, and how fast two years of it are opened.

    python tests/benchmarks/measures.py [--seconds 2] [--rounds 30] [--json] [--skip-years]

Receiving: a console with and one without measures and rules, both running, receive in turn, many
times for a short while each, so that what else the machine does falls on both. Neighbouring runs of
the same console are up to a tenth apart, so the figure is the ratio of all that came with to all
that came without, and its standard error is told. So is what a message costs in processor time,
which varies less on a machine that has other things to do. Opening: a file with every hour of two
years for 200 listeners and 200 destinations is made, and read as the Monitor reads its longest
span.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import statistics
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from receive import load, server

from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope
from hl7console.store.measures.saving import MeasureStore
from hl7console.store.measures.schema import measures_path
from hl7console.ui.monitor.reading import MOST_DESTINATIONS, read_shown
from hl7console.ui.monitor.shown import EVERYTHING, Asked

WARM_S = 3.0
"""How long each console receives before it counts, in seconds."""
INTERFACES = 200
DAYS = 730
END_S = 1_772_409_600
KEY = bytes(32)


def receiving(seconds: float, rounds: int, connections: int, parent: Path) -> dict[str, float]:
    """Return rates with and without measures, and their ratio in per cent."""
    rates: dict[str, list[float]] = {"console": [], "console_unmeasured": []}
    costs: dict[str, list[float]] = {kind: [] for kind in rates}
    with ExitStack() as opened:
        running = {kind: opened.enter_context(server(kind, parent)) for kind in rates}
        for each in running.values():
            load(each.port, connections, WARM_S, unchecked=False)
        for turn in range(rounds):
            for kind in list(rates) if turn % 2 else list(rates)[::-1]:
                before = running[kind].ask()
                found = load(running[kind].port, connections, seconds, unchecked=False)
                after = running[kind].ask()
                rates[kind].append(found["per_s"])
                stored = after["stored"] - before["stored"]
                costs[kind].append(1e6 * (after["cpu_s"] - before["cpu_s"]) / stored)
    with_, without = rates["console"], rates["console_unmeasured"]
    relative = [
        statistics.stdev(found) / statistics.mean(found) / math.sqrt(rounds) if rounds > 1 else 0.0
        for found in (with_, without)
    ]
    percent = 100 * sum(with_) / sum(without)
    return {
        "with": statistics.mean(with_),
        "without": statistics.mean(without),
        "percent": percent,
        "error_percent": percent * math.hypot(*relative),
        "cpu_us_with": statistics.median(costs["console"]),
        "cpu_us_without": statistics.median(costs["console_unmeasured"]),
    }


def fill(path: Path) -> None:
    """Make two years of hours and days."""
    chance = random.Random(1)  # noqa: S311 - no secret
    times = Histogram()
    for _ in range(60):
        times.add(int(chance.lognormvariate(7, 1)))
    packed = times.to_bytes()
    with closing(MeasureStore(path, KEY)) as store:
        database = store.database
        with database.transaction():
            names = [(Scope.ALL, "")]
            for number in range(INTERFACES):
                names.append((Scope.LISTENER, f"L{number:03}"))
                names.append((Scope.DESTINATION, f"D{number:03}"))
            ids = [store.names.series_id((str(scope), name)) for scope, name in names]
            causes = [store.names.cause_id(f"AE 10{place} PID-{place}") for place in range(8)]
            store.set_meta("last_s", str(END_S))
            for day in range(DAYS):
                store.cover(END_S - 86400 * (day + 1), END_S - 86400 * day - 100)
        for id_ in ids:
            with database.transaction():
                for width in (3600, 86400):
                    steps = [END_S - width * (n + 1) for n in range(DAYS * 86400 // width)][::-1]
                    database.executemany(
                        "INSERT INTO steps VALUES (?, ?, ?, ?, 900, 5, 0, 1, 100000, ?, 3, 4)",
                        [
                            (width, id_, at_s, chance.randrange(1000), chance.randrange(50))
                            for at_s in steps
                        ],
                    )
                    database.executemany(
                        "INSERT INTO times VALUES (?, ?, ?, 0, ?)",
                        [(width, id_, at_s, packed) for at_s in steps],
                    )
                    database.executemany(
                        "INSERT INTO causes VALUES (?, ?, ?, ?, 3)",
                        [(width, id_, at_s, chance.choice(causes)) for at_s in steps[::5]],
                    )


def opening(parent: Path) -> dict[str, float]:
    """Return how long it takes to open two years, in ms, and how large the file is, in MB."""
    console = parent / "console.db"
    path = measures_path(console)
    fill(path)
    since_s = END_S - DAYS * 86400
    taken = []
    for _ in range(5):
        begun_s = time.perf_counter()
        with closing(MeasureReader(console, KEY)) as reader:
            shown = read_shown(reader, Asked(EVERYTHING, since_s, END_S, END_S))
            assert all(value > 0 for value in shown.times.p95)
            assert len(shown.waiting) == MOST_DESTINATIONS
            assert shown.causes
        taken.append(1000 * (time.perf_counter() - begun_s))
    return {
        "first_ms": taken[0],
        "median_ms": statistics.median(taken),
        "size_mb": path.stat().st_size / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each run")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--skip-years", action="store_true", help="receiving only")
    parser.add_argument("--folder", type=Path, help="where databases are made (on a real disk)")
    options = parser.parse_args()
    parent = Path(tempfile.mkdtemp(prefix="hl7console-bench-", dir=options.folder))
    found: dict[str, dict[str, float]] = {}
    try:
        for connections in (16, 1):
            figures = receiving(options.seconds, options.rounds, connections, parent)
            found[f"connections_{connections}"] = figures
        if not options.skip_years:
            found["two_years"] = opening(parent)
    finally:
        shutil.rmtree(parent, ignore_errors=True)
    if options.json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        print(name, ", ".join(f"{key} {value:,.1f}" for key, value in figures.items()))
    print("wanted: at least 97 per cent of without, and less than 300 ms")


if __name__ == "__main__":
    main()
