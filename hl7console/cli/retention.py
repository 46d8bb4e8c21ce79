"""``hl7console retention``: how long messages stay."""

from __future__ import annotations

import dataclasses

import click

from hl7console.cli import output
from hl7console.cli.jobs import finish, wait_until_indexed
from hl7console.cli.opening import has_terminal, open_for_work, read_retention
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.sizes import Size, show_size
from hl7console.engine.console import RunRetention
from hl7console.errors import UsageError
from hl7console.settings import RetentionSettings

EPILOG = """\
\b
Examples:
  hl7console retention show
  hl7console retention set --keep-days 90 --max-size 20GB
  hl7console retention set --keep-days 0          keep everything again
"""


@click.group(epilog=EPILOG)
def retention() -> None:
    """Show, change and apply the rules for how long messages stay.

    Everything is kept unless a rule says otherwise. Deleting gives the disk space back and is
    written to the audit trail.
    """


@retention.command()
@json_option
@place_options
def show(place: Place, as_json: bool) -> None:
    """Show the rules."""
    settings = read_retention(place)
    if as_json:
        output.json_line(settings.to_mapping())
        return
    for line in describe(settings):
        output.line(line)


@retention.command("set")
@click.option(
    "--keep-days",
    type=click.IntRange(min=0),
    metavar="N",
    help="Delete messages older than N days; 0 keeps them.",
)
@click.option(
    "--max-size",
    "max_database_bytes",
    type=Size(),
    metavar="SIZE",
    help="Delete the oldest when the database outgrows SIZE, such as 20GB; 0: no limit.",
)
@click.option(
    "--max-messages",
    type=click.IntRange(min=0),
    metavar="N",
    help="Delete the oldest beyond N messages; 0 sets no limit.",
)
@click.option(
    "--warn-free",
    "warn_free_bytes",
    type=Size(),
    metavar="SIZE",
    help="Warn when the disk has less room than SIZE.",
)
@click.option("--yes", is_flag=True, help="Do not ask before messages are deleted.")
@place_options  # fmt: skip
def set_rules(place: Place, yes: bool, **given: int | None) -> None:
    """Change rules; those not named stay. They are applied at once."""
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise UsageError("Name a rule to change.", hint="See “hl7console retention set --help”.")
    with open_for_work(place) as console:
        settings = dataclasses.replace(read_retention(place), **changes)
        settings.validate()
        for line in describe(settings):
            output.remark(line)
        if not yes and limits_anything(settings):
            if not has_terminal():
                raise UsageError("Nobody can be asked here; add --yes to delete without asking.")
            click.confirm("Delete what these rules no longer keep?", abort=True, err=True)
        wait_until_indexed(console)
        output.line(finish(console.submit(RunRetention(settings))).text)


@retention.command()
@json_option
@place_options
def run(place: Place, as_json: bool) -> None:
    """Apply the rules now."""
    with open_for_work(place) as console:
        wait_until_indexed(console)  # retention spares what the index has not reached
        report = finish(console.submit(RunRetention()))
    if as_json:
        output.json_line({"messages": report.messages, "text": report.text})
    else:
        output.line(report.text)


def limits_anything(settings: RetentionSettings) -> bool:
    """Return whether the rules delete messages at all."""
    return bool(settings.keep_days or settings.max_database_bytes or settings.max_messages)


def describe(settings: RetentionSettings) -> list[str]:
    """Return the rules as sentences."""
    lines = []
    if settings.keep_days:
        lines.append(f"Messages older than {settings.keep_days:,} days are deleted.")
    if settings.max_database_bytes:
        size = show_size(settings.max_database_bytes)
        lines.append(f"The oldest are deleted when the database outgrows {size}.")
    if settings.max_messages:
        lines.append(f"The oldest beyond {settings.max_messages:,} messages are deleted.")
    if not lines:
        lines.append("Everything is kept.")
    if settings.warn_free_bytes:
        lines.append(f"A disk with less than {show_size(settings.warn_free_bytes)} free warns.")
    return lines
