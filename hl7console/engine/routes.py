"""Which destinations a message goes to: the routes in force, made ready for the network thread.

Routes are compiled once for each change and swapped as a whole. Conditions on keys are decided
from the columns that the scan found; a message is taken apart only where a route asks for field
paths or words and its keys have not settled the matter.

A route that cannot be decided for a message costs neither the message nor the other routes: the
message is kept, forwarded by the others, and flagged.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from hl7console.hl7v2.filters import Content, Query, evaluate, parse_for_arrival
from hl7console.hl7v2.filters.evaluation import RowLike
from hl7console.settings import RouteSettings
from hl7console.store.records import NewMessage
from hl7console.store.repair_records import DeliveryWanted

log = logging.getLogger(__name__)

ROUTE_FAULT = "route_fault"
"""Flag of a message for which a route could not be decided."""


@dataclass(frozen=True, slots=True)
class CompiledRoute:
    """One route, ready to decide."""

    name: str
    query: Query
    wanted: tuple[DeliveryWanted, ...]
    fault: str = ""
    """Why it can take nothing at the moment, in one sentence; messages are flagged then."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the routes in force say of one message."""

    wanted: tuple[DeliveryWanted, ...] = ()
    undecided: tuple[str, ...] = ()
    """Routes that could not be decided."""


_NOTHING = Decision()


def compiled(settings: RouteSettings, recipe_id: int = 0) -> CompiledRoute:
    """Return a route made ready.

    Args:
        settings: The route.
        recipe_id: The stored text of its recipe; 0 for none.

    Raises:
        FilterError: Its filter is not understood, or asks for what is not known on arrival.
    """
    return CompiledRoute(
        settings.name,
        parse_for_arrival(settings.filter),
        tuple(DeliveryWanted(name, settings.name, recipe_id) for name in settings.destinations),
    )


class Router:
    """The routes in force. `table` is replaced as a whole, by any thread.

    Args:
        table: The routes to begin with.
    """

    __slots__ = ("_told", "table")

    def __init__(self, table: Sequence[CompiledRoute] = ()) -> None:
        self.table: tuple[CompiledRoute, ...] = tuple(table)
        self._told: dict[str, CompiledRoute] = {}

    def decide(self, row: RowLike, raw: bytes, codec: str) -> Decision:
        """Return where a message goes; never raises. Any thread.

        A destination that several routes name gets the message once, unless by different recipes.

        Args:
            row: Its columns.
            raw: Its bytes.
            codec: The Python codec that it is read with.
        """
        content = Content(raw, codec)
        wanted: tuple[DeliveryWanted, ...] = ()
        undecided: tuple[str, ...] = ()
        for route in self.table:
            try:
                is_taken = evaluate(route.query, row, content)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the message must be kept
                self._note(route, fault)
                undecided += (route.name,)
                continue
            if not is_taken:
                continue
            if route.fault:
                undecided += (route.name,)
            else:
                wanted = _joined(wanted, route.wanted) if wanted else route.wanted
        return Decision(wanted, undecided) if wanted or undecided else _NOTHING

    def _note(self, route: CompiledRoute, fault: Exception) -> None:
        """Log a fault once for each change of the routes; every message is flagged besides."""
        if self._told.get(route.name) is not route:
            self._told[route.name] = route
            log.error("Route %s failed on a message (%s).", route.name, type(fault).__name__)

    def route(self, new: NewMessage, *, drops_duplicates: bool) -> None:
        """Have the deliveries of a message queued with it; never raises. Any thread."""
        decision = self.decide(new, new.raw, new.charset)
        new.deliveries = decision.wanted
        new.drops_duplicate_deliveries = drops_duplicates
        if decision.undecided:
            new.flags = f"{new.flags} {ROUTE_FAULT}".lstrip()
            new.error_text = new.error_text or undecided_text(decision.undecided)


def undecided_text(names: Sequence[str]) -> str:
    """Return what a message is told to have met where routes could not be decided."""
    if len(names) == 1:
        return f"The route {names[0]} could not be applied; the message was not forwarded by it."
    return f"The routes {', '.join(names)} could not be applied; none of them forwarded it."


def _joined(
    wanted: tuple[DeliveryWanted, ...], more: tuple[DeliveryWanted, ...]
) -> tuple[DeliveryWanted, ...]:
    known = {(one.destination, one.recipe_id) for one in wanted}
    return wanted + tuple(one for one in more if (one.destination, one.recipe_id) not in known)
