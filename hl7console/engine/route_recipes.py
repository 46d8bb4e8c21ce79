"""The recipes that routes apply: kept as they stand, and looked at again when files change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from hl7console.errors import UsageError
from hl7console.hl7v2.recipes import load_recipe
from hl7console.store.connection import Database
from hl7console.store.recipes import keep_recipe

LOOK_EVERY_S = 2.0
"""How often the files of recipes in use are looked at, in seconds."""


def check_recipe(workspace: Path, name: str) -> None:
    """Raise `UsageError` unless there is a recipe of this name, and it is one."""
    _text(workspace, name)


def keep_for_route(database: Database, workspace: Path, name: str) -> int:
    """Keep the text of a recipe and return its id; the writer thread.

    A file that is gone, or being written, leaves the text in force that was used last.

    Raises:
        UsageError: There is neither.
    """
    try:
        text = _text(workspace, name)
    except UsageError:
        last = database.integer("SELECT max(id) FROM recipes WHERE name = ?", (name,))
        if not last:
            raise
        return last
    return keep_recipe(database, name, text, time.time_ns() // 1000)


def _text(workspace: Path, name: str) -> str:
    from hl7console.engine import recipes  # it needs the engine's parts, which need routes

    text = recipes.read(workspace, name)
    load_recipe(text, name)
    return text


class RecipeWatch:
    """Looks at the files of recipes in use, on a thread of its own. Any thread.

    Args:
        workspace: The workspace's folder.
        on_changed: Called on the watch's thread when a file is another than before.
    """

    def __init__(self, workspace: Path, on_changed: Callable[[], None]) -> None:
        self._workspace = workspace
        self._on_changed = on_changed
        self._lock = threading.Lock()
        self._names: frozenset[str] = frozenset()
        self._seen: dict[str, tuple[int, int]] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, names: Iterable[str]) -> None:
        """Look at these from now on; the thread runs from the first one on."""
        with self._lock:
            self._names = frozenset(names)
            self._seen = {name: self._stamp(name) for name in self._names}
            if self._names and self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._run, name="route-recipes", daemon=True)
                self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End the thread; returns whether it ended in time."""
        self._ended.set()
        thread = self._thread
        if thread is None:
            return True
        thread.join(timeout_s)
        return not thread.is_alive()

    def look(self) -> bool:
        """Return whether a file is another than when it was last looked at."""
        with self._lock:
            found = {name: self._stamp(name) for name in self._names}
            is_changed = found != self._seen
            self._seen = found
        return is_changed

    def _run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            if self.look():
                self._on_changed()

    def _stamp(self, name: str) -> tuple[int, int]:
        try:
            found = (self._workspace / "recipes" / f"{name}.toml").stat()
        except (OSError, ValueError):
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)
