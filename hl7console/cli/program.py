"""The command group, and the border where errors become sentences and exit codes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType

import click

from hl7console import __version__
from hl7console.cli import output
from hl7console.cli.display import check_display
from hl7console.cli.options import OpenWindow, Place, PrintPdf, Program, no_pdf, place_options
from hl7console.errors import ConsoleError, EnvironmentFaultError

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


COMMANDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "demo": ("demo", "demo", "Watch an invented hospital send real HL7 messages."),
        "listen": (
            "listen",
            "listen",
            "Receive messages on one port, keep them, and acknowledge what is kept.",
        ),
        "serve": ("serve", "serve", "Run all listeners of the workspace, without a window."),
        "send": ("send", "send", "Send the messages of files over MLLP and show every answer."),
        "import": ("importing", "import_command", "Keep the messages of files and archives."),
        "messages": (
            "messages",
            "messages",
            "List messages, oldest first, or those that a FILTER finds.",
        ),
        "deliveries": (
            "deliveries",
            "deliveries",
            "List what is due at destinations, or act on queues.",
        ),
        "worklist": (
            "worklist",
            "worklist",
            "List the worklist, STAT first, or explain it.",
        ),
        "compare-images": (
            "compare_images",
            "compare_images",
            "Compare the headers of DICOM files with their orders.",
        ),
        "resend": (
            "resend",
            "resend",
            "Send stored messages again: all that a FILTER finds.",
        ),
        "record": (
            "record",
            "record",
            "Write messages with their timing into one file, to be replayed.",
        ),
        "status": (
            "status",
            "status",
            "Tell how every interface is, for scripts and monitoring systems.",
        ),
        "report": (
            "report",
            "report",
            "Report what passed in a day, a week or a month, as HTML or PDF.",
        ),
        "routes": ("settings", "routes", "List the routes: which messages are forwarded where."),
        "settings": (
            "settings",
            "settings",
            "Write settings to a file, or take them from one.",
        ),
        "diff": (
            "diff",
            "diff",
            "Compare two messages, files or folders of messages, field by field.",
        ),
        "replay": (
            "replay",
            "replay",
            "Send the messages of a recording, with its timing or faster.",
        ),
        "key": ("key", "key", "Show the recovery code of a workspace, or change its key."),
        "retention": (
            "retention",
            "retention",
            "Show, change and apply the rules for how long messages stay.",
        ),
    }
)
"""Module of `hl7console.cli`, name in it and short help of each command, the newcomer's first."""


class _WhenWanted(click.Group):
    """Loads a command's module when that command is called; the list of them needs none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names, in their order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None when there is none of that name."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            module, name, _ = COMMANDS[cmd_name]
            self.add_command(getattr(import_module(f"hl7console.cli.{module}"), name), cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, _, short) in COMMANDS.items()])


@click.group(
    cls=_WhenWanted,
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
    from hl7console.cli.opening import kind_of, open_for_window  # loads the engine
    from hl7console.store.record import KIND_DEMO

    check_display()
    with open_for_window(program.place) as opened:
        console = opened.console
        if not console.bring_up_window():
            code = program.open_window(
                console,
                demo=kind_of(console.workspace) == KIND_DEMO,
                recovery_code=opened.recovery_code,
                key_warning=opened.key_warning,
            )
            context.exit(code)


def run(
    arguments: Sequence[str] | None, open_window: OpenWindow, print_pdf: PrintPdf = no_pdf
) -> int:
    """Run the command line and return the exit code. Main thread only.

    Args:
        arguments: What follows the program's name; None takes the process's own, with wildcards
            of file names filled in where the shell leaves that to programs (Windows).
        open_window: Opens the window; handed in so that nothing here imports Qt.
        print_pdf: Writes a report as PDF; handed in for the same reason.
    """
    output.prepare_streams()
    try:
        return _run(arguments, Program(open_window, print_pdf=print_pdf))
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


def _run(arguments: Sequence[str] | None, program: Program) -> int:
    try:
        result = hl7console.main(
            arguments if arguments is None else list(arguments),
            "hl7console",
            standalone_mode=False,
            obj=program,
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
