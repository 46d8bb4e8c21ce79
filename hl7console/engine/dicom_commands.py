"""The commands about the DICOM service, calling AEs and archives, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.settings import AeRules, PacsSettings, WorklistServiceSettings


@dataclass(frozen=True, slots=True)
class SaveWorklistService:
    """Change the DICOM service, and start, restart or stop it accordingly."""

    settings: WorklistServiceSettings


@dataclass(frozen=True, slots=True)
class SaveAeRules:
    """Create or change the rules for a calling AE; they count from the next query on."""

    rules: AeRules
    previous_title: str = ""


@dataclass(frozen=True, slots=True)
class DeleteAeRules:
    """Remove the rules for a calling AE."""

    ae_title: str


@dataclass(frozen=True, slots=True)
class SavePacs:
    """Create or change an archive."""

    settings: PacsSettings
    previous_name: str = ""


@dataclass(frozen=True, slots=True)
class DeletePacs:
    """Forget an archive."""

    name: str


@dataclass(frozen=True, slots=True)
class TestPacs:
    """Ask an archive whether it is there (C-ECHO)."""

    __test__ = False
    settings: PacsSettings


@dataclass(frozen=True, slots=True)
class AskPacs:
    """Ask an archive for the study of a step, and compare what it answers with the order."""

    step_id: int
    pacs: str = ""
    """Name of an archive; empty asks the first one."""


DicomCommand = (
    SaveWorklistService | SaveAeRules | DeleteAeRules | SavePacs | DeletePacs | TestPacs | AskPacs
)
"""Any of them."""
