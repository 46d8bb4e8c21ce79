"""Every code of the worklist has its sentence: hl7console.worklist.wording."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from hl7console.worklist import wording
from hl7console.worklist.wording import AREAS

PACKAGE = Path(wording.__file__).parents[1]
SOURCES = sorted((PACKAGE / "worklist").rglob("*.py")) + sorted((PACKAGE / "dicom").rglob("*.py"))
FIRST = {"note", "refuse", "add_flag", "drop_flag", "flag"}
"""Methods whose first argument is a code (second of add_flag and drop_flag)."""
RULE_AT = {"put": 3, "set": 4}
"""Methods with a rule, and its place."""


def _is_module(node: ast.expr) -> bool:
    """Return whether a call is to a module's function, whose arguments are other ones."""
    return isinstance(node, ast.Name) and node.id in ("merging", "persons", "identity")


def literals(node: ast.expr | None) -> Iterator[str]:
    """Yield the texts that an argument may be: plain, or either one of a condition."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def used(path: Path) -> Iterator[tuple[str, str, bool]]:
    """Yield code, place and whether it refuses, of each code in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name, args = node.func.attr, node.args
        found = next((k.value for k in node.keywords if k.arg == "rule"), None)
        if name in ("add_flag", "drop_flag") and len(args) > 1:
            found = args[1]
        elif name in FIRST and args and name not in ("add_flag", "drop_flag"):
            found = args[0]
        elif name in RULE_AT and len(args) > RULE_AT[name] and not _is_module(node.func.value):
            found = args[RULE_AT[name]]
        is_error = name == "refuse" or any(
            isinstance(a, ast.Attribute) and a.attr == "ERROR" for a in args
        )
        for code in literals(found):
            if code.replace("_", "").isalnum() and code.islower():
                yield code, f"{path.relative_to(PACKAGE)}:{node.lineno}", is_error


CODES = [found for path in SOURCES for found in used(path)]


def test_codes_are_found():
    codes = {code for code, _, _ in CODES}
    assert {"aa_defaulted", "profile_invalid", "modality_unknown", "station_rule"} <= codes


def test_every_code_has_a_sentence():
    missing = {code: place for code, place, _ in CODES if code not in wording.codes()}
    assert not missing


def test_every_refusal_says_what_to_ask_for():
    missing = {code: place for code, place, is_error in CODES if is_error and not wording.ask(code)}
    assert not missing


@pytest.mark.parametrize("code", sorted(wording.codes()))
def test_sentences_read_well(code: str):
    for text in (wording.sentence(code), wording.ask(code) or "None."):
        assert text[0].isupper() or text[0] in "({", text
        assert text.rstrip().endswith((".", "!", "?", ")"))
        assert "\u2014" not in text
        assert "  " not in text
    list(string.Formatter().parse(wording.sentence(code)))


def test_values_are_put_in_and_missing_ones_do_no_harm():
    assert "(line 3)" in wording.sentence("profile_invalid", {"name": "x{y}", "line": "3"})
    assert "x{y}" in wording.sentence("profile_invalid", {"name": "x{y}"})
    assert wording.sentence("no_such_code") == "no such code."
    assert wording.ask("no_such_code") == ""


def test_no_code_has_two_sentences():
    import tomllib

    from hl7console import assets

    seen: dict[str, str] = {}
    for area in AREAS:
        try:
            table = tomllib.loads(assets.read_text(f"worklist_wording/{area}.toml"))
        except FileNotFoundError:
            continue
        for code in table:
            assert code not in seen, f"{code} in {area} and {seen[code]}"
            seen[code] = area


@pytest.mark.parametrize("code", sorted(wording.codes()))
def test_what_is_shown_without_values_has_no_gaps(code):
    if code in all_flagged():
        assert "(unknown)" not in wording.flag_sentence(code)


@cache
def all_flagged() -> frozenset[str]:
    """Return the codes that rows can have as flags, in all sources."""
    return frozenset(found for path in SOURCES for found in flagged(path))


def flagged(path: Path) -> Iterator[str]:
    """Yield the codes that a row can have as flags."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            at = {"add_flag": 1, "conflict": 0, "keep_conflict": 0, "flag": 0}.get(node.func.attr)
            if at is not None and len(node.args) > at:
                yield from literals(node.args[at])


def test_a_code_or_a_value_that_nobody_knows_is_still_a_sentence():
    assert wording.sentence("of_a_later_version") == "of a later version."
    assert wording.ask("of_a_later_version") == ""
    assert wording.flag_sentence("of_a_later_version") == "of a later version."
    assert "(unknown)" in wording.sentence("query_key_nonsense")


def test_an_area_without_its_file_is_passed_over(monkeypatch):
    wording._sentences.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(wording, "AREAS", ("orders", "nonesuch"))
        assert "control_unmapped" in wording.codes()
        assert "query_key_nonsense" not in wording.codes()
    wording._sentences.cache_clear()
    assert "query_key_nonsense" in wording.codes()


def test_sections_are_only_for_the_eye_and_other_values_say_nothing():
    found = {}
    table = {
        "plain": "Plain.", "count": 3,
        "section": {"inner": "Inner.", "asked": {"text": "Asked.", "ask": "Ask.", "flag": "Flag."}},
    }  # fmt: skip
    wording._take(table, found)
    assert found == {
        "plain": ("Plain.", "", ""),
        "inner": ("Inner.", "", ""),
        "asked": ("Asked.", "Ask.", "Flag."),
    }
