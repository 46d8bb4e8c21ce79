"""Alert rules and channels go along in a file of settings, and what comes so is off at first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from engine_kit import key_source

from hl7console.cli import program
from hl7console.engine.alerts.channels.approval import is_approved
from hl7console.engine.alerts.rules_file import default_text, rules_path, rules_text, save
from hl7console.engine.alerts.settings_part import KEPT_NAME
from hl7console.engine.repair_commands import ImportSettings
from hl7console.engine.supervisor import Engine
from hl7console.settings.alert_file import parse_alerts
from hl7console.store.workspace import Workspace

RULES = """\
# Written by hand.
[[rule]]
name = "down"
kind = "connection"
channels = ["mail", "pager"]

[[email]]
name = "mail"
host = "mail.test"
sender = "a@x.test"
recipients = ["b@x.test"]
password_path = "/nowhere/password"

[[webhook]]
name = "pager"
url = "https://pager.test/"
"""


class Place:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.workspace = folder / "workspace"
        (folder / "pass").write_text("a passphrase")
        self._pass = folder / "pass"
        self._capsys = capsys
        self.folder = folder

    def run(self, *arguments: str) -> tuple[int, str, str]:
        place = ("--workspace", str(self.workspace), "--passphrase-file", str(self._pass))
        code = program.run((*place, *arguments), None)  # type: ignore[arg-type]
        told = self._capsys.readouterr()
        return code, told.out, told.err

    def take(self, text: str, *options: str) -> tuple[int, str, str]:
        (self.folder / "site.toml").write_text(text, encoding="utf-8")
        return self.run("settings", "import", str(self.folder / "site.toml"), *options)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    made = Place(tmp_path, capsys)
    made.take("")
    return made


@pytest.fixture
def exported(place: Place) -> str:
    """What a workspace with these rules gives, which is taken away again."""
    save(place.workspace, RULES)
    code, out, _ = place.run("settings", "export")
    assert code == 0
    rules_path(place.workspace).unlink()
    return out


def test_what_was_exported_comes_back(place: Place, exported: str):
    assert "/nowhere/password" in exported
    code, out, _ = place.take(exported)
    assert code == 0
    assert "1 alert rule, 2 alert channels taken from the file." in out
    assert "Switched off until approved: mail, pager." in out
    assert parse_alerts(rules_text(place.workspace)) == parse_alerts(RULES)
    assert place.run("settings", "export")[1] == exported


def test_a_workspace_without_rules_of_its_own_exports_none(place: Place):
    assert "alerts" not in place.run("settings", "export")[1]


def test_what_is_approved_is_on(place: Place, exported: str):
    _, out, _ = place.take(exported, "--approve", "pager")
    assert "Switched off until approved: mail." in out
    # The same again: what is known stays as it was.
    assert "Switched off until approved: mail." in place.take(exported)[1]
    assert "Switched off" not in place.take(exported, "--approve", "mail")[1]
    assert "Switched off" not in place.take(exported)[1]
    # What comes under a known name is not known.
    changed = exported.replace("pager.test", "elsewhere.test").replace("mail.test", "else.test")
    assert "Switched off until approved: mail, pager." in place.take(changed)[1]
    code, _, err = place.take(exported, "--approve", "other")
    assert (code, "no such alert channel" in err) == (2, True)


def test_mail_that_is_in_use_stays_on(place: Place, exported: str):
    save(place.workspace, RULES)
    assert "Switched off until approved: pager." in place.take(exported)[1]


def test_what_is_there_stays_and_keeps_its_comments(place: Place, exported: str):
    mine = '# Mine.\n[[rule]]\nname = "mine"  # own\nkind = "disk"\n'
    mine += '\n[[rule]]\nname = "down"\nkind = "disk"\n'
    save(place.workspace, mine)
    place.take(exported)
    text = rules_text(place.workspace)
    assert text.startswith("# Mine.\n")
    assert "# own" in text
    assert [(rule.name, rule.kind) for rule in parse_alerts(text).rules] == [
        ("mine", "disk"),
        ("down", "connection"),
    ]
    assert (place.workspace / KEPT_NAME).read_text(encoding="utf-8") == mine


def test_channels_alone_leave_the_built_in_rules(place: Place):
    place.take('[[alerts.webhook]]\nname = "pager"\nurl = "https://pager.test/"\n')
    book = parse_alerts(rules_text(place.workspace))
    assert book.rules == parse_alerts(default_text()).rules
    assert [channel.name for channel in book.channels] == ["pager"]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("alerts = 1", "under [[alerts.rule]]"),
        ('[[alerts.rule]]\nname = "x"\nkind = "nonsense"', "there is no kind nonsense"),
        ('[[alerts.rule]]\nname = "x"\nkind = "disk"\nchannels = ["no"]', "no channel named no"),
        ('[[alerts.rule]]\nname = "x"\nkind = "filter"\nfilter = "(("', "filter"),
        ('[[alerts.thing]]\nname = "x"', "there is no thing"),
        ("[alerts]\nwhen = 2026-01-05", "wrong type"),
    ],
)
def test_a_mistake_changes_nothing(place: Place, part: str, told: str):
    save(place.workspace, RULES)
    code, _, err = place.take(f'{part}\n[[listener]]\nname = "in"\n')
    assert code == 2
    assert told.lower() in err.lower()
    assert rules_text(place.workspace) == RULES
    assert '"in"' not in place.run("settings", "export")[1]


def test_a_mistake_in_the_workspace_is_told(place: Place, exported: str):
    rules_path(place.workspace).write_text("[[rule]]\nname = 7\n", encoding="utf-8")
    for code, _, err in (place.run("settings", "export"), place.take(exported)):
        assert code == 2
        assert "The workspace's alerts.toml has a mistake. Line 2" in err


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    workspace = Workspace.open(tmp_path / "other", key_source(tmp_path))
    made = Engine(workspace, worklist="off")
    made.start()
    try:
        yield made
    finally:
        assert made.stop(10)


def test_a_running_console_takes_them_over(engine: Engine, exported: str):
    report = engine.submit(ImportSettings(exported, ("pager",))).result(10)
    assert "Switched off until approved: mail." in report.text
    book = parse_alerts(rules_text(engine.workspace))
    assert book == parse_alerts(RULES)
    with closing(engine.open_reader()) as reader:
        assert [is_approved(reader.database(), channel) for channel in book.channels] == [
            False,
            True,
        ]
