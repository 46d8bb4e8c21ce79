"""Reads a profile's text, checks all of it, and names the line of a mistake."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import NoReturn
from zoneinfo import ZoneInfo

from hl7console.errors import UsageError
from hl7console.settings import is_ae_title
from hl7console.settings.key_lines import key_lines
from hl7console.worklist.profiles.columns import COLUMNS
from hl7console.worklist.profiles.library import NAMES, shipped_text
from hl7console.worklist.profiles.options import CHOICES, Options
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.profiles.rules import ProcedureRule, StationRule
from hl7console.worklist.profiles.sources import FieldSource, parse_source

_TABLES = frozenset({
    "options", "fields", "codes", "procedure", "station", "authorities", "control",
    "modality_equivalents",
})  # fmt: skip
_CODES = ("priority", "sex", "modality", "scheme")
_STATES = frozenset({
    "UNSCHEDULED", "ON_HOLD", "SCHEDULED", "ARRIVED", "READY", "STARTED", "DEPARTED", "COMPLETED",
    "DISCONTINUED", "CANCELED", "none",
})  # fmt: skip
_CONTROL = re.compile(r"[A-Z]{2}_(?:[A-Z]{1,2}|\*)?")
_OPTIONS = {option.name: option for option in fields(Options)}


class ProfileError(UsageError):
    """A profile that cannot be used.

    Attributes:
        line: Line of the mistake, from 1; 0 where it is not known.
    """

    def __init__(self, text: str, *, line: int = 0, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.line = line


class _Reader:
    """Checks the tables of one profile text."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._lines = key_lines(text)
        try:
            self.tables: dict[str, object] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise ProfileError(
                f"Line {line} of the profile {name} is not TOML: {error}", line=line
            ) from error

    def fail(self, key: tuple[str, ...], text: str, hint: str = "") -> NoReturn:
        """Say what is wrong with a key, and on which line it stands."""
        line = 0
        for end in range(len(key), 0, -1):
            if line := self._lines.get(key[:end], 0):
                break
        raise ProfileError(f"Line {line} of the profile {self.name}: {text}", line=line, hint=hint)

    def table(self, name: str) -> dict[str, object]:
        """Return a table; empty where the profile has none."""
        value = self.tables.get(name, {})
        if not isinstance(value, dict):
            self.fail((name,), f"{name} must be a table.")
        return value

    def rules(self, name: str) -> list[dict[str, object]]:
        """Return an array of tables; empty where the profile has none."""
        value = self.tables.get(name, [])
        if not isinstance(value, list) or not all(isinstance(rule, dict) for rule in value):
            self.fail((name,), f"{name} must be written as [[{name}]].")
        return value

    def text(self, key: tuple[str, ...], value: object) -> str:
        """Return a value that must be text."""
        if not isinstance(value, str):
            self.fail(key, f"{key[-1]} must be text in quotes.")
        return value

    def texts(self, key: tuple[str, ...], value: object) -> tuple[str, ...]:
        """Return a value that must be a text or a list of texts."""
        if isinstance(value, str):
            return (value,) if value else ()
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            self.fail(key, f"{key[-1]} must be text in quotes, or a list of texts.")
        return tuple(value)


@lru_cache(maxsize=256)
def load_profile(text: str, name: str) -> Profile:
    """Return the profile that a text describes, with what its base adds.

    Raises:
        ProfileError: Something in it is wrong; it names the line.
    """
    reader = _Reader(text, name)
    base = _base(reader)
    for table in reader.tables:
        if table not in _TABLES and table != "base":
            reader.fail((table,), f"there is no table {table}.", "Tables: " + _listed(_TABLES))
    options = _options(reader, base.options)
    profile = Profile(
        name=name,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        options=options,
        fields={**base.fields, **_fields(reader)},
        codes=_codes(reader, base),
        procedures=(*_procedures(reader), *base.procedures),
        stations=(*_stations(reader), *base.stations),
        authorities={**base.authorities, **_authorities(reader)},
        control={**base.control, **_control(reader)},
        modality_equivalents={
            **base.modality_equivalents,
            **_equivalents(reader),
        },
        zone=ZoneInfo(options.zone) if options.zone else None,
    )
    # Compiled here, so that what can't be compiled is found before the first message.
    from hl7console.worklist.mapping.plan import compile_plans

    profile.plans.update(compile_plans(profile))
    return profile


def shipped_profile(name: str) -> Profile:
    """Return a shipped profile.

    Raises:
        KeyError: There is none of this name.
    """
    return load_profile(shipped_text(name), name)


def _listed(words: object) -> str:
    return ", ".join(sorted(words)) + "."  # type: ignore[call-overload]


def _base(reader: _Reader) -> Profile:
    name = reader.tables.get("base", "")
    if name == "":
        return Profile()
    if name not in NAMES or name == reader.name:
        reader.fail(("base",), "base must name another profile.", "Profiles: " + _listed(NAMES))
    return shipped_profile(str(name))


def _options(reader: _Reader, base: Options) -> Options:
    values: dict[str, object] = {name: getattr(base, name) for name in _OPTIONS}
    for name, value in reader.table("options").items():
        key = ("options", name)
        if name not in _OPTIONS:
            reader.fail(key, f"there is no option {name}.", "Options: " + _listed(_OPTIONS))
        values[name] = _option(reader, key, value, _OPTIONS[name].default)
    return Options(**values)  # type: ignore[arg-type]


