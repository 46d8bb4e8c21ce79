"""Reports and documents of a line, as a page of text."""

from __future__ import annotations

from html import escape

from hl7console.store.worklist.records import StepDetails
from hl7console.ui.worklist import paper, words
from hl7console.worklist.rows import Row

_TEXT_COLUMNS = ("text", "body", "impression")
_SHOWN = ("status", "title", "type", "author", "observed_at", "date", "event_time")


def reports_page(details: StepDetails | None) -> str:
    """Return the text of every report and document, the newest first."""
    if details is None:
        return ""
    parts = [_one("Report", row) for row in reversed(details.reports)]
    parts += [_one("Document", row) for row in reversed(details.documents)]
    if not parts:
        status = words.value_words("report_status", details.order.values.get("report_status"))
        told = f" The order says: {status}." if status else ""
        return (
            f"<p>{paper.muted('No report or document is linked to this line.' + told)}</p>"
            f"<p>{paper.muted('Reports come as ORU^R01, documents as MDM^T02 and later.')}</p>"
        )
    return "".join(parts)


def _one(kind: str, row: Row) -> str:
    facts = [
        words.value_words(column, row.values.get(column))
        for column in _SHOWN
        if row.values.get(column)
    ]
    entry = max((source.entry for source in row.sources.values()), default=0)
    head = paper.heading(" · ".join([kind, *facts]))
    if entry > 0:
        head += f"<p>{paper.link(f'message:{entry}', 'Show the message')}</p>"
    text = next((words.value_words(c, row.values.get(c)) for c in _TEXT_COLUMNS
                 if row.values.get(c)), "")  # fmt: skip
    flags = words.value_words("flags", row.values.get("flags"))
    if flags:
        head += f"<p>{paper.color(flags, 'warn')}</p>"
    body = escape(text).replace("\n", "<br>") or paper.muted("Without text.")
    return f'{head}<p style="margin-bottom:10px">{body}</p>{paper.rule()}'
