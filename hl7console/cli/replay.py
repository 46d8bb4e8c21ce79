"""``hl7console replay``: sends the messages of a recording to a receiver, in their timing."""

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
    new_ids_option,
    settings_of,
    to_option,
)
from hl7console.engine.repair_commands import ReplayRecording

EPILOG = """\
\b
Examples:
  hl7console replay last-week.hl7rec --to 127.0.0.1:2575
  hl7console replay last-week.hl7rec --to "Test PACS" --speed 10
  hl7console replay night.hl7rec --to ris.example:2575 --tls --new-ids
"""


@click.command(
    epilog=EPILOG, short_help="Send the messages of a recording, with its timing or faster."
)
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@to_option
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=100.0),
    default=None,
    metavar="X",
    help="Keep the recorded timing, X times as fast (0.1 to 100). Default: as answers come.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="N",
    help="At most N messages a second, in place of the recorded timing.",
)
@new_ids_option
@address_options
@confirm_option
@json_option
@place_options
@click.pass_context
def replay(
    context: click.Context,
    /,
    place: Place,
    as_json: bool,
    path: Path,
    destination: str,
    speed: float | None,
    rate: float,
    new_ids: bool,
    confirm: str,
    **address: object,
) -> None:
    """Send the messages of a recording and show every answer.

    Each message is kept in the workspace with origin "sent", with its answer. A recording that was
    cut off is replayed as far as it is whole. Exit code 1 when a message was not accepted.
    """
    settings = settings_of(destination, **address)  # type: ignore[arg-type]
    command = ReplayRecording(
        path=path.absolute(),
        destinations=() if settings is not None else (destination,),
        settings=settings,
        confirm=(confirm,) if confirm else (),
        speed=speed or 0.0,
        rate_per_s=rate,
        new_control_ids=new_ids,
    )
    with open_for_work(place) as console:
        report = finish(console.submit(command))
    print_results(report, as_json=as_json)
    context.exit(exit_code_of(report))
