"""Recipes on other people's messages: what isn't named stays as it is, byte for byte."""

from __future__ import annotations

from pathlib import Path

from hl7console.engine import recipes
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.recipes import load_recipe

_NOT_MESSAGES = {".json", ".tsv"}


def _messages(corpus: Path) -> list[bytes]:
    files = [p for p in sorted(corpus.rglob("*")) if p.is_file() and p.name != "NOTICE"]
    return [path.read_bytes() for path in files if path.suffix not in _NOT_MESSAGES]


def test_dates_that_move_there_and_back_give_the_same_bytes(corpus, tmp_path):
    context = recipes.context_of(tmp_path, lambda _: False)
    there = load_recipe('[[step]]\nshift = "all"\ndays = 7\n')
    back = load_recipe('[[step]]\nshift = "all"\ndays = -7\n')
    changed = 0
    for raw in _messages(corpus):
        moved = there.apply(raw, context)
        changed += moved.is_changed
        assert back.apply(moved.raw, context).raw == raw
    assert changed > 100


def test_only_the_named_field_is_another(corpus, tmp_path):
    context = recipes.context_of(tmp_path, lambda _: False)
    recipe = load_recipe('[[step]]\nset = "MSH-5"\nvalue = "T^&|"\n')
    changed = 0
    for raw in _messages(corpus):
        before = Message.parse(raw)
        made = recipe.apply(raw, context)
        after = Message.parse(made.raw)
        if not made.is_changed:
            continue
        changed += 1
        assert set(after.values("MSH-5")) == {"T^&|"}
        others = [s.raw_text for s in before.segments if s.id != "MSH"]
        assert [s.raw_text for s in after.segments if s.id != "MSH"] == others
        for number in (3, 4, 6, 7, 9, 10, 11, 12):
            assert after.values(f"MSH-{number}") == before.values(f"MSH-{number}")
    assert changed > 100
