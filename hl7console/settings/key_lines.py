"""On which line of a TOML text each key stands: `tomllib` does not tell."""

from __future__ import annotations

import re

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.*-]+)\s*=""")


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line, from 1, of each table and key.

    A key is ``(table, key)``, a key outside tables ``(key,)``; the n-th table of an array has its
    number from 0 between: ``("station", "0", "aet")``. Lines within a value are passed over.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    closing, depth = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if closing:
            closing = "" if closing in line else closing
            continue
        if depth <= 0:
            depth = 0
            if header := _TABLE.match(line):
                table = (header[2],)
                if header[1] == "[[":
                    counts[header[2]] = counts.get(header[2], -1) + 1
                    table = (header[2], str(counts[header[2]]))
                found.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                found.setdefault((*table, key[1].strip("\"'")), number)
        closing = _opened(line)
        depth += _depth(line)
    return found


def _opened(line: str) -> str:
    """Return the mark that ends the text of several lines that a line begins; "" for none."""
    for mark in ('"""', "'''"):
        if line.count(mark) % 2:
            return mark
    return ""


def _depth(line: str) -> int:
    bare = re.sub(r"""("[^"]*"|'[^']*'|#.*)""", "", line)
    return bare.count("[") - bare.count("]")
