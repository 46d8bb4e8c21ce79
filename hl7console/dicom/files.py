"""The header of a DICOM file, read no further than it is needed."""

from __future__ import annotations

from pathlib import Path

from hl7console.dicom.datasets import read_query
from hl7console.dicom.library import pynetdicom
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings import AeRules
from hl7console.worklist.matching import Item

MOST_HEADER_BYTES = 4 * 1024 * 1024
"""Read at most; what is compared stands in the first kilobytes."""

_WANTED = (
    "SpecificCharacterSet", "AccessionNumber", "PatientID", "IssuerOfPatientID", "PatientName",
    "PatientBirthDate", "PatientSex", "StudyInstanceUID", "Modality", "StudyDescription",
    "RequestedProcedureDescription", "RequestedProcedureCodeSequence", "ProcedureCodeSequence",
    "RequestAttributesSequence",
)  # fmt: skip


def read_header(path: Path) -> Item:
    """Return what a DICOM file says of patient and order.

    Raises:
        UsageError: It is no DICOM file.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(MOST_HEADER_BYTES)
    return header_of(head, path.name)


def header_of(head: bytes, name: str) -> Item:
    """Return what the beginning of a DICOM file says of patient and order.

    Args:
        head: Its first bytes.
        name: For the message of an error.

    Raises:
        UsageError: It is no DICOM file.
    """
    pynetdicom()
    from io import BytesIO

    from pydicom import dcmread

    is_marked = head[128:132] == b"DICM"
    try:
        dataset = dcmread(
            BytesIO(head), force=not is_marked, stop_before_pixels=True, specific_tags=list(_WANTED)
        )
        item, _, _ = read_query(dataset, AeRules())
    except ConsoleError:
        raise
    except Exception:  # noqa: BLE001 - any file may be dropped; pydicom raises anything
        raise _no_dicom(name) from None
    if not item.get("StudyInstanceUID") and not item.get("PatientID"):
        raise _no_dicom(name)
    return item


def _no_dicom(name: str) -> UsageError:
    return UsageError(f"{name} is not a DICOM file with a patient or a study.")
