"""The messages of a resend: chosen ones, or all that a filter finds, oldest first."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hl7console.errors import ConsoleError, UsageError
from hl7console.hl7v2 import filters
from hl7console.store.reader import StoreReader
from hl7console.store.records import MessageRow
from hl7console.store.rows import read_bodies, read_rows

MOST_RESENT = 100_000
"""Messages of one resend, unless it asks for fewer."""

PAGE_SIZES = (4, 16, 64)
"""Messages read at a time: few at first, so that the first one leaves soon."""


@dataclass(frozen=True, slots=True)
class Original:
    """One stored message that is to go out again."""

    row: MessageRow
    raw: bytes = field(repr=False)

    @property
    def was_on_wire(self) -> bool:
        """Whether it came over MLLP, and goes out as it came.

        What a file held and was received as if from a listener came over no connection.
        """
        return self.row.was_on_wire


class Originals:
    """Reads the messages of a resend in pages, in the order in which they go out.

    Args:
        reader: A reader of the thread that uses this.
        message_ids: The messages.
        filter_text: In their place, a filter.
        limit: How many at most; 0 takes `MOST_RESENT`.

    Raises:
        UsageError: The filter is not understood, or there is nothing to send.
    """

    def __init__(
        self, reader: StoreReader, message_ids: tuple[int, ...], filter_text: str, limit: int = 0
    ) -> None:
        self._reader = reader
        self.limit = min(limit, MOST_RESENT) if limit > 0 else MOST_RESENT
        self.is_capped = False
        """Whether there were more than the limit."""
        if not message_ids and not filter_text.strip():
            raise UsageError("No message is chosen.", hint="Choose messages, or give a filter.")
        self._query = None if message_ids else filters.parse(filter_text)
        self._ids = message_ids[: self.limit]
        self.is_capped = len(message_ids) > self.limit
        self.total = len(self._ids)
        """How many there are; 0 while unknown."""
        self.first_at_us = 0
        """When the first one was received, once it is read."""
        self._last_at_us = -1

    def first_id(self) -> int:
        """Return the first message; 0 where there is none."""
        return next(self._each(), 0)

    def last_at_us(self) -> int:
        """Return when the last of the chosen messages was received; 0 where that is not known."""
        if self._last_at_us < 0:
            rows = read_rows(self._reader.database(), self._ids[-1:]) if self._ids else []
            self._last_at_us = rows[0].received_at_us if rows else 0
        return self._last_at_us

    def pages(self) -> Iterator[list[Original]]:
        """Yield the messages in pages; those that are gone by now are left out.

        Raises:
            UsageError: A message that was chosen is not there.
        """
        place = 0
        page: list[int] = []
        for message_id in self._each():
            page.append(message_id)
            if len(page) >= PAGE_SIZES[min(place, len(PAGE_SIZES) - 1)]:
                yield self._read(page)
                page = []
                place += 1
        if page:
            yield self._read(page)

    def _each(self) -> Iterator[int]:
        if self._query is None:
            yield from self._ids
            return
        count = 0
        for chunk in self._reader.iter_ids(self._query, newest_first=False):
            for message_id in chunk:
                if count >= self.limit:
                    self.is_capped = True
                    return
                count += 1
                yield message_id

    def _read(self, ids: list[int]) -> list[Original]:
        database = self._reader.database()
        rows = {row.id: row for row in read_rows(database, ids)}
        raws = dict(read_bodies(database, ids))
        if self._query is None:
            for message_id in ids:
                if message_id not in rows or message_id not in raws:
                    raise UsageError(f"There is no message {message_id}.")
        found = [Original(rows[n], raws[n]) for n in ids if n in rows and n in raws]
        if found and not self.first_at_us:
            self.first_at_us = found[0].row.received_at_us
        return found


class Counting:
    """Counts what a filter finds on a thread of its own, for the time left. Stop it at the end.

    Args:
        open_reader: Opens a connection; called on the thread.
        filter_text: The filter.
        limit: Count no further.
    """

    def __init__(
        self, open_reader: Callable[[], StoreReader], filter_text: str, limit: int
    ) -> None:
        self._open_reader = open_reader
        self._filter = filter_text
        self._limit = limit
        self._reader: StoreReader | None = None
        self._is_stopped = False
        self.total = 0
        """How many there are, once it is known."""
        self.last_at_us = 0
        """When the last of them was received, once it is known."""
        self._thread = threading.Thread(target=self._run, name="resend-count")
        self._thread.start()

    def stop(self) -> None:
        """End the thread; any other one."""
        self._is_stopped = True
        if (reader := self._reader) is not None:
            reader.interrupt()
        self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(ConsoleError), contextlib.closing(self._open_reader()) as reader:
            self._reader = reader
            count = last_id = 0
            for chunk in reader.iter_ids(filters.parse(self._filter), newest_first=False):
                if self._is_stopped:
                    return
                last_id = chunk[min(len(chunk), self._limit - count) - 1]
                count += len(chunk)
                if count >= self._limit:
                    break
            rows = read_rows(reader.database(), [last_id]) if last_id else []
            self.last_at_us = rows[0].received_at_us if rows else 0
            self.total = min(count, self._limit)
