"""The channels as a list and the form of one, with test and approval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QWidget,
)

from hl7console.engine.alerts.channels.approval import channel_digest, channel_kind, is_approved
from hl7console.errors import UsageError
from hl7console.settings.alerts import Channel
from hl7console.store.alert_notices import LastOutcome, NoticeState, last_outcomes
from hl7console.store.reader import StoreReader
from hl7console.ui.alerts.channel_form import BLANKS, KINDS, ChannelForm, joined
from hl7console.ui.alerts.draft import ChannelPlace, RulesDraft
from hl7console.ui.alerts.list_beside import lay_list_beside
from hl7console.ui.alerts.words import full_time
from hl7console.ui.ask import Ask
from hl7console.ui.icons import icon, set_icon
from hl7console.ui.theme import GRID, ROW, theme

_ICONS = {"email": "mails", "webhook": "send", "command": "command"}


@dataclass(frozen=True, slots=True)
class ChannelStates:
    """What is known of channels: by digest whether they may be used, by name what came last."""

    approved: Mapping[str, bool]
    outcomes: Mapping[str, LastOutcome]


def read_states(reader: StoreReader, channels: tuple[Channel, ...]) -> ChannelStates:
    """Return what is known of channels. Reader's thread."""
    database = reader.database()
    approved = {channel_digest(channel): is_approved(database, channel) for channel in channels}
    return ChannelStates(approved, {one.channel: one for one in last_outcomes(database)})


