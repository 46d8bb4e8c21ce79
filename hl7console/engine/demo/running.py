"""A running demo: its engine and its traffic, started and stopped together."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hl7console.engine.console import SaveDestination
from hl7console.engine.demo import forwarding, history, setup, watching
from hl7console.engine.demo.forwarding import Forwarded
from hl7console.engine.demo.hospital import DemoTraffic, Tally
from hl7console.engine.demo.receivers import DemoReceivers
from hl7console.engine.demo.watching import ToldAlert
from hl7console.engine.owner import OwnerLock, owner_pid
from hl7console.engine.supervisor import Engine
from hl7console.errors import (
    DamagedDatabaseError,
    NewerDatabaseError,
    WorkspaceInUseError,
    WrongKeyError,
)
from hl7console.settings import WorklistServiceSettings
from hl7console.store.keys import KeySource
from hl7console.store.workspace import KIND_DEMO, Workspace

_START_TIMEOUT_S = 15.0
_WINDOW = 500
_FOLLOW_TIMEOUT_S = 5.0
_FOLLOW_PAUSE_S = 0.05
WORTH_A_LOOK = frozenset({
    "cancelled_before_new", "merged_during_exam", "moved_after_start", "replaced",
    "study_uid_changed",
})  # fmt: skip
"""Flags of lines of which *Why?* has something to tell."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What of the demo is in the database."""

    total: int
    duplicates: int
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """Number of messages by type and by the acknowledgement that they got."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the worklist stands at the end of a demo."""

    total: int
    by_state: dict[str, int] = field(default_factory=dict)
    incomplete: int = 0
    problems: int = 0
    """Entries in the error list."""
    worth_a_look: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Accession numbers of lines with a story, each with the flag that it has."""


@dataclass(slots=True)
class RunningDemo:
    """The demo's engine with the hospital that sends to it."""

    engine: Engine
    traffic: DemoTraffic
    receivers: DemoReceivers
    first_id: int
    """Messages above this id came in this run."""
    began_us: int
    """When its traffic began; UTC, microseconds since 1970."""

    def tally(self) -> Tally:
        """Return what was sent, as the senders saw it. Any thread."""
        return self.traffic.tally()

    def kept(self) -> Kept:
        """Return what this run left in the database. Any thread; takes a connection of its own."""
        counts: Counter[tuple[str, str]] = Counter()
        duplicates = 0
        with closing(self.engine.open_reader()) as reader:
            ids = reader.new_ids(None, self.first_id)
            for start in range(0, len(ids), _WINDOW):
                for row in reader.rows(ids[start : start + _WINDOW]):
                    kind = f"{row.message_type}^{row.event}" if row.event else row.message_type
                    counts[kind, row.ack_code] += 1
                    duplicates += bool(row.duplicate_of)
        return Kept(total=counts.total(), duplicates=duplicates, counts=dict(counts))

    def forwarded(self) -> tuple[Forwarded, ...]:
        """Return by destination what its receiver answered in this run. Any thread."""
        return forwarding.forwarded(self.engine, self.receivers)

    def alerts(self) -> tuple[ToldAlert, ...]:
        """Return the alerts that were told in this run, oldest first. Any thread."""
        return watching.told_alerts(self.engine, self.began_us)

    def worklist(self) -> Stand:
        """Return where the worklist stands once it has followed. Any thread; waits a little."""
        deadline_s = time.monotonic() + _FOLLOW_TIMEOUT_S
        pause = threading.Event()
        while time.monotonic() < deadline_s:
            now = self.engine.snapshot()
            if now.worklist_entry >= now.last_message_id:
                break
            pause.wait(_FOLLOW_PAUSE_S)
        with closing(self.engine.open_worklist()) as reader:
            counts = reader.counts()
            flagged: dict[str, str] = {}
            for line in reader.lines():
                if line.accession and line.last_entry > self.first_id:
                    for flag in WORTH_A_LOOK.intersection(line.flags):
                        flagged.setdefault(flag, line.accession)
            return Stand(
                total=counts.total,
                by_state=dict(counts.by_state),
                incomplete=counts.incomplete,
                problems=len(reader.problems()),
                worth_a_look=tuple((number, flag) for flag, number in sorted(flagged.items())),
            )


@contextmanager
def running_demo(
    path: Path,
    source: KeySource,
    *,
    seed: int | None = None,
    dicom: WorklistServiceSettings | None = None,
    profile: str = "default",
) -> Iterator[RunningDemo]:
    """Run the demo in its workspace, and stop traffic, engine and receivers at the end.

    Args:
        path: The demo's workspace; made when there is none.
        source: How its key is found.
        seed: Makes the same people come in the same order.
        dicom: The DICOM service to run with it.
        profile: Mapping profile of its listeners.

    Raises:
        UsageError: The folder holds anything else.
        WorkspaceInUseError: It runs already.
    """
    engine = _start_engine(path, source, dicom, profile, seed)
    traffic = DemoTraffic(setup.route_to(engine, path), seed=seed)
    receivers = forwarding.demo_receivers()
    try:
        receivers.start()
        receiver = setup.test_system(engine)
        if receiver is not None:
            engine.submit(SaveDestination(receiver)).result(_START_TIMEOUT_S)
        forwarding.forward(engine, receivers)
        first_id = engine.snapshot().last_message_id
        began_us = time.time_ns() // 1000
        traffic.start()
        try:
            yield RunningDemo(engine, traffic, receivers, first_id, began_us)
        finally:
            traffic.stop()
    finally:
        engine.stop()
        receivers.stop()


def _open_workspace(path: Path, source: KeySource) -> Workspace:
    try:
        return Workspace.open(path, source, kind=KIND_DEMO)
    except (WrongKeyError, DamagedDatabaseError, NewerDatabaseError) as fault:
        hint = "Sample traffic is easily replaced: start over with “hl7console demo --fresh”."
        raise type(fault)(fault.text, hint=hint) from fault


def _start_engine(
    path: Path,
    source: KeySource,
    dicom: WorklistServiceSettings | None,
    profile: str,
    seed: int | None,
) -> Engine:
    setup.check_folder(path)
    lock = OwnerLock.acquire(path)
    if lock is None:
        raise WorkspaceInUseError(
            f"The demo runs already (process {owner_pid(path)}).",
            hint="Use that one, or name another folder with --workspace.",
        )
    try:
        workspace = _open_workspace(path, source)
        if workspace.created:
            history.load(workspace, now_s=int(time.time()), seed=seed)
        watching.write_rules(path)
        listeners = [replace(made, profile=profile) for made in setup.demo_listeners(path)]
        engine = Engine(workspace, listeners=listeners, ephemeral=True, lock=lock, dicom=dicom)
        engine.start()
    except BaseException:
        lock.release()
        raise
    return engine
