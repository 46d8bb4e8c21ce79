"""Work that takes a while: its progress, its end, and the threads that it runs on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

from hl7console.engine.console import JobReport, Progress, SendResult
from hl7console.errors import ConsoleError, WorkspaceError

log = logging.getLogger(__name__)

_SETTLED_S = 0.2
"""Seconds after which a rate says something."""

MAX_JOBS = 64
"""Jobs that may be under way at once."""


class EngineJob:
    """One job on a thread of its own. Satisfies `hl7console.engine.console.Job`.

    Args:
        name: What it is, for thread names and logs; no patient data.
        work: Does it; gets the job, looks at `is_cancelled` between messages and tells
            `advance`. What it raises is raised by `result`.
    """

    def __init__(self, name: str, work: Callable[[EngineJob], JobReport]) -> None:
        self.name = name
        self._work = work
        self._cancelled = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._paused_s = 0.0
        self._future: Future[JobReport] = Future()
        self._progress = Progress()
        self._started_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"job-{name}")

    def start(self, on_end: Callable[[EngineJob], None]) -> None:
        """Start the thread; `on_end` is called on it, last."""
        self._on_end = on_end
        self._thread.start()

    def _run(self) -> None:
        try:
            report = self._work(self)
        except ConsoleError as fault:
            self._end_with(fault)
        except Exception as fault:
            log.exception("Job %s failed", self.name)
            error = ConsoleError(
                f"The work could not be finished: {type(fault).__name__}.",
                hint="The log has the details.",
            )
            error.__cause__ = fault
            self._end_with(error)
        else:
            self._on_end(self)
            self._future.set_result(report)

    def _end_with(self, fault: ConsoleError) -> None:
        self._on_end(self)
        self._future.set_exception(fault)

    # What the work uses.

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancelled.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait, on the job's thread; return True at once when it is cancelled."""
        return self._cancelled.wait(seconds)

    @property
    def is_paused(self) -> bool:
        """Whether it was asked to wait."""
        return not self._going.is_set() and not self.is_cancelled

    def wait_while_paused(self) -> float:
        """Wait, on the job's thread, for as long as it is paused; return the seconds that took.

        Cancelling ends the wait. The time is left out of the rate and of the time left.
        """
        if not self.is_paused:
            return 0.0
        started_s = time.monotonic()
        self._going.wait()
        took_s = time.monotonic() - started_s
        self._paused_s += took_s
        return took_s

    def advance(
        self,
        done: int,
        total: int = 0,
        text: str = "",
        *,
        share: float | None = None,
        latest: tuple[SendResult, ...] = (),
    ) -> None:
        """Tell how far it is. The job's thread only.

        Args:
            done: Messages done.
            total: Messages in all; 0 while unknown.
            text: What it is at, without patient data.
            share: How much is done, 0 to 1, where the total is unknown.
            latest: The last answers, newest first, where it sends.
        """
        elapsed = time.monotonic() - self._started_s - self._paused_s
        rate = done / elapsed if elapsed > _SETTLED_S else 0.0
        if share is None and total:
            share = done / total
        left = -1.0
        if share and elapsed > _SETTLED_S:
            left = max(0.0, elapsed * (1.0 - share) / share)
        self._progress = Progress(done, total, text, rate, left, latest=latest)

    # What its owner uses.

    def progress(self) -> Progress:
        """Return how far it is. Any thread."""
        return replace(self._progress, is_paused=True) if self.is_paused else self._progress

    def done(self) -> bool:
        """Return whether it has ended. Any thread."""
        return self._future.done()

    def cancel(self) -> None:
        """Ask it to stop after the message in hand. Any thread."""
        self._cancelled.set()
        self._going.set()

    def set_paused(self, is_paused: bool) -> None:
        """Ask it to wait before the next message, or to go on. Any thread.

        Only work that looks at `wait_while_paused` does: resending and replaying.
        """
        if is_paused and not self.is_cancelled:
            self._going.clear()
        else:
            self._going.set()

    def result(self, timeout_s: float | None = None) -> JobReport:
        """Wait for the end and return the report. Any thread but the job's own.

        Raises:
            ConsoleError: It could not be done.
            TimeoutError: It has not ended within `timeout_s` seconds.
        """
        return self._future.result(timeout_s)

    def when_done(self, function: Callable[[], None]) -> None:
        """Have a function called once it has ended, at once if it has. It must be quick."""
        self._future.add_done_callback(lambda _: function())

    def join(self, timeout_s: float) -> bool:
        """Wait for its thread; return whether it ended within the seconds given."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()


class JobRunner:
    """Starts jobs and ends them when the engine stops. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: set[EngineJob] = set()
        self._number = 0
        self._is_stopped = False

    def submit(self, name: str, work: Callable[[EngineJob], JobReport]) -> EngineJob:
        """Start a job.

        Raises:
            WorkspaceError: The engine is stopping, or too much is under way.
        """
        with self._lock:
            if self._is_stopped:
                raise WorkspaceError("The engine is stopping; nothing new is started.")
            if len(self._jobs) >= MAX_JOBS:
                raise WorkspaceError(
                    f"{MAX_JOBS} jobs are under way already.", hint="Wait for some to end."
                )
            self._number += 1
            job = EngineJob(f"{name}-{self._number}", work)
            self._jobs.add(job)
            # Inside the lock: `stop` must not find one that it cannot wait for yet.
            job.start(self._forget)
        return job

    def _forget(self, job: EngineJob) -> None:
        with self._lock:
            self._jobs.discard(job)

    def cancel_all(self) -> list[EngineJob]:
        """Take no more jobs, and ask those under way to stop; return them."""
        with self._lock:
            self._is_stopped = True
            jobs = list(self._jobs)
        for job in jobs:
            job.cancel()
        return jobs

    def stop(self, timeout_s: float) -> bool:
        """Cancel what is under way and wait; return whether all ended in time."""
        jobs = self.cancel_all()
        deadline = time.monotonic() + timeout_s
        have_ended = [job.join(max(0.0, deadline - time.monotonic())) for job in jobs]
        return all(have_ended)
