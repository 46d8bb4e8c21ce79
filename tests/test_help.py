"""Help is complete: commands, options, filter keys, faults and links; for the rest see tests/ui."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hl7console import assets
from hl7console.cli.program import hl7console as program
from hl7console.hl7v2.filters import KEYS, parse
from hl7console.ui.help.pages import (
    ORDER,
    all_pages,
    anchor_of,
    make_page,
    plain,
    search,
    split_link,
)

SOURCE = Path(__file__).parent.parent / "hl7console"


def commands(
    group: click.Group, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*before, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))


COMMANDS = dict(commands(program))


def section_of(page: str, heading: str) -> str:
    text = all_pages()[page].markdown
    found = re.search(rf"(?ms)^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text)
    assert found, f"{page}.md has no section {heading}"
    return found[1]


@pytest.mark.parametrize("name", ORDER)
def test_every_page_is_there_and_has_one_title(name):
    page = all_pages()[name]
    titles = [line for line in page.markdown.split("\n") if line.startswith("# ")]
    assert titles == [f"# {page.title}"]
    assert len(page.sections) == len({s.anchor for s in page.sections})


def test_no_page_is_left_out():
    assert {path.stem for path in assets.asset_path("help").glob("*.md")} == set(ORDER)


@pytest.mark.parametrize("name", ORDER)
def test_every_link_leads_somewhere(name):
    for page, anchor in all_pages()[name].links():
        assert page in ORDER, f"{name}.md links to {page}"
        anchors = {section.anchor for section in all_pages()[page].sections}
        assert not anchor or anchor in anchors, f"{name}.md links to {page}#{anchor}"


def test_the_first_page_leads_to_all_others():
    assert {page for page, _ in all_pages()["index"].links()} >= set(ORDER) - {"index"}


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_command_and_option_is_documented(names):
    section = section_of("command-line", names[0])
    assert " ".join(names) in section if len(names) > 1 else True
    general = section_of("command-line", "For every command")
    for option in COMMANDS[names].params:
        if isinstance(option, click.Option) and not option.hidden:
            for written in option.opts:
                assert f"`{written}" in section + general, f"{' '.join(names)} {written}"


def test_options_before_the_command_are_documented():
    general = section_of("command-line", "For every command")
    for option in program.params:
        for written in option.opts:
            assert f"`{written}" in general, written


def test_no_option_is_documented_that_is_not_there():
    known = {o for c in COMMANDS.values() for p in c.params for o in p.opts}
    known |= {o for p in program.params for o in p.opts} | {"--help", "-h", "--version"}
    for name in set(ORDER) - {"changelog"}:
        written = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", all_pages()[name].markdown))
        assert written <= known, name


@pytest.mark.parametrize("key", KEYS.values(), ids=lambda key: key.name)
def test_every_filter_key_and_value_is_documented(key):
    row = re.search(rf"^\| `{key.name}:` .*$", section_of("messages", "Keys"), re.MULTILINE)
    assert row, key.name
    if key.name in ("status", "has", "handled"):
        assert all(f"`{value}`" in row[0] for value in key.values)


@pytest.mark.parametrize("name", ORDER)
def test_examples_of_filters_are_filters(name):
    """Whatever looks like one in code, on whatever page."""
    text = all_pages()[name].markdown
    blocks = [
        line.split("   ")[0]
        for block in re.findall(r"```\n(.*?)```", text, re.DOTALL)
        for line in block.split("\n")
    ]
    filters = [
        written
        for written in [*blocks, *re.findall(r"`([^`\n]+)`", text)]
        if re.match(rf"-?(?:{'|'.join(KEYS)}):\S|[A-Z][A-Z0-9]{{2}}[-.]\d.*[=~<>]\S", written)
    ]
    for written in filters:
        if "…" not in written:
            parse(written)
    assert filters or name != "messages"


USER_FAULTS = {
    "WorkspaceError", "WrongKeyError", "NewerDatabaseError", "DamagedDatabaseError",
    "WorkspaceInUseError", "EnvironmentFaultError", "KeyStoreUnavailableError", "NotSentError",
    "NotReadableError", "Fault",
}  # fmt: skip
TOLD_OTHERWISE = {
    # While the engine starts or ends; nothing to be done about it.
    "The engine does not run.",
    "The engine was stopped.",
    "The engine was stopped before the job had ended.",
    "The database is closed.",
    "The query was stopped.",
    "The message could not be stored.",
    "The owner of the workspace does not answer.",
    "It is not a file.",
}


def fault_texts() -> Iterator[tuple[str, str]]:
    for package in ("store", "engine", "cli"):
        for path in sorted((SOURCE / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in USER_FAULTS:
                    # A fault of the store has its kind first, and its hint last.
                    for argument in node.args[:2]:
                        yield from ((path.name, text) for text in literal(argument))


def literal(node: ast.expr) -> Iterator[str]:
    """Yield the longest fixed part of a sentence."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    fixed = [
        part.value for part in parts if isinstance(part, ast.Constant) and type(part.value) is str
    ]
    longest = max(fixed, key=len, default="").strip(" ,.:;(")
    if " " in longest:
        yield longest


