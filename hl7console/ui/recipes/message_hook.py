"""*Recipes…* in the message list: an action, and the end of the dialogs."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask
from hl7console.ui.messages.table import MessageTable

_MOST_TRIED = 200
"""Chosen messages that recipes are tried on."""


class MessageRecipes:
    """Opens the recipes from a list of messages. GUI thread only; call `stop` at its end.

    Args:
        place: Where the list is; the dialogs stand over its window.
        table: The list.
        console: The engine.
        actions: Where the action is added.
        ask: How questions are asked.
    """

    def __init__(
        self, place: QWidget, table: MessageTable, console: Console, actions: Actions, ask: Ask
    ) -> None:
        self._place, self._table = place, table
        self._console, self._ask = console, ask
        self.action: QAction = actions.add(
            "recipes.open", "Recipes…", self.open, icon="list-checks", group="Recipes"
        )

    def open(self) -> None:
        """Open the recipes on the chosen messages; without any, to write and save them."""
        from hl7console.ui.recipes.opening import open_recipes  # not needed for the first view

        ids = self._table.selected_ids(_MOST_TRIED)
        open_recipes(self._place.window(), self._console, ids, ask=self._ask)

    def stop(self) -> None:
        """Close the dialogs."""
        from hl7console.ui.recipes.recipes_dialog import RecipesDialog

        for dialog in self._place.window().findChildren(RecipesDialog):
            dialog.done(0)
