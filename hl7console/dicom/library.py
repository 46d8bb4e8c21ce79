"""Loads pynetdicom when it is wanted, and keeps it from logging or warning of patient data."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import suppress
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
            import pynetdicom.transport

            pynetdicom._config.LOG_HANDLER_LEVEL = "none"  # noqa: SLF001 - its documented switch
            pynetdicom._config.LOG_REQUEST_IDENTIFIERS = False  # noqa: SLF001
            pynetdicom._config.LOG_RESPONSE_IDENTIFIERS = False  # noqa: SLF001
            for name in ("pynetdicom", "pydicom"):
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
            settings = pydicom.config.settings
            settings.reading_validation_mode = pydicom.config.IGNORE
            settings.writing_validation_mode = pydicom.config.IGNORE
            pynetdicom.transport.AssociationSocket._shutdown_socket = _close  # type: ignore[method-assign]  # noqa: SLF001
            _loaded.append(pynetdicom)
        return _loaded[0]


def _close(self: Any) -> None:  # noqa: ANN401
    """Close an association's socket, also one that was refused or that the peer has ended.

    The library's own way stops at the failing shutdown, and leaves the socket to the garbage
    collector.
    """
    if self.socket is not None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
