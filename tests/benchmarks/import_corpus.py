"""How fast files are imported: the corpus folder, many times over, into an encrypted workspace.

    python tests/benchmarks/import_corpus.py [--times 100] [--corpus DIR] [--json]

Wanted: at least 3,000 messages a second. The copies lie in one folder, as a user would drop it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from hl7console.engine.console import ImportFiles
from hl7console.engine.open_console import open_console
from hl7console.store.keys import KeySource

CORPUS = Path(__file__).parent.parent / "corpus"


def measure(corpus: Path, times: int, parent: Path) -> dict[str, float]:
    folder = parent / "in"
    for n in range(times):
        shutil.copytree(corpus, folder / f"{n:03d}")
    source = KeySource(use_key_store=False, key_folder=parent / "keys")
    engine = open_console(parent / "workspace", source)
    start_s = time.perf_counter()
    report = engine.submit(ImportFiles((folder,))).result()
    took_s = time.perf_counter() - start_s
    tick = threading.Event()
    while (s := engine.snapshot()).derived_id < s.last_message_id:
        tick.wait(0.01)
    searchable_s = time.perf_counter() - start_s
    engine.stop()
    return {
        "messages": report.messages,
        "not_taken": report.not_taken_total,
        "seconds": took_s,
        "per_s": report.messages / took_s,
        "searchable_per_s": report.messages / searchable_s,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    parent = Path(tempfile.mkdtemp(prefix="hl7console-import-"))
    try:
        found = measure(options.corpus, options.times, parent)
    finally:
        shutil.rmtree(parent, ignore_errors=True)
    if options.json:
        print(json.dumps(found))
    else:
        print(
            f"{found['messages']:,.0f} messages kept in {found['seconds']:.1f} s: "
            f"{found['per_s']:,.0f} messages/s (wanted: 3,000); {found['not_taken']:,.0f} parts "
            f"not taken; until full text has caught up: {found['searchable_per_s']:,.0f} messages/s"
        )


if __name__ == "__main__":
    main()
