"""A receiver in a process of its own that writes down every message before it answers.

    python tests/e2e/recording_receiver.py --log FILE [--port P] [--misbehave SEED]

Prints ``listening PORT``. Each message gives one line ``CONTROL-ID ANSWER CONNECTION`` in the file,
written to the operating system before the answer goes out, so that whatever is killed, the file
tells what came in. With ``--misbehave`` about one message in fifty gets no certain answer; which
ones is decided by the seed. Ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import threading
from pathlib import Path

ACK = b"\x0bMSH|^~\\&|PACS|RAD|RIS|HOSP|20260105||ACK|R|P|2.3.1\rMSA|%b|%b\r\x1c\r"

MISBEHAVIOUR = ("close", "other", "unreadable", "again")
"""Closes without an answer; answers another message; answers noise; could not store it now."""

SHARE = 0.02


class Recorder(asyncio.Protocol):
    """One connection."""

    log = -1
    dice: random.Random | None = None
    connections = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection."""
        Recorder.connections += 1
        self.number = Recorder.connections
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        """Take bytes, and answer each whole message."""
        self.buffer += data
        while (end := self.buffer.find(b"\x1c\r")) >= 0:
            payload, self.buffer = self.buffer[1:end], self.buffer[end + 2 :]
            if not self._answer(payload.split(b"|", 10)[9]):
                return

    def _answer(self, control_id: bytes) -> bool:
        kind = "AA"
        if self.dice is not None and self.dice.random() < SHARE:
            kind = self.dice.choice(MISBEHAVIOUR)
        os.write(self.log, b"%b %b %d\n" % (control_id, kind.encode(), self.number))
        if kind == "close":
            self.transport.abort()  # type: ignore[attr-defined]
            return False
        answers = {
            "AA": ACK % (b"AA", control_id),
            "again": ACK % (b"AR", control_id),
            "other": ACK % (b"AA", b"OTHER-1"),
            "unreadable": b"\x0bnothing to read\x1c\r",
        }
        self.transport.write(answers[kind])  # type: ignore[attr-defined]
        return True


async def serve(port: int) -> None:
    """Take connections until the standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Recorder, "127.0.0.1", port)
    sys.stdout.write(f"listening {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.Event()

    def watch() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=watch, daemon=True).start()
    await ended.wait()
    server.close()


def main() -> None:
    """Run by the tests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--misbehave", type=int)
    options = parser.parse_args()
    if options.misbehave is not None:
        Recorder.dice = random.Random(options.misbehave)  # noqa: S311
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    Recorder.log = os.open(options.log, flags, 0o600)
    asyncio.run(serve(options.port))


if __name__ == "__main__":
    main()
