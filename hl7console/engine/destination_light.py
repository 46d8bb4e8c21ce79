"""What the exchanges with a destination showed, and who is told when its settings change."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Protocol

from hl7console.engine.console import InterfaceStatus, LinkState
from hl7console.engine.events import Timeline
from hl7console.engine.sockets import peer_text
from hl7console.settings import DestinationSettings
from hl7console.store.connection import Database


class QueueHolder(Protocol):
    """What the queues of destinations are told of changes. Any thread but the network thread."""

    def halt(self, name: str) -> None:
        """Send nothing more from a queue."""

    def resume(self, name: str) -> None:
        """Go on after `halt`: nothing was changed."""

    def configured(
        self, settings: DestinationSettings, light: DestinationLight, previous_name: str
    ) -> None:
        """Go on with other settings, perhaps by another name, or with a new queue."""

    def removed(self, name: str) -> None:
        """Forget a queue; nothing waits in it."""

    def may_remove(self, database: Database, name: str) -> None:
        """Raise `UsageError` while something waits in a queue. The writer thread."""

    def rename(self, database: Database, old_name: str, new_name: str) -> None:
        """Have what waits follow a new name. The writer thread."""


class DestinationLight:
    """What the exchanges with one destination showed so far. Any thread."""

    def __init__(self, settings: DestinationSettings) -> None:
        self._lock = threading.Lock()
        self.timeline = Timeline()
        """What happened beside messages; written by the network thread."""
        self._status = InterfaceStatus(
            name=settings.name,
            kind="destination",
            state=LinkState.IDLE if settings.enabled else LinkState.STOPPED,
            address=peer_text((settings.host, settings.port)),
            tls=str(settings.tls),
            since_us=time.time_ns() // 1000,
            environment=str(settings.environment),
        )

    def status(self) -> InterfaceStatus:
        """Return it as its light shows it."""
        return self._status

    def exchanged(self, *, is_accepted: bool) -> None:
        """Note an answer."""
        self.answered(int(is_accepted), int(not is_accepted))

    def answered(self, accepted: int, refused: int) -> None:
        """Note how many messages were accepted and refused."""
        with self._lock:
            status = self._status
            self._status = replace(
                self._since(LinkState.CONNECTED),
                accepted=status.accepted + accepted,
                refused=status.refused + refused,
                last_message_at_us=time.time_ns() // 1000,
            )

    def failed(self, text: str) -> None:
        """Note that there was no connection, or no answer."""
        with self._lock:
            now_us = time.time_ns() // 1000
            self._status = replace(
                self._since(LinkState.FAILED), text=text, last_event=text, last_event_at_us=now_us
            )

    def connected(self, count: int) -> None:
        """Note how many connections were opened (or, negative, closed)."""
        with self._lock:
            self._status = replace(self._status, connections=self._status.connections + count)

    def _since(self, state: LinkState) -> InterfaceStatus:
        if self._status.state == state:
            return replace(self._status, text="")
        return replace(self._status, state=state, text="", since_us=time.time_ns() // 1000)
