"""From a command of repair to the work that does it. Each area adds its own."""

from __future__ import annotations

from collections.abc import Callable

from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.edited import delete_saved, store_edited
from hl7console.engine.jobs import EngineJob
from hl7console.engine.recordings.recording import record_messages
from hl7console.engine.repair_commands import (
    DeleteRoute,
    DeleteSaved,
    ImportSettings,
    MarkHandled,
    RecordMessages,
    RepairCommand,
    ResendMessages,
    SaveRoute,
    StoreEdited,
)
from hl7console.engine.resending.resending import mark_messages, resend_messages
from hl7console.engine.settings_files import import_into_engine
from hl7console.errors import UsageError

Work = Callable[[EngineJob], JobReport]


def work_of(core: EngineCore, command: RepairCommand) -> tuple[str, Work]:
    """Return the name and the work of a command. Any thread; nothing is done yet."""
    match command:
        case RecordMessages():
            return "record", lambda job: record_messages(core, job, command)
        case SaveRoute(settings, previous_name):
            return "settings", lambda _: core.routes.save(settings, previous_name)
        case DeleteRoute(name):
            return "settings", lambda _: core.routes.delete(name)
        case ImportSettings():
            return "settings", lambda _: import_into_engine(core, command)
        case StoreEdited():
            return "edit", lambda _: store_edited(core, command)
        case DeleteSaved():
            return "edit", lambda _: delete_saved(core, command)
        case ResendMessages():
            return "resend", lambda job: resend_messages(core, job, command)
        case MarkHandled():
            return "handled", lambda _: mark_messages(core, command)
    raise UsageError(f"{type(command).__name__} is not known to this engine.")
