"""What the editor reads: messages and worklist, over connections of one thread."""

from __future__ import annotations

from hl7console.engine.console import Console


class BothReads:
    """A reader of each, opened and closed together. The worker's thread."""

    def __init__(self, console: Console) -> None:
        self.messages = console.open_reader()
        try:
            self.worklist = console.open_worklist()
        except BaseException:
            self.messages.close()
            raise

    def interrupt(self) -> None:
        """End the query in hand. Any thread."""
        self.messages.interrupt()
        self.worklist.interrupt()

    def close(self) -> None:
        """Close both."""
        self.worklist.close()
        self.messages.close()
