"""What a report is made of, whatever it is written as: headings, figures, plots and tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a value is meant."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class Title:
    """The head of the report."""

    text: str
    under: str
    aside: str


@dataclass(frozen=True, slots=True)
class Heading:
    """Begins a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more."""

    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that counts."""

    label: str
    value: str
    under: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers beside each other."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture as SVG, which uses shapes and text only: no style sheet, script or link."""

    svg: str
    title: str
    width: int
    height: int
    legend: tuple[tuple[str, str], ...] = ()
    """Colour and name of each series."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    is_number: bool = False
    weight: float = 1.0
    """How wide it is beside the others."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a table."""

    text: str
    tone: Tone = Tone.PLAIN
    under: str = ""
    """A second line, smaller."""
    part: float = 0.0
    """Length of the bar below it, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


Block = Title | Heading | Paragraph | Figures | Plot | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report, ready to be written."""

    title: str
    blocks: tuple[Block, ...]
