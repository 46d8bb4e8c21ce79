"""Tells by running a program; the alert comes as JSON on its standard input.

There is no shell: nothing of an alert becomes part of a command line. The program gets a few
variables of the environment, an empty folder of its own that goes with it, and no output. It is
ended with everything that it started when it takes too long.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

from hl7console.engine.alerts.channels.attempt import Attempt, ChannelError
from hl7console.engine.alerts.channels.texts import AlertMessage, one_line
from hl7console.engine.function_job import OWN_GROUP_FLAGS, JobObject, end_tree
from hl7console.settings.alerts import CommandChannel

MOST_MEMORY_BYTES = 1024 * 1024 * 1024
"""Most memory of the program and what it starts; on Windows only."""

_KEPT = (
    ("PATH", "HOME", "LANG", "LC_ALL", "TZ")
    if sys.platform != "win32"
    else ("PATH", "PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "USERPROFILE", "TEMP", "TMP")
)
_END_S = 5.0


def run_command(channel: CommandChannel, message: AlertMessage, attempt: Attempt) -> str:
    """Run the program to its end.

    Args:
        channel: Which program.
        message: What it gets.
        attempt: Bounds it; its total time is the program's.

    Returns:
        "" always: there is nothing to remark.

    Raises:
        ChannelError: It cannot be started, took too long, or ended with another code than 0.
    """
    if not channel.command:
        raise ChannelError(f"The channel {channel.name} names no program.")
    shown = one_line(channel.command[0], 120)
    program = shutil.which(channel.command[0])
    if program is None:
        raise ChannelError(
            f"The program {shown} was not found.", hint="Name it with its whole path."
        )
    folder = tempfile.mkdtemp(prefix="hl7console-alert-")
    try:
        code = _run([program, *channel.command[1:]], folder, message, attempt)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "it is no command"
        raise ChannelError(f"The program {shown} cannot be started: {reason}.") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if attempt.is_cut or code is None:
        raise ChannelError(
            f"The program {shown} had not ended within {channel.timeout_s:g} s and was ended."
        )
    if code != 0:
        raise ChannelError(f"The program {shown} ended with code {code}.")
    return ""


def _run(command: list[str], folder: str, message: AlertMessage, attempt: Attempt) -> int | None:
    """Return the program's exit code; None when it was ended."""
    process = subprocess.Popen(  # noqa: S603 - approved, and nothing of an alert is in it
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
        start_new_session=sys.platform != "win32",
        creationflags=OWN_GROUP_FLAGS,
    )
    job = JobObject(process, MOST_MEMORY_BYTES)

    def end() -> None:
        end_tree(process, job)

    attempt.on_cut(end)
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Where it is cut, its end also ends the writing.
            process.communicate(json.dumps(message.payload).encode("ascii"), attempt.next_s)
            return process.returncode
        return None
    finally:
        end()
        _reap(process)


def _reap(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_S)
    if process.stdin is not None:
        with contextlib.suppress(OSError, ValueError):
            process.stdin.close()
