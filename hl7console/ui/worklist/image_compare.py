"""DICOM files held against the lines that they belong to, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hl7console.errors import ConsoleError, UsageError
from hl7console.ui.worklist import words
from hl7console.ui.worklist.reads import WorklistReads
from hl7console.worklist.comparing import Difference, compare


@dataclass(slots=True)
class LineFound:
    """What the files of one line say."""

    accession: str = field(default="", repr=False)
    count: int = 0
    """Files that belong to it."""
    differences: dict[tuple[str, str, str], tuple[Difference, int]] = field(
        default_factory=dict, repr=False
    )
    """Each difference once, and in how many files; by attribute and both values."""

    def add(self, found: Sequence[Difference]) -> None:
        """Add what differs in one more file."""
        self.count += 1
        for one in found:
            key = (one.keyword, one.in_images, one.in_order)
            _, count = self.differences.get(key, (one, 0))
            self.differences[key] = (one, count + 1)


@dataclass(slots=True)
class FilesFound:
    """What came of comparing files."""

    wanted: int
    """Files that were to be compared."""
    lines: dict[int, LineFound] = field(default_factory=dict)
    """What was found, by the step of the line; in the order of the files."""
    faults: list[ConsoleError] = field(default_factory=list)
    """Why files could not be compared."""
    is_stopped: bool = False

    @property
    def compared(self) -> int:
        """Files that were compared."""
        return sum(line.count for line in self.lines.values())

    @property
    def differing(self) -> int:
        """Values that differ."""
        return sum(len(line.differences) for line in self.lines.values())


def compare_files(
    reads: WorklistReads, paths: Sequence[Path], current: int, told: Callable[[int], bool]
) -> FilesFound:
    """Hold files against their lines. Reader's thread.

    Args:
        reads: The worklist.
        paths: The files.
        current: Step of the line in view, for files that name none.
        told: Called after each file with how many there were; says whether to go on.

    Raises:
        ConsoleError: None of them could be compared; why the first could not.
    """
    found = FilesFound(len(paths))
    for number, path in enumerate(paths, 1):
        try:
            step_id, differences = compare_file(reads, path, current)
        except ConsoleError as fault:
            found.faults.append(fault)
        else:
            _line_of(reads, found, step_id).add(differences)
        if not told(number) and number < len(paths):
            found.is_stopped = True
            break
    if not found.lines and not found.is_stopped:
        raise found.faults[0]
    return found


def _line_of(reads: WorklistReads, found: FilesFound, step_id: int) -> LineFound:
    line = found.lines.get(step_id)
    if line is None:
        full = reads.full_lines((step_id,))
        accession = str(full[0].values.get("accession", "")) if full else ""
        line = found.lines[step_id] = LineFound(accession)
    return line


def compare_file(reads: WorklistReads, path: Path, current: int) -> tuple[int, list[Difference]]:
    """Return the line that a file belongs to, and what differs. Reader's thread.

    It is the line with the file's study or accession; else the one that is in view.

    Raises:
        UsageError: It is no DICOM file, or there is no line to hold it against.
        ConsoleError: It cannot be read.
    """
    from hl7console.dicom.files import read_header  # loads pydicom

    try:
        header = read_header(path)
    except OSError as error:
        raise ConsoleError(f"{path.name} cannot be read: {error.strerror}.") from error
    study = str((header.get("StudyInstanceUID") or ("",))[0])
    accession = str((header.get("AccessionNumber") or ("",))[0])
    found = reads.step_of(study) if study else 0
    if not found and accession:
        found = next(iter(reads.find(accession)), 0)
    step_id = found or current
    lines = reads.full_lines((step_id,)) if step_id else []
    if not lines:
        raise UsageError(
            f"No line has the study or the accession of {path.name}.",
            hint="Choose the line to hold it against first.",
        )
    return step_id, compare(lines[0], header)


# In words


def title_words(paths: Sequence[Path]) -> str:
    """Return what was compared, for a title."""
    others = len(paths) - 1
    if others < 1:
        return paths[0].name
    return f"{paths[0].name} and {'1 other file' if others == 1 else f'{others:,} other files'}"


def outcome_words(found: FilesFound) -> str:
    """Return what came of it, in a few sentences."""
    said = []
    orders = "the order" if len(found.lines) < 2 else f"their {len(found.lines):,} orders"
    count = found.differing
    if count:
        values = "1 value differs" if count == 1 else f"{count:,} values differ"
        said.append(f"{values} between the images and {orders}.")
    elif found.lines:
        said.append(f"The images say the same as {orders}.")
    if found.is_stopped:
        said.append(f"Stopped: {found.compared:,} of {found.wanted:,} files were compared.")
    if found.faults:
        failed = len(found.faults)
        files = "1 file" if failed == 1 else f"{failed:,} files"
        first = "" if failed == 1 else "the first one: "
        said.append(f"{files} could not be compared; {first}{found.faults[0].text}")
    return " ".join(said)


def difference_rows(found: FilesFound) -> list[tuple[str, str, str, str]]:
    """Return the lines of all differences: attribute, images, order, where that came from.

    Where there are several files it is told in how many; where several orders, in whose.
    """
    rows = []
    for line in found.lines.values():
        for difference, count in line.differences.values():
            name, images, order, came = difference_row(difference)
            if line.count > 1:
                images = f"{images} · {count:,} of {line.count:,} files"
            if len(found.lines) > 1:
                name = f"{line.accession or 'no accession'}: {name}"
            rows.append((name, images, order, came))
    return rows


def difference_row(found: Difference) -> tuple[str, str, str, str]:
    """Return the line of one difference."""
    source = found.source
    came = ""
    if source is not None:
        who = f"message {source.entry}" if source.entry > 0 else "an operator or a modality"
        came = ", ".join(part for part in (who, source.path) if part)
    name = words.column_words(found.column) if found.column else found.keyword
    return name.capitalize(), found.in_images or "nothing", found.in_order or "nothing", came
