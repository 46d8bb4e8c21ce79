"""When a step is done: a filter that asks about the message itself and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from hl7console.hl7v2.filters import (
    ColumnIs,
    FilterError,
    Has,
    Leaf,
    PathMatch,
    PathPresent,
    Query,
    SizeIs,
    TextMatch,
    TypeIs,
    evaluate,
    leaves,
    parse,
)
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.scan import Scan, scan

_OF_OTHERS = ("listener", "destination")
"""Keys of columns that a message does not hold itself."""


class ConditionError(ValueError):
    """A condition that is no filter, or asks for more than the message."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter of which every part can be told from the message."""

    query: Query = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition.

        Raises:
            ConditionError: It is not understood, or asks for what only the list knows.
        """
        try:
            query = parse(text)
        except FilterError as fault:
            raise ConditionError(fault.full_text) from None
        if query.root is None:
            raise ConditionError("it is empty.")
        for leaf in leaves(query.root):
            if not _is_in_message(leaf):
                start, end = leaf.span
                raise ConditionError(
                    f"{text[start:end]} cannot be told from a message alone; ask for its type, its"
                    " fields or its words."
                )
        return cls(query)

    def holds(self, message: Message) -> bool:
        """Return whether a message, as it is, meets the condition."""
        return evaluate(self.query, _Columns(message), message)


def _is_in_message(leaf: Leaf) -> bool:
    if isinstance(leaf, ColumnIs):
        return leaf.key not in _OF_OTHERS
    if isinstance(leaf, Has):
        return leaf.what in ("attachment", "note")
    return isinstance(leaf, TextMatch | TypeIs | SizeIs | PathMatch | PathPresent)


class _Columns:
    """The columns of a message that is nowhere stored; looked up when one is asked for."""

    origin = interface = status = error_text = sending_state = sending_code = ""
    received_at_us = parent_id = duplicate_of = 0
    handled = False

    def __init__(self, message: Message) -> None:
        self._message = message

    @cached_property
    def _scan(self) -> Scan:
        message = self._message
        return scan(
            message.raw, default_codec=message.default_codec, force_codec=message.force_codec
        )

    @property
    def message_type(self) -> str:
        return self._scan.message_type

    @property
    def event(self) -> str:
        return self._scan.event

    @property
    def structure(self) -> str:
        return self._scan.structure

    @property
    def control_id(self) -> str:
        return self._scan.control_id

    @property
    def sender(self) -> str:
        return self._scan.sender

    @property
    def receiver(self) -> str:
        return self._scan.receiver

    @property
    def patient_id(self) -> str:
        return self._scan.patient_id

    @property
    def patient_authority(self) -> str:
        return self._scan.patient_authority

    @property
    def accession(self) -> str:
        return self._scan.accession

    @property
    def placer_order(self) -> str:
        return self._scan.placer_order

    @property
    def filler_order(self) -> str:
        return self._scan.filler_order

    @property
    def size_bytes(self) -> int:
        return len(self._message.raw)
