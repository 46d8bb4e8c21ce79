"""``hl7console record``: writes messages with their timing into one file, to be replayed."""

from __future__ import annotations

from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.jobs import finish
from hl7console.cli.opening import open_for_work
from hl7console.cli.options import Place, json_option, place_options
from hl7console.engine.recordings.recording import recording_path
from hl7console.engine.repair_commands import RecordMessages
from hl7console.errors import UsageError

EPILOG = """\
\b
Examples:
  hl7console record "listener:RIS since:7d" -o last-week.hl7rec
  hl7console record "type:ORM since:2026-01-05 until:2026-01-06" -o monday.hl7rec
"""


@click.command(
    epilog=EPILOG, short_help="Write messages with their timing into one file, to be replayed."
)
@click.argument("filter_text", metavar="FILTER")
@click.option(
    "-o",
    "--output",
    "path",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The recording; its name gets .hl7rec where it has no ending.",
)
@click.option("--force", is_flag=True, help="Put it in the place of a file that is there.")
@json_option
@place_options
def record(filter_text: str, path: Path, force: bool, place: Place, as_json: bool) -> None:
    """Write the messages that FILTER finds into one file, with times, peers and answers.

    The file holds the messages as they are, patient data included, and is not encrypted: keep it
    where such data may be. Replay it with "hl7console replay".
    """
    whole = recording_path(path)
    if whole.exists() and not force:
        raise UsageError(
            f"{whole.name} exists already.", hint="Choose another name, or add --force."
        )
    with open_for_work(place) as console:
        report = finish(console.submit(RecordMessages(path=whole, filter=filter_text)))
    if as_json:
        output.json_line(
            {"messages": report.messages, "file": str(whole), "cancelled": report.cancelled}
        )
    else:
        output.line(report.text)
        if not report.cancelled:
            output.remark(f"{whole.name} holds patient data and is not encrypted.")
    click.get_current_context().exit(1 if report.cancelled else 0)
