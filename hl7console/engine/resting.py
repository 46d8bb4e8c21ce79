"""How a workspace is that nobody runs, read from its database."""

from __future__ import annotations

from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.engine.sockets import peer_text
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.store import interfaces
from hl7console.store.alert_history import open_alerts
from hl7console.store.queue_parts import Part, Which
from hl7console.store.queue_reader import counts, queue_page
from hl7console.store.reader import StoreReader


def resting_snapshot(reader: StoreReader) -> EngineSnapshot:
    """Return what an engine would show that has stopped: nothing is up, and what waits still does.

    Raises:
        ConsoleError: The database cannot be read.
    """
    database = reader.database()
    destinations = interfaces.load_destinations(database)
    listeners = interfaces.load_listeners(database)
    alerts = open_alerts(reader)
    return EngineSnapshot(
        interfaces=(
            *(_light(listener, "listener") for listener in listeners),
            *(_light(destination, "destination") for destination in destinations),
        ),
        queues=_queues(reader, [destination.name for destination in destinations]),
        running=False,
        alerts=tuple(alerts),
        alerts_open=len(alerts),
    )


def _light(settings: ListenerSettings | DestinationSettings, kind: str) -> InterfaceStatus:
    return InterfaceStatus(
        name=settings.name,
        kind=kind,
        state=LinkState.STOPPED,
        address=peer_text((settings.host, settings.port)),
        tls=str(settings.tls),
    )


def _queues(reader: StoreReader, names: list[str]) -> tuple[QueueStatus, ...]:
    found = counts(reader)
    queues = []
    for name in sorted({*names, *found}):
        head = queue_page(reader, Part(name, Which.DUE), limit=1)
        count = found.get(name)
        queues.append(
            QueueStatus(
                destination=name,
                condition=QueueCondition.OFF if head else QueueCondition.EMPTY,
                waiting=count.due if count else 0,
                oldest_at_us=head[0].delivery.created_at_us if head else 0,
                head_delivery_id=head[0].id if head else 0,
                failed=count.failed if count else 0,
            )
        )
    return tuple(queues)
