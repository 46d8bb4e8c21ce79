"""Reads the options of each kind of step."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.paths import FieldPath, PathError
from hl7console.hl7v2.recipes.replacing import PatternError, Replacement
from hl7console.hl7v2.recipes.rewriting import Function, Regex, Remove, Rename, Shift
from hl7console.hl7v2.recipes.toml_reading import Key, RecipeText
from hl7console.hl7v2.recipes.values import (
    FAIL,
    KEEP,
    VALUE,
    Clear,
    Copy,
    Map,
    NewControlId,
    Now,
    Set,
)
from hl7console.hl7v2.recipes.work import Action

ALL = "all"
"""What ``shift`` takes for every date and time."""

_MOST = 999
"""Highest field, component and subcomponent that a path may name."""
_MOST_REPETITIONS = 9_999
_UNITS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_MOST_SECONDS = 400 * 366 * 86_400
_FUNCTION = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_-]{0,63}\.py):([A-Za-z_][A-Za-z0-9_]{0,63})")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_CHARSET = ("MSH", 18)
COMMON = ("when", "note")
"""Options of every step."""


class StepReader:
    """One step of a recipe's text."""

    def __init__(self, source: RecipeText, key: Key, table: dict[str, object], action: str) -> None:
        self._source = source
        self._key = key
        self.table = table
        self.action = action

    def fail(self, name: str, text: str, hint: str = "") -> NoReturn:
        """Say what is wrong with an option.

        Raises:
            RecipeError: Always.
        """
        self._source.fail((*self._key, name), text, hint)

    def text(self, name: str, default: str | None = None) -> str:
        """Return an option that must be text; without a default it must be there."""
        if name not in self.table:
            if default is None:
                self.fail(self.action, f"{self.action} needs {name}.")
            return default
        return self._source.text((*self._key, name), self.table[name])

    def flag(self, name: str) -> bool:
        """Return an option that is true or false; false where it isn't there."""
        return self._source.flag((*self._key, name), self.table.get(name, False))

    def paths(self, name: str) -> tuple[FieldPath, ...]:
        """Return an option that must be paths of fields that may be written."""
        texts = self._source.texts((*self._key, name), self.table.get(name))
        return tuple(self._field(name, text) for text in texts)

    def field(self, name: str) -> FieldPath:
        """Return an option that must be the path of one field."""
        return self._field(name, self.text(name))

    def segments(self, name: str) -> tuple[FieldPath, ...]:
        """Return an option that must be paths of segments."""
        texts = self._source.texts((*self._key, name), self.table.get(name))
        return tuple(self._segment(name, text) for text in texts)

    def _path(self, name: str, text: str) -> FieldPath:
        try:
            path = FieldPath.parse(text)
        except PathError as fault:
            self.fail(name, f"{name} is no path. {fault.text}", fault.hint)
        numbers = (path.field, path.component, path.subcomponent)
        if max(number or 0 for number in numbers) > _MOST:
            self.fail(name, f"{path} goes on further than any message.")
        if (path.repetition or 0) > _MOST_REPETITIONS:
            self.fail(name, f"{path} goes on further than any message.")
        return path

    def _field(self, name: str, text: str) -> FieldPath:
        path = self._path(name, text)
        if path.field is None:
            self.fail(name, f"{path} names a segment; {name} needs a field.", f"As in {path}-3.")
        if path.segment in HEADER_IDS and path.field <= 2:
            self.fail(name, f"{path} names the delimiters, which a recipe leaves as they are.")
        if (path.segment, path.field) == _CHARSET and name == self.target:
            self.fail(name, "MSH-18 names the character set, which a recipe leaves as it is.")
        return path

    @property
    def target(self) -> str:
        """The option that names what is written."""
        return "to" if self.action == "copy" else self.action

    def _segment(self, name: str, text: str) -> FieldPath:
        path = self._path(name, text)
        if path.field is not None:
            self.fail(
                name,
                f"{path} names a field; {self.action} needs a segment.",
                "To empty a field, use clear." if self.action == "remove" else "",
            )
        if path.segment in HEADER_IDS:
            self.fail(name, f"A message cannot do without its {path.segment}.")
        return path

    def number(self, name: str) -> int:
        """Return an option that must be a whole number; 0 where it isn't there."""
        value = self.table.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(name, f"{name} must be a whole number.")
        return value


def _set(step: StepReader) -> Action:
    paths = step.paths("set")
    given = [name for name in ("value", "written", "null") if name in step.table]
    if len(given) != 1:
        step.fail(
            given[1] if given else "set",
            "set needs one of value, written and null.",
            'value = "X" for a value, written = "A^B" for several parts, null = true for "".',
        )
    if given[0] == "null":
        if not step.flag("null"):
            step.fail(
                "null", "null can only be true.", 'To empty a field, use clear or value = "".'
            )
        return Set(paths)
    text = step.text(given[0])
    if given[0] == "value":
        return Set(paths, value=text)
    if any(character in text for character in "|\r\n"):
        step.fail("written", "written stays within a field: no | and no line ends.")
    return Set(paths, written=text)


