"""``hl7console deliveries``: lists what is due and was due at destinations, and acts on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

import click

from hl7console.cli import output
from hl7console.cli.jobs import finish
from hl7console.cli.opening import open_for_work, open_to_read
from hl7console.cli.options import Place, json_option, place_options
from hl7console.engine.repair_commands import (
    ChangeDeliveries,
    DeliveryAction,
    HoldQueue,
    QueueCommand,
    ReleaseQueue,
)
from hl7console.errors import UsageError
from hl7console.store.queue_parts import Part, Which
from hl7console.store.queue_reader import DeliveryRow, queue_page
from hl7console.store.reader import StoreReader
from hl7console.store.records import DeliveryState

EPILOG = """\
\b
Examples:
  hl7console deliveries --due --destination "PACS out"
  hl7console deliveries --failed
  hl7console deliveries --hold "PACS out" --reason "upgrade until noon"
  hl7console deliveries --skip 4711
"""

TABLE_LIMIT = 100
"""Deliveries in a table unless ``--limit`` says otherwise."""

F = TypeVar("F", bound=Callable[..., object])

_STATES = [str(state) for state in DeliveryState]

_MESSAGE_KEYS = (
    "message_type", "event", "control_id", "interface", "origin", "received_at_us", "size_bytes",
    "patient_id", "patient_name", "accession",
)  # fmt: skip
"""What JSON tells of the message beside the delivery."""


def _ids(name: str, text: str) -> Callable[[F], F]:
    return click.option(
        f"--{name}", type=click.IntRange(min=1), multiple=True, metavar="ID", help=text
    )


@click.command(epilog=EPILOG, short_help="List what is due at destinations, or act on queues.")
@click.option("--destination", default="", metavar="NAME", help="Only those of one destination.")
@click.option("--state", type=click.Choice(_STATES), help="Only those in a state.")
@click.option("--due", is_flag=True, help="Only those that a queue still has to deal with.")
@click.option("--failed", is_flag=True, help="Only the error list: refused or unclear.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="The first N of what is due, else the latest N. Default: 100 in a table, else all.",
)
@click.option("--hold", default="", metavar="QUEUE", help="Send nothing more from a queue for now.")
@click.option("--release", default="", metavar="QUEUE", help="Go on with a queue, at once.")
@_ids("retry", "Try a delivery now; several times for more.")
@_ids("skip", "Leave a delivery out; the queue goes on.")
@_ids("cancel", "Take a delivery back.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the audit trail.")
@click.option(
    "--confirm",
    default="",
    metavar="NAME",
    help="Name of the destination, typed, where it is a production one.",
)
@json_option
@place_options
@click.pass_context
def deliveries(
    context: click.Context,
    /,
    place: Place,
    destination: str,
    state: str | None,
    due: bool,
    failed: bool,
    limit: int | None,
    as_json: bool,
    **wanted: object,
) -> None:
    """List what is due and was due at destinations, or act on queues.

    Listing reads the database beside a running console; acting hands the work to it.
    """
    command = command_of(**wanted)  # type: ignore[arg-type]
    if command is not None:
        if destination or state or due or failed or limit:
            raise UsageError("List, or act on a queue: one at a time.")
        context.exit(_act(place, command, as_json=as_json))
    if due and failed:
        raise UsageError("--due and --failed exclude each other.")
    part = Part(
        destination, Which.DUE if due else Which.FAILED if failed else Which.ALL, state=state or ""
    )
    with open_to_read(place) as reader:
        if as_json:
            for row in _rows(reader, part, limit):
                output.json_line(values_of(row))
        else:
            _print_table(list(_rows(reader, part, limit or TABLE_LIMIT)))


def command_of(
    hold: str,
    release: str,
    retry: tuple[int, ...],
    skip: tuple[int, ...],
    cancel: tuple[int, ...],
    reason: str,
    confirm: str,
) -> QueueCommand | None:
    """Return what the options ask for; None for a list.

    Raises:
        UsageError: They ask for more than one thing.
    """
    actions: list[QueueCommand] = []
    if hold:
        actions.append(HoldQueue(hold, reason))
    if release:
        actions.append(ReleaseQueue(release, confirm))
    for action, ids in (
        (DeliveryAction.RETRY, retry),
        (DeliveryAction.SKIP, skip),
        (DeliveryAction.CANCEL, cancel),
    ):
        if ids:
            actions.append(ChangeDeliveries(action, ids, reason=reason))
    if len(actions) > 1:
        raise UsageError("One action at a time, please.")
    if not actions and (reason or confirm):
        raise UsageError("--reason and --confirm go with an action.")
    return actions[0] if actions else None


def _act(place: Place, command: QueueCommand, *, as_json: bool) -> int:
    with open_for_work(place) as console:
        report = finish(console.submit(command))
    if as_json:
        output.json_line({"text": report.text, "deliveries": report.messages})
    else:
        output.line(report.text)
    return 1 if report.is_fault else 0


def values_of(row: DeliveryRow) -> dict[str, object]:
    """Return a delivery under the names of its columns, and its message's."""
    return {
        **dataclasses.asdict(row.delivery),
        **{key: getattr(row, key) for key in _MESSAGE_KEYS},
    }


def _rows(reader: StoreReader, part: Part, limit: int | None) -> Iterator[DeliveryRow]:
    """Yield deliveries in the order of queues; with a limit the first due, else the latest."""
    if limit is not None:
        found = queue_page(reader, part, limit=limit, backwards=part.which is Which.ALL)
        yield from reversed(found) if part.is_latest_first else found
        return
    beyond = 0
    while page := queue_page(reader, part, beyond_id=beyond, backwards=part.is_latest_first):
        if part.is_latest_first:
            page.reverse()
        yield from page
        beyond = page[-1].id


def _print_table(rows: list[DeliveryRow]) -> None:
    if not rows:
        output.remark("No delivery matches.")
        return
    headings = ["Id", "Destination", "State", "Since", "Tries", "Type", "Control id", "Patient",
                "Answer"]  # fmt: skip
    output.table(headings, [_cells(row) for row in rows], right=(0, 4))


def _cells(row: DeliveryRow) -> list[str]:
    delivery = row.delivery
    since = datetime.fromtimestamp(delivery.changed_at_us / 1_000_000).astimezone()
    return [
        str(delivery.id),
        delivery.destination,
        delivery.state + (" again" if delivery.repeat_of else ""),
        since.strftime("%Y-%m-%d %H:%M:%S"),
        str(delivery.attempt_count),
        f"{row.message_type}^{row.event}" if row.event else row.message_type,
        row.control_id,
        f"{row.patient_id} {row.patient_name}".strip(),
        f"{delivery.ack_code} {delivery.text}".strip(),
    ]
