"""How chosen messages leave the window by the clipboard and by a drag: read off the GUI thread.

Many take a while. Copying shows how far it is, and can be stopped. A drag is stopped by letting go;
a window that came up under the pointer would end it as well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDrag, QGuiApplication
from PySide6.QtWidgets import QWidget

from hl7console.errors import ConsoleError, UsageError
from hl7console.store.reader import StoreReader
from hl7console.store.records import StoredMessage
from hl7console.ui.messages.outgoing import Outgoing
from hl7console.ui.notice import Notice
from hl7console.ui.queues.dragging import MESSAGES, put_numbers
from hl7console.ui.stoppable import ReadProgress
from hl7console.ui.worker import ReaderWorker

MOST_COPIED_CHARS = 64 * 1024 * 1024
"""Characters that are put on the clipboard, at most."""
_LOOK_MS = 50
_TOLD_AFTER_MS = 500


def text_of(
    reader: StoreReader,
    ids: Sequence[int],
    form: Callable[[StoredMessage], str],
    told: Callable[[int], bool] = lambda _: True,
    most_chars: int = MOST_COPIED_CHARS,
) -> tuple[str, int] | None:
    """Return messages as text, and how many are still there; None once stopped. Reader's thread.

    Args:
        reader: Of the messages.
        ids: Which, in order.
        form: Makes text of a message.
        told: Told after each how many there are; says whether to go on.
        most_chars: Characters at most.

    Raises:
        UsageError: They are too much for the clipboard.
    """
    parts: list[str] = []
    size = 0
    for message_id in ids:
        message = reader.message(message_id)
        if message is not None:
            parts.append(form(message))
            size += len(parts[-1])
            if size > most_chars:
                raise UsageError(
                    "The chosen messages are too large to be copied.", hint="Save them as a file."
                )
        if not told(len(parts)):
            return None
    return "\n".join(parts), len(parts)


class Copying(QObject):
    """Puts messages on the clipboard. GUI thread only.

    Args:
        worker: Reads messages.
        notice: Where it is told how it went.
        window: What the progress stands over.
    """

    def __init__(self, worker: ReaderWorker, notice: Notice, window: QWidget) -> None:
        super().__init__(window)
        self._worker, self._notice = worker, notice
        self._progress = ReadProgress("copyProgress", "Copy", window)

    def copy(self, ids: Sequence[int], form: Callable[[StoredMessage], str]) -> None:
        """Copy messages, made text by `form`."""
        if not ids:
            return
        told = self._progress.begin(f"Copying {len(ids):,} messages", len(ids))
        self._worker.ask(
            lambda reader: text_of(reader, ids, form, told), self._on_text, self._on_failed
        )

    def stop(self) -> None:
        """Copy nothing any more."""
        self._progress.stop()

    def _on_text(self, found: tuple[str, int] | None) -> None:
        self._progress.end()
        if found is None:
            self._notice.warn("Stopped: nothing was copied.")
            return
        text, count = found
        QGuiApplication.clipboard().setText(text)
        self._notice.tell("Copied." if count == 1 else f"Copied {count:,} messages.")

    def _on_failed(self, error: ConsoleError) -> None:
        self._progress.end()
        self._notice.fault(error)


def is_button_held() -> bool:
    """Return whether the left button of the mouse is pressed."""
    return bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)


class DragOut(QObject):
    """Makes a file of messages, and drags it. GUI thread only; call `stop` before it goes.

    Args:
        worker: Reads messages.
        notice: Where it is told how it went.
        table: What is dragged from.
    """

    ready = Signal(object)
    """A file (`Path`) made of what is dragged out; the drag follows."""
    is_dragging = Signal(bool)
    """The drag begins, or is over."""

    def __init__(self, worker: ReaderWorker, notice: Notice, table: QWidget) -> None:
        super().__init__(table)
        self._worker, self._notice, self._table = worker, notice, table
        self._outgoing = Outgoing()
        self._stopped = threading.Event()
        self.is_held: Callable[[], bool] = is_button_held
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._on_look)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_TOLD_AFTER_MS)
        self._late.timeout.connect(self._on_late)

    def begin(self, ids: Sequence[int]) -> None:
        """Make the file, and drag it while the button is still pressed."""
        if not ids:
            return
        self._stopped = stopped = threading.Event()
        if self.is_held():
            self._look.start()
            self._late.start()
        self._worker.ask(
            lambda reader: self._outgoing.write(reader, ids, lambda _: not stopped.is_set()),
            lambda path: self._drag(path, ids),
            self._on_failed,
        )

    def stop(self) -> None:
        """End what is under way and the worker, and remove what was dragged out."""
        self._stopped.set()
        self._end()
        self._worker.stop()
        self._outgoing.clear()

    def _end(self) -> None:
        self._look.stop()
        self._late.stop()

    @Slot()
    def _on_look(self) -> None:
        if not self.is_held():
            self._stopped.set()
            self._end()
            self._notice.warn("Let go before the file was ready: nothing was dragged out.")

    @Slot()
    def _on_late(self) -> None:
        self._notice.tell("The file is being made. Keep the button pressed; let go to stop.")

    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self._notice.fault(error)

    def _drag(self, path: Path | None, ids: Sequence[int]) -> None:
        self._end()
        if path is None:
            return
        self.ready.emit(path)
        if not self.is_held():
            return
        contents = QMimeData()
        contents.setUrls([QUrl.fromLocalFile(str(path))])
        put_numbers(contents, MESSAGES, ids)
        drag = QDrag(self._table)
        drag.setMimeData(contents)
        self.is_dragging.emit(True)
        drag.exec(Qt.DropAction.CopyAction)
        self.is_dragging.emit(False)
