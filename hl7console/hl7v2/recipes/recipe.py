"""A recipe: steps that are done one after the other on any message."""

from __future__ import annotations

import hashlib
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field

from hl7console.errors import ConsoleError
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.recipes.conditions import Condition
from hl7console.hl7v2.recipes.context import RecipeContext, RecipeOutcome, StepOutcome, Tables
from hl7console.hl7v2.recipes.faults import RecipeFault
from hl7console.hl7v2.recipes.rewriting import Function
from hl7console.hl7v2.recipes.work import Action, StepError, Work


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and when it is done."""

    action: Action
    condition: Condition | None = None
    line: int = 0
    """Where it stands in the recipe's text, from 1."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to change in a message. Made by `load_recipe`; any thread."""

    name: str
    text: str = field(repr=False)
    """The recipe as TOML."""
    description: str = ""
    steps: tuple[Step, ...] = ()
    tables: Tables = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of its text, in hex digits."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def functions(self) -> tuple[Function, ...]:
        """The functions of the user's own that it runs, in order."""
        return tuple(step.action for step in self.steps if isinstance(step.action, Function))

    def apply(self, raw: bytes, context: RecipeContext) -> RecipeOutcome:
        """Return what the recipe makes of a message. Any thread; with the same context the same.

        Args:
            raw: The message without its frame. It is not changed.
            context: What the steps take from outside.

        Raises:
            RecipeFault: A step cannot be applied; the fault names step and path, never a value.
        """
        tables: Mapping[str, Mapping[str, str]] = ChainMap(dict(self.tables), dict(context.tables))
        work = Work(Message.parse(raw), context, tables)
        outcomes = tuple(self._done(index, step, work) for index, step in enumerate(self.steps, 1))
        return RecipeOutcome(work.message.raw, outcomes, work.message.raw != raw)

    def _done(self, index: int, step: Step, work: Work) -> StepOutcome:
        text = step.action.describe()
        if step.condition is not None and not step.condition.holds(work.message):
            return StepOutcome(index, text, 0, is_met=False)
        work.begin_step()
        try:
            step.action.apply(work)
        except StepError as fault:
            raise _fault(index, text, fault.text, fault.hint) from None
        except ConsoleError as fault:
            raise _fault(index, text, fault.text, fault.hint) from None
        return StepOutcome(index, text, work.changed, work.places)


def _fault(index: int, step: str, text: str, hint: str) -> RecipeFault:
    return RecipeFault(f"Step {index} ({step}): {text}", step=index, hint=hint)
