"""``hl7console import``: keeps the messages of files, or receives them as if a listener had."""

from __future__ import annotations

from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.jobs import finish
from hl7console.cli.opening import open_for_work
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.reports import print_not_taken
from hl7console.engine.console import ImportFiles, ImportMode

EPILOG = """\
\b
Examples:
  hl7console import yesterday.hl7
  hl7console import captures/ archive.zip
  hl7console import missed.hl7 --as "RIS in"
"""


@click.command("import", epilog=EPILOG, short_help="Keep the messages of files and archives.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option(
    "--as",
    "listener",
    default="",
    metavar="LISTENER",
    help="Receive the messages as if this listener had got them: its rules and its test for"
    " duplicates apply.",
)
@json_option
@place_options
@click.pass_context  # fmt: skip
def import_command(
    context: click.Context, place: Place, files: tuple[Path, ...], listener: str, as_json: bool
) -> None:
    """Keep the messages of files, folders, .zip and .gz archives, byte for byte.

    Finds messages in any file: separated by CR, LF or CRLF, in MLLP frames, in batches, in logs
    with other text between. Imported messages are kept and nothing more: they are neither routed
    nor put on a worklist, unless --as says so. What holds no message is listed as "not taken",
    with the reason, and gives exit code 1; what is odd about messages that were kept is listed as
    "noticed".
    """
    command = ImportFiles(
        paths=tuple(path.absolute() for path in files),
        mode=ImportMode.RECEIVE if listener else ImportMode.KEEP,
        listener=listener,
    )
    with open_for_work(place) as console:
        report = finish(console.submit(command))
    print_not_taken(report, as_json=as_json)
    if as_json:
        output.json_line(
            {
                "messages": report.messages,
                "first_message_id": report.first_message_id,
                "last_message_id": report.last_message_id,
                "not_taken": report.not_taken_total,
                "noticed": report.noticed_total,
                "refused": report.refused,
                "cancelled": report.cancelled,
            }
        )
    else:
        output.line(report.text or f"{report.messages:,} messages kept.")
    is_well = not (report.not_taken_total or report.refused or report.cancelled)
    context.exit(0 if is_well else 1)
