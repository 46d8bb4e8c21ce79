"""How fast two messages of 20,000 segments are compared, alike or not.

    python tests/benchmarks/diff.py [--segments N] [--json]

The first lines are what happens; the last ones are the worst that could: everything differs, no
segment has a partner, all stand in another order, every segment says the same as many others.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from hl7console.hl7v2.compare import CompareOptions, compare

HEAD = [
    "MSH|^~\\&|RIS|NORTH|PACS|NORTH|20260105093012||ORU^R01^ORU_R01|1|P|2.5.1",
    "PID|1||77001^^^NORTH^MR||MARLOWE^TESS||19680412|F",
    "OBR|1|P1^RIS|F1|GLU^GLUCOSE^L",
]
EDITS = 200
LIMIT_S = 1.0
"""What the first lines may take."""

Case = tuple[str, list[str], list[str], CompareOptions]
PLAIN = CompareOptions()
ANY_ORDER = CompareOptions(any_order=True)


def results(count: int, seed: int) -> list[str]:
    """Return a message of so many results, by the line."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    lines = [
        f"OBX|{n}|NM|{draw.randrange(10**6)}^Name^LN||{draw.randrange(10**6)}|mg/dL|1-2|N|||F|||2026"
        for n in range(1, count + 1)
    ]
    return HEAD + lines


def edited(lines: list[str]) -> list[str]:
    """Return the lines with segments added, removed, changed and moved."""
    draw = random.Random(5)  # noqa: S311 - no secret
    made = list(lines)
    for n in range(EDITS):
        at = draw.randrange(len(HEAD), len(made))
        match n % 4:
            case 0:
                made.insert(at, f"NTE|1||note {n}")
            case 1:
                del made[at]
            case 2:
                made[at] = made[at].replace("|N|", "|H|")
            case _:
                line = made.pop(at)
                made.insert(draw.randrange(len(HEAD), len(made)), line)
    return made


def cases(count: int) -> Iterator[Case]:
    """Yield name, left, right and options; the first four are the ordinary ones."""
    one, other = results(count, 1), results(count, 2)
    yield "the same", one, list(one), PLAIN
    yield f"{EDITS} edits", one, edited(one), PLAIN
    yield f"{EDITS} edits, any order", one, edited(one), ANY_ORDER
    yield "other delimiters", one, [line.replace("^", "@") for line in one], PLAIN
    yield "wholly different", one, other, PLAIN
    yield "wholly different, any order", one, other, ANY_ORDER
    changed = [line.replace("|N|", "|H|").replace("|mg", "|k\\T\\g") for line in one]
    yield "each segment changed", one, changed, PLAIN
    yield "no name in common", one, [line.replace("OBX|", "ZBX|") for line in one], PLAIN
    yield "turned round", one, HEAD + one[: len(HEAD) - 1 : -1], PLAIN
    notes = ["NTE|1||a", "NTE|2||b"]
    half = count // 2
    yield "alternating equals", HEAD + notes * half, HEAD + notes[::-1] * half, PLAIN
    same_id = [[f"OBX|{n}|TX|A||{n * 7919 % p}" for n in range(count)] for p in (10_007, 20_011)]
    yield "one id for all", HEAD + same_id[0], HEAD + same_id[1], PLAIN


def main() -> int:
    """Run all cases; exit code 1 when an ordinary one takes too long."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--segments", type=int, default=20_000)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    is_slow = False
    for number, (name, left, right, how) in enumerate(cases(chosen.segments)):
        sides = ["\r".join(lines).encode() for lines in (left, right)]
        started = time.perf_counter()
        found = compare(*sides, how)
        took_s = time.perf_counter() - started
        is_slow |= number < 4 and took_s > LIMIT_S
        count = len(found.differences)
        if chosen.json:
            print(json.dumps({"case": name, "seconds": round(took_s, 3), "differences": count}))
        else:
            coarse = ", by segment" if found.is_coarse else ""
            print(f"{name:30} {took_s:6.2f} s  {count:7,} differences{coarse}")
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())
