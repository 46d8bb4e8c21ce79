"""What every command asks for: the workspace and its key; and what the group hands down."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from hl7console.errors import EnvironmentFaultError

if TYPE_CHECKING:
    from hl7console.engine.console import Console
    from hl7console.engine.reports.blocks import Document


class PrintPdf(Protocol):
    """Writes a report as PDF."""

    def __call__(self, document: Document, path: Path) -> None:
        """Write it; raises `OSError` where the file cannot be."""


class OpenWindow(Protocol):
    """Opens the window on a running console and returns the exit code when it is closed."""

    def __call__(
        self, console: Console, *, demo: bool, recovery_code: str = "", key_warning: str = ""
    ) -> int:
        """Open the window; a recovery code is that of a workspace just made, to be shown."""


@dataclass(frozen=True, slots=True)
class Place:
    """The workspace that a command works on, and how its key is found."""

    workspace: Path | None = None
    """None for the default one."""
    passphrase_file: Path | None = None


def no_pdf(document: Document, path: Path) -> None:
    """Say that this program was started without the part that writes PDF.

    Raises:
        EnvironmentFaultError: Always.
    """
    del document, path
    raise EnvironmentFaultError("PDF cannot be written here.", hint="Write the report as .html.")


@dataclass(slots=True)
class Program:
    """What ``__main__`` hands to the command line, and what was said before the command."""

    open_window: OpenWindow
    place: Place = Place()
    print_pdf: PrintPdf = no_pdf
    """Writes a report as PDF; it needs Qt, which nothing here imports."""


def place_options(function: Callable[..., object]) -> Callable[..., object]:
    """Add ``--workspace`` and ``--passphrase-file``, handed to `function` as ``place``.

    What was said before the command holds for it, unless it says otherwise.
    """

    @click.option(
        "--workspace",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Folder with the database and its files. Default: your own workspace, or what"
        " HL7CONSOLE_WORKSPACE names.",
    )
    @click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Read the database's passphrase from the first line of FILE.",
    )
    @click.pass_obj
    @functools.wraps(function)
    def with_place(
        program: Program,
        /,
        workspace: Path | None,
        passphrase_file: Path | None,
        **values: object,
    ) -> object:
        said = program.place
        place = Place(workspace or said.workspace, passphrase_file or said.passphrase_file)
        return function(place=place, **values)

    return with_place


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line, for scripts."
)
"""Adds ``--json``."""
