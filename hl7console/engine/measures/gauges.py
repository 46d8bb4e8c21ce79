"""Reads backlogs, ages and connections off a snapshot of the engine."""

from __future__ import annotations

from hl7console.engine.measures.measuring import Gauges
from hl7console.engine.snapshot import EngineSnapshot
from hl7console.store.measures.records import Scope
from hl7console.store.measures.tally import Series

_SCOPES = {
    "listener": Scope.LISTENER,
    "destination": Scope.DESTINATION,
    "worklist": Scope.WORKLIST,
}


def gauges_of(snapshot: EngineSnapshot, now_us: int) -> dict[Series, Gauges]:
    """Return what all gauges show.

    Of the whole: messages that derived data is behind. Of the worklist: what it is behind, also
    under an empty name, where no DICOM service runs.
    """
    found: dict[Series, Gauges] = {(Scope.WORKLIST, ""): (snapshot.worklist_behind, 0, 0)}
    connections = 0
    for status in snapshot.interfaces:
        scope = _SCOPES.get(status.kind)
        if scope is None:
            continue
        backlog = snapshot.worklist_behind if scope is Scope.WORKLIST else 0
        found[scope, status.name] = (backlog, 0, status.connections)
        connections += status.connections if scope is Scope.LISTENER else 0
    for queue in snapshot.queues:
        open_ = found.get((Scope.DESTINATION, queue.destination), (0, 0, 0))[2]
        age_s = (now_us - queue.oldest_at_us) // 1_000_000 if queue.oldest_at_us else 0
        found[Scope.DESTINATION, queue.destination] = (queue.waiting, max(age_s, 0), open_)
    behind = max(snapshot.last_message_id - snapshot.derived_id, 0)
    found[Scope.ALL, ""] = (behind, 0, connections)
    return found
