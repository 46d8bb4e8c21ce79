"""``hl7console resend``: sends stored messages again, after saying what that will do."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.addresses import parse_address
from hl7console.cli.jobs import finish
from hl7console.cli.messages import filter_text
from hl7console.cli.opening import open_for_work
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.reports import exit_code_of, print_results
from hl7console.cli.target_options import (
    address_options,
    new_ids_option,
    settings_of,
)
from hl7console.engine.console import Console
from hl7console.engine.preflight import PreflightFinding, PreflightSubject, preflight
from hl7console.engine.repair_commands import Dates, ResendMessages
from hl7console.engine.resending.editing import EditTrial, EditWish
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings

EPILOG = """\
\b
Examples:
  hl7console resend "status:ok type:ORM since:1h" --to "Test PACS"
  hl7console resend "accession:A2047" --to 127.0.0.1:2575 --new-ids
  hl7console resend "listener:RIS since:2d" --to staging:2575 --speed 10
  hl7console resend "type:ORU since:1d" --to PACS --confirm PACS --force
"""


@click.command(
    epilog=EPILOG,
    short_help="Send stored messages again: all that a FILTER finds.",
    # So that -from:LAB is a filter.
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.argument("words", nargs=-1, required=True, metavar="FILTER")
@click.option(
    "--to",
    "destinations",
    required=True,
    multiple=True,
    metavar="HOST:PORT|NAME",
    help="Address of the receiver, or name of a destination; several times for several.",
)
@click.option(
    "--recipe",
    "recipe_path",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Apply the recipe in a TOML file; each message becomes a new, edited one.",
)
@new_ids_option
@click.option(
    "--dates",
    type=click.Choice([str(d) for d in Dates]),
    default=str(Dates.KEEP),
    help="keep; message: MSH-7 becomes now; shift: all dates move with the first message to now.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="N",
    help="At most N messages a second. Default: as fast as answers come.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=100.0),
    default=None,
    metavar="X",
    help="Keep the recorded timing, X times as fast (0.1 to 100).",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="The oldest N. Default, and most: 100,000.",
)
@click.option(
    "--confirm",
    multiple=True,
    metavar="NAME",
    help="Name of a production destination, typed; several times for several.",
)
@click.option("--force", is_flag=True, help="Send whatever is found before sending.")
@click.option(
    "--mark-handled", is_flag=True, help="Mark those handled that every destination accepted."
)
@click.option("--reason", default="", metavar="TEXT", help="Why, kept with edited messages.")
@address_options
@json_option
@place_options
@click.pass_context
def resend(
    context: click.Context,
    /,
    place: Place,
    as_json: bool,
    words: tuple[str, ...],
    destinations: tuple[str, ...],
    recipe_path: Path | None,
    force: bool,
    **given: object,
) -> None:
    """Send all messages that FILTER finds again, oldest first, and show every answer.

    First it says what to know: production, control ids used before, newer messages for the same
    order or patient, final orders, merges since, errors. Where there is such a warning nothing is
    sent and the exit code is 2, unless --force is given. Exit code 1 when one was not accepted.
    """
    for word in words:
        if word.startswith("--"):
            raise click.NoSuchOption(word)
    command = _command(filter_text(words), destinations, recipe_path, **given)  # type: ignore[arg-type]
    with open_for_work(place) as console:
        is_clear = _say_before(console, command, as_json=as_json)
        if not (is_clear or force):
            raise UsageError(
                "Nothing was sent.", hint="Look at the warnings; --force sends all the same."
            )
        report = finish(console.submit(command))
    print_results(report, as_json=as_json)
    context.exit(exit_code_of(report))


def _command(
    filter_words: str,
    destinations: tuple[str, ...],
    recipe_path: Path | None,
    *,
    new_ids: bool,
    dates: str,
    rate: float,
    speed: float | None,
    limit: int | None,
    confirm: tuple[str, ...],
    mark_handled: bool,
    reason: str,
    **address: object,
) -> ResendMessages:
    """Return what is asked for.

    Raises:
        UsageError: The options contradict each other, or the recipe is no text.
    """
    settings = _one_address(destinations, address)
    if rate and speed:
        raise UsageError("--rate and --speed don't go together.")
    return ResendMessages(
        filter=filter_words,
        limit=limit or 0,
        destinations=destinations,
        confirm=confirm,
        settings=settings,
        new_control_ids=new_ids,
        dates=Dates(dates),
        recipe=_text_of(recipe_path) if recipe_path is not None else "",
        reason=reason,
        rate_per_s=rate,
        speed=speed or 0.0,
        mark_handled=mark_handled,
    )


def _one_address(
    destinations: tuple[str, ...], address: dict[str, object]
) -> DestinationSettings | None:
    """Return the settings of one address with its options; None where names say it all."""
    if len(destinations) == 1:
        return settings_of(destinations[0], **address)  # type: ignore[arg-type]
    if any(value not in (None, False) for value in address.values()):
        raise UsageError("TLS options and --timeout go with one address, not with several.")
    return None


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is no text in UTF-8, as a recipe must be.") from None


@dataclass(frozen=True, slots=True)
class _Said:
    """One finding at one destination."""

    destination: str
    finding: PreflightFinding


def _say_before(console: Console, command: ResendMessages, *, as_json: bool) -> bool:
    """Print what to know before sending; return whether nothing speaks against it."""
    is_clear = True
    for settings in _settings_of_all(console, command):
        for finding in _findings(console, command, settings):
            # The typed name is what is asked for before production, and it is checked later.
            is_warning = finding.severity != "ok" and finding.code != "destination"
            is_clear = is_clear and not is_warning
            _print(_Said(settings.name, finding), as_json=as_json)
    return is_clear


def _print(said: _Said, *, as_json: bool) -> None:
    finding = said.finding
    if as_json:
        output.json_line(
            {
                "kind": "preflight",
                "destination": said.destination,
                "severity": finding.severity,
                "code": finding.code,
                "text": finding.text,
                "count": finding.count,
            }
        )
        return
    mark = {"ok": "", "warn": "Warning: ", "err": "Error: "}[finding.severity]
    text = finding.text
    if finding.code != "destination":
        text = f"{said.destination}: {text}"
    output.remark(f"{mark}{output.visible(text)}")


def _settings_of_all(console: Console, command: ResendMessages) -> list[DestinationSettings]:
    if command.settings is not None:
        return [command.settings]
    known = {settings.name: settings for settings in console.destinations()}
    found = []
    for name in dict.fromkeys(command.destinations):
        if name in known:
            found.append(known[name])
        elif (address := parse_address(name)) is not None:
            found.append(DestinationSettings(name=name[:64], host=address[0], port=address[1]))
        else:
            raise UsageError(
                f"There is no destination named {name}.",
                hint="Give the name of a destination, or HOST:PORT.",
            )
    return found


def _findings(
    console: Console, command: ResendMessages, settings: DestinationSettings
) -> tuple[PreflightFinding, ...]:
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(contextlib.closing(console.open_reader()))
        worklist = stack.enter_context(contextlib.closing(console.open_worklist()))
        trial = None
        wish = EditWish(command.new_control_ids, command.dates, command.recipe)
        if wish.is_any:
            trial = EditTrial(console.workspace, console.open_reader, wish)
            stack.callback(trial.close)
        subject = PreflightSubject(
            filter=command.filter,
            limit=command.limit,
            new_control_ids=command.new_control_ids,
            edit=trial,
        )
        return preflight(reader, worklist, subject, settings)
