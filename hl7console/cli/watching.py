"""Keeps a long-running command going: shows messages as they come, and says what goes wrong."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from datetime import datetime

from hl7console.cli import output
from hl7console.cli.stopping import Stop
from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.store.reader import StoreReader
from hl7console.store.records import MessageRow

FOREVER_S = 10.0 * 365 * 24 * 3600
"""As long as anybody may want to watch, in seconds."""

_POLL_S = 0.2
_WINDOW = 200


class Watch:
    """Shows what comes after it was made. One thread.

    Args:
        console: The running engine.
        show: Print a line for each message.
        as_json: Print a JSON object for each instead.
    """

    def __init__(self, console: Console, *, show: bool = False, as_json: bool = False) -> None:
        self._console = console
        self._shows = show
        self._as_json = as_json
        self._last_id = console.snapshot().last_message_id
        self._reader: StoreReader | None = None
        self._problem = ""
        self._cannot_show = False
        self._seen_us = {i.name: i.last_event_at_us for i in console.snapshot().interfaces}

    def run(self, stop: Stop, seconds: float = FOREVER_S) -> None:
        """Return when the end is asked for, or after that time; until then show and remark."""
        with ExitStack() as stack:
            if self._shows:
                self._reader = stack.enter_context(closing(self._console.open_reader()))
            end_s = time.monotonic() + seconds
            while not stop.wait(min(_POLL_S, max(0.0, end_s - time.monotonic()))):
                if time.monotonic() >= end_s:
                    break
                self._look()
            self._look()
            self._reader = None

    def _look(self) -> None:
        snapshot = self._console.snapshot()
        if snapshot.problem != self._problem:
            self._problem = snapshot.problem
            output.remark(snapshot.problem or "All well again.")
        for interface in snapshot.interfaces:
            if interface.last_event_at_us > self._seen_us.get(interface.name, 0):
                self._tell_faults(interface.name)
        if self._reader is None or snapshot.last_message_id <= self._last_id:
            return
        try:
            self._show_new(self._reader)
        except ConsoleError as fault:  # what cannot be shown must not end the receiving
            if not self._cannot_show:
                output.remark(f"Messages cannot be shown: {fault.text}")
            self._cannot_show = True
        else:
            self._cannot_show = False

    def _show_new(self, reader: StoreReader) -> None:
        ids = list(reader.new_ids(None, self._last_id))
        for start in range(0, len(ids), _WINDOW):
            for row in reader.rows(ids[start : start + _WINDOW]):
                self._last_id = max(self._last_id, row.id)
                self._show(row)

    def _tell_faults(self, name: str) -> None:
        """Tell on standard error what somebody should look at; the same fault in a row once."""
        seen_us = self._seen_us.get(name, 0)
        for event in self._console.events(name):
            if event.is_fault and event.at_us > seen_us:
                self._seen_us[name] = max(self._seen_us.get(name, 0), event.at_us)
                at = datetime.fromtimestamp(event.at_us / 1_000_000).astimezone()
                parts = [f"{at:%H:%M:%S}", f"{name}: {event.text}"]
                parts += [f"({event.peer})"] if event.peer else []
                parts += [f"({event.count} in a row)"] if event.count > 1 else []
                output.remark(output.visible("  ".join(parts)))

    def _show(self, row: MessageRow) -> None:
        received = datetime.fromtimestamp(row.received_at_us / 1_000_000).astimezone()
        kind = f"{row.message_type}^{row.event}" if row.event else row.message_type
        if self._as_json:
            output.json_line(
                {
                    "id": row.id,
                    "received_at_us": row.received_at_us,
                    "interface": row.interface,
                    "type": kind,
                    "control_id": row.control_id,
                    "sender": row.sender,
                    "ack_code": row.ack_code,
                    "error_text": row.error_text,
                    "duplicate_of": row.duplicate_of,
                }
            )
            return
        parts = [
            received.strftime("%H:%M:%S"),
            kind or "?",
            row.control_id,
            f"from {row.sender or row.peer}",
            f"→ {row.ack_code or 'no answer'}",
            row.error_text or ("duplicate" if row.duplicate_of else ""),
        ]
        output.line("  ".join(output.visible(part) for part in parts if part))
