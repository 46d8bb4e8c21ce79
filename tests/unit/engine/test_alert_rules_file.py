"""The file of rules of a workspace: read, watched, saved. A mistake keeps the rules before."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hl7console.engine.alerts.rules_file import (
    MOST_BYTES,
    RulesFile,
    checked,
    default_text,
    rules_path,
    rules_text,
    save,
)
from hl7console.errors import EnvironmentFaultError
from hl7console.settings.alert_file import AlertFileError, parse_alerts
from hl7console.settings.alerts import AlertBook

USUAL = parse_alerts(default_text())


def text_of(*names: str) -> str:
    return "".join(f'[[rule]]\nname = "{name}"\nkind = "stuck"\n' for name in names)


class Written:
    """A workspace's file, written so that each writing is seen to be one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = rules_path(folder)
        self.file = RulesFile(folder)
        self._time_ns = 1_700_000_000_000_000_000

    def write(self, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        self.path.write_bytes(data)
        self._time_ns += 1_000_000_000
        os.utime(self.path, ns=(self._time_ns, self._time_ns))

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.file.book.rules]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


def test_that_without_a_file_the_usual_rules_are_in_force(written) -> None:
    assert written.file.look()
    assert written.file.book == USUAL
    assert (written.file.problem, written.file.version) == ("", 1)
    assert not written.file.look()
    assert written.file.version == 1


def test_that_a_file_takes_their_place_and_is_followed(written) -> None:
    written.file.look()
    written.write(text_of("A"))
    assert written.file.look()
    assert (written.names, written.file.version) == (["A"], 2)
    written.write(text_of("A", "B"))
    assert written.file.look()
    assert (written.names, written.file.version) == (["A", "B"], 3)
    written.path.unlink()
    assert written.file.look()
    assert (written.file.book, written.file.version) == (USUAL, 4)


def test_that_an_empty_file_watches_nothing(written) -> None:
    written.write("")
    written.file.look()
    assert (written.file.book, written.file.version) == (AlertBook(), 1)


def test_that_a_comment_changes_no_rule(written) -> None:
    written.write(text_of("A"))
    written.file.look()
    book = written.file.book
    written.write("# more\n" + text_of("A"))
    assert not written.file.look()
    assert (written.file.book, written.file.version) == (book, 1)


BAD = [
    ("line", text_of("B") + "limit = true\n", "Line 4"),
    (
        "filter",
        '[[rule]]\nname = "B"\nkind = "filter"\nfilter = "size:big"\n',
        "filter of the rule",
    ),
    ("not UTF-8", b'[[rule]]\nname = "\xe4"\n', "not UTF-8"),
    ("UTF-16", text_of("A").encode("utf-16"), "not UTF-8"),
    ("too large", b"#" * (MOST_BYTES + 1), "4 MiB"),
]


@pytest.mark.expects_log
@pytest.mark.parametrize(("content", "words"), [one[1:] for one in BAD], ids=[b[0] for b in BAD])
def test_that_a_mistake_keeps_the_rules_before(written, content, words) -> None:
    written.write(text_of("A"))
    written.file.look()
    written.write(content)
    assert not written.file.look()
    assert (written.names, written.file.version) == (["A"], 1)
    assert written.file.problem.startswith("The alert rules before are in force.")
    assert words in written.file.problem
    assert not written.file.look()

    written.write(text_of("A"))
    assert not written.file.look()  # they are the same as before
    assert (written.file.problem, written.file.version) == ("", 1)


@pytest.mark.expects_log
@pytest.mark.parametrize(("content", "words"), [one[1:] for one in BAD], ids=[b[0] for b in BAD])
def test_that_a_mistake_at_the_start_takes_the_usual_rules(written, content, words) -> None:
    written.write(content)
    written.file.look()
    assert (written.file.book, written.file.version) == (USUAL, 1)
    assert written.file.problem.startswith("The usual alert rules are in force.")
    assert words in written.file.problem


def test_that_a_byte_order_mark_and_windows_lines_are_read(written) -> None:
    written.write(b"\xef\xbb\xbf" + text_of("Größe").replace("\n", "\r\n").encode())
    written.file.look()
    assert (written.names, written.file.problem) == (["Größe"], "")


@pytest.mark.expects_log
def test_that_a_folder_in_the_place_of_the_file_is_a_mistake(written) -> None:
    written.path.mkdir()
    written.file.look()
    assert written.file.book == USUAL
    assert "cannot be read" in written.file.problem


def test_that_what_is_saved_is_read_back_and_belongs_to_its_owner(written) -> None:
    text = "# mine\n" + text_of("A", "Größe")
    assert save(written.folder, text) == parse_alerts(text)
    assert rules_text(written.folder) == text
    if os.name == "posix":
        assert stat.S_IMODE(written.path.stat().st_mode) == 0o600
    written.file.look()
    assert written.names == ["A", "Größe"]


def test_that_a_mistake_is_not_saved(written) -> None:
    save(written.folder, text_of("A"))
    with pytest.raises(AlertFileError, match="Line 4"):
        save(written.folder, BAD[0][1])
    assert rules_text(written.folder) == text_of("A")
    with pytest.raises(EnvironmentFaultError, match="cannot be written"):
        save(written.folder / "not there", text_of("A"))


def test_that_the_usual_text_can_be_edited(written) -> None:
    assert rules_text(written.folder) == default_text()
    assert save(written.folder, default_text()) == USUAL
    assert checked(rules_text(written.folder)) == USUAL


class FileMachine(RuleBasedStateMachine):
    """Writes, removals and looks in any order: the last good text that was looked at counts."""

    folder: Path

    @initialize()
    def begin(self) -> None:
        rules_path(self.folder).unlink(missing_ok=True)
        self.written = Written(self.folder)
        self.on_disk: AlertBook | None = USUAL
        self.in_force = AlertBook()
        self.is_known = True

    @rule(names=st.lists(st.sampled_from("ABC"), unique=True, max_size=3))
    def write(self, names: list[str]) -> None:
        self.written.write(text_of(*names))
        self.on_disk = parse_alerts(text_of(*names))
        self.is_known = False

    @rule(bad=st.sampled_from([one[1] for one in BAD[:4]]))
    def write_mistake(self, bad: str | bytes) -> None:
        self.written.write(bad)
        self.on_disk = None
        self.is_known = False

    @rule()
    def remove(self) -> None:
        self.written.path.unlink(missing_ok=True)
        self.on_disk = USUAL
        self.is_known = False

    @rule()
    def look(self) -> None:
        file = self.written.file
        before, version = file.book, file.version
        has_changed = file.look()
        if self.on_disk is not None:
            self.in_force = self.on_disk
        elif not version:
            self.in_force = USUAL
        self.is_known = True
        assert (file.version > version) == (file.book != before or not version)
        if has_changed:
            assert file.book != before

    @invariant()
    def the_last_good_text_counts(self) -> None:
        file = self.written.file
        if not file.version:
            return
        assert file.book == self.in_force
        if self.is_known:
            assert bool(file.problem) is (self.on_disk is None)


@pytest.mark.expects_log
def test_that_the_last_good_text_counts_whatever_happens(tmp_path: Path) -> None:
    class Machine(FileMachine):
        folder = tmp_path

    run_state_machine_as_test(
        Machine, settings=settings(max_examples=40, stateful_step_count=15, deadline=None)
    )
