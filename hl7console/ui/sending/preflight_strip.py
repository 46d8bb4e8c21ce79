"""What sending will do, said before: looked up on a worker while one is still choosing."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from dataclasses import replace
from html import escape

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from hl7console.engine.console import Console
from hl7console.engine.preflight import PreflightFinding, PreflightSubject, preflight
from hl7console.engine.resending.editing import EditTrial, EditWish
from hl7console.errors import ConsoleError
from hl7console.hl7v2 import filters
from hl7console.settings import DestinationSettings
from hl7console.store.faults import QueryStoppedError
from hl7console.store.reader import StoreReader
from hl7console.store.worklist.reader import WorklistReader
from hl7console.ui.theme import GRID, theme
from hl7console.ui.worker import ReadingWorker

_SETTLE_MS = 150

Said = tuple[tuple[str, PreflightFinding], ...]
"""Findings, each with the name of its destination."""


class _Readers:
    """Both readers of one thread."""

    def __init__(self, console: Console) -> None:
        self.store: StoreReader = console.open_reader()
        self.worklist: WorklistReader = console.open_worklist()

    def interrupt(self) -> None:
        """End the query in hand. Any thread."""
        self.store.interrupt()
        self.worklist.interrupt()

    def close(self) -> None:
        """Close both; their own thread."""
        self.store.close()
        self.worklist.close()


class PreflightStrip(QFrame):
    """Findings with their colours. GUI thread only; call `stop` before it goes."""

    finished = Signal()
    """Everything was looked up for the last thing asked."""

    _told = Signal(int, int)

    def __init__(self, console: Console, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preflightStrip")
        self.setProperty("role", "card")
        self._worker: ReadingWorker[_Readers] = ReadingWorker(
            "preflight", lambda: _Readers(console), self
        )
        self._number = 0
        self._cancelled = threading.Event()
        self._is_done = False
        self.said: Said = ()
        self._console = console
        self._wish = EditWish()
        self._subject = PreflightSubject()
        self._destinations: tuple[DestinationSettings, ...] = ()
        self.label = QLabel()
        self.label.setObjectName("preflightText")
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.setAccessibleName("What there is to know before sending")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID + 4, GRID, GRID + 4, GRID)
        layout.addWidget(self.label)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self._begin)
        self._told.connect(self._on_told)
        theme().changed.connect(self._show)

    @property
    def is_done(self) -> bool:
        """Whether everything is looked up."""
        return self._is_done

    @property
    def is_clear(self) -> bool:
        """Whether nothing speaks against sending; production is asked for by name elsewhere."""
        return self._is_done and all(
            finding.severity == "ok" or finding.code == "destination" for _, finding in self.said
        )

    def look_at(
        self,
        subject: PreflightSubject,
        destinations: Sequence[DestinationSettings],
        wish: EditWish,
    ) -> None:
        """Look things up anew, soon, where something else is asked.

        Args:
            subject: What is to be sent.
            destinations: Where to.
            wish: What is changed on the way.
        """
        wanted = tuple(destinations)
        if (subject, wanted, wish) == (self._subject, self._destinations, self._wish):
            return
        self._subject, self._destinations, self._wish = subject, wanted, wish
        self._is_done, self.said = False, ()
        self._cancelled.set()
        self.label.setText("Looking what there is to know…")
        self.setVisible(bool(wanted))
        self._timer.start()

    def stop(self) -> None:
        """End the thread."""
        self._timer.stop()
        self._cancelled.set()
        self._worker.stop()

    @Slot()
    def _begin(self) -> None:
        self._number += 1
        self._cancelled = cancelled = threading.Event()
        number, subject, destinations = self._number, self._subject, self._destinations

        def told(count: int) -> None:
            if cancelled.is_set():
                raise QueryStoppedError
            self._told.emit(number, count)

        wish = self._wish

        def look(readers: _Readers) -> Said:
            with contextlib.ExitStack() as stack:
                asked = subject
                if wish.is_any:
                    trial = EditTrial(self._console.workspace, self._console.open_reader, wish)
                    stack.callback(trial.close)
                    asked = replace(subject, edit=trial)
                return tuple(
                    (settings.name, finding)
                    for settings in destinations
                    for finding in preflight(
                        readers.store, readers.worklist, asked, settings, told=told
                    )
                )

        self._worker.ask(
            look,
            lambda said: self._on_said(number, said),
            lambda error: self._on_failed(number, error),
        )

    @Slot(int, int)
    def _on_told(self, number: int, count: int) -> None:
        if number == self._number and not self._is_done:
            self.label.setText(f"Looking what there is to know… {count:,} messages")

    def _on_said(self, number: int, said: Said) -> None:
        if number == self._number and not self._timer.isActive():
            self.said = said
            self._end()

    def _on_failed(self, number: int, error: ConsoleError) -> None:
        if number != self._number or self._timer.isActive():
            return
        if not isinstance(error, QueryStoppedError):
            self.said = (("", PreflightFinding("warn", "failed", error.full_text)),)
            self._end()

    def _end(self) -> None:
        self._is_done = True
        self._show()
        self.finished.emit()

    @Slot()
    def _show(self) -> None:
        if self._is_done:
            several = len(self._destinations) > 1
            self.label.setText("<br>".join(_line(name, one, several) for name, one in self.said))


def _line(name: str, finding: PreflightFinding, several: bool) -> str:
    mark = {"ok": "✓", "warn": "!", "err": "✕"}[finding.severity]
    text = finding.text
    if several and finding.code != "destination" and name:
        text = f"{name}: {text}"
    colour = theme().color(finding.severity).name()
    return f'<span style="color:{colour}"><b>{mark}</b>&nbsp;&nbsp;{escape(text)}</span>'


class Counter(QObject):
    """Counts what a filter finds, on a thread of its own. GUI thread only; `stop` it."""

    counted = Signal(int)
    failed = Signal(object)

    def __init__(self, console: Console, parent: QObject) -> None:
        super().__init__(parent)
        self._worker: ReadingWorker[StoreReader] = ReadingWorker(
            "resend-count", console.open_reader, self
        )

    def count(self, filter_text: str) -> None:
        """Count, and tell."""
        self._worker.ask(
            lambda reader: reader.count(filters.parse(filter_text)),
            self.counted.emit,
            self.failed.emit,
        )

    def stop(self) -> None:
        """End the thread."""
        self._worker.stop()
