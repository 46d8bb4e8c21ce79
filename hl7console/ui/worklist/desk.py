"""What somebody has to look at: errors, conflicts, likely duplicates, merges, unmapped codes.

One window with a tab for each, beside the list and not over it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from hl7console.store.worklist.records import EntryEffect, Likeness
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID
from hl7console.ui.worklist import words
from hl7console.ui.worklist.decisions import ATTACHABLE
from hl7console.ui.worklist.reads import WorklistReads, WorklistWorker
from hl7console.ui.worklist.sentences import ask_sentence, flag_sentence, note_sentence
from hl7console.worklist.rows import ORDER, PATIENT, Row
from hl7console.worklist.turn import Severity


class DeskTab(IntEnum):
    """The tabs, in their order."""

    ERRORS = 0
    CONFLICTS = 1
    DUPLICATES = 2
    MERGES = 3
    CODES = 4


@dataclass(slots=True)
class DeskFill:
    """All that the tabs show. Made on the reader's thread."""

    problems: list[EntryEffect] = field(default_factory=list, repr=False)
    conflicts: list[tuple[Row, str]] = field(default_factory=list, repr=False)
    """A conflict, and whom it is about."""
    duplicates: list[Likeness] = field(default_factory=list, repr=False)
    merges: list[tuple[Row, str, str, str]] = field(default_factory=list, repr=False)
    """A merge, who was joined into whom, and when."""
    unmapped: list[Row] = field(default_factory=list, repr=False)


def _keys(fill: DeskFill) -> tuple[list[tuple[int, ...]], ...]:
    """Return of each tab what tells its lines apart."""
    return (
        [(effect.entry,) for effect in fill.problems],
        [(row.id,) for row, _ in fill.conflicts],
        [(pair.first.id, pair.second.id) for pair in fill.duplicates],
        [(told[0].id,) for told in fill.merges],
        [(row.id,) for row in fill.unmapped],
    )


def read_desk(reads: WorklistReads) -> DeskFill:
    """Return what the tabs show. Reader's thread."""
    merges = [
        (row, _person(reads.row(PATIENT, row.number("source"))),
         _person(reads.row(PATIENT, row.number("survivor"))), _when(reads, row))
        for row in reversed(reads.merges()[-500:])
    ]  # fmt: skip
    conflicts = [(row, _about(reads, row)) for row in reads.conflicts()[:500]]
    return DeskFill(reads.problems(500), conflicts, reads.duplicates(), merges, reads.unmapped())


def _about(reads: WorklistReads, row: Row) -> str:
    persons = [_person(reads.row(PATIENT, int(str(n)))) for n in row.list("patients")]
    order = reads.row(ORDER, row.number("order")) if row.number("order") else None
    accession = order.text("accession") if order is not None else ""
    parts = [" and ".join(persons), f"accession {accession}" if accession else ""]
    return " · ".join(part for part in parts if part)


def _person(row: Row | None) -> str:
    if row is None:
        return "unknown"
    name = words.value_words("patient_name", row.text("patient_name"))
    return " · ".join(part for part in (name, row.text("patient_id")) if part)


def _when(reads: WorklistReads, row: Row) -> str:
    effect = reads.effect(entry_of(row))
    return words.moment_words(effect.at_us) if effect is not None else ""


def entry_of(row: Row) -> int:
    """Return the entry that made a row."""
    return row.number("entry") or next((s.entry for s in row.sources.values()), 0)


@dataclass(frozen=True, slots=True)
class _Page:
    name: str
    title: str
    about: str
    empty: str
    columns: tuple[ReportColumn, ...]


_PAGES = (
    _Page(
        "Errors", "Errors",
        "Entries that were not applied, or not wholly, the newest first. Send the sentence in the "
        "last column to whoever runs the sender.",
        "Every message was applied.",
        (ReportColumn("When", 21, is_fixed=True), ReportColumn("Message", 16, is_fixed=True),
         ReportColumn("Sender", 16, is_fixed=True),
         ReportColumn("What is wrong", 36, is_state=True),
         ReportColumn("What to ask the sender for", 36)),
    ),
    _Page(
        "Conflicts", "Conflicts",
        "Things that only a person can decide. Nothing was changed because of them.",
        "There is nothing to decide.",
        (ReportColumn("What", 50, is_state=True), ReportColumn("About", 50)),
    ),
    _Page(
        "Duplicates", "Likely duplicates",
        "Persons that look like one. They are never joined by guess; ask the sender for a merge "
        "(ADT^A40), or join them by hand.",
        "No two persons look alike.",
        (ReportColumn("Person", 34), ReportColumn("Looks like", 34)),
    ),
    _Page(
        "Merges", "Merges",
        "Persons that were joined, by message or by hand. Undo takes a merge back and applies all "
        "that came since again.",
        "Nobody was joined yet.",
        (ReportColumn("When", 21, is_fixed=True), ReportColumn("From", 30),
         ReportColumn("Into", 30), ReportColumn("State", 10, is_state=True)),
    ),
    _Page(
        "Codes", "Unmapped codes",
        "Procedure codes that the table of exam codes lacks. Fill them in, or import a table.",
        "Every procedure code is in the table, or none came yet.",
        (ReportColumn("Sender", 16, is_fixed=True), ReportColumn("Code", 14, is_fixed=True),
         ReportColumn("System", 10, is_fixed=True), ReportColumn("Text", 30),
         ReportColumn("Seen", 6, is_fixed=True)),
    ),
)  # fmt: skip


