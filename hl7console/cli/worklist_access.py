"""How commands get at the worklist: beside its owner, or following it themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hl7console.cli.jobs import finish
from hl7console.cli.opening import open_existing, open_for_work, workspace_path
from hl7console.cli.options import Place
from hl7console.store.connection import Database
from hl7console.store.migrations import migrate
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.workspace import Workspace


@contextmanager
def open_worklist(place: Place) -> Iterator[WorklistReader]:
    """Read the worklist of a workspace; where nobody owns it, follow to the end first.

    Raises:
        ConsoleError: There is no workspace yet, or it cannot be opened.
    """
    workspace = open_existing(place)
    follow_alone(workspace)
    with closing(WorklistReader(workspace.database_path, workspace.key)) as reader:
        yield reader


def follow_alone(workspace: Workspace, *, must_rebuild: bool = False) -> int:
    """Follow the journal to its end unless somebody owns the workspace.

    Args:
        workspace: The opened workspace.
        must_rebuild: Make the worklist again from the start.

    Returns:
        How many entries were applied; -1 when somebody owns the workspace.

    Raises:
        ConsoleError: The database or the worklist cannot be read or written.
    """
    from hl7console.engine.owner import OwnerLock
    from hl7console.store.worklist.follower import Follower
    from hl7console.store.worklist.rebuild import rebuild_worklist

    lock = OwnerLock.acquire(workspace.path)
    if lock is None:
        return -1
    try:
        with closing(Database(workspace.database_path, workspace.key)) as database:
            migrate(database)
        with closing(Follower(workspace.database_path, workspace.key)) as follower:
            if must_rebuild:
                return rebuild_worklist(follower).applied
            return follower.run_to_end()
    finally:
        lock.release()


def rebuild(place: Place) -> str:
    """Make the worklist again from the journal; return what to say of it.

    Raises:
        ConsoleError: It cannot be done.
    """
    from hl7console.engine.console import RebuildWorklist

    applied = follow_alone(open_existing(place), must_rebuild=True)
    if applied >= 0:
        return f"The worklist was made again from {applied:,} messages and other inputs."
    with open_for_work(place) as console:
        return finish(console.submit(RebuildWorklist())).text


def take_table(place: Place, path: Path, kind: str) -> str:
    """Import a table of codes or of identifiers; return what to say of it.

    Raises:
        ConsoleError: It cannot be read, or was refused.
    """
    from hl7console.engine.console import ImportCodes, ImportCrossref

    workspace_path(place)
    command = ImportCodes(path) if kind == "codes" else ImportCrossref(path)
    with open_for_work(place) as console:
        return finish(console.submit(command)).text
