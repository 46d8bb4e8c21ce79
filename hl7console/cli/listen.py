"""``hl7console listen``: one listener from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.dicom_options import check_profile, dicom_options, profile_option, service_of
from hl7console.cli.jobs import announce, wait_for_listeners
from hl7console.cli.opening import own, workspace_path
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.stopping import stopping_on_signals
from hl7console.cli.watching import Watch
from hl7console.errors import UsageError
from hl7console.settings import ListenerSettings, Tls

EPILOG = """\
\b
Examples:
  hl7console listen --port 2575 --show
  hl7console listen --port 0 --tls-cert server.pem --tls-key server.key
  hl7console listen --port 2575 --mwl-port 11112 --ae-title RADWL
  hl7console listen --port 2576 --tls-cert s.pem --tls-key s.key --client-ca ca.pem
"""


@click.command(epilog=EPILOG)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    required=True,
    metavar="P",
    help="TCP port; 0 takes a free one, which the ready line names.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on. 0.0.0.0 lets other machines in.",
)
@click.option(
    "--name",
    default="Command line",
    show_default=True,
    metavar="NAME",
    help="Name of the listener, as the messages carry it.",
)
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Certificate of the listener; turns TLS on.",
)
@click.option(
    "--tls-key", type=click.Path(path_type=Path), metavar="PEM", help="Private key of --tls-cert."
)
@click.option(
    "--client-ca",
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Let in only clients with a certificate of this CA (mutual TLS).",
)
@dicom_options
@profile_option
@click.option("--show", is_flag=True, help="Print a line for each message as it comes.")
@json_option
@place_options
@click.pass_context  # fmt: skip
def listen(
    context: click.Context,
    /,
    place: Place,
    show: bool,
    as_json: bool,
    mwl_port: int | None,
    ae_title: str,
    **given: object,
) -> None:
    """Receive messages on one port, keep them, and acknowledge what is kept.

    Prints "listening HOST:PORT" when ready and runs until Ctrl+C. With --mwl-port it also serves
    the worklist, with the same certificate where there is one. The listeners of the workspace
    stay off meanwhile; "serve" starts those.
    """
    settings = _settings(**given)  # type: ignore[arg-type]
    dicom = service_of(
        mwl_port,
        ae_title,
        host=settings.host,
        tls=settings.tls,
        cert=settings.tls_cert_path,
        key=settings.tls_key_path,
        client_ca=settings.tls_client_ca_path,
    )
    check_profile(workspace_path(place), settings.profile)
    if as_json and not show:
        raise UsageError("--json goes with --show.")
    with stopping_on_signals() as stop, own(place, listeners=(settings,), dicom=dicom) as console:
        watch = Watch(console, show=show, as_json=as_json)
        if not announce(wait_for_listeners(console)):
            context.exit(1)
        watch.run(stop)
    output.remark("Stopped.")


def _settings(
    *,
    host: str,
    port: int,
    name: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    client_ca: Path | None,
    profile: str,
) -> ListenerSettings:
    """Return the listener's settings.

    Raises:
        UsageError: The TLS options do not go together.
    """
    if (tls_cert is None) != (tls_key is None):
        raise UsageError("--tls-cert and --tls-key go together.")
    if client_ca is not None and tls_cert is None:
        raise UsageError("--client-ca needs --tls-cert and --tls-key.")
    settings = ListenerSettings(
        name=name,
        host=host,
        port=port,
        tls=Tls.OFF if not tls_cert else Tls.MUTUAL if client_ca else Tls.SERVER,
        tls_cert_path=_whole(tls_cert),
        tls_key_path=_whole(tls_key),
        tls_client_ca_path=_whole(client_ca),
        profile=profile,
    )
    settings.validate()
    return settings


def _whole(path: Path | None) -> str:
    return str(path.absolute()) if path else ""
