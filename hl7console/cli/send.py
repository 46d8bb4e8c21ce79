"""``hl7console send``: sends the messages of files to a receiver."""

from __future__ import annotations

from pathlib import Path

import click

from hl7console.cli.addresses import parse_address
from hl7console.cli.jobs import finish
from hl7console.cli.opening import open_for_work
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.reports import print_results
from hl7console.engine.console import SendFiles
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings, Tls

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
@click.option(
    "--to",
    "destination",
    required=True,
    metavar="HOST:PORT|NAME",
    help="Address of the receiver, or the name of a configured destination.",
)
@click.option(
    "--tls", "use_tls", is_flag=True, help="Use TLS, and check the receiver's certificate."
)
@click.option(
    "--ca",
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="CA certificate that the receiver's must come from; else the system's.",
)
@click.option(
    "--cert",
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Our certificate, for receivers that ask for one (mutual TLS).",
)
@click.option(
    "--key",
    "private_key",
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Private key of --cert.",
)
@click.option(
    "--no-host-check", is_flag=True, help="Accept a certificate of the CA that names another host."
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="N",
    help="At most N messages a second. Default: as fast as answers come.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    default=None,
    metavar="S",
    help="Wait S seconds for each answer. Default: 30.",
)
@click.option(
    "--confirm",
    default="",
    metavar="NAME",
    help="Name of the destination, typed, where it is a production one.",
)
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
    all_well = not (report.refused or report.unknown or report.not_taken_total or report.cancelled)
    context.exit(0 if all_well and report.accepted else 1)


def _command(
    files: tuple[Path, ...],
    destination: str,
    rate: float,
    confirm: str,
    **tls: object,
) -> SendFiles:
    settings = _settings(destination, **tls)  # type: ignore[arg-type]
    return SendFiles(
        paths=tuple(path.absolute() for path in files),
        destination=destination,
        confirm=confirm,
        rate_per_s=rate,
        settings=settings,
    )


def _settings(
    destination: str,
    *,
    use_tls: bool,
    ca: Path | None,
    cert: Path | None,
    private_key: Path | None,
    no_host_check: bool,
    timeout_s: float | None,
) -> DestinationSettings | None:
    """Return the settings of an address; None for a destination that is known by name.

    Raises:
        UsageError: The options contradict each other.
    """
    address = parse_address(destination)
    options_of_tls = (ca, cert, private_key, no_host_check or None)
    if any(option is not None for option in options_of_tls) and not use_tls:
        raise UsageError("--ca, --cert, --key and --no-host-check need --tls.")
    if (cert is None) != (private_key is None):
        raise UsageError("--cert and --key go together.")
    if address is None:
        if use_tls or timeout_s is not None:
            raise UsageError(
                "--tls and --timeout go with an address, not with the name of a destination.",
                hint="A configured destination brings its own.",
            )
        return None
    settings = DestinationSettings(
        name=destination[:64],
        host=address[0],
        port=address[1],
        tls=Tls.OFF if not use_tls else Tls.MUTUAL if cert else Tls.SERVER,
        tls_ca_path=_whole(ca),
        tls_cert_path=_whole(cert),
        tls_key_path=_whole(private_key),
        tls_check_host=not no_host_check,
        response_timeout_s=timeout_s or 30.0,
    )
    settings.validate()
    return settings


def _whole(path: Path | None) -> str:
    return str(path.absolute()) if path else ""
