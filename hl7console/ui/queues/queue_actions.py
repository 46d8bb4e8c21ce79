"""What one does with queues, deliveries and groups of the error list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QMimeData, QPoint, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QPushButton

from hl7console.engine.console import Console
from hl7console.engine.repair_commands import (
    ChangeDeliveries,
    DeliveryAction,
    HoldQueue,
    QueueCondition,
    QueueMessages,
    ReleaseQueue,
    RerouteDeliveries,
)
from hl7console.settings import Environment
from hl7console.store import queue_reader
from hl7console.store.queue_reader import DeliveryRow
from hl7console.store.records import DeliveryState
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask
from hl7console.ui.bars import bar_button
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.messages.filter_text import quoted
from hl7console.ui.notice import Notice
from hl7console.ui.queues import questions
from hl7console.ui.queues.action_table import (
    BAR,
    DELIVERY_MENU,
    ERROR_MENU,
    GROUP,
    MOST_CHANGED,
    QUEUE_MENU,
    TABLE,
    TITLES,
)
from hl7console.ui.queues.command_runner import CommandRunner
from hl7console.ui.queues.dragging import DELIVERIES, MESSAGES, numbers_of
from hl7console.ui.queues.header import View
from hl7console.ui.queues.place import QueuesPlace
from hl7console.ui.queues.words import is_failed, messages_text


class QueueActions(CommandRunner):
    """The actions of the place Queues. GUI thread only."""

    filter_wanted = Signal(str)
    message_wanted = Signal(int)
    settings_wanted = Signal(str, str)

    def __init__(
        self,
        place: QueuesPlace,
        console: Console,
        bridge: EngineBridge,
        actions: Actions,
        ask: Ask,
        notice: Notice,
    ) -> None:
        super().__init__(console, notice, place)
        self._place, self._bridge, self._actions, self._ask = place, bridge, actions, ask
        self.done.connect(place.look_again)
        slots: dict[str, Callable[[], object]] = {
            "hold": self.hold, "retry": self.retry, "retryQueue": self.retry_queue,
            "rewind": self.rewind, "queueSettings": self.show_settings,
            "holdDelivery": self.hold_delivery,
            "skip": partial(self._take_out, DeliveryAction.SKIP),
            "cancel": partial(self._take_out, DeliveryAction.CANCEL),
            "reroute": self.reroute, "edit": self.edit, "resend": self.resend,
            "handle": self.handle, "handleGroup": self.handle_group,
            "resendGroup": self.resend_group, "showMessage": self.show_message,
            "copyControl": self.copy_control,
        }  # fmt: skip
        for name, text, keys, icon in TABLE:
            actions.add(f"queues.{name}", text, slots[name], shortcut=keys, icon=icon, group=GROUP)
        self._buttons: dict[str, QPushButton] = {}
        for name, title in TITLES.items():
            self._buttons[name] = bar_button(actions, f"queues.{name}", title)
            place.header.add_button(self._buttons[name])
        self._buttons["edit"].setProperty("kind", "primary")
        place.choice_changed.connect(self._on_choice_changed)
        place.menu_wanted.connect(self._show_menu)
        place.queue_menu_wanted.connect(self._show_queue_menu)
        place.dropped.connect(self._on_dropped)
        place.fault.connect(self.on_failed)
        place.destinations_wanted.connect(lambda: self.settings_wanted.emit("destination", ""))
        place.refused_here_wanted.connect(
            lambda: self.filter_wanted.emit("status:error or status:rejected")
        )
        place.table.copy_wanted.connect(actions["queues.copyControl"].trigger)
        place.table.drag_refused.connect(
            lambda: notice.warn("So many cannot be dragged at once; use Reroute… for them.")
        )
        self._on_choice_changed()

    # What can be done now

    @Slot()
    def _on_choice_changed(self) -> None:
        place = self._place
        is_here, is_errors = place.isVisible(), place.view is View.ERRORS
        row, queue = place.row, place.queue
        has_any = is_here and place.table.chosen_count() > 0
        is_due = has_any and not is_errors and (row is None or row.delivery.is_due)
        can = {
            "hold": is_here and queue is not None and queue.condition != QueueCondition.OFF,
            "retry": is_here and (has_any or queue is not None),
            "retryQueue": is_here and queue is not None,
            "rewind": is_here and queue is not None,
            "queueSettings": is_here and queue is not None,
            "holdDelivery": is_due,
            "skip": is_due,
            "cancel": is_due,
            "reroute": has_any and len(self._others()) > 0,
            "edit": has_any,
            "resend": has_any,
            "handle": has_any and (is_errors or (row is not None and is_failed(row))),
            "handleGroup": is_here and place.group is not None,
            "resendGroup": is_here and place.group is not None,
            "showMessage": has_any,
            "copyControl": has_any,
        }
        for name, is_possible in can.items():
            self._actions[f"queues.{name}"].setEnabled(is_possible)
        shown = BAR[place.view]
        for name, button in self._buttons.items():
            button.setVisible(name in shown)
            button.setEnabled(can[name])
        is_off = queue is not None and queue.condition in (
            QueueCondition.HELD,
            QueueCondition.STOPPED,
        )
        self._buttons["hold"].setText("Release" if is_off else "Hold")

    def _others(self) -> list[str]:
        """Return the destinations that deliveries can go to instead."""
        place = self._place
        group = place.group.destination if place.group is not None else ""
        here = place.queues.key if place.view is View.QUEUES else group
        return [d.name for d in self._bridge.destinations if d.name != here and d.enabled]

    # Menus

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        if self._place.table.chosen_count():
            menu = self.made_menu()
            menu.exec(self._place.table.menu_point(at))
            menu.deleteLater()

    @Slot(object)
    def _show_queue_menu(self, at: QPoint) -> None:
        menu = self.made_queue_menu()
        menu.exec(at)
        menu.deleteLater()

    def made_menu(self) -> QMenu:
        """Return the menu of the chosen deliveries."""
        menu = QMenu(self._place)
        menu.setObjectName("deliveryMenu")
        for name in DELIVERY_MENU:
            if name == "REROUTE":
                to_menu = menu.addMenu("Reroute to")
                to_menu.setObjectName("rerouteToMenu")
                for other in self._others():
                    to_menu.addAction(other).triggered.connect(partial(self._reroute_to, other))
                to_menu.setEnabled(self._actions["queues.reroute"].isEnabled())
            elif name:
                menu.addAction(self._actions[f"queues.{name}"])
            else:
                menu.addSeparator()
        return menu

    def made_queue_menu(self) -> QMenu:
        """Return the menu of the chosen queue, or of the chosen group."""
        menu = QMenu(self._place)
        menu.setObjectName("queueMenu")
        names = QUEUE_MENU if self._place.view is View.QUEUES else ERROR_MENU
        for name in names:
            if name:
                menu.addAction(self._actions[f"queues.{name}"])
            else:
                menu.addSeparator()
        return menu

    # What is chosen

    def _with_rows(self, then: Callable[[list[DeliveryRow]], object]) -> None:
        """Call `then` with the chosen deliveries, read where they are not there."""
        table, feed = self._place.table, self._place.feed
        count = table.chosen_count()
        if count > MOST_CHANGED:
            self._notice.warn(f"{count:,} are chosen; at most {MOST_CHANGED:,} can be changed.")
            return
        ids = table.known_chosen()
        rows = [feed.model.row_by_id(number) for number in ids] if ids else []
        known = [row for row in rows if row is not None]
        if ids and len(known) == len(ids):
            then(known)
        elif count:
            feed.read_ids(table.chosen_spans(), then)

    # Queues

    def hold(self) -> None:
        """Hold the queue, or release it."""
        queue = self._place.queue
        if queue is None:
            return
        if queue.condition == QueueCondition.HELD:
            self.run(ReleaseQueue(queue.destination))
        elif queue.condition == QueueCondition.STOPPED:
            if queue.environment == Environment.PRODUCTION:
                self.open(questions.release_dialog(queue, self._console, self._place.window()))
            else:
                self.run(ReleaseQueue(queue.destination))
        else:
            self.run(HoldQueue(queue.destination))

    def retry(self) -> None:
        """Try the chosen deliveries now; with none chosen, all that are due in the queue."""
        if self._place.table.chosen_count():
            self._with_rows(lambda rows: self._change(DeliveryAction.RETRY, rows))
        else:
            self.retry_queue()

    def retry_queue(self) -> None:
        """Try all now that are due in the queue, whatever is chosen."""
        if (queue := self._place.queue) is not None:
            self.run(ChangeDeliveries(DeliveryAction.RETRY, destination=queue.destination))

    def rewind(self) -> None:
        """Ask since when a destination is to get all again."""
        queue = self._place.queue
        if queue is not None:
            self.open(
                questions.RewindDialog(
                    queue, self._console, self._place.feed.reads(), self._place.window()
                )
            )

    def show_settings(self) -> None:
        """Go to the destination's settings."""
        if (queue := self._place.queue) is not None:
            self.settings_wanted.emit("destination", queue.destination)

    # Deliveries

    def hold_delivery(self) -> None:
        """Hold the chosen deliveries, or release them where the first one is held."""

        def act(rows: list[DeliveryRow]) -> None:
            is_held = rows[0].delivery.state == DeliveryState.HELD
            self._change(DeliveryAction.RELEASE if is_held else DeliveryAction.HOLD, rows)

        self._with_rows(act)

    def _take_out(self, action: DeliveryAction) -> None:
        self._with_rows(partial(self._ask_to_take_out, action))

    def _ask_to_take_out(self, action: DeliveryAction, rows: list[DeliveryRow]) -> None:
        verb = "Skip" if action is DeliveryAction.SKIP else "Cancel"
        what = messages_text(len(rows))
        word = "skipped" if action is DeliveryAction.SKIP else "cancelled"
        text = (
            f"{rows[0].delivery.destination} will not be sent this, and the queue goes on. It stays"
            f" in the record as {word}, and can be queued again with Retry now."
        )
        answers = (f"{verb} {what}", "Leave it")
        if self._ask.choose(f"{verb} {what}?", text, answers) == answers[0]:
            self._change(action, rows)

    def _change(self, action: DeliveryAction, rows: Sequence[DeliveryRow]) -> None:
        if rows:
            self.run(ChangeDeliveries(action, tuple(row.id for row in rows)))

    def reroute(self) -> None:
        """Ask where the chosen deliveries go to instead."""
        self._with_rows(lambda rows: self._open_reroute([row.id for row in rows], ""))

    def _reroute_to(self, name: str, *_: object) -> None:
        self._with_rows(lambda rows: self._reroute([row.id for row in rows], name))

    def _reroute(self, ids: list[int], name: str) -> None:
        """Reroute at once, or ask for the typed name where it is a production destination."""
        if self._is_production(name):
            self._open_reroute(ids, name)
        else:
            self.run(RerouteDeliveries(tuple(ids), name))

    def _open_reroute(self, ids: list[int], name: str) -> None:
        window = self._place.window()
        others = [d for d in self._bridge.destinations if d.name in self._others()]
        self.open(questions.reroute_dialog(ids, others, name, self._console, window))

    def _is_production(self, name: str) -> bool:
        return any(
            d.name == name and d.environment == Environment.PRODUCTION
            for d in self._bridge.destinations
        )

    # The error list

    def handle(self) -> None:
        """Tick the chosen deliveries off."""
        self._with_rows(lambda rows: self._change(DeliveryAction.HANDLE, rows))

    def handle_group(self) -> None:
        """Tick off all of a cause."""
        group, part = self._place.group, self._place.part()
        if group is None or part is None:
            return
        what = messages_text(group.count)
        text = "They leave the error list, and stay in the record as they are."
        answers = (f"Tick off {what}", "Leave them")
        if group.count > 1 and self._ask.choose(f"Tick off {what}?", text, answers) != answers[0]:
            return
        self._place.feed.reads().ask(
            lambda reader: queue_reader.delivery_ids(reader, part, MOST_CHANGED),
            lambda ids: self.run(ChangeDeliveries(DeliveryAction.HANDLE, tuple(ids))),
            self.on_failed,
        )

    def resend_group(self) -> None:
        """Send all messages of a cause again."""
        group, part = self._place.group, self._place.part()
        if group is not None and part is not None:
            self._place.feed.reads().ask(
                lambda reader: queue_reader.message_ids(reader, part, MOST_CHANGED),
                lambda ids: self._open_resend(ids, group.destination),
                self.on_failed,
            )

    def resend(self) -> None:
        """Send the chosen messages again."""
        self._with_rows(
            lambda rows: self._open_resend(
                [row.delivery.message_id for row in rows], rows[0].delivery.destination
            )
        )

    def _open_resend(self, ids: list[int], chosen: str) -> None:
        if ids:
            questions.open_resend(self._place.window(), self._console, self._bridge, ids, chosen)

    def edit(self) -> None:
        """Open the editor on the message one is at."""
        row = self._place.row
        if row is not None:
            questions.open_editor(
                self._place.window(), self._console, self._bridge,
                row.delivery.message_id, row.delivery.destination,
            )  # fmt: skip

    def show_message(self) -> None:
        """Show the chosen messages in Messages."""

        def show(rows: list[DeliveryRow]) -> None:
            if len(rows) > 1 and rows[0].control_id:
                ids = dict.fromkeys(row.control_id for row in rows[:50] if row.control_id)
                self.filter_wanted.emit(" or ".join(f"control:{quoted(i)}" for i in ids))
            else:
                self.message_wanted.emit(rows[0].delivery.message_id)

        self._with_rows(show)

    def copy_control(self) -> None:
        """Put the control ids on the clipboard."""

        def copy(rows: list[DeliveryRow]) -> None:
            QGuiApplication.clipboard().setText("\n".join(row.control_id for row in rows))
            self._notice.tell("Copied.")

        self._with_rows(copy)

    # Dropped on a queue

    @Slot(str, object)
    def _on_dropped(self, name: str, mime: QMimeData) -> None:
        deliveries, messages = numbers_of(mime, DELIVERIES), numbers_of(mime, MESSAGES)
        if deliveries and name != self._place.queues.key:
            self._reroute(deliveries, name)
        elif messages:
            self.queue_messages(messages, name)

    def queue_messages(self, ids: list[int], name: str) -> None:
        """Queue messages at a destination; asks for its name where it is a production one."""
        if self._is_production(name):
            window = self._place.window()
            self.open(questions.queue_dialog(ids, name, self._console, window))
        else:
            self.run(QueueMessages(tuple(ids), (name,)))
