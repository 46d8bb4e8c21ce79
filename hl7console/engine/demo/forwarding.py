"""Where the demo's messages are forwarded to: its receivers, destinations and routes."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.engine.console import Console, SaveDestination
from hl7console.engine.demo.receivers import DemoReceivers, Outages, Receiver
from hl7console.engine.demo.setup import HOSPITAL_IN, IMAGING_IN, LOOPBACK
from hl7console.engine.repair_commands import SaveRoute
from hl7console.hl7v2.acks import AckProblem
from hl7console.hl7v2.scan import Scan
from hl7console.settings import DestinationSettings, Environment, RouteSettings

PACS_OUT = "PACS out"
"""Takes all that comes."""

BILLING_OUT = "Billing out"
"""A production destination, by its settings; refuses what it cannot bill."""

ARCHIVE_OUT = "Archive out"
"""Away for some seconds now and then, and for most of a minute from time to time."""

OUTAGES = Outages(first_after_s=5.0, away_s=10.0, between_s=20.0, longer_s=50.0)
"""Those of `ARCHIVE_OUT`; the longer ones are worth an alert."""

_SAVE_TIMEOUT_S = 15.0

_HOSPITAL = f'(listener:"{HOSPITAL_IN}" or listener:"{IMAGING_IN}")'
"""What the invented systems send; not what is sent again to the test system."""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What became of what was forwarded to one destination."""

    destination: str
    taken: int
    refused: int
    waiting: int


def demo_receivers() -> DemoReceivers:
    """Return the receivers, not started yet."""
    return DemoReceivers(
        (
            Receiver(PACS_OUT),
            Receiver(BILLING_OUT, judge=unbillable),
            Receiver(ARCHIVE_OUT, outages=OUTAGES),
        )
    )


def unbillable(found: Scan, raw: bytes) -> AckProblem | None:
    """Return what keeps a message from being billed; None when nothing does. Any thread.

    A birth date is wanted of everybody, and a financial class of emergencies.
    """
    separator = bytes((found.field_sep,))
    segments = {line[:3]: line.split(separator) for line in raw.split(b"\r")}
    if not _field(segments.get(b"PID"), 7):
        return AckProblem(101, "PID^1^7", "Billing wants the date of birth.")
    visit = segments.get(b"PV1")
    if _field(visit, 2) == b"E" and not _field(visit, 20):
        return AckProblem(101, "PV1^1^20", "Billing wants a financial class for emergencies.")
    return None


def _field(segment: list[bytes] | None, number: int) -> bytes:
    return segment[number].strip() if segment is not None and number < len(segment) else b""


def demo_routes() -> tuple[RouteSettings, ...]:
    """Return the routes from the demo's listeners."""
    return (
        RouteSettings(name="All to PACS", filter=_HOSPITAL, destinations=(PACS_OUT,)),
        RouteSettings(
            name="Patients and orders to billing",
            filter=f"{_HOSPITAL} (type:ADT or type:ORM or type:OMI)",
            destinations=(BILLING_OUT,),
        ),
        RouteSettings(
            name="Orders and reports to archive",
            filter=f"{_HOSPITAL} (type:ORM or type:OMI or type:ORU or type:MDM)",
            destinations=(ARCHIVE_OUT,),
        ),
    )


def forward(console: Console, receivers: DemoReceivers) -> None:
    """Put destinations and routes in force. Waits; not on the network thread.

    Args:
        console: The demo's engine.
        receivers: Started ones.

    Raises:
        ConsoleError: They cannot be saved.
    """
    for name, port in receivers.ports().items():
        production = Environment.PRODUCTION if name == BILLING_OUT else Environment.TEST
        destination = DestinationSettings(
            name=name, host=LOOPBACK, port=port, environment=production, retry_most_s=4.0
        )
        console.submit(SaveDestination(destination)).result(_SAVE_TIMEOUT_S)
    for route in demo_routes():
        console.submit(SaveRoute(route)).result(_SAVE_TIMEOUT_S)


def forwarded(console: Console, receivers: DemoReceivers) -> tuple[Forwarded, ...]:
    """Return what was forwarded in this run, and what waits. Any thread."""
    waiting = {queue.destination: queue.waiting for queue in console.snapshot().queues}
    return tuple(
        Forwarded(name, answered.taken, answered.refused, waiting.get(name, 0))
        for name, answered in receivers.answered().items()
    )
