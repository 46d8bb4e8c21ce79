"""How long it takes from a destination that goes down to its tile and its alert in the window.

    python tests/benchmarks/alert_delay.py [--rounds 5] [--json]

The engine, the sockets and the window are real; the window is off screen. A destination takes
messages, then its receiver is ended and the next message is sent. The clock runs from the moment at
which the engine knows that the connection is refused; the rule has no wait. Wanted: 2 s.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "ui"))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication
from window_kit import order, port, send

from hl7console.engine.console import SaveDestination
from hl7console.engine.repair_commands import QueueMessages
from hl7console.engine.snapshot import LinkState
from hl7console.engine.supervisor import Engine
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.store.keys import KeySource
from hl7console.store.workspace import Workspace
from hl7console.ui.main_window import MainWindow
from hl7console.ui.preferences import Preferences

RULES = '[[rule]]\nname = "Down"\nkind = "connection"\nseverity = "critical"\nrecover_s = 0\n'
LONGEST_S = 30.0
ANSWER = b"\x0bMSH|^~\\&|R|N|C|N|20260105||ACK|A1|P|2.5.1\rMSA|AA|%b\r\x1c\r"


class Receiver:
    """A receiver that takes every message, until it is ended."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._accepted: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._accepted.append(connection)
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    @staticmethod
    def _answer(connection: socket.socket) -> None:
        held = b""
        while True:
            try:
                got = connection.recv(65536)
            except OSError:
                return
            if not got:
                return
            held += got
            while b"\x1c\r" in held:
                frame, _, held = held.partition(b"\x1c\r")
                control_id = frame.split(b"\r")[0].split(b"|")[9]
                try:
                    connection.sendall(ANSWER % control_id)
                except OSError:
                    return

    def end(self) -> None:
        """End it: whoever connects is refused."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for connection in self._accepted:
            connection.close()


def wait_until(app: QApplication, is_so: object) -> float:
    """Turn the event loop until something is so; return the monotonic time then."""
    deadline_s = time.monotonic() + LONGEST_S
    while not is_so():  # type: ignore[operator]
        app.processEvents()
        if time.monotonic() > deadline_s:
            raise TimeoutError("it never was so")
        threading.Event().wait(0.002)
    return time.monotonic()


def measured(folder: Path, app: QApplication) -> dict[str, float]:
    """Return the seconds until tile, alert and toast are there."""
    (folder / "workspace").mkdir(parents=True)
    (folder / "workspace" / "alerts.toml").write_text(RULES, encoding="utf-8")
    source = KeySource(use_key_store=False, key_folder=folder / "keys")
    workspace = Workspace.open(folder / "workspace", source)
    engine = Engine(workspace, listeners=[ListenerSettings(name="In", port=0)])
    engine.start()
    receiver = Receiver()
    window = MainWindow(engine, preferences=Preferences(folder / "window.ini"))
    try:
        window.resize(1600, 1000)
        window.show()
        window.start()
        window.go_to("monitor")
        to = DestinationSettings(name="Out", port=receiver.port)
        engine.submit(SaveDestination(to)).result(10)
        send(port(engine), order("C1"), order("C2"))
        engine.submit(QueueMessages((1,), ("Out",))).result(10)

        def light() -> LinkState:
            found = engine.snapshot().interfaces
            return next(status.state for status in found if status.name == "Out")

        def tile() -> str:
            tiles = window.monitor.place().tile_model.tiles
            return next((one.role for one in tiles if one.name == "Out"), "")

        wait_until(app, lambda: light() is LinkState.CONNECTED and tile() == "ok")
        receiver.end()
        engine.submit(QueueMessages((2,), ("Out",))).result(10)
        began_s = wait_until(app, lambda: light() is LinkState.FAILED)
        tile_s = wait_until(app, lambda: tile() == "err")
        alert_s = wait_until(app, lambda: bool(window.bridge.snapshot.alerts))
        toast_s = wait_until(app, lambda: bool(window.alerts.teller.toast.alert_ids))
        return {
            "tile_s": tile_s - began_s, "alert_s": alert_s - began_s, "toast_s": toast_s - began_s
        }  # fmt: skip
    finally:
        window.stop()
        engine.stop(10.0)


def main() -> None:
    """Measure, and print the longest of the rounds."""
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    app = QApplication.instance() or QApplication([])
    rounds = []
    for _ in range(chosen.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(measured(Path(folder), app))  # type: ignore[arg-type]
    longest = {name: max(one[name] for one in rounds) for name in rounds[0]}
    if chosen.json:
        print(json.dumps({"longest": longest, "rounds": rounds}))
        return
    for name, seconds in longest.items():
        print(f"{name.removesuffix('_s'):6} {seconds:5.2f} s at most in {len(rounds)} rounds")


if __name__ == "__main__":
    main()
