"""Writes a report as one page of HTML that needs nothing else: no script, link or picture file."""

from __future__ import annotations

from hl7console.engine.reports.blocks import (
    Block,
    Cell,
    Document,
    Figures,
    Heading,
    Paragraph,
    Plot,
    Table,
    Title,
    Tone,
)
from hl7console.engine.reports.words import escaped

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #F5F6F8; color: #1B2027; font: 13px/1.45 Inter, "Segoe UI",
  "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 24px 48px; }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 24px;
  border-bottom: 2px solid #1B2027; padding-bottom: 12px; margin-bottom: 20px; }
h1 { font-size: 24px; line-height: 1.2; margin: 0 0 4px; }
header p { margin: 0; color: #5A6673; }
h2 { font-size: 16px; margin: 32px 0 10px; }
section { break-inside: avoid; }
.figures { display: flex; flex-wrap: wrap; gap: 10px; margin-bottom: 14px; }
.figure { flex: 1 1 165px; background: #FFF; border: 1px solid #DDE2E8; border-radius: 6px;
  padding: 10px 12px; border-top: 3px solid #B8C1CB; }
.figure b { display: block; font-size: 21px; line-height: 1.25; margin: 2px 0; }
.figure span { color: #5A6673; font-size: 12px; }
.figure.good { border-top-color: #1A7F37; } .figure.warn { border-top-color: #B07400; }
.figure.bad { border-top-color: #C2202B; } .figure.bad b { color: #C2202B; }
figure { margin: 0 0 12px; background: #FFF; border: 1px solid #DDE2E8; border-radius: 6px;
  padding: 12px 14px 6px; break-inside: avoid; }
figcaption { display: flex; justify-content: space-between; gap: 16px; font-weight: 600;
  margin-bottom: 6px; }
figcaption span { font-weight: 400; color: #5A6673; }
figcaption i { display: inline-block; width: 9px; height: 9px; border-radius: 5px;
  margin: 0 5px 0 14px; }
svg { display: block; width: 100%; height: auto; }
figure p { margin: 4px 0 6px; color: #5A6673; font-size: 12px; }
table { width: 100%; border-collapse: collapse; background: #FFF; border: 1px solid #DDE2E8;
  font-variant-numeric: tabular-nums; margin-bottom: 12px; }
th { text-align: left; font-size: 12px; color: #5A6673; font-weight: 600; background: #F0F2F5;
  border-bottom: 1px solid #DDE2E8; }
th, td { padding: 5px 9px; vertical-align: top; overflow-wrap: break-word; }
td:first-child { min-width: 110px; max-width: 420px; }
td { border-bottom: 1px solid #EDF0F3; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
.n { text-align: right; } td.n { white-space: nowrap; }
.muted, small { color: #5A6673; } small { display: block; font-size: 11px; font-weight: 400;
  white-space: normal; }
.n small { max-width: 120px; margin-left: auto; }
.good { color: #1A7F37; } .warn { color: #8A5A00; } .bad { color: #C2202B; font-weight: 600; }
.figure.good, .figure.warn, .figure.bad { color: inherit; font-weight: inherit; }
.part { display: block; height: 3px; background: #0B63C5; border-radius: 2px; margin-top: 3px; }
p.told { color: #5A6673; margin: 0 0 10px; }
@page { size: A4; margin: 14mm; }
@media print {
  body { background: #FFF; font-size: 10pt; -webkit-print-color-adjust: exact;
    print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  h1 { font-size: 17pt; } .figure { flex-basis: 17%; padding: 6px 8px; }
  .figure b { font-size: 14pt; } header p { white-space: nowrap; }
  th, td { padding: 3px 4px; font-size: 7.5pt; } small { font-size: 6.5pt; }
  td:first-child { min-width: 70px; } .n small { max-width: 80px; }
}
"""


def html_of(document: Document) -> str:
    """Return the whole page."""
    body = "\n".join(_written(block) for block in document.blocks)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(document.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _written(block: Block) -> str:
    match block:
        case Title():
            return (
                f"<header><div><h1>{escaped(block.text)}</h1><p>{escaped(block.under)}</p></div>"
                f"<p>{escaped(block.aside)}</p></header>"
            )
        case Heading():
            return f"<h2>{escaped(block.text)}</h2>"
        case Paragraph():
            return f'<p class="told">{escaped(block.text)}</p>'
        case Figures():
            return _figures(block)
        case Plot():
            return _plot(block)
        case Table():
            return _table(block)


def _figures(block: Figures) -> str:
    cards = (
        f'<div class="figure {f.tone}"><span>{escaped(f.label)}</span><b>{escaped(f.value)}</b>'
        f"<span>{escaped(f.under)}</span></div>"
        for f in block.figures
    )
    return f'<div class="figures">{"".join(cards)}</div>'


def _plot(block: Plot) -> str:
    legend = "".join(
        f'<i style="background:{color}"></i>{escaped(name)}' for color, name in block.legend
    )
    note = f"<p>{escaped(block.note)}</p>" if block.note else ""
    return (
        f"<figure><figcaption>{escaped(block.title)}<span>{legend}</span></figcaption>"
        f"{block.svg}{note}</figure>"
    )


def _table(block: Table) -> str:
    heads = "".join(
        f"<th{_class('n' if column.is_number else '')}>{escaped(column.title)}</th>"
        for column in block.columns
    )
    rows = "".join(
        "<tr>"
        + "".join(
            _cell(cell, is_number=column.is_number)
            for column, cell in zip(block.columns, row, strict=True)
        )
        + "</tr>"
        for row in block.rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(cell: Cell, *, is_number: bool) -> str:
    tone = "" if cell.tone is Tone.PLAIN else str(cell.tone)
    classes = " ".join(part for part in ("n" if is_number else "", tone) if part)
    under = f"<small>{escaped(cell.under)}</small>" if cell.under else ""
    part = min(max(cell.part, 0.0), 1.0)
    bar = f'<span class="part" style="width:{part:.1%}"></span>' if part else ""
    return f"<td{_class(classes)}>{escaped(cell.text)}{under}{bar}</td>"


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""
