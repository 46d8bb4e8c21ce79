"""The command group, and the border where errors become sentences and exit codes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import click

from hl7console import __version__
from hl7console.cli import output
from hl7console.cli.demo import demo
from hl7console.cli.display import check_display
from hl7console.cli.importing import import_command
from hl7console.cli.key import key
from hl7console.cli.listen import listen
from hl7console.cli.messages import messages
from hl7console.cli.opening import kind_of, open_for_window
from hl7console.cli.options import OpenWindow, Place, Program, place_options
from hl7console.cli.retention import retention
from hl7console.cli.send import send
from hl7console.cli.serve import serve
from hl7console.errors import ConsoleError, EnvironmentFaultError
from hl7console.store.workspace import KIND_DEMO

INTERRUPTED_EXIT_CODE = 130
"""Exit code after Ctrl+C in a command that does not handle it, as shells have it."""

EPILOG = """\
\b
Start here:
  hl7console demo                      a small invented hospital to look at
  hl7console listen --port 2575        receive messages and keep them
  hl7console messages type:ORM         find messages
  hl7console send order.hl7 --to ris.example:2575
"""


class _InThisOrder(click.Group):
    """Lists its commands in the order in which they were added: the newcomer's first."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names."""
        return list(self.commands)


@click.group(
    cls=_InThisOrder,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)
@click.version_option(__version__, prog_name="hl7console")
@click.option("--verbose", is_flag=True, help="Say on standard error what the engine does.")
@place_options
@click.pass_context
def hl7console(context: click.Context, verbose: bool, place: Place) -> None:
    """Receive, see, explain, repair and resend HL7 v2 messages.

    Without a command the window opens on your workspace and its listeners start.
    """
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.ERROR,
        format="%(asctime)s %(name)s: %(message)s",
    )
    program: Program = context.obj
    program.place = place
    if context.invoked_subcommand is None:
        _open_window(context, program)


def _open_window(context: click.Context, program: Program) -> None:
    """Open the window, or bring up the one that is open on this workspace already."""
    check_display()
    with open_for_window(program.place) as console:
        if not console.bring_up_window():
            is_demo = kind_of(console.workspace) == KIND_DEMO
            context.exit(program.open_window(console, demo=is_demo))


for _command in (demo, listen, serve, send, import_command, messages, key, retention):
    hl7console.add_command(_command)


def run(arguments: Sequence[str] | None, open_window: OpenWindow) -> int:
    """Run the command line and return the exit code. Main thread only.

    Args:
        arguments: What follows the program's name; None takes the process's own, with wildcards
            of file names filled in where the shell leaves that to programs (Windows).
        open_window: Opens the window; handed in so that nothing here imports Qt.
    """
    output.prepare_streams()
    try:
        return _run(arguments, open_window)
    except output.OutputClosedError:
        output.give_up_output()
        return 0
    except ConsoleError as fault:
        output.remark(f"Error: {fault.text}")
        if fault.hint:
            output.remark(fault.hint)
        return fault.exit_code
    except (KeyboardInterrupt, click.Abort):
        output.remark("Stopped.")
        return INTERRUPTED_EXIT_CODE


def _run(arguments: Sequence[str] | None, open_window: OpenWindow) -> int:
    try:
        result = hl7console.main(
            arguments if arguments is None else list(arguments),
            "hl7console",
            standalone_mode=False,
            obj=Program(open_window),
        )
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except OSError as fault:
        raise _explain(fault) from fault
    return result if isinstance(result, int) else 0


def _explain(fault: OSError) -> ConsoleError:
    where = f": {fault.filename}" if fault.filename else ""
    return EnvironmentFaultError(f"{fault.strerror or type(fault).__name__}{where}.")
