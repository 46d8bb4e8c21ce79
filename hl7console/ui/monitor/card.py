"""A plot in its frame: title, names of the lines, the plot, or a sentence where it is empty."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hl7console.ui.monitor.legend import Legend
from hl7console.ui.monitor.plot_content import Content
from hl7console.ui.monitor.pointing import PointedPlot
from hl7console.ui.theme import TEXT_PX, text_font, theme
from hl7console.ui.worklist.header import Title

_NOTE_FROM = 460
"""A narrower card has no room for a note."""


class PlotCard(QFrame):
    """Shows one `Content`. GUI thread only."""

    def __init__(
        self, name: str, title: str, parent: QWidget | None = None, *, scale: float = 1.0
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"plotCard.{name}")
        self.setProperty("role", "card")
        self.name = name
        self.content = Content(title)
        self._at_s: float | None = None
        self._title = QLabel(title)
        self._title.setProperty("role", "heading")
        self._title.setFont(text_font(round(TEXT_PX * scale), bold=True))
        self.note = Title()
        self.note.setProperty("role", "muted")
        self.note.hide()
        self.legend = Legend(scale=scale)
        self.plot = PointedPlot(f"plot.{name}", scale=scale)
        self.plot.setAccessibleName(title)
        self._empty = QLabel(self.plot)
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._empty.hide()
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 12, 0)
        head.setSpacing(12)
        head.addWidget(self._title)
        head.addWidget(self.note, 1)
        head.addWidget(self.legend, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 8, 1, 2)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self.plot, 1)
        self.setMinimumHeight(120)
        theme().changed.connect(self._on_theme_changed)

    def show_content(
        self,
        content: Content,
        gaps: Sequence[tuple[float, float]],
        marks: Sequence[tuple[float, str]],
    ) -> None:
        """Draw what there is."""
        self.content = content
        self._title.setText(content.title)
        self.plot.setAccessibleName(content.title)
        is_empty = bool(content.empty) and not any(
            value == value for line in content.lines for value in line.values
        )
        heat = content.heat
        if heat is not None:
            top = heat.low + heat.row_height * len(heat.rows)
            self.plot.set_top(top, bottom=heat.low, is_log=True)
            self.plot.set_heat(*content.heat_span, heat.rows, heat.low, top)
        else:
            self.plot.set_top(content.top, is_whole=content.is_whole or is_empty)
            self.plot.set_heat(0, 0, (), 0, 0)
        self._draw_lines(content)
        band = content.band
        self.plot.set_band(*((band.at_s, band.low, band.high) if band else ((), (), ())))
        self.plot.set_gaps(gaps)
        self.plot.set_marks(marks)
        self._empty.setText(content.empty)
        self._empty.setVisible(is_empty)
        self.legend.tell(content, self._at_s)

    def _draw_lines(self, content: Content) -> None:
        lines = () if content.heat is not None else content.lines
        if content.is_bars:
            first = lines[0] if lines else None
            lefts = (
                [first.since_s + n * first.step_s for n in range(len(first.values))]
                if first
                else []
            )
            width = first.step_s if first else 1.0
            self.plot.set_bars(lefts, width, [(line.values, line.role) for line in lines])
            return
        keys = []
        for line in lines:
            keys.append(f"{line.key} {line.label}")
            self.plot.set_line(
                keys[-1], line.at_s, line.values, line.role, is_dashed=line.is_dashed
            )
        self.plot.keep_lines(keys)

    def set_cursor(self, at_s: float | None) -> None:
        """Show the crosshair and the values there."""
        if at_s == self._at_s:
            return
        self._at_s = at_s
        self.plot.set_cursor(at_s)
        self.legend.tell(self.content, at_s)
        self.plot.setAccessibleDescription(", ".join(self.legend.texts()))

    def tell(self, note: str) -> None:
        """Say something beside the title."""
        self.note.tell(note)
        self.note.setVisible(bool(note) and self.width() >= _NOTE_FROM)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.plot.restyle()
        self.legend.update()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._empty.resize(self.plot.size())
