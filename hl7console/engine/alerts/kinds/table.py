"""All kinds of rules: what finds, and how often it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds import feeds, links, machine, orders
from hl7console.engine.alerts.kinds.counted import Duplicates, Matches
from hl7console.engine.alerts.kinds.feeds import Silence
from hl7console.engine.alerts.kinds.refused import RefusedRuns
from hl7console.engine.alerts.kinds.sequence import Sequence
from hl7console.engine.alerts.kinds.volumes import Volume
from hl7console.settings.alerts import AlertKind, AlertRule


class Find(Protocol):
    """Finds what is wrong. One thread."""

    def __call__(self, rule: AlertRule, facts: Facts) -> Iterable[Finding]:
        """Return a finding for each subject that is not as it should be."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rule."""

    make: Callable[[], Find]
    """Makes what finds, one for each rule: some have to remember something."""
    every_s: float = 1.0
    """How often it looks; in between, what it found last stands."""


def _always(find: Find) -> Callable[[], Find]:
    return lambda: find


KINDS: dict[str, Kind] = {
    AlertKind.CONNECTION: Kind(_always(links.connection)),
    AlertKind.STUCK: Kind(_always(links.stuck)),
    AlertKind.BACKLOG: Kind(_always(links.backlog)),
    AlertKind.HEAD_AGE: Kind(_always(links.head_age)),
    AlertKind.BEHIND: Kind(_always(links.behind), 5.0),
    AlertKind.SILENCE: Kind(Silence, 15.0),
    AlertKind.RATE: Kind(Volume, 60.0),
    AlertKind.REJECTIONS: Kind(_always(feeds.rejections), 5.0),
    AlertKind.LATENCY: Kind(_always(feeds.latency), 5.0),
    AlertKind.REFUSED_RUN: Kind(RefusedRuns, 2.0),
    AlertKind.DUPLICATES: Kind(Duplicates, 2.0),
    AlertKind.FILTER: Kind(Matches, 2.0),
    AlertKind.SEQUENCE: Kind(Sequence, 2.0),
    AlertKind.UNMAPPED_CODE: Kind(_always(orders.unmapped_code), 60.0),
    AlertKind.ORDER_WITHOUT_RESULT: Kind(_always(orders.order_without_result), 60.0),
    AlertKind.APPOINTMENT_WITHOUT_ORDER: Kind(_always(orders.appointment_without_order), 60.0),
    AlertKind.CERTIFICATE: Kind(machine.Certificates, 60.0),
    AlertKind.DISK: Kind(_always(machine.disk), 60.0),
    AlertKind.DATABASE: Kind(_always(machine.database), 60.0),
}
"""By name. A kind that is not here finds nothing."""
