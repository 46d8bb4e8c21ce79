"""One process for a function of the user's own: starting it, asking it, ending it for certain.

The process gets no environment, a folder of its own that goes with it, and limits on memory (its
own on POSIX systems, those of a job on Windows; macOS keeps no limit on memory). It is ended with
everything that it started when it takes too long.

In a packaged program `sys.executable` is the program itself and not a Python: it is then started
with `OPTION`, which `hl7console.__main__` answers before it reads any other.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from hl7console.engine import function_child
from hl7console.engine.function_job import OWN_GROUP_FLAGS, JobObject, end_tree

OPTION = "--run-function"
"""What a packaged program is started with to be the process of a function."""

_HEAD_BYTES = 9
_LARGEST_FILES_BYTES = 64 * 1024 * 1024
_END_S = 5.0


@dataclass(frozen=True, slots=True)
class FunctionLimits:
    """What a function may take."""

    message_s: float = 2.0
    """Seconds for one message."""
    start_s: float = 10.0
    """Seconds to start Python and to run the file once."""
    memory_bytes: int = 512 * 1024 * 1024
    result_bytes: int = 64 * 1024 * 1024
    """Most that comes back for one message."""


class TooSlowError(Exception):
    """The process took too long and was ended."""


class TooLargeError(Exception):
    """More came back than may."""


class EndedError(Exception):
    """The process ended by itself."""


Frame = tuple[bytes, bytes]
_Item = Frame | Exception


class FunctionProcess:
    """A process that runs one function. One thread at a time.

    Args:
        source: The file's content.
        file: Its name, for what is told.
        function: Name of the function in it.
        limits: What it may take.

    Raises:
        OSError: It cannot be started.
    """

    def __init__(self, source: str, file: str, function: str, limits: FunctionLimits) -> None:
        self._limits = limits
        self._folder = tempfile.mkdtemp(prefix="hl7console-")
        try:
            self._process = _start(self._folder)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self._asked: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._answered: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        job = JobObject(self._process, limits.memory_bytes)
        thread = threading.Thread(
            target=_serve,
            args=(self._process, self._asked, self._answered, limits.result_bytes),
            name="function",
            daemon=True,
        )
        self.end: Callable[[], object] = weakref.finalize(
            self, _end, self._process, thread, self._asked, self._folder, job
        )
        """Ends the process; may be called again. It is also done when this object goes."""
        thread.start()
        self._setup = json.dumps(
            {
                "source": source,
                "file": file,
                "function": function,
                "memory": limits.memory_bytes,
                "files": _LARGEST_FILES_BYTES,
            }
        ).encode("utf-8")

    def begin(self) -> Frame:
        """Run the file and return what the process says of it.

        Raises:
            TooSlowError: It took too long.
            EndedError: It ended.
        """
        return self._exchange(function_child.SETUP, self._setup, self._limits.start_s)

    def ask(self, raw: bytes) -> Frame:
        """Give it a message and return what comes back.

        Raises:
            TooSlowError: It took too long.
            TooLargeError: Too much came back.
            EndedError: It ended.
        """
        return self._exchange(function_child.MESSAGE, raw, self._limits.message_s)

    def _exchange(self, kind: bytes, body: bytes, timeout_s: float) -> Frame:
        self._asked.put((kind, body))
        try:
            answer = self._answered.get(timeout=timeout_s)
        except queue.Empty:
            self.end()
            raise TooSlowError from None
        if isinstance(answer, Exception):
            self.end()
            raise answer
        return answer


def _start(folder: str) -> subprocess.Popen[bytes]:
    if getattr(sys, "frozen", False):
        command = [sys.executable, OPTION]
    else:
        command = [sys.executable, "-I", "-B", "-X", "utf8", str(function_child.__file__)]
    kept = ("SYSTEMROOT",) if sys.platform == "win32" else ()
    return subprocess.Popen(  # noqa: S603 - our own program, nothing of it from outside
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={name: os.environ[name] for name in kept if name in os.environ},
        start_new_session=sys.platform != "win32",
        creationflags=OWN_GROUP_FLAGS,
    )


def _serve(
    process: subprocess.Popen[bytes],
    asked: queue.SimpleQueue[Frame | None],
    answered: queue.SimpleQueue[_Item],
    most_bytes: int,
) -> None:
    """Carry frames to the process and back; the thread of its own that may block on the pipes."""
    while (frame := asked.get()) is not None:
        try:
            answered.put(_carried(process, *frame, most_bytes))
        except (TooLargeError, EndedError) as fault:
            answered.put(fault)
            return
        except (OSError, ValueError):
            answered.put(EndedError())
            return


def _carried(process: subprocess.Popen[bytes], kind: bytes, body: bytes, most_bytes: int) -> Frame:
    source, target = process.stdout, process.stdin
    if source is None or target is None:
        raise EndedError
    target.write(kind + len(body).to_bytes(8, "big"))
    target.write(body)
    target.flush()
    head = source.read(_HEAD_BYTES)
    if len(head) < _HEAD_BYTES:
        raise EndedError
    size = int.from_bytes(head[1:], "big")
    if size > most_bytes:
        raise TooLargeError
    answer = source.read(size)
    if len(answer) < size:
        raise EndedError
    return head[:1], answer


def _end(
    process: subprocess.Popen[bytes],
    thread: threading.Thread,
    asked: queue.SimpleQueue[Frame | None],
    folder: str,
    job: JobObject,
) -> None:
    """End the process with what it started, and leave nothing of it behind."""
    end_tree(process, job)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_S)
    asked.put(None)
    if thread.is_alive() and thread is not threading.current_thread():
        thread.join(_END_S)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
    shutil.rmtree(folder, ignore_errors=True)
