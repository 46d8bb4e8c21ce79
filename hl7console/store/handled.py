"""Messages that somebody has dealt with. All functions run on the writer thread."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hl7console.store.connection import Database
from hl7console.store.schema import TRAIT_HANDLED


def mark_handled(database: Database, ids: Sequence[int], *, is_handled: bool = True) -> int:
    """Mark messages handled, or not handled; return how many of them changed."""
    change = f"traits | {TRAIT_HANDLED}" if is_handled else f"traits & ~{TRAIT_HANDLED}"
    wanted = "= 0" if is_handled else "<> 0"
    with database.transaction():
        cursor = database.execute(
            f"UPDATE messages SET traits = {change}"  # noqa: S608 - our own numbers
            f" WHERE id IN (SELECT value FROM json_each(?)) AND traits & {TRAIT_HANDLED} {wanted}",
            (json.dumps(list(ids)),),
        )
        return max(int(cursor.rowcount), 0)
