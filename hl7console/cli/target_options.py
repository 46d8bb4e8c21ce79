"""Where a command sends to: the TLS options of an address, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from hl7console.cli.addresses import parse_address
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings, Tls

F = TypeVar("F", bound=Callable[..., object])

to_option = click.option(
    "--to",
    "destination",
    required=True,
    metavar="HOST:PORT|NAME",
    help="Address of the receiver, or the name of a configured destination.",
)
confirm_option = click.option(
    "--confirm",
    default="",
    metavar="NAME",
    help="Name of the destination, typed, where it is a production one.",
)
new_ids_option = click.option(
    "--new-ids", is_flag=True, help="Give every message a new control id (MSH-10)."
)

_OPTIONS = (
    click.option(
        "--tls", "use_tls", is_flag=True, help="Use TLS, and check the receiver's certificate."
    ),
    click.option(
        "--ca",
        type=click.Path(path_type=Path),
        metavar="PEM",
        help="CA certificate that the receiver's must come from; else the system's.",
    ),
    click.option(
        "--cert",
        type=click.Path(path_type=Path),
        metavar="PEM",
        help="Our certificate, for receivers that ask for one (mutual TLS).",
    ),
    click.option(
        "--key",
        "private_key",
        type=click.Path(path_type=Path),
        metavar="PEM",
        help="Private key of --cert.",
    ),
    click.option(
        "--no-host-check",
        is_flag=True,
        help="Accept a certificate of the CA that names another host.",
    ),
    click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0.1),
        default=None,
        metavar="S",
        help="Wait S seconds for each answer. Default: 30.",
    ),
)


def address_options(command: F) -> F:
    """Give a command the options that go with an address: TLS, and how long to wait."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def settings_of(
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
