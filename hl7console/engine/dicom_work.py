"""The commands about the DICOM service, calling AEs and archives."""

from __future__ import annotations

import ssl

from hl7console.engine.console import (
    JobReport,
    LinkState,
)
from hl7console.engine.core import EngineCore
from hl7console.engine.dicom_commands import (
    AskPacs,
    DeleteAeRules,
    DeletePacs,
    DicomCommand,
    SaveAeRules,
    SavePacs,
    SaveWorklistService,
    TestPacs,
)
from hl7console.engine.tls import client_context
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings, PacsSettings, Tls
from hl7console.store import interfaces
from hl7console.worklist.comparing import Difference, compare

STORE_TIMEOUT_S = 30.0


def work_of(core: EngineCore, command: DicomCommand) -> JobReport:
    """Do a command. A job's thread.

    Raises:
        ConsoleError: It cannot be done.
    """
    match command:
        case SaveWorklistService():
            return _save_service(core, command)
        case SaveAeRules(rules, previous):
            core.dicom.save_rules(rules, previous)
            return JobReport(text=f"The rules for {rules.ae_title} were saved.")
        case DeleteAeRules(title):
            core.dicom.delete_rules(title)
            return JobReport(text=f"The rules for {title} were removed.")
        case SavePacs(archive, previous):
            core.writer.call(
                lambda database: interfaces.save_pacs(database, archive, previous_name=previous),
                label="archive saved",
            ).result(STORE_TIMEOUT_S)
            return JobReport(text=f"{archive.name} was saved.")
        case DeletePacs(name):
            core.writer.call(
                lambda database: interfaces.delete_interface(database, name),
                label="archive removed",
            ).result(STORE_TIMEOUT_S)
            return JobReport(text=f"{name} was removed.")
        case TestPacs(archive):
            return _test(archive)
        case AskPacs():
            return _ask(core, command)


def _save_service(core: EngineCore, command: SaveWorklistService) -> JobReport:
    status = core.dicom.save_service(command.settings)
    name = command.settings.name
    details = (("state", str(status.state)), ("address", status.address))
    if status.state == LinkState.LISTENING:
        return JobReport(text=f"{name} listens on {status.address}.", details=details)
    if status.state == LinkState.FAILED:
        text = f"Saved, but {name} cannot listen: {status.text}"
        return JobReport(text=text, details=details, is_fault=True)
    return JobReport(text=f"{name} was saved; it is switched off.", details=details)


def _test(settings: PacsSettings) -> JobReport:
    from hl7console.dicom import pacs

    settings.validate()
    pacs.echo(settings, _context_of(settings))
    return JobReport(text=f"{settings.name} answers as {settings.ae_title}.")


def _ask(core: EngineCore, command: AskPacs) -> JobReport:
    from hl7console.dicom import pacs

    found = core.writer.call(interfaces.load_pacs, label="archives").result(STORE_TIMEOUT_S)
    usable = [p for p in found if p.enabled and command.pacs in ("", p.name)]
    if not usable:
        raise UsageError(
            "There is no such archive." if command.pacs else "No archive is configured.",
            hint="Add it in Settings, under the worklist's service.",
        )
    reader = core.open_worklist()
    try:
        lines = reader.full_lines((command.step_id,))
    finally:
        reader.close()
    if not lines:
        raise UsageError("The step is no longer there.")
    settings = usable[0]
    studies = pacs.ask_for_study(settings, lines[0].values, _context_of(settings))
    if not studies:
        return JobReport(text=f"{settings.name} has no images of this order.", is_fault=True)
    details: list[tuple[str, str]] = []
    differences: list[Difference] = []
    for study in studies:
        details += [("study", str((study.get("StudyInstanceUID") or ("",))[0]))]
        differences += compare(lines[0], study)
    details += [(d.keyword, d.text) for d in differences]
    count = len(studies)
    have = "1 study" if count == 1 else f"{count} studies"
    text = f"{settings.name} has {have} of this order"
    if differences:
        differ = "1 value differs" if len(differences) == 1 else f"{len(differences)} values differ"
        text += f"; {differ}."
    else:
        text += ", as the order says."
    return JobReport(text=text, messages=count, details=tuple(details), is_fault=bool(differences))


def _context_of(settings: PacsSettings) -> ssl.SSLContext | None:
    if settings.tls == Tls.OFF:
        return None
    return client_context(
        DestinationSettings(
            name=settings.name,
            host=settings.host,
            port=settings.port,
            tls=settings.tls,
            tls_ca_path=settings.tls_ca_path,
            tls_cert_path=settings.tls_cert_path,
            tls_key_path=settings.tls_key_path,
            tls_check_host=settings.tls_check_host,
        )
    )
