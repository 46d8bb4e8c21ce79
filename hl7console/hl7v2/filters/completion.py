"""What may follow at the cursor of the search box: keys, values, field paths with their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hl7console.hl7v2 import dictionary
from hl7console.hl7v2.filters.arrival import is_known_on_arrival
from hl7console.hl7v2.filters.keys import KEYS
from hl7console.hl7v2.filters.parser import SEGMENT_IDS
from hl7console.hl7v2.paths import FieldPath, PathError
from hl7console.hl7v2.vocabulary import EVENTS, MESSAGE_TYPES

MOST = 60
"""Completions that are offered at most."""

_INDEX = r"(?:\[\d+\]|\(\d+\))?"
_PATH = rf"[A-Za-z][A-Za-z0-9]{{2}}{_INDEX}-\d+{_INDEX}(?:\.\d+){{0,2}}"
_VALUE = r'(?P<value>"(?:[^"\\]|\\.)*|[^\s"()]*)'
_AT_CURSOR = re.compile(
    rf"(?:^|(?<=[\s(]))-?(?:(?P<key>[A-Za-z_]+):\s*{_VALUE.replace('value', 'key_value')}"
    rf"|(?P<path>{_PATH})\s*(?:!=|>=|<=|=|~|>|<)\s*{_VALUE}"
    rf"|(?P<word>[A-Za-z][A-Za-z0-9]{{0,2}}{_INDEX}(?:-\d*{_INDEX}(?:\.\d*){{0,2}})?|[A-Za-z_]*))$"
)
_PLAIN = re.compile(r'[^\s()"]+')
_COMMON_SEGMENTS = ("MSH", "PID", "PV1", "ORC", "OBR", "OBX", "IPC", "TXA", "SCH", "EVN", "MRG")


@dataclass(frozen=True, slots=True)
class Completion:
    """One way to go on: `text` in place of the characters from `start` to `end`."""

    text: str = field(repr=False)
    detail: str
    """What it stands for, as a phrase; may be empty."""
    start: int
    end: int


def complete(
    text: str,
    cursor: int,
    *,
    recent: Callable[[str], Iterable[str]] | None = None,
    version: str = "2.5.1",
    is_for_arrival: bool = False,
) -> list[Completion]:
    """Return what may stand at the cursor, the most likely first. Any thread.

    Args:
        text: The filter as far as it is written.
        cursor: Offset of the cursor in it.
        recent: Gives the values last used, or found, for a key (``from``) or a path (``PID-3.1``).
        version: HL7 version whose names are shown.
        is_for_arrival: Whether it is a route's, which takes only what is known on arrival.
    """
    before = text[:cursor]
    found = _AT_CURSOR.search(before)
    if found is None or _is_in_phrase(before[: found.start()]):
        return []
    known = recent or _nothing
    if found["key"] is not None:
        key = found["key"].lower()
        pairs = _key_values(key, found["key_value"], known)
        if is_for_arrival:
            pairs = (pair for pair in pairs if is_known_on_arrival(key, pair[0]))
        return _offer(pairs, found, "key_value", cursor)
    if found["path"] is not None:
        return _offer(_path_values(found["path"], known, version), found, "value", cursor)
    keys = [key for key in KEYS if not is_for_arrival or is_known_on_arrival(key)]
    return _offer(_words(found["word"], version, keys), found, "word", cursor)


def _nothing(_name: str) -> Sequence[str]:
    return ()


def _is_in_phrase(before: str) -> bool:
    return before.replace('\\"', "").count('"') % 2 == 1


def _offer(
    pairs: Iterable[tuple[str, str]], found: re.Match[str], group: str, cursor: int
) -> list[Completion]:
    typed = found[group].lstrip('"').casefold()
    is_value = group != "word"
    offered: dict[str, Completion] = {}
    for text, detail in pairs:
        if text.casefold().startswith(typed):
            written = _quoted(text) if is_value else text
            offered.setdefault(written, Completion(written, detail, found.start(group), cursor))
            if len(offered) == MOST:
                break
    return list(offered.values())


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    return '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))


def _key_values(
    key: str, typed: str, recent: Callable[[str], Iterable[str]]
) -> Iterator[tuple[str, str]]:
    if key not in KEYS:
        return
    for value in (*recent(key), *KEYS[key].values):
        yield value, dictionary.event_name(value.partition("^")[2]) if key == "type" else ""
    if key == "type":
        yield from _types(typed.lstrip('"').upper())


def _types(typed: str) -> Iterator[tuple[str, str]]:
    """Yield the types, or once there is a type, its events."""
    message_type, mark, _ = typed.partition("^")
    if not mark:
        yield from ((name, "") for name in sorted(MESSAGE_TYPES))
        return
    definitions = dictionary.load(dictionary.DICTIONARY_VERSIONS[-1])
    for event in sorted(EVENTS):
        if not message_type or definitions.structure_for(message_type, event) is not None:
            yield f"{message_type}^{event}", dictionary.event_name(event)


def _path_values(
    text: str, recent: Callable[[str], Iterable[str]], version: str
) -> Iterator[tuple[str, str]]:
    path = _read_path(text)
    if path is None:
        return
    for value in recent(str(path.generic())):
        yield value, ""
    definition = _definition(path, version)
    table = dictionary.table(definition.table) if definition and definition.table else None
    if table is not None:
        yield from table.values.items()


def _words(typed: str, version: str, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    head, mark, _ = typed.rpartition(".") if "." in typed else typed.rpartition("-")
    if mark == "-":
        yield from _fields(head, version)
    elif mark == ".":
        yield from _components(head, version)
    else:
        for key in keys:
            yield f"{key}:", KEYS[key].help
        yield from _segments(typed.upper(), version)


def _segments(typed: str, version: str) -> Iterator[tuple[str, str]]:
    """Yield the segments whose name begins so; without any letter only the usual ones."""
    others = sorted(SEGMENT_IDS.difference(_COMMON_SEGMENTS)) if typed else ()
    for segment_id in (*_COMMON_SEGMENTS, *others):
        if segment_id.startswith(typed):
            yield f"{segment_id}-", _segment_name(segment_id, version)


def _segment_name(segment_id: str, version: str) -> str:
    segment = dictionary.load(version).segment(segment_id)
    if segment is not None:
        return segment.name
    elsewhere = dictionary.segment_elsewhere(segment_id)
    return "" if elsewhere is None else elsewhere[0].name


def _fields(head: str, version: str) -> Iterator[tuple[str, str]]:
    segment_id = head[:3].upper()
    segment = dictionary.load(version).segment(segment_id)
    if segment is None:
        elsewhere = dictionary.segment_elsewhere(segment_id)
        segment = None if elsewhere is None else elsewhere[0]
    for number, definition in enumerate(segment.fields if segment else (), start=1):
        yield f"{head.upper()}-{number}", definition.name


def _components(head: str, version: str) -> Iterator[tuple[str, str]]:
    path = _read_path(head)
    if path is None:
        return
    definition = _definition(path, version)
    datatype = dictionary.load(version).datatype(definition.type) if definition else None
    for number, part in enumerate(datatype.components if datatype else (), start=1):
        yield f"{head.upper()}.{number}", part.name


def _read_path(text: str) -> FieldPath | None:
    try:
        return FieldPath.parse(text)
    except PathError:
        return None


def _definition(path: FieldPath, version: str) -> dictionary.FieldDefinition | None:
    """Return the definition of the field or component that a path names."""
    definitions = dictionary.load(version)
    definition = definitions.field(path.segment, path.field or 0)
    for number in (path.component, path.subcomponent):
        if number is not None and definition is not None:
            definition = definitions.component(definition.type, number)
    return definition
