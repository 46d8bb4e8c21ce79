"""The text of the rules while it is changed, by the forms or by hand: it is the truth of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from hl7console.engine.alerts.channels.approval import channel_kind
from hl7console.engine.alerts.rules_file import checked, rules_text
from hl7console.errors import ConsoleError
from hl7console.settings.alert_file import AlertFileError, parse_alerts
from hl7console.settings.alerts import AlertBook, AlertRule, Channel
from hl7console.settings.toml_edit import TomlValue, add_table, read_toml, remove_table, set_values
from hl7console.ui.settings.form import Value


def have_sound(workspace: Path, rules: set[str]) -> bool:
    """Return whether one of these rules has a sound; the ones in force. Any thread."""
    try:
        book = parse_alerts(rules_text(workspace))
    except ConsoleError:
        return False  # a file with a mistake, which is told elsewhere
    return any(rule.sound for rule in book.rules if rule.name in rules)


@dataclass(frozen=True, slots=True)
class ChannelPlace:
    """A channel, and the table of the text that it stands in."""

    channel: Channel
    table: str
    place: int


class RulesDraft(QObject):
    """A text with what it says. GUI thread only."""

    changed = Signal()
    """The text is another one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self.saved = ""
        self.book = AlertBook()
        """What the text says; where it has a mistake, what it said before."""
        self.problem = ""
        """What is wrong with the text, and what to do; empty when nothing is."""
        self.line = 0
        """The line of the mistake, from 1; 0 where there is none."""

    @property
    def is_sound(self) -> bool:
        """Whether the text has no mistake."""
        return not self.problem

    @property
    def is_dirty(self) -> bool:
        """Whether the text is another one than that in force."""
        return self.text != self.saved

    def load(self, text: str) -> None:
        """Take a text that is in force."""
        self.saved = text
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Take another text, sound or not."""
        self.text = text
        try:
            self.book = checked(text)
        except AlertFileError as error:
            self.problem, self.line = error.full_text, error.line
        else:
            self.problem, self.line = "", 0
        self.changed.emit()

    # Rules

    @property
    def rules(self) -> tuple[AlertRule, ...]:
        """The rules, as they stand in the text."""
        return self.book.rules

    def free_name(self, stem: str) -> str:
        """Return a name that no rule and no channel has."""
        taken = {rule.name for rule in self.rules} | {c.name for c in self.book.channels}
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem} {number}", number + 1
        return name

    def change_rule(self, place: int, values: Mapping[str, Value | None]) -> None:
        """Change values of a rule in the text; a `UsageError` where it cannot be followed."""
        self.set_text(set_values(self.text, "rule", place, values))

    def add_rule(self, values: Mapping[str, TomlValue]) -> None:
        """Put another rule behind the last one."""
        self.set_text(add_table(self.text, "rule", values))

    def remove_rule(self, place: int) -> None:
        """Take a rule out of the text, with the comments right above it."""
        self.set_text(remove_table(self.text, "rule", place))

    # Channels

    def channels(self) -> list[ChannelPlace]:
        """Return the channels with where they stand, in the order of the text's kinds."""
        raw = read_toml(self.text) if self.is_sound else {}
        found = []
        for channel in self.book.channels:
            kind = channel_kind(channel)
            tables = raw.get(kind)
            names = [t.get("name") for t in tables] if isinstance(tables, list) else []
            if channel.name in names:
                found.append(ChannelPlace(channel, kind, names.index(channel.name)))
        return found

    def change_channel(self, at: ChannelPlace, values: Mapping[str, Value | None]) -> None:
        """Change values of a channel in the text; rules follow where it gets another name."""
        text = set_values(self.text, at.table, at.place, values)
        if name := values.get("name"):
            text = self._renamed(text, at.channel.name, (str(name),))
        self.set_text(text)

    def _renamed(self, text: str, before: str, after: tuple[str, ...]) -> str:
        """Return the text with other names in place of a channel's in all rules."""
        for place, rule in enumerate(self.rules):
            if before in rule.channels:
                names = [(name,) if name != before else after for name in rule.channels]
                left = tuple(name for part in names for name in part)
                text = set_values(text, "rule", place, {"channels": left or None})
        return text

    def add_channel(self, kind: str, values: Mapping[str, TomlValue]) -> None:
        """Put another channel behind the last one of its kind."""
        self.set_text(add_table(self.text, kind, values))

    def remove_channel(self, at: ChannelPlace) -> None:
        """Take a channel out of the text, and its name out of the rules."""
        text = remove_table(self.text, at.table, at.place)
        self.set_text(self._renamed(text, at.channel.name, ()))

    # The rest

    def change_normal(self, values: Mapping[str, Value | None]) -> None:
        """Change how the normal is learned."""
        raw = read_toml(self.text)
        if "normal" in raw:
            self.set_text(set_values(self.text, "normal", None, values))
            return
        wanted = {name: value for name, value in values.items() if value is not None}
        if wanted:
            self.set_text(add_table(self.text, "normal", wanted, is_array=False))

    def change_top(self, values: Mapping[str, Value | None]) -> None:
        """Change what stands before all tables."""
        self.set_text(set_values(self.text, "", None, values))
