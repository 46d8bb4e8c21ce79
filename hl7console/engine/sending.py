"""Sends messages on request: stored ones again, or those of files.

Each try is written down before its first byte goes out and again when it has ended. What is not
certain is ``unknown``; only an answer that accepts makes it ``accepted``.

References:
    HL7 chapter 2, 2.9.2; IHE ITI TF-2 appendix C.2.3 (same bytes and MSH-10 on every try).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeVar

from hl7console.engine import auditing, outcomes
from hl7console.engine.console import JobReport, SendFiles, SendMessages, SendResult
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.links import DestinationLight
from hl7console.engine.reading import MessageFinder
from hl7console.engine.sender import Exchange, NotSentError, Sender
from hl7console.engine.storing import StoreTally, imported_message
from hl7console.errors import ConsoleError, EnvironmentFaultError, UsageError
from hl7console.hl7v2.scan import scan
from hl7console.hl7v2.wire import wire_form
from hl7console.settings import DestinationSettings
from hl7console.store import deliveries
from hl7console.store.connection import Database
from hl7console.store.deliveries import AttemptOutcome
from hl7console.store.records import DeliveryState, Origin

T = TypeVar("T")

MAX_RESULTS = 10_000
"""Results that a report names; the database has all."""

MAX_UNKNOWN_IN_A_ROW = 3
"""After this many messages without a certain answer, one after the other, a job gives up."""

STORE_TIMEOUT_S = 30.0

_NO_ANSWER_WAIT_S = 150.0
"""On top of the response timeout: the session's own timers end an exchange long before."""


@dataclass(frozen=True, slots=True)
class _Due:
    """One message to send."""

    message_id: int
    raw: bytes = field(repr=False)
    source: str = ""
    was_on_wire: bool = False
    """It came over MLLP, and goes out as it came."""


class _Tally:
    """What a sending job has done so far."""

    def __init__(self) -> None:
        self.results: list[SendResult] = []
        self.done = 0
        self.accepted = 0
        self.refused = 0
        self.unknown = 0
        self.first_id = 0
        self.last_id = 0
        self.unknown_in_a_row = 0
        self.stopped_by = ""

    def add(self, result: SendResult) -> None:
        """Count one."""
        self.done += 1
        self.first_id = self.first_id or result.message_id
        self.last_id = result.message_id
        if result.state != DeliveryState.UNKNOWN:
            self.unknown_in_a_row = 0
        if result.state in (DeliveryState.ACCEPTED, DeliveryState.COMMITTED):
            self.accepted += 1
        elif result.state == DeliveryState.UNKNOWN:
            self.unknown += 1
            self.unknown_in_a_row += 1
        else:
            self.refused += 1
        if len(self.results) < MAX_RESULTS:
            self.results.append(result)

    def report(self, job: EngineJob, finder: MessageFinder | None, total: int) -> JobReport:
        """Return the end of the job."""
        parts = [f"{self.accepted:,} of {max(total, self.done):,} accepted"]
        if self.refused:
            parts.append(f"{self.refused:,} refused or not sent")
        if self.unknown:
            parts.append(f"{self.unknown:,} with unknown outcome")
        text = ", ".join(parts) + "."
        if self.stopped_by:
            text = f"Stopped early: {self.stopped_by} {text}"
        elif job.is_cancelled:
            text = f"Cancelled: {text}"
        return JobReport(
            text=text,
            messages=self.done,
            first_message_id=self.first_id,
            last_message_id=self.last_id,
            not_taken=tuple(finder.not_taken) if finder else (),
            not_taken_total=finder.not_taken_total if finder else 0,
            noticed=tuple(finder.noticed) if finder else (),
            noticed_total=finder.noticed_total if finder else 0,
            results=tuple(self.results),
            accepted=self.accepted,
            refused=self.refused,
            unknown=self.unknown,
            cancelled=job.is_cancelled,
        )


def send_messages(core: EngineCore, job: EngineJob, command: SendMessages) -> JobReport:
    """Send stored messages again, each as it was. The job's thread.

    Raises:
        UsageError: The destination is not known or not confirmed, or a message is not there.
        EnvironmentFaultError: No message could be sent at all.
    """
    settings = core.links.resolve(command.destination, command.settings, command.confirm)
    due = _stored(core, command.message_ids)
    total = len(command.message_ids)
    return _send_all(core, job, settings, due, rate_per_s=command.rate_per_s, total=total)


def send_files(core: EngineCore, job: EngineJob, command: SendFiles) -> JobReport:
    """Send the messages of files; each is stored first. The job's thread.

    Raises:
        UsageError: The destination is not known or not confirmed.
        EnvironmentFaultError: No message could be sent at all.
    """
    settings = core.links.resolve(command.destination, command.settings, command.confirm)
    finder = MessageFinder(job, command.paths)
    return send_found(core, job, finder, settings, rate_per_s=command.rate_per_s)


def send_found(
    core: EngineCore,
    job: EngineJob,
    finder: MessageFinder,
    settings: DestinationSettings,
    *,
    rate_per_s: float = 0.0,
) -> JobReport:
    """Store and send what a finder finds. The job's thread.

    Raises:
        EnvironmentFaultError: No message could be sent at all, or none can be stored.
    """
    due = _from_files(core, finder)
    return _send_all(core, job, settings, due, rate_per_s=rate_per_s, finder=finder)


