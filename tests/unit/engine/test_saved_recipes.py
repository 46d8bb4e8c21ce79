"""Saved recipes and tables of a workspace; texts and approvals in the database."""

from __future__ import annotations

import pytest

from hl7console.engine import recipes
from hl7console.engine.recipe_preview import preview
from hl7console.errors import UsageError
from hl7console.hl7v2.recipes import load_recipe
from hl7console.store.approvals import FUNCTION, Approval, approval, approve, withdraw
from hl7console.store.connection import Database
from hl7console.store.migrations import migrate
from hl7console.store.recipes import keep_recipe, recipe_text

RAW = b"MSH|^~\\&|A|B|C|D|20260101120000||ADT^A01|1|P|2.5\rPID|1||77001||X\r"


@pytest.fixture
def database(tmp_path):
    made = Database(tmp_path / "console.db", None)
    migrate(made)
    yield made
    made.close()


def test_recipes_are_files_with_names(tmp_path):
    assert recipes.names(tmp_path) == []
    recipes.save(tmp_path, "Für Test 1.2", "one\r\n")
    recipes.save(tmp_path, "also", "two")
    recipes.save(tmp_path, "also", "three")
    (tmp_path / "recipes" / "nul.toml").write_text("x")
    (tmp_path / "recipes" / "note.txt").write_text("x")
    assert recipes.names(tmp_path) == ["also", "Für Test 1.2"]
    assert recipes.read(tmp_path, "also") == "three"
    recipes.delete(tmp_path, "also")
    recipes.delete(tmp_path, "also")
    assert recipes.names(tmp_path) == ["Für Test 1.2"]
    with pytest.raises(UsageError, match="no recipe also"):
        recipes.read(tmp_path, "also")


@pytest.mark.parametrize(
    "name",
    [
        "",
        " x",
        "x ",
        "x.",
        "../x",
        "a/b",
        "a\\b",
        "con",
        "NUL",
        "com1.x",
        "a:b",
        "x" * 65,
        "a\nb",
        "*",
    ],
)
def test_names_must_be_names_of_files_everywhere(tmp_path, name):
    with pytest.raises(UsageError, match="cannot have this name"):
        recipes.save(tmp_path, name, "")


def test_a_file_that_is_no_text_is_told(tmp_path):
    recipes.save(tmp_path, "x", "")
    (tmp_path / "recipes" / "x.toml").write_bytes(b"\xff\xff")
    with pytest.raises(UsageError, match="cannot be read"):
        recipes.read(tmp_path, "x")


@pytest.mark.parametrize("text", ["I,IN\nO,OUT\n", "\ufeffI;IN\r\nO;OUT", 'I\tIN\n"O"\tOUT\n\nx'])
def test_tables_are_read_from_files(tmp_path, text):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "classes.csv").write_text(text, encoding="utf-8", newline="")
    (tmp_path / "tables" / "bad.csv").write_bytes(b"\xff\xfe\xff")
    assert recipes.tables(tmp_path) == {"classes": {"I": "IN", "O": "OUT"}}


def test_the_context_gives_ids_that_differ_and_its_time(tmp_path):
    context = recipes.context_of(tmp_path, lambda _: False)
    assert context.new_control_id() != context.new_control_id()
    assert recipes.at(context, 5).now_us == 5
    assert recipes.at(context).now_us > context.now_us - 1


def test_the_same_text_is_kept_once(database):
    first = keep_recipe(database, "A", "text", 1)
    assert keep_recipe(database, "B", "text", 2) == first
    assert keep_recipe(database, "B", "other", 2) != first
    assert recipe_text(database, first) == ("A", "text")
    with pytest.raises(KeyError):
        recipe_text(database, 99)


def test_approvals_go_by_content(database):
    given = Approval("ab" * 32, FUNCTION, "tidy.py", 5, "me")
    approve(database, given)
    assert approval(database, FUNCTION, given.digest) == given
    assert approval(database, "other", given.digest) is None
    assert approval(database, FUNCTION, "cd" * 32) is None
    assert withdraw(database, FUNCTION, given.digest)
    assert not withdraw(database, FUNCTION, given.digest)
    assert approval(database, FUNCTION, given.digest) is None


def test_a_preview_counts(tmp_path):
    recipe = load_recipe('[[step]]\nclear = "PID-5"\n[[step]]\nset = "PID-8"\nvalue = "Q"\n')
    context = recipes.context_of(tmp_path, lambda _: False)
    found = preview(recipe, [(1, RAW), (2, RAW), (3, b"")], context)
    assert (found.changed, found.faults) == (2, 0)
    assert [(step.changed, step.messages) for step in found.steps] == [(2, 2), (2, 2)]
    assert found.worsened == 2
    assert found.messages[0].differences
    assert not preview(recipe, [(1, RAW)], context, lambda: True).messages
