"""Application acknowledgements that come later, on another connection: matched by MSA-2 alone.

A delivery is ``committed`` when the receiver stored the message and said that its application
acknowledgement follows (enhanced mode). That may come as a message of its own to a listener; it
then ends the delivery. All functions run on the writer thread.

References:
    HL7 chapter 2, 2.9.3 (enhanced acknowledgement rules); MSA-2.
"""

from __future__ import annotations

from hl7console.hl7v2.replies import Ack, named_cause
from hl7console.store.connection import Database
from hl7console.store.records import DeliveryState

_COMMITTED = """
SELECT d.id, d.destination FROM messages AS m JOIN deliveries AS d ON d.message_id = m.id
WHERE m.control_id = ? AND d.state = 'committed' ORDER BY d.id DESC LIMIT 1
"""


def settle_late(database: Database, ack: Ack, interface: str, at_us: int) -> str:
    """End the delivery that an acknowledgement names and return its destination.

    Args:
        database: The writing connection.
        ack: The acknowledgement.
        interface: The listener that it came to.
        at_us: When; UTC, microseconds since 1970.

    Returns:
        Empty when no delivery waits for it.
    """
    code = ack.code.upper()
    if not ack.control_id.strip() or code not in ("AA", "AE", "AR"):
        return ""
    row = database.one(_COMMITTED, (ack.control_id,))
    if row is None:
        return ""
    delivery_id, destination = int(row[0] or 0), str(row[1])
    is_accepted = code == "AA"
    state = DeliveryState.ACCEPTED if is_accepted else DeliveryState.REJECTED
    text = f"The application acknowledgement came later, to {interface}: {code}."
    cause = "" if is_accepted else named_cause(code, ack)
    database.execute(
        "UPDATE deliveries SET state = ?, is_due = 0, changed_at_us = ?, ack_code = ?, text = ?,"
        " cause = ?, is_handled = 0 WHERE id = ?",
        (str(state), at_us, code, text, cause, delivery_id),
    )
    database.execute(
        "UPDATE attempts SET state = ?, text = text || ' ' || ? WHERE id ="
        " (SELECT max(id) FROM attempts WHERE delivery_id = ?)",
        (str(state), text, delivery_id),
    )
    return destination
