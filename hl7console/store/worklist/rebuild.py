"""Makes the worklist again from the whole journal, beside the one in use, and swaps it in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from hl7console.store.connection import Database
from hl7console.store.derived_file import remove_derived
from hl7console.store.worklist.follower import Follower, FollowerStatus
from hl7console.store.worklist.schema import TABLES

REBUILD_NAME = "worklist.rebuild.db"
"""The new file, until it is whole."""

UNDER_WAY = "The worklist is made again."


def rebuild_worklist(
    follower: Follower, *, on_progress: Callable[[FollowerStatus], object] = lambda _: None
) -> FollowerStatus:
    """Replay the whole journal and put the result in the place of the present worklist.

    The follower's thread. Readers see the old worklist until the new one is complete, and never a
    part of it. What was interrupted leaves the old one.

    Args:
        follower: The follower of the worklist; goes on with the new one.
        on_progress: Told how far the new one is, about four times a second.

    Raises:
        ConsoleError: A file cannot be read or written.
    """
    path = follower.path.with_name(REBUILD_NAME)
    remove_derived(path)
    try:
        with closing(follower.sibling(path)) as fresh:
            while fresh.step():
                on_progress(replace(fresh.status, notice=UNDER_WAY))
            status = fresh.status
        follower.take_over(path)
    finally:
        remove_derived(path)
    return replace(follower.status, applied=status.applied)


def compare(first: Path, second: Path, key: bytes | None) -> list[str]:
    """Return in which tables two worklists differ, and in how many rows; empty when they equal.

    Args:
        first: A file.
        second: Another.
        key: The key of both.
    """
    found = []
    with (
        closing(Database(first, key, read_only=True)) as one,
        closing(Database(second, key, read_only=True)) as other,
    ):
        for table in TABLES:
            rows = f"SELECT * FROM {table}"  # noqa: S608 - our own name
            here, there = set(one.all(rows)), set(other.all(rows))
            if here != there:
                found.append(f"{table}: {len(here - there)} and {len(there - here)} rows differ")
    return found
