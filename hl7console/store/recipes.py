"""Texts of recipes that deliveries and edited messages were made with, each kept once."""

from __future__ import annotations

import hashlib

from hl7console.store.connection import Database


def keep_recipe(database: Database, name: str, text: str, at_us: int) -> int:
    """Keep the text of a recipe and return its id; the writer thread.

    The same text has the same id, whatever name it goes by later.

    Args:
        database: The writing connection.
        name: Name of the saved recipe; empty for one that was never saved.
        text: The recipe as TOML.
        at_us: When; UTC, microseconds since 1970.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    with database.transaction():
        database.execute(
            "INSERT OR IGNORE INTO recipes (digest, name, text, at_us) VALUES (?, ?, ?, ?)",
            (digest, name, text, at_us),
        )
        row = database.one("SELECT id FROM recipes WHERE digest = ?", (digest,))
    return int(str(row[0])) if row is not None else 0


def recipe_text(database: Database, recipe_id: int) -> tuple[str, str]:
    """Return name and text of a recipe that was kept; any connection of the calling thread.

    Raises:
        KeyError: There is none with this id.
    """
    row = database.one("SELECT name, text FROM recipes WHERE id = ?", (recipe_id,))
    if row is None:
        raise KeyError(recipe_id)
    return str(row[0]), str(row[1])
