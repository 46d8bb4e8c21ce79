"""How long from the start of the program to the first painted window of an empty workspace.

    python tests/benchmarks/first_window.py [--rounds 5] [--json]

Each round is a process of its own, as a user starts it: ``hl7console --workspace DIR``, with the
workspace there and its key in a file. Measured off screen, and on a screen when there is a display
or ``Xvfb`` can be started. Figures are medians in seconds, from before the process is made to
after the first paint event of the whole window.
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
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
WANTED_S = 1.5
"""What the design asks for, in seconds."""

_CHILD = """
import sys, time
from hl7console.cli.program import run

def open_window(console, *, demo, **_of_a_new_workspace):
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication
    from hl7console import app
    from hl7console.ui.main_window import MainWindow

    class FirstPaint(QObject):
        done = False

        def eventFilter(self, watched, event):
            is_window = isinstance(watched, MainWindow)
            if event.type() == QEvent.Type.Paint and is_window and not self.done:
                self.done = True
                QTimer.singleShot(0, self.tell)
            return False

        def tell(self):
            print("painted", time.time(), flush=True)
            for window in QApplication.topLevelWidgets():
                if isinstance(window, MainWindow):
                    window.close_requested.emit()

    made = app._application()
    watch = FirstPaint()
    made.installEventFilter(watch)
    return app.open_window(console, demo=demo)

sys.exit(run(sys.argv[1:], open_window))
"""


def measure(workspace: Path, environment: dict[str, str]) -> float:
    """Start the program once; return the seconds to its first painted window."""
    started_s = time.time()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, "--workspace", str(workspace)],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    for line in done.stdout.splitlines():
        if line.startswith("painted "):
            return float(line.split()[1]) - started_s
    raise SystemExit(f"The window did not open:\n{done.stderr}")


@contextmanager
def screen() -> Iterator[str]:
    """Yield a display: the one there is, or one of Xvfb's; empty when there is neither."""
    found = os.environ.get("DISPLAY", "")
    server_path = shutil.which("Xvfb")
    if found or server_path is None:
        yield found
        return
    read, write = os.pipe()
    server = subprocess.Popen(
        [server_path, "-displayfd", str(write), "-screen", "0", "1600x1000x24"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as told:
            number = told.readline().strip()
        yield f":{number}" if number else ""
    finally:
        server.terminate()
        server.wait(10)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, screen() as display:
        folder = Path(name)
        home = {"HOME": name, "XDG_CONFIG_HOME": name, "XDG_DATA_HOME": name}
        base = {**os.environ, **home, "PYTHONPATH": str(ROOT)}
        platforms = {"offscreen": {**base, "QT_QPA_PLATFORM": "offscreen"}}
        if display:
            on_screen = {**base, "DISPLAY": display}
            on_screen.pop("QT_QPA_PLATFORM", None)
            platforms["on a screen"] = on_screen
        for platform, environment in platforms.items():
            measure(folder / "workspace", environment)  # makes the workspace, fills the caches
            taken = [measure(folder / "workspace", environment) for _ in range(options.rounds)]
            figures[platform] = statistics.median(taken)
    if options.json:
        print(json.dumps(figures))
    else:
        for platform, seconds in figures.items():
            print(f"first window, {platform}: {seconds:.2f} s (wanted: under {WANTED_S} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
