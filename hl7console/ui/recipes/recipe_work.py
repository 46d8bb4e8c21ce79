"""What the recipes' dialog has done on its worker's thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hl7console.engine import recipes
from hl7console.engine.function_runner import FunctionFile, function_file
from hl7console.engine.recipe_preview import MOST_PREVIEWED, RecipePreview, close, preview
from hl7console.hl7v2.recipes import load_recipe
from hl7console.store.approvals import FUNCTION, Approval, approval
from hl7console.store.reader import StoreReader


@dataclass(frozen=True, slots=True)
class FunctionState:
    """A file with functions that a recipe names, and whether it may run."""

    file: FunctionFile
    approval: Approval | None


def try_out(
    reader: StoreReader,
    workspace: Path,
    text: str,
    message_ids: Sequence[int],
    raw: bytes,
    cancelled: threading.Event,
) -> RecipePreview:
    """Try a recipe on stored messages, or on one that is not stored.

    Raises:
        RecipeError: The text is no recipe.
    """
    recipe = load_recipe(text)
    context = recipes.context_of(
        workspace, lambda digest: approval(reader.database(), FUNCTION, digest) is not None
    )
    try:
        messages = iter([(0, raw)]) if raw else _stored(reader, message_ids)
        return preview(recipe, messages, context, cancelled.is_set)
    finally:
        close(context)


def _stored(reader: StoreReader, message_ids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    for message_id in message_ids[:MOST_PREVIEWED]:
        raw = reader.raw(message_id)
        if raw is not None:
            yield message_id, raw


def function_states(reader: StoreReader, workspace: Path, text: str) -> list[FunctionState]:
    """Return the files with functions that a recipe names.

    Raises:
        UsageError: The text is no recipe, or a file cannot be read.
    """
    names = dict.fromkeys(function.file for function in load_recipe(text).functions)
    files = [function_file(workspace, name) for name in names]
    return [
        FunctionState(file, approval(reader.database(), FUNCTION, file.digest)) for file in files
    ]
