"""Listeners, destinations, routes and alert rules as one TOML file, for another workspace.

Keys and passphrases are no settings, so none is in the file; the paths of certificates are. What
comes by a file cannot send by itself: a destination is switched off until somebody approves it,
unless this workspace has it switched on with the very same settings. The same goes for the channels
that tell of alerts, see `engine.alerts.settings_part`.

References:
    TOML 1.0.0.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hl7console.engine import auditing
from hl7console.engine.alerts.settings_part import (
    PART,
    AlertPart,
    alert_part,
    alert_part_text,
    channel_names,
    counted,
    read_alert_part,
    take_alert_part,
)
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.repair_commands import ImportSettings
from hl7console.engine.route_book import check_route
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings, ListenerSettings, RouteSettings
from hl7console.store import interfaces
from hl7console.store.connection import Database

LARGEST_FILE_BYTES = 4 * 1024 * 1024
"""Largest file of settings that is read."""

STORE_TIMEOUT_S = 60.0

Setting = ListenerSettings | DestinationSettings | RouteSettings

_KINDS: dict[str, Callable[[Mapping[str, object]], Setting]] = {
    "listener": ListenerSettings.from_mapping,
    "destination": DestinationSettings.from_mapping,
    "route": RouteSettings.from_mapping,
}


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What one file holds."""

    listeners: tuple[ListenerSettings, ...] = ()
    destinations: tuple[DestinationSettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
    alerts: Mapping[str, object] | None = None
    """The part with alert rules and channels, as plain values; None where there is none."""


def parse(text: str) -> SettingsFile:
    """Return what a file says. Any thread.

    Raises:
        UsageError: It is no TOML, or a setting is unknown or contradicts another.
    """
    if len(text) > LARGEST_FILE_BYTES:
        raise UsageError("A file of settings has at most 4 MiB.")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"Not a file of settings: {error}.") from None
    unknown = sorted(set(tables) - {*_KINDS, PART})
    if unknown:
        raise UsageError(
            f"Unknown part of settings: {unknown[0]}.",
            hint="There are [[listener]], [[destination]], [[route]] and [alerts].",
        )
    alerts = tables.get(PART)
    if alerts is not None and not isinstance(alerts, dict):
        raise UsageError("Alert rules stand under [[alerts.rule]], in two brackets.")
    found = {kind: _read(kind, tables.get(kind, [])) for kind in _KINDS}
    made = {f"{kind}s": made for kind, made in found.items()}
    return SettingsFile(**made, alerts=alerts)  # type: ignore[arg-type]


def _read(kind: str, tables: object) -> tuple[Setting, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"Settings of a {kind} stand under [[{kind}]], in two brackets.")
    made: list[Setting] = []
    for table in tables:
        name = table.get("name")
        if not isinstance(name, str):
            raise UsageError(f"A {kind} in the file has no name.")
        if any(setting.name == name for setting in made):
            raise UsageError(f"The file has the {kind} {name} twice.")
        try:
            made.append(_KINDS[kind](table))
        except UsageError as error:
            raise UsageError(f"The {kind} {name}: {error.text}", hint=error.hint) from None
        except (TypeError, ValueError):
            raise UsageError(f"The {kind} {name} has a value of the wrong type.") from None
    return tuple(made)


def as_text(settings: SettingsFile) -> str:
    """Return the text of a file; what has its first value is left out. Any thread."""
    parts = ["# Settings of hl7console. No keys, no passphrases, no passwords.\n"]
    for kind, group in (
        ("listener", settings.listeners),
        ("destination", settings.destinations),
        ("route", settings.routes),
    ):
        for setting in group:
            parts.append(f"\n[[{kind}]]\n")
            parts += [f"{key} = {_value(value)}\n" for key, value in _told(setting).items()]
    if settings.alerts is not None:
        parts.append(alert_part_text(settings.alerts))
    return "".join(parts)


def _told(setting: Setting) -> dict[str, object]:
    """Return the name, the address, and what differs from the values that new ones begin with."""
    first = {field.name: field.default for field in dataclasses.fields(setting)}
    always = ("name", "host", "port", "environment", "destinations", "filter", "enabled")
    return {
        key: value
        for key, value in setting.to_mapping().items()
        if key in always or getattr(setting, key) != first[key]
    }


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        # JSON's escapes are TOML's as well, but for the delete character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def read_stored(database: Database, workspace: Path) -> SettingsFile:
    """Return what a workspace has; any connection of the calling thread.

    Raises:
        UsageError: Its alert rules cannot be read.
    """
    return SettingsFile(
        interfaces.load_listeners(database),
        interfaces.load_destinations(database),
        interfaces.load_routes(database),
        read_alert_part(workspace),
    )


