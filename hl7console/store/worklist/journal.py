"""The journal that the worklist is a function of: received messages, and inputs between them.

Messages are in ``messages``. Everything else that the worklist stands on is a row of
``worklist_inputs``, written on the writer thread behind the message that was stored last. Journal
order: each message, then the inputs that were written behind it, by number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hl7console.store.connection import Database
from hl7console.store.records import Origin, Status
from hl7console.worklist.entries import Entry, InputEntry, MessageEntry

MOST_BYTES = 16 * 1024 * 1024
"""A chunk ends with the message that reaches this size."""

_TABLES = (
    "CREATE TABLE worklist_inputs (id INTEGER PRIMARY KEY, after_message_id INTEGER NOT NULL,"
    " at_us INTEGER NOT NULL, kind TEXT NOT NULL, user TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX worklist_inputs_kind ON worklist_inputs(kind, id)",
)


def create_inputs(database: Database) -> None:
    """Create the journal's table; inside the migration's transaction."""
    for statement in _TABLES:
        database.execute(statement)


_MESSAGES = f"""
SELECT m.id, m.received_at_us, k.origin = '{Origin.RECEIVED}', m.duplicate_of, k.status,
    k.interface, k.charset, k.message_type, k.event, k.sender,
    CASE WHEN k.origin = '{Origin.RECEIVED}' AND m.duplicate_of = 0 AND k.status = '{Status.OK}'
        THEN m.raw END
FROM messages AS m CROSS JOIN kinds AS k ON k.id = m.kind_id
WHERE m.id > ? AND m.id <= ? ORDER BY m.id
"""  # noqa: S608 - our own words

_INPUTS = (
    "SELECT id, after_message_id, at_us, kind, user, body FROM worklist_inputs"
    " WHERE id > ? ORDER BY id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """How far the journal has been read."""

    message_id: int = 0
    """Messages up to this id."""
    input_id: int = 0
    """Inputs up to this id."""


@dataclass(slots=True)
class JournalItem:
    """One entry, with what the history says of it without its content."""

    entry: Entry
    place: JournalPlace
    title: str
    """``ORM^O01 NW``, ``mpps``…: no patient data."""
    sender: str = ""
    is_not_accepted: bool = False
    """The sender was told that it was not accepted: it is not applied."""
    duplicate_of: int = 0
    """The message that it repeats byte for byte; 0 for none."""


@dataclass(slots=True)
class Chunk:
    """The next part of the journal."""

    items: list[JournalItem] = field(default_factory=list)
    place: JournalPlace = JournalPlace()
    """How far it goes, skipped messages included."""
    last: JournalPlace = JournalPlace()
    """The end of the journal when it was read."""

    @property
    def is_last(self) -> bool:
        """Return whether it goes to the end."""
        return self.place == self.last


def append_input(
    database: Database, kind: str, body: Mapping[str, object], *, at_us: int, user: str = ""
) -> int:
    """Write an input behind the last message and return its number. The writer thread.

    Args:
        database: The writing connection of ``console.db``, inside a transaction.
        kind: See `worklist.entries.InputEntry`.
        body: What it says; plain JSON.
        at_us: When; UTC, microseconds since 1970.
        user: Who.
    """
    cursor = database.execute(
        "INSERT INTO worklist_inputs (after_message_id, at_us, kind, user, body) VALUES"
        " (max(coalesce((SELECT max(id) FROM messages), 0),"
        " coalesce((SELECT max(last) FROM id_gaps), 0)), ?, ?, ?, ?)",
        (at_us, kind, user, json.dumps(body)),
    )
    return int(cursor.lastrowid or 0)


def last_input(database: Database, kind: str, **words: str) -> Mapping[str, object] | None:
    """Return the body of the last input of a kind whose words are these; None for none."""
    conditions = "".join([f" AND json_extract(body, '$.{name}') = ?" for name in words])
    row = database.one(
        f"SELECT body FROM worklist_inputs WHERE kind = ?{conditions}"  # noqa: S608
        " ORDER BY id DESC LIMIT 1",
        (kind, *words.values()),
    )
    return None if row is None else json.loads(str(row[0]))


def journal_end(database: Database) -> JournalPlace:
    """Return the end of the journal."""
    return JournalPlace(
        database.integer("SELECT max(id) FROM messages"),
        database.integer("SELECT max(id) FROM worklist_inputs"),
    )


def read_chunk(database: Database, place: JournalPlace, most: int) -> Chunk:
    """Return the next part of the journal.

    Args:
        database: A connection of the calling thread to ``console.db``.
        place: Where to go on.
        most: How many messages, and how many inputs, at most.
    """
    # One state of the database: what is written in between belongs behind.
    with database.transaction(immediate=False):
        end = journal_end(database)
        # The last ones may have been deleted since.
        last = JournalPlace(
            max(end.message_id, place.message_id), max(end.input_id, place.input_id)
        )
        chunk = Chunk(place=place, last=last)
        if chunk.is_last:
            return chunk
        top = min(place.message_id + most, last.message_id)
        inputs = database.all(_INPUTS, (place.input_id, most))
        if len(inputs) == most:  # there may be more that belong before later messages
            top = min(top, max(int(inputs[-1][1] or 0), place.message_id))
        messages, top = _read_messages(database, place.message_id, top)
    _merge(chunk, messages, [_input_of(row) for row in inputs], top)
    return chunk


def _merge(
    chunk: Chunk,
    messages: list[JournalItem],
    inputs: list[tuple[int, InputEntry]],
    top: int,
) -> None:
    """Put messages and inputs into the journal's order."""
    at = 0
    message_id, input_id = chunk.place.message_id, chunk.place.input_id
    for after, entry in inputs:
        if after > top:
            break
        while at < len(messages) and messages[at].entry.number <= after:
            message_id = messages[at].entry.number
            messages[at].place = JournalPlace(message_id, input_id)
            chunk.items.append(messages[at])
            at += 1
        message_id, input_id = max(message_id, after), -entry.number
        title = str(entry.body.get("action") or entry.kind)
        chunk.items.append(JournalItem(entry, JournalPlace(message_id, input_id), title))
    for item in messages[at:]:
        item.place = JournalPlace(item.entry.number, input_id)
        chunk.items.append(item)
    chunk.place = JournalPlace(max(top, message_id), input_id)


