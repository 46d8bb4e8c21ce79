"""Changes single values of a TOML text, and leaves all else of it as somebody wrote it.

Comments, blank lines, order and the way values are written stay. Every change is read back: where
a text is written in a way that this cannot follow, nothing is changed, and that is told.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from hl7console.errors import UsageError

_HEADER = re.compile(r"[ \t]*(\[\[?)[ \t]*([^\]\n]+?)[ \t]*\]\]?[^\n]*\n?")
_KEY = re.compile(r"""([ \t]*)("[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*=[ \t]*""")
_COMMENTS_ABOVE = re.compile(r"^(?:[ \t]*#[^\n]*\n)+\Z", re.MULTILINE)
_COMMENTS_OF_FILE = re.compile(r"(?:[ \t]*#[^\n]*\n)+\n")
_HINT = "Change it in the text instead."

TomlValue = str | bool | int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Key:
    """A key with its value, as offsets into the text."""

    name: str
    indent: str
    start: int
    value_start: int
    value_end: int
    end: int
    """Behind its line."""


@dataclass(slots=True)
class _Table:
    name: str
    is_array: bool
    start: int
    keys: list[_Key]
    end: int
    """Behind its last key, or its heading; what follows belongs to the next table."""


def _skip_string(text: str, at: int) -> int:
    """Return the offset behind the string that begins at `at`."""
    mark = text[at : at + 3] if text[at : at + 3] in ('"""', "'''") else text[at]
    place = at + len(mark)
    while place < len(text) and not text.startswith(mark, place):
        place += 2 if mark[0] == '"' and text[place] == "\\" else 1
    place += len(mark)
    if len(mark) == 3:  # it may end in up to two more quotes
        while text.startswith(mark[0], place) and place < len(text):
            place += 1
    return min(place, len(text))


def _value_end(text: str, at: int) -> int:
    """Return the offset behind the value that begins at `at`, blanks and comment left out."""
    depth, place, end = 0, at, at
    while place < len(text):
        letter = text[place]
        if letter in "\"'":
            place = end = _skip_string(text, place)
            continue
        if letter == "#" or letter == "\n":
            if depth <= 0:
                break
            place = _line_end(text, place)
            continue
        depth += (letter in "[{") - (letter in "]}")
        place += 1
        if not letter.isspace():
            end = place
    return end


