"""The search box over a real database: what it finds, and how it says what is wrong."""

from __future__ import annotations

from array import array

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QTextCharFormat
from PySide6.QtWidgets import QApplication, QPushButton
from window_kit import child, order, port, send, shown

from hl7console.ui.messages.feed import _Chunk, _News
from hl7console.ui.messages.filter_colors import colored_parts
from hl7console.ui.messages.filter_edit import FilterEdit
from hl7console.ui.messages.filter_text import quoted


@pytest.fixture
def three(window, engine, qtbot):
    """The window over three messages of two patients."""
    send(port(engine), order("A1"), order("A2", "88"), order("A3"))
    qtbot.waitUntil(lambda: len(shown(window)) == 3)
    return window


def type_into(window, qtbot, text):
    qtbot.keyClicks(window.messages.search.edit, text)


@pytest.mark.parametrize(("width", "last"), [(200, "smith"), (400, "since:2h"), (900, "…")])
def test_as_many_examples_are_shown_as_fit(qtbot, width, last):
    edit = FilterEdit()
    qtbot.addWidget(edit)
    edit.resize(width, edit.height())
    edit.show()
    told = edit.placeholderText()
    assert QFontMetrics(edit.font()).horizontalAdvance(told) < width
    assert told.startswith("Search:")
    assert told.endswith(last)


def test_typing_searches_without_enter(three, qtbot):
    three.actions_by_name["search.focus"].trigger()
    type_into(three, qtbot, "patient:88")
    qtbot.waitUntil(lambda: shown(three) == ["A2"])
    qtbot.waitUntil(lambda: three.messages.search.told.startswith("1 of 3 · "))
    assert three.messages.search.told.endswith(" ms")


def test_a_slash_goes_to_the_box_and_can_be_typed_in_it(three, qtbot):
    three.messages.table.setFocus()
    qtbot.keyClick(three.messages.table, Qt.Key.Key_Slash)
    qtbot.waitUntil(three.messages.search.edit.hasFocus)
    assert three.messages.search.text == ""
    type_into(three, qtbot, "a/b")
    assert three.messages.search.text == "a/b"


def test_full_text_and_paths_find_messages(three, qtbot):
    three.messages.search.set_text("marlowe PID-3.1=88")
    qtbot.waitUntil(lambda: shown(three) == ["A2"])
    three.messages.search.set_text("-patient:88 marlowe")
    qtbot.waitUntil(lambda: shown(three) == ["A3", "A1"])


def test_new_messages_join_only_where_they_match(three, engine, qtbot):
    three.messages.search.set_text("patient:88")
    qtbot.waitUntil(lambda: shown(three) == ["A2"])
    send(port(engine), order("A4"), order("A5", "88"))
    qtbot.waitUntil(lambda: shown(three) == ["A5", "A2"])


def test_a_fault_points_at_the_character_and_keeps_the_list(three, qtbot):
    search = three.messages.search
    search.set_text("type:ORM colour:red")
    assert three.messages.fault.isVisible()
    assert "colour" in three.messages.fault.text()
    edit = search.edit
    formats = edit.document().firstBlock().layout().formats()
    waves = [
        r.start
        for r in formats
        if r.format.underlineStyle() == QTextCharFormat.UnderlineStyle.WaveUnderline
    ]
    assert min(waves) == len("type:ORM ")
    assert len(shown(three)) == 3
    search.set_text("type:ORM")
    assert not three.messages.fault.isVisible()


def test_nothing_found_offers_to_clear(three, qtbot):
    three.messages.search.set_text("control:none")
    empty = three.messages.empty
    qtbot.waitUntil(empty.isVisible)
    assert empty.title == "Nothing found"
    child(empty, QPushButton, "emptyButton0").click()
    qtbot.waitUntil(three.messages.table.isVisible)
    assert len(shown(three)) == 3


def test_escape_clears_and_down_goes_to_the_list(three, qtbot):
    edit = three.messages.search.edit
    edit.setFocus()
    three.messages.search.set_text("patient:88")
    qtbot.waitUntil(lambda: shown(three) == ["A2"])
    qtbot.keyClick(edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(shown(three)) == 3)
    qtbot.keyClick(edit, Qt.Key.Key_Down)
    qtbot.waitUntil(three.messages.table.hasFocus)
    assert three.messages.table.currentIndex().row() == 0


def test_tab_completes_a_key_and_enter_searches_what_is_typed(three, qtbot):
    edit = three.messages.search.edit
    edit.setFocus()
    type_into(three, qtbot, "stat")
    qtbot.waitUntil(edit._popup.isVisible)
    edit.focusNextPrevChild(True)
    assert edit.text() == "status:"
    assert edit.hasFocus()
    type_into(three, qtbot, "ok")
    qtbot.keyClick(QApplication.focusWidget() or edit, Qt.Key.Key_Return)
    assert not edit._popup.isVisible()
    assert edit.text() == "status:ok"
    qtbot.waitUntil(lambda: three.messages.search.told.startswith("3 of 3"))


def test_values_that_occur_are_offered(three, qtbot):
    edit = three.messages.search.edit
    edit.setFocus()
    qtbot.waitUntil(lambda: edit._values.get("listener") == ("In",))
    type_into(three, qtbot, "listener:i")
    qtbot.waitUntil(edit._popup.isVisible)
    assert [offer.text for offer in edit._offers] == ["In"]
    edit._popup.hide()


def test_a_search_replaces_the_one_under_way(three, qtbot):
    three.messages.search.set_text("marlowe")
    three.messages.search.set_text("patient:88")
    qtbot.waitUntil(lambda: shown(three) == ["A2"] and not three.messages.feed.is_searching)


def test_answers_to_an_older_search_are_dropped(three, qtbot):
    feed = three.messages.feed
    old = feed._generation
    three.messages.search.set_text("patient:88")
    qtbot.waitUntil(lambda: shown(three) == ["A2"] and not feed.is_searching)
    feed._on_news(_News(old, 99, array("q", [99]), []))
    feed._on_chunk(_Chunk(old, array("q", [1]), []))
    assert shown(three) == ["A2"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("type:ORM", ["key"]),
        ("colour:red", []),
        ("a or b and not c", ["word", "word", "word"]),
        ("-from:LAB", ["key"]),
        ("PID-3[2].4.1=5", ["path", "sign"]),
        ('"type:x" OR', ["text", "word"]),
    ],
)
def test_parts_have_their_colours(text, kinds):
    assert [kind for _, _, kind in colored_parts(text)] == kinds


@pytest.mark.parametrize(
    ("value", "written"),
    [("4471", "4471"), ("a b", '"a b"'), ('a"b', '"a\\"b"'), ("", '""'), ("(x", '"(x"')],
)
def test_values_are_quoted_where_they_need_it(value, written):
    assert quoted(value) == written
