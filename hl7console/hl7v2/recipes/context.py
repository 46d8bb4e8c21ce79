"""What a recipe is applied with, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

Tables = Mapping[str, Mapping[str, str]]
"""Tables of codes, by name."""

PATTERN_S = 1.0
"""Seconds that the regular expressions of one step may take with one message."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function of the user's own that a message is to be given to."""

    file: str
    """Name of the file in the workspace's folder of functions."""
    function: str
    raw: bytes = field(repr=False)
    """The message as it is at this step."""

    @property
    def name(self) -> str:
        """Such as ``tidy.py:shorten``."""
        return f"{self.file}:{self.function}"


def _no_time() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class RecipeContext:
    """What the steps of a recipe take from outside: with the same one they do the same."""

    now_us: int
    """The present; UTC, microseconds since 1970."""
    new_control_id: Callable[[], str]
    """Gives a control id that nobody has used."""
    run_function: Callable[[FunctionCall], bytes] | None = None
    """Runs a function of the user's own, elsewhere; None where none may run."""
    tables: Tables = field(default_factory=dict, repr=False)
    """Tables that a recipe may name besides its own."""
    zone: tzinfo | None = None
    """Zone of times that are written without one; None is that of this machine."""
    clock_s: Callable[[], float] = _no_time
    """Seconds that go on, for the time limit of regular expressions."""
    pattern_s: float = PATTERN_S

    @property
    def now(self) -> datetime:
        """The present in the zone of times that are written without one."""
        moment = datetime.fromtimestamp(self.now_us // 1_000_000, UTC)
        return moment.astimezone(self.zone)


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What one step did to a message."""

    index: int
    """Which step, from 1."""
    text: str
    """What the step does, in a few words without content."""
    changed: int
    """How many places it changed."""
    places: int = 0
    """How many places its paths name in the message; 0 is a step that matched nothing."""
    is_met: bool = True
    """Whether its condition holds; otherwise it was passed over."""


@dataclass(frozen=True, slots=True)
class RecipeOutcome:
    """What a recipe made of a message."""

    raw: bytes = field(repr=False)
    steps: tuple[StepOutcome, ...]
    is_changed: bool
    """Whether any byte is another one."""

    @property
    def matched_nothing(self) -> bool:
        """Whether no step found a place to work on."""
        return not any(step.is_met and step.places for step in self.steps)
