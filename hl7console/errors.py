"""The errors that a user may see.

Anything else that reaches a border (window, command line, connection) is our own fault and is
reported as such. Texts never quote message content: control ids, paths and sizes only.
"""

from __future__ import annotations


class ConsoleError(Exception):
    """A fault told to the user: one clear sentence and, where there is one, the next step.

    Args:
        text: What is wrong, as one sentence without patient data.
        hint: What to do next; empty when there is nothing to do.
    """

    exit_code = 1
    """Exit code of a command that ends with this error."""

    def __init__(self, text: str, *, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint

    @property
    def full_text(self) -> str:
        """What is wrong and, where there is one, the next step."""
        return f"{self.text} {self.hint}".strip()


class UsageError(ConsoleError):
    """The user asked for something that cannot be: a bad path, filter or option."""

    exit_code = 2


class WorkspaceError(ConsoleError):
    """The workspace or its database cannot be used as it is."""


class WrongKeyError(WorkspaceError):
    """The key does not open the database."""


class NewerDatabaseError(WorkspaceError):
    """The database was written by a newer version of the program."""


class DamagedDatabaseError(WorkspaceError):
    """The database file is damaged."""


class WorkspaceInUseError(WorkspaceError):
    """Another engine owns the workspace, and the work cannot be handed to it."""


class EnvironmentFaultError(ConsoleError):
    """The machine is in the way: port taken, disk full, certificate expired."""
