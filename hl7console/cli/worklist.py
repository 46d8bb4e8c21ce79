"""``hl7console worklist``: lists the worklist, and explains and rebuilds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import click

from hl7console.cli import output, worklist_reports
from hl7console.cli.answering import show_answer
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.worklist_access import open_worklist, rebuild, take_table
from hl7console.errors import UsageError
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.worklist.records import LineQuery
from hl7console.worklist.rows import PATIENT

EPILOG = """\
\b
Examples:
  hl7console worklist --day today --modality CT
  hl7console worklist --why A2047
  hl7console worklist --at "2026-01-05 09:30" --json
  hl7console worklist --answer A2047 --ae CT1
  hl7console worklist --problems
"""

TABLE_LIMIT = 100
"""Lines in a table unless ``--limit`` says otherwise."""

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}

_Show = Callable[[WorklistReader, bool, int | None], None]
_SHOWN: dict[str, _Show] = {
    "problems": worklist_reports.show_problems,
    "conflicts": worklist_reports.show_conflicts,
    "merges": worklist_reports.show_merges,
    "unmapped": worklist_reports.show_unmapped,
}


@click.command(epilog=EPILOG)
@json_option
@click.option("--day", default="", metavar="D", help="today, tomorrow, yesterday or YYYY-MM-DD.")
@click.option(
    "--modality",
    "modalities",
    multiple=True,
    metavar="M",
    help="Such as CT; several times for more.",
)
@click.option(
    "--station",
    "stations",
    multiple=True,
    metavar="AET",
    help="Lines for this station, and those open to its modality.",
)
@click.option(
    "--state", "states", multiple=True, metavar="S", help="Such as SCHEDULED; several for more."
)
@click.option(
    "--patient", default="", metavar="ID", help="Lines of a person, by any of their identifiers."
)
@click.option(
    "--at", default="", metavar="TIME", help="As it stood at this time: YYYY-MM-DD HH:MM[:SS]."
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="The first N. Default: 100 in a table, else all.",
)
@click.option(
    "--why",
    default="",
    metavar="ACCESSION",
    help="Explain the lines with this accession, placer or filler number.",
)
@click.option(
    "--answer",
    default="",
    metavar="ACCESSION",
    help="Show what a modality is answered for the lines with this accession.",
)
@click.option("--ae", default="", metavar="AET", help="The AE title that asks. With --answer.")
@click.option("--problems", "shown", flag_value="problems", help="What could not be applied.")
@click.option("--conflicts", "shown", flag_value="conflicts", help="What a person has to decide.")
@click.option("--merges", "shown", flag_value="merges", help="Merges and moves that were done.")
@click.option("--unmapped", "shown", flag_value="unmapped", help="Procedure codes without a row.")
@click.option("--rebuild", "is_rebuilt", is_flag=True, help="Make it again from all messages.")
@click.option(
    "--import-codes",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="CSV",
    help="Add procedure codes from a table.",
)
@click.option(
    "--import-crossref",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="CSV",
    help="Add which identifiers belong to one person, from a table.",
)
@place_options
def worklist(
    place: Place,
    as_json: bool,
    limit: int | None,
    why: str,
    answer: str,
    ae: str,
    shown: str | None,
    is_rebuilt: bool,
    import_codes: Path | None,
    import_crossref: Path | None,
    **asked: object,
) -> None:
    """List the worklist, STAT first, or explain it.

    Reads it beside a running console without disturbing it; without one, it first takes up what
    was stored meanwhile.
    """
    at_us = _time_of(str(asked.pop("at")))
    patient = str(asked.pop("patient"))
    query = _query(at_us=at_us, **asked)  # type: ignore[arg-type]
    for path, kind in ((import_codes, "codes"), (import_crossref, "crossref")):
        if path is not None:
            output.remark(take_table(place, path, kind))
    if is_rebuilt:
        output.remark(rebuild(place))
    does_more = is_rebuilt or import_codes is not None or import_crossref is not None
    if does_more and not (why or answer or shown or as_json):
        return
    with open_worklist(place) as reader:
        if why:
            worklist_reports.show_why(reader, why, at_us, as_json=as_json)
        elif answer:
            show_answer(place, reader, answer, ae, as_json=as_json)
        elif shown:
            _SHOWN[shown](reader, as_json, limit)
        else:
            _show_lines(reader, query, patient, as_json=as_json, limit=limit)


def _query(
    *, at_us: int, day: str, modalities: tuple[str, ...], stations: tuple[str, ...],
    states: tuple[str, ...],
) -> LineQuery:  # fmt: skip
    date = _day_of(day)
    return LineQuery(
        date_from=date,
        date_to=date,
        modalities=tuple(name.upper() for name in modalities),
        stations=(*stations, "") if stations else (),
        states=tuple(name.upper().replace(" ", "_") for name in states),
        at_us=at_us,
    )


def _day_of(text: str) -> str:
    """Return a day as ``YYYYMMDD``; "" for none.

    Raises:
        UsageError: It is not a day.
    """
    if not text:
        return ""
    if text.lower() in _DAYS:
        day = datetime.now().astimezone() + timedelta(days=_DAYS[text.lower()])
        return day.strftime("%Y%m%d")
    try:
        return datetime.fromisoformat(text).strftime("%Y%m%d")
    except ValueError:
        raise UsageError(f"Not a day: {text}.", hint="Such as today, or 2026-01-31.") from None


def _time_of(text: str) -> int:
    """Return a time as UTC microseconds; 0 for none.

    Raises:
        UsageError: It is not a time.
    """
    if not text:
        return 0
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp() * 1_000_000)
    except (ValueError, OSError, OverflowError):
        raise UsageError(f"Not a time: {text}.", hint="Such as 2026-01-31 09:30.") from None


def _show_lines(
    reader: WorklistReader, query: LineQuery, patient: str, *, as_json: bool, limit: int | None
) -> None:
    if limit is None and not as_json:
        limit = TABLE_LIMIT
    ids = reader.ids(query)
    if patient:
        persons = _persons(reader, patient)
        ids = [row.step_id for row in reader.rows(ids, query.at_us) if row.patient_row in persons]
    total = len(ids)
    ids = ids[:limit]
    if as_json:
        worklist_reports.print_lines_json(reader, ids, query.at_us)
        return
    worklist_reports.print_lines(reader.rows(ids, query.at_us))
    if total > len(ids):
        output.remark(f"{total - len(ids):,} more; --limit shows them.")


def _persons(reader: WorklistReader, number: str) -> set[int]:
    """Return the persons with an identifier, of any domain, and whom they were merged into."""
    found = {row.number("patient") for row in reader.identifiers(number)}
    for row in [reader.row(PATIENT, n) for n in sorted(found)]:
        if row is not None and row.number("merged_into"):
            found.add(row.number("merged_into"))
    return found
