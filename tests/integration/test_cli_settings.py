"""Setting a workspace up from a file, with and without a running console."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine_kit import key_source

from hl7console.cli import program
from hl7console.engine.supervisor import Engine
from hl7console.settings import DestinationSettings, RouteSettings
from hl7console.store.workspace import Workspace

SITE = """
[[listener]]
name = "RIS in"
port = 0

[[destination]]
name = "PACS out"
port = 2576

[[route]]
name = "orders"
filter = "type:ORM"
destinations = ["PACS out"]
"""


class Commands:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "pass").write_text("a passphrase")
        self.site = folder / "site.toml"
        self.site.write_text(SITE)
        self.workspace = folder / "workspace"
        self.passphrase = folder / "pass"
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        place = ("--workspace", str(self.workspace), "--passphrase-file", str(self.passphrase))
        code = program.run((*place, *arguments), None)  # type: ignore[arg-type]
        told = self._capsys.readouterr()
        return code, told.out, told.err


@pytest.fixture
def commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(tmp_path, capsys)


def test_a_file_sets_a_new_workspace_up(commands: Commands, tmp_path: Path):
    code, out, _ = commands.run("settings", "import", str(commands.site))
    assert code == 0
    assert "Switched off until approved: PACS out." in out
    code, out, _ = commands.run("routes", "--json")
    assert json.loads(out)["destinations"] == ["PACS out"]
    assert "(every" not in commands.run("routes")[1]
    code, out, _ = commands.run("settings", "export")
    assert "enabled = false" in out
    approve = ("settings", "import", str(commands.site), "--approve", "PACS out")
    assert commands.run(*approve)[0] == 0
    target = tmp_path / "out.toml"
    assert commands.run("settings", "export", "-o", str(target))[0] == 0
    assert "enabled = false" not in target.read_text()
    # What is on with the same settings stays on.
    assert "Switched off" not in commands.run("settings", "import", str(target))[1]


def test_a_file_that_is_wrong_changes_nothing(commands: Commands):
    commands.run("settings", "import", str(commands.site))
    for more, told in (
        ('[[route]]\nname="bad"\nfilter="(("\ndestinations=["PACS out"]', "The route bad:"),
        ('[[route]]\nname="bad"\ndestinations=["Nowhere"]', "no destination named Nowhere"),
        ('[[destination]]\nname="RIS in"', "There is an interface named RIS in already"),
    ):
        commands.site.write_text(f'[[destination]]\nname = "New"\n{more}\n')
        code, _, err = commands.run("settings", "import", str(commands.site))
        assert code == 2
        assert told in err
    _, out, _ = commands.run("settings", "export")
    assert '"New"' not in out


def test_a_running_console_takes_it_over(commands: Commands, tmp_path: Path):
    commands.run("settings", "export")  # nothing there yet
    workspace = Workspace.open(tmp_path / "workspace", key_source(tmp_path))
    engine = Engine(workspace, worklist="thread")
    engine.start()
    try:
        from hl7console.engine.repair_commands import ImportSettings

        report = engine.submit(ImportSettings(SITE, ("PACS out",))).result(10)
        assert "1 route taken" in report.text
        assert engine.destinations() == (DestinationSettings("PACS out", port=2576),)
        assert engine.routes() == (RouteSettings("orders", "type:ORM", ("PACS out",)),)
        assert engine.snapshot().interfaces[0].state == "listening"
    finally:
        assert engine.stop(10)
