"""What can be wrong with a recipe, and with applying one."""

from __future__ import annotations

from hl7console.errors import UsageError


class RecipeError(UsageError):
    """A recipe that cannot be used as it is written.

    Attributes:
        line: Line of the mistake, from 1; 0 where it is not known.
    """

    def __init__(self, text: str, *, line: int = 0, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.line = line


class RecipeFault(UsageError):  # noqa: N818 - a fault of the pair of message and recipe
    """A recipe that cannot be applied to a message. Texts never quote the message.

    Attributes:
        step: Which step, from 1; 0 where it is none in particular.
    """

    def __init__(self, text: str, *, step: int = 0, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.step = step