def guarded(
    found: SettingsFile, stored: Sequence[DestinationSettings], approved: Collection[str]
) -> SettingsFile:
    """Return what is to be stored: destinations off, unless approved or on already as they are.

    Raises:
        UsageError: `approved` names what the file doesn't have.
    """
    names = {destination.name for destination in found.destinations}
    names |= channel_names(found.alerts or {})
    for name in approved:
        if name not in names:
            raise UsageError(
                f"The file has no destination named {name}, and no such alert channel."
            )
    known = {destination.name: destination for destination in stored}
    kept = tuple(
        dataclasses.replace(
            destination,
            enabled=destination.name in approved
            or (destination.enabled and known.get(destination.name) == destination),
        )
        for destination in found.destinations
    )
    return dataclasses.replace(found, destinations=kept)


def import_into_engine(core: EngineCore, command: ImportSettings) -> JobReport:
    """Put what a file says in force, and report. The job's thread.

    Raises:
        UsageError: The file is wrong; nothing was changed then.
        ConsoleError: A setting cannot be stored.
    """
    stored = core.links.destinations()
    found = guarded(parse(command.text), stored, command.approved)
    _check_routes(found, [d.name for d in stored], core.workspace)
    alerts = _alerts(found, core.workspace)
    for destination in found.destinations:
        core.links.save_destination(destination)
    for listener in found.listeners:
        core.links.save_listener(listener)
    for route in found.routes:
        core.routes.save(route)
    take = partial(_take_alerts, core.workspace, alerts, command.approved)
    waiting = core.writer.call(take, label="import alert rules").result(STORE_TIMEOUT_S)
    return _report(found, alerts, waiting)


def import_into_store(
    database: Database, workspace: Path, text: str, approved: Collection[str]
) -> JobReport:
    """Store what a file says where no engine runs, and report. The writer thread; all or nothing.

    Raises:
        UsageError: The file is wrong.
    """
    stored = interfaces.load_destinations(database)
    found = guarded(parse(text), stored, approved)
    _check_routes(found, [d.name for d in stored], workspace)
    alerts = _alerts(found, workspace)
    for destination in found.destinations:
        interfaces.save_destination(database, destination)
        auditing.append(database, "destination saved", destination.name, "from a file")
    for listener in found.listeners:
        interfaces.save_listener(database, listener)
        auditing.append(database, "listener saved", listener.name, "from a file")
    for route in found.routes:
        interfaces.save_route(database, route)
        auditing.append(database, "route saved", route.name, "from a file")
    return _report(found, alerts, _take_alerts(workspace, alerts, approved, database))


def _check_routes(found: SettingsFile, stored: Sequence[str], workspace: Path) -> None:
    known = {*stored, *(destination.name for destination in found.destinations)}
    for route in found.routes:
        try:
            check_route(route, known, workspace)
        except UsageError as error:
            raise UsageError(f"The route {route.name}: {error.text}", hint=error.hint) from None


def _alerts(found: SettingsFile, workspace: Path) -> AlertPart | None:
    return None if found.alerts is None else alert_part(found.alerts, workspace)


def _take_alerts(
    workspace: Path, part: AlertPart | None, approved: Collection[str], database: Database
) -> tuple[str, ...]:
    """Put alert rules in force; return which channels are off until approved. The writer thread."""
    if part is None:
        return ()
    waiting = take_alert_part(database, workspace, part, approved)
    auditing.append(database, "alert rules saved", "", "from a file")
    return waiting


def _report(
    found: SettingsFile, alerts: AlertPart | None, waiting_channels: Sequence[str]
) -> JobReport:
    counts = [
        f"{len(group):,} {noun}{'' if len(group) == 1 else 's'}"
        for noun, group in (
            ("listener", found.listeners),
            ("destination", found.destinations),
            ("route", found.routes),
        )
    ]
    if alerts is not None:
        counts += counted(alerts.found)
    text = f"{', '.join(counts)} taken from the file."
    waiting = [destination.name for destination in found.destinations if not destination.enabled]
    waiting += waiting_channels
    if waiting:
        text += f" Switched off until approved: {', '.join(waiting)}."
    return JobReport(text=text, details=tuple(("off", name) for name in waiting))
