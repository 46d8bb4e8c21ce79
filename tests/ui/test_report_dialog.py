"""The dialog that makes reports, and the page of the metrics endpoint, in the real window."""

from __future__ import annotations

import http.client
import json
import os
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pypdf
import pytest
from window_kit import order, port, send

from hl7console.engine.reports.spans import day_of, month_of, span_of, week_of
from hl7console.errors import UsageError
from hl7console.ui.reports.dialog import ReportDialog
from hl7console.ui.reports.spans_offered import OFFERED, file_name_of, span_offered
from hl7console.ui.settings.metrics_page import MetricsPage
from hl7console.ui.theme import Scheme, theme

NOW = datetime(2026, 3, 4, 10, 30)  # noqa: DTZ001 - local, as people say it
DAY = datetime(2026, 2, 11)  # noqa: DTZ001


@pytest.fixture
def dialog(window, qtbot):
    window.actions_by_name["monitor.report"].trigger()
    dialog = window.findChild(ReportDialog)
    assert dialog.isVisible()
    yield dialog
    dialog.reject()


def saved(dialog, qtbot) -> None:
    dialog.save()
    qtbot.waitUntil(lambda: dialog.save_button.isEnabled(), timeout=20_000)


@pytest.mark.parametrize("ending", [".html", ".json", ".pdf"])
def test_a_report_is_written_as_it_was_chosen(dialog, engine, answers, tmp_path, qtbot, ending):
    send(port(engine), *(order(f"C{number}") for number in range(5)))
    qtbot.waitUntil(lambda: engine.measures.behind == 0 and engine.measures.version > 0)
    answers.path = tmp_path / "made"
    dialog.form.set_values({"span": "today", "format": ending, "interface": "In"})
    saved(dialog, qtbot)
    path = tmp_path / f"made{ending}"
    assert answers.asked[-1] == f"report-In-{datetime.now():%Y-%m-%d}{ending}"  # noqa: DTZ005
    assert dialog.outcome.text == f"The report is in {path.name}."
    assert dialog.open_button.isVisible()
    if ending == ".json":
        assert json.loads(path.read_text(encoding="utf-8"))["interface"] == "In"
    elif ending == ".pdf":
        assert "Listeners" in "".join(p.extract_text() for p in pypdf.PdfReader(path).pages)
    else:
        assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_what_cannot_be_written_is_told_and_can_be_tried_again(dialog, answers, tmp_path, qtbot):
    answers.path = tmp_path / "no folder" / "made.html"
    dialog.form.set_values({"format": ".html"})
    saved(dialog, qtbot)
    assert "cannot be written" in dialog.outcome.text
    assert not dialog.open_button.isVisible()
    answers.path = tmp_path / "made.html"
    saved(dialog, qtbot)
    assert answers.path.exists()


def test_nothing_is_written_without_a_place(dialog, answers, qtbot):
    answers.path = None
    dialog.save()
    assert dialog.save_button.isEnabled()


def test_only_what_a_span_needs_is_asked_for(dialog):
    def visible(name):
        return dialog.form._fields[name].control.isVisible()

    for key, _ in OFFERED:
        dialog.form.set_values({"span": key})
        assert visible("day") == (key in ("day", "week", "month"))
        assert visible("since") == visible("until") == (key == "span")
        if key != "span":
            assert dialog.span().length_s > 0


def test_spans_are_those_that_the_words_say():
    def offered(key):
        return span_offered(key, NOW, DAY, NOW)

    assert offered("yesterday").title == "Tuesday 3 March 2026"
    assert offered("today") == day_of(NOW)
    assert offered("last-week") == week_of(datetime(2026, 2, 24))  # noqa: DTZ001
    assert offered("last-month") == month_of(DAY)
    assert offered("this-month") == month_of(NOW)
    assert offered("week") == week_of(DAY)
    assert offered("span") == span_of(int(DAY.timestamp()), int(NOW.timestamp()))
    with pytest.raises(UsageError):
        span_offered("span", NOW, NOW, DAY)


def test_file_names_are_plain():
    assert file_name_of(month_of(DAY), "", ".pdf") == "report-2026-02.pdf"
    assert file_name_of(week_of(DAY), "RIS/in: ä?", ".html") == "report-RIS-in--ä-2026-week-07.html"
    assert file_name_of(day_of(DAY), "***", ".json") == "report-2026-02-11.json"


@pytest.fixture
def page(window, qtbot) -> MetricsPage:
    window.go_to("settings")
    place = window.settings()
    place.show_page("metrics")
    qtbot.waitUntil(lambda: place.metrics.save_button.isEnabled())
    return place.metrics


def test_metrics_are_switched_on_and_off_again(page, engine, qtbot):
    assert page.state.text() == "Switched off."
    page.form.set_values({"enabled": True, "port": 0})
    page.save()
    qtbot.waitUntil(lambda: page.state.text().startswith("Serves http://127.0.0.1:"))
    host, _, number = engine.snapshot().metrics_endpoint.address.rpartition(":")
    with closing(http.client.HTTPConnection(host, int(number), timeout=10)) as connection:
        connection.request("GET", "/metrics")
        assert b"hl7console_up 1.0" in connection.getresponse().read()
    qtbot.waitUntil(page.save_button.isEnabled)
    page.form.set_values({"enabled": False})
    page.save()
    qtbot.waitUntil(lambda: page.state.text() == "Switched off.")


def test_beyond_this_computer_it_says_so_in_red(page):
    note = page.form._fields["host"].note
    assert not note.text()
    page.form.set_values({"host": "0.0.0.0"})  # noqa: S104
    assert note.property("role") == "error"
    assert "Anyone on the network" in note.text()


def test_a_port_that_cannot_be_is_told(page):
    page.form.set_values({"port": 99_999})
    page.save()
    assert "port" in page.result.text


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK], ids=str)
def test_pictures(window, page, dialog, scheme, tmp_path, qtbot):
    folder = Path(os.environ.get("HL7CONSOLE_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    theme().choose(scheme)
    try:
        page.form.set_values({"host": "0.0.0.0", "enabled": True})  # noqa: S104
        dialog.form.set_values({"span": "span"})
        for name, shown in (("report-dialog", dialog), ("metrics-page", window)):
            assert shown.grab().save(str(folder / f"{name}-{scheme}.png"))
    finally:
        theme().choose(Scheme.SYSTEM)
