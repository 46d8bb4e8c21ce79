"""The lock that makes one engine the owner of a workspace.

The lock belongs to the operating system, not to the file's existence: after ``kill -9`` or a
power cut it is free again by itself, and a file left behind means nothing.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Self

from hl7console.errors import EnvironmentFaultError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_FILE_NAME = "owner.lock"
"""Name of the lock file in the workspace's folder; holds the owner's process id as text."""

_LOCKED_AT = 1 << 30
"""Offset of the locked byte on Windows, far past the text, which stays readable."""


class OwnerLock:
    """Ownership of a workspace, held until `release` or the end of the process."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self.path = path

    @classmethod
    def acquire(cls, workspace: Path) -> Self | None:
        """Become the owner of a workspace; None when another process (or engine here) is.

        Any thread; never waits.

        Raises:
            EnvironmentFaultError: The lock file cannot be opened.
        """
        path = workspace / LOCK_FILE_NAME
        try:
            workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            flags |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
            descriptor = os.open(path, flags, 0o600)
        except OSError as fault:
            raise EnvironmentFaultError(
                f"The workspace cannot be used: {fault.strerror or 'no access'}.",
                hint=f"Check the rights on {workspace}, or choose another folder.",
            ) from fault
        if not _try_lock(descriptor):
            os.close(descriptor)
            return None
        with contextlib.suppress(OSError):  # a full disk: the lock holds without the text
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode("ascii"))
        return cls(descriptor, path)

    def release(self) -> None:
        """Give the workspace up. Any thread; a second call does nothing.

        The file stays: removing it would let two processes lock two files of one name.
        """
        if self._descriptor >= 0:
            _unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


def owner_pid(workspace: Path) -> int:
    """Return the process id that the lock file names, for messages to the user; 0 if none."""
    try:
        return int((workspace / LOCK_FILE_NAME).read_text(encoding="ascii").strip() or 0)
    except (OSError, ValueError):
        return 0


if sys.platform == "win32":

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_AT, os.SEEK_SET)
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
