"""Derived data, written behind a watermark: the full-text index and the blocks of times.

It runs on the writer thread, in transactions of its own, and stops early when messages wait to be
stored. What was just stored is still in memory and is not read back.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hl7console.hl7v2.filters.fulltext import LONGEST_WORD, message_words
from hl7console.hl7v2.message import Message
from hl7console.store.connection import Database, SqlValue
from hl7console.store.keytokens import key_tokens
from hl7console.store.records import NewMessage
from hl7console.store.schema import BLOCK_SHIFT

STEP_MESSAGES = 1024
"""Most messages indexed in one transaction."""

CHUNK_MESSAGES = 32
"""Messages indexed between two looks at the queue."""

CHUNK_BYTES = 1024 * 1024
"""A chunk ends with the message that reaches this size."""

MOST_WORDS = 100_000
"""A message of more words is left out of the index, and read when somebody searches."""

KEPT_BYTES = 64 * 1024 * 1024
"""Bytes of stored messages kept in memory for the index; beyond, they are read back."""

WATERMARK = "derived_id"
"""Name of the watermark among the settings."""

_USUAL_HEADER = b"MSH|^~\\&|"
_PLAIN_CODECS = frozenset({"", "ascii", "utf_8", "cp1252", "latin_1"})
_SHORTEST_BASE64 = 400
"""`message_words` looks for base64 in runs from this length on."""
_LONG_WORD = re.compile(rf"[A-Za-z0-9]{{{LONGEST_WORD + 1},}}")

_log = logging.getLogger(__name__)

_INSERTS = {
    size: "INSERT INTO message_text (rowid, text, keys) VALUES "  # noqa: S608 - our own
    + ",".join(["(?,?,?)"] * size)
    for size in range(1, CHUNK_MESSAGES + 1)
}
_SAVE_WATERMARK = (
    "INSERT INTO settings (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_WIDEN_BLOCKS = (
    "INSERT INTO time_blocks (block, first_us, last_us) VALUES (?, ?, ?)"
    " ON CONFLICT (block) DO UPDATE SET first_us = min(first_us, excluded.first_us),"
    " last_us = max(last_us, excluded.last_us)"
)


class _Source(Protocol):
    """What is derived from: a `NewMessage`, or what was read back of one."""

    raw: bytes
    received_at_us: int
    charset: str
    control_id: str
    patient_id: str
    accession: str
    placer_order: str
    filler_order: str


@dataclass(slots=True)
class _ReadBack:
    """The columns that the derived data is made from."""

    received_at_us: int
    charset: str
    raw: bytes = field(repr=False)
    control_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    accession: str = field(repr=False)
    placer_order: str = field(repr=False)
    filler_order: str = field(repr=False)


class Deriver:
    """Indexes messages behind the watermark; shares the writer's connection and thread.

    Args:
        database: The writing connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: deque[tuple[int, NewMessage]] = deque()
        self._kept_bytes = 0
        self._kept_up_to = 0
        self.derived_id = database.integer(
            "SELECT CAST(value AS INTEGER) FROM settings WHERE name = ?", (WATERMARK,)
        )

    def keep(self, first_id: int, messages: Sequence[NewMessage]) -> None:
        """Take messages that were just committed under consecutive ids."""
        if not self._kept:
            self._kept_up_to = self.derived_id
        if self._kept_up_to != first_id - 1 or self._kept_bytes > KEPT_BYTES:
            return
        for n, message in enumerate(messages):
            self._kept.append((first_id + n, message))
            self._kept_bytes += len(message.raw)
        self._kept_up_to = first_id + len(messages) - 1

    def step(self, last_id: int, must_stop: Callable[[], bool]) -> int:
        """Index the next messages and return the new watermark.

        Args:
            last_id: The last message there is.
            must_stop: Asked between chunks; what is indexed by then is committed.

        Raises:
            sqlcipher3.dbapi2.Error: Nothing was indexed.
        """
        database = self._database
        reached = self.derived_id
        taken = 0
        with database.transaction():
            gone = self._gone_after(reached)
            while reached < last_id and taken < STEP_MESSAGES:
                sources = self._next_sources(reached, last_id)
                self._index([entry for entry in sources if entry[0] not in gone])
                taken += len(sources)
                # Without sources the rest was deleted before it was indexed.
                reached = sources[-1][0] if sources else last_id
                if must_stop():
                    break
            database.execute(_SAVE_WATERMARK, (WATERMARK, str(reached)))
        self._forget(reached)
        self.derived_id = reached
        return reached

    def _gone_after(self, after_id: int) -> set[int]:
        """Return messages that were deleted before they were indexed, but may be kept here."""
        gaps = self._database.all("SELECT first, last FROM id_gaps WHERE last > ?", (after_id,))
        kept_up_to = self._kept[-1][0] if self._kept else 0
        return {
            message_id
            for first, last in gaps
            for message_id in range(
                max(int(first or 0), after_id + 1), min(int(last or 0), kept_up_to) + 1
            )
        }

    def _next_sources(self, after_id: int, last_id: int) -> list[tuple[int, _Source]]:
        kept = self._kept
        if kept and kept[0][0] <= after_id + 1 <= kept[-1][0]:
            sources: list[tuple[int, _Source]] = []
            size = 0
            start = after_id + 1 - kept[0][0]
            for place in range(start, min(start + CHUNK_MESSAGES, len(kept))):
                sources.append(kept[place])
                size += len(kept[place][1].raw)
                if size >= CHUNK_BYTES:
                    break
            return sources
        return self._read_sources(after_id, last_id)

    def _read_sources(self, after_id: int, last_id: int) -> list[tuple[int, _Source]]:
        cursor = self._database.execute(
            "SELECT messages.id, received_at_us, charset, raw, control_id, patient_id, accession,"
            " placer_order, filler_order FROM messages JOIN kinds ON kinds.id = kind_id"
            " WHERE messages.id > ? AND messages.id <= ? ORDER BY messages.id LIMIT ?",
            (after_id, last_id, CHUNK_MESSAGES),
        )
        sources: list[tuple[int, _Source]] = []
        size = 0
        for message_id, *columns in cursor:
            source = _ReadBack(*columns)
            sources.append((message_id, source))
            size += len(source.raw)
            if size >= CHUNK_BYTES:
                break
        cursor.close()
        return sources

    def _index(self, sources: Sequence[tuple[int, _Source]]) -> None:
        values: list[SqlValue] = []
        blocks: dict[int, tuple[int, int]] = {}
        for message_id, source in sources:
            text = _text_of(message_id, source)
            if text is None:
                text = ""
                self._database.execute(
                    "INSERT OR IGNORE INTO unindexed (id) VALUES (?)", (message_id,)
                )
            keys = key_tokens(
                source.control_id,
                source.patient_id,
                source.accession,
                source.placer_order,
                source.filler_order,
            )
            values += (message_id, text, keys)
            at_us = source.received_at_us
            first, last = blocks.get(message_id >> BLOCK_SHIFT, (at_us, at_us))
            blocks[message_id >> BLOCK_SHIFT] = (min(first, at_us), max(last, at_us))
        if sources:
            self._database.execute(_INSERTS[len(sources)], values)
            for block, (first, last) in blocks.items():
                self._database.execute(_WIDEN_BLOCKS, (block, first, last))

    def _forget(self, up_to_id: int) -> None:
        kept = self._kept
        while kept and kept[0][0] <= up_to_id:
            self._kept_bytes -= len(kept.popleft()[1].raw)


