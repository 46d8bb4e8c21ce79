"""Which studies modalities have seen: the journal's ``served`` inputs."""

from __future__ import annotations

import json

from hl7console.store.connection import Database


def served_studies(database: Database) -> set[str]:
    """Return the UIDs of all studies that were sent to a modality."""
    found: set[str] = set()
    for row in database.all("SELECT body FROM worklist_inputs WHERE kind = 'served'"):
        uids = json.loads(str(row[0])).get("study_uids", ())
        found.update(str(uid) for uid in uids)
    return found
