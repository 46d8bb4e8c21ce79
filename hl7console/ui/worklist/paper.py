"""Pages of text in the pane: HTML in the colours of the scheme, with links that lead on.

Everything that came in a message is escaped here; nothing of it is taken for markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import QUrl, Signal, Slot
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QTextBrowser, QWidget

from hl7console.ui.theme import fixed_font, theme

Piece = str
"""HTML that is ready."""


class Paper(QTextBrowser):
    """Shows a page that is written anew for each scheme. GUI thread only.

    Args:
        name: Object name.
        title: Accessible name.
    """

    link_chosen = Signal(str)
    """The address of a link: ``message:17``, ``action:station``."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setProperty("role", "paper")
        self.document().setDocumentMargin(12)
        self._write: Callable[[], str] = str
        self.anchorClicked.connect(self._on_anchor)
        theme().changed.connect(self.write_again)

    def show_page(self, write: Callable[[], str], *, keeps_place: bool = False) -> None:
        """Show the page that `write` makes.

        Args:
            write: Returns HTML, in the colours of the scheme in force.
            keeps_place: Stay where one has scrolled to.
        """
        self._write = write
        place = self.verticalScrollBar().value()
        self.write_again()
        self.verticalScrollBar().setValue(place if keeps_place else 0)

    def say(self, text: str) -> None:
        """Show one quiet sentence."""
        self.show_page(lambda: f"<p>{muted(text)}</p>")

    @Slot()
    def write_again(self) -> None:
        """Make the page in the scheme that is in force now."""
        tokens = theme().tokens
        self.document().setDefaultStyleSheet(
            f"body, td {{ color: {tokens.text}; }} a {{ color: {tokens.accent};"
            f" text-decoration: none; }} p {{ margin: 0 0 6px 0; }}"
        )
        self.setHtml(f"<body>{self._write()}</body>")

    @Slot(QUrl)
    def _on_anchor(self, url: QUrl) -> None:
        self.link_chosen.emit(url.toString())


def color(text: str, token: str, *, is_bold: bool = False) -> Piece:
    """Return a text in the colour of a token."""
    weight = ";font-weight:600" if is_bold else ""
    return f'<span style="color:{theme().color(token).name()}{weight}">{escape(text)}</span>'


def muted(text: str) -> Piece:
    """Return a quiet text."""
    return color(text, "muted")


def bold(text: str) -> Piece:
    """Return a text that stands out."""
    return f'<span style="font-weight:600">{escape(text)}</span>'


def fixed(text: str, role: str = "text") -> Piece:
    """Return a text in the fixed-width font."""
    font = fixed_font()
    name = theme().color(role).name()
    return (
        f"<span style=\"font-family:'{font.family()}';font-size:{font.pixelSize()}px;"
        f'color:{name}">{escape(text)}</span>'
    )


def link(address: str, text: str) -> Piece:
    """Return a link."""
    return f'<a href="{escape(address, quote=True)}">{escape(text)}</a>'


def dot(token: str) -> Piece:
    """Return a dot in the colour of a token."""
    return f'<span style="color:{theme().color(token).name()};font-size:14px">\u25cf</span>'


def rule() -> Piece:
    """Return a line across the page."""
    return (
        f'<table width="100%" cellspacing="0" cellpadding="0"><tr><td height="1"'
        f' bgcolor="{theme().tokens.row_line}" style="font-size:1px"></td></tr></table>'
    )


def dotted(token: str, head: Piece, body: Piece) -> Piece:
    """Return an entry: a dot, a line of head, and what is under it, above a line."""
    return (
        '<table width="100%" cellspacing="0" cellpadding="0" style="margin-top:8px">'
        f'<tr><td width="20" valign="top">{dot(token)}</td><td>{head}</td></tr>'
        f'<tr><td></td><td style="padding-top:3px;padding-bottom:8px">{body}</td></tr></table>'
        f"{rule()}"
    )


def table(rows: Sequence[tuple[Piece, ...]], widths: tuple[str, ...] = ()) -> Piece:
    """Return a plain table of pieces."""
    lines = []
    for cells in rows:
        parts = []
        for place, cell in enumerate(cells):
            width = f' width="{widths[place]}"' if place < len(widths) and widths[place] else ""
            parts.append(f'<td valign="top"{width} style="padding:3px 12px 3px 0">{cell}</td>')
        lines.append(f"<tr>{''.join(parts)}</tr>")
    return f'<table width="100%" cellspacing="0" cellpadding="0">{"".join(lines)}</table>'


def heading(text: str) -> Piece:
    """Return a heading within a page."""
    return f'<p style="margin:10px 0 4px 0;font-weight:600">{escape(text)}</p>'