def _read_messages(database: Database, after_id: int, top: int) -> tuple[list[JournalItem], int]:
    """Return the received messages in (after_id, top], and how far they go."""
    items = []
    size = 0
    if top <= after_id:
        return [], after_id
    cursor = database.execute(_MESSAGES, (after_id, top))
    for row in cursor:
        item = _item_of(row)
        if item is None:
            continue
        items.append(item)
        size += len(item.entry.raw) if isinstance(item.entry, MessageEntry) else 0
        if size >= MOST_BYTES:
            top = item.entry.number
            break
    cursor.close()
    return items, top


def _item_of(row: tuple[object, ...]) -> JournalItem | None:
    number, at_us, is_received, duplicate_of, status, listener, codec, kind, event, sender, raw = (
        row
    )
    if not is_received:
        return None
    raw = raw if isinstance(raw, bytes) else b""
    entry = MessageEntry(
        int(str(number)), int(str(at_us)), raw, str(listener), str(codec),
        is_duplicate=bool(duplicate_of),
    )  # fmt: skip
    title = f"{kind}^{event}" if event else str(kind)
    control = order_control(raw)
    return JournalItem(
        entry,
        JournalPlace(),
        f"{title} {control}" if control else title,
        str(sender),
        is_not_accepted=status != Status.OK and not duplicate_of,
        duplicate_of=int(str(duplicate_of)) if duplicate_of else 0,
    )


def order_control(raw: bytes) -> str:
    """Return ORC-1 of a message's first ORC, where it is a plain code; else ""."""
    at = raw.find(b"\rORC")
    code = raw[at + 5 : at + 7] if at >= 0 else b""
    return code.decode("ascii") if len(code) == 2 and code.isalpha() and code.isascii() else ""


def _input_of(row: tuple[object, ...]) -> tuple[int, InputEntry]:
    number, after, at_us, kind, user, body = row
    entry = InputEntry(
        -int(str(number)), int(str(at_us)), str(kind), json.loads(str(body)), str(user)
    )
    return int(str(after)), entry


def entry_of(database: Database, number: int) -> Entry | None:
    """Return one entry by its number; None when it is gone."""
    if number < 0:
        row = database.one(_INPUTS.replace("id > ?", "id = ?"), (-number, 1))
        return None if row is None else _input_of(row)[1]
    found = database.one(_MESSAGES, (number - 1, number))
    item = None if found is None else _item_of(found)
    return None if item is None else item.entry


def all_inputs(database: Database) -> Iterator[InputEntry]:
    """Yield every input, oldest first."""
    for row in database.all(_INPUTS, (0, -1)):
        yield _input_of(row)[1]
