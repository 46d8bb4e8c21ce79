"""Which channels may be used: what came with a file is off until somebody has looked at it.

A command or a webhook is approved by its content: whoever changes it in the file, outside of the
program, has to have it approved again. E-mail needs that only when it came by an import.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable

from hl7console.engine import auditing
from hl7console.settings.alerts import AlertBook, Channel, CommandChannel, EmailChannel
from hl7console.store import approvals
from hl7console.store.connection import Database

APPROVED = "alert channel"
"""Kind of approval: a channel that may be used."""

WITHHELD = "alert channel withheld"
"""Kind of approval: a channel that came by an import, and that nobody has approved."""


def channel_kind(channel: Channel) -> str:
    """Return what a channel is, as the file and people call it."""
    if isinstance(channel, EmailChannel):
        return "email"
    return "command" if isinstance(channel, CommandChannel) else "webhook"


def channel_digest(channel: Channel) -> str:
    """Return the SHA-256 of what a channel does, in hex; whether it is on is no part of it."""
    content = {key: value for key, value in channel.to_mapping().items() if key != "enabled"}
    text = json.dumps([channel_kind(channel), content], sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def is_approved(database: Database, channel: Channel) -> bool:
    """Return whether a channel may be used as it is. Any connection."""
    digest = channel_digest(channel)
    if isinstance(channel, EmailChannel):
        return approvals.approval(database, WITHHELD, digest) is None
    return approvals.approval(database, APPROVED, digest) is not None


def approve_channel(database: Database, channel: Channel, how: str = "") -> None:
    """Let a channel be used as it is. The writer thread.

    Args:
        database: The writing connection.
        channel: The channel.
        how: By which way, for the audit trail.
    """
    digest = channel_digest(channel)
    _note(database, digest, APPROVED, channel.name)
    details = f"{channel_kind(channel)}, SHA-256 {digest}"
    auditing.append(
        database, "alert channel approved", channel.name, f"{details}, {how}" if how else details
    )


def approve_saved(database: Database, before: Iterable[AlertBook], after: AlertBook) -> None:
    """Approve what somebody saved in the program itself. The writer thread.

    Args:
        database: The writing connection.
        before: What was in force, and what the file said; that stays as it was, for saving
            something else does not approve it.
        after: What was saved.
    """
    known = {channel_digest(channel) for book in before for channel in book.channels}
    for channel in after.channels:
        if channel_digest(channel) not in known and not is_approved(database, channel):
            approve_channel(database, channel, "saved in the program")


def withhold(database: Database, channel: Channel) -> None:
    """Let a channel that comes by an import not be used until it is approved. The writer thread."""
    digest = channel_digest(channel)
    if approvals.approval(database, APPROVED, digest) is None:
        _note(database, digest, WITHHELD, channel.name)


def _note(database: Database, digest: str, kind: str, name: str) -> None:
    approval = approvals.Approval(digest, kind, name, time.time_ns() // 1000, auditing.user_name())
    approvals.approve(database, approval)
