"""Writes inputs into the worklist's journal: operator actions, MPPS, tables, profiles in force."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from hl7console.engine.auditing import user_name
from hl7console.engine.console import (
    ImportCodes,
    ImportCrossref,
    JobReport,
    RebuildWorklist,
    WorklistInput,
)
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.worklist_service import FollowMode
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings import ListenerSettings
from hl7console.store.connection import Database
from hl7console.store.worklist import journal
from hl7console.store.writer import StoreWriter
from hl7console.worklist.profiles.library import NAMES, shipped_text
from hl7console.worklist.profiles.loading import load_profile

STORE_TIMEOUT_S = 60.0
"""Longest that an input waits for the store, in seconds."""

APPLY_TIMEOUT_S = 10.0
"""Longest that a job waits for its input to be applied, in seconds."""

PROFILES_FOLDER = "profiles"
"""Folder of the user's own mapping profiles, in the workspace."""

MOST_CSV_BYTES = 64 * 1024 * 1024

DEFAULT_PROFILE = "default"


def append(
    writer: StoreWriter, kind: str, body: Mapping[str, object], user: str = ""
) -> Future[int]:
    """Write an input into the journal; the future gives its number. Any thread.

    Args:
        writer: The store's writer.
        kind: See `worklist.entries.InputEntry`.
        body: What it says; plain JSON.
        user: Who; "" takes the one who runs this program.
    """
    at_us = time.time_ns() // 1000
    return writer.call(
        lambda database: journal.append_input(
            database, kind, body, at_us=at_us, user=user or user_name()
        ),
        label="worklist input",
    )


def put_input(core: EngineCore, command: WorklistInput) -> JobReport:
    """Write an input and wait until it is applied. A job's thread.

    Returns:
        `JobReport.first_message_id` is the entry's (negative) number; `is_fault` tells that
        it was refused.
    """
    number = append(core.writer, command.kind, command.body, command.user).result(STORE_TIMEOUT_S)
    service = core.worklist
    if service.mode is FollowMode.OFF:
        return JobReport(text="Kept; the worklist takes it up next.", first_message_id=-number)
    if not service.wait_for(input_id=number, timeout_s=APPLY_TIMEOUT_S):
        return JobReport(
            text="Kept; the worklist is behind and takes it up soon.", first_message_id=-number
        )
    reader = core.open_worklist()
    try:
        effect = reader.effect(-number)
    finally:
        reader.close()
    if effect is None or not effect.is_refused:
        return JobReport(text="Done.", messages=1, first_message_id=-number)
    from hl7console.worklist import wording

    reasons = [wording.sentence(note.rule, note.args) for note in effect.notes]
    text = " ".join(reasons) or "It was refused."
    return JobReport(text=text, first_message_id=-number, is_fault=True)


def import_table(core: EngineCore, command: ImportCodes | ImportCrossref) -> JobReport:
    """Take a table from a CSV file into the journal. A job's thread.

    Raises:
        UsageError: The file has no rows, or is not CSV.
        OSError: It cannot be read.
    """
    body = table_of(command)
    kind = kind_of(command)
    report = put_input(core, WorklistInput(kind, body))
    if report.is_fault:
        return report
    rows = body["rows"]
    count = len(rows) if isinstance(rows, list) else 0
    return JobReport(
        text=f"{count:,} lines imported.", messages=count, first_message_id=report.first_message_id
    )


def kind_of(command: ImportCodes | ImportCrossref) -> str:
    """Return the kind of input that a table is."""
    return "codes" if isinstance(command, ImportCodes) else "crossref"


def table_of(command: ImportCodes | ImportCrossref) -> dict[str, object]:
    """Return the input's body for a CSV file: columns by the names in its first line.

    Raises:
        UsageError: The file is too large, has no rows, or is not CSV.
        OSError: It cannot be read.
    """
    path = command.path
    if path.stat().st_size > MOST_CSV_BYTES:
        raise UsageError(f"{path.name} is too large for a table.", hint="Split it.")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    first = text.split("\n", 1)[0]
    mark = max(";\t,", key=first.count)
    rows: list[dict[str, str]] = []
    try:
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=mark, strict=True):
            kept = {
                name.strip().lower().replace(" ", "_"): value.strip()
                for name, value in row.items()
                if isinstance(name, str) and isinstance(value, str)
            }
            if any(kept.values()):
                rows.append(kept)
    except csv.Error as error:
        raise UsageError(
            f"{path.name} is not CSV: {error}.", hint="Its first line names the columns."
        ) from None
    if not rows:
        raise UsageError(f"{path.name} has no rows.", hint="Its first line names the columns.")
    return {"rows": rows, "replace": command.replace, "source": path.name}


def rebuild(core: EngineCore, job: EngineJob, _: RebuildWorklist) -> JobReport:
    """Have the worklist made again from the journal. A job's thread.

    Raises:
        ConsoleError: It cannot be done.
    """
    service = core.worklist
    if service.mode is FollowMode.OFF:
        raise ConsoleError("The worklist is not followed here.")
    asked = service.ask_rebuild()
    while not service.is_rebuilt(asked, 0.2):
        total = core.writer.last_message_id
        job.advance(service.status.message_id, total, text="Making the worklist again")
        if job.is_cancelled:
            return JobReport(text="The worklist is made again in the background.", cancelled=True)
    if service.status.problem:
        raise ConsoleError(service.status.problem)
    return JobReport(text="The worklist was made again.", messages=service.status.applied)


# Profiles.


def profile_text(workspace: Path, name: str) -> str:
    """Return the text of a mapping profile: the user's own, or one that is shipped.

    Raises:
        UsageError: There is none of that name, or it cannot be read.
    """
    own = workspace / PROFILES_FOLDER / f"{name}.toml"
    if Path(name).name == name and own.is_file():
        try:
            return own.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The mapping profile {name} cannot be read: {error}.") from None
    if name not in NAMES:
        raise UsageError(
            f"There is no mapping profile named {name}.",
            hint=f"Put {name}.toml into the workspace's folder {PROFILES_FOLDER}.",
        )
    return shipped_text(name)


def put_profiles(
    writer: StoreWriter, workspace: Path, listeners: Sequence[ListenerSettings]
) -> str:
    """Note in the journal which profiles are in force from here on, where that is news.

    Messages that are stored later are behind it. A profile that cannot be used is not put in
    force; the one before stays.

    Returns:
        What is wrong, as a sentence; "" when all is well.
    """
    problems = []
    bodies: list[dict[str, object]] = []
    for listener in listeners:
        try:
            text = profile_text(workspace, listener.profile)
            load_profile(text, listener.profile)
        except UsageError as error:
            problems.append(f"The listener {listener.name}: {error.full_text}")
            continue
        bodies.append({"listener": listener.name, "name": listener.profile, "text": text})
    if bodies:
        writer.call(lambda database: _put_news(database, bodies), label="profiles in force")
    return " ".join(problems)


def _put_news(database: Database, bodies: Sequence[dict[str, object]]) -> None:
    for body in bodies:
        last = journal.last_input(database, "profile", listener=str(body["listener"]))
        if last is None and body["name"] == DEFAULT_PROFILE:
            if body["text"] == shipped_text(DEFAULT_PROFILE):
                continue
        elif last is not None and {**last} == body:
            continue
        at_us = time.time_ns() // 1000
        journal.append_input(database, "profile", body, at_us=at_us, user=user_name())
