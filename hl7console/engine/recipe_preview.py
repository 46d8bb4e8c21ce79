"""What a recipe would make of messages, without sending or keeping anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from hl7console.engine import recipes
from hl7console.engine.function_runner import FunctionRunner
from hl7console.hl7v2.compare import Difference, compare
from hl7console.hl7v2.findings import Finding
from hl7console.hl7v2.recipes import Recipe, RecipeContext, RecipeFault, StepOutcome, new_problems
from hl7console.hl7v2.scan import scan

MOST_PREVIEWED = 200
"""Messages that a recipe is tried on."""

_DIFFERENCES_KEPT = 20
"""Messages of which the changed fields are told."""


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """One message before and after."""

    message_id: int
    control_id: str
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)
    differences: tuple[Difference, ...] = field(default=(), repr=False)
    problems: tuple[Finding, ...] = field(default=(), repr=False)
    """What is wrong with it that was not before."""
    fault: str = ""
    """Why the recipe cannot be applied to it."""

    @property
    def is_changed(self) -> bool:
        """Whether any byte is another one."""
        return self.before != self.after


@dataclass(slots=True)
class StepTotal:
    """What one step did to all the messages."""

    index: int
    text: str
    changed: int = 0
    """Places."""
    messages: int = 0
    """Messages in which it changed something."""
    passed_over: int = 0
    """Messages that do not meet its condition."""
    matched: int = 0
    """Messages that have a place that it names."""

    def add(self, outcome: StepOutcome) -> None:
        """Count what it did to one more message."""
        self.changed += outcome.changed
        self.messages += outcome.changed > 0
        self.passed_over += not outcome.is_met
        self.matched += outcome.places > 0


@dataclass(frozen=True, slots=True)
class RecipePreview:
    """What a recipe would do."""

    steps: tuple[StepTotal, ...]
    messages: tuple[MessagePreview, ...]

    @property
    def changed(self) -> int:
        """Messages that would become others."""
        return sum(message.is_changed for message in self.messages)

    @property
    def faults(self) -> int:
        """Messages to which it cannot be applied."""
        return sum(bool(message.fault) for message in self.messages)

    @property
    def worsened(self) -> int:
        """Messages that would have more wrong with them than before."""
        return sum(bool(message.problems) for message in self.messages)


def preview(
    recipe: Recipe,
    messages: Iterable[tuple[int, bytes]],
    context: RecipeContext,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> RecipePreview:
    """Try a recipe on messages. Any thread that may wait.

    Args:
        recipe: The recipe.
        messages: Ids and bytes; the first `MOST_PREVIEWED` count.
        context: What it is applied with.
        is_cancelled: Asked between messages.
    """
    totals = [StepTotal(n, step.action.describe()) for n, step in enumerate(recipe.steps, 1)]
    tried: list[MessagePreview] = []
    for message_id, raw in messages:
        if is_cancelled() or len(tried) >= MOST_PREVIEWED:
            break
        tried.append(_tried(recipe, message_id, raw, context, totals, len(tried)))
    return RecipePreview(tuple(totals), tuple(tried))


def _tried(
    recipe: Recipe,
    message_id: int,
    raw: bytes,
    context: RecipeContext,
    totals: Sequence[StepTotal],
    place: int,
) -> MessagePreview:
    control_id = scan(raw).control_id
    try:
        outcome = recipe.apply(raw, recipes.at(context))
    except RecipeFault as fault:
        return MessagePreview(message_id, control_id, raw, raw, fault=fault.full_text)
    for total, done in zip(totals, outcome.steps, strict=True):
        total.add(done)
    differences: tuple[Difference, ...] = ()
    if outcome.is_changed and place < _DIFFERENCES_KEPT:
        differences = compare(raw, outcome.raw).differences
    problems = new_problems(raw, outcome.raw)
    return MessagePreview(message_id, control_id, raw, outcome.raw, differences, problems)


def close(context: RecipeContext) -> None:
    """End the processes of functions that a context has started."""
    if isinstance(context.run_function, FunctionRunner):
        context.run_function.close()