class Desk(QDialog):
    """The window. GUI thread only.

    Args:
        worker: Reads the worklist.
        failed: Gets a `ConsoleError`.
    """

    message_wanted = Signal(int)
    undo_wanted = Signal(int, str)
    merge_wanted = Signal(object, object)
    """Two persons (`Row`): the one that goes, and the survivor; None where still to be chosen."""
    settle_wanted = Signal(int)
    """A conflict was dealt with: the entry that raised it."""
    attach_wanted = Signal(object)
    """What a conflict (`Row`) is about is to be joined to an order all the same."""
    link_wanted = Signal(object, object)
    """Two persons (`Row`) are to be noted as one."""
    code_wanted = Signal(object)
    """An unmapped code (`Row`) is to be filled in."""
    import_wanted = Signal(str)
    """``codes`` or ``crossref``: a CSV file of these is to be imported."""

    def __init__(
        self, worker: WorklistWorker, failed: Callable[[object], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("worklistDesk")
        self.setWindowTitle("Worklist: to look at")
        self.resize(min(1240, max(parent.window().width() - 80, 800)), 600)
        self._worker = worker
        self._failed = failed
        self._fill = DeskFill()
        self._tables: list[ReportTable] = []
        self._blanks: list[QLabel] = []
        self.tabs = QTabWidget()
        self.tabs.setObjectName("deskTabs")
        self.tabs.setDocumentMode(True)
        for page in _PAGES:
            self.tabs.addTab(self._built(page), page.title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.addWidget(self.tabs)

    def _built(self, page: _Page) -> QWidget:
        table = ReportTable(f"desk{page.name}", page.title, page.columns, wraps=True)
        self._tables.append(table)
        about = QLabel(page.about)
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        blank = QLabel(page.empty)
        blank.setObjectName(f"desk{page.name}Empty")
        blank.setProperty("role", "muted")
        blank.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._blanks.append(blank)
        bar = QHBoxLayout()
        bar.setSpacing(GRID)
        bar.addStretch(1)
        for name, title, slot, needs_row in self._buttons(page.name):
            button = QPushButton(title)
            button.setObjectName(f"desk{name}")
            button.clicked.connect(slot)
            if needs_row:
                button.setEnabled(False)
                table.selectionModel().selectionChanged.connect(
                    lambda *_, b=button, t=table, n=name: b.setEnabled(
                        len(t.selectionModel().selectedRows()) == 1 and self._can(n)
                    )
                )
                table.rows.modelReset.connect(lambda b=button: b.setEnabled(False))
            bar.addWidget(button)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(about)
        column.addWidget(table, 1)
        column.addWidget(blank, 1)
        column.addLayout(bar)
        return whole

    def _buttons(self, page: str) -> Sequence[tuple[str, str, Callable[[], None], bool]]:
        return {
            "Errors": (("ShowMessage", "Show the message", self._show_message, True),),
            "Conflicts": (
                ("Attach", "Attach all the same…", self._attach, True),
                ("Settle", "Mark as settled…", self._settle, True),
            ),
            "Duplicates": (
                ("Link", "Link them…", self._link, True),
                ("Join", "Preview a merge…", self._join, True),
            ),
            "Merges": (
                ("MergeByHand", "Merge by hand…", lambda: self.merge_wanted.emit(None, None),
                 False),
                ("ImportCrossref", "Import a cross-reference table…",
                 lambda: self.import_wanted.emit("crossref"), False),
                ("Undo", "Undo…", self._undo, True),
            ),
            "Codes": (
                ("ImportCodes", "Import a table of codes…",
                 lambda: self.import_wanted.emit("codes"), False),
                ("FillCode", "Fill in…", self._fill_code, True),
            ),
        }[page]  # fmt: skip

    def show_tab(self, tab: DeskTab) -> None:
        """Come up with one of the tabs."""
        self.tabs.setCurrentIndex(tab)
        self.show()
        self.raise_()
        self.activateWindow()
        self.reload()

    @Slot()
    def reload(self) -> None:
        """Read everything again."""
        if self.isVisible():
            self._worker.ask(read_desk, self._on_read, self._failed)

    def _on_read(self, found: DeskFill) -> None:
        keys_before, keys = _keys(self._fill), _keys(found)
        self._fill = found
        rows = (
            [_error_row(effect) for effect in found.problems],
            [_conflict_row(*told) for told in found.conflicts],
            [ReportRow((_person(pair.first), _person(pair.second))) for pair in found.duplicates],
            [_merge_row(*told) for told in found.merges],
            [_code_row(row) for row in found.unmapped],
        )
        for number, (table, blank, lines) in enumerate(
            zip(self._tables, self._blanks, rows, strict=True)
        ):
            chosen = [
                (keys_before[number][index.row()], table.rows.texts(index.row()))
                for index in table.selectionModel().selectedRows()
            ]
            table.rows.set_rows(lines)
            if len(chosen) == 1:
                told = [(key, line.texts) for key, line in zip(keys[number], lines, strict=True)]
                if chosen[0] in told:
                    table.selectRow(told.index(chosen[0]))
            table.setVisible(bool(lines))
            blank.setVisible(not lines)
            title = _PAGES[number].title
            self.tabs.setTabText(number, f"{title} · {len(lines):,}" if lines else title)

    def _chosen(self, tab: DeskTab) -> int:
        rows = self._tables[tab].selectionModel().selectedRows()
        return rows[0].row() if rows else -1

    @Slot()
    def _show_message(self) -> None:
        row = self._chosen(DeskTab.ERRORS)
        if row >= 0 and self._fill.problems[row].entry > 0:
            self.message_wanted.emit(self._fill.problems[row].entry)

    @Slot()
    def _settle(self) -> None:
        row = self._chosen(DeskTab.CONFLICTS)
        if row >= 0:
            self.settle_wanted.emit(entry_of(self._fill.conflicts[row][0]))

    def _can(self, button: str) -> bool:
        """Return whether a button fits what is chosen."""
        if button == "Attach":
            row = self._chosen(DeskTab.CONFLICTS)
            return row >= 0 and self._fill.conflicts[row][0].text("about_kind") in ATTACHABLE
        if button == "Undo":
            row = self._chosen(DeskTab.MERGES)
            return row >= 0 and not _is_undone(self._fill.merges[row][0])
        return True

    @Slot()
    def _attach(self) -> None:
        row = self._chosen(DeskTab.CONFLICTS)
        if row >= 0:
            self.attach_wanted.emit(self._fill.conflicts[row][0])

    @Slot()
    def _link(self) -> None:
        row = self._chosen(DeskTab.DUPLICATES)
        if row >= 0:
            pair = self._fill.duplicates[row]
            self.link_wanted.emit(pair.first, pair.second)

    @Slot()
    def _join(self) -> None:
        row = self._chosen(DeskTab.DUPLICATES)
        if row >= 0:
            pair = self._fill.duplicates[row]
            self.merge_wanted.emit(pair.first, pair.second)

    @Slot()
    def _undo(self) -> None:
        row = self._chosen(DeskTab.MERGES)
        if row >= 0:
            merge, source, survivor, _ = self._fill.merges[row]
            self.undo_wanted.emit(entry_of(merge), f"The merge of {source} into {survivor}")

    @Slot()
    def _fill_code(self) -> None:
        row = self._chosen(DeskTab.CODES)
        if row >= 0:
            self.code_wanted.emit(self._fill.unmapped[row])


def _error_row(effect: EntryEffect) -> ReportRow:
    wrong = [note for note in effect.notes if note.severity is Severity.ERROR]
    texts = (
        words.moment_words(effect.at_us),
        effect.title,
        effect.sender,
        "\n".join(note_sentence(note) for note in wrong),
        "\n".join(text for note in wrong if (text := ask_sentence(note))),
    )
    return ReportRow(texts, "err" if effect.is_refused else "warn")


def _conflict_row(row: Row, about: str) -> ReportRow:
    where = row.text("path")
    about = " · ".join(part for part in (about, where) if part)
    return ReportRow((flag_sentence(row.text("rule")), about), "warn")


def _is_undone(row: Row) -> bool:
    return row.text("status") in ("void", "voided", "undone")


def _merge_row(row: Row, source: str, survivor: str, when: str) -> ReportRow:
    state = ("undone", "muted") if _is_undone(row) else ("in force", "ok")
    return ReportRow((when, source, survivor, state[0]), state[1])


def _code_row(row: Row) -> ReportRow:
    columns = ("sender", "code", "system", "text", "count")
    return ReportRow(tuple(row.text(column) for column in columns))
