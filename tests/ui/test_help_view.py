"""The help window: pages, links, search, and that it tells of every setting and shortcut."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton

from hl7console.settings import DestinationSettings, ListenerSettings, RetentionSettings
from hl7console.ui.ask import Ask
from hl7console.ui.help.pages import ORDER, all_pages
from hl7console.ui.help.view import HelpView
from hl7console.ui.settings.destination_form import DestinationForm
from hl7console.ui.settings.form import Form
from hl7console.ui.settings.listener_form import ListenerForm
from hl7console.ui.settings.retention_page import RetentionPage
from hl7console.ui.theme import GRID, Scheme, theme


@pytest.fixture
def view(qtbot) -> Iterator[HelpView]:
    made = HelpView()
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def listed(view: HelpView) -> list[str]:
    return [view.list.item(row).text() for row in range(view.list.count())]


def top_line(view: HelpView) -> str:
    return view.browser.cursorForPosition(QPoint(0, 3 * GRID)).block().text()


def is_in_sight(view: HelpView, heading: str) -> bool:
    """Whether a heading is seen; near the end of a page it cannot stand at the top."""
    browser = view.browser
    block = browser.document().begin()
    while block.text() != heading:
        block = block.next()
    box = browser.document().documentLayout().blockBoundingRect(block)
    top = box.top() - browser.verticalScrollBar().value()
    return top >= 0 and top + box.height() <= browser.viewport().height()


def test_it_begins_with_the_first_page_and_lists_all(view):
    assert view.page == "index"
    assert listed(view) == [page.title for page in all_pages().values()]
    assert view.list.currentRow() == 0
    assert not view.back_button.isEnabled()


@pytest.mark.parametrize("name", ORDER)
def test_every_page_is_shown_with_all_its_text(view, name):
    view.open_page(name)
    assert view.page == name
    shown = view.browser.document().toPlainText()
    for section in all_pages()[name].sections:
        assert section.heading in shown
    assert "**" not in shown
    assert "| ---" not in shown
    assert "](" not in shown


def test_every_anchor_of_the_pages_is_one_of_the_document(view):
    for name, page in all_pages().items():
        view.open_page(name)
        assert {section.anchor for section in page.sections} == set(view._anchors), name


def test_a_page_opens_at_a_heading(view):
    view.open_page("files", "archives")
    assert view.page == "files"
    assert is_in_sight(view, "Archives")
    assert not is_in_sight(view, "Files")
    view.open_page("messages", "keys")
    assert top_line(view) == "Keys"
    view.open_page("files", "there is no such heading")
    assert top_line(view) == "Files"


def test_an_unknown_page_is_the_first(view):
    view.open_page("nothing")
    assert view.page == "index"


def test_links_go_to_pages_and_headings_and_back_returns(view, qtbot):
    view.browser.anchorClicked.emit(QUrl("files.md#archives"))
    assert view.page == "files"
    assert is_in_sight(view, "Archives")
    place = view.browser.verticalScrollBar().value()
    view.browser.anchorClicked.emit(QUrl("#not-taken-and-noticed"))
    assert view.page == "files"
    assert view.back_button.isEnabled()
    qtbot.mouseClick(view.back_button, Qt.MouseButton.LeftButton)
    assert (view.page, view.browser.verticalScrollBar().value()) == ("files", place)
    view.back()
    assert view.page == "index"
    assert view.list.currentRow() == 0
    assert not view.back_button.isEnabled()


def test_the_list_opens_pages(view):
    view.list.setCurrentRow(ORDER.index("retention"))
    assert view.page == "retention"
    assert view.windowTitle() == "Retention · Help"


def test_search_lists_sections_marks_the_words_and_opens_them(view, qtbot):
    qtbot.keyClicks(view.box, "mutual tls")
    assert "TLS and certificates" in listed(view)
    view.list.setCurrentRow(listed(view).index("TLS and certificates"))
    assert (view.page, top_line(view)) == ("listeners", "TLS and certificates")
    marked = {mark.cursor.selectedText().lower() for mark in view.browser.extraSelections()}
    assert marked == {"mutual", "tls"}
    qtbot.keyClick(view.box, Qt.Key.Key_Escape)
    assert listed(view)[0] == "Start here"
    assert not view.browser.extraSelections()
    assert view.isVisible()
    qtbot.keyClick(view.box, Qt.Key.Key_Escape)
    assert not view.isVisible()


def test_enter_opens_what_was_found_first(view, qtbot):
    qtbot.keyClicks(view.box, "unknown outcome")
    qtbot.keyClick(view.box, Qt.Key.Key_Return)
    assert view.page == "sending"
    assert is_in_sight(view, "Unknown outcome")


def test_down_goes_into_the_list(view, qtbot):
    view.activateWindow()
    view.box.setFocus()
    qtbot.keyClicks(view.box, "archives")
    qtbot.keyClick(view.box, Qt.Key.Key_Down)
    assert view.list.currentRow() == 0
    assert view.page == "files"


def test_nothing_found_is_said(view, qtbot):
    view.box.setText("qqqq")
    assert listed(view) == ["Nothing found"]
    qtbot.keyClick(view.box, Qt.Key.Key_Return)
    assert view.page == "index"


def test_the_place_on_the_page_stays_when_the_colours_change(view):
    view.open_page("problems", "sending-fails")
    try:
        theme().choose(Scheme.DARK)
        assert top_line(view) == "Sending fails"
        theme().choose(Scheme.LIGHT)
        assert top_line(view) == "Sending fails"
    finally:
        theme().choose(Scheme.SYSTEM)


def test_lines_stay_short_in_a_wide_window(view, qtbot):
    view.resize(1900, 900)
    qtbot.waitUntil(lambda: view.width() == 1900)
    assert view.browser.viewport().width() <= 820
    view.resize(700, 600)
    qtbot.waitUntil(lambda: view.width() == 700)
    qtbot.waitUntil(lambda: view.browser.horizontalScrollBar().maximum() == 0)


# What it tells of


def label_of(form: Form, name: str) -> str:
    control = form._fields[name].control
    return control.text() if isinstance(control, QAbstractButton) else control.accessibleName()


@pytest.mark.parametrize(
    ("page", "settings", "form"),
    [
        ("listeners", ListenerSettings, ListenerForm),
        ("listeners", DestinationSettings, DestinationForm),
    ],
    ids=["listener", "destination"],
)
def test_every_setting_is_in_the_form_and_in_the_help(qtbot, page, settings, form):
    made = form()
    qtbot.addWidget(made)
    heading = {ListenerForm: "A listener's settings", DestinationForm: "A destination's settings"}
    told = all_pages()[page].markdown.partition(f"## {heading[form]}")[2].partition("\n## ")[0]
    for field in dataclasses.fields(settings):
        assert f"| **{label_of(made, field.name)}** |" in told, field.name


def test_every_retention_rule_is_in_the_help(qtbot, engine, answers):
    asks: Ask = answers
    page = RetentionPage(engine, asks)
    qtbot.addWidget(page)
    told = all_pages()["retention"].markdown
    for field in dataclasses.fields(RetentionSettings):
        assert f"| **{label_of(page.form, field.name)}** |" in told, field.name
    page.stop()


def test_every_shortcut_of_the_window_is_in_the_help(window):
    told = all_pages()["shortcuts"].markdown
    for action in window.actions_by_name.all():
        for keys in action.shortcuts():
            text = keys.toString()
            # Paste and its kin have old second and third keys on some platforms.
            if text not in ("Shift+Ins", "F18"):
                assert f"`{text}`" in told, action.objectName()


def test_f1_shows_the_help_and_it_goes_with_the_window(window, qtbot):
    window.actions_by_name["help.show"].trigger()
    view = window.findChild(HelpView)
    assert view.isVisible()
    view.open_page("files")
    window.actions_by_name["help.show"].trigger()
    assert window.findChildren(HelpView) == [view]
    assert view.page == "files"
    view.close()


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK], ids=str)
def test_pictures(view, scheme, tmp_path, qtbot):
    folder = Path(os.environ.get("HL7CONSOLE_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    theme().choose(scheme)
    try:
        for name in ("index", "messages", "listeners", "problems"):
            view.open_page(name, "search" if name == "messages" else "")
            image: QImage = view.grab().toImage()
            assert image.save(str(folder / f"help-{name}-{scheme}.png"))
            assert image.pixelColor(view.width() - 30, 400) == theme().color("surface")
        view.box.setText("certificate")
        view.list.setCurrentRow(1)
        assert view.grab().save(str(folder / f"help-search-{scheme}.png"))
    finally:
        theme().choose(Scheme.SYSTEM)
