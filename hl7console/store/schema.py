"""The tables of a workspace, as their first version creates them.

Why the layout is as it is (measured on encrypted databases):

* What few messages differ in (listener, type, sender, status…) is one row of ``kinds``, and a
  message names it by number. A filter on any of these is decided on some hundred rows, and one
  narrow index answers it for millions of messages; one index for each of them doubled the
  writer's time for each row.
* ``messages_list`` holds what the list filters on besides. It is ordered by id, so that writing
  only ever appends and a query can walk ranges of ids, newest first.
* The bytes are the last column of ``messages``: narrow columns are read without them.
* ``id_gaps`` keeps which ids were deleted. The ids of all messages follow from it without
  reading an index, and an id is never given twice.
* Patient id, accession and order numbers are columns, but their index is the full text's column
  ``keys``, which follows behind the watermark. Three more trees, written in the order of their
  values, would change three pages for each message: measured, 24,000 messages a second instead of
  32,000 in large batches, and 10,900 instead of 17,000 with 16 senders in lock step. What the
  index has not reached yet is read row by row, so that every search is exact at any time.
* ``unindexed`` names messages with too many words for the index; they are read as well.
* ``time_blocks`` keeps the earliest and latest time within each block of ids, which turns a time
  into few ranges of ids, whatever the clock did.
"""

from __future__ import annotations

from hl7console.store.connection import Database

APPLICATION_ID = 0x484C3743
"""Marks the file as a workspace of this program ("HL7C")."""

KIND_COLUMNS = (
    "origin",
    "interface",
    "message_type",
    "event",
    "structure",
    "sender",
    "receiver",
    "version",
    "charset",
    "status",
    "ack_code",
)
"""Columns of a message that are kept once for all messages alike in them."""

MESSAGE_COLUMNS = (
    "id",
    "kind_id",
    "received_at_us",
    "size_bytes",
    "traits",
    "connection",
    "parent_id",
    "duplicate_of",
    "dedup_key",
    "content_key",
    "control_id",
    "patient_id",
    "patient_authority",
    "patient_name",
    "accession",
    "placer_order",
    "filler_order",
    "peer",
    "flags",
    "error_text",
    "ack",
    "raw",
)
"""Columns of ``messages`` in the order in which they are written."""

TRAIT_HANDLED = 1
TRAIT_DUPLICATE = 2
TRAIT_PROBLEMS = 4
"""It has an error text, or its status is not ok."""
TRAIT_PARENT = 8

BLOCK_SHIFT = 10
"""A time block is 2**10 ids."""

IS_OPEN_SQL = "(is_due = 1 OR state IN ('queued', 'sending', 'committed', 'held'))"
"""Whether a delivery is not over yet; to the letter the condition of ``deliveries_open`` as
`hl7console.store.repair_schema` makes it."""

_MESSAGES = """
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    kind_id INTEGER NOT NULL,
    received_at_us INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    traits INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    parent_id INTEGER NOT NULL,
    duplicate_of INTEGER NOT NULL,
    dedup_key INTEGER NOT NULL,
    content_key INTEGER NOT NULL,
    control_id TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    patient_authority TEXT NOT NULL,
    patient_name TEXT NOT NULL,
    accession TEXT NOT NULL,
    placer_order TEXT NOT NULL,
    filler_order TEXT NOT NULL,
    peer TEXT NOT NULL,
    flags TEXT NOT NULL,
    error_text TEXT NOT NULL,
    ack BLOB NOT NULL,
    raw BLOB NOT NULL
)
"""

_STATEMENTS = (
    _MESSAGES,
    "CREATE INDEX messages_list ON messages(id, kind_id, received_at_us, size_bytes, traits)",
    # Control ids mostly count up, so that this index, unlike one of hashes, appends.
    "CREATE INDEX messages_control ON messages(control_id, dedup_key, content_key)",
    "CREATE INDEX messages_parent ON messages(parent_id) WHERE parent_id <> 0",
    "CREATE TABLE id_gaps (first INTEGER PRIMARY KEY, last INTEGER NOT NULL)",
    "CREATE INDEX id_gaps_last ON id_gaps(last)",
    """
    CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
        UPDATE id_gaps SET last = old.id
            WHERE first = (SELECT max(first) FROM id_gaps WHERE first < old.id)
            AND last = old.id - 1;
        INSERT INTO id_gaps (first, last) SELECT old.id, old.id WHERE changes() = 0;
    END
    """,
    "CREATE TABLE time_blocks"
    " (block INTEGER PRIMARY KEY, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL)",
    # The words come normalised from hl7v2.filters.fulltext; nothing may fold them once more.
    "CREATE VIRTUAL TABLE message_text USING fts5"
    "(text, keys, content='', contentless_delete=1, tokenize='ascii')",
    # Merging 8 parts at a time, not 4, saves a seventh of the index's work; queries don't feel it.
    "INSERT INTO message_text (message_text, rank) VALUES ('automerge', 8)",
    "CREATE TABLE unindexed (id INTEGER PRIMARY KEY)",
)


def create_tables(database: Database) -> None:
    """Create the first version's tables; inside the migration's transaction."""
    utils = database.utils
    utils.table("kinds").create(
        {"id": int} | dict.fromkeys(KIND_COLUMNS, str), pk="id", not_null=set(KIND_COLUMNS)
    )
    for statement in _STATEMENTS:
        database.execute(statement)
    utils.table("deliveries").create(
        {
            "id": int,
            "message_id": int,
            "destination": str,
            "state": str,
            "created_at_us": int,
            "changed_at_us": int,
        },
        pk="id",
        not_null={"message_id", "destination", "state", "created_at_us", "changed_at_us"},
    )
    utils.table("attempts").create(
        {
            "id": int,
            "delivery_id": int,
            "message_id": int,
            "destination": str,
            "started_at_us": int,
            "finished_at_us": int,
            "state": str,
            "ack_code": str,
            "text": str,
            "sent": bytes,
            "reply": bytes,
        },
        pk="id",
        not_null={"delivery_id", "message_id", "destination", "started_at_us", "state"},
    )
    utils.table("attempts").create_index(["message_id"])
    utils.table("attempts").create_index(["delivery_id"])
    utils.table("deliveries").create_index(["message_id"])
    utils.table("deliveries").create_index(["destination", "message_id"])
    database.execute(
        "CREATE INDEX deliveries_open ON deliveries(message_id, state)"
        " WHERE state IN ('queued', 'sending', 'committed', 'held')"
    )
    utils.table("interfaces").create(
        {"name": str, "kind": str, "settings": str}, pk="name", not_null={"kind", "settings"}
    )
    utils.table("settings").create({"name": str, "value": str}, pk="name", not_null={"value"})
    utils.table("audit").create(
        {
            "id": int,
            "at_us": int,
            "user": str,
            "action": str,
            "subject": str,
            "reason": str,
            "details": str,
            "previous_hash": bytes,
            "hash": bytes,
        },
        pk="id",
        not_null={"at_us", "user", "action", "subject", "reason", "details", "hash"},
    )
