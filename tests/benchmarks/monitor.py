"""How much the Monitor costs: its frames and its share of a processor.

    python tests/benchmarks/monitor.py [--interfaces 200] [--per-second 1000] [--seconds 20]
    python tests/benchmarks/monitor.py --engine --per-second 1000

The window is the real one. Interfaces are made up; their measures are in a real file, which a
process of its own goes on writing as an engine would. With ``--engine`` real messages go to a real
engine in this process, which then takes processor time of its own. A frame is
the time between two turns of the event loop of a timer that wants one every 8 ms: what it is late
is what somebody waits for. On a machine that does other things as well that has its waits in it, so
the processor time of the GUI thread within a frame is told too. While it is busy the plots show
five minutes, the span that changes the most. Idle is measured on the same window when nothing
comes in. Shares are those of one processor.

Targets: 99 % of frames under 33 ms, under 25 % when busy, under 2 % when idle.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "ui"))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from monitor_window_kit import hospital
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from window_kit import order, port, send

from hl7console.engine.supervisor import Engine
from hl7console.settings import ListenerSettings
from hl7console.store.connection import Database
from hl7console.store.keys import KeySource
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope
from hl7console.store.measures.saving import MeasureStore
from hl7console.store.measures.schema import LATENCY, measures_path
from hl7console.store.measures.tally import Tally
from hl7console.store.workspace import Workspace
from hl7console.ui.collector import GuiCollector
from hl7console.ui.main_window import MainWindow
from hl7console.ui.preferences import Preferences
from hl7console.ui.theme import theme

FRAME_MS = 8
SETTLE_S = 4.0


@dataclass
class Frames:
    """Times between turns of the event loop."""

    times_ms: list[float] = field(default_factory=list)
    works_ms: list[float] = field(default_factory=list)
    """Processor time of this thread."""
    last_s: float = 0.0
    last_work_s: float = 0.0

    def turn(self) -> None:
        now_s, work_s = time.perf_counter(), time.thread_time()
        if self.last_s:
            self.times_ms.append((now_s - self.last_s) * 1000)
            self.works_ms.append((work_s - self.last_work_s) * 1000)
        self.last_s, self.last_work_s = now_s, work_s

    def share_below(self, limit_ms: float) -> float:
        return sum(t < limit_ms for t in self.times_ms) / max(len(self.times_ms), 1)

    def percentile(self, percent: float) -> float:
        ranked = sorted(self.times_ms)
        return ranked[min(int(len(ranked) * percent / 100), len(ranked) - 1)] if ranked else 0.0


def run_loop(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def gui_share(seconds: float) -> tuple[float, float]:
    """Run the loop; return the shares of this thread and of the whole process."""
    started, own, whole = time.perf_counter(), time.thread_time(), time.process_time()
    run_loop(seconds)
    took = time.perf_counter() - started
    return (time.thread_time() - own) / took, (time.process_time() - whole) / took


def measure(name: str, seconds: float) -> None:
    frames = Frames()
    timer = QTimer()
    timer.setInterval(FRAME_MS)
    timer.timeout.connect(frames.turn)
    timer.start()
    run_loop(seconds)
    timer.stop()
    own, whole = gui_share(seconds)
    works = sorted(frames.works_ms)
    print(
        f"{name:6} frames under 33 ms {frames.share_below(33 + FRAME_MS):7.2%}"
        f"  under 16 ms {frames.share_below(16 + FRAME_MS):7.2%}"
        f"  p99 {frames.percentile(99) - FRAME_MS:5.1f} ms  worst {frames.percentile(100):6.1f} ms"
        f"  work p99 {works[int(len(works) * 0.99)]:4.1f} ms worst {works[-1]:5.1f} ms"
        f"  processor: GUI thread {own:6.2%}, process {whole:6.2%}"
    )


Series = tuple[tuple[str, str], ...]


def second_of(series: Series, at_s: int, per_second: int, tally: Tally) -> None:
    """Count what all interfaces take in a second."""
    each = max(per_second // len(series), 1)
    times = Histogram()
    for place in range(8):
        times.add(900 + (at_s * 37 + place * 411) % 4000, max(each // 8, 1))
    for key in series:
        tally.count(key, at_s, (each, each - 1, 1, 0, 0, each * 900))
        tally.gauge(key, at_s, (at_s % 7, at_s % 5, 1))
        tally.time(key, at_s, LATENCY, times)
        tally.cause(key, at_s, "AE 101 PID-3", 1)


def write_measures(
    console: Path, series: Series, per_second: int, is_ready: object, is_busy: object
) -> None:
    """Write the last hour, and then a second after the other. In a process of its own."""
    store = MeasureStore(measures_path(console), None)
    now_s = int(time.time())
    run = 0
    for at_s in range(now_s - 3600, now_s):
        tally = Tally()
        second_of(series, at_s, per_second, tally)
        with store.database.transaction():
            store.add(tally)
            run = run or store.begin_run(at_s)
            store.go_on(run, at_s)
            store.set_meta("last_s", str(at_s))
        if at_s % 60 == 0:
            store.fold(at_s)
    is_ready.set()  # type: ignore[attr-defined]
    while is_busy.is_set():  # type: ignore[attr-defined]
        second_s = int(time.time())
        if second_s > now_s:
            tally = Tally()
            second_of(series, second_s - 1, per_second, tally)
            with store.database.transaction():
                store.add(tally)
                store.go_on(run, second_s)
                store.set_meta("last_s", str(second_s))
            now_s = second_s
            if second_s % 60 == 0:
                store.fold(second_s)
        threading.Event().wait(0.05)
    store.close()


def measured(
    folder: Path, series: Series, per_second: int
) -> tuple[Path, multiprocessing.Process, object]:
    """Return a workspace's database with measures, and the process that writes them."""
    console = folder / "measured.db"
    Database(console, None).close()
    spawn = multiprocessing.get_context("spawn")
    is_ready, is_busy = spawn.Event(), spawn.Event()
    is_busy.set()
    writer = spawn.Process(
        target=write_measures, args=(console, series, per_second, is_ready, is_busy), daemon=True
    )
    writer.start()
    if not is_ready.wait(300):
        raise SystemExit("The measures were not written.")
    return console, writer, is_busy  # type: ignore[return-value]


