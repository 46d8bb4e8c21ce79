"""The record of a workspace (``workspace.json``): how its key is kept, and what it is for.

It holds no key: the place where the key is, a check text that tells a wrong key from a damaged
database, and, with a passphrase, the locked key.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from hl7console.errors import DamagedDatabaseError, EnvironmentFaultError, NewerDatabaseError
from hl7console.store.keys import write_private

RECORD_NAME = "workspace.json"
RECORD_VERSION = 1

KIND_CONSOLE = "console"
"""A workspace for real messages."""
KIND_DEMO = "demo"
"""A workspace for sample traffic only."""

PLACE_PASSPHRASE = "passphrase"  # noqa: S105
"""The key is locked with a passphrase, in the record."""
PLACE_KEY_STORE = "key_store"
"""The key is in the system's key store."""
PLACE_KEY_FILE = "key_file"
"""The key is in a file of the user's configuration folder."""


NEXT_KEY = "-next"
"""Behind the name of a key: the one to come, while the key is being changed."""


@dataclass(slots=True)
class Record:
    """What ``workspace.json`` says."""

    workspace_id: str
    kind: str
    place: str
    """Where the key is: ``passphrase``, ``key_store`` or ``key_file``."""
    check: str
    """`keys.key_check` of the key."""
    wrapped: dict[str, str | int] = field(default_factory=dict, repr=False)
    """The locked key, with a passphrase."""
    is_complete: bool = False
    """Whether its database was made; a missing one is then a fault."""
    next_check: str = ""
    """While the key is being changed: the check of the key to come."""
    next_wrapped: dict[str, str | int] = field(default_factory=dict, repr=False)

    def write(self, folder: Path) -> None:
        """Replace the record of a workspace."""
        values = {
            "version": RECORD_VERSION,
            "id": self.workspace_id,
            "kind": self.kind,
            "complete": self.is_complete,
            "key": {
                "place": self.place,
                "check": self.check,
                "wrapped": self.wrapped,
                "next_check": self.next_check,
                "next_wrapped": self.next_wrapped,
            },
        }
        try:
            write_private(
                folder / RECORD_NAME, json.dumps(values, indent=1).encode("utf-8") + b"\n"
            )
        except OSError as error:
            raise EnvironmentFaultError(
                "The workspace folder cannot be written to.",
                hint="Check its permissions and the room on its disk.",
            ) from error


def read_record(folder: Path) -> Record | None:
    """Return the record of a workspace, or None when the folder holds none.

    Raises:
        NewerDatabaseError: A newer version of the program wrote it.
        DamagedDatabaseError: It cannot be understood.
    """
    try:
        values = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        if int(values["version"]) > RECORD_VERSION:
            raise NewerDatabaseError(
                "The workspace was made by a newer version of hl7console.",
                hint="Install the newer version, or open another workspace.",
            )
        key = values["key"]
        return Record(
            workspace_id=uuid.UUID(values["id"]).hex,
            kind=str(values["kind"]),
            place=str(key["place"]),
            check=str(key["check"]),
            wrapped=dict(key["wrapped"]),
            is_complete=bool(values.get("complete", True)),
            next_check=str(key["next_check"]),
            next_wrapped=dict(key["next_wrapped"]),
        )
    except FileNotFoundError:
        return None
    except OSError:
        raise EnvironmentFaultError("The workspace's record cannot be read.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DamagedDatabaseError(
            f"The workspace's record ({RECORD_NAME}) is damaged.",
            hint="Restore it from a backup.",
        ) from None
