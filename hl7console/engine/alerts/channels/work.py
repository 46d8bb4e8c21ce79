"""What people do with channels: try them, and let them run."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import closing

from hl7console.engine.alert_commands import ApproveChannel, TestChannel
from hl7console.engine.alerts.channels.approval import (
    approve_channel,
    channel_digest,
    channel_kind,
    is_approved,
)
from hl7console.engine.alerts.channels.attempt import Attempt
from hl7console.engine.alerts.channels.outbox import STORE_TIMEOUT_S, AlertOutbox
from hl7console.engine.alerts.channels.sending import attempt_for
from hl7console.engine.alerts.channels.texts import test_message
from hl7console.engine.auditing import note
from hl7console.engine.console import JobReport
from hl7console.engine.jobs import EngineJob
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings.alerts import Channel, CommandChannel, EmailChannel

_LOOK_S = 0.05
_CUT_S = 2.0


def test_channel(outbox: AlertOutbox, job: EngineJob, command: TestChannel) -> JobReport:
    """Send a test message now, and report what came of it. The job's thread.

    Raises:
        UsageError: There is no such channel, or nobody has approved it.
        ConsoleError: It was not taken; the text says why.
    """
    channel = _channel(outbox, command.name)
    with closing(outbox.open_reader()) as reader:
        if not is_approved(reader.database(), channel):
            raise UsageError(
                f"The channel {channel.name} has not been approved, so nothing is sent over it.",
                hint="Look at what it does, then approve it.",
            )
    attempt = attempt_for(channel)
    done: Future[str] = Future()
    # The sender has a thread of its own, so that the job ends when it is asked to.
    threading.Thread(
        target=_send, args=(outbox, channel, attempt, done), name="alert-channel-test", daemon=True
    ).start()
    while not done.done():
        if job.pause(_LOOK_S):
            attempt.cut()
            break
    try:
        remark = done.result(_CUT_S if job.is_cancelled else None)
    except TimeoutError:
        return JobReport(text="The test was stopped.", cancelled=True)
    note(outbox.writer, "alert channel tested", channel.name, channel_kind(channel))
    text = f"The test message was taken {_by(channel)}."
    return JobReport(text=f"{text} {remark}".strip(), is_fault=bool(remark))


test_channel.__test__ = False  # type: ignore[attr-defined]


def _send(outbox: AlertOutbox, channel: Channel, attempt: Attempt, done: Future[str]) -> None:
    message = test_message(channel.name, outbox.place, outbox.now_us())
    try:
        with attempt:
            done.set_result(outbox.send_message(channel, message, attempt))
    except Exception as fault:  # noqa: BLE001 - the job raises it
        done.set_exception(fault)


def _by(channel: Channel) -> str:
    if isinstance(channel, EmailChannel):
        return "by the mail server"
    return "by the program" if isinstance(channel, CommandChannel) else "by the webhook"


def approve(outbox: AlertOutbox, command: ApproveChannel) -> JobReport:
    """Let a channel be used as it is now. The job's thread.

    Raises:
        UsageError: There is no such channel, or it is another one than was looked at.
    """
    channel = _channel(outbox, command.name)
    if command.digest and channel_digest(channel) != command.digest:
        raise UsageError(
            f"The channel {channel.name} has changed since you looked at it.",
            hint="Look at it again, then approve it.",
        )
    outbox.writer.call(
        lambda database: approve_channel(database, channel), label="approve a channel"
    ).result(STORE_TIMEOUT_S)
    outbox.poke()
    off = "" if channel.enabled else " It is still switched off in the rules."
    return JobReport(text=f"The channel {channel.name} may be used as it is now.{off}")


def _channel(outbox: AlertOutbox, name: str) -> Channel:
    """Return a channel as it was saved last: that comes in force only a moment later."""
    try:
        book = outbox.saved()
    except ConsoleError:
        book = outbox.book()
    for channel in book.channels:
        if channel.name == name:
            return channel
    raise UsageError(f"There is no channel named {name}.", hint="Save the rules first.")
