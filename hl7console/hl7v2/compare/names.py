"""What the places of a message are called."""

from __future__ import annotations

from hl7console.hl7v2 import dictionary
from hl7console.hl7v2.dictionary import Dictionary, FieldDefinition
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath

_BETWEEN = " · "


class Names:
    """Names of places by the dictionary of one message's version; kept once found."""

    def __init__(self, message: Message) -> None:
        self._dictionary: Dictionary = dictionary.load(message.get("MSH-12") or "")
        self._known: dict[tuple[str | int | None, ...], str] = {}

    def of(self, path: FieldPath, varying: str = "") -> str:
        """Return the name of a place, such as ``Patient Name · Given Name``; "" for none.

        Args:
            path: The place.
            varying: Data type of a field that has any, as OBX-2 names it.
        """
        key = path.segment, path.field, path.component, path.subcomponent, varying
        name = self._known.get(key)
        if name is None:
            name = self._known[key] = self._made(path.generic(), varying)
        return name

    def _made(self, path: FieldPath, varying: str) -> str:
        if not path.segment:
            return ""
        if path.field is None:
            segment = self._dictionary.segment(path.segment)
            if segment is None or not segment.name:
                elsewhere = dictionary.segment_elsewhere(path.segment)
                segment = elsewhere[0] if elsewhere is not None else None
            return segment.name if segment is not None else ""
        definition = self._field(path.segment, path.field)
        if definition is None:
            return ""
        names = [definition.name]
        type_ = varying or definition.type
        for number in (path.component, path.subcomponent):
            part = self._dictionary.component(type_, number) if number is not None else None
            if part is None:
                break
            names.append(part.name)
            type_ = part.type
        return _BETWEEN.join(name for name in names if name)

    def _field(self, segment: str, number: int) -> FieldDefinition | None:
        found = self._dictionary.field(segment, number)
        if found is None:
            elsewhere = dictionary.field_elsewhere(segment, number)
            found = elsewhere[0] if elsewhere is not None else None
        return found
