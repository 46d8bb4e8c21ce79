"""Waits for the engine: for listeners to be ready, and for a job's end with its progress."""

from __future__ import annotations

import sys
import threading
import time

from hl7console.cli import output
from hl7console.cli.addresses import parse_address, show_address
from hl7console.engine.console import Console, InterfaceStatus, Job, JobReport, LinkState, Progress
from hl7console.errors import EnvironmentFaultError

READY_TIMEOUT_S = 15.0
"""Longest that listeners may take to start."""

INDEX_TIMEOUT_S = 60.0
"""Longest that a command waits for the full-text index, in seconds."""

_POLL_S = 0.02
_LISTENING = ("listener", "worklist")
"""Kinds of interfaces that listen."""

_SHOW_EVERY_S = 0.25


def wait_for_listeners(
    console: Console, *, timeout_s: float = READY_TIMEOUT_S
) -> tuple[InterfaceStatus, ...]:
    """Return the listeners once none is starting any more; some may have failed.

    Raises:
        EnvironmentFaultError: They take longer than `timeout_s`.
    """
    pause = threading.Event()
    deadline = time.monotonic() + timeout_s
    while True:
        listeners = tuple(i for i in console.snapshot().interfaces if i.kind in _LISTENING)
        if all(i.state != LinkState.STARTING for i in listeners):
            return listeners
        if time.monotonic() > deadline:
            raise EnvironmentFaultError("The listeners did not start in time.")
        pause.wait(_POLL_S)


def wait_until_indexed(console: Console, *, timeout_s: float = INDEX_TIMEOUT_S) -> bool:
    """Wait until the full-text index has all messages; return whether it has.

    A command that ended at once may have left some of them to the next one.
    """
    pause = threading.Event()
    deadline = time.monotonic() + timeout_s
    while (snapshot := console.snapshot()).derived_id < snapshot.last_message_id:
        if time.monotonic() > deadline:
            return False
        pause.wait(_POLL_S)
    return True


def ready_line(listener: InterfaceStatus) -> str:
    """Return the line that says where it listens: ``listening HOST:PORT[ dicom AET][ tls]``."""
    parsed = parse_address(listener.address)
    address = show_address(*parsed) if parsed else listener.address
    service = f" dicom {listener.ae_title}" if listener.kind == "worklist" else ""
    return f"listening {address}{service}" + (" tls" if listener.tls not in ("", "off") else "")


def announce(listeners: tuple[InterfaceStatus, ...]) -> int:
    """Print the ready lines and remark what failed; return how many listen."""
    count = 0
    for listener in listeners:
        if listener.state == LinkState.LISTENING:
            output.line(ready_line(listener))
            if listener.beyond_loopback and listener.tls in ("", "off"):
                output.remark(
                    f"Warning: {listener.name} listens beyond this machine without TLS; everybody"
                    " on the way can read the messages."
                )
            count += 1
        elif listener.state == LinkState.FAILED:
            output.remark(f"{listener.name} does not listen: {listener.text}")
    return count


def finish(job: Job) -> JobReport:
    """Wait for a job and return its report; progress goes to a terminal on standard error.

    Ctrl+C cancels the job after the message in hand and gives the report as far as it came; a
    second one ends the wait.

    Raises:
        ConsoleError: The job could not be done.
    """
    try:
        return _wait(job)
    except KeyboardInterrupt:
        job.cancel()
        return _wait(job)  # not one long wait, which Windows would not let Ctrl+C end


def _wait(job: Job) -> JobReport:
    shows = sys.stderr.isatty()
    shown = ""
    try:
        while True:
            try:
                return job.result(_SHOW_EVERY_S)
            except TimeoutError:
                if shows and not job.done():
                    shown = _show(job.progress(), shown)
    finally:
        if shown:
            sys.stderr.write("\r" + " " * len(shown) + "\r")
            sys.stderr.flush()


def _show(progress: Progress, before: str) -> str:
    text = describe(progress)
    sys.stderr.write("\r" + text.ljust(len(before)))
    sys.stderr.flush()
    return text


def describe(progress: Progress) -> str:
    """Return how far a job is: ``1,204 of 9,000  812/s  10 s left``."""
    parts = [f"{progress.done:,}" + (f" of {progress.total:,}" if progress.total else "")]
    if progress.rate_per_s > 0:
        parts.append(f"{progress.rate_per_s:,.0f}/s")
    if progress.left_s >= 0:
        parts.append(f"{progress.left_s:,.0f} s left")
    return "  ".join(parts)
