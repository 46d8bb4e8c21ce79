"""Which channels don't work, and why, as sentences for the window's foot."""

from __future__ import annotations

from collections.abc import Collection

from hl7console.store import alert_notices as notices
from hl7console.store.connection import Database

MOST_TOLD = 3


class ChannelTroubles:
    """What is wrong with channels. One thread changes it, any thread reads `text`."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._unapproved: tuple[str, ...] = ()

    def load(self, database: Database) -> None:
        """Take up what an earlier run left."""
        for last in notices.last_outcomes(database):
            self.note(
                last.channel, last.fault, is_given_up=last.state == notices.NoticeState.FAILED
            )
        for due in notices.due_channels(database):
            if due.tries:
                self.note(due.channel, due.fault)

    def note(self, channel: str, fault: str, *, is_given_up: bool = False) -> None:
        """Note how the last try of a channel ended; an empty fault is none."""
        texts = {name: text for name, text in self._texts.items() if name != channel}
        if is_given_up:
            texts[channel] = (
                f"The channel {channel} could not tell of alerts for a day, and those were given"
                f" up: {fault}"
            )
        elif fault:
            texts[channel] = f"The channel {channel} does not get through: {fault}"
        self._texts = texts

    def keep(self, in_use: Collection[str], unapproved: tuple[str, ...]) -> None:
        """Forget channels that are not in use, and note which ones nobody has approved."""
        self._unapproved = unapproved
        if set(self._texts) - set(in_use):
            self._texts = {name: text for name, text in self._texts.items() if name in in_use}

    @property
    def text(self) -> str:
        """All of it; "" when all is well."""
        texts = list(self._texts.values())
        if names := self._unapproved:
            are = "The channel is" if len(names) == 1 else "These channels are"
            texts.insert(
                0, f"{are} off until approved in Settings, Alert rules: {', '.join(names)}."
            )
        if len(texts) > MOST_TOLD:
            texts[MOST_TOLD:] = [f"{len(texts) - MOST_TOLD} more channels have faults."]
        return " ".join(texts)
