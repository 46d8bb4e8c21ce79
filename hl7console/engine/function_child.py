"""The process in which a function of the user's own runs: a program of its own.

It is started by its path (``python -I function_child.py``) or, in a packaged program, by
`hl7console.__main__`, and imports nothing of this package. It limits itself before it reads the
user's code, and then answers one message after the other.

Frames on both pipes: one byte that says what it is, the size of the rest as eight bytes, the rest.
The first frame is JSON: the limits, and the file with its name and the function's. What the code
prints goes nowhere.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

SETUP, MESSAGE = b"S", b"M"
"""Frames that the console sends."""

READY, RESULT, RAISED, NO_MEMORY, WRONG_TYPE, NO_FUNCTION, NO_CODE = (
    b"R", b"=", b"X", b"O", b"T", b"F", b"C",
)  # fmt: skip
"""Frames that it gets: ready, a message, an exception, memory ran out, something else than bytes
came back, there is no such function, the file cannot be run."""

_LONGEST_NAME = 60


def _read(source: BinaryIO) -> tuple[bytes, bytes] | None:
    head = source.read(9)
    if len(head) < 9:
        return None
    size = int.from_bytes(head[1:], "big")
    body = source.read(size)
    return (head[:1], body) if len(body) == size else None


def _write(target: BinaryIO, kind: bytes, body: bytes) -> None:
    target.write(kind + len(body).to_bytes(8, "big"))
    target.write(body)
    target.flush()


def _limit(memory_bytes: int, file_bytes: int) -> None:
    """Bound what this process may take; where the system has no such limits the console does."""
    if sys.platform == "win32":
        return
    import resource

    wanted = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, size in wanted:
        hard = resource.getrlimit(kind)[1]
        most = size if hard == resource.RLIM_INFINITY else min(size, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):  # not on every system can each be set
            continue


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes to the console, and leave what the code may read and print in the void."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    void = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(void, number)
    return source, target


def _where(fault: BaseException, file: str) -> bytes:
    """Return the kind of an exception and the last line of the user's file that it passed."""
    line = getattr(fault, "lineno", 0) if isinstance(fault, SyntaxError) else 0
    trace = fault.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{type(fault).__name__[:_LONGEST_NAME]} {line or 0}".encode("utf-8", "replace")


def _answer(function: Any, body: bytes, file: str) -> tuple[bytes, bytes]:  # noqa: ANN401
    try:
        result = function(body)
    except MemoryError:
        return NO_MEMORY, b""
    except BaseException as fault:  # noqa: BLE001 - whatever it is, it is the user's own
        return RAISED, _where(fault, file)
    if not isinstance(result, bytes | bytearray):
        return WRONG_TYPE, type(result).__name__[:_LONGEST_NAME].encode("utf-8", "replace")
    return RESULT, bytes(result)


def _load(setup: dict[str, Any]) -> tuple[Any, bytes, bytes]:
    """Run the user's file; return its function, or what to tell."""
    file = str(setup["file"])
    names: dict[str, Any] = {"__name__": "hl7console_function", "__file__": file}
    try:
        exec(compile(setup["source"], file, "exec"), names)  # noqa: S102 - what this is for
    except MemoryError:
        return None, NO_MEMORY, b""
    except BaseException as fault:  # noqa: BLE001
        return None, NO_CODE, _where(fault, file)
    function = names.get(str(setup["function"]))
    return (function, READY, b"") if callable(function) else (None, NO_FUNCTION, b"")


def main() -> None:
    """Serve messages until the console closes the pipe."""
    source, target = _take_pipes()
    first = _read(source)
    if first is None or first[0] != SETUP:
        return
    setup = json.loads(first[1])
    _limit(int(setup["memory"]), int(setup["files"]))
    function, kind, body = _load(setup)
    _write(target, kind, body)
    while function is not None and (frame := _read(source)) is not None:
        kind, body = _answer(function, frame[1], str(setup["file"]))
        _write(target, kind, body)


if __name__ == "__main__":
    main()
