"""What a station is answered of a line: the first condition that keeps it off, and the answer."""

from __future__ import annotations

from html import escape

from hl7console.settings import AeRules
from hl7console.store.worklist.records import StepDetails
from hl7console.ui.worklist import paper, words
from hl7console.worklist import wording
from hl7console.worklist.answer_attributes import STEP, STEP_SEQUENCE, TOP
from hl7console.worklist.answers import answer
from hl7console.worklist.lines import DESCRIPTIONS
from hl7console.worklist.matching import Element, Item, Query, compile_query

_TAGS = {about.keyword: about.tag for about in DESCRIPTIONS.values()}
_TAGS[STEP_SEQUENCE] = "(0040,0100)"


def query_of(station: str, caller: str, rules: AeRules) -> Query:
    """Return the query that asks for everything of the steps of a station; "" asks for any."""
    step: Item = dict.fromkeys(STEP, ())
    step["ScheduledStationAETitle"] = (station,) if station else ()
    identifier: Item = dict.fromkeys(TOP, ())
    identifier[STEP_SEQUENCE] = [step]
    return compile_query(identifier, rules, caller=caller, today=words.today_code())


def verdict(details: StepDetails, station: str, rules: AeRules) -> tuple[str, str]:
    """Return whether a station sees a line, as a sentence, with the token of its colour.

    Args:
        details: The line.
        station: AE title of the station, which asks for its own steps of all days.
        rules: What is different for it.
    """
    reason = query_of(station, station, rules).why_not(details.line, details.missing)
    if reason is None:
        day = words.value_words("start_date", details.line.get("start_date"))
        return f"{station} sees it when it asks for {day or 'any day'}.", "ok"
    args = dict(reason.args)
    if "columns" in args:
        names = [words.column_words(name.strip()) for name in args["columns"].split(",")]
        args["columns"] = ", ".join(names)
    if "state" in args:
        args["state"] = words.state_name(args["state"])[0]
    return f"{station} does not see it. {wording.sentence(reason.code, args)}", "warn"


def answer_page(details: StepDetails | None, caller: str, rules: AeRules) -> str:
    """Return the data set that a calling AE would be sent of a line, or why it is sent none."""
    if details is None:
        return ""
    query = query_of("", caller, rules)
    reason = query.why_not(details.line, details.missing)
    head = ""
    if reason is not None:
        whom = caller or "a modality"
        text = f"Not sent to {whom}. {wording.sentence(reason.code, reason.args)}"
        head = f"<p>{paper.color(text, 'warn', is_bold=True)}</p>"
        head += f"<p>{paper.muted('This is what the answer would hold:')}</p>"
    rows = _rows(answer(details.line, query), 0)
    return head + paper.table(rows, ("92", "42%"))


def _rows(item: Item, depth: int) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    indent = "&nbsp;" * 3 * depth
    for keyword, value in item.items():
        tag = paper.fixed(_TAGS.get(keyword, ""), "muted")
        rows.append((tag, f"{indent}{escape(keyword)}", _value(value)))
        if isinstance(value, list):
            for inner in value:
                rows += _rows(inner, depth + 1)
    return rows


def _value(value: Element) -> str:
    if isinstance(value, list):
        count = len(value)
        return paper.muted("1 item" if count == 1 else f"{count} items" if count else "empty")
    text = "\\".join(value)
    return paper.fixed(text) if text else paper.muted("empty")
