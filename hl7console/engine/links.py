"""The listeners and destinations of an engine: their settings, their lights, and their changes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Protocol, TypeVar

from hl7console.engine import auditing
from hl7console.engine.console import InterfaceStatus
from hl7console.engine.destination_light import DestinationLight, QueueHolder
from hl7console.engine.events import InterfaceEvent
from hl7console.engine.listener import FINISH_TIMEOUT_S, Listener
from hl7console.engine.network import NetworkThread
from hl7console.engine.sockets import addresses_of
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings, Environment, ListenerSettings
from hl7console.store import interfaces
from hl7console.store.connection import Database

__all__ = ["DestinationLight", "Links"]

T = TypeVar("T")

SAVE_TIMEOUT_S = 30.0
"""Longest that a change of settings waits for the store, in seconds."""


class Caller(Protocol):
    """What runs a function on the writer thread."""

    def call(self, function: Callable[[Database], T], *, label: str) -> Future[T]:
        """Run it inside a transaction."""


class Links:
    """All interfaces of one engine. Any thread but the network thread, unless it says otherwise.

    Args:
        network: Where listeners live.
        store: Where settings are kept.
        make_listener: Makes a listener; called on the network thread.
        ephemeral: Settings are changed for this run only, and not stored.
    """

    def __init__(
        self,
        network: NetworkThread,
        store: Caller,
        make_listener: Callable[[ListenerSettings], Listener],
        *,
        ephemeral: bool = False,
    ) -> None:
        self._network = network
        self._store = store
        self._make_listener = make_listener
        self._ephemeral = ephemeral
        self._changing = threading.Lock()
        self._listeners: dict[str, Listener] = {}
        self._destinations: dict[str, DestinationSettings] = {}
        self._lights: dict[str, DestinationLight] = {}
        self.version = 0
        """Grows with every change."""
        self.queues: QueueHolder | None = None
        """Told of changes of destinations."""

    def start(
        self, listeners: Sequence[ListenerSettings], destinations: Sequence[DestinationSettings]
    ) -> None:
        """Start all listeners that are enabled; one that cannot start holds up none."""
        for settings in destinations:
            self._destinations[settings.name] = settings
            self._lights[settings.name] = DestinationLight(settings)
        self._network.run(self._start_all(listeners))
        self.version += 1

    async def _start_all(self, listeners: Sequence[ListenerSettings]) -> None:
        for settings in listeners:
            self._listeners[settings.name] = self._make_listener(settings)
        async with asyncio.TaskGroup() as tasks:
            for listener in self._listeners.values():
                if listener.settings.enabled:
                    tasks.create_task(listener.start())

    def stop(self, timeout_s: float = FINISH_TIMEOUT_S) -> None:
        """Stop all listeners, each letting messages under way have their answers."""

        async def stop_all() -> None:
            async with asyncio.TaskGroup() as tasks:
                for listener in self._listeners.values():
                    tasks.create_task(listener.stop(timeout_s))

        self._network.run(stop_all(), timeout_s=timeout_s + 1.0)

    # What is there.

    def listeners(self) -> tuple[ListenerSettings, ...]:
        """Return the listeners' settings. Any thread."""
        return tuple(listener.settings for listener in self._listeners.copy().values())

    def destinations(self) -> tuple[DestinationSettings, ...]:
        """Return the destinations' settings. Any thread."""
        return tuple(self._destinations.copy().values())

    def statuses(self) -> tuple[InterfaceStatus, ...]:
        """Return all lights. Any thread."""
        lights = [listener.status() for listener in self._listeners.copy().values()]
        lights += [light.status() for light in self._lights.copy().values()]
        return tuple(lights)

    def listener(self, name: str) -> Listener | None:
        """Return a listener by name. Any thread."""
        return self._listeners.get(name)

    def light(self, name: str) -> DestinationLight | None:
        """Return a destination's light by name; None for an address that isn't configured."""
        return self._lights.get(name)

    def events(self, name: str) -> tuple[InterfaceEvent, ...]:
        """Return what happened on a listener or destination, oldest first. Any thread."""
        found = self._listeners.get(name) or self._lights.get(name)
        return found.timeline.all() if found is not None else ()

    # Changes.

    def save_listener(self, settings: ListenerSettings, previous_name: str = "") -> InterfaceStatus:
        """Store a listener's settings and start, restart or stop it; return its new light.

        Raises:
            UsageError: The settings contradict each other, or the name is taken.
            ConsoleError: They cannot be stored.
        """
        settings.validate()
        with self._changing:
            old_name = previous_name or settings.name
            self._check_free(settings.name, old_name)
            if old_name in self._destinations:
                raise UsageError(f"{old_name} is a destination.")
            self._keep(
                lambda database: interfaces.save_listener(
                    database, settings, previous_name=previous_name
                ),
                "listener saved",
                settings.name,
            )
            status = self._network.run(self._replace_listener(settings, old_name))
            self.version += 1
            return status

    async def _replace_listener(self, settings: ListenerSettings, old_name: str) -> InterfaceStatus:
        old = self._listeners.get(old_name)
        if old is not None:
            await old.stop()
        new = self._make_listener(settings)
        replaced = {
            (settings.name if name == old_name else name): (new if name == old_name else listener)
            for name, listener in self._listeners.items()
        }
        replaced[settings.name] = new
        self._listeners = replaced
        if settings.enabled:
            await new.start()
        return new.status()

    def save_destination(
        self, settings: DestinationSettings, previous_name: str = ""
    ) -> InterfaceStatus:
        """Store a destination's settings; return its new light.

        Raises:
            UsageError: The settings contradict each other, or the name is taken.
            ConsoleError: They cannot be stored.
        """
        settings.validate()
        with self._changing:
            old_name = previous_name or settings.name
            self._check_free(settings.name, old_name)
            if old_name in self._listeners:
                raise UsageError(f"{old_name} is a listener.")
            light = DestinationLight(settings)
            with self._halted(old_name):
                self._keep(
                    lambda database: self._put_destination(database, settings, previous_name),
                    "destination saved",
                    settings.name,
                )
                if self.queues is not None:
                    self.queues.configured(settings, light, old_name)
            destinations, lights = self._destinations.copy(), self._lights.copy()
            for known in (destinations, lights):
                known.pop(old_name, None)
            destinations[settings.name] = settings
            lights[settings.name] = light
            self._destinations, self._lights = destinations, lights
            self.version += 1
            return light.status()

    def _put_destination(
        self, database: Database, settings: DestinationSettings, previous_name: str
    ) -> None:
        interfaces.save_destination(database, settings, previous_name=previous_name)
        if self.queues is not None and previous_name not in ("", settings.name):
            self.queues.rename(database, previous_name, settings.name)

    @contextmanager
    def _halted(self, name: str) -> Iterator[None]:
        """Have a destination's queue send nothing while its settings change."""
        if self.queues is None or name not in self._destinations:
            yield
            return
        self.queues.halt(name)
        try:
            yield
        except BaseException:
            self.queues.resume(name)
            raise

    def delete(self, name: str) -> None:
        """Remove a listener or destination; its messages stay.

        Raises:
            UsageError: There is none of that name, or deliveries wait for it.
            ConsoleError: The change cannot be stored.
        """
        with self._changing:
            if name not in self._listeners and name not in self._destinations:
                raise UsageError(f"There is no interface named {name}.")
            with self._halted(name):
                self._keep(lambda database: self._drop(database, name), "interface deleted", name)
            if self.queues is not None and name in self._destinations:
                self.queues.removed(name)
            listener = self._listeners.get(name)
            if listener is not None:
                self._network.run(listener.stop())
            self._listeners = {k: v for k, v in self._listeners.items() if k != name}
            self._destinations = {k: v for k, v in self._destinations.items() if k != name}
            self._lights = {k: v for k, v in self._lights.items() if k != name}
            self.version += 1

    def _drop(self, database: Database, name: str) -> None:
        if self.queues is not None and name in self._destinations:
            self.queues.may_remove(database, name)
        interfaces.delete_interface(database, name)

    def _check_free(self, name: str, old_name: str) -> None:
        is_taken = name in self._listeners or name in self._destinations
        if is_taken and name != old_name:
            raise UsageError(f"There is an interface named {name} already.")

    def _keep(self, change: Callable[[Database], object], action: str, name: str) -> None:
        """Store a change and its entry in the audit trail, both or neither."""
        if self._ephemeral:
            return

        def keep(database: Database) -> None:
            change(database)
            auditing.append(database, action, name)

        self._store.call(keep, label=action).result(SAVE_TIMEOUT_S)

    # Where to send.

    def resolve(
        self, destination: str, settings: DestinationSettings | None, confirm: str
    ) -> DestinationSettings:
        """Return where a command sends to, once it may.

        May look a host name up, so not for the GUI thread.

        Args:
            destination: A destination's name or HOST:PORT.
            settings: Takes the place of `destination` when given.
            confirm: The name of a production destination, typed by the user.

        Raises:
            UsageError: There is no such destination, it is switched off, or it is a production
                one and `confirm` isn't its name.
        """
        found = settings or self._destinations.get(destination) or _parse_address(destination)
        found.validate()
        if not found.enabled:
            raise UsageError(
                f"The destination {found.name} is switched off.", hint="Switch it on in Settings."
            )
        guarded = [found, *(d for d in self._destinations.values() if _is_same_place(d, found))]
        for production in guarded:
            is_guarded = production.environment == Environment.PRODUCTION
            if is_guarded and confirm != production.name:
                raise UsageError(
                    f"{production.name} is a production destination.",
                    hint=f"Confirm by typing its name: {production.name}.",
                )
        return found


def _parse_address(text: str) -> DestinationSettings:
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isascii() or not port.isdigit():
        raise UsageError(
            f"There is no destination named {text}.",
            hint="Give the name of a destination, or HOST:PORT.",
        )
    return DestinationSettings(name=text[:64], host=host, port=int(port))


def _is_same_place(known: DestinationSettings, wanted: DestinationSettings) -> bool:
    if known is wanted or known.port != wanted.port:
        return False
    if known.host.lower() == wanted.host.lower():
        return True
    if known.environment != Environment.PRODUCTION:
        return False
    return bool(_addresses(known.host) & _addresses(wanted.host))


def _addresses(host: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in addresses_of(host, 0)}
    except (OSError, UnicodeError):
        return set()
