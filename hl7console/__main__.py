"""The program's entry point: hands the window to the command line, which never imports Qt."""

from __future__ import annotations

import multiprocessing
import sys
from typing import TYPE_CHECKING

from hl7console.cli.program import run
from hl7console.cli.stopping import end_process
from hl7console.engine import function_child
from hl7console.engine.function_process import OPTION

if TYPE_CHECKING:
    from pathlib import Path

    from hl7console.engine.console import Console
    from hl7console.engine.reports.blocks import Document


def _open_window(
    console: Console, *, demo: bool, recovery_code: str = "", key_warning: str = ""
) -> int:
    from hl7console.app import open_window  # Qt is loaded only when a window is asked for

    return open_window(console, demo=demo, recovery_code=recovery_code, key_warning=key_warning)


def _print_pdf(document: Document, path: Path) -> None:
    from hl7console.ui.reports.printing import print_without_window  # Qt, only when wanted

    print_without_window(document, path)


def main() -> None:
    """Run ``hl7console`` and end the process with its exit code."""
    if sys.argv[1:2] == [OPTION]:
        function_child.main()
        return
    multiprocessing.freeze_support()  # a packaged program starts its other processes this way
    end_process(run(None, _open_window, _print_pdf))


if __name__ == "__main__":
    main()
