from __future__ import annotations

import errno
import subprocess
import sys

import click
import pytest

from hl7console import __version__
from hl7console.cli import program
from hl7console.cli.output import OutputClosedError
from hl7console.errors import ConsoleError, UsageError


def no_window(console, *, demo):
    raise AssertionError("no window was asked for")


def run(*arguments: str) -> int:
    return program.run(arguments, no_window)


@pytest.fixture
def failing(monkeypatch):
    """A command that raises what it is told to."""
    faults: list[BaseException] = []

    @click.command()
    def fail() -> None:
        raise faults[0]

    monkeypatch.setitem(program.hl7console.commands, "fail", fail)
    return faults


def test_help_names_every_command_and_where_to_start(capsys):
    assert run("--help") == 0
    shown = capsys.readouterr().out
    for name in ("demo", "listen", "serve", "send", "import", "messages", "key", "retention"):
        assert f"\n  {name} " in shown
    assert "hl7console demo" in shown
    assert shown.index("\n  demo ") < shown.index("\n  import ")


@pytest.mark.parametrize("name", program.COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_says(name):
    command = program.hl7console.get_command(click.Context(program.hl7console), name)
    assert command.name == name
    assert command.get_short_help_str(100) == program.COMMANDS[name][2]


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--version"], ("hl7console.engine", "hl7console.store", "sqlite_utils", "cryptography")),
        (["--help"], ("hl7console.engine", "hl7console.store", "sqlite_utils", "cryptography")),
        (["messages", "--help"], ("hl7console.engine.supervisor", "sqlite_utils", "numpy")),
        (["listen", "--help"], ("sqlite_utils", "numpy")),
    ],
)
def test_no_command_loads_what_it_does_not_use(arguments, unwanted):
    code = (
        "import sys; from hl7console.cli.program import run; code = run(sys.argv[2:], None);"
        "loaded = [n for n in sys.argv[1].split() if n in sys.modules];"
        "sys.exit(code or loaded or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, " ".join(unwanted), *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def leaves(group: click.Group, path: tuple[str, ...] = ()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize(
    ("path", "command"), list(leaves(program.hl7console)), ids=lambda v: str(v)[:30]
)
def test_every_command_and_option_explains_itself(path, command, capsys):
    assert run(*path, "--help") == 0
    shown = capsys.readouterr().out
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, (path, parameter.name)
    needs_no_workspace = path == ("diff",)
    assert ("--workspace" in shown) != needs_no_workspace


def test_the_version(capsys):
    assert run("--version") == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fault", "code", "told"),
    [
        (ConsoleError("It is so.", hint="Do this."), 1, "Error: It is so.\nDo this.\n"),
        (UsageError("Not so."), 2, "Error: Not so.\n"),
        (
            OSError(errno.EACCES, "Permission denied", "x.db"),
            1,
            "Error: Permission denied: x.db.\n",
        ),
        (click.UsageError("Hm."), 2, "Error: Hm.\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
        (click.Abort(), 130, "Stopped.\n"),
        (OutputClosedError(), 0, ""),
    ],
)
def test_faults_become_sentences_and_exit_codes(failing, capsys, monkeypatch, fault, code, told):
    monkeypatch.setattr(program.output, "give_up_output", lambda: None)
    failing.append(fault)
    assert run("fail") == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.endswith(told)


def test_our_own_faults_are_not_hidden(failing):
    failing.append(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        run("fail")


def test_the_workspace_may_be_named_before_the_command(tmp_path, capsys):
    assert run("--workspace", str(tmp_path / "before"), "messages") == 1
    assert "before" in capsys.readouterr().err
    assert run("--workspace", str(tmp_path / "before"), "messages", "--workspace", "after") == 1
    assert "after" in capsys.readouterr().err
