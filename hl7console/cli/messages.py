"""``hl7console messages``: finds messages and prints them."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import click

from hl7console.cli import output
from hl7console.cli.opening import open_to_read
from hl7console.cli.options import Place, json_option, place_options
from hl7console.hl7v2 import filters
from hl7console.hl7v2.paths import FieldPath
from hl7console.store.reader import StoreReader
from hl7console.store.records import DeliveryState, MessageRow, Status

EPILOG = """\
\b
Filters (all words must match; "or", "not" and brackets work):
  smith "ct head"          words and phrases of the message
  type:ORM^O01 type:^A40   message type, event
  status:error since:2h    ok, error, rejected; 2h, 3d, 2026-01-31
  -from:LAB                all but those; also: not from:LAB
  from:RIS to:PACS         MSH-3 and MSH-4; MSH-5 and MSH-6
  control:A123 patient:44  MSH-10; patient id (also accession: listener: size:)
  PID-3.1=12345 OBR-4~head a field: = != ~ (contains) < >, or alone (is present)
  "PID-7>1990" "a or b"    quote what the shell would take for its own
\b
Examples:
  hl7console messages status:error since:1d
  hl7console messages patient:4471123 --json
  hl7console messages type:ORU --raw > results.hl7
"""

TABLE_LIMIT = 100
"""Messages in a table unless ``--limit`` says otherwise."""

WINDOW = 200
"""Messages read at a time."""

_FILTER_MARKS = set('":=~<>()')
_FILTER_WORDS = {"and", "or", "not"}

_NOT_COLUMNS = {"note", "values"}

_SENDING_WORDS: dict[str, str] = {DeliveryState.CANCELLED: "not sent"}


@click.command(
    epilog=EPILOG,
    # So that -from:LAB is a filter; a short -h would take -has:problems for a cry for help.
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.argument("words", nargs=-1, metavar="[FILTER]")
@json_option
@click.option(
    "--raw",
    "as_raw",
    is_flag=True,
    help="Print the messages' own bytes, which import reads again; with --json as raw_base64.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="The newest N. Default: 100 in a table, else all.",
)
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="PATH",
    help="Show a field as well, such as OBR-4.2; may be given several times.",
)
@place_options
def messages(
    place: Place,
    words: tuple[str, ...],
    as_json: bool,
    as_raw: bool,
    limit: int | None,
    fields: tuple[str, ...],
) -> None:
    """List messages, oldest first, or those that a FILTER finds.

    Reads the database beside a running console without disturbing it.
    """
    for word in words:
        if word.startswith("--"):
            raise click.NoSuchOption(word)
    query = _parse(filter_text(words)) if words else None
    fields = tuple(str(FieldPath.parse(path)) for path in fields)
    if limit is None and not (as_json or as_raw):
        limit = TABLE_LIMIT
    with open_to_read(place) as reader:
        ids = _ids(reader, query, limit)
        if as_json:
            _print_json(reader, ids, fields, with_raw=as_raw)
        elif as_raw:
            _print_raw(reader, ids)
        else:
            _print_table(reader, list(ids), fields)


def _parse(text: str) -> filters.Query:
    """Return the query; a fault in it is pointed at.

    Raises:
        FilterError: It cannot be understood.
    """
    try:
        return filters.parse(text)
    except filters.FilterError as fault:
        output.remark(f"  {output.visible(text)}\n  {' ' * fault.position}^")
        raise


def filter_text(words: Sequence[str]) -> str:
    """Return the filter that was typed, as one text.

    The shell takes the quotes off a phrase: a word with blanks that nothing marks as a filter
    was one, and gets them back.
    """
    return " ".join(f'"{w}"' if _is_phrase(w) else w for w in words)


def _is_phrase(word: str) -> bool:
    parts = word.split()
    return (
        len(parts) > 1
        and not _FILTER_MARKS & set(word)
        and not any(part.lower() in _FILTER_WORDS or part.startswith("-") for part in parts)
    )


def _ids(reader: StoreReader, query: filters.Query | None, limit: int | None) -> Iterable[int]:
    """Return ids oldest first; of all that match, the newest `limit`."""
    if limit is None:
        return reader.ids(query)
    return list(reader.ids(query, limit=limit, newest_first=True))[::-1]


def _windows(ids: Iterable[int]) -> Iterator[list[int]]:
    iterator = iter(ids)
    while window := list(islice(iterator, WINDOW)):
        yield window


def _print_json(
    reader: StoreReader, ids: Iterable[int], fields: Sequence[str], *, with_raw: bool
) -> None:
    for window in _windows(ids):
        for row in reader.rows(window, fields):
            values = {
                f.name: getattr(row, f.name)
                for f in dataclasses.fields(row)
                if f.name not in _NOT_COLUMNS
            }
            values.update(zip(fields, row.values, strict=False))
            if with_raw:
                values["raw_base64"] = base64.b64encode(reader.raw(row.id) or b"").decode("ascii")
            output.json_line(values)


def _print_raw(reader: StoreReader, ids: Iterable[int]) -> None:
    for message_id in ids:
        data = reader.raw(message_id)
        if data is None:  # deleted by retention meanwhile
            continue
        if output.is_terminal():
            output.line(_for_terminal(data))
        else:
            output.raw(data if data.endswith((b"\r", b"\n")) else data + b"\r")


def _for_terminal(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(output.visible(line) for line in text.split("\n"))


def _print_table(reader: StoreReader, ids: list[int], fields: Sequence[str]) -> None:
    if not ids:
        output.remark("No message matches.")
        return
    headings = ["Id", "Received", "Interface", "Type", "Control id", "Patient", "Accession",
                "Result", *fields, "Note"]  # fmt: skip
    rows = [row for window in _windows(ids) for row in reader.rows(window, fields)]
    output.table(headings, [_cells(row) for row in rows], right=(0,))


def _cells(row: MessageRow) -> list[str]:
    received = datetime.fromtimestamp(row.received_at_us / 1_000_000).astimezone()
    kind = f"{row.message_type}^{row.event}" if row.event else row.message_type
    patient = f"{row.patient_id} {row.patient_name}".strip()
    return [
        str(row.id),
        received.strftime("%Y-%m-%d %H:%M:%S"),
        row.interface,
        kind,
        row.control_id,
        patient,
        row.accession,
        _result(row),
        *row.values,
        row.error_text or row.failure_text or row.note,
    ]


def _result(row: MessageRow) -> str:
    """Return the acknowledgement, and the state where it isn't plain from that."""
    if row.duplicate_of:
        return f"{row.ack_code} duplicate".strip()
    if row.ack_code or row.status != Status.OK:
        return row.ack_code or row.status
    if row.sending_state == DeliveryState.UNKNOWN:  # a code is then another message's
        return row.sending_state
    return (
        row.sending_code or _SENDING_WORDS.get(row.sending_state, row.sending_state) or row.origin
    )
