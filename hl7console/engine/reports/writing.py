"""Writes reports to files, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable
from pathlib import Path

from hl7console.engine.reports.blocks import Document
from hl7console.engine.reports.document import document_of
from hl7console.engine.reports.figures import Report
from hl7console.engine.reports.json_values import values_of
from hl7console.engine.reports.page import html_of
from hl7console.errors import EnvironmentFaultError, UsageError

ENDINGS = (".html", ".htm", ".pdf", ".json")
"""What a report can be written as, by the ending of its file."""

_PrintPdf = Callable[[Document, Path], None]
"""Writes a document as PDF; needs Qt, and is handed in therefore."""


def check_ending(path: Path) -> None:
    """Raise `UsageError` unless a report can be written to a file of this name."""
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            "A report is written as .html, .pdf or .json.",
            hint="Give the file a name with one of these endings.",
        )


def write_report(report: Report, path: Path, print_pdf: _PrintPdf) -> None:
    """Write a report as its file's ending says; what was there before is replaced at the end.

    Raises:
        UsageError: The ending is none of `ENDINGS`.
        EnvironmentFaultError: The file cannot be written.
    """
    check_ending(path)
    beside = path.with_name(f".{secrets.token_hex(6)}{path.suffix}")
    try:
        if path.suffix.lower() == ".pdf":
            print_pdf(document_of(report), beside)
        else:
            beside.write_text(_text_of(report, path), encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as fault:
        raise EnvironmentFaultError(
            f"The report cannot be written: {fault.strerror or 'no reason given'}.",
            hint=f"Check that {path} can be written, and is not open in another program.",
        ) from fault
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def _text_of(report: Report, path: Path) -> str:
    if path.suffix.lower() == ".json":
        return json.dumps(values_of(report), ensure_ascii=False, indent=1) + "\n"
    return html_of(document_of(report))
