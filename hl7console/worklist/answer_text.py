"""A C-FIND answer as text, for the window and the command line."""

from __future__ import annotations

from collections.abc import Iterator

from hl7console.settings import AeRules
from hl7console.worklist.answer_attributes import STEP_SEQUENCE, TOP
from hl7console.worklist.answers import answer
from hl7console.worklist.lines import Line
from hl7console.worklist.matching import Item, Query, compile_query


def full_query(rules: AeRules, *, caller: str = "", today: str = "") -> Query:
    """Return the query that asks for everything, as an AE would."""
    asked: Item = {keyword: () if a.vr != "SQ" else [] for keyword, a in TOP.items()}
    asked[STEP_SEQUENCE] = []
    return compile_query(asked, rules, caller=caller, today=today)


def answer_lines(line: Line, rules: AeRules, *, caller: str = "") -> list[str]:
    """Return the answer that an AE would get for a line, a line an attribute.

    Args:
        line: The worklist's line.
        rules: What is different for the AE.
        caller: Its AE title.
    """
    return list(item_lines(answer(line.values, full_query(rules, caller=caller))))


def item_lines(item: Item, indent: str = "") -> Iterator[str]:
    """Yield a data set as text, a line an attribute, items indented."""
    for keyword, value in item.items():
        if isinstance(value, list):
            yield f"{indent}{keyword}"
            for part in value:
                yield from item_lines(part, indent + "  > ")
        else:
            yield f"{indent}{keyword} = " + "\\".join([str(text) for text in value])
