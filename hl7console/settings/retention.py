"""How long messages stay."""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.settings.base import MIB, FromMapping


@dataclass(frozen=True, slots=True)
class RetentionSettings(FromMapping):
    """How long messages stay. The default keeps everything."""

    keep_days: int = 0
    """Delete messages older than this many days; 0 keeps them."""
    max_database_bytes: int = 0
    """Delete the oldest messages when the database outgrows this; 0 sets no limit."""
    max_messages: int = 0
    """Delete the oldest messages beyond this number; 0 sets no limit."""
    warn_free_bytes: int = field(default=1024 * MIB)
    """Warn when the disk has less room than this."""
