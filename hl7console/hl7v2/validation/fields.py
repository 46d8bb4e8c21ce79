"""Rules on fields: required ones, those beyond the definition, and each value.

References:
    HL7 v2.1 to v2.8.2, segment definitions.
"""

from __future__ import annotations

from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.dictionary import FieldDefinition
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.validation.subject import NULL, SegmentText, Subject, rule
from hl7console.hl7v2.validation.values import FieldRules

_CONDITIONAL = frozenset(
    ["AIL-4", "FT1-14", "NK1-7", "OBR-27", "OBX-2", "OBX-4", "OM3-7", "ORC-7", "RXG-2"]
)
"""Fields that one version's tables call required, and those before and after it don't: its text
makes them depend on others."""

_MSH_CHECKED = frozenset((1, 2, 9, 10, 11, 12))
"""Fields of MSH that have rules of their own."""


@rule
def fields_are_as_defined(subject: Subject) -> None:
    """Report what is wrong with the fields of every known segment."""
    rules = FieldRules(subject)
    for segment in subject.segments:
        definition = subject.dictionary.segment(segment.id) if segment.id else None
        if definition is None:
            continue
        _check_presence(subject, segment, definition.fields)
        for number, field in enumerate(definition.fields, 1):
            if number >= len(segment.fields):
                break
            written = segment.fields[number]
            if not written or written == NULL or _is_checked_elsewhere(segment, number):
                continue
            for fault in rules.faults(segment, number, field):
                path = segment.path(
                    number,
                    fault.component,
                    repetition=fault.repetition,
                    subcomponent=fault.subcomponent,
                )
                names = ", ".join(dict.fromkeys(filter(None, (field.name, fault.name))))
                name = f"{path.generic()} ({names})" if names else str(path.generic())
                subject.report(path, fault.severity, fault.code, f"{name} {fault.text}.")


def _is_checked_elsewhere(segment: SegmentText, number: int) -> bool:
    return segment.id in HEADER_IDS and (number <= 2 or (segment.id == "MSH" and number == 10))


def _check_presence(
    subject: Subject, segment: SegmentText, definitions: tuple[FieldDefinition, ...]
) -> None:
    """Report required fields that are empty, and fields beyond the definition."""
    version = subject.dictionary.version
    known = len(segment.fields) - 1 if segment.start in subject.broken else len(definitions)
    for number, definition in enumerate(definitions[:known], 1):
        if not definition.required or definition.withdrawn:
            continue
        if f"{segment.id}-{number}" in _CONDITIONAL:
            continue
        if _is_written(segment, number) or (segment.id == "MSH" and number in _MSH_CHECKED):
            continue
        text = f"{segment.id}-{number} ({definition.name}) is required in v{version} and is empty."
        subject.report(segment.path(number), Severity.ERROR, "required_field_missing", text)
    if segment.start in subject.run_on:
        return
    beyond = len(definitions) + 1
    while beyond < len(segment.fields) and not segment.fields[beyond].strip():
        beyond += 1
    if beyond < len(segment.fields):
        count = len(definitions)
        text = f"{segment.id} has {count} fields in v{version}; this is number {beyond}."
        subject.report(segment.path(beyond), Severity.INFO, "field_beyond_definition", text)


def _is_written(segment: SegmentText, number: int) -> bool:
    """Return whether a field says anything: a value or null."""
    return number < len(segment.fields) and bool(segment.fields[number].strip())
