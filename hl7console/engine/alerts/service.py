"""Keeps the alerts going: a thread that takes a turn once a second, and the outbox that tells."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

from hl7console.engine.alerts.channels.outbox import AlertOutbox
from hl7console.engine.alerts.channels.texts import text_place
from hl7console.engine.alerts.facts import Sources
from hl7console.engine.alerts.rules_file import RulesFile, checked, rules_text
from hl7console.engine.alerts.watch import SHOWN, AlertWatch
from hl7console.engine.console import Console
from hl7console.engine.measures.service import MeasuresService
from hl7console.errors import ConsoleError
from hl7console.settings.alerts import AlertBook
from hl7console.store import alerts
from hl7console.store.alert_records import AlertRecord
from hl7console.store.alerts import NoticeWanted
from hl7console.store.connection import Database
from hl7console.store.writer import StoreWriter

EVERY_S = 1.0
"""Time between two turns, in seconds."""

STORE_TIMEOUT_S = 10.0
RETRY_S = 5.0
"""How long after a fault the next turn is taken, in seconds."""

SHARE = 0.02
"""Part of a processor that looking at rules may take."""

IN_FORCE_S = 3.0
"""Longest that somebody who saved rules waits for them to be in force, in seconds."""

log = logging.getLogger(__name__)


class AlertService:
    """Runs the alerts of one engine. Any thread.

    Args:
        console: Where it looks; opens what belongs to the thread that calls it.
        writer: Keeps alerts.
        measures: Told how normal is to be learned.
        is_off: Nothing is watched.
    """

    def __init__(
        self,
        console: Console,
        writer: StoreWriter,
        measures: MeasuresService,
        *,
        is_off: bool = False,
    ) -> None:
        self._writer = writer
        self.console = console
        self._measures = measures
        self._is_off = is_off
        self._rules = RulesFile(console.workspace)
        self.outbox = AlertOutbox(
            writer,
            console.open_reader,
            lambda: self.book,
            text_place(console.workspace),
            saved=lambda: checked(rules_text(console.workspace)),
        )
        """Tells people."""
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._said = False
        self._problem = ""
        self._own_version = 0
        self._shown: tuple[tuple[AlertRecord, ...], int, int] = ((), 0, 0)

    @property
    def book(self) -> AlertBook:
        """The rules and channels in force."""
        return self._rules.book

    @property
    def open_alerts(self) -> tuple[AlertRecord, ...]:
        """Open alerts as a snapshot shows them."""
        return self._shown[0]

    @property
    def open_count(self) -> int:
        """How many are open."""
        return self._shown[1]

    @property
    def version(self) -> int:
        """Grows when an alert or the rules changed."""
        return self._shown[2]

    @property
    def problem(self) -> str:
        """Why rules or channels do not work, as a sentence; empty when all is well."""
        if self._is_off:
            return ""
        return self._rules.problem or self._problem or self.outbox.problem

    def start(self) -> None:
        """Begin to watch and to tell."""
        if self._is_off:
            return
        self._look()
        self.outbox.start()
        self._thread = threading.Thread(target=self._run, name="alerts")
        self._thread.start()

    def look_again(self) -> None:
        """Take over soon what people said of alerts, and what they saved. Any thread."""
        self._said = True
        self._wake.set()

    def wait_in_force(self, book: AlertBook, timeout_s: float = IN_FORCE_S) -> bool:
        """Wait until rules that were saved are in force; return whether they are. Any thread."""
        deadline_s = time.monotonic() + timeout_s
        self.look_again()
        while self.book != book:
            if self._thread is None or time.monotonic() > deadline_s:
                return False
            self._ended.wait(0.01)
        return True

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End; open alerts go on with the next run. Returns whether it ended in time."""
        self._ended.set()
        self._wake.set()
        if self._thread is None:
            return True
        deadline_s = time.monotonic() + timeout_s
        has_ended = self.outbox.stop(timeout_s)
        self._thread.join(max(0.1, deadline_s - time.monotonic()))
        return has_ended and not self._thread.is_alive()

    def _run(self) -> None:
        while not self._ended.is_set():
            with ExitStack() as opened:
                try:
                    watch = self._open(opened)
                    self._turns(watch)
                except (ConsoleError, OSError) as error:
                    self._fail(error)
                except Exception as error:  # noqa: BLE001 - or nobody would be told any more
                    log.error("A turn over alerts failed (%s)", type(error).__name__)  # noqa: TRY400
                    self._problem = "Alerts cannot be watched: there is a fault in the program."
            self._own_version = self.version + 1
            self._wake.wait(0 if self._ended.is_set() else RETRY_S)
            self._wake.clear()

    def _open(self, opened: ExitStack) -> AlertWatch:
        reader = self.console.open_reader()
        opened.callback(reader.close)
        measures = self.console.open_measures()
        opened.callback(measures.close)
        worklist = self.console.open_worklist()
        opened.callback(worklist.close)
        sources = Sources(
            self.console.workspace,
            self.console.snapshot,
            measures=measures,
            messages=reader,
            worklist=worklist,
            listeners=self.console.listeners,
            destinations=self.console.destinations,
        )
        opened_before = alerts.open_alerts(reader.database())
        self._own_version += 1
        self._shown = (tuple(opened_before[-SHOWN:]), len(opened_before), self._own_version)
        return AlertWatch(sources, self._keep, opened_before, share=SHARE)

    def _turns(self, watch: AlertWatch) -> None:
        while not self._ended.is_set():
            self._look()
            if self._said:
                self._said = False
                self._take_said(watch)
            try:
                watch.step(time.time_ns() // 1000, self._rules.book)
                self._problem = watch.problem
            except ConsoleError as error:
                self._fail(error)
            shown, count = watch.open_alerts()
            self._shown = (shown, count, watch.version + self._own_version)
            self._wake.wait(EVERY_S)
            self._wake.clear()

    def _look(self) -> None:
        """Take other rules in force where the file has changed."""
        if self._rules.look():
            self._own_version += 1
            self._measures.normal = self._rules.book.normal
            self.outbox.poke()

    def _take_said(self, watch: AlertWatch) -> None:
        database = watch.sources.messages
        if database is not None:
            watch.take_said(alerts.open_alerts(database.database()))

    def _keep(
        self, changed: Sequence[AlertRecord], notices: Sequence[NoticeWanted], now_us: int
    ) -> list[AlertRecord]:
        def keep(database: Database) -> list[AlertRecord]:
            return alerts.keep_changes(database, changed, notices, now_us)

        future = self._writer.call(keep, label="keep alerts")
        try:
            kept = future.result(STORE_TIMEOUT_S)
        except TimeoutError:
            if future.cancel():
                raise ConsoleError("The database is busy, so alerts are not written.") from None
            kept = future.result()  # it is under way: an alert must not be written twice
        if notices:
            self.outbox.poke()
        return kept

    def _fail(self, error: ConsoleError | OSError) -> None:
        text = error.full_text if isinstance(error, ConsoleError) else error.strerror or "a fault"
        if text != self._problem:
            log.warning("Alerts cannot be watched: %s", text)
        self._problem = f"Alerts cannot be watched: {text}"
