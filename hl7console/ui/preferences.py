"""What the window remembers between two starts: place and size, scheme, columns.

Searches are not among it: they may hold patient data.
"""

from __future__ import annotations

import json
from pathlib import Path

from platformdirs import user_config_path
from PySide6.QtCore import QByteArray, QSettings


class Preferences:
    """One small file of the user's. GUI thread only.

    Args:
        path: The file; by default ``window.ini`` in the user's configuration folder.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            path = user_config_path("hl7console", appauthor=False) / "window.ini"
        self._stored = QSettings(str(path), QSettings.Format.IniFormat)

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        value = self._stored.value(name)
        return value if isinstance(value, str) else default

    def set_text(self, name: str, value: str) -> None:
        """Keep a text."""
        self._stored.setValue(name, value)

    def blob(self, name: str) -> QByteArray:
        """Return the state of a window, header or splitter; empty when there is none."""
        value = self._stored.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_blob(self, name: str, value: QByteArray) -> None:
        """Keep the state of a window, header or splitter."""
        self._stored.setValue(name, value)

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; empty when there is none or it is damaged."""
        try:
            value = json.loads(self.text(name, "[]"))
        except ValueError:
            return []
        return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []

    def set_texts(self, name: str, values: list[str]) -> None:
        """Keep a list of texts."""
        self.set_text(name, json.dumps(values))

    def save(self) -> None:
        """Write the file now."""
        self._stored.sync()