def test_every_fault_a_user_may_see_is_told_with_what_to_do():
    told = " ".join(all_pages()["problems"].markdown.split())
    known = {text.rstrip(".") for text in TOLD_OTHERWISE}
    missing = [
        f"{file}: {text}"
        for file, text in fault_texts()
        if not any(" ".join(text.split()[:n]) in told for n in (4, 3) if n <= len(text.split()))
        and text not in known
        and text not in told
    ]
    assert not missing, "\n".join(missing)


def test_pages_hold_nothing_that_looks_like_a_place_of_ours():
    for page in all_pages().values():
        assert not re.search(r"https?://|/home/|/tmp/", page.markdown), page.name


# The README


def test_the_readme_links_to_files_and_names_every_command():
    readme = (SOURCE.parent / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", readme):
        assert (SOURCE.parent / target).exists(), target
    for name, *rest in COMMANDS:
        assert f"`hl7console {name}" in readme
        assert not rest or f"`{rest[0]}`" in readme or f"`hl7console {name} {rest[0]}`" in readme
    known = {o for c in COMMANDS.values() for p in c.params for o in p.opts}
    own = {"--full", "--check", "--seconds", "--help"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", readme)) <= known | own


def test_the_readme_begins_with_the_two_commands():
    readme = (SOURCE.parent / "README.md").read_text(encoding="utf-8")
    commands = [line.split("#")[0].strip() for line in readme.split("\n") if line[:4] == "    "]
    assert commands[:4] == [
        "bash packaging/run.sh",
        r"powershell -ExecutionPolicy Bypass -File packaging\run.ps1",
        "bash packaging/test.sh",
        r"powershell -ExecutionPolicy Bypass -File packaging\test.ps1",
    ]


# The pages as text


def test_anchors_and_links():
    assert anchor_of("A destination's settings") == "a-destinations-settings"
    assert anchor_of("`key rotate`") == "key-rotate"
    assert split_link("files.md#archives") == ("files", "archives")
    assert split_link("#archives", "files") == ("files", "archives")
    assert split_link("files.md", "index") == ("files", "")


def test_sections_end_at_the_next_heading_and_headings_in_code_are_none():
    page = make_page("x", "# Title\n\none\n\n## Second `part`\n\n```\n# no heading\n```\ntwo\n")
    assert page.title == "Title"
    assert [s.heading for s in page.sections] == ["Title", "Second part"]
    assert page.sections[0].text.strip() == "one"
    assert "# no heading" not in page.sections[0].text
    assert "two" in page.sections[1].text


def test_plain_text_has_no_marks():
    markdown = "**Bold** and `code` [link](a.md#b)\n| a | b |\n| --- | --- |\n| c | d |"
    assert plain(markdown).split() == ["Bold", "and", "code", "link", "a", "b", "c", "d"]


def test_search_finds_all_words_and_ranks_headings_first():
    assert search("recovery code")[0].page == "keys-and-recovery"
    assert search("archives")[0] == search("Archives")[0]
    assert search("archives")[0].anchor == "archives"
    assert search("unknown outcome")[0].anchor == "unknown-outcome"
    assert search("port in use")[0].anchor == "a-listener-does-not-run"
    assert search("   ") == []
    assert search("archives qqqq") == []


def test_search_finds_beginnings_of_words_only():
    assert any(hit.anchor == "duplicates" for hit in search("duplic"))
    assert not search("uplicate")
