"""Recipes in the window: writing one, its mistakes, the preview, saving, approving, choosing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from window_kit import order, port, send, shown

from hl7console.engine import recipes
from hl7console.ui.recipes.opening import choose_recipe, open_recipes
from hl7console.ui.recipes.recipes_dialog import RecipesDialog
from hl7console.ui.recipes.step_templates import TEMPLATES

RECIPE = '[[step]]\nset = "MSH-5"\nvalue = "TEST"\n\n[[step]]\nclear = "ZZZ-1"\n'


@pytest.fixture
def ids(window, engine, qtbot):
    send(port(engine), order("A1"), order("A2"))
    qtbot.waitUntil(lambda: len(shown(window)) == 2)
    window.messages.table.selectAll()
    return window.messages.table.selected_ids(10)


@pytest.fixture
def opened(window, engine, ids, answers, qtbot):
    dialog = open_recipes(window, engine, ids, ask=answers)
    qtbot.waitUntil(lambda: dialog.is_listed)
    return dialog  # the window closes it at its end


def write(dialog, text, qtbot):
    dialog.parts.text.setPlainText(text)
    qtbot.waitUntil(lambda: dialog._recipe is not None)


def test_the_preview_tells_what_each_step_does(opened, qtbot):
    write(opened, RECIPE, qtbot)
    with qtbot.waitSignal(opened.previewed):
        opened.parts.preview_button.click()
    pane = opened.parts.preview
    assert pane.summary.text() == "Changes 2 of 2 messages."
    steps = [pane.steps.rows.texts(row)[2] for row in range(2)]
    assert steps == ["2 places in 2 messages", "nothing: no message has such a place"]
    assert pane.changes.rows.texts(0) == ("MSH-5", "PACS", "TEST")
    assert pane.message.count() == 2


def test_the_preview_calls_out_what_gets_worse_and_what_changes_nothing(opened, qtbot):
    write(opened, '[[step]]\nset = "PID-8"\nvalue = "QQ"\n', qtbot)
    with qtbot.waitSignal(opened.previewed):
        opened.preview()
    assert "Makes something wrong in 2." in opened.parts.preview.summary.text()
    assert "PID-8" in opened.parts.preview.told.text()
    write(opened, '[[step]]\nset = "MSH-5"\nvalue = "PACS"\n', qtbot)
    with qtbot.waitSignal(opened.previewed):
        opened.preview()
    assert opened.parts.preview.summary.text() == "Changes nothing in 2 messages."
    write(opened, '[[step]]\nset = "PID-5"\nvalue = "東"\n', qtbot)
    with qtbot.waitSignal(opened.previewed):
        opened.preview()
    assert "Cannot be applied to 2." in opened.parts.preview.summary.text()


def test_a_mistake_is_told_with_its_line(opened, qtbot):
    opened.parts.text.setPlainText('[[step]]\nset = "MSH-5"\nvalu = "TEST"\n')
    qtbot.waitUntil(lambda: "Line 3" in opened.parts.said)
    assert not opened.parts.preview_button.isEnabled()
    opened.parts.problem.click()
    assert opened.parts.text.textCursor().blockNumber() == 2


def test_steps_are_put_in_and_every_template_is_a_step(opened, qtbot):
    opened.parts.text.setPlainText("")
    for action in opened.parts.steps_menu.actions()[: len(TEMPLATES)]:
        action.trigger()
    qtbot.waitUntil(lambda: opened._recipe is not None)
    assert len(opened._recipe.steps) == len(TEMPLATES)
    opened.parts.steps_menu.actions()[-1].trigger()
    qtbot.waitUntil(lambda: opened._recipe is not None)
    assert opened._recipe.steps[-1].condition is not None


def test_recipes_are_saved_shown_and_deleted(opened, engine, answers, qtbot):
    opened.parts.name.setText("To test")
    write(opened, RECIPE, qtbot)
    with qtbot.waitSignal(opened.listed):
        qtbot.keyClick(opened.parts.text, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert recipes.read(engine.workspace, "To test") == RECIPE
    assert not opened.is_dirty
    opened.new()
    opened.parts.name.setText("TO TEST")
    opened.save()
    assert "already" in answers.asked[-1]
    opened.parts.saved.setCurrentRow(0)
    qtbot.waitUntil(lambda: opened.text == RECIPE)
    answers.answer = "Delete"
    with qtbot.waitSignal(opened.listed):
        opened.parts.delete.click()
    assert recipes.names(engine.workspace) == []


def test_what_is_typed_is_not_lost_without_a_question(opened, answers, qtbot):
    opened.parts.text.setPlainText("[[step]]")
    answers.answer = "Keep editing"
    opened.reject()
    assert opened.isVisible()
    assert opened.text == "[[step]]"


def test_a_function_runs_once_it_is_approved(opened, engine, answers, qtbot):
    folder = engine.workspace / "functions"
    folder.mkdir()
    (folder / "tidy.py").write_text("def run(m):\n    return m.replace(b'PACS', b'PACT')\n")
    write(opened, '[[step]]\nfunction = "tidy.py:run"\n', qtbot)
    with qtbot.waitSignal(opened.previewed):
        opened.preview()
    assert "not been approved" in opened.parts.preview.told.text()
    answers.answer = "Approve"
    with qtbot.waitSignal(opened.approvals_done):
        opened.parts.approve.click()
    assert "SHA-256" in answers.asked[-1]
    with qtbot.waitSignal(opened.previewed):
        opened.preview()
    assert opened.parts.preview.changes.rows.texts(0) == ("MSH-5", "PACS", "PACT")
    reader = engine.open_reader()
    rows = reader.database().all("SELECT action, subject FROM audit ORDER BY id DESC LIMIT 1")
    reader.close()
    assert list(rows) == [("function approved", "tidy.py")]


def test_a_recipe_is_chosen_for_others(window, engine, answers, qtbot):
    recipes.save(engine.workspace, "To test", RECIPE)
    taken = []
    dialog = choose_recipe(
        window, engine, (), lambda *found: taken.append(found), raw=order("X"), ask=answers
    )
    qtbot.waitUntil(lambda: dialog._recipe is not None and dialog.text == RECIPE)
    dialog.use()
    assert taken == [("To test", RECIPE)]
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_the_list_opens_the_recipes_on_what_is_chosen(window, ids, qtbot):
    window.actions_by_name["recipes.open"].trigger()
    dialog = window.findChild(RecipesDialog)
    qtbot.waitUntil(lambda: dialog._recipe is not None)
    with qtbot.waitSignal(dialog.previewed):
        qtbot.keyClick(dialog.parts.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(dialog.parts.preview._preview.messages) == len(ids) == 2
    dialog.parts.text.setPlainText(RECIPE)
    assert "changed since" in dialog.parts.preview.summary.text()
    window.messages.table.clearSelection()
    assert window.actions_by_name["recipes.open"].isEnabled()
