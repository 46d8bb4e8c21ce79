"""A month of 200 feeds, fuller than the one of the tests, and what it takes.

    python tests/benchmarks/simulated_month.py [--per-day 250] [--seed 5] [--json]

Intake, writer, measures and alert rules are the real ones, on a clock of their own. Prints what was
planted and what was told of it, so that a look shows whether each fault was found once and nothing
else was told; and how long the month took.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from simulated_month_kit import make_feeds
from simulated_month_run_kit import live, plant, told_in


def _at(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%a %d %H:%M}" if at_us else "open"


def main() -> None:
    """Live through the month, and print what came of it."""
    options = argparse.ArgumentParser()
    options.add_argument("--per-day", type=float, default=250)
    options.add_argument("--seed", type=int, default=5)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    feeds = make_feeds(chosen.seed, per_day=chosen.per_day)
    planted = plant(feeds)
    begun_s = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run, count = live(Path(folder), feeds, chosen.seed)
        taken_s = time.perf_counter() - begun_s
        told = told_in(run)
    wanted = sorted((fault.rule, fault.subject) for fault in planted)
    is_right = sorted((alert.rule, alert.subject) for alert in told) == wanted
    if chosen.json:
        found = {"messages": count, "seconds": taken_s, "planted": wanted, "is_right": is_right}
        print(json.dumps(found | {"told": [(a.rule, a.subject) for a in told]}))
        return
    for rule, subject in wanted:
        print(f"planted  {rule:18} {subject}")
    for alert in told:
        times = f"{_at(alert.told_at_us)} to {_at(alert.ended_at_us)}"
        print(f"told     {alert.rule:18} {alert.subject:10} {times}  {alert.text}")
    print(
        f"{count:,} messages in {taken_s:.0f} s; {'as planted' if is_right else 'NOT as planted'}"
    )


if __name__ == "__main__":
    main()
