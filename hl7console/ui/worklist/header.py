"""The head of the pane beside the list: which step this is, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from hl7console.store.worklist.records import LineRow, StepDetails
from hl7console.ui.theme import GRID, theme
from hl7console.ui.worklist import words
from hl7console.ui.worklist.decisions import HELD_FLAG
from hl7console.ui.worklist.inputs import EDITABLE
from hl7console.ui.worklist.sentences import where_from


class Chip(QLabel):
    """A word on a ground of its colour."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("role", "chip")
        self.hide()

    def tell(self, text: str, token: str) -> None:
        """Show a word in a colour; nothing for no word."""
        self.setText(text)
        self.setVisible(bool(text))
        if self.property("tone") != token:
            self.setProperty("tone", token)
            self.style().unpolish(self)
            self.style().polish(self)


class Title(QLabel):
    """A line of text that gives way to what stands beside it, and is whole in its tip."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def tell(self, text: str) -> None:
        """Show a text."""
        self._whole = text
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 4, hint.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(4 * GRID, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        fits = metrics.horizontalAdvance(self._whole) <= self.width()
        shown = self._whole
        if not fits:
            shown = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, self.width())
        self.setText(shown)
        self.setToolTip("" if fits else self._whole)


class StepHeader(QWidget):
    """Title, patient line, state, and the banner of an incomplete line. GUI thread only."""

    link_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stepHeader")
        self.title = Title()
        self.title.setObjectName("stepTitle")
        self.title.setProperty("role", "heading")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state = Chip("stepState")
        self.priority = Chip("stepPriority")
        self.person = QLabel()
        self.person.setObjectName("stepPatient")
        self.person.setProperty("role", "muted")
        self.person.setWordWrap(True)
        self.person.setTextFormat(Qt.TextFormat.PlainText)
        self.person.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.banner = QFrame()
        self.banner.setObjectName("stepBanner")
        self.banner.setProperty("role", "banner")
        self.banner_text = QLabel()
        self.banner_text.setObjectName("stepBannerText")
        self.banner_text.setWordWrap(True)
        self.banner_text.setTextFormat(Qt.TextFormat.PlainText)
        self.banner_links = QLabel()
        self.banner_links.setObjectName("stepBannerLinks")
        self.banner_links.setWordWrap(True)
        self.banner_links.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.banner_links.linkActivated.connect(self.link_chosen)
        inner = QVBoxLayout(self.banner)
        inner.setContentsMargins(12, GRID, 12, GRID)
        inner.setSpacing(2)
        inner.addWidget(self.banner_text)
        inner.addWidget(self.banner_links)
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.title)
        top.addWidget(self.state)
        top.addWidget(self.priority)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 4)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.person)
        layout.addWidget(self.banner)
        self.banner.hide()
        self._links: list[tuple[str, str]] = []
        theme().changed.connect(self._write_links)

    def show_line(self, line: LineRow) -> None:
        """Show what the list knows of a line already."""
        parts = [line.procedure or "No procedure", line.accession or "no accession"]
        self.title.tell(" · ".join(parts))
        self.state.tell(*words.state_words(line))
        word, role = words.priority_words(line.priority)
        self.priority.tell(word if role != "muted" else "", role)
        name = words.value_words("patient_name", line.patient_name)
        self.person.setText(" · ".join(p for p in (name, line.patient_id) if p))
        self._show_banner(line)

    def show_details(self, details: StepDetails) -> None:
        """Add what only the details know: sex and birth date of the patient."""
        line = details.line
        parts = [
            words.value_words(column, line.get(column))
            for column in ("patient_name", "patient_id", "sex", "birth_date")
        ]
        visit = words.value_words("visit_no", line.get("visit_no"))
        parts.append(f"visit {visit}" if visit else "")
        self.person.setText(" · ".join(part for part in parts if part) or "No patient")

    def _show_banner(self, line: LineRow) -> None:
        text, links = banner_of(line)
        self.banner.setVisible(bool(text))
        self.banner_text.setText(text)
        self._links = links
        self._write_links()
        self.banner_links.setVisible(bool(links))

    @Slot()
    def _write_links(self) -> None:
        style = f'style="color:{theme().tokens.warn};text-decoration:none"'
        self.banner_links.setText(
            " · ".join(f'<a {style} href="{address}">{title}</a>' for address, title in self._links)
        )


def banner_of(line: LineRow) -> tuple[str, list[tuple[str, str]]]:
    """Return what keeps a line off the modalities, and the next steps as (address, title)."""
    if HELD_FLAG in line.flags:
        return "A message has another name and birth date for this patient's number.", [
            ("action:held", "Decide which are right"),
            ("action:errors", "What to ask the sender for"),
        ]
    if line.state in ("COMPLETED", "DISCONTINUED", "CANCELED"):
        return "", []
    if line.missing:
        return _missing_banner(line)
    if not line.stations and not line.is_open:
        return (
            "Not on any modality: no station rule matches this step.",
            [
                ("action:station", "Set the station by hand"),
                ("action:profile", "Add a station rule"),
                ("action:notSeen", "Why does a station not see it?"),
            ],
        )
    if line.state == "ON_HOLD":
        return "On hold: no modality is shown it until it is released.", [
            ("action:state", "Set the state by hand")
        ]
    return "", []


def _missing_banner(line: LineRow) -> tuple[str, list[tuple[str, str]]]:
    names = [words.column_words(column) for column in line.missing]
    whole = ", no ".join(names[:-1]) + (" and no " if len(names) > 1 else "") + names[-1]
    sources = [text for column in line.missing if (text := where_from(column))]
    text = f"Not on any modality: it has no {whole}."
    if sources:
        text += " " + " ".join(sources)
    links = []
    if line.missing[0] in EDITABLE:
        links = [("action:edit", f"Enter the {names[0]} by hand")]
    if any(column.startswith("station") for column in line.missing):
        links.insert(0, ("action:station", "Set the station by hand"))
    links.append(("action:messages", "See the message that spoke last"))
    links.append(("action:errors", "What to ask the sender for"))
    return text, links
