"""The network thread: one asyncio loop that all listeners and senders live on."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from hl7console.errors import WorkspaceError

log = logging.getLogger(__name__)

T = TypeVar("T")

THREAD_NAME = "mllp-loop"


class NetworkThread:
    """Owns the loop and the thread that it runs on.

    Args:
        name: Name of the thread.
    """

    def __init__(self, name: str = THREAD_NAME) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; only while the thread runs.

        Raises:
            WorkspaceError: The engine does not run.
        """
        if self._loop is None:
            raise WorkspaceError("The engine does not run.")
        return self._loop

    def start(self) -> None:
        """Start the thread; on return the loop takes calls."""
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(_report)
        self._resolver = ThreadPoolExecutor(4, thread_name_prefix="mllp-resolver")
        loop.set_default_executor(self._resolver)
        ready = threading.Event()
        loop.call_soon(ready.set)
        self._loop = loop
        self._thread = threading.Thread(target=self._run, args=(loop,), name=self._name)
        self._thread.start()
        ready.wait()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            _cancel_all(loop)
            loop.run_until_complete(loop.shutdown_asyncgens())
            _cancel_all(loop)  # what another thread handed over in the meantime
            asyncio.set_event_loop(None)
            # Not waited for: a name server may take half a minute to say nothing.
            self._resolver.shutdown(wait=False, cancel_futures=True)
            loop.close()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop. Any other thread.

        Raises:
            WorkspaceError: The engine does not run.
        """
        try:
            return asyncio.run_coroutine_threadsafe(work, self.loop)
        except (WorkspaceError, RuntimeError):
            work.close()
            raise WorkspaceError("The engine does not run.") from None

    def run(self, work: Coroutine[Any, Any, T], *, timeout_s: float | None = None) -> T:
        """Run a coroutine on the loop and wait for its result. Any other thread.

        Raises:
            WorkspaceError: The engine does not run.
            TimeoutError: There is no result within `timeout_s`; the coroutine is cancelled.
        """
        future = self.submit(work)
        try:
            return future.result(timeout_s)
        except CancelledError:
            raise WorkspaceError("The engine was stopped.") from None
        except TimeoutError:
            future.cancel()
            raise

    def call(self, function: Callable[[], object]) -> None:
        """Call a function on the loop soon; does nothing once the loop has ended. Any thread."""
        try:
            self.loop.call_soon_threadsafe(function)
        except (RuntimeError, WorkspaceError):
            log.debug("The loop has ended; a call was dropped")

    def stop(self, timeout_s: float) -> bool:
        """End the loop and the thread; return whether it ended in time."""
        if self._thread is None:
            return True
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def _report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong on the loop, without the values that asyncio would print."""
    fault = context.get("exception")
    if isinstance(fault, OSError):
        log.warning("Network fault: %s", fault.strerror or type(fault).__name__)
        return
    log.error("Fault on the network thread: %s", context.get("message", ""), exc_info=fault)
