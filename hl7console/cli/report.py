"""``hl7console report``: the numbers of a day, a week, a month or any span as HTML, PDF or JSON."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.opening import open_existing
from hl7console.cli.options import Place, Program, json_option, place_options
from hl7console.errors import UsageError

EPILOG = """\
\b
Examples:
  hl7console report -o yesterday.html
  hl7console report --week 2026-01-05 -o week.pdf
  hl7console report --month 2026-01 --interface "RIS in" -o january.pdf
  hl7console report --since 2026-01-05T06:00 --until 2026-01-05T12:00 --json
"""


@click.command(
    epilog=EPILOG,
    short_help="Report what passed in a day, a week or a month, as HTML or PDF.",
)
@click.option("--day", default="", metavar="DATE", help="Of a day; today and yesterday will do.")
@click.option("--week", default="", metavar="DATE", help="Of the week, from Monday, with a day.")
@click.option("--month", default="", metavar="DATE", help="Of the month with a day; or 2026-01.")
@click.option(
    "--since", default="", metavar="TIME", help="Of any span: 2026-01-05, 2026-01-05T10:00, 6h…"
)
@click.option("--until", default="", metavar="TIME", help="Where that ends. Default: now.")
@click.option("--interface", default="", metavar="NAME", help="Of one interface only.")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to: a name that ends in .html, .pdf or .json.",
)
@json_option
@place_options
@click.pass_context
def report(
    context: click.Context,
    /,
    place: Place,
    interface: str,
    path: Path | None,
    as_json: bool,
    **span: str,
) -> None:
    """Tell what passed the interfaces in a span, and how well; of yesterday unless told.

    Volumes, availability, errors by cause, times, senders and alerts, without patient data. Reads
    beside a running console, or without one.
    """
    if (path is None) != as_json:
        raise UsageError("Give a file with -o, or --json.")
    from hl7console.engine.reports.json_values import values_of
    from hl7console.engine.reports.making import make_report
    from hl7console.engine.reports.spans import read_span
    from hl7console.engine.reports.writing import check_ending, write_report
    from hl7console.store.measures.reader import MeasureReader
    from hl7console.store.reader import StoreReader

    if path is not None:
        check_ending(path)
    wanted = read_span(datetime.now(), **span)  # noqa: DTZ005 - local, as people say it
    workspace = open_existing(place)
    with ExitStack() as stack:
        reader = stack.enter_context(closing(StoreReader(workspace.database_path, workspace.key)))
        measures = stack.enter_context(
            closing(MeasureReader(workspace.database_path, workspace.key))
        )
        made = make_report(reader, measures, wanted, interface)
    if path is None:
        output.json_line(values_of(made))
        return
    program: Program = context.obj
    write_report(made, path, program.print_pdf)
    output.remark(f"Wrote {path}.")
