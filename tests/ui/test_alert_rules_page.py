"""The settings page Alert rules: forms and text say the same, and mistakes are told at the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from html import escape

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton
from queues_window_kit import DoneJob
from window_kit import child

from hl7console.engine.alert_commands import (
    ApproveChannel,
    SaveAlertRules,
    TestChannel,
    TryAlertRule,
)
from hl7console.engine.alerts.channels.approval import channel_digest
from hl7console.engine.alerts.rules_file import checked
from hl7console.engine.console import JobReport
from hl7console.engine.supervisor import Engine
from hl7console.settings.alert_file import parse_alerts
from hl7console.settings.alerts import AlertKind, AlertRule, CommandChannel
from hl7console.ui.alerts.channel_form import BLANKS
from hl7console.ui.alerts.channels_tab import what_it_does
from hl7console.ui.alerts.rule_fields import ABOUT, fields_of
from hl7console.ui.alerts.rule_form import RuleForm
from hl7console.ui.alerts.words import KIND_TITLES
from hl7console.ui.help.pages import all_pages
from hl7console.ui.main_window import MainWindow
from hl7console.ui.settings.alerts_page import AlertsPage
from hl7console.ui.settings.tick_list import TickList

TEXT = """# Rules of the team
[[rule]]
name = "Down"
kind = "connection"
wait_s = "1m"  # a restart takes 40 s

# At night only
[[rule]]
name = "Errors"
kind = "filter"
filter = "status:error"
limit = 3

