"""What a step works with, and what it says it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.recipes.context import RecipeContext, Tables


@dataclass(slots=True)
class Work:
    """A message on its way through the steps of a recipe."""

    message: Message
    context: RecipeContext
    tables: Tables = field(repr=False)
    """The recipe's own tables, and below them those of the context."""
    places: int = 0
    """Places that the step in hand found."""
    changed: int = 0
    """Places that it changed."""

    def begin_step(self) -> None:
        """Count from nothing."""
        self.places = self.changed = 0


class StepError(Exception):
    """A step cannot be applied to this message. The text is one sentence without content."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint


class Action(Protocol):
    """What one step does."""

    def apply(self, work: Work) -> None:
        """Change the message in hand and count.

        Raises:
            StepError: It cannot be done.
            EditError: The message cannot be changed in this way.
            UnencodableTextError: The message's character set lacks a character.
        """

    def describe(self) -> str:
        """Return what it does in a few words, without values."""
