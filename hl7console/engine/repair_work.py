"""From a command of repair to the work that does it. Each area adds its own."""

from __future__ import annotations

from collections.abc import Callable

from hl7console.engine.approving import approve
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.edited import delete_saved, store_edited
from hl7console.engine.jobs import EngineJob
from hl7console.engine.queues.work import do_queue_command
from hl7console.engine.recordings.recording import record_messages
from hl7console.engine.recordings.replaying import replay_recording
from hl7console.engine.repair_commands import (
    Approve,
    ChangeDeliveries,
    DeleteRoute,
    DeleteSaved,
    HoldQueue,
    ImportSettings,
    MarkHandled,
    QueueMessages,
    RecordMessages,
    ReleaseQueue,
    RepairCommand,
    ReplayRecording,
    RerouteDeliveries,
    ResendMessages,
    RewindQueue,
    SaveRoute,
    SendRepeatedly,
    StoreEdited,
)
from hl7console.engine.repeating import send_repeatedly
from hl7console.engine.resending.resending import mark_messages, resend_messages
from hl7console.engine.settings_files import import_into_engine
from hl7console.errors import UsageError

Work = Callable[[EngineJob], JobReport]


def work_of(core: EngineCore, command: RepairCommand) -> tuple[str, Work]:
    """Return the name and the work of a command. Any thread; nothing is done yet."""
    found = _of_traffic(core, command) or _of_messages(core, command) or _of_setup(core, command)
    if found is None:
        raise UsageError(f"{type(command).__name__} is not known to this engine.")
    return found


def _of_traffic(core: EngineCore, command: RepairCommand) -> tuple[str, Work] | None:
    """What sends, and what keeps traffic in files."""
    match command:
        case (
            HoldQueue()
            | ReleaseQueue()
            | ChangeDeliveries()
            | RerouteDeliveries()
            | RewindQueue()
            | QueueMessages()
        ):
            return "queues", lambda job: do_queue_command(core, job, command)
        case ResendMessages():
            return "resend", lambda job: resend_messages(core, job, command)
        case RecordMessages():
            return "record", lambda job: record_messages(core, job, command)
        case ReplayRecording():
            return "replay", lambda job: replay_recording(core, job, command)
        case SendRepeatedly():
            return "send", lambda job: send_repeatedly(core, job, command)
    return None


def _of_messages(core: EngineCore, command: RepairCommand) -> tuple[str, Work] | None:
    """What changes what is kept of single messages."""
    match command:
        case StoreEdited():
            return "edit", lambda _: store_edited(core, command)
        case DeleteSaved():
            return "edit", lambda _: delete_saved(core, command)
        case MarkHandled():
            return "handled", lambda job: mark_messages(core, job, command)
    return None


def _of_setup(core: EngineCore, command: RepairCommand) -> tuple[str, Work] | None:
    """What changes how the workspace is set up."""
    match command:
        case SaveRoute(settings, previous_name):
            return "settings", lambda _: core.routes.save(settings, previous_name)
        case DeleteRoute(name):
            return "settings", lambda _: core.routes.delete(name)
        case ImportSettings():
            return "settings", lambda _: import_into_engine(core, command)
        case Approve():
            return "approve", lambda _: approve(core, command)
    return None
