"""Branch coverage of each file of the pure packages by the unit tests, one line a file.

A command, used by ``packaging/test.sh --full``. It ends with 1 when a file is below the floor, so
that no global percentage can hide an untested file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PURE = ("hl7console/hl7v2", "hl7console/mllp", "hl7console/worklist")
TESTS = ("tests/unit/hl7v2", "tests/unit/mllp", "tests/unit/worklist")
FLOOR_PERCENT = 95.0


def main() -> int:
    """Run the unit tests under coverage and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        environment = os.environ | {"COVERAGE_FILE": str(Path(folder) / "data")}

        def coverage(*arguments: str) -> None:
            subprocess.run(  # noqa: S603
                [sys.executable, "-m", "coverage", *arguments],
                cwd=ROOT,
                env=environment,
                check=True,
            )

        coverage(
            "run", "--branch", f"--source={','.join(PURE)}", "-m", "pytest", "-q",
            "-p", "no:cacheprovider", *TESTS,
        )  # fmt: skip
        coverage("json", "-q", "-o", str(report))
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    below = 0
    for name, entry in sorted(files.items()):
        percent = entry["summary"]["percent_covered"]
        is_below = percent < FLOOR_PERCENT
        below += is_below
        sys.stdout.write(f"{percent:6.1f} %  {name}{'   BELOW THE FLOOR' if is_below else ''}\n")
    return 1 if below else 0


if __name__ == "__main__":
    raise SystemExit(main())
