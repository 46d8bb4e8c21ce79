"""Takes acknowledgements that arrive as messages, and ends the deliveries that wait for them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future

from hl7console.hl7v2.replies import read_ack
from hl7console.store.late_acknowledgements import settle_late
from hl7console.store.records import NewMessage
from hl7console.store.writer import StoreWriter

log = logging.getLogger(__name__)


class LateAcks:
    """Matches acknowledgements by MSA-2 with deliveries. Any thread.

    Args:
        writer: The store.
        on_settled: Told on the writer thread when a delivery ended so.
    """

    def __init__(self, writer: StoreWriter, on_settled: Callable[[], None]) -> None:
        self._writer = writer
        self._on_settled = on_settled

    def take(self, new: NewMessage) -> None:
        """Take an acknowledgement that was just handed to the store."""
        ack = read_ack(new.raw)
        settled = self._writer.call(
            lambda database: settle_late(database, ack, new.interface, new.received_at_us),
            label="match a late acknowledgement",
        )
        settled.add_done_callback(self._on_done)

    def _on_done(self, settled: Future[str]) -> None:
        if settled.cancelled() or settled.exception() is not None:
            log.warning("A late acknowledgement could not be matched; it is stored all the same.")
        elif settled.result():
            self._on_settled()
