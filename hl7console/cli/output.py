"""Writes results to standard output and remarks to standard error, whatever they are joined to.

A pipe on Windows has the encoding cp1252, a closed pipe raises, a terminal shows control
characters: all of that is dealt with here, so that no command need think of it.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

_CLOSED = frozenset({errno.EPIPE, errno.ESHUTDOWN, errno.EINVAL})
"""What writing to a pipe without reader raises; Windows says EINVAL."""


class OutputClosedError(Exception):
    """Nobody reads standard output any more (``| head``); the command ends quietly."""


def prepare_streams() -> None:
    """Let both streams take any character: what the encoding lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def line(text: str = "") -> None:
    """Write one line to standard output and flush it.

    Raises:
        OutputClosedError: Nobody reads it any more.
    """
    _write(sys.stdout, text + "\n")


def json_line(values: object) -> None:
    """Write one JSON object as a line; plain ASCII unless the stream is UTF-8."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    line(json.dumps(values, ensure_ascii=encoding != "utf8", separators=(",", ":")))


def raw(data: bytes) -> None:
    """Write bytes to standard output as they are.

    Raises:
        OutputClosedError: Nobody reads it any more.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as fault:
        _raise_if_closed(fault)
        raise


def remark(text: str) -> None:
    """Say something to the person, on standard error; silent when nobody reads it."""
    try:
        _write(sys.stderr, text + "\n")
    except OutputClosedError:
        return


def is_terminal() -> bool:
    """Return whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def give_up_output() -> None:
    """Point standard output nowhere, so that the interpreter's last flush cannot fail."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return


def table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()
) -> None:
    """Write a table with columns as wide as their widest value, the last one unpadded.

    Args:
        headings: Column titles.
        rows: Values; control characters in them are shown as visible symbols.
        right: Numbers of the columns that are aligned right.
    """
    shown = [list(headings), *([visible(value) for value in row] for row in rows)]
    widths = [max(_width(row[n]) for row in shown) for n in range(len(headings))]
    for row in shown:
        cells = []
        for n, value in enumerate(row):
            padding = " " * (widths[n] - _width(value))
            cells.append(padding + value if n in right else value + padding)
        line("  ".join(cells).rstrip())


def visible(text: str) -> str:
    """Return `text` with control characters as symbols, so that none reaches the terminal.

    Messages come from outside; an escape sequence in a name must not drive the terminal.
    """
    if text.isprintable():
        return text
    return "".join(_symbol(character) for character in text)


def _symbol(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return character if character.isprintable() else "\ufffd"


def _width(text: str) -> int:
    """Return how many cells a terminal gives the text."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # a program with a window only has no streams on Windows
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError as fault:
        _raise_if_closed(fault)
        raise


def _raise_if_closed(fault: OSError) -> None:
    if fault.errno in _CLOSED:
        raise OutputClosedError from fault
