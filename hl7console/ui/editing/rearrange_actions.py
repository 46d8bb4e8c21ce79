"""The actions that change what a message is made of: segments, fields, repetitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtGui import QAction

from hl7console.hl7v2.editing.document import EditDocument
from hl7console.hl7v2.editing.rearranging import (
    DuplicatePart,
    InsertPart,
    MovePart,
    RemovePart,
    place_after_move,
    with_number,
)
from hl7console.hl7v2.edits import Edit, ReplaceText, SetNull, SetValue
from hl7console.hl7v2.nodes import Field
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.writing import EditError
from hl7console.ui.actions import Actions

Apply = Callable[[Edit, FieldPath], None]
"""Makes an edit, and selects a path afterwards."""


class RearrangeActions:
    """Acts on the element at hand. GUI thread only.

    Args:
        actions: Where the actions are added.
        document: Returns the document, or None while there is none.
        place: Returns the element at hand.
        apply: Makes an edit.
        tell: Says why something cannot be done.
    """

    def __init__(
        self,
        actions: Actions,
        document: Callable[[], EditDocument | None],
        place: Callable[[], FieldPath | None],
        apply: Apply,
        tell: Callable[[str], None],
    ) -> None:
        self._document = document
        self._place = place
        self._apply = apply
        self._tell = tell
        self._actions = actions
        table = (
            ("segmentDuplicate", "Duplicate segment", "Ctrl+D", _segment, DuplicatePart, 1),
            ("segmentRemove", "Remove segment", "Ctrl+Shift+D", _segment, RemovePart, 0),
            ("fieldInsert", "Insert empty field before", "Alt+Ins", _field, InsertPart, 0),
            ("fieldDuplicate", "Duplicate field", "", _field, DuplicatePart, 1),
            ("fieldRemove", "Remove field (those behind move up)", "Alt+Del", _field,
             RemovePart, 0),
            ("repetitionDuplicate", "Duplicate repetition", "", _repetition, DuplicatePart, 1),
            ("repetitionRemove", "Remove repetition", "", _repetition, RemovePart, 0),
        )  # fmt: skip
        for name, text, keys, level, edit, step in table:
            self._add(name, text, keys, self._does(level, edit, step))
        moves = (
            ("segmentUp", "Move segment up", "Alt+Up", _segment, False),
            ("segmentDown", "Move segment down", "Alt+Down", _segment, True),
            ("fieldLeft", "Move field left", "Alt+Left", _field, False),
            ("fieldRight", "Move field right", "Alt+Right", _field, True),
            ("repetitionUp", "Move repetition to the front", "", _repetition, False),
            ("repetitionDown", "Move repetition to the back", "", _repetition, True),
        )
        for name, text, keys, level, down in moves:
            self._add(name, text, keys, self._moves(level, down=down))
        self._add("repetitionAdd", "Add repetition", "Ctrl+Shift+R", self._add_repetition)
        self._add("valueClear", "Clear value", "Ctrl+Shift+Backspace", self._clear)
        self._add("valueNull", 'Set to null ("")', "Ctrl+Shift+N", self._null)

    def _add(self, name: str, text: str, keys: str, slot: Callable[[], None]) -> None:
        self._actions.add(f"edit.{name}", text, slot, shortcut=keys, group="Edit")

    def menu(self) -> tuple[QAction | None, ...]:
        """Return the actions for a context menu, with lines between."""
        groups = (
            ("segmentInsert", "segmentDuplicate", "segmentUp", "segmentDown", "segmentRemove"),
            ("fieldInsert", "fieldDuplicate", "fieldLeft", "fieldRight", "fieldRemove"),
            ("repetitionAdd", "repetitionDuplicate", "repetitionUp", "repetitionDown",
             "repetitionRemove"),
            ("valueClear", "valueNull"),
        )  # fmt: skip
        found: list[QAction | None] = []
        for group in groups:
            found += [None, *(self._actions[f"edit.{name}"] for name in group)]
        return tuple(found[1:])

    def _does(
        self, level: Level, edit: Callable[[FieldPath], Edit], step: int
    ) -> Callable[[], None]:
        def act() -> None:
            path = self._at(level)
            if path is not None:
                self._apply(edit(path), _next(path, step))

        return act

    def _moves(self, level: Level, *, down: bool) -> Callable[[], None]:
        def act() -> None:
            path, document = self._at(level), self._document()
            if path is None or document is None:
                return
            try:
                after = place_after_move(document.message, path, down=down)
            except EditError as error:
                self._tell(error.text)
                return
            self._apply(MovePart(path, down), after)

        return act

    def _at(self, level: Level) -> FieldPath | None:
        path, document = self._place(), self._document()
        found = level(path, document) if path is not None and document is not None else None
        if found is None:
            self._tell(_NOWHERE[level])
        return found

    def _add_repetition(self) -> None:
        path, document = self._at(_field), self._document()
        if path is None or document is None:
            return
        node = document.message.first(path)
        count = len(node.repetitions) if isinstance(node, Field) else 0
        added = replace(path, repetition=count + 1)
        mark = document.message.delimiters.repetition
        if not mark:
            self._tell("MSH-2 names no separator of repetitions.")
        elif isinstance(node, Field):
            self._apply(ReplaceText(node.end, node.end, mark), added)
        else:
            self._tell(f"The message does not go as far as {path}.")

    def _clear(self) -> None:
        path = self._value()
        if path is not None:
            self._apply(SetValue(path, ""), path)

    def _null(self) -> None:
        path = self._value()
        if path is not None:
            self._apply(SetNull(path), path)

    def _value(self) -> FieldPath | None:
        path = self._place()
        if path is None or path.field is None:
            self._tell("Put the caret into a field, or choose one in the tree.")
            return None
        return path


Level = Callable[[FieldPath, EditDocument], FieldPath | None]


def _segment(path: FieldPath, _document: EditDocument) -> FieldPath | None:
    return FieldPath(path.segment, path.segment_occurrence) if path.segment else None


def _field(path: FieldPath, _document: EditDocument) -> FieldPath | None:
    if path.field is None:
        return None
    return FieldPath(path.segment, path.segment_occurrence, path.field)


def _repetition(path: FieldPath, _document: EditDocument) -> FieldPath | None:
    if path.field is None:
        return None
    field = FieldPath(path.segment, path.segment_occurrence, path.field)
    return replace(field, repetition=path.repetition or 1)


_NOWHERE: dict[Level, str] = {
    _segment: "Put the caret into a segment, or choose one in the tree.",
    _field: "Put the caret into a field, or choose one in the tree.",
    _repetition: "Put the caret into a field, or choose one in the tree.",
}


def _next(path: FieldPath, step: int) -> FieldPath:
    """Return the path of what stands `step` further on, as for a copy."""
    if not step:
        return path
    if path.field is None:
        return FieldPath(path.segment, (path.segment_occurrence or 1) + step)
    return with_number(path, (path.repetition or path.field) + step)