class ChannelsTab(QWidget):
    """Edits channels in a `RulesDraft`. GUI thread only."""

    test_wanted = Signal(str)
    """Name of a channel that a test message is to go over."""
    approve_wanted = Signal(str, str)
    """Name of a channel, and the digest of what was looked at."""

    def __init__(self, draft: RulesDraft, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft, self._ask = draft, ask
        self._place = 0
        self._states = ChannelStates({}, {})
        self.list = QListWidget()
        self.list.setObjectName("channelList")
        self.list.setAccessibleName("Channels")
        self.form = ChannelForm()
        self.state = QLabel()
        self.state.setObjectName("channelState")
        self.state.setWordWrap(True)
        self.add_button = QPushButton("Add a channel")
        self.add_button.setObjectName("alerts.addChannel")
        set_icon(self.add_button, "plus")
        menu = QMenu(self.add_button)
        for kind, title in KINDS:
            menu.addAction(title).triggered.connect(partial(self._on_add, kind))
        self.add_button.setMenu(menu)
        self.delete_button = self._button("deleteChannel", "Delete…", self.delete)
        self.delete_button.setProperty("kind", "danger")
        self.test_button = self._button("testChannel", "Send a test", self._on_test)
        self.approve_button = self._button("approveChannel", "Approve…", self.approve)
        self._build()
        draft.changed.connect(self._show_channels)
        self.list.currentRowChanged.connect(self._on_chosen)
        self.form.changed.connect(self._on_edited)
        theme().changed.connect(self._show_channels)

    def _button(self, name: str, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"alerts.{name}")
        button.clicked.connect(lambda *_: slot())
        return button

    def _build(self) -> None:
        self._none = QLabel(
            "No channel yet. Alerts stand in this window; a channel tells others as well: by "
            "e-mail, by a POST to a webhook, or by running a program."
        )
        self._none.setProperty("role", "muted")
        self._none.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.test_button)
        buttons.addWidget(self.approve_button)
        buttons.addStretch(1)
        body = lay_list_beside(self, self.list, self.add_button, self.delete_button)
        body.addWidget(self._none)
        body.addWidget(self.state)
        body.addLayout(buttons)
        body.addWidget(self.form)
        body.addStretch(1)

    # The list

    @property
    def at(self) -> ChannelPlace | None:
        """The channel one is at."""
        channels = self._draft.channels()
        return channels[self._place] if 0 <= self._place < len(channels) else None

    @Slot()
    def _show_channels(self) -> None:
        channels = self._draft.channels()
        self._place = max(min(self._place, len(channels) - 1), 0)
        self.list.blockSignals(True)
        self.list.clear()
        for found in channels:
            item = QListWidgetItem(found.channel.name)
            item.setSizeHint(QSize(0, ROW + 4))
            is_good = found.channel.enabled and self._may(found.channel)
            role = "accent" if is_good else "muted"
            item.setIcon(icon(_ICONS[channel_kind(found.channel)], role))
            self.list.addItem(item)
        self.list.setCurrentRow(self._place if channels else -1)
        self.list.blockSignals(False)
        self._show_channel()

    def _may(self, channel: Channel) -> bool:
        return self._states.approved.get(channel_digest(channel), True)

    @Slot(int)
    def _on_chosen(self, row: int) -> None:
        if row >= 0:
            self._place = row
            self._show_channel()

    def set_states(self, states: ChannelStates) -> None:
        """Know which channels may be used, and what came of their last notices."""
        self._states = states
        self._show_channels()

    # One channel

    def _show_channel(self) -> None:
        at = self.at
        is_editable = self._draft.is_sound
        self._none.setVisible(at is None and is_editable)
        self.form.setVisible(at is not None)
        self.form.setEnabled(is_editable)
        self.add_button.setEnabled(is_editable)
        self.delete_button.setEnabled(at is not None and is_editable)
        self.test_button.setVisible(at is not None)
        may = at is not None and self._may(at.channel)
        self.approve_button.setVisible(at is not None and not may)
        is_in_force = not self._draft.is_dirty
        self.test_button.setEnabled(is_in_force and may)
        self.approve_button.setEnabled(is_in_force)
        tip = "" if is_in_force else "Save first"
        self.test_button.setToolTip(tip or "Send a message that says that it is a test")
        self.approve_button.setToolTip(tip or "Look at what it does, and let it be used")
        self._show_state(at)
        if at is not None:
            names = {found.channel.name for found in self._draft.channels()}
            self.form.set_taken(names - {at.channel.name})
            self.form.show_channel(at.channel)

    def _show_state(self, at: ChannelPlace | None) -> None:
        text, role = self.state_text(at.channel) if at is not None else ("", "muted")
        if not self._draft.is_sound:
            text, role = "Mend the mistake in the text first.", "error"
        self.state.setText(text)
        self.state.setVisible(bool(text))
        self.state.setProperty("role", role)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def state_text(self, channel: Channel) -> tuple[str, str]:
        """Return how a channel stands, as a sentence, and its colour."""
        if not self._may(channel):
            return (
                "Nothing is sent over it: it came with a file, and nobody has approved it as it is "
                "now.",
                "warning",
            )
        outcome = self._states.outcomes.get(channel.name)
        if outcome is None:
            return "Nothing was sent over it yet.", "muted"
        if outcome.state == NoticeState.SENT:
            return f"Last used {full_time(outcome.at_us)}.", "muted"
        return f"{full_time(outcome.at_us)}: {outcome.fault}", "error"

    @Slot()
    def _on_edited(self) -> None:
        at = self.at
        changes = self.form.changes() if self.form.channel() is not None else {}
        if at is None or not changes:
            return
        try:
            self._draft.change_channel(at, changes)
        except UsageError as error:
            self.state.setText(error.full_text)

    @Slot()
    def _on_add(self, kind: str, *_: object) -> None:
        name = self._draft.free_name(dict(KINDS)[kind])
        self._draft.add_channel(kind, {"name": name, **BLANKS[kind]})
        names = [found.channel.name for found in self._draft.channels()]
        if name in names:
            self.list.setCurrentRow(names.index(name))
        self.form.form.focus("name")

    @Slot()
    def delete(self) -> None:
        """Take the channel out, after a question."""
        at, answers = self.at, ("Delete", "Cancel")
        if at is None:
            return
        text = "Rules that name it tell nobody over it any more."
        if self._ask.choose(f"Delete {at.channel.name}?", text, answers) == answers[0]:
            try:
                self._draft.remove_channel(at)
            except UsageError as error:
                self.state.setText(error.full_text)

    @Slot()
    def _on_test(self) -> None:
        if (at := self.at) is not None:
            self.test_wanted.emit(at.channel.name)

    @Slot()
    def approve(self) -> None:
        """Show what the channel does, and let it be used."""
        at, answers = self.at, ("Approve", "Cancel")
        if at is None:
            return
        text = what_it_does(at.channel)
        if self._ask.choose(f"Approve {at.channel.name}?", text, answers) == answers[0]:
            self.approve_wanted.emit(at.channel.name, channel_digest(at.channel))


def what_it_does(channel: Channel) -> str:
    """Return what a channel will do once it is approved, in full.

    As markup, so that nothing in it can be taken for markup and not be seen.
    """
    values = {k: v for k, v in channel.to_mapping().items() if k not in ("name", "enabled") and v}
    head = {
        "command": "This program will run with your rights whenever a rule tells over it:",
        "webhook": "Alerts will be sent to this address:",
        "email": "Alerts will be sent by this server:",
    }[channel_kind(channel)]
    lines = [head]
    for name, value in values.items():
        parts = tuple(map(str, value)) if isinstance(value, list) else (str(value),)
        shown = joined(parts) if name == "command" else ", ".join(parts)
        lines.append(f"{name}: {shown}")
    return f"<p>{'<br>'.join(escape(line) for line in lines)}</p>"
