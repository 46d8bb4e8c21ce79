"""Loads pynetdicom when it is wanted, and keeps it from logging or warning of patient data."""

from __future__ import annotations

import logging
import threading
from typing import Any

_lock = threading.Lock()
_loaded: list[Any] = []


def pynetdicom() -> Any:  # noqa: ANN401 - the library has no types
    """Return the library, quiet and lenient in reading. Any thread; takes 0.2 s the first time."""
    with _lock:
        if not _loaded:
            import pydicom.config
            import pynetdicom._config
            import pynetdicom.events

            pynetdicom._config.LOG_HANDLER_LEVEL = "none"  # noqa: SLF001 - its documented switch
            pynetdicom._config.LOG_REQUEST_IDENTIFIERS = False  # noqa: SLF001
            pynetdicom._config.LOG_RESPONSE_IDENTIFIERS = False  # noqa: SLF001
            for name in ("pynetdicom", "pydicom"):
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
            settings = pydicom.config.settings
            settings.reading_validation_mode = pydicom.config.IGNORE
            settings.writing_validation_mode = pydicom.config.IGNORE
            _loaded.append(pynetdicom)
        return _loaded[0]
