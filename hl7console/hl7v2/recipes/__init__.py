"""Edit recipes: lists of steps in TOML that change messages, one or a hundred thousand.

A recipe is applied to the bytes of a message and gives other bytes; only the places that its
steps name become other ones. Delimiters and character set stay those of the message.
"""

from __future__ import annotations

from hl7console.hl7v2.recipes.context import (
    FunctionCall,
    RecipeContext,
    RecipeOutcome,
    StepOutcome,
)
from hl7console.hl7v2.recipes.faults import RecipeError, RecipeFault
from hl7console.hl7v2.recipes.loading import load_recipe
from hl7console.hl7v2.recipes.problems import new_problems
from hl7console.hl7v2.recipes.recipe import Recipe, Step

__all__ = [
    "FunctionCall",
    "Recipe",
    "RecipeContext",
    "RecipeError",
    "RecipeFault",
    "RecipeOutcome",
    "Step",
    "StepOutcome",
    "load_recipe",
    "new_problems",
]
