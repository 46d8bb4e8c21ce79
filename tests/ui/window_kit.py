"""What the window's tests share: an engine, a sender, answers to questions, ways to look."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hl7console.engine.supervisor import Engine
from hl7console.ui.main_window import MainWindow

ORDER = (
    b"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|20260105093012||ORM^O01^ORM_O01|%b|P|2.5.1\r"
    b"PID|1||%b^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
    b"ORC|NW|P1^REGRIS|||SC\r"
    b"OBR|1|P1^REGRIS||CTHEAD^CT HEAD|||||||||||||||A1\r"
)


def order(control_id: str, patient: str = "77001") -> bytes:
    return ORDER % (control_id.encode(), patient.encode())


@dataclass
class Answers:
    """Answers questions as a test says, and keeps what was asked."""

    answer: str = ""
    path: Path | None = None
    paths: list[Path] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def choose(self, title: str, text: str, answers: Sequence[str]) -> str:
        self.asked.append(f"{title} {text}")
        return self.answer if self.answer in answers else answers[-1]

    def save_path(self, title: str, suggested: str, file_filter: str) -> Path | None:
        self.asked.append(suggested)
        return self.path

    def open_paths(self, title: str, file_filter: str) -> list[Path]:
        return self.paths

    def folder(self, title: str) -> Path | None:
        return self.path


def port(engine: Engine, name: str = "In") -> int:
    found = next(i for i in engine.snapshot().interfaces if i.name == name)
    return int(found.address.rpartition(":")[2])


def send(at_port: int, *payloads: bytes) -> list[bytes]:
    """Send messages over one real connection; return the answers without frames."""
    answers = []
    with socket.create_connection(("127.0.0.1", at_port), 10) as connection:
        connection.settimeout(10)
        for payload in payloads:
            connection.sendall(b"\x0b" + payload + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                answer += connection.recv(65536)
            answers.append(answer[1:-2])
    return answers


def shown(window: MainWindow, column: str = "control") -> list[str]:
    """Return the texts of one column of the list, from the top."""
    model = window.messages.feed.model
    place = [c.key for c in model.columns].index(column)
    return [model.text_at(row, place) for row in range(model.rowCount())]


W = TypeVar("W", bound=QObject)


def child(parent: QWidget, kind: type[W], name: str) -> W:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found