def _text_of(message_id: int, source: _Source) -> str | None:
    """Return what the index divides into a message's words; None when it is left out."""
    try:
        return index_text(source.raw, source.charset)
    except Exception as error:  # noqa: BLE001 - one odd message must not hold up all the others
        _log.error("Message %d cannot be indexed (%s).", message_id, type(error).__name__)
        return None


def index_text(raw: bytes, charset: str) -> str | None:
    """Return a text whose runs of ASCII letters, digits and other characters are the words.

    The index divides it at ASCII signs and lowers ASCII letters, which is all that most messages
    need; the others are taken apart by `message_words`. Both give the same words.

    Returns:
        None when there are more than `MOST_WORDS`.
    """
    if (
        raw.startswith(_USUAL_HEADER)
        and raw.isascii()
        and charset in _PLAIN_CODECS
        and raw.find(b"\\", len(_USUAL_HEADER)) < 0
    ):
        text = raw.decode("ascii")
        # Cheaper than to search for long words in every message.
        longest = max(map(len, text.replace("|", " ").split()))
        if longest <= LONGEST_WORD:
            return text
        if longest < _SHORTEST_BASE64:
            return _LONG_WORD.sub(" ", text)
    message = Message.parse(raw, force_codec=charset)
    found = message_words(message.text, message.delimiters, message.codec)
    return " ".join(found) if len(found) <= MOST_WORDS else None
