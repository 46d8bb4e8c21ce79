"""Derived data, written behind a watermark: the full-text index."""

from __future__ import annotations

from hl7console.store.connection import Database, SqlValue

STEP_MESSAGES = 64
"""Messages indexed in one transaction."""

_INSERT = {
    size: "INSERT INTO message_text (rowid, text) VALUES " + ",".join(["(?,?)"] * size)
    for size in (STEP_MESSAGES,)
}


class Deriver:
    """Indexes the messages behind the watermark; shares the writer's connection and thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.derived_id = database.integer(
            "SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'derived_id'"
        )

    def step(self, last_id: int) -> int:
        """Index the next messages and return the new watermark."""
        database = self._database
        rows = database.all(
            "SELECT messages.id, raw, charset FROM messages JOIN kinds ON kinds.id = kind_id"
            " WHERE messages.id > ? AND messages.id <= ? ORDER BY messages.id LIMIT ?",
            (self.derived_id, last_id, STEP_MESSAGES),
        )
        reached = int(rows[-1][0] or 0) if len(rows) == STEP_MESSAGES else last_id
        values: list[SqlValue] = []
        for message_id, raw, charset in rows:
            values += (message_id, _text(raw, str(charset)))
        with database.transaction():
            if rows:
                sql = _INSERT.get(len(rows)) or (
                    "INSERT INTO message_text (rowid, text) VALUES "
                    + ",".join(["(?,?)"] * len(rows))
                )
                database.execute(sql, values)
            database.execute(
                "INSERT OR REPLACE INTO settings (name, value) VALUES ('derived_id', ?)",
                (str(reached),),
            )
        self.derived_id = reached
        return reached


def _text(raw: SqlValue, charset: str) -> str:
    data = raw if isinstance(raw, bytes) else b""
    return data.decode(charset or "cp1252", "replace")
