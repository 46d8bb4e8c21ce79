"""Whether an edit changed who or what a message is about in one place and not in the others.

References:
    HL7 v2.5.1 chapter 3, 3.4.2 (PID-3, PID-18), 3.4.3 (PV1-19); IHE RAD TF-2 4.4 (accession and
    order numbers in ORC and OBR, study UID in IPC-3 or ZDS-1).
"""

from __future__ import annotations

from hl7console.hl7v2.message import Message

_PERSON = ("PID-5", "PID-7", "PID-8")
_LINKED = ("PID-18", "PV1-19")
_TWINS = (("ORC-2", "OBR-2"), ("ORC-3", "OBR-3"), ("OBR-18", "IPC-1"))
_STUDY = ("IPC-3", "ZDS-1")


def identity_codes(before: Message, after: Message) -> list[str]:
    """Return the cases of `findings` that an edit gives rise to. Any thread.

    Args:
        before: The message that was edited.
        after: What it became.
    """

    def changed(path: str) -> bool:
        return _written(before, path) != _written(after, path)

    def stays(path: str) -> bool:
        return bool(_written(after, path)) and not changed(path)

    codes = []
    if changed("PID-3"):
        if any(stays(path) for path in _LINKED):
            codes.append("ids_not_linked")
    elif any(changed(path) for path in _PERSON):
        codes.append("person_changed")
    one_sided = any(
        (changed(one) and stays(other)) or (changed(other) and stays(one)) for one, other in _TWINS
    )
    new_accession = changed("OBR-18") or changed("IPC-1")
    if one_sided or (new_accession and any(stays(path) for path in _STUDY)):
        codes.append("order_ids_differ")
    return codes


def _written(message: Message, path: str) -> str:
    found = message.first(path)
    return found.raw_text if found is not None else ""
