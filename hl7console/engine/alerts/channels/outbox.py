"""Tells of alerts in the background: takes what is due, and tries until it was taken.

One thread looks at the table; each channel that has something due gets a worker of its own, so
that a server that hangs holds up no other channel. What a worker found out is written by the one
thread, and until that is written the channel is tried no further: nothing is sent twice because
the disk was full.

Few alerts go out one by one; more than the rules' `group_above`, as one message. A channel gets
at most so many messages a minute; what comes on top waits for the next one. An alert that was
over before its begin could be told makes one message.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hl7console.engine.alerts.channels.approval import is_approved
from hl7console.engine.alerts.channels.attempt import Attempt
from hl7console.engine.alerts.channels.pace import ChannelPace, back_off_s
from hl7console.engine.alerts.channels.sending import attempt_for, send
from hl7console.engine.alerts.channels.texts import (
    MOST_LISTED,
    AlertMessage,
    News,
    TextPlace,
    message_of,
)
from hl7console.engine.alerts.channels.troubles import ChannelTroubles
from hl7console.errors import ConsoleError
from hl7console.settings.alerts import AlertBook, Channel
from hl7console.store import alert_notices as notices
from hl7console.store.alert_notices import Batch, DueChannel, NoticeState
from hl7console.store.connection import Database
from hl7console.store.faults import SqlError, fault_of
from hl7console.store.reader import StoreReader
from hl7console.store.writer import StoreWriter

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
"""How often the table is looked at without being asked to, in seconds."""

MOST_NOTICES = 5_000
"""Notices that one message tells at most."""

MOST_WORKERS = 16
"""Channels that are sent to at once."""

STORE_TIMEOUT_S = 10.0
PRUNE_EVERY_US = 6 * 3600 * 1_000_000
_GRACE_S = 1.0


class Send(Protocol):
    """Sends a message; see `sending.send`."""

    def __call__(self, channel: Channel, message: AlertMessage, attempt: Attempt) -> str:
        """Send it, and return what to remark."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    batch: Batch
    tries: int
    fault: str
    is_taken: bool


