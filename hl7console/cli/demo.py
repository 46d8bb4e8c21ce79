"""``hl7console demo``: an invented hospital's traffic, live."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.demo_summary import accepted, print_summary, summary_values
from hl7console.cli.dicom_options import check_profile, dicom_options, profile_option, service_of
from hl7console.cli.display import check_display
from hl7console.cli.jobs import announce, wait_for_listeners
from hl7console.cli.opening import demo_path, join_demo, key_source
from hl7console.cli.options import OpenWindow, Place, Program, json_option, place_options
from hl7console.cli.stopping import stopping_on_signals
from hl7console.cli.watching import FOREVER_S, Watch
from hl7console.engine.demo.running import RunningDemo, running_demo
from hl7console.engine.demo.setup import clear
from hl7console.errors import UsageError, WorkspaceInUseError
from hl7console.store.keys import KeySource
from hl7console.store.workspace import KIND_DEMO

EPILOG = """\
\b
Examples:
  hl7console demo
  hl7console demo --headless --seconds 40
  hl7console demo --fresh
"""


@click.command(epilog=EPILOG)
@click.option("--headless", is_flag=True, help="Run without a window and print a summary.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    metavar="N",
    help="End after N seconds. Default: until Ctrl+C. Only with --headless.",
)
@click.option("--show", is_flag=True, help="Print a line for each message. Only with --headless.")
@click.option("--fresh", is_flag=True, help="Delete what earlier demos left, then start.")
@dicom_options
@profile_option
@click.option("--seed", type=int, hidden=True, help="The same people in the same order.")
@json_option
@place_options
@click.pass_context
def demo(
    context: click.Context,
    place: Place,
    headless: bool,
    seconds: float | None,
    show: bool,
    fresh: bool,
    seed: int | None,
    as_json: bool,
    mwl_port: int | None,
    ae_title: str,
    profile: str,
) -> None:
    """Watch an invented hospital send real HL7 messages.

    Registration, orders, results, documents and appointments come from seven systems over real
    MLLP and TLS connections that never leave this machine: a STAT CT from order to report, a
    cancelled study, a reschedule, a merge, a duplicate, a refused message and its correction.
    All names are invented. The demo keeps its messages in a workspace of its own.
    """
    if not headless and (seconds is not None or show or as_json):
        raise UsageError("--seconds, --show and --json go with --headless.")
    path = demo_path(place)
    check_profile(path, profile)
    dicom = service_of(mwl_port, ae_title)
    demo_run = partial(running_demo, path, seed=seed, dicom=dicom, profile=profile)
    if fresh:
        clear(path)
    source = key_source(place, kind=KIND_DEMO)
    if headless:
        with stopping_on_signals() as stop, demo_run(source) as running:
            watch = Watch(running.engine, show=show)
            announce(wait_for_listeners(running.engine))
            span = f"for {seconds:g} s; Ctrl+C ends it earlier" if seconds else "until Ctrl+C"
            output.remark(f"The demo hospital sends {span}.")
            watch.run(stop, seconds if seconds is not None else FOREVER_S)
            running.traffic.stop()
            is_whole = _summarise(running, path, as_json=as_json)
        context.exit(0 if is_whole else 1)
    check_display()
    program: Program = context.obj
    context.exit(_open_window(program.open_window, path, source, demo_run))


def _open_window(
    open_window: OpenWindow,
    path: Path,
    source: KeySource,
    demo_run: Callable[[KeySource], AbstractContextManager[RunningDemo]],
) -> int:
    """Open the window on a new demo or on the one that runs; return the exit code."""
    try:
        with demo_run(source) as running:
            return open_window(running.engine, demo=True)
    except WorkspaceInUseError:
        with join_demo(path, source) as console:
            return 0 if console.bring_up_window() else open_window(console, demo=True)


def _summarise(running: RunningDemo, path: Path, *, as_json: bool) -> bool:
    """Print the summary; return whether everything that was accepted is there."""
    tally, kept, stand = running.tally(), running.kept(), running.worklist()
    forwarded, alerts = running.forwarded(), running.alerts()
    if as_json:
        output.json_line(summary_values(tally, kept, stand, forwarded, path, alerts))
    else:
        print_summary(tally, kept, stand, forwarded, path, alerts)
    missing = accepted(tally) - kept.total
    if missing > 0:
        output.remark(f"Error: {missing} messages were accepted, but are not in the database.")
    return missing <= 0
