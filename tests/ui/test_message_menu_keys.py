"""Every entry of the messages' menu, run by the menu's keys and by its own, on a real engine.

`ENTRIES` has a row for each entry: what has to be there first, and what is seen once it ran. An
entry without a row fails the test of the menu.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from menu_keys_kit import choose, entries_of, press_menu_key, press_shift_f10, run_by_keys
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot
from window_kit import Answers, port, send, shown

from hl7console.engine.console import DeleteInterface, SaveDestination
from hl7console.engine.repair_commands import MarkHandled
from hl7console.engine.supervisor import Engine
from hl7console.settings import DestinationSettings, Environment
from hl7console.ui.compare.opening import CompareWindow
from hl7console.ui.editing.opening import editors_of
from hl7console.ui.main_window import MainWindow
from hl7console.ui.messages.message_actions import GROUP
from hl7console.ui.recipes.recipes_dialog import RecipesDialog
from hl7console.ui.sending.resend_dialog import ResendDialog
from hl7console.ui.worklist.command_dialog import CommandDialog

MENU = "messageMenu"
LOOKING = "Looking…"
"""Stands in a menu until what it offers was read."""


def order(control_id: str, patient: str = "77001") -> bytes:
    return (
        f"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|20260105093012||ORM^O01^ORM_O01|{control_id}|P|2.5.1\r"
        f"PID|1||{patient}^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
        "ORC|NW|P1^REGRIS|||SC\r"
        "OBR|1|P1^REGRIS||CTHEAD^CT HEAD||||||||||||||A1\r"
    ).encode()


@dataclass
class Stage:
    """What a row of the table works with: two messages listed, the newest, K2, chosen."""

    window: MainWindow
    engine: Engine
    answers: Answers
    folder: Path
    qtbot: QtBot

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(condition)

    def opened(self, kind: type) -> object:
        """Return the window that has opened, or that opens in a moment."""
        self.wait(lambda: any(w.isVisible() for w in self.window.findChildren(kind)))
        (found,) = [w for w in self.window.findChildren(kind) if w.isVisible()]
        return found

    def close(self, dialog: QDialog) -> None:
        self.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

    def handled(self, row: int) -> bool:
        found = self.window.messages.feed.model.row_at(row)
        return found is not None and found.handled


def nothing(_stage: Stage) -> None:
    """Nothing has to be there first."""


# What has to be there first


def with_a_path(stage: Stage) -> None:
    stage.answers.path = stage.folder / "out.hl7"


def with_both_handled(stage: Stage) -> None:
    stage.engine.submit(MarkHandled((1, 2), is_handled=True)).result(20)


def with_a_search(stage: Stage) -> None:
    stage.window.messages.search.set_text("patient:88")
    stage.wait(lambda: shown(stage.window) == ["K2"])
    table = stage.window.messages.table
    table.setFocus()
    table.go_to(0)


# What is seen


def it_is_asked_where_to(stage: Stage) -> None:
    dialog = stage.opened(ResendDialog)
    assert dialog.report is None
    assert dialog.command.message_ids == (2,)
    stage.close(dialog)


def it_is_sent_from_the_dialog(stage: Stage) -> None:
    dialog = stage.opened(ResendDialog)
    stage.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    it_was_sent(stage)


def it_was_sent(stage: Stage) -> None:
    dialog = stage.opened(ResendDialog)
    stage.wait(lambda: dialog.report is not None)
    assert [r.control_id for r in dialog.report.results] == ["K2"]
    assert dialog.report.accepted == 1
    stage.close(dialog)
    stage.wait(lambda: sorted(shown(stage.window)) == ["K1", "K2", "K2"])


def it_is_queued(stage: Stage) -> None:
    dialog = stage.opened(CommandDialog)
    stage.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    stage.wait(lambda: stage.window.notice.text == "1 message waits for Test.")
    stage.wait(lambda: sorted(shown(stage.window)) == ["K1", "K2", "K2"])


def it_is_edited(stage: Stage) -> None:
    stage.wait(lambda: len(editors_of(stage.window)) == 1)
    (editor,) = editors_of(stage.window)
    assert editor.parent_id == 2


def it_is_compared_with_its_answer(stage: Stage) -> None:
    compared = stage.opened(CompareWindow)
    assert "K2" in compared.windowTitle()
    assert "its acknowledgement" in compared.windowTitle()


def copied(test: Callable[[str], bool]) -> Callable[[Stage], None]:
    def seen(stage: Stage) -> None:
        stage.wait(lambda: test(QGuiApplication.clipboard().text()))

    return seen


def is_json(text: str) -> bool:
    return bool(text) and "MARLOWE" in json.dumps(json.loads(text))


def it_was_saved(stage: Stage) -> None:
    stage.wait(lambda: "Saved 1 message as out.hl7." in stage.window.notice.text)
    assert stage.answers.path.read_bytes() == order("K2", "88")


def only_it_is_handled(stage: Stage) -> None:
    stage.wait(lambda: stage.handled(0))
    assert not stage.handled(1)


def only_the_other_is_handled(stage: Stage) -> None:
    stage.wait(lambda: not stage.handled(0) and stage.handled(1))


def recipes_are_open(stage: Stage) -> None:
    dialog = stage.opened(RecipesDialog)
    stage.wait(lambda: dialog.is_listed)
    dialog.parts.text.setPlainText('[[step]]\nset = "MSH-5"\nvalue = "TEST"\n')
    stage.wait(dialog.parts.preview_button.isEnabled)
    with stage.qtbot.waitSignal(dialog.previewed):
        dialog.parts.preview_button.click()
    assert dialog.parts.preview.summary.text() == "Changes 1 of 1 message."
    dialog.done(0)


def searched(text: str) -> Callable[[Stage], None]:
    def seen(stage: Stage) -> None:
        assert stage.window.messages.search.text == text

    return seen


def found_is_sent(stage: Stage) -> None:
    dialog = stage.opened(ResendDialog)
    stage.wait(lambda: dialog.limit.maximum() == 1)
    assert dialog.command.filter == "patient:88"
    stage.close(dialog)


@dataclass(frozen=True)
class Entry:
    """An entry of the menu."""

    action: str
    """Name of the action that does the same; "" where only the menu has it."""
    seen: Callable[[Stage], None]
    first: Callable[[Stage], None] = nothing


ENTRIES = {
    ("Resend…",): Entry("messages.resend", it_is_sent_from_the_dialog),
    ("Resend to", "Test"): Entry("", it_was_sent),
    ("Resend to", "Another address…"): Entry("", it_is_asked_where_to),
    ("Queue at a destination…",): Entry("messages.queue", it_is_queued),
    ("Edit and resend…",): Entry("messages.edit", it_is_edited),
    ("Compare", "With its acknowledgement"): Entry(
        "messages.compare", it_is_compared_with_its_answer
    ),
    ("Copy as", "Copy as raw"): Entry(
        "messages.copyRaw", copied(lambda text: text.startswith("MSH|") and "\r" in text)
    ),
    ("Copy as", "Copy as HL7 with line breaks"): Entry(
        "messages.copyLines", copied(lambda text: "K2" in text and "\nPID|" in text)
    ),
    ("Copy as", "Copy as JSON of fields"): Entry("messages.copyJson", copied(is_json)),
    ("Copy as", "Copy control ID"): Entry(
        "messages.copyControl", copied(lambda text: text == "K2")
    ),
    ("Save as file…",): Entry("messages.save", it_was_saved, with_a_path),
    ("Mark handled",): Entry("messages.handled", only_it_is_handled),
    ("Mark not handled",): Entry(
        "messages.notHandled", only_the_other_is_handled, with_both_handled
    ),
    ("Recipes…",): Entry("recipes.open", recipes_are_open),
    ("Show only this patient",): Entry("messages.onlyPatient", searched("patient:88^NORTH")),
    ("Show only this accession",): Entry("messages.onlyAccession", searched("accession:A1")),
    ("Show only this sender",): Entry("messages.onlySender", searched("from:REGRIS|NORTH")),
    ("Show only this type",): Entry("messages.onlyType", searched("type:ORM^O01")),
    ("Resend all that this search finds…",): Entry("search.resend", found_is_sent, with_a_search),
}
"""The entries by their words, after those of the menus that they are in."""


@pytest.fixture
def stage(window, engine, answers, tmp_path, qtbot) -> Stage:
    """The window on Messages with two of them, the newest chosen, and one destination."""
    send(port(engine), order("K1"), order("K2", "88"))
    to = DestinationSettings(name="Test", port=port(engine))
    engine.submit(SaveDestination(to)).result(10)
    qtbot.waitUntil(lambda: len(shown(window)) == 2 and bool(window.bridge.destinations))
    window.activateWindow()
    table = window.messages.table
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    qtbot.keyClick(table, Qt.Key.Key_Home)
    QGuiApplication.clipboard().clear()
    return Stage(window, engine, answers, tmp_path, qtbot)


@pytest.mark.parametrize("path", ENTRIES, ids=" - ".join)
def test_an_entry_does_what_it_says_from_the_menu(stage, path, qtbot):
    entry = ENTRIES[path]
    entry.first(stage)
    table = stage.window.messages.table
    choose(MENU, lambda: press_shift_f10(table, qtbot), path, qtbot)
    entry.seen(stage)


@pytest.mark.parametrize("path", [p for p, e in ENTRIES.items() if e.action], ids=" - ".join)
def test_an_entry_does_what_it_says_by_its_keys(stage, path, qtbot):
    entry = ENTRIES[path]
    entry.first(stage)
    run_by_keys(stage.window, entry.action, qtbot)
    entry.seen(stage)


@pytest.mark.parametrize("key", ["menu key", "Shift+F10"])
def test_the_menu_holds_what_the_table_has_and_nothing_else(stage, key, qtbot):
    table = stage.window.messages.table

    def press() -> None:
        if key == "menu key":
            press_menu_key(table)
        else:
            press_shift_f10(table, qtbot)

    found = entries_of(MENU, press, qtbot)
    # A destination stands there with its address and its environment.
    named = [tuple(word.partition(" · ")[0] for word in path) for path in found]
    wanted = [("Compare", LOOKING) if path[0] == "Compare" else path for path in ENTRIES]
    assert named == wanted


def test_every_action_of_chosen_messages_has_a_row(stage):
    actions = stage.window.actions_by_name.all()
    of_messages = {a.objectName() for a in actions if a.data() == GROUP}
    assert of_messages == {e.action for e in ENTRIES.values()} - {
        "",
        "recipes.open",
        "search.resend",
    }


def test_two_chosen_messages_are_compared_by_menu_and_keys(stage, qtbot):
    table = stage.window.messages.table
    qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    choose(MENU, lambda: press_shift_f10(table, qtbot), ("Compare…",), qtbot)
    compared = stage.opened(CompareWindow)
    stage.wait(lambda: "K1" in compared.windowTitle() and "K2" in compared.windowTitle())
    compared.close()
    with qtbot.waitActive(stage.window):
        stage.window.activateWindow()
    table.setFocus()
    run_by_keys(stage.window, "messages.compare", qtbot)
    stage.opened(CompareWindow)


def test_queueing_at_a_production_destination_takes_its_name(stage, engine, qtbot):
    to = DestinationSettings(name="Live", port=port(engine), environment=Environment.PRODUCTION)
    engine.submit(SaveDestination(to)).result(10)
    qtbot.waitUntil(lambda: len(stage.window.bridge.destinations) == 2)
    run_by_keys(stage.window, "messages.queue", qtbot)
    dialog = stage.opened(CommandDialog)
    dialog.form.set_values({"to": "Live"})
    dialog.submit()
    assert dialog.told.text() == "Type Live to go on."
    dialog.form.set_values({"confirm": "Live"})
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: stage.window.notice.text == "1 message waits for Live.")


def test_what_cannot_be_queued_says_why(stage, engine, qtbot):
    engine.submit(DeleteInterface("Test")).result(10)
    qtbot.waitUntil(lambda: not stage.window.bridge.destinations)
    run_by_keys(stage.window, "messages.queue", qtbot)
    assert "There is no destination in use." in stage.window.notice.text
