"""``hl7console compare-images``: DICOM files held against their orders."""

from __future__ import annotations

from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.options import Place, json_option, place_options
from hl7console.cli.worklist_access import open_worklist
from hl7console.errors import UsageError
from hl7console.store.worklist.reader import WorklistReader
from hl7console.worklist.comparing import Difference, compare
from hl7console.worklist.lines import Line
from hl7console.worklist.matching import Item

EPILOG = """\
\b
Examples:
  hl7console compare-images IM0001
  hl7console compare-images --json images/*.dcm
"""


@click.command("compare-images", epilog=EPILOG)
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@json_option
@place_options
@click.pass_context
def compare_images(
    context: click.Context, place: Place, files: tuple[Path, ...], as_json: bool
) -> None:
    """Compare the headers of DICOM files with their orders.

    The order is found by study, else by accession. Only the header is read. Exit code 1: something
    differs, or a file has no order.
    """
    from hl7console.dicom.files import read_header

    is_same = True
    with open_worklist(place) as reader:
        for path in files:
            try:
                header = read_header(path)
            except UsageError as fault:
                output.remark(fault.full_text)
                is_same = False
                continue
            is_same &= _show(reader, path, header, as_json=as_json)
    context.exit(0 if is_same else 1)


def line_for(reader: WorklistReader, header: Item) -> Line | None:
    """Return the line that images belong to: by study, else by accession; None for none."""
    uid = str((header.get("StudyInstanceUID") or ("",))[0])
    accession = str((header.get("AccessionNumber") or ("",))[0])
    step = reader.step_of(uid) if uid else 0
    ids = [step] if step else reader.find(accession) if accession else []
    found = reader.full_lines(ids[:1])
    return found[0] if found else None


def _show(reader: WorklistReader, path: Path, header: Item, *, as_json: bool) -> bool:
    line = line_for(reader, header)
    if line is None:
        if as_json:
            output.json_line({"file": path.name, "order": False, "differences": []})
        else:
            output.line(f"{path.name}: there is no order with this study or accession.")
        return False
    differences = compare(line, header)
    if as_json:
        told = [_values(difference) for difference in differences]
        output.json_line({"file": path.name, "order": True, "differences": told})
    elif not differences:
        output.line(f"{path.name}: as the order says.")
    else:
        output.line(f"{path.name}: {len(differences)} values differ from the order.")
        for difference in differences:
            output.line(f"  {difference.keyword}: {difference.text}")
    return not differences


def _values(difference: Difference) -> dict[str, object]:
    source = difference.source
    return {
        "attribute": difference.keyword,
        "column": difference.column,
        "images": difference.in_images,
        "order": difference.in_order,
        "message": source.entry if source is not None else 0,
        "field": source.path if source is not None else "",
    }
