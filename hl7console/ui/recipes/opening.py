"""How other parts of the window open the recipes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.ask import Ask
from hl7console.ui.recipes.recipes_dialog import RecipesDialog


def open_recipes(
    parent: QWidget, console: Console, message_ids: Sequence[int] = (), *, ask: Ask | None = None
) -> RecipesDialog:
    """Open the recipes, to be written and tried out on messages.

    Args:
        parent: The window.
        console: The engine.
        message_ids: Stored messages to try recipes on; the first 200 count.
        ask: How questions are asked; with dialogs where it isn't given.
    """
    return _opened(RecipesDialog(parent, console, message_ids, ask=ask))


def choose_recipe(
    parent: QWidget,
    console: Console,
    message_ids: Sequence[int],
    then: Callable[[str, str], object],
    *,
    raw: bytes = b"",
    ask: Ask | None = None,
) -> RecipesDialog:
    """Open the recipes to take one.

    Args:
        parent: The window or dialog that takes it.
        console: The engine.
        message_ids: Stored messages to try recipes on; the first 200 count.
        then: Gets name and text of the recipe, once *Use* is pressed; the name is empty for one
            that is not saved.
        raw: A message to try it on that is not stored, in place of `message_ids`.
        ask: How questions are asked; with dialogs where it isn't given.
    """
    dialog = RecipesDialog(parent, console, message_ids, raw=raw, is_choice=True, ask=ask)
    dialog.chosen.connect(then)
    return _opened(dialog)


def _opened(dialog: RecipesDialog) -> RecipesDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog
