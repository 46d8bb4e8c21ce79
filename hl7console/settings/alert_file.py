"""Reads ``alerts.toml``: rules, channels and what is normal, with the line of a mistake.

Keys are the names of `hl7console.settings.alerts`; a time (``wait_s``) may be a number of seconds
or a text such as ``"90s"``, ``"5m"``, ``"2h"`` or ``"30d"``.

References:
    TOML 1.0.0.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import NoReturn, TypeVar

from hl7console.errors import UsageError
from hl7console.settings.alerts import (
    AlertBook,
    AlertRule,
    Channel,
    CommandChannel,
    EmailChannel,
    NormalSettings,
    WebhookChannel,
)
from hl7console.settings.key_lines import key_lines

LONGEST_TEXT = 1024 * 1024
"""Characters of a file of rules."""

MOST_RULES = 1_000

_CHANNELS: dict[str, type[Channel]] = {
    "email": EmailChannel,
    "webhook": WebhookChannel,
    "command": CommandChannel,
}
_TOP = ("rule", *_CHANNELS, "normal", "group_above")
_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*(s|m|min|h|d|w)", re.IGNORECASE | re.ASCII)
_LARGEST = 1e15
"""Largest number of a rule; neither infinity nor "not a number" is one."""
_UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_TYPES = {"str": "text in quotes", "float": "a number", "int": "a whole number",
          "bool": "true or false", "tuple[str, ...]": "a list of texts"}  # fmt: skip

Key = tuple[str, ...]

T = TypeVar("T", bound=AlertRule | Channel | NormalSettings)


class AlertFileError(UsageError):
    """A file of rules that cannot be understood.

    Args:
        text: What is wrong, as one sentence that names the line.
        line: The line, from 1; 0 where none can be named.
        hint: What to do.
    """

    def __init__(self, text: str, *, line: int = 0, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.line = line


def parse_alerts(text: str) -> AlertBook:
    """Return what a file says. Any thread.

    Raises:
        AlertFileError: It has a mistake.
    """
    return _AlertText(text).book()


class _AlertText:
    """The text of a file as tables."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_TEXT:
            raise AlertFileError("A file of alert rules has at most 1 MiB.")
        self._lines = key_lines(text)
        try:
            self._tables: dict[str, object] = tomllib.loads(text)
        except (ValueError, RecursionError) as fault:
            found = re.search(r"line (\d+)", str(fault))
            line = int(found[1]) if found else text.count("\n") + 1
            what = str(fault) if isinstance(fault, ValueError) else "it is nested too deeply"
            raise AlertFileError(
                f"Line {line} is not TOML: {what}.",
                line=line,
                hint='Texts stand in quotes: name = "X". A rule begins with [[rule]].',
            ) from None

    def book(self) -> AlertBook:
        """Return all of it, checked."""
        for key in self._tables:
            if key not in _TOP:
                self._fail((key,), f"there is no {key}.", f"There are {', '.join(_TOP)}.")
        channels = self._channels()
        rules = self._rules({channel.name for channel in channels})
        group = self._tables.get("group_above", AlertBook().group_above)
        if not isinstance(group, int) or isinstance(group, bool) or group < 0:
            self._fail(("group_above",), "group_above must be a whole number from 0 on.")
        return AlertBook(rules, channels, self._normal(), group)

    def _rules(self, channels: set[str]) -> tuple[AlertRule, ...]:
        rules: list[AlertRule] = []
        for place, table in enumerate(self._array("rule")):
            key = ("rule", str(place))
            rule = self._made(AlertRule, key, table)
            if any(other.name == rule.name for other in rules):
                self._fail((*key, "name"), f"there are two rules named {rule.name}.")
            for name in rule.channels:
                if name not in channels:
                    self._fail((*key, "channels"), f"there is no channel named {name}.")
            rules.append(rule)
        if len(rules) > MOST_RULES:
            self._fail(("rule",), f"there are more than {MOST_RULES:,} rules.")
        return tuple(rules)

    def _channels(self) -> tuple[Channel, ...]:
        channels: list[Channel] = []
        for kind, made_as in _CHANNELS.items():
            for place, table in enumerate(self._array(kind)):
                key = (kind, str(place))
                channel: Channel = self._made(made_as, key, table)
                if any(other.name == channel.name for other in channels):
                    self._fail((*key, "name"), f"there are two channels named {channel.name}.")
                channels.append(channel)
        return tuple(channels)

    def _normal(self) -> NormalSettings:
        table = self._tables.get("normal", {})
        if not isinstance(table, dict):
            self._fail(("normal",), "normal must be written as [normal].")
        return self._made(NormalSettings, ("normal",), table)

    def _array(self, name: str) -> list[dict[str, object]]:
        tables = self._tables.get(name, [])
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            self._fail((name,), f"{name} must be written as [[{name}]], in two brackets.")
        return tables

    def _made(self, made_as: type[T], key: Key, table: Mapping[str, object]) -> T:
        fields = {field.name: field for field in dataclasses.fields(made_as)}
        values: dict[str, object] = {}
        for name, value in table.items():
            if name not in fields:
                self._fail((*key, name), f"there is no {name}.", f"There are {', '.join(fields)}.")
            values[name] = self._value((*key, name), str(fields[name].type), value)
        missing = [
            name
            for name, field in fields.items()
            if field.default is dataclasses.MISSING and name not in values
        ]
        if missing:
            self._fail(key, f"{missing[0]} is missing.")
        made = made_as(**values)  # type: ignore[arg-type]
        try:
            made.validate()
        except UsageError as error:
            self._fail((*key, *_culprit(made, values)), error.text, error.hint)
        return made

    def _value(self, key: Key, wanted: str, value: object) -> object:
        name = key[-1]
        if wanted == "float":
            if name.endswith("_s") and isinstance(value, str):
                return self._seconds(key, value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                if not abs(value) <= _LARGEST:
                    self._fail(key, f"{name} is too large, or no number.")
                return float(value)
        elif wanted == "tuple[str, ...]":
            if isinstance(value, str):
                return (value,)
            if isinstance(value, list) and all(isinstance(part, str) for part in value):
                return tuple(value)
        elif (wanted == "int" and isinstance(value, bool)) or type(value).__name__ != wanted:
            pass
        else:
            return value
        return self._fail(key, f"{name} must be {_TYPES.get(wanted, wanted)}.")

    def _seconds(self, key: Key, text: str) -> float:
        found = _TIME.fullmatch(text.strip())
        if found is None:
            self._fail(key, f"{key[-1]} must be a time.", 'Write seconds, or "90s", "5m", "2h".')
        return float(found[1]) * _UNITS_S[found[2].lower()]

    def _fail(self, key: Key, text: str, hint: str = "") -> NoReturn:
        line = 0
        for end in range(len(key), 0, -1):
            if line := self._lines.get(key[:end], 0):
                break
        else:  # [[rules]], where there is no [rules]
            line = next((n for found, n in self._lines.items() if found[0] == key[0]), 0)
        where = f"Line {line}: " if line else ""
        raise AlertFileError(f"{where}{text}" if where else text, line=line, hint=hint)


def _culprit(made: T, keys: Iterable[str]) -> Key:
    """Return the key without which a table would be well; none where there is no such key."""
    defaults = {
        field.name: field.default
        for field in dataclasses.fields(made)
        if field.default is not dataclasses.MISSING
    }
    for name in keys:
        if name not in defaults:
            continue
        try:
            dataclasses.replace(made, **{name: defaults[name]}).validate()
        except UsageError:
            continue
        return (name,)
    return ()
