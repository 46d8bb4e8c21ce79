"""What the DICOM service tells the engine: plain values without patient data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DicomEvent:
    """One thing that happened on the service."""

    code: str
    text: str
    peer: str = ""
    """``AET at host:port``."""
    is_fault: bool = False
    """Whether somebody should look at it."""


@dataclass(frozen=True, slots=True)
class QueryDone:
    """One C-FIND that was answered."""

    calling_aet: str
    answers: int
    status: int
    study_uids: tuple[str, ...] = ()
    """Studies that the modality has seen with it."""
    first_answer_us: int = 0
    """Time to the first answer, or to the end where there was none."""
