"""Asks an archive: is it there, and does it have the images of an order.

References:
    DICOM PS3.4 Annex C (Study Root Query/Retrieve, C-FIND), section C.6.2.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from hl7console.dicom.datasets import dataset_of, read_query
from hl7console.dicom.library import pynetdicom
from hl7console.errors import EnvironmentFaultError
from hl7console.settings import AeRules, PacsSettings
from hl7console.worklist.matching import Item
from hl7console.worklist.rows import Value

STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
VERIFICATION = "1.2.840.10008.1.1"

MOST_STUDIES = 100
"""Answers that are read; an order has a few."""

_WANTED = (
    "AccessionNumber", "PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate",
    "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription",
    "ModalitiesInStudy", "NumberOfStudyRelatedInstances",
)  # fmt: skip


def echo(settings: PacsSettings, context: ssl.SSLContext | None = None) -> None:
    """Ask whether an archive is there.

    Raises:
        EnvironmentFaultError: It isn't, or does not let us in.
    """
    association = _associate(settings, VERIFICATION, context)
    try:
        status = association.send_c_echo()
    finally:
        _end(association)
    if getattr(status, "Status", None) != 0:
        raise EnvironmentFaultError(f"{settings.name} did not answer the echo.")


def ask_for_study(
    settings: PacsSettings, line: Mapping[str, Value], context: ssl.SSLContext | None = None
) -> list[Item]:
    """Return the studies of an order that an archive has: by study UID, else by accession.

    Raises:
        EnvironmentFaultError: It cannot be asked, or refuses.
    """
    for keyword, column in (("StudyInstanceUID", "study_uid"), ("AccessionNumber", "accession")):
        value = str(line.get(column, ""))
        if not value:
            continue
        found = _find(settings, {keyword: (value,)}, context)
        if found:
            return found
    return []


def _find(settings: PacsSettings, keys: Item, context: ssl.SSLContext | None) -> list[Item]:
    asked: Item = dict.fromkeys(_WANTED, ())
    asked |= keys
    asked["QueryRetrieveLevel"] = ("STUDY",)
    dataset = dataset_of(asked, AeRules())
    association = _associate(settings, STUDY_ROOT_FIND, context)
    found: list[Item] = []
    try:
        for status, answer in association.send_c_find(dataset, STUDY_ROOT_FIND):
            code = getattr(status, "Status", None)
            if code in (0xFF00, 0xFF01) and answer is not None:
                item, _, _ = read_query(answer, AeRules())
                if _belongs(item, keys):
                    found.append(item)
                if len(found) >= MOST_STUDIES:
                    break
            elif code is None:
                raise EnvironmentFaultError(f"{settings.name} broke off in the middle.")
            elif code != 0:
                raise EnvironmentFaultError(f"{settings.name} refused the query ({code:04X}).")
    finally:
        _end(association)
    return found


def _belongs(item: Item, keys: Item) -> bool:
    """An archive that ignores a key would answer with others' studies."""
    return all((item.get(keyword) or ("",))[0] == value[0] for keyword, value in keys.items())


def _associate(settings: PacsSettings, uid: str, context: ssl.SSLContext | None) -> Any:  # noqa: ANN401
    entity = pynetdicom().AE(settings.calling_ae_title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = settings.timeout_s
    entity.connection_timeout = settings.timeout_s
    entity.add_requested_context(uid)
    tls = None if context is None else (context, settings.host)
    try:
        association = entity.associate(
            settings.host, settings.port, ae_title=settings.ae_title, tls_args=tls
        )
    except (OSError, ValueError, RuntimeError) as fault:
        raise EnvironmentFaultError(f"{settings.name} cannot be reached.") from fault
    if association.is_established:
        return association
    _end(association)
    if association.is_rejected:
        raise EnvironmentFaultError(
            f"{settings.name} refused the association.",
            hint=f"It may have to know our AE title, {settings.calling_ae_title}.",
        )
    raise EnvironmentFaultError(
        f"{settings.name} cannot be reached at {settings.host}:{settings.port}.",
        hint="Check address, port and TLS.",
    )


def _end(association: Any) -> None:  # noqa: ANN401
    if association.is_established:
        association.release()
    if association.is_alive():
        association.join(2.0)
    if association.is_alive():
        association.kill()
