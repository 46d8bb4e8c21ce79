"""What stands in place of an empty worklist: why it is empty, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hl7console.engine.console import EngineSnapshot

_MANY = 2_000
"""So many messages behind are worth a word."""


@dataclass(frozen=True, slots=True)
class Emptiness:
    """Title, sentence, icon, and the buttons by what they do."""

    title: str
    text: str
    icon: str
    buttons: tuple[tuple[str, str], ...]
    """Title and what it does: everything, now, listener or import."""


_EVERYTHING = ("Show everything", "everything")


def emptiness(*, is_narrowed: bool, is_past: bool, is_all_days: bool) -> Emptiness:
    """Return what to say of a list without lines.

    Args:
        is_narrowed: A search or a filter is on.
        is_past: It is shown as of an earlier time.
        is_all_days: It shows all days.
    """
    if is_narrowed:
        return Emptiness(
            "No line is like this",
            "Nothing on the worklist matches the search and the filters.",
            "text-search",
            (_EVERYTHING,),
        )
    if is_past:
        return Emptiness(
            "Nothing stood here then",
            "Move the slider, or go back to now.",
            "history",
            (("Back to now", "now"), _EVERYTHING),
        )
    if not is_all_days:
        return Emptiness(
            "No steps on these days",
            "There may be some on other days, or without a date.",
            "table-2",
            (_EVERYTHING,),
        )
    return Emptiness(
        "No orders yet",
        "Orders that a listener receives (ORM, OMG, OMI) stand here a moment later. Add a "
        "listener, or import files and choose to receive them.",
        "table-2",
        (("Add a listener", "listener"), ("Import files…", "import")),
    )


def buttons(
    told: Emptiness, acts: dict[str, Callable[[], object]]
) -> tuple[tuple[str, Callable[[], object]], ...]:
    """Return the buttons with what they do."""
    return tuple((title, acts[name]) for title, name in told.buttons)


def behind_text(snapshot: EngineSnapshot) -> str:
    """Return what keeps the worklist from being up to date, as a sentence; "" when it is."""
    if snapshot.worklist_problem:
        return snapshot.worklist_problem
    if snapshot.worklist_behind > _MANY:
        return f"{snapshot.worklist_behind:,} messages are not on the worklist yet; it follows."
    return ""


def count_text(count: int, day: str) -> str:
    """Return how many lines there are, and of which day where it is one."""
    when = {"today": " today", "tomorrow": " tomorrow"}.get(day, "")
    return f"{count:,} {'step' if count == 1 else 'steps'}{when}"
