"""What modalities were sent: a study UID that one of them has seen does not change any more."""

from __future__ import annotations

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.rows import ORDER
from hl7console.worklist.turn import Turn


def apply(turn: Turn, entry: InputEntry) -> None:
    """Mark the orders of these study UIDs as seen."""
    uids = entry.body.get("study_uids")
    if not isinstance(uids, list | tuple):
        return
    for uid in dict.fromkeys(str(uid) for uid in uids):
        for order in turn.find(ORDER, "study", uid):
            turn.set(order, "served", 1, "", "served")