[[command]]
name = "Pager"
command = ["notify", "--group", "on call"]
"""


class ReportJob(DoneJob):
    def __init__(self, report: JobReport) -> None:
        self._report = report

    def result(self, timeout_s: float | None = None) -> JobReport:
        return self._report


@dataclass
class NotingConsole:
    """An engine that notes what is asked about rules; saving writes the file."""

    engine: Engine
    commands: list[object] = field(default_factory=list)
    report: JobReport = JobReport("Done.")  # noqa: RUF009 - a frozen value

    @property
    def workspace(self):
        return self.engine.workspace

    def submit(self, command: object) -> object:
        self.commands.append(command)
        if isinstance(command, SaveAlertRules):
            (self.workspace / "alerts.toml").write_text(command.text, encoding="utf-8")
        return ReportJob(self.report)

    def __getattr__(self, name: str) -> object:
        return getattr(self.engine, name)


@pytest.fixture
def console(engine) -> NotingConsole:
    (engine.workspace / "alerts.toml").write_text(TEXT, encoding="utf-8")
    return NotingConsole(engine)


@pytest.fixture
def window(console, preferences, answers, qtbot) -> Iterator[MainWindow]:
    made = MainWindow(console, preferences=preferences, ask=answers)
    made.may_close = True
    qtbot.addWidget(made, before_close_func=lambda w: w.stop())
    made.show()
    made.start()
    yield made
    made.stop()
    made.close()


@pytest.fixture
def page(window, qtbot) -> AlertsPage:
    window.go_to("settings")
    window.settings().show_page("alerts")
    found = window.settings().alerts
    qtbot.waitUntil(lambda: len(found.draft.rules) == 2)
    return found


def line(page: AlertsPage, name: str) -> QLineEdit:
    return child(page.rules.form, QLineEdit, name)


def test_rules_are_listed_with_what_they_look_at(page):
    listing = page.rules.list
    assert [listing.item(row).text() for row in range(2)] == ["Down", "Errors"]
    assert [listing.item(row).toolTip() for row in range(2)] == [
        "Connection down · warning", "Messages matching a filter · warning",
    ]  # fmt: skip
    assert not page.save_button.isEnabled()


def test_a_form_changes_the_text_of_its_rule_and_nothing_else(page, qtbot):
    edit = line(page, "wait_s")
    assert edit.text() == "60"
    edit.setText("90")
    assert page.draft.text == TEXT.replace('"1m"', "90")
    assert page.text.text.toPlainText() == page.draft.text
    edit.setText("-3")
    assert page.draft.text == TEXT.replace('"1m"', "90")
    assert "0 or more" in child(page.rules.form, QLabel, "wait_s.note").text()
    edit.setText("90")
    assert page.save_button.isEnabled()
    page.save()
    qtbot.waitUntil(lambda: not page.draft.is_dirty)
    assert (page._workspace / "alerts.toml").read_text(encoding="utf-8") == page.draft.text


def test_what_is_usual_again_is_taken_out_of_the_text(page):
    line(page, "wait_s").setText("0")
    assert "wait_s" not in page.draft.text
    assert "# a restart takes 40 s" in page.draft.text


def test_a_tick_switches_a_rule_off_and_on(page):
    item = page.rules.list.item(1)
    item.setCheckState(Qt.CheckState.Unchecked)
    assert tomllib.loads(page.draft.text)["rule"][1]["enabled"] is False
    item.setCheckState(Qt.CheckState.Checked)
    assert page.draft.text == TEXT


@pytest.mark.parametrize("kind", list(AlertKind))
def test_a_form_offers_the_fields_its_kind_has(qtbot, kind):
    form = RuleForm()
    qtbot.addWidget(form)
    rule = AlertRule("R", kind, filter="status:error" if kind == AlertKind.FILTER else "")
    form.show_rule(rule)
    assert tuple(form.form.values()) == fields_of(kind)
    assert form.rule() == rule
    assert form.changes() == {}
    assert kind in KIND_TITLES
    assert kind in ABOUT


def test_every_setting_of_a_rule_is_in_the_form_of_some_kind():
    offered = {name for kind in AlertKind for name in fields_of(kind)}
    assert offered == {column.name for column in fields(AlertRule)}


def test_another_kind_brings_other_fields_and_takes_out_what_it_has_no_use_for(page, qtbot):
    page.rules.list.setCurrentRow(1)
    box = child(page.rules.form, QComboBox, "kind")
    box.setCurrentIndex(box.findData(str(AlertKind.BACKLOG)))
    assert tomllib.loads(page.draft.text)["rule"][1] == {"name": "Errors", "kind": "backlog"}
    assert line(page, "limit").text() == "0"
    assert "filter" not in page.rules.form.form.values()


def test_rules_are_added_and_deleted(page, answers, qtbot):
    page.rules.add()
    assert [rule.name for rule in page.draft.rules] == ["Down", "Errors", "New rule"]
    line(page, "name").setText("Errors")
    assert "Another rule" in child(page.rules.form, QLabel, "name.note").text()
    line(page, "name").setText("Quiet feed")
    assert page.rules.list.item(2).text() == "Quiet feed"
    answers.answer = "Delete"
    page.rules.list.setCurrentRow(1)
    page.rules.delete()
    assert [rule.name for rule in page.draft.rules] == ["Down", "Quiet feed"]
    assert "# At night only" not in page.draft.text
    assert "# Rules of the team" in page.draft.text


def test_a_mistake_is_told_at_its_line_and_the_old_rules_stay(page, console, qtbot):
    page.tabs.setCurrentIndex(3)
    wrong = TEXT.replace("limit = 3", 'limit = "many"')
    page.text.text.setPlainText(wrong)
    qtbot.waitUntil(lambda: not page.draft.is_sound)
    assert page.draft.line == 12
    problem = child(page, QPushButton, "rulesProblem")
    assert problem.isVisible()
    assert "Line 12" in problem.text()
    assert not page.save_button.isEnabled()
    qtbot.mouseClick(problem, Qt.MouseButton.LeftButton)
    assert page.text.text.textCursor().blockNumber() == 11
    page.tabs.setCurrentIndex(0)
    assert not page.rules.form.isEnabled()
    page.save()
    assert console.commands == []
    assert (page._workspace / "alerts.toml").read_text(encoding="utf-8") == TEXT
    page.revert()
    assert page.rules.form.isEnabled()
    assert page.text.text.toPlainText() == TEXT


def test_channels_and_what_it_hangs_on_are_ticked(page, qtbot):
    ticks = child(page.rules.form, TickList, "channels")
    qtbot.waitUntil(lambda: ticks.count() == 1)
    ticks.item(0).setCheckState(Qt.CheckState.Checked)
    assert tomllib.loads(page.draft.text)["rule"][0]["channels"] == ["Pager"]
    hangs_on = child(page.rules.form, TickList, "depends_on")
    assert [hangs_on.item(row).text() for row in range(2)] == ["The interface itself", "In"]
    hangs_on.item(0).setCheckState(Qt.CheckState.Checked)
    hangs_on.item(1).setCheckState(Qt.CheckState.Checked)
    assert tomllib.loads(page.draft.text)["rule"][0]["depends_on"] == ["@same", "In"]
    child(page.rules.form, QPushButton, "day.sat").click()
    assert tomllib.loads(page.draft.text)["rule"][0]["days"] == ["sat"]
    line(page, "from_time").setText("22:00")
    assert "Write both" in child(page.rules.form, QLabel, "to_time.note").text()
    line(page, "to_time").setText("06:00")
    assert tomllib.loads(page.draft.text)["rule"][0]["to_time"] == "06:00"


def test_what_a_field_cannot_show_is_left_as_it_is(page, qtbot):
    odd = '["PACS, old wing", "EHR"]'
    page.draft.load(TEXT.replace('kind = "connection"', f'kind = "connection"\nsubjects = {odd}'))
    line(page, "wait_s").setText("90")
    assert f"subjects = {odd}\n" in page.draft.text
    assert "wait_s = 90" in page.draft.text


def test_typing_in_the_text_shows_in_the_forms(page, qtbot):
    page.text.text.setPlainText(TEXT.replace('"Down"', '"Link down"'))
    qtbot.waitUntil(lambda: page.rules.list.item(0).text() == "Link down")
    assert line(page, "name").text() == "Link down"


def test_an_edit_by_a_form_can_be_undone_in_the_text(page, qtbot):
    line(page, "wait_s").setText("90")
    page.text.text.undo()
    page.text.take()
    assert page.draft.text == TEXT
    assert line(page, "wait_s").text() == "60"


def test_a_rule_is_tried_on_history(page, console, qtbot):
    console.report = JobReport(
        "Last month it would have fired 2 times.",
        details=(("2026-01-05 09:30", "PACS: refused"), ("2026-01-07 10:00", "PACS: refused")),
    )
    assert not page.rules.trial.button.isVisible()  # connections of the past are not kept
    page.rules.list.setCurrentRow(1)
    line(page, "limit").setText("4")
    qtbot.mouseClick(page.rules.trial.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "2 times" in page.rules.trial.told.text())
    command = console.commands[-1]
    assert isinstance(command, TryAlertRule)
    assert (command.rule, command.text) == ("Errors", page.draft.text)
    assert command.until_us - command.since_us == 31 * 86_400_000_000
    assert page.rules.trial.table.rows.rowCount() == 2
    page.rules.list.setCurrentRow(0)
    assert not page.rules.trial.told.isVisible()


def test_every_setting_and_every_kind_is_in_the_help():
    told = all_pages()["alerts"].markdown
    for column in fields(AlertRule):
        assert f"`{column.name}`" in told, column.name
    for kind in AlertKind:
        assert f"\n| `{kind}` |" in told, kind


def test_the_examples_of_the_help_are_sound_rules():
    told = all_pages()["alerts"].markdown
    blocks = [block for block in re.findall(r"```\n(.*?)```", told, re.DOTALL) if "[[" in block]
    assert len(blocks) >= 3
    mail = '[[email]]\nname = "Duty mail"\nhost = "m"\nsender = "a@b"\nrecipients = ["c@d"]\n'
    for block in blocks:
        checked(block if "[[email]]" in block else f"{block}\n{mail}")


# Channels


def test_a_command_is_off_until_somebody_approves_what_it_runs(page, console, answers, qtbot):
    page.tabs.setCurrentIndex(1)
    channels = page.channels
    qtbot.waitUntil(lambda: "nobody has approved it" in channels.state.text())
    assert not channels.test_button.isEnabled()
    channels.approve()
    assert escape("command: notify --group 'on call'") in answers.asked[-1]
    assert console.commands == []
    answers.answer = "Approve"
    channels.approve()
    channel = parse_alerts(TEXT).channels[0]
    assert console.commands == [ApproveChannel("Pager", channel_digest(channel))]


def test_nothing_of_what_is_approved_can_hide_as_markup():
    told = what_it_does(CommandChannel("X", ("run", "<!-- rm", "<p style='display:none'>")))
    document = QTextDocument()
    document.setHtml(told)
    assert "run '<!-- rm'" in document.toPlainText()
    assert "display:none" in document.toPlainText()


def test_a_channel_is_tested_once_it_is_saved(page, console, qtbot):
    page.tabs.setCurrentIndex(1)
    mail = 'host = "localhost"\nsender = "a@b.example"\nrecipients = ["c@b.example"]\n'
    page.draft.load(f'[[email]]\nname = "Mail"\n{mail}')
    page._ask_states()
    qtbot.waitUntil(page.channels.test_button.isEnabled)
    child(page.channels.form, QLineEdit, "user").setText("anna")
    assert tomllib.loads(page.draft.text)["email"][0]["user"] == "anna"
    assert not page.channels.test_button.isEnabled()
    child(page.channels.form, QLineEdit, "sender").setText("nobody")
    assert "no e-mail address" in child(page.channels.form, QLabel, "sender.note").text()
    assert page.draft.is_sound
    child(page.channels.form, QLineEdit, "sender").setText("n@b.example")
    assert tomllib.loads(page.draft.text)["email"][0]["sender"] == "n@b.example"
    page.save()
    qtbot.waitUntil(page.channels.test_button.isEnabled)
    console.report = JobReport("The test message was taken by the mail server.")
    qtbot.mouseClick(page.channels.test_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "was taken" in page.result.text)
    assert console.commands[-1] == TestChannel("Mail")


@pytest.mark.parametrize("kind", BLANKS)
def test_channels_of_every_kind_are_added_and_deleted(page, answers, kind):
    page.tabs.setCurrentIndex(1)
    page.channels._on_add(kind)
    added = page.channels.at
    assert added is not None
    assert added.table == kind
    assert page.draft.is_sound
    page.draft.change_rule(0, {"channels": (added.channel.name,)})
    answers.answer = "Delete"
    page.channels.delete()
    assert page.draft.text.replace("\n\n\n", "\n\n").strip() == TEXT.strip()


def test_rules_follow_a_channel_that_gets_another_name(page):
    page.draft.change_rule(1, {"channels": ("Pager",)})
    page.tabs.setCurrentIndex(1)
    child(page.channels.form, QLineEdit, "name").setText("Duty pager")
    said = tomllib.loads(page.draft.text)
    assert said["rule"][1]["channels"] == ["Duty pager"]
    assert said["command"][0]["name"] == "Duty pager"
    assert page.draft.is_sound


def test_a_program_is_written_with_quotes(page):
    page.tabs.setCurrentIndex(1)
    edit = child(page.channels.form, QLineEdit, "command")
    assert edit.text() == "notify --group 'on call'"
    edit.setText("notify --group 'on call")
    assert "quote" in child(page.channels.form, QLabel, "command.note").text()
    edit.setText('notify --text "it is down"')
    assert tomllib.loads(page.draft.text)["command"][0]["command"] == [
        "notify", "--text", "it is down",
    ]  # fmt: skip


# The learned normal


def test_the_normal_and_the_grouping_are_edited(page):
    form = page.normal.form
    child(form, QLineEdit, "leave_out").setText("2026-12-24..2026-12-26, 2027-01-01")
    child(form, QLineEdit, "weeks").setText("6")
    child(form, QLineEdit, "group_above").setText("3")
    said = tomllib.loads(page.draft.text)
    assert said["normal"] == {"leave_out": ["2026-12-24..2026-12-26", "2027-01-01"], "weeks": 6}
    assert said["group_above"] == 3
    assert page.draft.text.startswith("group_above = 3\n\n# Rules of the team\n")
    child(form, QLineEdit, "least_weeks").setText("9")
    assert "not above" in child(form, QLabel, "least_weeks.note").text()
    assert page.draft.is_sound
    child(form, QLineEdit, "least_weeks").setText("3")
    child(form, QLineEdit, "leave_out").setText("Christmas")
    assert "Christmas is not a day" in child(form, QLabel, "leave_out.note").text()
    assert tomllib.loads(page.draft.text)["normal"] == said["normal"]


def test_without_a_file_the_built_in_rules_are_shown(window, console, qtbot):
    (console.workspace / "alerts.toml").unlink()
    window.go_to("settings")
    window.settings().show_rule("Queue stuck")
    page = window.settings().alerts
    qtbot.waitUntil(lambda: page.rules.rule is not None and page.rules.rule.name == "Queue stuck")
    assert page.isVisible()
