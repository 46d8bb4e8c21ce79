"""Which messages the worklist stands on, so that retention leaves them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path

from hl7console.errors import ConsoleError
from hl7console.store.connection import Database
from hl7console.store.faults import SqlError
from hl7console.store.worklist.saving import load_place
from hl7console.store.worklist.schema import FORMAT, worklist_path


def needed_by_worklist(
    console_path: Path, key: bytes | None, ids: Sequence[int]
) -> Collection[int]:
    """Return which of these messages changed a row or are cited by a row's *Why?*. Any thread.

    Without them a rebuild would give another worklist. Those that it has not reached yet are
    needed too; all are while it cannot be read.

    Args:
        console_path: The workspace's ``console.db``.
        key: The key of both files.
        ids: Message ids, some thousand at most.
    """
    path = worklist_path(console_path)
    if not ids or not path.exists():
        return ids
    try:
        with closing(Database(path, key, read_only=True)) as database:
            if not FORMAT.is_current(database):
                return ids
            reached = load_place(database).message_id
            found = database.all(
                "SELECT number FROM entries WHERE number IN (SELECT value FROM json_each(?))"
                " AND cites > 0",
                (json.dumps(list(ids)),),
            )
    except (SqlError, ConsoleError):
        return ids
    return {int(row[0] or 0) for row in found} | {n for n in ids if n > reached}