def send_steadily(engine: Engine, per_second: int, stop: threading.Event) -> None:
    number = 0
    while not stop.is_set():
        started = time.monotonic()
        send(port(engine), *(order(f"M{number + n}") for n in range(per_second // 5)))
        number += per_second // 5
        stop.wait(max(0.2 - (time.monotonic() - started), 0))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interfaces", type=int, default=200)
    parser.add_argument("--per-second", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--engine", action="store_true")
    parser.add_argument("--span", default="5m")
    parser.add_argument("--size", default="1600x1000")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    QApplication([])
    theme()
    with tempfile.TemporaryDirectory(prefix="hl7console-bench-") as folder:
        source = KeySource(use_key_store=False, key_folder=Path(folder) / "keys")
        workspace = Workspace.open(Path(folder) / "workspace", source)
        engine = Engine(workspace, listeners=[ListenerSettings(name="In", port=0)])
        engine.start()
        staged = hospital(engine, options.interfaces, is_broken=True)
        console = engine if options.engine else staged
        window = MainWindow(console, preferences=Preferences(Path(folder) / "window.ini"))
        window.may_close = True
        width, height = map(int, options.size.split("x"))
        window.resize(width, height)
        window.show()
        window.start()
        collector = GuiCollector(window)
        collector.start()
        stop = threading.Event()
        sender = threading.Thread(target=send_steadily, args=(engine, options.per_second, stop))
        series = ((str(Scope.ALL), ""), *((s.kind, s.name) for s in staged.interfaces))
        path, writer, is_busy = measured(Path(folder), series, options.per_second)
        staged.measures_opener = lambda: MeasureReader(path, None)
        if options.engine:
            sender.start()
        else:
            staged.moving_per_s = float(options.per_second)
        started = time.perf_counter()
        window.go_to("monitor")
        place = window.monitor.place()
        print(
            f"the place was there after {(time.perf_counter() - started) * 1000:.0f} ms", end=", "
        )
        place.show_span(options.span)
        while place.board is None:
            QApplication.processEvents()
        print(f"its plots after {(time.perf_counter() - started) * 1000:.0f} ms")
        run_loop(SETTLE_S)
        measure("busy", options.seconds)
        stop.set()
        is_busy.clear()  # type: ignore[attr-defined]
        writer.join()
        staged.moving_per_s = 0.0
        run_loop(SETTLE_S)
        measure("idle", options.seconds)
        window.go_to("messages")
        run_loop(1)
        measure("hidden", options.seconds / 2)
        if options.engine:
            sender.join()
        collector.stop()
        window.stop()
        window.close()
        engine.stop(10)


if __name__ == "__main__":
    main()