def _clear(step: StepReader) -> Action:
    return Clear(step.paths("clear"))


def _copy(step: StepReader) -> Action:
    source = step.field("copy")
    if "to" not in step.table:
        step.fail("copy", "copy needs to.", 'As in to = "PID-2.1".')
    targets = step.paths("to")
    for target in targets:
        if _depth(source) < _depth(target):
            step.fail(
                "copy",
                f"{source} may hold more than {target} has room for.",
                f"Name the part to copy, as in {source}{_missing(source, target)}.",
            )
    return Copy(source, targets)


def _depth(path: FieldPath) -> int:
    if path.subcomponent is not None:
        return 4
    if path.component is not None:
        return 3
    return 2 if path.repetition is not None else 1


def _missing(source: FieldPath, target: FieldPath) -> str:
    if _depth(target) == 2:
        return "[1]"
    return ".1" if _depth(target) == 3 or source.component is not None else ".1.1"


def _map(step: StepReader) -> Action:
    paths = step.paths("map")
    name, codes = "", {}
    table = step.table.get("table")
    if isinstance(table, dict):
        for code, value in table.items():
            if not isinstance(value, str):
                step.fail("table", f"the entry {code} must be text in quotes.")
            codes[code] = value
    else:
        name = step.text("table")
        if not name:
            step.fail("table", "table names nothing.")
    otherwise, value = _default(step)
    return Map(paths, name, codes, otherwise, value)


def _default(step: StepReader) -> tuple[str, str]:
    default = step.table.get("default", KEEP)
    if isinstance(default, str) and default in (KEEP, FAIL):
        return default, ""
    value = default.get("value") if isinstance(default, dict) and len(default) == 1 else None
    if not isinstance(value, str):
        step.fail("default", 'default must be "keep", "fail" or { value = "X" }.')
    return VALUE, value


def _shift(step: StepReader) -> Action:
    seconds = sum(step.number(unit) * size for unit, size in _UNITS.items())
    if not seconds:
        step.fail("shift", "it is not said how far to shift.", "As in days = 3, or hours = -1.")
    if abs(seconds) > _MOST_SECONDS:
        step.fail("shift", "dates can be shifted by 400 years at the most.")
    words = [f"{step.number(unit)} {unit}" for unit in _UNITS if step.number(unit)]
    paths = () if step.table["shift"] == ALL else step.paths("shift")
    return Shift(paths, seconds, " ".join(words))


def _new_control_id(step: StepReader) -> Action:
    if not step.flag("new_control_id"):
        step.fail("new_control_id", "new_control_id can only be true.")
    return NewControlId()


def _now(step: StepReader) -> Action:
    return Now(step.paths("now"))


def _rename(step: StepReader) -> Action:
    (path, *more) = step.segments("rename")
    if more:
        step.fail("rename", "rename takes one segment.")
    name = step.text("to").upper()
    if not _SEGMENT.fullmatch(name) or name in HEADER_IDS:
        step.fail("to", "to must be the name of a segment, such as ZAL.")
    return Rename(path, name)


def _remove(step: StepReader) -> Action:
    return Remove(step.segments("remove"))


def _regex(step: StepReader) -> Action:
    paths = step.paths("regex")
    find, replace = step.text("find"), step.text("replace")
    try:
        replacement = Replacement.of(find, replace, ignores_case=step.flag("ignore_case"))
    except PatternError as fault:
        step.fail("find", f"the regular expression cannot be used: {fault}.")
    return Regex(paths, replacement, step.flag("as_written"))


def _function(step: StepReader) -> Action:
    found = _FUNCTION.fullmatch(step.text("function"))
    if found is None:
        step.fail(
            "function", "function must name a file and what it defines.", "As in tidy.py:run."
        )
    return Function(found[1], found[2])


@dataclass(frozen=True, slots=True)
class ActionKind:
    """How one kind of step is read."""

    read: Callable[[StepReader], Action]
    options: tuple[str, ...] = ()


ACTIONS = {
    "set": ActionKind(_set, ("value", "written", "null")),
    "copy": ActionKind(_copy, ("to",)),
    "clear": ActionKind(_clear),
    "map": ActionKind(_map, ("table", "default")),
    "shift": ActionKind(_shift, tuple(_UNITS)),
    "new_control_id": ActionKind(_new_control_id),
    "now": ActionKind(_now),
    "rename": ActionKind(_rename, ("to",)),
    "remove": ActionKind(_remove),
    "regex": ActionKind(_regex, ("find", "replace", "ignore_case", "as_written")),
    "function": ActionKind(_function),
}
"""The kinds of steps, by the key that says what a step does."""
