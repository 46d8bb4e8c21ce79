"""``hl7console send``: sends the messages of files to a receiver."""

from __future__ import annotations

from pathlib import Path

import click

from hl7console.cli.jobs import finish
from hl7console.cli.opening import open_for_work
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.reports import exit_code_of, print_results
from hl7console.cli.target_options import (
    address_options,
    confirm_option,
    settings_of,
    to_option,
)
from hl7console.engine.console import SendFiles

EPILOG = """\
\b
Examples:
  hl7console send order.hl7 --to 127.0.0.1:2575
  hl7console send *.hl7 --to ris.example:2575 --tls --ca hospital-ca.pem
  hl7console send night.hl7 --to "Test RIS" --rate 5 --json
"""


@click.command(epilog=EPILOG)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@to_option
@address_options
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="N",
    help="At most N messages a second. Default: as fast as answers come.",
)
@confirm_option
@json_option
@place_options
@click.pass_context  # fmt: skip
def send(context: click.Context, /, place: Place, as_json: bool, **given: object) -> None:
    """Send the messages of files over MLLP and show every answer.

    A file may hold any number of messages. Each is kept in the workspace with origin "sent", with
    its answer. Exit code 1 when a message was not accepted.
    """
    command = _command(**given)  # type: ignore[arg-type]
    with open_for_work(place) as console:
        report = finish(console.submit(command))
    print_results(report, as_json=as_json)
    context.exit(exit_code_of(report))


def _command(
    files: tuple[Path, ...],
    destination: str,
    rate: float,
    confirm: str,
    **tls: object,
) -> SendFiles:
    settings = settings_of(destination, **tls)  # type: ignore[arg-type]
    return SendFiles(
        paths=tuple(path.absolute() for path in files),
        destination=destination,
        confirm=confirm,
        rate_per_s=rate,
        settings=settings,
    )
