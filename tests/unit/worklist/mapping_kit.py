"""Makes messages for the mapping's tests."""

from __future__ import annotations

from functools import lru_cache

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.profiles.loading import load_profile
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View

AT_US = 1_793_692_802_000_000
"""2026-11-03 08:00:02 UTC."""
MSH = "MSH|^~\\&|RIS|HOSP|C|RAD|20261103080000||ORM^O01|M1|P|2.3.1"
PID = "PID|1||4711^^^HOSP^MR||DOE^JANE||19700203|F"
ORC = "ORC|NW|P1^RIS|F1^PACS||SC||^^^20261104093000^^R"
OBR = "OBR|1|P1^RIS|F1^PACS|CTH^CT head^99RIS^CTH1^Head plain^99PROT||||||||||||||A1|RP1|S1||||CT"


@lru_cache
def profile(text: str = "") -> Profile:
    return load_profile(f'base = "default"\n{text}', "test")


def entry(raw: bytes, listener: str = "main") -> MessageEntry:
    return MessageEntry(7, AT_US, raw, listener)


def view_of(*segments: str, msh: str = MSH) -> tuple[View, MessageEntry]:
    raw = "\r".join([msh, *segments]).encode()
    return View(raw), entry(raw)


def context(text: str = "", *segments: str, msh: str = MSH) -> Context:
    view, message = view_of(*segments, msh=msh)
    return Context(view, profile(text), message)


def fields(segment: str, **changes: str) -> str:
    """Return a segment with fields changed: ``fields(OBR, f18="A9")``."""
    parts = segment.split("|")
    for name, value in changes.items():
        number = int(name[1:])
        parts += [""] * (number + 1 - len(parts))
        parts[number] = value
    return "|".join(parts)
