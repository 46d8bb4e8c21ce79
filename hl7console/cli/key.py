"""``hl7console key``: the recovery code, and changing the key."""

from __future__ import annotations

import click

from hl7console.cli import output
from hl7console.cli.opening import open_existing
from hl7console.cli.options import Place, place_options
from hl7console.store.recovery import recovery_code

EPILOG = """\
\b
Examples:
  hl7console key show-recovery
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
