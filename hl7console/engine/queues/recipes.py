"""Applies the recipes of deliveries, by the text that was kept when they were queued."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from hl7console.engine import recipes
from hl7console.errors import UsageError
from hl7console.hl7v2.recipes import Recipe, RecipeContext, load_recipe
from hl7console.store.reader import StoreReader
from hl7console.store.recipes import recipe_text

KEPT_RECIPES = 32

CONTEXT_S = 10.0
"""How long tables and approvals are remembered, in seconds."""


class QueueRecipes:
    """Applies recipes by their number. Any thread that may wait; one message at a time.

    Args:
        open_reader: Opens a connection for the calling thread.
        make_context: Returns what recipes are applied with.
    """

    def __init__(
        self, open_reader: Callable[[], StoreReader], make_context: Callable[[], RecipeContext]
    ) -> None:
        self._open_reader = open_reader
        self._make_context = make_context
        self._lock = threading.Lock()
        self._recipes: OrderedDict[int, Recipe] = OrderedDict()
        self._context: RecipeContext | None = None
        self._made_s = 0.0

    def __call__(self, recipe_id: int, raw: bytes) -> bytes:
        """Return what the recipe makes of a message.

        Raises:
            UsageError: The recipe is not there any more, or cannot be applied to it.
        """
        with self._lock:
            recipe = self._recipes.get(recipe_id) or self._load(recipe_id)
            return recipe.apply(raw, recipes.at(self._renewed())).raw

    def _renewed(self) -> RecipeContext:
        """Return a context that knows tables and functions as they were a moment ago."""
        now_s = time.monotonic()
        if self._context is None or now_s - self._made_s > CONTEXT_S:
            self._context, self._made_s = self._make_context(), now_s
        return self._context

    def _load(self, recipe_id: int) -> Recipe:
        with contextlib.closing(self._open_reader()) as reader:
            try:
                name, text = recipe_text(reader.database(), recipe_id)
            except KeyError:
                raise UsageError("The text of its recipe is not there any more.") from None
        recipe = load_recipe(text, name)
        self._recipes[recipe_id] = recipe
        if len(self._recipes) > KEPT_RECIPES:
            self._recipes.popitem(last=False)
        return recipe
