"""The bytes that go out for a delivery, and what of them the dialogue needs.

References:
    IHE ITI TF-2 appendix C.2.3 (same bytes and MSH-10 on every try).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hl7console.errors import ConsoleError, UsageError
from hl7console.hl7v2.ack_decisions import asks_application_ack
from hl7console.hl7v2.delimiters import is_usable
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.scan import scan
from hl7console.hl7v2.wire import wire_form
from hl7console.settings import DestinationSettings
from hl7console.store.queue_records import Claimed

RunRecipe = Callable[[int, bytes], bytes]
"""Applies the recipe of this number to a message; raises `ConsoleError` where it can't."""

_MSH_10 = 9
_MSH_16 = 15


@dataclass(slots=True)
class InHand:
    """A delivery that is about to be sent, or under way."""

    claimed: Claimed
    payload: bytes = field(default=b"", repr=False)
    control_id: str = ""
    wants_application_ack: bool = False
    attempt_id: int = 0
    """Of the attempt whose bytes were kept before it was sent; 0 where they are the message's."""
    changes: tuple[str, ...] = ()
    """What was changed for the wire, as sentences."""
    fault: str = ""
    """Why it can't be sent at all."""
    is_new: bool = False
    """Its bytes differ from the message's and are not kept yet."""


def no_recipes(recipe_id: int, raw: bytes) -> bytes:  # noqa: ARG001
    """Apply no recipe.

    Raises:
        UsageError: Always.
    """
    raise UsageError("Its recipe cannot be applied here.")


def is_plain(claimed: Claimed, settings: DestinationSettings) -> bool:
    """Return whether the bytes of a delivery are found without work that takes long."""
    return bool(claimed.sent) or not (claimed.recipe_id or settings.charset_out)


def in_hand(claimed: Claimed, settings: DestinationSettings, run_recipe: RunRecipe) -> InHand:
    """Return what goes out for a delivery; where nothing can, its fault says why. Any thread."""
    changes: tuple[str, ...] = ()
    if claimed.sent:
        payload = claimed.sent
    elif not (claimed.raw or claimed.sent_earlier):
        return InHand(claimed, fault="Its message is not in the store any more.")
    else:
        try:
            payload, changes = _made(claimed, settings, run_recipe)
        except ConsoleError as fault:
            return InHand(claimed, fault=f"Not sent: {fault.text}")
    if b"\x0b" in payload or b"\x1c" in payload:
        fault_text = "Not sent: it holds a byte (0x0B or 0x1C) that MLLP reserves for its framing."
        return InHand(claimed, fault=fault_text)
    control_id, wants_more = dialogue_of(payload)
    is_new = not claimed.sent and payload != claimed.raw
    return InHand(claimed, payload, control_id, wants_more, 0, changes, "", is_new)


def _made(
    claimed: Claimed, settings: DestinationSettings, run_recipe: RunRecipe
) -> tuple[bytes, tuple[str, ...]]:
    """Return the bytes of a first attempt, and what was changed for the wire.

    A repeat sends what the first one sent: a recipe may give new control ids, by which no receiver
    would know the message again. The character set is the destination's of today.
    """
    changes: tuple[str, ...] = ()
    if claimed.sent_earlier:
        payload = claimed.sent_earlier
    else:
        raw = run_recipe(claimed.recipe_id, claimed.raw) if claimed.recipe_id else claimed.raw
        payload, changes = wire_form(raw, was_on_wire=claimed.was_on_wire)
    if settings.charset_out:
        written = Message.parse(payload).with_charset(settings.charset_out).raw
        if written != payload:
            payload = written
            changes += (f"Written in {settings.charset_out}, and MSH-18 set to say so.",)
    return payload, changes


def dialogue_of(payload: bytes) -> tuple[str, bool]:
    """Return MSH-10 as written, and whether MSH-16 asks for an application acknowledgement.

    The quick way; what is not a plain header is left to `scan`.
    """
    end = payload.find(b"\r")
    separator = payload[3:4]
    header = payload if end < 0 else payload[:end]
    if header[:3] == b"MSH" and header.isascii() and is_usable(separator.decode("ascii")):
        fields = header.split(separator, _MSH_16 + 1) + [b""] * (_MSH_16 + 1)
        control_id, condition = fields[_MSH_10], fields[_MSH_16]
    else:
        seen = scan(payload)
        control_id, condition = seen.msh_10, seen.msh_16
    return control_id.decode("utf-8", "replace"), asks_application_ack(condition)