def _stored(core: EngineCore, message_ids: tuple[int, ...]) -> Generator[_Due, None, None]:
    with contextlib.closing(core.open_reader()) as reader:
        for message_id in message_ids:
            rows, raw = reader.rows((message_id,)), reader.raw(message_id)
            if raw is None or not rows:
                raise UsageError(f"There is no message {message_id}.")
            yield _Due(message_id, raw, was_on_wire=rows[0].was_on_wire)


def _from_files(core: EngineCore, finder: MessageFinder) -> Generator[_Due, None, None]:
    for found in finder.messages():
        tally = StoreTally()
        tally.expect()
        core.writer.put(imported_message(found, Origin.SENT), tally, wait_s=STORE_TIMEOUT_S)
        tally.wait()
        yield _Due(tally.last_id, found.raw, found.source)


def _send_all(
    core: EngineCore,
    job: EngineJob,
    settings: DestinationSettings,
    due: Generator[_Due, None, None],
    *,
    rate_per_s: float,
    total: int = 0,
    finder: MessageFinder | None = None,
) -> JobReport:
    tally = _Tally()
    light = core.links.light(settings.name) or DestinationLight(settings)
    exchanges = _Exchanges(core, settings, light)
    started_s = time.monotonic()
    # The messages' generator is closed here: its reader belongs to this thread.
    with contextlib.closing(exchanges), contextlib.closing(due):
        for message in due:
            ahead_s = 0.0
            if rate_per_s > 0:
                ahead_s = started_s + tally.done / rate_per_s - time.monotonic()
            if job.pause(max(0.0, ahead_s)):
                break
            try:
                tally.add(exchanges.send(message))
            except NotSentError as fault:
                if not tally.done:
                    raise
                tally.stopped_by = fault.text
                break
            job.advance(tally.done, total, share=finder.share if finder else None)
            if tally.unknown_in_a_row >= MAX_UNKNOWN_IN_A_ROW:
                tally.stopped_by = "The destination gives no answers."
                break
    report = tally.report(job, finder, total)
    ids = f"messages {report.first_message_id} to {report.last_message_id}"
    auditing.note(core.writer, "messages sent", settings.name, f"{report.text} ({ids})")
    return report


class _Exchanges:
    """Sends one message after the other to one destination, and writes down each try."""

    def __init__(
        self, core: EngineCore, settings: DestinationSettings, light: DestinationLight
    ) -> None:
        self._core = core
        self._name = settings.name
        self._light = light
        self._sender = Sender(settings)
        self._wait_s = settings.response_timeout_s + _NO_ANSWER_WAIT_S
        light.connected(1)

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(ConsoleError, TimeoutError):
            self._core.network.run(self._sender.close(), timeout_s=2.0)
        self._light.connected(-1)

    def send(self, due: _Due) -> SendResult:
        """Send one message and return what became of it.

        Raises:
            NotSentError: There is no connection; the try is written down as such.
            ConsoleError: The store doesn't take the record of the try; nothing was sent.
        """
        payload, changes = wire_form(due.raw, was_on_wire=due.was_on_wire)
        seen = scan(payload)
        control_id = seen.msh_10.decode("utf-8", "replace")
        sent = payload if payload != due.raw else b""
        try:
            self._core.network.run(self._sender.open())
        except EnvironmentFaultError as fault:
            self._note_not_sent(due, fault, sent)
            raise
        started_us = time.time_ns() // 1000
        _, attempt_id = self._store(
            lambda database: deliveries.start_attempt(
                database, due.message_id, self._name, started_us, sent=sent
            )
        )
        try:
            exchange = self._core.network.run(
                self._sender.exchange(payload, control_id), timeout_s=self._wait_s
            )
        except NotSentError as fault:
            self._finish(attempt_id, outcomes.not_sent(fault))
            self._light.failed(fault.text)
            raise
        except UsageError as fault:
            exchange = outcomes.refused_here(fault, started_us)
        state = outcomes.state_of(exchange, seen)
        text = " ".join((exchange.text, *changes))
        self._finish(
            attempt_id,
            AttemptOutcome(
                state=state,
                finished_at_us=exchange.finished_at_us,
                ack_code=exchange.ack_code,
                reply=exchange.reply,
                text=text,
            ),
        )
        self._show(exchange, state)
        return SendResult(
            due.message_id,
            control_id,
            str(state),  # plain: a program beside this one takes no types of the store
            exchange.ack_code,
            text,
            exchange.round_trip_s,
            due.source,
            outcomes.words_of(exchange) if state == DeliveryState.REJECTED else "",
        )

    def _show(self, exchange: Exchange, state: str) -> None:
        if state == DeliveryState.UNKNOWN:
            self._light.failed(exchange.text)
        elif state != DeliveryState.CANCELLED:
            self._light.exchanged(is_accepted=state != DeliveryState.REJECTED)

    def _note_not_sent(self, due: _Due, fault: EnvironmentFaultError, sent: bytes) -> None:
        self._light.failed(fault.text)
        now_us = time.time_ns() // 1000
        self._store(
            lambda database: deliveries.record_attempt(
                database, due.message_id, self._name, now_us, outcomes.not_sent(fault), sent=sent
            )
        )
        self._core.versions.deliveries += 1

    def _finish(self, attempt_id: int, outcome: AttemptOutcome) -> None:
        self._store(lambda database: deliveries.finish_attempt(database, attempt_id, outcome))
        self._core.versions.deliveries += 1

    def _store(self, function: Callable[[Database], T]) -> T:
        future = self._core.writer.call(function, label="record an attempt")
        return future.result(STORE_TIMEOUT_S)
