"""The routes of an engine: kept in the store, checked when they change, put in force at once."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from hl7console.engine import auditing
from hl7console.engine.console import JobReport
from hl7console.engine.links import SAVE_TIMEOUT_S, Caller
from hl7console.engine.route_recipes import RecipeWatch, check_recipe, keep_for_route
from hl7console.engine.routes import CompiledRoute, Router, compiled
from hl7console.errors import ConsoleError, UsageError
from hl7console.hl7v2.filters import Query, parse_for_arrival
from hl7console.settings import DestinationSettings, RouteSettings
from hl7console.store import interfaces
from hl7console.store.connection import Database

log = logging.getLogger(__name__)


class RouteBook:
    """All routes of one engine. Any thread but the network thread, unless it says otherwise.

    Args:
        store: Where routes are kept.
        destinations: Returns the destinations there are.
        workspace: The workspace's folder, where recipes are.
        ephemeral: Routes are changed for this run only, and not stored.
    """

    def __init__(
        self,
        store: Caller,
        destinations: Callable[[], Sequence[DestinationSettings]],
        workspace: Path,
        *,
        ephemeral: bool = False,
    ) -> None:
        self.router = Router()
        """What the network thread asks."""
        self.version = 0
        """Grows with every change."""
        self._store = store
        self._destinations = destinations
        self._workspace = workspace
        self._ephemeral = ephemeral
        self._changing = threading.Lock()
        self._routes: tuple[RouteSettings, ...] = ()
        self._watch = RecipeWatch(workspace, self._on_recipe_changed)

    def routes(self) -> tuple[RouteSettings, ...]:
        """Return the routes' settings, by name. Any thread."""
        return self._routes

    def load(self) -> None:
        """Put the stored routes in force.

        Raises:
            ConsoleError: They cannot be read.
        """
        found = self._store.call(interfaces.load_routes, label="read routes")
        with self._changing:
            self._put_in_force(found.result(SAVE_TIMEOUT_S))

    def save(self, settings: RouteSettings, previous_name: str = "") -> JobReport:
        """Store a route, put it in force and report.

        Raises:
            FilterError: Its filter is not understood, or asks for what is not known on arrival.
            UsageError: It names a destination that there isn't, or its name is taken.
            ConsoleError: It cannot be stored.
        """
        known = {destination.name for destination in self._destinations()}
        check_route(settings, known, self._workspace)
        with self._changing:
            old_name = previous_name or settings.name
            others = [route for route in self._routes if route.name != old_name]
            if any(route.name == settings.name for route in others):
                raise UsageError(f"There is a route named {settings.name} already.")
            self._keep(
                lambda database: interfaces.save_route(
                    database, settings, previous_name=previous_name
                ),
                "route saved",
                settings.name,
            )
            self._put_in_force([*others, settings])
        if not settings.enabled:
            return JobReport(text=f"{settings.name} was saved; it is switched off.")
        targets = ", ".join(settings.destinations)
        return JobReport(text=f"{settings.name} was saved; it forwards to {targets}.")

    def delete(self, name: str) -> JobReport:
        """Remove a route and report; what it queued stays queued.

        Raises:
            UsageError: There is none of that name.
            ConsoleError: The change cannot be stored.
        """
        with self._changing:
            others = [route for route in self._routes if route.name != name]
            if len(others) == len(self._routes):
                raise UsageError(f"There is no route named {name}.")
            self._keep(
                lambda database: interfaces.delete_route(database, name), "route deleted", name
            )
            self._put_in_force(others)
        return JobReport(text=f"{name} was removed; what it queued stays queued.")

    def destination_saved(self, name: str, previous_name: str) -> None:
        """Carry the routes along with a destination that was stored under another name.

        The store has done so with its own; this does it with what is in force.
        """
        if previous_name in ("", name):
            return
        with self._changing:
            self._put_in_force([route.renamed(previous_name, name) for route in self._routes])

    def check_unused(self, destination: str) -> None:
        """Raise `UsageError` when a route sends to a destination that is to go."""
        interfaces.check_unused(destination, self._routes)

    def _keep(self, change: Callable[[Database], object], action: str, name: str) -> None:
        """Store a change and its entry in the audit trail, both or neither."""
        if self._ephemeral:
            return

        def keep(database: Database) -> None:
            change(database)
            auditing.append(database, action, name)

        self._store.call(keep, label=action).result(SAVE_TIMEOUT_S)

    def _put_in_force(self, routes: Sequence[RouteSettings]) -> None:
        self._routes = tuple(sorted(routes, key=lambda route: (route.name.casefold(), route.name)))
        used = [route for route in self._routes if route.enabled]
        self.router.table = tuple(self._ready(route) for route in used)
        self._watch.watch(route.recipe for route in used if route.recipe)
        self.version += 1

    def _ready(self, settings: RouteSettings) -> CompiledRoute:
        """Return a route made ready; one that cannot be, so that messages are flagged by it."""
        try:
            recipe_id = 0
            if settings.recipe:
                kept = self._store.call(
                    lambda database: keep_for_route(database, self._workspace, settings.recipe),
                    label="keep a recipe",
                )
                recipe_id = kept.result(SAVE_TIMEOUT_S)
            return compiled(settings, recipe_id)
        except UsageError as fault:
            return _not_ready(settings, fault)

    def problems(self) -> dict[str, str]:
        """Return by route why it cannot be applied; those that can are left out. Any thread."""
        return {route.name: route.fault for route in self.router.table if route.fault}

    def stop(self, timeout_s: float) -> bool:
        """Look at recipes no more; returns whether that ended in time."""
        return self._watch.stop(timeout_s)

    def _on_recipe_changed(self) -> None:
        with contextlib.suppress(ConsoleError), self._changing:
            self._put_in_force(self._routes)


def check_route(settings: RouteSettings, destinations: Collection[str], workspace: Path) -> None:
    """Raise the fault of a route that cannot be put in force. Any thread.

    Args:
        settings: The route.
        destinations: Names of the destinations there are.
        workspace: The workspace's folder, where recipes are.

    Raises:
        FilterError: Its filter is not understood, or asks for what is not known on arrival.
        UsageError: It contradicts itself, names a destination or a recipe that there isn't, or
            its recipe is none.
    """
    settings.validate()
    compiled(settings)
    for name in settings.destinations:
        if name not in destinations:
            raise UsageError(
                f"There is no destination named {name}.",
                hint="Choose among the destinations in Settings.",
            )
    if settings.recipe:
        check_recipe(workspace, settings.recipe)


def _not_ready(settings: RouteSettings, fault: UsageError) -> CompiledRoute:
    """Return a route that can take nothing, so that the messages it would take are flagged."""
    try:
        query = parse_for_arrival(settings.filter)
    except UsageError:
        query = Query("", None)
    log.warning("The route %s cannot be applied: %s", settings.name, fault.text)
    return CompiledRoute(settings.name, query, (), fault=fault.full_text)
