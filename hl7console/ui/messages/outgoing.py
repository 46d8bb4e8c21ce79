"""Files that messages leave in: dragged out of the list, or saved.

What is dragged out has to be a file somewhere. It lies in a folder that only the user can read
and that goes with the window.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hl7console.errors import ConsoleError, EnvironmentFaultError
from hl7console.store.reader import StoreReader
from hl7console.store.records import StoredMessage
from hl7console.ui.messages.copying import file_bytes, file_name


class Outgoing:
    """The folder of files that were dragged out. Any one thread at a time."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._count = 0

    def write(
        self,
        reader: StoreReader,
        ids: Sequence[int],
        told: Callable[[int], bool] = lambda _: True,
    ) -> Path | None:
        """Write messages into one new file, one after the other, and return it.

        Args:
            reader: Of the messages.
            ids: Which, in order.
            told: Told after each how many there are; says whether to go on.

        Returns:
            The file; None where it was told not to go on, or none of them is there any more.

        Raises:
            ConsoleError: It cannot be written.
        """
        first = read_all(reader, ids[:1])
        if not told(0) or not ids:
            return None
        name = suggested_name(first) if len(ids) == 1 and first else f"{len(ids)}-messages.hl7"
        try:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="hl7console-"))
            self._count += 1
            folder = self._folder / str(self._count)
            folder.mkdir()
        except OSError as error:
            raise EnvironmentFaultError(
                f"The file cannot be written: {error.strerror}.",
                hint="Look for room on the disk of the temporary folder.",
            ) from error
        path = folder / name
        count = save(reader, ids, path, told)
        if count and told(count):
            return path
        path.unlink(missing_ok=True)
        return None

    def clear(self) -> None:
        """Remove the folder with all it holds."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def suggested_name(messages: Sequence[StoredMessage]) -> str:
    """Return a file name for one message, or for several."""
    return file_name(messages[0]) if len(messages) == 1 else f"{len(messages)}-messages.hl7"


def read_all(reader: StoreReader, ids: Sequence[int]) -> list[StoredMessage]:
    """Return those messages that are still there. Reader's thread."""
    found = (reader.message(message_id) for message_id in ids)
    return [message for message in found if message is not None]


def save(
    reader: StoreReader,
    ids: Sequence[int],
    path: Path,
    told: Callable[[int], bool] = lambda _: True,
) -> int:
    """Write messages into a file, one after the other; return how many. Reader's thread.

    Args:
        reader: Of the messages.
        ids: Which, in order.
        path: The file.
        told: Told after each how many there are; returns whether to go on.

    Raises:
        ConsoleError: It cannot be written.
    """
    count = 0
    try:
        with path.open("wb") as out:
            for message_id in ids:
                raw = reader.raw(message_id)
                if raw is not None:
                    out.write(file_bytes([raw]))
                    count += 1
                    if not told(count):
                        break
    except OSError as error:
        raise ConsoleError(
            f"{path.name} cannot be written: {error.strerror}.",
            hint="Choose another folder.",
        ) from error
    return count
