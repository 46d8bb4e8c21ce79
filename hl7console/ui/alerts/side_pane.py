"""Beside the list: one alert's story, from its onset to its end, and who was told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hl7console.store.alert_lists import AlertNotice
from hl7console.store.alert_notices import NoticeState, NoticeWhat
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.feed import Story
from hl7console.ui.alerts.words import (
    Look,
    full_time,
    is_snoozed,
    kind_title,
    lasted_text,
    scope_title,
    severity_look,
    state_look,
    subject_text,
)
from hl7console.ui.inspector.sheet import Pill, Sheet, in_line, link, words
from hl7console.ui.theme import GRID

_WHAT = {
    NoticeWhat.ONSET: "of its onset",
    NoticeWhat.RECOVERY: "of its end",
    NoticeWhat.GROUP: "of its onset, with others",
}


class AlertStory(Sheet):
    """One alert, or several in a sentence. GUI thread only."""

    message_wanted = Signal()
    filter_wanted = Signal()
    rule_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alertStory")
        self.setAccessibleName("What is known of the alert")
        self.setProperty("role", "surface")
        self._shown: tuple[object, ...] = ()

    def show_nothing(self, text: str = "") -> None:
        """Say why no alert is shown."""
        if self._shown != (text,):
            self._shown = (text,)
            self.clear()
            if text:
                self.note(text)

    def show_story(self, story: Story, now_us: int) -> None:
        """Show an alert; times that run on are told as they are now."""
        alert = story.alert
        shown = (story, lasted_text(alert, now_us), is_snoozed(alert, now_us))
        if shown == self._shown:
            return
        bar = self.verticalScrollBar()
        before = self._shown[0] if self._shown else None
        at = bar.value() if isinstance(before, Story) and before.alert.id == alert.id else 0
        self._shown = shown
        self.clear()
        self._add_head(alert, now_us)
        self._add_events(alert, now_us)
        self._add_notices(story.notices)
        bar.setValue(at)

    def _add_head(self, alert: AlertRecord, now_us: int) -> None:
        self.banner(subject_text(alert), Pill(*severity_look(alert.severity)))
        sentence = self.note(alert.text, "")
        sentence.setObjectName("alertText")
        sentence.setContentsMargins(0, 0, 0, GRID)
        state = state_look(alert, now_us)
        lasted = "Lasted" if alert.ended_at_us else "For"
        pairs: list[tuple[str, QWidget | str]] = [
            ("Since", full_time(alert.onset_at_us)),
            (lasted, lasted_text(alert, now_us)),
            ("State", words(state.text[:1].upper() + state.text[1:], _role(state))),
            ("Rule", link(alert.rule, self.rule_wanted.emit, name="alertRule",
                          tip="Show the rule in Settings")),
            ("Looks at", words(kind_title(alert.kind))),
        ]  # fmt: skip
        if alert.subject:
            pairs.append((scope_title(alert.scope), words(alert.subject)))
        if alert.sample_control_id:
            pairs.append(("Sample", self._sample(alert)))
        if alert.filter:
            shown = link("Show them", self.filter_wanted.emit, name="alertFilter",
                         tip=alert.filter)  # fmt: skip
            pairs.append(("Messages", shown))
        self.values(pairs)

    def _sample(self, alert: AlertRecord) -> QWidget | str:
        if not alert.sample_message_id:
            return alert.sample_control_id
        return link(
            alert.sample_control_id, self.message_wanted.emit, name="alertSample",
            tip="Show this message",
        )  # fmt: skip

    def _add_events(self, alert: AlertRecord, now_us: int) -> None:
        self.heading("What happened")
        for at_us, text in events_of(alert, now_us):
            self.add(_dated(full_time(at_us), text) if at_us else words(text))
        if alert.note:
            note = words(f"“{alert.note}”")
            note.setObjectName("alertNote")
            self.add(note)

    def _add_notices(self, notices: Sequence[AlertNotice]) -> None:
        self.heading("Who was told")
        if not notices:
            self.note("This window. No channel stands in the rule, or nobody was to be told.")
        for notice in notices:
            look = notice_look(notice)
            what = _WHAT.get(NoticeWhat(notice.what), notice.what)
            pill = Pill(look.text, look.role)
            line = words(f"{notice.channel}, {what}")
            line.setWordWrap(False)
            self.add(in_line(pill, line))
            self.note(notice_text(notice))


def _role(look: Look) -> str:
    return "" if look.role == "text" else look.role


def _dated(when: str, text: str) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID)
    time = words(when, "muted")
    time.setWordWrap(False)
    row.addWidget(time, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(words(text), 1)
    return holder


def events_of(alert: AlertRecord, now_us: int) -> list[tuple[int, str]]:
    """Return what happened to an alert, as times and sentences, oldest first."""
    found = [(alert.onset_at_us, "It began.")]
    if alert.told_at_us > alert.onset_at_us:
        found.append((alert.told_at_us, "It counted as an alert: the rule's wait was over."))
    if alert.acknowledged_at_us:
        by = alert.acknowledged_by or "Somebody"
        found.append((alert.acknowledged_at_us, f"{by} acknowledged it."))
    if alert.ended_at_us:
        found.append((alert.ended_at_us, alert.recovery_text or "It is over."))
    return sorted(found) + [(0, text) for text in _undated(alert, now_us)]


def _undated(alert: AlertRecord, now_us: int) -> Iterator[str]:
    if alert.flaps:
        times = "once" if alert.flaps == 1 else f"{alert.flaps:,} times"
        yield f"It was good for a moment and bad again {times}."
    if alert.is_open and alert.silenced_by:
        yield f"Nobody is told: {alert.silenced_by}, on which it hangs, is down."
    if alert.is_open and is_snoozed(alert, now_us):
        yield f"Nobody is told until {full_time(alert.snoozed_until_us)}."
    if alert.group_id and alert.group_id != alert.id:
        yield f"It was told of with others, in one message with alert {alert.group_id:,}."


def notice_look(notice: AlertNotice) -> Look:
    """Return how far a notice is, as a word and a colour."""
    return {
        NoticeState.SENT: Look("told", "ok"),
        NoticeState.FAILED: Look("given up", "err"),
        NoticeState.OFF: Look("not told", "muted"),
        NoticeState.DUE: Look("tried" if notice.tries else "due", "warn"),
    }.get(NoticeState(notice.state), Look(notice.state, "muted"))


def notice_text(notice: AlertNotice) -> str:
    """Return what became of a notice, as a sentence."""
    if notice.state == NoticeState.SENT:
        tries = f" at try {notice.tries:,}" if notice.tries > 1 else ""
        return f"Taken {full_time(notice.finished_at_us)}{tries}."
    if notice.state == NoticeState.OFF:
        return notice.fault or "The channel is off, or there is none of this name."
    if notice.state == NoticeState.DUE and notice.tries:
        again = f" Next try {full_time(notice.next_try_at_us)}." if notice.next_try_at_us else ""
        return f"{notice.fault}{again}".strip()
    if notice.state == NoticeState.DUE:
        return f"Waits since {full_time(notice.created_at_us)}."
    return notice.fault
