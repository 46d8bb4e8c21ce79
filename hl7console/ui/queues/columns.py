"""The columns of a list of deliveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hl7console.store.queue_reader import DeliveryRow
from hl7console.ui.messages.columns import Kind, received_text
from hl7console.ui.queues.words import state_look


@dataclass(frozen=True, slots=True)
class DeliveryColumn:
    """One column; `value` gets the place in the list, from 0, and the delivery."""

    title: str
    kind: Kind
    chars: int
    value: Callable[[int, DeliveryRow], str]


def _type(row: DeliveryRow) -> str:
    return f"{row.message_type}^{row.event}" if row.event else row.message_type


def _since(row: DeliveryRow) -> str:
    return received_text(row.delivery.changed_at_us)


def _tries(row: DeliveryRow) -> str:
    count = row.delivery.attempt_count
    return f"{count:,}" if count else ""


def answer_text(row: DeliveryRow) -> str:
    """Return what came of a delivery last, and whether it is a repeat."""
    delivery = row.delivery
    repeat = "Repeat. " if delivery.repeat_of else ""
    return f"{repeat}{delivery.ack_code} {delivery.text}".strip()


COLUMNS: tuple[DeliveryColumn, ...] = (
    DeliveryColumn("#", Kind.NUMBER, 5, lambda place, _: f"{place + 1:,}"),
    DeliveryColumn("State", Kind.PILL, 9, lambda _, row: state_look(row).text),
    DeliveryColumn("Since", Kind.FIXED, 13, lambda _, row: _since(row)),
    DeliveryColumn("Tries", Kind.NUMBER, 6, lambda _, row: _tries(row)),
    DeliveryColumn("Type", Kind.FIXED, 8, lambda _, row: _type(row)),
    DeliveryColumn("Control ID", Kind.FIXED, 11, lambda _, row: row.control_id),
    DeliveryColumn("Patient", Kind.TEXT, 14, lambda _, row: row.patient_name),
    DeliveryColumn("MRN", Kind.FIXED, 9, lambda _, row: row.patient_id),
    DeliveryColumn("Answer", Kind.MUTED, 4, lambda _, row: answer_text(row)),
)
