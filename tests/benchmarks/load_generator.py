"""Lock-step MLLP clients in one process, as cheap as Python allows.

Each connection sends an order, waits for its answer, and sends the next. Frames are put together
from precomputed parts; answers are checked for the code and the control id.

    python tests/benchmarks/load_generator.py --port 2575 --connections 16 --seconds 5

Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import select
import socket
import time

ORDER = (
    b"MSH|^~\\&|REGRIS|NORTHSIDE|PACS|NORTHSIDE|20260105093012||ORM^O01^ORM_O01|%b|P|2.5.1|||AL|NE"
    b"||UNICODE UTF-8\r"
    b"PID|1||%b^^^NORTHSIDE^MR||MARLOWE^TESS^A||19680412|F|||12 HARBOUR ROW^^KINGSPORT^^40112\r"
    b"PV1|1|E|ED^03^1^NORTHSIDE||||1122^OKAFOR^BEN|||||||||||V%b|||||||||||||||||||||||||20260105\r"
    b"ORC|NW|P%b^REGRIS|||SC||^^^20260105094500^^S||20260105093011|||1122^OKAFOR^BEN\r"
    b"OBR|1|P%b^REGRIS||CTHEAD^CT HEAD WITHOUT CONTRAST^LOCAL|||||||||HEADACHE||1122^OKAFOR^BEN|||"
    b"A%b||||CT|||^^^20260105094500^^S\r"
    b"ZDS|1.2.826.0.1.3680043.9.7777.1.%b^REGRIS^Application^DICOM\r"
)
"""A small imaging order of about 700 bytes; the run's own number makes each one new."""

FULL_SECOND_S = 1.0


def frame_parts(run: str) -> tuple[bytes, bytes, bytes]:
    """Return what stands before, between and after the control id and the number."""
    number = b"\0"
    body = ORDER % (b"\1", *([number] * 6))
    head, rest = body.split(b"\1", 1)
    return b"\x0b" + head, run.encode(), rest


class Client:
    """One connection."""

    def __init__(self, host: str, port: int, number: int, run: str) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = number
        self.sent = 0
        self.control_id = b""
        self.head, self.run, self.rest = frame_parts(run)
        self.buffer = b""
        self.sent_at_s = 0.0

    def send(self) -> None:
        self.sent += 1
        unique = b"%d%06d" % (self.number + 10, self.sent)
        self.control_id = b"%b%b" % (self.run, unique)
        self.sent_at_s = time.perf_counter()
        self.socket.sendall(
            b"%b%b%b\x1c\r" % (self.head, self.control_id, self.rest.replace(b"\0", unique))
        )

    def receive(self, is_checked: bool) -> bool:
        """Return whether the answer is whole."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        if self.buffer:
            data = self.buffer + data
        if not data.endswith(b"\x1c\r"):
            self.buffer = data
            return False
        self.buffer = b""
        if is_checked and (b"|AA|" + self.control_id) not in data and b"|CA|" not in data:
            raise ConnectionError("an answer is no acceptance of what was sent")
        return True


def run(
    host: str, port: int, connections: int, seconds: float, *, is_checked: bool, name: str
) -> dict[str, float]:
    clients = [Client(host, port, n, name) for n in range(connections)]
    by_fd = {c.socket.fileno(): c for c in clients}
    poller = select.epoll() if hasattr(select, "epoll") else select.poll()
    for fd in by_fd:
        poller.register(fd, select.POLLIN)
    latencies: list[float] = []
    start_s = time.perf_counter()
    end_s = start_s + seconds
    cpu_s = time.process_time()
    done = 0
    waiting = len(clients)
    for client in clients:
        client.send()
    while waiting:
        now_s = 0.0
        for fd, _ in poller.poll():
            client = by_fd[fd]
            if not client.receive(is_checked):
                continue
            done += 1
            now_s = time.perf_counter()
            if not done & 15:
                latencies.append(now_s - client.sent_at_s)
            if now_s < end_s:
                client.send()
            else:
                waiting -= 1
    took_s = time.perf_counter() - start_s
    cpu_s = time.process_time() - cpu_s
    for client in clients:
        client.socket.close()
    latencies.sort()
    return {
        "messages": done,
        "seconds": took_s,
        "per_s": done / took_s,
        "cpu_share": cpu_s / took_s,
        "p50_ms": 1000 * latencies[len(latencies) // 2] if latencies else 0.0,
        "p95_ms": 1000 * latencies[len(latencies) * 95 // 100] if latencies else 0.0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--name", default=f"R{time.time_ns() // 1_000_000 % 100_000_000:08d}")
    parser.add_argument("--unchecked", action="store_true", help="the server's answers are canned")
    options = parser.parse_args()
    figures = run(
        options.host,
        options.port,
        options.connections,
        options.seconds,
        is_checked=not options.unchecked,
        name=options.name,
    )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
