"""``hl7console serve``: the whole configured engine without a window."""

from __future__ import annotations

import click

from hl7console.cli import output
from hl7console.cli.dicom_options import dicom_options, service_of
from hl7console.cli.jobs import announce, wait_for_listeners
from hl7console.cli.opening import own
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.stopping import stopping_on_signals
from hl7console.cli.watching import Watch
from hl7console.engine.console import InterfaceStatus, LinkState
from hl7console.errors import UsageError
from hl7console.settings import MetricsEndpointSettings

EPILOG = """\
\b
Examples:
  hl7console serve
  hl7console serve --workspace /srv/hl7 --passphrase-file /etc/hl7console.pass
"""


@click.command(epilog=EPILOG)
@dicom_options
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Serve metrics for Prometheus on this port of this machine; 0 takes a free one.",
)
@click.option("--show", is_flag=True, help="Print a line for each message as it comes.")
@json_option
@place_options
@click.pass_context
def serve(
    context: click.Context,
    place: Place,
    show: bool,
    as_json: bool,
    mwl_port: int | None,
    ae_title: str,
    metrics_port: int | None,
) -> None:
    """Run all listeners of the workspace, without a window.

    Prints "listening HOST:PORT" for each when ready and runs until Ctrl+C or SIGTERM. Windows and
    commands that are started beside it work through it. With --metrics-port it also prints
    "metrics http://HOST:PORT/metrics".
    """
    if as_json and not show:
        raise UsageError("--json goes with --show.")
    dicom = service_of(mwl_port, ae_title)
    metrics = _endpoint_of(metrics_port)
    with (
        stopping_on_signals() as stop,
        own(place, dicom=dicom, metrics_endpoint=metrics) as console,
    ):
        watch = Watch(console, show=show, as_json=as_json)
        listeners = wait_for_listeners(console)
        listening = announce(listeners)
        _announce_metrics(console.snapshot().metrics_endpoint)
        if not listeners:
            output.remark(
                "No listener is configured yet; add one in the window under Settings. Commands can"
                " still hand over their work."
            )
        elif not listening:
            context.exit(1)
        watch.run(stop)
    output.remark("Stopped.")


def _endpoint_of(port: int | None) -> MetricsEndpointSettings | None:
    return None if port is None else MetricsEndpointSettings(enabled=True, port=port)


def _announce_metrics(status: InterfaceStatus | None) -> None:
    if status is None:
        return
    if status.state is not LinkState.LISTENING:
        output.remark(f"{status.name} does not listen: {status.text}")
        return
    output.line(f"metrics http://{status.address}/metrics")
    if status.beyond_loopback:
        output.remark(
            f"Warning: {status.name} listens beyond this machine; everybody there can read the"
            " names of interfaces and how much passes them."
        )
