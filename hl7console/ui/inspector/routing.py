"""Where a message was forwarded to, or would be: part of the Path tab."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hl7console.engine.routes import Decision, undecided_text
from hl7console.settings import DestinationSettings, RouteSettings
from hl7console.store.reader import MOST_DELIVERIES
from hl7console.store.records import Origin, Status, StoredMessage
from hl7console.store.repair_records import Delivery
from hl7console.ui.environment import environment_pill
from hl7console.ui.inspector.codes import state_word
from hl7console.ui.inspector.sheet import Pill, Sheet, in_line, words
from hl7console.ui.inspector.words import local_time, utc_time


def add_routing(
    sheet: Sheet,
    stored: StoredMessage,
    would: Decision | None,
    *,
    routes: Sequence[RouteSettings],
    destinations: Sequence[DestinationSettings],
) -> None:
    """Add where a message is due or was, and what the routes would do where they did nothing.

    Args:
        sheet: Page to add to.
        stored: The message.
        would: Where the routes would send it; None where that was not asked.
        routes: The routes there are.
        destinations: The destinations there are, for their environments.
    """
    environments = {d.name: str(d.environment) for d in destinations}
    row = stored.row
    queued = [delivery for delivery in stored.deliveries if _is_of_queue(delivery)]
    if queued:
        sheet.heading("Due at")
        for delivery in queued:
            sheet.add(_delivery_line(delivery, environments.get(delivery.destination, "")))
        if len(stored.deliveries) == MOST_DELIVERIES:
            sheet.note("More deliveries are not shown.")
    is_routed = any(delivery.route for delivery in queued)
    if row.origin == Origin.RECEIVED:
        if routes and not is_routed and row.status == Status.OK:
            sheet.heading("Routes")
            sheet.note("No route took it when it arrived.")
    elif would is not None:
        _add_dry_run(sheet, would, environments)


def _is_of_queue(delivery: Delivery) -> bool:
    """Return whether a queue has to do with it; what was sent at once stands among the tries."""
    return bool(delivery.route or delivery.is_due or delivery.attempt_count or delivery.repeat_of)


def _delivery_line(delivery: Delivery, environment: str) -> QWidget:
    line = QWidget()
    line.setObjectName(f"delivery{delivery.id}")
    column = QVBoxLayout(line)
    column.setContentsMargins(0, 4, 0, 4)
    column.setSpacing(2)
    word = state_word(delivery.state)
    column.addWidget(_place(delivery.destination, environment, Pill(word.text, word.role)))
    why = f"by route {delivery.route}" if delivery.route else "queued by hand"
    when = words(f"{why} · {local_time(delivery.changed_at_us)}", "muted")
    when.setToolTip(utc_time(delivery.changed_at_us))
    column.addWidget(when)
    if delivery.text:
        column.addWidget(words(delivery.text))
    return line


def _place(name: str, environment: str, *before: QWidget) -> QWidget:
    where = words(name)
    where.setWordWrap(False)
    pills = (environment_pill(environment),) if environment else ()
    return in_line(*before, where, *pills)


def _add_dry_run(sheet: Sheet, would: Decision, environments: dict[str, str]) -> None:
    sheet.heading("Routes")
    sheet.note("It was not forwarded: routes take received messages only.")
    if would.undecided:
        sheet.note(undecided_text(would.undecided), "error")
    for wanted in would.wanted:
        line = QWidget()
        line.setObjectName(f"would.{wanted.destination}")
        column = QVBoxLayout(line)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(2)
        environment = environments.get(wanted.destination, "")
        column.addWidget(_place(wanted.destination, environment, Pill("would go to", "muted")))
        column.addWidget(words(f"by route {wanted.route}", "muted"))
        sheet.add(line)
    if not would.wanted and not would.undecided:
        sheet.note("No route would take it.")
