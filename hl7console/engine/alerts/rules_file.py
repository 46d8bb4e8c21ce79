"""The file of alert rules of a workspace: read, watched, saved."""

from __future__ import annotations

import logging
from pathlib import Path

from hl7console import assets
from hl7console.errors import EnvironmentFaultError
from hl7console.hl7v2.filters import FilterError, parse
from hl7console.settings.alert_file import AlertFileError, parse_alerts
from hl7console.settings.alerts import AlertBook
from hl7console.settings.key_lines import key_lines
from hl7console.store.keys import write_private

FILE_NAME = "alerts.toml"

MOST_BYTES = 4 * 1024 * 1024

log = logging.getLogger(__name__)


def rules_path(workspace: Path) -> Path:
    """Return where the rules of a workspace are."""
    return workspace / FILE_NAME


def default_text() -> str:
    """Return the rules of a workspace that has no file of its own."""
    return assets.read_text("alerts/default.toml")


def rules_text(workspace: Path) -> str:
    """Return the text of a workspace's rules, or those that are in force without a file.

    Raises:
        EnvironmentFaultError: The file cannot be read.
    """
    path = rules_path(workspace)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EnvironmentFaultError("The file of alert rules is larger than 4 MiB.")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return default_text()
    except UnicodeDecodeError:
        raise EnvironmentFaultError(
            "The file of alert rules is not UTF-8.", hint="Save it as UTF-8."
        ) from None
    except OSError as fault:
        raise EnvironmentFaultError(
            f"The file of alert rules cannot be read: {fault.strerror or 'no reason given'}."
        ) from None


def checked(text: str) -> AlertBook:
    """Return what a text says, its filters looked at as well.

    Raises:
        AlertFileError: It has a mistake.
    """
    book = parse_alerts(text)
    for place, rule in enumerate(book.rules):
        if rule.filter:
            try:
                parse(rule.filter)
            except FilterError as error:
                line = key_lines(text).get(("rule", str(place), "filter"), 0)
                raise AlertFileError(
                    f"Line {line}: The filter of the rule {rule.name} cannot be read: {error.text}",
                    line=line,
                    hint=error.hint,
                ) from None
    return book


def save(workspace: Path, text: str) -> AlertBook:
    """Check a text and make it the rules of a workspace.

    Raises:
        AlertFileError: It has a mistake; nothing was saved.
        EnvironmentFaultError: It cannot be written.
    """
    book = checked(text)
    try:
        write_private(rules_path(workspace), text.encode("utf-8"))
    except OSError as fault:
        raise EnvironmentFaultError(
            f"The file of alert rules cannot be written: {fault.strerror or 'no reason given'}."
        ) from None
    return book


class RulesFile:
    """The rules in force: those of the file as last found without a mistake. One thread writes.

    Args:
        workspace: The folder.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._seen: tuple[int, int] | None = None
        self._has_looked = False
        self.book = AlertBook()
        """The rules in force."""
        self.problem = ""
        """Why the file's present text is not in force; empty when it is."""
        self.version = 0
        """Grows when other rules come in force."""

    def look(self) -> bool:
        """Read the file again when it changed; return whether other rules are in force now."""
        seen = self._stamp()
        if self._has_looked and seen == self._seen:
            return False
        self._has_looked, self._seen = True, seen
        try:
            book = checked(rules_text(self._workspace))
        except (AlertFileError, EnvironmentFaultError) as error:
            self.problem = f"The alert rules before are in force. {error.full_text}"
            if not self.version:
                self.problem = f"The usual alert rules are in force. {error.full_text}"
                self.book = parse_alerts(default_text())
                self.version = 1
            log.warning("The file of alert rules has a mistake; the rules before stay in force")
            return False
        self.problem = ""
        has_changed = book != self.book
        self.book = book
        self.version += has_changed or not self.version
        return has_changed

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = rules_path(self._workspace).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
