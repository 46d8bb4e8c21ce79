"""What the projection is a function of: the journal's entries.

An entry's number is positive for a received message (its id in the store) and negative for the
other inputs (MPPS, operator actions, imported tables, profiles). Their order is the journal's:
each input stands behind the messages that were stored when it was. Rules use an entry's time,
never the clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class MessageEntry:
    """A received message."""

    number: int
    """Its id in the store."""
    at_us: int
    """Time received; UTC, microseconds since 1970."""
    raw: bytes = field(repr=False)
    listener: str = ""
    """Name of the listener that it came in on."""
    codec: str = ""
    """The Python codec that it is read with; "" decides anew."""
    is_duplicate: bool = False
    """A duplicate is not applied."""


@dataclass(slots=True)
class InputEntry:
    """Anything else that the projection stands on, as it was written down in the journal.

    `kind` is one of

    * ``profile``: {listener, name, text}: this profile is in force on the listener from here on;
    * ``mpps``: {operation: create|set, sop_uid, calling_aet, values: {keyword: value}};
    * ``operator``: {action, ...}: see `rules.operator`;
    * ``codes`` / ``crossref``: {rows: [...], replace: bool, source}: an imported table;
    * ``served``: {study_uids: [...]}: these were sent to a modality, and may not change any more.
    """

    number: int
    """Negative."""
    at_us: int
    kind: str
    body: Mapping[str, object] = field(repr=False)
    user: str = ""


Entry = MessageEntry | InputEntry
