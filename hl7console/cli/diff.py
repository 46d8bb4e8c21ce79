"""``hl7console diff``: compares two messages, or two folders of them, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from hl7console.cli import output
from hl7console.cli.options import json_option
from hl7console.engine.comparing_folders import (
    CONTROL,
    CompareKey,
    FolderComparison,
    Kept,
    PairRow,
    PairState,
    PlainWork,
    compare_folders,
)
from hl7console.engine.reading import FoundInSource, MessageFinder
from hl7console.errors import UsageError
from hl7console.hl7v2.compare import (
    USUALLY_IGNORED,
    CompareOptions,
    Comparison,
    Difference,
    compare,
    format_text,
    read_ignored,
)
from hl7console.hl7v2.paths import FieldPath

EPILOG = """\
\b
Examples:
  hl7console diff before.hl7 after.hl7
  hl7console diff before.hl7 after.hl7 --ignore usual --any-order
  hl7console diff exported/ received/ --key accession
"""

USUAL = "usual"
"""What stands for the places that always differ."""

_ONLY = {PairState.ONLY_LEFT: "only in A", PairState.ONLY_RIGHT: "only in B"}
_PATH = click.Path(path_type=Path, exists=True)


@click.command(
    epilog=EPILOG,
    short_help="Compare two messages, files or folders of messages, field by field.",
)
@click.argument("left", metavar="A", type=_PATH)
@click.argument("right", metavar="B", type=_PATH)
@click.option(
    "--key",
    "key_text",
    metavar="KEY",
    help="Pair messages by control (MSH-10, the default), accession, or a path.",
)
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    metavar="PATH",
    help="Leave a place or segment out; several times for more. usual: MSH-7 and MSH-10.",
)
@click.option(
    "--any-order", is_flag=True, help="Segments of a name, and repetitions, in any order."
)
@click.option("--trailing", is_flag=True, help="Also compare trailing delimiters and line ends.")
@json_option
@click.pass_context
def diff(
    context: click.Context,
    left: Path,
    right: Path,
    key_text: str | None,
    ignored: tuple[str, ...],
    any_order: bool,
    trailing: bool,
    as_json: bool,
) -> None:
    """Compare two messages, files or folders of messages, field by field.

    Values are compared, not how they are written: other delimiters and character sets are told
    apart. Exit code 0: the same, 1: something differs, 2: wrong usage.
    """
    options = CompareOptions(_ignored(ignored), any_order, trailing)
    key = CompareKey.parse(key_text or CONTROL)
    alone = _alone(left, right) if key_text is None else None
    if alone is not None:
        comparison = compare(alone[0].raw, alone[1].raw, options)
        _show_pair(alone, comparison, as_json=as_json)
        context.exit(0 if comparison.is_same else 1)
    found = compare_folders(PlainWork(), (left,), (right,), key, options)
    for part in found.not_taken:
        output.remark(f"{output.visible(part.source)}: {part.reason}")
    if not found.rows:
        raise UsageError("There is no message on either side.")
    for row in found.rows:
        _show_row(row, options, as_json=as_json)
    if not as_json:
        output.line(_summary(found))
    context.exit(0 if found.is_same else 1)


def _ignored(texts: tuple[str, ...]) -> tuple[FieldPath, ...]:
    own = [text for text in texts if text.strip().lower() != USUAL]
    return (*read_ignored(own), *(USUALLY_IGNORED if len(own) < len(texts) else ()))


def _alone(left: Path, right: Path) -> tuple[FoundInSource, FoundInSource] | None:
    """Return the messages where both sides are files of one message.

    Raises:
        UsageError: A file holds none.
    """
    if left.is_dir() or right.is_dir():
        return None
    sides = []
    for path in (left, right):
        finder = MessageFinder(PlainWork(), (path,))
        found = list(islice(finder.messages(), 2))
        if not found:
            reason = finder.not_taken[0].reason if finder.not_taken else "It is empty."
            raise UsageError(f"There is nothing to compare in {path.name}. {reason}")
        sides.append(found)
    if any(len(found) > 1 for found in sides):
        return None
    return sides[0][0], sides[1][0]


def _show_pair(
    pair: tuple[FoundInSource, FoundInSource], comparison: Comparison, *, as_json: bool
) -> None:
    left, right = (found.source for found in pair)
    if as_json:
        state = PairState.SAME if comparison.is_same else PairState.DIFFERENT
        output.json_line(_values(state, "", left, right, comparison.differences))
    else:
        for line in _text(comparison, left, right):
            output.line(line)


def _show_row(row: PairRow, options: CompareOptions, *, as_json: bool) -> None:
    comparison = Comparison()
    if row.state is PairState.DIFFERENT and row.left is not None and row.right is not None:
        comparison = compare(row.left.raw, row.right.raw, options)
    if as_json:
        sides = (_where(row.left), _where(row.right))
        output.json_line(_values(row.state, row.key, *sides, comparison.differences))
    elif row.state is PairState.DIFFERENT:
        output.line(f"{output.visible(row.key)}:")
        for line in _text(comparison, _where(row.left), _where(row.right)):
            output.line(f"  {line}")
    elif row.state is not PairState.SAME:
        kept = row.left or row.right
        told = _ONLY.get(row.state, "has no key")
        output.line(f"{output.visible(row.key or _where(kept))}: {told}")


def _text(comparison: Comparison, left: str, right: str) -> Iterator[str]:
    for line in format_text(comparison, left=left, right=right).splitlines():
        yield output.visible(line)


def _where(kept: Kept | None) -> str:
    if kept is None:
        return ""
    return kept.source + (f" at {kept.offset_bytes:,}" if kept.offset_bytes else "")


def _values(
    state: PairState, key: str, left: str, right: str, differences: tuple[Difference, ...]
) -> dict[str, object]:
    return {
        "result": str(state),
        "key": key,
        "left": left,
        "right": right,
        "differences": [
            {
                "kind": str(one.kind),
                "path": str(one.path_left) if one.path_left else None,
                "path_right": str(one.path_right) if one.path_right else None,
                "name": one.name,
                "left": one.left,
                "right": one.right,
            }
            for one in differences
        ],
    }


def _summary(found: FolderComparison) -> str:
    counts = found.counts
    parts = [
        f"{counts[state]:,} {word}"
        for state, word in (
            (PairState.SAME, "the same"),
            (PairState.DIFFERENT, "different"),
            (PairState.ONLY_LEFT, "only in A"),
            (PairState.ONLY_RIGHT, "only in B"),
            (PairState.NO_KEY, "without key"),
        )
        if counts[state] or state in (PairState.SAME, PairState.DIFFERENT)
    ]
    text = ", ".join(parts) + "."
    if found.repeated:
        is_one = found.repeated == 1
        keys = "1 key is" if is_one else f"{found.repeated:,} keys are"
        text += f" {keys} there more than once."
    return text
