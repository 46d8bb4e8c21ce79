"""One TOML file as a part of another one, and taking such a part in by the names of its tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from hl7console.errors import UsageError
from hl7console.settings.toml_edit import (
    TomlValue,
    add_table,
    read_toml,
    set_values,
    written,
)

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def part_text(values: Mapping[str, object], prefix: str = "") -> str:
    """Return plain values as TOML, all under a table's name.

    Args:
        values: Texts, numbers, truths, lists of those, tables, and lists of tables.
        prefix: The table's name; empty writes a file of its own.

    Raises:
        UsageError: There is another kind of value.
    """
    return "".join(_lines(values, prefix, "[{}]" if prefix else ""))


def _lines(values: Mapping[str, object], name: str, heading: str) -> Iterator[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    arrays = {
        key: value for key, value in values.items() if isinstance(value, list) and _is_array(value)
    }
    own = {key: value for key, value in values.items() if key not in tables | arrays}
    if heading and (own or heading != "[{}]" or not tables | arrays):
        yield f"\n{heading.format(name)}\n"
    for key, value in own.items():
        yield f"{_key(key)} = {written(_plain(key, value))}\n"
    before = f"{name}." if name else ""
    for key, value in tables.items():
        yield from _lines(value, before + _key(key), "[{}]")
    for key, array in arrays.items():
        for table in array:
            yield from _lines(table, before + _key(key), "[[{}]]")


def _is_array(value: object) -> bool:
    """Whether it is a list of tables."""
    return (
        isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)
    )


def _key(key: str) -> str:
    if _BARE.fullmatch(key):
        return key
    return json.dumps(key, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(key: str, value: object) -> TomlValue:
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise UsageError(f"{key} has a value of the wrong type.")


def merged_text(text: str, found: Mapping[str, object]) -> str:
    """Return a TOML text with a part taken in: tables of the same name are replaced, others stay.

    Comments and order stay as far as the text is written in the usual way.

    Args:
        text: What there is.
        found: What comes; in lists of tables, ``name`` tells them apart.

    Raises:
        UsageError: The text is no TOML, or a value is of no kind that TOML has here.
    """
    before = read_toml(text)
    wanted = _merged(before, found)
    try:
        for key, value in found.items():
            text = _taken_in(text, key, value)
    except UsageError:
        return part_text(wanted).lstrip("\n")
    return text


def _merged(before: Mapping[str, object], found: Mapping[str, object]) -> dict[str, object]:
    made = dict(before)
    for key, value in found.items():
        old = made.get(key)
        if _is_array(value) and isinstance(old, list):
            names = {name: place for place, name in enumerate(_names(old))}
            tables = list(old)
            for table in value if isinstance(value, list) else ():
                place = names.get(str(table.get("name", "")))
                if place is None:
                    tables.append(table)
                else:
                    tables[place] = table
            made[key] = tables
        else:
            made[key] = value
    return made


def _names(tables: Sequence[object]) -> list[str]:
    return [str(table.get("name", "")) if isinstance(table, Mapping) else "" for table in tables]


def _taken_in(text: str, key: str, value: object) -> str:
    if isinstance(value, Mapping):
        old = read_toml(text).get(key)
        if not isinstance(old, Mapping):
            return add_table(text, key, _table(value), is_array=False)
        return set_values(text, key, None, _changes(old, value))
    if not isinstance(value, list) or not _is_array(value):
        return set_values(text, "", None, {key: _plain(key, value)})
    for table in value:
        old = read_toml(text).get(key, [])
        tables = old if isinstance(old, list) else []
        name = str(table.get("name", ""))
        if name in (names := _names(tables)):
            place = names.index(name)
            text = set_values(text, key, place, _changes(tables[place], table))
        else:
            text = add_table(text, key, _table(table))
    return text


def _table(values: Mapping[str, object]) -> dict[str, TomlValue]:
    return {key: _plain(key, value) for key, value in values.items()}


def _changes(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, TomlValue | None]:
    """Return what to set and, with None, what to take out."""
    changes: dict[str, TomlValue | None] = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key not in old or old[key] != value:
            changes[key] = _plain(key, value)
    return changes
