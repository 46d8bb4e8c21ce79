"""The messages that come with the program, to test with; everything in them is invented."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache

from hl7console import assets
from hl7console.hl7v2.composing import composed


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """One message to test with."""

    name: str
    about: str
    raw: bytes = field(repr=False)


@lru_cache(maxsize=1)
def sample_messages() -> tuple[SampleMessage, ...]:
    """Return the sample messages in their order. Any thread."""
    found = tomllib.loads(assets.read_text("samples/messages.toml"))["message"]
    return tuple(SampleMessage(m["name"], m["about"], composed(m["text"])) for m in found)