def _line_end(text: str, at: int) -> int:
    """Return the offset behind the line that holds `at`."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _scan(text: str) -> list[_Table]:
    """Return the tables of a text; the first one is what stands before all headings."""
    tables = [_Table("", False, 0, [], 0)]
    place = 0
    while place < len(text):
        if header := _HEADER.match(text, place):
            name = header[2].strip("\"'")
            tables.append(_Table(name, header[1] == "[[", place, [], header.end()))
            place = header.end()
        elif key := _KEY.match(text, place):
            value_end = _value_end(text, key.end())
            place = _line_end(text, value_end)
            found = _Key(
                key[2].strip("\"'"), key[1], key.start(), key.end(), value_end, place
            )  # fmt: skip
            tables[-1].keys.append(found)
            tables[-1].end = place
        else:
            place = _line_end(text, place)
    return tables


def _found(text: str, name: str, place: int | None) -> _Table:
    named = [t for t in _scan(text) if t.name == name and t.is_array == (place is not None)]
    if (place or 0) >= len(named):
        raise UsageError("This is not written as a table of its own.", hint=_HINT)
    return named[place or 0]


def written(value: TomlValue) -> str:
    """Return a value as TOML writes it, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(written(part) for part in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(int(value)) if value == int(value) else repr(float(value))


def read_toml(text: str) -> dict[str, object]:
    """Return what a text says; a `UsageError` where it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"This is not TOML: {error}.") from None


def set_values(
    text: str, name: str, place: int | None, values: Mapping[str, TomlValue | None]
) -> str:
    """Return the text with other values in one table.

    Args:
        text: The text.
        name: The table; "" for what stands before all tables.
        place: Which one of an array of tables, from 0; None for a table that there is once.
        values: By key: its new value, or None to take the key out. A comment behind a key that
            is taken out stays, on its own line.

    Raises:
        UsageError: The text is not TOML, or is written in a way that cannot be followed.
    """
    before = read_toml(text)
    made = text if text.endswith("\n") or not text else text + "\n"
    for key, value in values.items():
        table = _found(made, name, place)
        found = next((k for k in table.keys if k.name == key), None)
        if found is None:
            made = made if value is None else _with_key(made, table, key, value)
        elif value is None:
            comment = made[found.value_end : found.end].strip()
            made = made[: found.start] + (f"{comment}\n" if comment else "") + made[found.end :]
        elif read_toml(f"x = {made[found.value_start : found.value_end]}")["x"] != _plain(value):
            made = made[: found.value_start] + written(value) + made[found.value_end :]
    _check(made, _changed(before, name, place, values))
    return made


def _with_key(text: str, table: _Table, key: str, value: TomlValue) -> str:
    line = f"{key} = {written(value)}\n"
    if table.keys or table.name:
        indent = table.keys[-1].indent if table.keys else ""
        return f"{text[: table.end]}{indent}{line}{text[table.end :]}"
    # The first key before all tables: below what is said of the whole file, if anything is.
    head = _COMMENTS_OF_FILE.match(text)
    at = head.end() if head else 0
    blank = "" if text[at:].startswith("\n") or not text[at:] else "\n"
    return f"{text[:at]}{line}{blank}{text[at:]}"


def _plain(value: TomlValue) -> object:
    return list(value) if isinstance(value, tuple) else value


def _changed(
    before: dict[str, object], name: str, place: int | None, values: Mapping[str, TomlValue | None]
) -> dict[str, object]:
    """Return what a text has to say after a change."""
    after = dict(before)
    table: object = after
    if name:
        table = after[name] = _copied(after.get(name, {}))
    if place is not None and isinstance(table, list):
        table = table[place]
    if not isinstance(table, dict):
        raise UsageError("This is not written as a table of its own.", hint=_HINT)
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = _plain(value)
    return after


def _copied(table: object) -> object:
    if isinstance(table, list):
        return [dict(one) for one in table]
    return dict(table) if isinstance(table, dict) else table


def _check(text: str, wanted: dict[str, object]) -> None:
    try:
        is_same = tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        is_same = False
    if not is_same:
        raise UsageError("This is written in a way that a form cannot change.", hint=_HINT)


def add_table(
    text: str, name: str, values: Mapping[str, TomlValue], *, is_array: bool = True
) -> str:
    """Return the text with another table, behind the last one of its name or at the end.

    Raises:
        UsageError: The text is not TOML, or is written in a way that cannot be followed.
    """
    before = read_toml(text)
    made = text if text.endswith("\n") or not text else text + "\n"
    same = [t for t in _scan(made) if t.name == name and t.is_array == is_array]
    at = same[-1].end if same and is_array else len(made)
    heading = f"[[{name}]]" if is_array else f"[{name}]"
    block = "".join([f"{heading}\n", *(f"{k} = {written(v)}\n" for k, v in values.items())])
    lead = "\n" if made[:at].strip() else ""
    tail = "\n" if made[at:].strip() and not made[at:].startswith("\n") else ""
    made = f"{made[:at]}{lead}{block}{tail}{made[at:]}"
    table = {key: _plain(value) for key, value in values.items()}
    after = dict(before)
    old = before.get(name, [])
    after[name] = [*old, table] if is_array and isinstance(old, list) else table
    _check(made, after)
    return made


def table_text(text: str, name: str, place: int) -> str:
    """Return the lines of one table of an array, with the comments right above it."""
    start, end = _extent(text, name, place)
    return text[start:end]


def _extent(text: str, name: str, place: int) -> tuple[int, int]:
    table = _found(text, name, place)
    above = _COMMENTS_ABOVE.search(text[: table.start])
    return (above.start() if above else table.start), table.end


def remove_table(text: str, name: str, place: int) -> str:
    """Return the text without one table of an array, and without the comments right above it.

    Raises:
        UsageError: The text is not TOML, or is written in a way that cannot be followed.
    """
    before = read_toml(text)
    start, end = _extent(text, name, place)
    rest = text[end:].lstrip("\n") if text[:start].endswith("\n\n") or not start else text[end:]
    made = text[:start] + rest
    after = dict(before)
    old = before.get(name)
    kept = [one for n, one in enumerate(old) if n != place] if isinstance(old, list) else []
    if kept:
        after[name] = kept
    else:
        after.pop(name, None)
    _check(made, after)
    return made
