"""``hl7console demo``: an invented hospital's traffic, live."""

from __future__ import annotations

from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.demo_summary import print_summary, summary_values
from hl7console.cli.display import check_display
from hl7console.cli.jobs import announce, wait_for_listeners
from hl7console.cli.opening import bring_up_owner, demo_path, key_source
from hl7console.cli.options import Place, Program, json_option, place_options
from hl7console.cli.stopping import stopping_on_signals
from hl7console.engine.demo.running import RunningDemo, running_demo
from hl7console.engine.demo.setup import clear
from hl7console.errors import UsageError, WorkspaceInUseError
from hl7console.store.workspace import KIND_DEMO

EPILOG = """\
\b
Examples:
  hl7console demo
  hl7console demo --headless --seconds 40
  hl7console demo --fresh
"""

FOREVER_S = 10.0 * 365 * 24 * 3600
"""As long as anybody may want to watch."""


@click.command(epilog=EPILOG)
@click.option("--headless", is_flag=True, help="Run without a window and print a summary.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    metavar="N",
    help="End after N seconds. Default: until Ctrl+C. Only with --headless.",
)
@click.option("--fresh", is_flag=True, help="Delete what earlier demos left, then start.")
@click.option("--seed", type=int, hidden=True, help="The same people in the same order.")
@json_option
@place_options
@click.pass_context
def demo(
    context: click.Context,
    place: Place,
    headless: bool,
    seconds: float | None,
    fresh: bool,
    seed: int | None,
    as_json: bool,
) -> None:
    """Watch an invented hospital send real HL7 messages.

    Registration, orders, results, documents and appointments come from seven systems over real
    MLLP and TLS connections that never leave this machine: a STAT CT from order to report, a
    cancelled study, a reschedule, a merge, a duplicate, a refused message and its correction.
    All names are invented. The demo keeps its messages in a workspace of its own.
    """
    if not headless and (seconds is not None or as_json):
        raise UsageError("--seconds and --json go with --headless.")
    path = demo_path(place)
    if fresh:
        clear(path)
    source = key_source(place, kind=KIND_DEMO)
    if headless:
        with stopping_on_signals() as stop, running_demo(path, source, seed=seed) as running:
            announce(wait_for_listeners(running.engine))
            stop.wait(seconds if seconds is not None else FOREVER_S)
            running.traffic.stop()
            _summarise(running, path, as_json=as_json)
        return
    check_display()
    program = context.find_object(Program)
    assert program is not None  # noqa: S101 - run() always hands it in
    try:
        with running_demo(path, source, seed=seed) as running:
            context.exit(program.open_window(running.engine, demo=True))
    except WorkspaceInUseError:
        if not bring_up_owner(path, source, kind=KIND_DEMO):
            raise


def _summarise(running: RunningDemo, path: Path, *, as_json: bool) -> None:
    tally, kept = running.tally(), running.kept()
    if as_json:
        output.json_line(summary_values(tally, kept, path))
    else:
        print_summary(tally, kept, path)
