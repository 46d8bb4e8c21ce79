"""An engine in a process of its own, to be killed: run by `killable_engine_kit`.

Prints ``imported``; reads the workspace's folder and that of its key, a line each; prints
``running``; at the next line, or the end of its input, stops in order and prints ``stopped``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hl7console.engine.open_console import open_console
from hl7console.store.keys import KeySource


def say(word: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Run an engine until told to stop."""
    say("imported")
    workspace = sys.stdin.readline().strip()
    keys = sys.stdin.readline().strip()
    if not workspace:
        return
    source = KeySource(use_key_store=False, key_folder=Path(keys))
    engine = open_console(Path(workspace), source, may_attach=False, worklist="off")
    say("running")
    sys.stdin.readline()
    engine.stop(10.0)
    say("stopped")


if __name__ == "__main__":
    main()