class AlertOutbox:
    """Sends the notices of one workspace. `poke`, `stop` and `problem` are for any thread.

    Args:
        writer: Notes what became of them.
        open_reader: Opens a read-only connection for the calling thread.
        book: Returns the channels in force.
        place: Where messages come from.
        saved: Returns the channels as they were saved last; None takes those in force.
        now_us: The clock; UTC, microseconds since 1970.
        begin: Runs a worker; None starts a thread for each.
        send_message: Sends one message.
    """

    def __init__(
        self,
        writer: StoreWriter,
        open_reader: Callable[[], StoreReader],
        book: Callable[[], AlertBook],
        place: TextPlace,
        *,
        saved: Callable[[], AlertBook] | None = None,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        begin: Callable[[Callable[[], None]], None] | None = None,
        send_message: Send = send,
    ) -> None:
        self.place = place
        self.book = book
        self.saved = saved or book
        self.now_us = now_us
        self.send_message = send_message
        self.writer = writer
        self.open_reader = open_reader
        self._begin = begin or _in_thread
        self._reader: StoreReader | None = None
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._busy: dict[str, Attempt] = {}
        self._outcomes: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
        self._unwritten: deque[_Outcome] = deque()
        self._pace = ChannelPace()
        self._troubles = ChannelTroubles()
        self._has_looked = False
        self._next_try_at_us = 0
        self._pruned_at_us = 0
        self._grace_s = _GRACE_S

    # For other threads.

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="alert-channels")
        self._thread.start()

    def poke(self) -> None:
        """Tell that something may be due. Takes no time."""
        self._wake.set()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End; what has not been taken is told by the next run.

        Returns:
            Whether it ended within `timeout_s` seconds.
        """
        self._grace_s = min(_GRACE_S, timeout_s / 3)
        self._ended.set()
        self._wake.set()
        if self._thread is None:
            return True
        self._thread.join(max(0.1, timeout_s))
        return not self._thread.is_alive()

    @property
    def problem(self) -> str:
        """Which channels don't work and why, as sentences; "" when all is well."""
        return self._troubles.text

    # The thread, or a test in its place.

    def _run(self) -> None:
        told = ""
        try:
            while not self._ended.is_set():
                self._wake.clear()
                text = self._step_safely()
                if text and text != told:
                    log.warning("Alerts cannot be told: %s", text)
                told = text
                if text:
                    self._ended.wait(LOOK_EVERY_S)
                else:
                    self._wake.wait(self._wait_s())
            self._let_finish()
        finally:
            self.close()

    def _step_safely(self) -> str:
        """Do a step; return why it failed, or ""."""
        try:
            self.step(self.now_us())
        except ConsoleError as fault:
            self.close()
            return fault.text
        except SqlError as fault:
            self.close()
            return fault_of(fault).text
        except Exception as fault:
            log.exception("Alerts cannot be told")
            self.close()
            return type(fault).__name__
        return ""

    def _wait_s(self) -> float:
        if not self._next_try_at_us:
            return LOOK_EVERY_S
        left_s = (self._next_try_at_us - self.now_us()) / 1_000_000
        return min(LOOK_EVERY_S, max(0.1, left_s))

    def step(self, now_us: int) -> None:
        """Write down what workers found out, and begin with what is due.

        The thread of the outbox, or the one that drives it where it was not started.

        Raises:
            ConsoleError: The database cannot be used.
        """
        self._settle(now_us)
        self._reader = self._reader or self.open_reader()
        database = self._reader.database()
        self._look_at_channels(database)
        self._next_try_at_us = 0
        for due in notices.due_channels(database):
            self._tell(database, due, now_us)
        self._settle(now_us)
        if now_us - self._pruned_at_us >= PRUNE_EVERY_US:
            self._pruned_at_us = now_us
            self._write(lambda writing: notices.prune(writing, now_us), "forget old notices")

    def close(self) -> None:
        """Close the connection; the thread that drives it."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _write(self, change: Callable[[Database], int], label: str) -> int:
        try:
            return self.writer.call(change, label=label).result(STORE_TIMEOUT_S)
        except TimeoutError:
            raise ConsoleError("The database does not take it in time.") from None

    def _look_at_channels(self, database: Database) -> None:
        """Note which channels need an approval, and at first what became of each before."""
        if not self._has_looked:
            self._has_looked = True
            self._troubles.load(database)
        channels = [channel for channel in self.book().channels if channel.enabled]
        unapproved = [channel.name for channel in channels if not is_approved(database, channel)]
        self._troubles.keep({channel.name for channel in channels}, tuple(unapproved))

    # What is due.

    def _tell(self, database: Database, due: DueChannel, now_us: int) -> None:
        with self._lock:
            if due.channel in self._busy or len(self._busy) >= MOST_WORKERS:
                return
        channel, reason = self._channel(database, due.channel)
        if channel is None:
            self._leave(Batch(due.channel, 0, due.last_id), reason, now_us)
            return
        if not self._is_time(due, now_us):
            return
        is_single = due.alerts <= self.book().group_above
        batch = notices.next_batch(database, due, is_single=is_single, most=MOST_NOTICES)
        news = News(
            f"{self.place.source}-{notices.batch_name(database, batch)}",
            notices.first_told(database, batch, MOST_LISTED),
            notices.count_told(database, batch),
        )
        if not news.total:
            self._leave(batch, "The alert is not kept any more.", now_us)
            self.poke()
            return
        try:
            message = message_of(news, self.place, now_us)
        except Exception as fault:
            log.exception("An alert could not be put in words")
            text = f"It could not be put in words ({type(fault).__name__})."
            self._outcomes.put(_Outcome(batch, due.tries, text, is_taken=False))
            return
        self._send(channel, message, batch, due.tries, now_us)

    def _leave(self, batch: Batch, reason: str, now_us: int) -> None:
        self._write(
            lambda writing: notices.finish(writing, batch, NoticeState.OFF, reason, now_us),
            "leave notices untold",
        )

    def _channel(self, database: Database, name: str) -> tuple[Channel | None, str]:
        """Return the channel to use, or why there is none."""
        for channel in self.book().channels:
            if channel.name != name:
                continue
            if not channel.enabled:
                return None, "The channel is switched off."
            if not is_approved(database, channel):
                return None, "The channel was not approved."
            return channel, ""
        return None, "There is no such channel any more."

    def _is_time(self, due: DueChannel, now_us: int) -> bool:
        """Whether a channel may be sent to; else note when it may."""
        next_us = self._pace.next_at_us(due, now_us, self.book().group_above)
        if next_us <= now_us:
            return True
        self._next_try_at_us = min(self._next_try_at_us or next_us, next_us)
        return False

    # Workers.

    def _send(
        self, channel: Channel, message: AlertMessage, batch: Batch, tries: int, now_us: int
    ) -> None:
        attempt = attempt_for(channel)
        with self._lock:
            self._busy[batch.channel] = attempt
        self._pace.sent(batch.channel, now_us)

        def work() -> None:
            fault, is_taken = self._try(channel, message, attempt)
            self._outcomes.put(_Outcome(batch, tries, fault, is_taken))
            self.poke()

        try:
            self._begin(work)
        except RuntimeError:
            fault = "This machine has no room for another thread."
            self._outcomes.put(_Outcome(batch, tries, fault, is_taken=False))

    def _try(self, channel: Channel, message: AlertMessage, attempt: Attempt) -> tuple[str, bool]:
        """Return what to know of the try, and whether the message was taken."""
        try:
            with attempt:
                return self.send_message(channel, message, attempt), True
        except ConsoleError as fault:
            return fault.full_text, False
        except Exception as fault:
            log.exception("A message of alerts could not be sent (%s)", type(fault).__name__)
            return f"It could not be sent ({type(fault).__name__}).", False

    def _settle(self, now_us: int) -> None:
        """Write down what workers found out; what cannot be written stays for the next time."""
        while True:
            try:
                self._unwritten.append(self._outcomes.get_nowait())
            except queue.Empty:
                break
        while self._unwritten:
            outcome = self._unwritten[0]
            if outcome.is_taken or not self._ended.is_set():
                self._note(outcome, now_us)
            self._unwritten.popleft()
            with self._lock:
                self._busy.pop(outcome.batch.channel, None)

    def _note(self, outcome: _Outcome, now_us: int) -> None:
        batch, fault = outcome.batch, outcome.fault
        given_up = 0
        if outcome.is_taken:
            self._write(
                lambda writing: notices.finish(writing, batch, NoticeState.SENT, fault, now_us),
                "note what was told",
            )
        else:
            next_us = now_us + round(back_off_s(outcome.tries + 1) * 1_000_000)
            given_up = self._write(
                lambda writing: notices.put_off(writing, batch, fault, next_us, now_us),
                "note what was not told",
            )
        self._troubles.note(batch.channel, fault, is_given_up=bool(given_up))

    def _let_finish(self) -> None:
        """Give workers a moment, then cut them short; write down what was taken."""
        for wait_s in (self._grace_s, self._grace_s):
            ends_s = time.monotonic() + wait_s
            while self._busy and (left_s := ends_s - time.monotonic()) > 0:
                try:
                    self._unwritten.append(self._outcomes.get(timeout=left_s))
                except queue.Empty:
                    break
                try:
                    self._settle(self.now_us())
                except ConsoleError as fault:
                    log.warning("What was told of alerts cannot be noted: %s", fault.text)
                    return
            with self._lock:
                attempts = list(self._busy.values())
            for attempt in attempts:
                attempt.cut()


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="alert-channel", daemon=True).start()
