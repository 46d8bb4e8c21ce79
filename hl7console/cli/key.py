"""``hl7console key``: the recovery code, changing the key, and finding back in without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.opening import (
    has_terminal,
    key_source,
    kind_of,
    no_workspace,
    open_existing,
    workspace_path,
)
from hl7console.cli.options import Place, place_options
from hl7console.engine.owner import OwnerLock, owner_pid
from hl7console.errors import UsageError, WorkspaceInUseError
from hl7console.store.keys import KeySource, key_check
from hl7console.store.record import read_record
from hl7console.store.recovery import parse_recovery_code, recovery_code
from hl7console.store.rotation import rotate_key
from hl7console.store.workspace import Workspace, place_key

EPILOG = """\
\b
Examples:
  hl7console key show-recovery
  hl7console key rotate
  hl7console key recover
"""


@click.group(epilog=EPILOG)
def key() -> None:
    """Show the recovery code of a workspace, or change its key.

    The database is encrypted. Its key lies in the system's key store, in a file that only you can
    read, or is unlocked by a passphrase. The recovery code opens the workspace when that is lost.
    """


@key.command("show-recovery")
@place_options
def show_recovery(place: Place) -> None:
    """Print the recovery code. Keep the print where the messages themselves would be safe."""
    workspace = open_existing(place)
    assert workspace.key is not None  # noqa: S101 - workspaces are always encrypted
    output.line(recovery_code(workspace.key))


@key.command()
@place_options
def rotate(place: Place) -> None:
    """Give the database a new key, and print the new recovery code.

    Every page is written again, so it takes its time and as much room as the database has. The
    old recovery code is of no use any more. Nothing else may use the workspace meanwhile.
    """
    with _owned(place) as path:
        kind = kind_of(path)
        source = key_source(place, kind=kind)
        workspace = Workspace.open(path, source, create=False, kind=kind)
        code = rotate_key(workspace, source)
    output.remark("The database has a new key. Print this recovery code; the old one is void:")
    output.line(code)


@key.command()
@click.option(
    "--code-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Read the recovery code from FILE. Default: asked for.",
)
@place_options
def recover(place: Place, code_file: Path | None) -> None:
    """Open a workspace with its recovery code, and keep its key where it is found again.

    For when the system's key store or the key file is gone, the passphrase is forgotten, or the
    workspace came from another machine. With --passphrase-file the workspace is protected by that
    passphrase from now on.
    """
    if code_file is None and not has_terminal():
        raise UsageError("Nobody can be asked here; give the code with --code-file.")
    code = _code_in(code_file) if code_file else _ask_for_code()
    recovered = parse_recovery_code(code)
    with _owned(place) as path:
        kind = kind_of(path)
        Workspace.open(path, KeySource(recovery_key=recovered), create=False, kind=kind)
        record = read_record(path)
        assert record is not None  # noqa: S101 - it was just opened
        record.check, record.next_check = key_check(recovered), ""
        record.wrapped, record.next_wrapped = {}, {}
        warning = place_key(key_source(place, kind=kind), record, recovered)
        record.write(path)
    output.line("The workspace opens again.")
    if warning:
        output.remark(warning)


def _code_in(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"The file {file.name} is no text.") from None


def _ask_for_code() -> str:
    code: str = click.prompt("Recovery code", err=True)
    return code


@contextmanager
def _owned(place: Place) -> Iterator[Path]:
    """Keep everybody else out of a workspace that is there.

    Raises:
        WorkspaceInUseError: Somebody uses it.
        ConsoleError: There is none.
    """
    path = workspace_path(place)
    if read_record(path) is None:
        raise no_workspace(path)
    lock = OwnerLock.acquire(path)
    if lock is None:
        raise WorkspaceInUseError(
            f"A running console (process {owner_pid(path)}) uses this workspace.",
            hint="End it, then try again.",
        )
    try:
        yield path
    finally:
        lock.release()
