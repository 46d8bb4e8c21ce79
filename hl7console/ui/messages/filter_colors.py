"""Colours the words of the filter language as they are typed."""

from __future__ import annotations

import re

from PySide6.QtCore import Slot
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from hl7console.hl7v2.filters import KEYS
from hl7console.ui.theme import theme

_PARTS = re.compile(
    r'(?P<text>"[^"]*"?)'
    r"|(?P<word>(?<![^\s(])(?:and|or|not)(?![^\s)(\"]))"
    r"|(?P<key>(?<![\w.\-\[\]])-?(?P<name>[a-z]+):)"
    r"|(?P<path>(?<![\w.\-\[\]])-?[A-Za-z][A-Za-z0-9]{2}(?:[\[(]\d+[\])])?[-.]\d+[\w.\-\[\]()]*)"
    r"|(?P<sign>!=|[=~<>()])",
    re.IGNORECASE,
)
_NAMES = frozenset(str(name) for name in KEYS)


def colored_parts(text: str) -> list[tuple[int, int, str]]:
    """Return (start, length, kind) of what has a colour; kinds: text, word, key, path, sign."""
    found = []
    for match in _PARTS.finditer(text):
        kind = str(match.lastgroup)
        if match["key"] is not None:
            if match["name"].casefold() not in _NAMES:
                continue
            kind = "key"
        found.append((match.start(), match.end() - match.start(), kind))
    return found


class FilterColors(QSyntaxHighlighter):
    """Keys, paths and words in the accent; where an error is, a wave under it."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._error_at = -1
        theme().changed.connect(self._on_theme_changed)

    def mark_error(self, position: int) -> None:
        """Underline from a character on to the end of its word; -1 marks nothing."""
        if position != self._error_at:
            self._error_at = position
            self.rehighlight()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        roles = {"key": "accent", "path": "accent", "word": "info", "sign": "muted", "text": "text"}
        for start, length, kind in colored_parts(text):
            style = QTextCharFormat()
            style.setForeground(theme().color(roles[kind]))
            self.setFormat(start, length, style)
        if self._error_at >= 0 and text:
            self._underline(text)

    def _underline(self, text: str) -> None:
        start = min(self._error_at, len(text) - 1)
        end = next((i for i in range(start + 1, len(text)) if text[i].isspace()), len(text))
        for place in range(start, end):
            style = self.format(place)
            style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            style.setUnderlineColor(theme().color("err"))
            self.setFormat(place, 1, style)
