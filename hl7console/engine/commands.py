"""From a command to the work that does it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from hl7console.engine import alert_work, dicom_work, repair_work, worklist_inputs, worklist_trial
from hl7console.engine.alert_commands import AlertCommand
from hl7console.engine.console import (
    Command,
    DeleteInterface,
    ImportCodes,
    ImportCrossref,
    ImportFiles,
    InterfaceStatus,
    JobReport,
    LinkState,
    RebuildWorklist,
    RunRetention,
    SaveDestination,
    SaveListener,
    SendFiles,
    SendMessages,
    TestConnection,
    TryWorklistInput,
    WorklistInput,
)
from hl7console.engine.core import EngineCore
from hl7console.engine.dicom_commands import (
    AskPacs,
    DeleteAeRules,
    DeletePacs,
    SaveAeRules,
    SavePacs,
    SaveWorklistService,
    TestPacs,
)
from hl7console.engine.importing import import_files
from hl7console.engine.jobs import EngineJob
from hl7console.engine.links import SAVE_TIMEOUT_S
from hl7console.engine.metrics_commands import SaveMetricsEndpoint
from hl7console.engine.retaining import run_retention
from hl7console.engine.sending import send_files, send_messages
from hl7console.engine.testing_connections import test_connection
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.store import queue_changes

Work = Callable[[EngineJob], JobReport]


def job_of(core: EngineCore, command: Command) -> tuple[str, Work]:
    """Return the name and the work of a command. Any thread; nothing is done yet."""
    if isinstance(command, AlertCommand):
        return alert_work.work_of(core, command)
    match command:
        case ImportFiles():
            return "import", lambda job: import_files(core, job, command)
        case SendMessages():
            return "send", lambda job: send_messages(core, job, command)
        case SendFiles():
            return "send", lambda job: send_files(core, job, command)
        case TestConnection():
            return "test", lambda _: test_connection(core, command)
        case RunRetention():
            return "retention", lambda job: run_retention(core, job, command)
        case (
            WorklistInput()
            | TryWorklistInput()
            | RebuildWorklist()
            | ImportCodes()
            | ImportCrossref()
        ):
            return _of_worklist(core, command)
        case (
            SaveWorklistService()
            | SaveAeRules()
            | DeleteAeRules()
            | SavePacs()
            | DeletePacs()
            | TestPacs()
            | AskPacs()
        ):
            return "dicom", lambda _: dicom_work.work_of(core, command)
        case SaveListener() | SaveDestination() | DeleteInterface() | SaveMetricsEndpoint():
            return "settings", _change_of(core, command)
    return repair_work.work_of(core, command)


def _of_worklist(
    core: EngineCore,
    command: WorklistInput | TryWorklistInput | RebuildWorklist | ImportCodes | ImportCrossref,
) -> tuple[str, Work]:
    service = core.worklist
    match command:
        case WorklistInput():
            return "worklist", lambda _: worklist_inputs.put_input(core, command)
        case TryWorklistInput():
            return "trial", lambda _: worklist_trial.try_input(
                service.console_path, service.key, command
            )
        case RebuildWorklist():
            return "rebuild", lambda job: worklist_inputs.rebuild(core, job, command)
        case ImportCodes() | ImportCrossref():
            return "table", lambda _: worklist_inputs.import_table(core, command)


def _change_of(
    core: EngineCore,
    command: SaveListener | SaveDestination | DeleteInterface | SaveMetricsEndpoint,
) -> Work:
    match command:
        case SaveMetricsEndpoint():
            return lambda _: _save_metrics_endpoint(core, command)
        case SaveListener(settings, previous_name):
            return lambda _: _save_listener(core, settings, previous_name)
        case SaveDestination(destination, previous_name):
            return lambda _: _save_destination(core, destination, previous_name)
        case DeleteInterface(name):
            return lambda _: _delete(core, name)


def _save_listener(core: EngineCore, settings: ListenerSettings, previous: str) -> JobReport:
    report = _report_listener(core.links.save_listener(settings, previous))
    problem = worklist_inputs.put_profiles(core.writer, core.workspace, (settings,))
    if not problem:
        return report
    return replace(report, text=f"{report.text} {problem}", is_fault=True)


def _report_listener(status: InterfaceStatus) -> JobReport:
    details = (("state", str(status.state)), ("address", status.address))
    if status.state == LinkState.LISTENING:
        return JobReport(text=f"{status.name} listens on {status.address}.", details=details)
    if status.state == LinkState.FAILED:
        text = f"Saved, but {status.name} cannot listen: {status.text}"
        return JobReport(text=text, details=details, is_fault=True)
    return JobReport(text=f"{status.name} was saved; it is switched off.", details=details)


def _report_destination(status: InterfaceStatus) -> JobReport:
    return JobReport(text=f"{status.name} was saved.", details=(("address", status.address),))


def _save_metrics_endpoint(core: EngineCore, command: SaveMetricsEndpoint) -> JobReport:
    status = core.metrics_endpoint.save(command.settings)
    if status is None:
        return JobReport(text="The metrics endpoint was saved; it is switched off.")
    details = (("state", str(status.state)), ("address", status.address))
    if status.state == LinkState.LISTENING:
        text = f"Metrics are served on {status.address}, at /metrics."
        return JobReport(text=text, details=details)
    text = f"Saved, but no metrics can be served: {status.text}"
    return JobReport(text=text, details=details, is_fault=True)


def _save_destination(
    core: EngineCore, settings: DestinationSettings, previous_name: str
) -> JobReport:
    report = _report_destination(core.links.save_destination(settings, previous_name))
    if previous_name not in ("", settings.name):
        core.routes.destination_saved(settings.name, previous_name)
        _bring_strays(core, previous_name, settings.name)
    return report


def _bring_strays(core: EngineCore, old_name: str, new_name: str) -> None:
    """Bring along what was routed under the old name while the new one came in force."""
    # Its messages are with the writer once the network thread has come round.
    core.network.run(asyncio.sleep(0), timeout_s=SAVE_TIMEOUT_S)

    core.queues.change(
        (old_name, new_name),
        lambda database: queue_changes.bring_along(database, old_name, new_name),
        "bring strays along",
    )


def _delete(core: EngineCore, name: str) -> JobReport:
    core.routes.check_unused(name)
    core.links.delete(name)
    return JobReport(text=f"{name} was removed; its messages stay.")
