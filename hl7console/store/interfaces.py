"""Settings of listeners, destinations and routes, and other settings, in the database.

Functions that write run on the writer thread (``StoreWriter.call``); those that read take any
connection of the calling thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum

from hl7console.errors import UsageError
from hl7console.settings import (
    AeRules,
    DestinationSettings,
    ListenerSettings,
    PacsSettings,
    RetentionSettings,
    RouteSettings,
    WorklistServiceSettings,
)
from hl7console.store.connection import Database


class InterfaceKind(StrEnum):
    """What an interface is."""

    LISTENER = "listener"
    DESTINATION = "destination"
    WORKLIST = "worklist"
    """The DICOM service; there is at most one."""
    AE = "ae"
    """What is different for one calling AE."""
    PACS = "pacs"
    ROUTE = "route"


AE_PREFIX = "AE "
"""In front of AE titles where rules for one are stored: an AE title is no interface's name."""

ROUTE_PREFIX = "ROUTE "
"""In front of the names of routes where they are stored: a route may be named as a listener is."""


def load_listeners(database: Database) -> tuple[ListenerSettings, ...]:
    """Return the settings of all listeners, by name.

    Raises:
        UsageError: A stored setting is not valid any more.
    """
    return tuple(
        ListenerSettings.from_mapping(values) for values in _load(database, InterfaceKind.LISTENER)
    )


def load_destinations(database: Database) -> tuple[DestinationSettings, ...]:
    """Return the settings of all destinations, by name.

    Raises:
        UsageError: A stored setting is not valid any more.
    """
    return tuple(
        DestinationSettings.from_mapping(values)
        for values in _load(database, InterfaceKind.DESTINATION)
    )


def save_listener(
    database: Database, settings: ListenerSettings, *, previous_name: str = ""
) -> None:
    """Create or replace a listener; `previous_name` renames it.

    Raises:
        UsageError: The settings contradict each other, or the name is taken.
    """
    settings.validate()
    _save(database, InterfaceKind.LISTENER, settings.name, settings.to_mapping(), previous_name)


def save_destination(
    database: Database, settings: DestinationSettings, *, previous_name: str = ""
) -> None:
    """Create or replace a destination; `previous_name` renames it, in the routes that name it too.

    Raises:
        UsageError: The settings contradict each other, or the name is taken.
    """
    settings.validate()
    with database.transaction():
        kind = InterfaceKind.DESTINATION
        _save(database, kind, settings.name, settings.to_mapping(), previous_name)
        if previous_name not in ("", settings.name):
            for route in load_routes(database):
                if previous_name in route.destinations:
                    carried = route.renamed(previous_name, settings.name)
                    save_route(database, carried, previous_name=route.name)


def load_routes(database: Database) -> tuple[RouteSettings, ...]:
    """Return the routes, by name.

    Raises:
        UsageError: A stored route is not valid any more.
    """
    return tuple(RouteSettings.from_mapping(v) for v in _load(database, InterfaceKind.ROUTE))


def save_route(database: Database, settings: RouteSettings, *, previous_name: str = "") -> None:
    """Create or replace a route; `previous_name` renames it.

    Raises:
        UsageError: The settings contradict each other, name a destination that there isn't, or
            the name is taken.
    """
    settings.validate()
    with database.transaction():
        known = {str(values["name"]) for values in _load(database, InterfaceKind.DESTINATION)}
        for destination in settings.destinations:
            if destination not in known:
                raise UsageError(f"There is no destination named {destination}.")
        stored_name = ROUTE_PREFIX + settings.name
        is_renamed = previous_name not in ("", settings.name)
        if is_renamed and database.one("SELECT 1 FROM interfaces WHERE name = ?", (stored_name,)):
            raise UsageError(f"There is a route named {settings.name} already.")
        previous = ROUTE_PREFIX + previous_name if previous_name else ""
        _save(database, InterfaceKind.ROUTE, stored_name, settings.to_mapping(), previous)


def delete_route(database: Database, name: str) -> bool:
    """Remove a route; what it queued stays queued. Returns whether there was one."""
    return _delete(database, ROUTE_PREFIX + name)


def load_worklist_service(database: Database) -> WorklistServiceSettings | None:
    """Return the settings of the DICOM service; None when there is none.

    Raises:
        UsageError: The stored settings are not valid any more.
    """
    found = _load(database, InterfaceKind.WORKLIST)
    return WorklistServiceSettings.from_mapping(found[0]) if found else None


