"""``hl7console status``: how the console is, for scripts and monitoring systems."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hl7console.cli import output
from hl7console.cli.opening import open_existing
from hl7console.cli.options import Place, json_option, place_options
from hl7console.errors import ConsoleError, WorkspaceInUseError
from hl7console.store.reader import StoreReader

if TYPE_CHECKING:
    from hl7console.engine.judging import Finding, Level
    from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus
    from hl7console.store.workspace import Workspace

EPILOG = """\
\b
Exit codes, as monitoring systems expect them:
  0  all is well
  1  warning: something wants to be looked at
  2  critical: messages are not received or not delivered, or nothing runs
  3  unknown: it could not be found out, or wrong usage

\b
Examples:
  hl7console status
  hl7console status --json
"""

UNKNOWN = 3


class _WrongUsage(click.UsageError):
    exit_code = UNKNOWN


class _Check(click.Command):
    """Ends with `UNKNOWN` on wrong usage too: 2 would be taken for a critical state."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: object,
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as fault:
            raise _WrongUsage(fault.format_message(), fault.ctx) from None


@click.command(
    cls=_Check,
    epilog=EPILOG,
    short_help="Tell how every interface is, for scripts and monitoring systems.",
)
@json_option
@place_options
@click.pass_context
def status(context: click.Context, place: Place, as_json: bool) -> None:
    """Tell how every interface and queue is; the exit code is that of the worst.

    Asks the console that runs on the workspace. When none runs, it tells from the database what
    waits and which alerts are open, says so, and is critical. The first line sums it up.
    """
    try:
        context.exit(_tell(place, as_json=as_json))
    except ConsoleError as fault:
        fault.exit_code = UNKNOWN
        raise


def _tell(place: Place, *, as_json: bool) -> int:
    from hl7console.engine.judging import findings_of, level_of

    workspace = open_existing(place)
    snapshot = _snapshot(workspace)
    findings = findings_of(snapshot)
    level = level_of(findings)
    if as_json:
        output.json_line(_values(workspace.path, snapshot, level, findings))
    else:
        output.line(output.visible(_summary(snapshot, level, findings)))
        _print_tables(snapshot, findings)
    return int(level)


def _snapshot(workspace: Workspace) -> EngineSnapshot:
    """Return the owner's snapshot; from the database where there is no owner.

    Raises:
        WorkspaceInUseError: There is one, and it does not answer.
    """
    from hl7console.engine.attached import AttachedConsole
    from hl7console.engine.owner import OwnerLock
    from hl7console.engine.resting import resting_snapshot
    from hl7console.store.measures.reader import MeasureReader
    from hl7console.store.worklist.reader import WorklistReader

    path, key = workspace.database_path, workspace.key
    try:
        console = AttachedConsole(
            workspace.path,
            lambda: StoreReader(path, key),
            lambda: WorklistReader(path, key),
            lambda: MeasureReader(path, key),
        )
    except WorkspaceInUseError:
        lock = OwnerLock.acquire(workspace.path)
        if lock is None:
            raise
        lock.release()
        with closing(StoreReader(path, key)) as reader:
            return resting_snapshot(reader)
    try:
        snapshot = console.snapshot()
    finally:
        console.stop()
    if not snapshot.running:
        raise WorkspaceInUseError("The console is starting or ending, or does not answer.")
    return snapshot


# As text


def _summary(snapshot: EngineSnapshot, level: Level, findings: Sequence[Finding]) -> str:
    if findings:
        first = findings[0]
        told = f"{first.subject}: {first.text}" if first.subject else first.text
        more = len(findings) - 1
        return f"{level.name}: {told}" + (f" And {more:,} more." if more else "")
    up = [i for i in snapshot.interfaces if i.state != "stopped"]
    waiting = sum(queue.waiting for queue in snapshot.queues)
    noun = "interface" if len(up) == 1 else "interfaces"
    return f"OK: {len(up):,} {noun} up, {waiting:,} deliveries waiting, no alert open."


def _print_tables(snapshot: EngineSnapshot, findings: Sequence[Finding]) -> None:
    if findings:
        output.line()
        rows = [[f.level.name.lower(), f.subject or "the console", f.text] for f in findings]
        output.table(["Level", "Of", "What"], rows)
    if snapshot.interfaces:
        output.line()
        headings = ["Interface", "Kind", "State", "Since", "Received", "Refused", "Waiting",
                    "Last message"]  # fmt: skip
        waiting = {queue.destination: queue.waiting for queue in snapshot.queues}
        rows = [_cells(interface, waiting) for interface in snapshot.interfaces]
        output.table(headings, rows, right=(4, 5, 6))


def _cells(interface: InterfaceStatus, waiting: dict[str, int]) -> list[str]:
    is_destination = interface.kind == "destination"
    return [
        interface.name,
        interface.kind,
        str(interface.state),
        _when(interface.since_us),
        f"{interface.accepted + interface.refused if is_destination else interface.received:,}",
        f"{interface.refused:,}",
        f"{waiting.get(interface.name, 0):,}" if is_destination else "",
        _when(interface.last_message_at_us),
    ]


def _when(at_us: int) -> str:
    if not at_us:
        return ""
    return datetime.fromtimestamp(at_us / 1_000_000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


# As JSON


def _values(
    path: Path, snapshot: EngineSnapshot, level: Level, findings: Sequence[Finding]
) -> dict[str, object]:
    endpoint = snapshot.metrics_endpoint
    return {
        "level": level.name.lower(),
        "exit_code": int(level),
        "is_running": snapshot.running,
        "findings": [
            {"level": f.level.name.lower(), "subject": f.subject, "text": f.text} for f in findings
        ],
        "interfaces": [dataclasses.asdict(interface) for interface in snapshot.interfaces],
        "queues": [dataclasses.asdict(queue) for queue in snapshot.queues],
        "alerts": [_alert_values(alert) for alert in snapshot.alerts],
        "alerts_open": snapshot.alerts_open,
        **(_figures(snapshot) if snapshot.running else {}),
        "metrics_endpoint": endpoint.address if endpoint is not None else "",
        **_room(path),
    }


def _figures(snapshot: EngineSnapshot) -> dict[str, object]:
    return {
        "received_per_s": round(snapshot.received_per_s, 3),
        "last_message_id": snapshot.last_message_id,
        "derived_behind": max(snapshot.last_message_id - snapshot.derived_id, 0),
        "worklist_behind": snapshot.worklist_behind,
        "measures_behind": snapshot.measures_behind,
    }


def _alert_values(alert: object) -> dict[str, object]:
    """Return an alert without the note, which people write as they like."""
    values = dataclasses.asdict(alert)  # type: ignore[call-overload]
    return {name: value for name, value in values.items() if name != "note"}


def _room(path: Path) -> dict[str, object]:
    try:
        usage = shutil.disk_usage(path)
        size_bytes = sum(file.stat().st_size for file in path.glob("*.db*"))
    except OSError:
        return {}
    return {"disk_free_bytes": usage.free, "database_bytes": size_bytes}