def _option(reader: _Reader, key: tuple[str, ...], value: object, default: object) -> object:
    name = key[-1]
    if isinstance(default, bool):
        if not isinstance(value, bool):
            reader.fail(key, f"{name} must be true or false.")
        return value
    if isinstance(default, int):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            reader.fail(key, f"{name} must be a number, 0 or more.")
        return value
    if isinstance(default, tuple):
        return _list_option(reader, key, reader.texts(key, value))
    text = reader.text(key, value)
    if name in CHOICES and text not in CHOICES[name]:
        reader.fail(key, f"{name} must be one of " + ", ".join(CHOICES[name]) + ".")
    _check_text_option(reader, key, text)
    return text


def _list_option(reader: _Reader, key: tuple[str, ...], texts: tuple[str, ...]) -> tuple[str, ...]:
    if key[-1] == "date_formats":
        for text in texts:
            if any(text.count(mark) != 1 for mark in ("YYYY", "MM", "DD")):
                reader.fail(key, f"{text} is no date.", "Write it as YYYY-MM-DD hh:mm:ss.")
    return texts


def _check_text_option(reader: _Reader, key: tuple[str, ...], text: str) -> None:
    if key[-1] == "zone" and text:
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            reader.fail(key, f"there is no time zone {text}.", "Write it as in Europe/Berlin.")
    if key[-1] == "time_unknown" and not re.fullmatch(r"(?:[01]\d|2[0-3])(?:[0-5]\d){0,2}", text):
        reader.fail(key, "time_unknown must be a time of day as HH, HHMM or HHMMSS.")


def _fields(reader: _Reader) -> dict[str, tuple[FieldSource, ...]]:
    found = {}
    for column, value in reader.table("fields").items():
        key = ("fields", column)
        if column not in COLUMNS:
            reader.fail(key, f"there is no column {column}.", "Columns: " + _listed(COLUMNS))
        sources = []
        for number, text in enumerate(reader.texts(key, value)):
            try:
                sources.append(parse_source(text, is_first=not number))
            except ValueError:
                reader.fail(key, f"{text} is no field.", "Write it as OBR-18, or OBR-4.2.")
        found[column] = tuple(sources)
    return found


def _codes(reader: _Reader, base: Profile) -> dict[str, Mapping[str, str]]:
    tables: dict[str, Mapping[str, str]] = dict(base.codes)
    for name, table in reader.table("codes").items():
        key = (f"codes.{name}",)
        if name not in _CODES or not isinstance(table, dict):
            reader.fail(key, f"there is no table codes.{name}.", "Tables: " + _listed(_CODES))
        own = {code.upper(): reader.text((*key, code), value) for code, value in table.items()}
        tables[name] = {**tables.get(name, {}), **own}
    return tables


def _upper(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.upper() for text in texts)


def _rule_texts(
    reader: _Reader, table: str, number: int, rule: dict[str, object], known: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, value in rule.items():
        key = (table, str(number), name)
        if name not in known:
            reader.fail(key, f"a {table} rule has no {name}.", "It has: " + _listed(known))
        found[name] = reader.texts(key, value)
    return found


def _stations(reader: _Reader) -> list[StationRule]:
    rules = []
    known = ("sender", "modality", "location", "procedure", "resource", "aet", "name", "room")
    for number, rule in enumerate(reader.rules("station")):
        texts = _rule_texts(reader, "station", number, rule, known)
        key = ("station", str(number))
        for title in texts.get("aet", ()):
            if not is_ae_title(title):
                reader.fail((*key, "aet"), "an AE title has 1 to 16 characters, no backslash.")
        if not texts.get("aet") and not texts.get("name") and not texts.get("room"):
            reader.fail(key, "a station rule needs aet, name or room.")
        rules.append(
            StationRule(
                sender=_upper(texts.get("sender", ())),
                modality=_upper(texts.get("modality", ())),
                location=_upper(texts.get("location", ())),
                procedure=_upper(texts.get("procedure", ())),
                resource=_upper(texts.get("resource", ())),
                aet=texts.get("aet", ()),
                name=texts.get("name", ()),
                room=(texts.get("room") or ("",))[0],
            )
        )
    return rules


def _procedures(reader: _Reader) -> list[ProcedureRule]:
    rules = []
    for number, rule in enumerate(reader.rules("procedure")):
        known = ("code", "sender", "system", "modality", "local")
        texts = _rule_texts(reader, "procedure", number, rule, known)
        key = ("procedure", str(number))
        if not texts.get("code"):
            reader.fail(key, "a procedure rule needs a code.")
        if len(texts.get("local", ())) not in (0, 3):
            reader.fail((*key, "local"), "local must be code, meaning and scheme.")
        rules.append(
            ProcedureRule(
                code=_upper(texts["code"]),
                sender=_upper(texts.get("sender", ())),
                system=_upper(texts.get("system", ())),
                modality=(texts.get("modality") or ("",))[0].upper(),
                local=texts.get("local", ()),
            )
        )
    return rules


def _authorities(reader: _Reader) -> dict[str, str]:
    return {
        name.upper(): reader.text(("authorities", name), value).upper()
        for name, value in reader.table("authorities").items()
    }


def _control(reader: _Reader) -> dict[str, str]:
    found = {}
    for name, value in reader.table("control").items():
        key = ("control", name)
        if not _CONTROL.fullmatch(name):
            reader.fail(key, f"{name} must be ORC-1, _ and ORC-5, as in NW_SC, NW_ or NW_*.")
        state = reader.text(key, value)
        if state not in _STATES:
            reader.fail(key, f"there is no state {state}.", "States: " + _listed(_STATES))
        found[name] = state
    return found


def _equivalents(reader: _Reader) -> dict[str, tuple[str, ...]]:
    return {
        name.upper(): _upper(reader.texts(("modality_equivalents", name), value))
        for name, value in reader.table("modality_equivalents").items()
    }
