"""A report as HTML: one file, no script, nothing from elsewhere, and text is only text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.reports import plots
from hl7console.engine.reports.blocks import Plot, Table
from hl7console.engine.reports.document import document_of
from hl7console.engine.reports.figures import (
    AlertLine,
    AlertRuleFigures,
    Availability,
    Backlog,
    Cause,
    Counts,
    HourRow,
    InterfaceFigures,
    Report,
    Share,
    StepFigures,
    Times,
)
from hl7console.engine.reports.json_values import values_of
from hl7console.engine.reports.page import html_of
from hl7console.engine.reports.spans import span_of

SPAN = span_of(1_770_000_000, 1_770_003_600)
COUNTS = Counts(10, 8, 2, 0, 1, 5000)
TIMES = Times(8, 1000, 2000, 3000, 4000)
WHOLE = Availability(3000, 600, 300, 1)


def report_of(name: str = "RIS in") -> Report:
    return Report(
        span=SPAN,
        interface="",
        made_at_us=1_770_100_000_000_000,
        is_over=True,
        availability=WHOLE,
        received=COUNTS,
        delivered=replace(COUNTS, unclear=1),
        latency=TIMES,
        round_trip=TIMES,
        before=Counts(5, 5),
        delivered_before=Counts(5, 5),
        before_title="the same time before",
        is_before_known=True,
        steps=(
            StepFigures(SPAN.since_s, "03:40", True, COUNTS, COUNTS, TIMES),
            StepFigures(SPAN.since_s + 300, "03:45", False, Counts(), Counts(), Times()),
        ),
        hours=(HourRow(SPAN.since_s, (1, None, *[5] * 22)),),
        interfaces=(
            InterfaceFigures(name, "listener", COUNTS, TIMES, Times(), availability=WHOLE),
            InterfaceFigures(name + "2", "destination", COUNTS, TIMES, TIMES, 7, 60,
                             note="switched off"),
        ),
        types=(Share(name, 10),),
        senders=(Share(f"{name}|{name}", 10, 2),),
        causes=(Cause(name, name, 2),),
        backlogs=(Backlog(name, (7, 0)),),
        alerts=(AlertLine(1_770_000_100_000_000, 0, "critical", name, name, name, None),),
        alerts_total=1,
        rules=(AlertRuleFigures(name, 1, 1, None, None),),
    )  # fmt: skip


class Seen(HTMLParser):
    VOID = frozenset({"meta"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


PLAIN_TAGS = set(Seen(html_of(document_of(report_of()))).tags)


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a&b;<!--", "]]></svg>",
     "\u202eliar", "x\x00\x1b[31m\ud800"],
)  # fmt: skip
def test_what_a_sender_writes_is_only_text(name):
    page = Seen(html_of(document_of(report_of(name))))
    assert not page.open
    assert set(page.tags) <= PLAIN_TAGS
    assert not {"script", "img", "iframe", "link", "a"} & set(page.tags)
    assert not [a for a, _ in page.attributes if a.startswith("on") or a in ("src", "href")]
    assert "\u202e" not in page.text


def test_the_page_needs_nothing_else():
    page = html_of(document_of(report_of()))
    assert "default-src 'none'" in page
    assert set(re.findall(r"[a-z]+://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}
    assert "@import" not in page
    assert "url(" not in page
    assert page.encode("utf-8").decode("utf-8").startswith("<!DOCTYPE html>")


def test_it_tells_the_numbers():
    text = " ".join(Seen(html_of(document_of(report_of()))).text.split())
    for told in ("RIS in", "+100 % against the same time before", "90.00 %", "down 5 min, 1 time",
                 "10 min not known", "switched off", "still open", "Errors by cause"):  # fmt: skip
        assert told in text, told


def test_json_has_every_number_and_no_object():
    values = json.loads(json.dumps(values_of(report_of())))
    assert values["received"]["received"] == 10
    assert values["availability"]["share"] == 1 - 300 / 3000
    assert values["interfaces"][0]["availability"]["share"] == 0.9
    assert values["interfaces"][1]["availability"] is None


def test_every_table_has_as_many_cells_as_columns():
    for block in document_of(report_of()).blocks:
        if isinstance(block, Table):
            assert all(len(row) == len(block.columns) for row in block.rows)


numbers = st.lists(
    st.one_of(st.none(), st.floats(0, 1e15), st.integers(0, 3)), min_size=1, max_size=60
)


@given(numbers, st.text(max_size=5))
def test_plots_are_well_formed_and_stay_inside(values, name):
    labels = [f"{n}" for n in range(len(values))]
    known = [value is not None for value in values]
    series = [plots.Series(name, plots.BLUE, values)]
    for draw in (plots.bars, plots.lines):
        picture = ET.fromstring(draw(labels, series, known, shown=lambda v: f"{v:.0f}"))  # noqa: S314
        for shape in picture.iter("{http://www.w3.org/2000/svg}rect"):
            top, height = float(shape.get("y")), float(shape.get("height"))
            assert top >= -0.1
            assert top + height <= plots.HEIGHT + 0.1
        assert len(list(picture)) < 60 * 3 + 60


def test_an_empty_report_is_a_page_too():
    empty = replace(
        report_of(), received=Counts(), delivered=Counts(), latency=Times(), round_trip=Times(),
        steps=(), hours=(), interfaces=(), types=(), senders=(), causes=(), backlogs=(), alerts=(),
        alerts_total=0, rules=(), availability=Availability(0, 3600), is_before_known=False,
    )  # fmt: skip
    document = document_of(empty)
    text = Seen(html_of(document)).text
    assert "There was none." in text
    assert "nothing to compare with" in text
    assert [b for b in document.blocks if isinstance(b, Plot)]