def save_worklist_service(database: Database, settings: WorklistServiceSettings) -> None:
    """Replace the settings of the DICOM service.

    Raises:
        UsageError: The settings contradict each other, or the name is taken.
    """
    settings.validate()
    kind = InterfaceKind.WORKLIST
    with database.transaction():
        database.execute("DELETE FROM interfaces WHERE kind = ?", (str(kind),))
        _save(database, kind, settings.name, settings.to_mapping(), "")


def load_ae_rules(database: Database) -> tuple[AeRules, ...]:
    """Return the rules for calling AEs, by AE title.

    Raises:
        UsageError: A stored rule is not valid any more.
    """
    return tuple(AeRules.from_mapping(values) for values in _load(database, InterfaceKind.AE))


def save_ae_rules(database: Database, rules: AeRules, *, previous_title: str = "") -> None:
    """Create or replace the rules for an AE; `previous_title` renames them.

    Raises:
        UsageError: The rules contradict each other, or the AE title has rules already.
    """
    rules.validate()
    previous = AE_PREFIX + previous_title if previous_title else ""
    name = AE_PREFIX + rules.ae_title
    _save(database, InterfaceKind.AE, name, rules.to_mapping(), previous)


def load_pacs(database: Database) -> tuple[PacsSettings, ...]:
    """Return the archives that can be asked, by name.

    Raises:
        UsageError: A stored setting is not valid any more.
    """
    return tuple(PacsSettings.from_mapping(v) for v in _load(database, InterfaceKind.PACS))


def save_pacs(database: Database, settings: PacsSettings, *, previous_name: str = "") -> None:
    """Create or replace an archive; `previous_name` renames it.

    Raises:
        UsageError: The settings contradict each other, or the name is taken.
    """
    settings.validate()
    _save(database, InterfaceKind.PACS, settings.name, settings.to_mapping(), previous_name)


def delete_interface(database: Database, name: str) -> bool:
    """Remove a listener or destination; its messages stay. Returns whether there was one.

    Raises:
        UsageError: It is a destination that routes send to.
    """
    with database.transaction():
        is_destination = ("destination",) in database.all(
            "SELECT kind FROM interfaces WHERE name = ?", (name,)
        )
        if is_destination:
            check_unused(name, load_routes(database))
        return _delete(database, name)


def check_unused(destination: str, routes: Iterable[RouteSettings]) -> None:
    """Raise `UsageError` when a route sends to a destination that is to go."""
    users = [route.name for route in routes if destination in route.destinations]
    if users:
        noun = "route" if len(users) == 1 else "routes"
        verb = "sends" if len(users) == 1 else "send"
        raise UsageError(
            f"The {noun} {', '.join(users)} {verb} to {destination}.",
            hint=f"Take {destination} out of the {noun} first.",
        )


def _delete(database: Database, name: str) -> bool:
    with database.transaction():
        cursor = database.execute("DELETE FROM interfaces WHERE name = ?", (name,))
        return bool(cursor.rowcount)


def load_setting(database: Database, name: str, default: str = "") -> str:
    """Return one setting's text, or `default`."""
    row = database.one("SELECT value FROM settings WHERE name = ?", (name,))
    return default if row is None else str(row[0])


def save_setting(database: Database, name: str, value: str) -> None:
    """Store one setting's text."""
    with database.transaction():
        database.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )


def load_retention(database: Database) -> RetentionSettings:
    """Return the retention rules; the default keeps everything."""
    text = load_setting(database, "retention", "{}")
    return RetentionSettings.from_mapping(json.loads(text))


def save_retention(database: Database, settings: RetentionSettings) -> None:
    """Store the retention rules."""
    settings.validate()
    save_setting(database, "retention", json.dumps(settings.to_mapping()))


def _load(database: Database, kind: InterfaceKind) -> list[Mapping[str, object]]:
    rows = database.all(
        "SELECT settings FROM interfaces WHERE kind = ? ORDER BY name COLLATE NOCASE, name",
        (str(kind),),
    )
    return [json.loads(str(row[0])) for row in rows]


def _save(
    database: Database,
    kind: InterfaceKind,
    name: str,
    settings: Mapping[str, object],
    previous_name: str,
) -> None:
    with database.transaction():
        if previous_name and previous_name != name:
            database.execute(
                "DELETE FROM interfaces WHERE name = ? AND kind = ?", (previous_name, str(kind))
            )
        taken = database.one("SELECT name, kind FROM interfaces WHERE name = ?", (name,))
        is_other = previous_name not in ("", name)
        if taken is not None and (is_other or taken[1] != str(kind)):
            raise UsageError(f"There is an interface named {name} already.")
        database.execute(
            "INSERT OR REPLACE INTO interfaces (name, kind, settings) VALUES (?, ?, ?)",
            (name, str(kind), json.dumps(settings)),
        )
