from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from hl7console.cli import program
from hl7console.cli.opening import open_for_work, own
from hl7console.cli.options import Place
from hl7console.engine.console import ImportFiles, LinkState, SaveListener
from hl7console.errors import DamagedDatabaseError, WorkspaceInUseError
from hl7console.settings import ListenerSettings
from hl7console.store.connection import Database
from hl7console.store.workspace import KIND_DEMO, Workspace

MESSAGE = b"MSH|^~\\&|RIS|HOSP|PACS|RAD|20260105120000||ADT^A08|C1|P|2.5.1\rPID|1||44^^^HOSP^MR\r"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "workspace")


def states(console) -> dict[str, LinkState]:
    return {i.name: i.state for i in console.snapshot().interfaces}


def test_work_without_an_owner_opens_no_port(place):
    with own(place) as console:
        console.submit(SaveListener(ListenerSettings(name="RIS in", port=0))).result(20)
        assert states(console) == {"RIS in": LinkState.LISTENING}
    with open_for_work(place) as console:
        assert states(console) == {"RIS in": LinkState.STOPPED}
        assert console.submit(ImportFiles(pasted=MESSAGE)).result(20).messages == 1
    with own(place) as console:
        assert states(console) == {"RIS in": LinkState.LISTENING}


def test_work_beside_an_owner_goes_through_it(place):
    with own(place) as owner:
        with pytest.raises(WorkspaceInUseError), own(place):
            pass
        with open_for_work(place) as console:
            console.submit(ImportFiles(pasted=MESSAGE)).result(20)
        assert owner.snapshot().stored_total == 1
        assert owner.snapshot().running


def test_damaged_pages_give_a_sentence(place):
    with own(place):
        pass
    workspace = Workspace.open(place.workspace, create=False)
    with closing(Database(workspace.database_path, workspace.key, read_only=True)) as database:
        page = database.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'interfaces'")
        size = database.integer("PRAGMA page_size")
    with workspace.database_path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    with pytest.raises(DamagedDatabaseError), open_for_work(place):
        pass


class Window:
    """Stands for the window; notes what it was opened on."""

    def __init__(self, during=None) -> None:
        self.opened: list[tuple[bool, bool]] = []
        self.recovery_codes: list[str] = []
        self._during = during

    def __call__(
        self, console, *, demo: bool, recovery_code: str = "", key_warning: str = ""
    ) -> int:
        self.opened.append((console.snapshot().running, demo))
        self.recovery_codes.append(recovery_code)
        if self._during is not None:
            self._during(console)
        return 7


def test_no_command_opens_the_window_on_a_running_engine(place):
    window = Window()
    assert program.run(["--workspace", str(place.workspace)], window) == 7
    assert window.opened == [(True, False)]


def test_only_the_window_that_makes_a_workspace_is_given_its_recovery_code(place):
    window = Window()
    for _ in range(2):
        program.run(["--workspace", str(place.workspace)], window)
    made, later = window.recovery_codes
    assert made.count("-") > 5
    assert later == ""


def test_a_second_window_brings_up_the_first(place):
    brought: list[str] = []

    def during(console) -> None:
        console.show_window = lambda: brought.append("up")
        second = Window()
        assert program.run(["--workspace", str(place.workspace)], second) == 0
        assert second.opened == []

    assert program.run(["--workspace", str(place.workspace)], Window(during)) == 7
    assert brought == ["up"]


def test_a_window_beside_serve_attaches_to_it(place):
    window = Window()
    with own(place) as owner:
        assert program.run(["--workspace", str(place.workspace)], window) == 7
        assert owner.snapshot().running
    assert window.opened == [(True, False)]


def test_the_demo_opens_its_window_with_traffic_and_again_attached(tmp_path):
    folder = tmp_path / "demo"
    second = Window()

    def during(console) -> None:
        assert console.workspace == folder
        assert program.run(["demo", "--workspace", str(folder)], second) == 7

    window = Window(during)
    assert program.run(["demo", "--workspace", str(folder)], window) == 7
    assert window.opened == second.opened == [(True, True)]
    assert program.run(["--workspace", str(folder)], window := Window()) == 7
    assert window.opened == [(True, True)]


def test_an_unknown_kind_of_workspace_is_refused(place, capsys):
    assert place.workspace
    Workspace.open(place.workspace, kind=KIND_DEMO)
    assert program.run(["serve", "--workspace", str(place.workspace)], Window()) == 2
    assert "sample traffic" in capsys.readouterr().err
