"""Runs functions of the user's own for recipes: approved ones only, and never in the engine.

A function is a ``def`` of a file in the workspace's folder ``functions``. It takes a message as
bytes and returns one as bytes. What runs is the content that was approved, byte for byte: it is
read once, its SHA-256 looked up, and handed to the process.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hl7console.engine import function_child as child
from hl7console.engine.function_process import (
    EndedError,
    FunctionLimits,
    FunctionProcess,
    TooLargeError,
    TooSlowError,
)
from hl7console.errors import UsageError
from hl7console.hl7v2.recipes import FunctionCall, RecipeFault

FOLDER = "functions"
"""The folder of the workspace with the files."""

LARGEST_FILE_BYTES = 1024 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FunctionFile:
    """A file with functions, as it is now."""

    name: str
    digest: str
    """SHA-256 of its content in hex digits."""
    source: str = field(repr=False)


def function_file(workspace: Path, name: str) -> FunctionFile:
    """Read a file with functions. Any thread but the window's.

    Args:
        workspace: The workspace.
        name: Name of the file, such as ``tidy.py``.

    Raises:
        UsageError: There is no such file, or it is too large or no text.
    """
    if not name.endswith(".py") or Path(name).name != name or name.startswith("."):
        raise UsageError(f"{name} is no name of a file with functions.", hint="As in tidy.py.")
    path = workspace / FOLDER / name
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError:
        raise UsageError(
            f"The file {name} with the function cannot be read.",
            hint=f"Put it into the folder {FOLDER} of the workspace.",
        ) from None
    if len(content) > LARGEST_FILE_BYTES:
        raise UsageError(f"The file {name} is larger than 1 MiB.")
    try:
        source = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"The file {name} is no text in UTF-8.") from None
    return FunctionFile(name, hashlib.sha256(content).hexdigest(), source)


class FunctionRunner:
    """Runs functions, each in a process that serves one message after the other.

    The processes end with `close`, and at the latest with this object. Any thread, one at a time.

    Args:
        workspace: Where the folder of functions is.
        is_approved: Tells by its SHA-256 whether a file may run.
        limits: What a function may take.
    """

    def __init__(
        self,
        workspace: Path,
        is_approved: Callable[[str], bool],
        limits: FunctionLimits | None = None,
    ) -> None:
        self._workspace = workspace
        self._is_approved = is_approved
        self._limits = limits or FunctionLimits()
        self._lock = threading.Lock()
        self._processes: dict[str, FunctionProcess] = {}

    def __call__(self, call: FunctionCall) -> bytes:
        """Return what a function makes of a message.

        Raises:
            RecipeFault: It may not run, or it hung, failed, ended, took too much, or gave no bytes.
        """
        with self._lock:
            return self._run(call)

    def close(self) -> None:
        """End the processes. Any thread; a later call starts new ones."""
        with self._lock:
            for process in self._processes.values():
                process.end()
            self._processes.clear()

    def _run(self, call: FunctionCall) -> bytes:
        process = self._processes.get(call.name)
        try:
            if process is None:
                process = self._started(call)
            kind, body = process.ask(call.raw)
        except TooSlowError:
            raise self._gone(call, f"took longer than {self._limits.message_s:g} s") from None
        except TooLargeError:
            raise self._gone(call, "returned more than a message may hold") from None
        except EndedError:
            raise self._gone(call, "ended its process, or ran out of memory") from None
        if kind == child.RESULT:
            if not body:
                raise self._fault(call, "returned nothing")
            return body
        raise self._fault(call, _told(kind, body))

    def _started(self, call: FunctionCall) -> FunctionProcess:
        file = function_file(self._workspace, call.file)
        if not self._is_approved(file.digest):
            raise RecipeFault(
                f"The file {file.name} has not been approved as it is now.",
                hint="Read it, then approve it under Recipes.",
            )
        try:
            process = FunctionProcess(file.source, file.name, call.function, self._limits)
        except OSError as fault:
            raise self._fault(call, f"could not be started ({type(fault).__name__})") from None
        self._processes[call.name] = process
        try:
            kind, body = process.begin()
        except TooSlowError:
            raise self._gone(call, f"was not ready within {self._limits.start_s:g} s") from None
        if kind != child.READY:
            raise self._gone(call, _told(kind, body))
        return process

    def _gone(self, call: FunctionCall, what: str) -> RecipeFault:
        """End the process, so that the next message gets a new one, and return what to raise."""
        process = self._processes.pop(call.name, None)
        if process is not None:
            process.end()
        return self._fault(call, what)

    def _fault(self, call: FunctionCall, what: str) -> RecipeFault:
        text = f"The function {call.function} in {call.file} {what}."
        log.warning("%s", text)
        return RecipeFault(text, hint="Mend the file, and approve it again.")


def _told(kind: bytes, body: bytes) -> str:
    """Return what became of a call, as the end of a sentence without content."""
    text = body.decode("utf-8", "replace")
    if kind in (child.RAISED, child.NO_CODE):
        name, _, line = text.partition(" ")
        where = f" at line {line}" if line not in ("", "0") else ""
        with contextlib.suppress(ValueError):
            where = f" at line {int(line)}" if int(line) else ""
        what = "raised" if kind == child.RAISED else "cannot be used: its file raised"
        return f"{what} {_plain(name)}{where}"
    if kind == child.WRONG_TYPE:
        return f"returned {_plain(text)} and not bytes"
    return _OTHERS.get(kind, "gave an answer that is none")


def _plain(name: str) -> str:
    return name if name.isidentifier() else "something"


_OTHERS = {
    child.NO_MEMORY: "needed more memory than it may have",
    child.NO_FUNCTION: "is not defined there",
}
