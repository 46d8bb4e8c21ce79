"""``hl7console settings`` and ``routes``: set a workspace up from a file, and see its routes."""

from __future__ import annotations

from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.jobs import finish
from hl7console.cli.opening import open_for_work, open_to_read, own_store, workspace_path
from hl7console.cli.options import Place, json_option, place_options
from hl7console.engine.console import JobReport
from hl7console.engine.repair_commands import ImportSettings
from hl7console.engine.settings_files import (
    LARGEST_FILE_BYTES,
    as_text,
    import_into_store,
    read_stored,
)
from hl7console.errors import UsageError
from hl7console.store.interfaces import load_routes

EPILOG = """\
\b
Examples:
  hl7console settings export -o site.toml
  hl7console settings import site.toml --approve "Test RIS"
"""

_STORE_TIMEOUT_S = 60.0


@click.group(epilog=EPILOG, short_help="Write settings to a file, or take them from one.")
def settings() -> None:
    """Write settings to a file, or take them from one.

    The file is TOML with [[listener]], [[destination]], [[route]], and alert rules and channels
    as [[alerts.rule]], [[alerts.email]]… It holds paths of certificates, keys and files with
    passwords, but no key, no passphrase and no password.
    """


@settings.command("export")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to FILE. Default: standard output.",
)
@place_options
def export_settings(place: Place, target: Path | None) -> None:
    """Write listeners, destinations, routes and alert rules as TOML."""
    with open_to_read(place) as reader:
        text = as_text(read_stored(reader.database(), workspace_path(place)))
    if target is None:
        output.raw(text.encode("utf-8"))
        return
    target.write_text(text, encoding="utf-8", newline="\n")
    output.remark(f"Settings written to {target.name}.")


@settings.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--approve",
    "approved",
    multiple=True,
    metavar="NAME",
    help="A destination or alert channel of the file that may send at once; also several times.",
)
@place_options
def import_settings(place: Place, file: Path, approved: tuple[str, ...]) -> None:
    """Take listeners, destinations, routes and alert rules from a file.

    Those of the same name are replaced, others stay. A destination is switched off until it is
    approved, here with --approve or in Settings, unless it was on already with the same settings.
    The same goes for channels that tell of alerts.
    """
    text = _text_of(file)
    with own_store(place) as owned:
        if owned is not None:
            workspace, writer = owned
            report: JobReport = writer.call(
                lambda database: import_into_store(database, workspace, text, approved),
                label="import settings",
            ).result(_STORE_TIMEOUT_S)
            output.line(report.text)
            return
    with open_for_work(place) as console:
        output.line(finish(console.submit(ImportSettings(text, approved))).text)


def _text_of(file: Path) -> str:
    if file.stat().st_size > LARGEST_FILE_BYTES:
        raise UsageError("A file of settings has at most 4 MiB.")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"The file {file.name} is no text in UTF-8.") from None


@click.command(short_help="List the routes: which messages are forwarded where.")
@json_option
@place_options
def routes(place: Place, as_json: bool) -> None:
    """List the routes: which messages are forwarded where.

    Routes are made in Settings, or taken from a file with “hl7console settings import”.
    """
    with open_to_read(place) as reader:
        found = load_routes(reader.database())
    if as_json:
        for route in found:
            output.json_line(route.to_mapping())
        return
    if not found:
        output.remark("There are no routes; messages are not forwarded.")
        return
    output.table(
        ("NAME", "FILTER", "DESTINATIONS", "RECIPE", "STATE"),
        [
            (
                route.name,
                route.filter or "(every message)",
                ", ".join(route.destinations),
                route.recipe,
                "on" if route.enabled else "off",
            )
            for route in found
        ],
    )
