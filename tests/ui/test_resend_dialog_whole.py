"""The resend dialog over the real window and engine, with receivers that tell what they got."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from window_kit import child, order, port, send, shown

from hl7console.engine.console import SaveDestination
from hl7console.engine.repair_commands import Dates
from hl7console.hl7v2.message import Message
from hl7console.settings import DestinationSettings
from hl7console.store.records import Origin
from hl7console.ui.sending.options_box import RATE
from hl7console.ui.sending.resend_dialog import ResendDialog

COUNT = 12
RATE_PER_S = 4.0
"""So slow that all take three seconds: long enough to pause, whatever else the computer does."""

RECIPE = '[[step]]\nset = "PID-3.1"\nvalue = "88002"\n'


class Receiver(socketserver.ThreadingTCPServer):
    """Answers each message over MLLP, and keeps them.

    Args:
        refused: Control ids that it answers with AE in place of AA.
    """

    daemon_threads = False
    block_on_close = True

    def __init__(self, refused: tuple[str, ...] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.refused = refused
        self.received: list[Message] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def control_ids(self) -> list[str]:
        return [message.get("MSH-10") or "" for message in self.received]


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        buffer = b""
        while data := self.request.recv(65536):
            buffer += data
            while b"\x1c\r" in buffer:
                payload, _, buffer = buffer.partition(b"\x1c\r")
                message = Message.parse(payload[1:])
                self.server.received.append(message)
                control_id = message.get("MSH-10") or ""
                code = "AE" if control_id in self.server.refused else "AA"
                self.request.sendall(
                    b"\x0bMSH|^~\\&|B|B|A|A|20260105||ACK|R|P|2.5.1\rMSA|%b|%b\r\x1c\r"
                    % (code.encode(), control_id.encode())
                )


@pytest.fixture
def receivers() -> Iterator[tuple[Receiver, Receiver]]:
    """Two receivers; the second one refuses A2."""
    made = (Receiver(), Receiver(refused=("A2",)))
    threads = [threading.Thread(target=one.serve_forever, args=(0.02,)) for one in made]
    for thread in threads:
        thread.start()
    yield made
    for one, thread in zip(made, threads, strict=True):
        one.shutdown()
        thread.join(10)
        one.server_close()


@pytest.fixture
def place(window, engine, receivers, qtbot):
    """The window with messages A1, A2… and the destinations PACS and RIS."""
    send(port(engine), *(order(f"A{n + 1}") for n in range(COUNT)))
    for name, receiver in zip(("PACS", "RIS"), receivers, strict=True):
        engine.submit(SaveDestination(DestinationSettings(name=name, port=receiver.port))).result(
            10
        )
    qtbot.waitUntil(lambda: len(shown(window)) == COUNT and len(window.bridge.destinations) == 2)
    return window


@pytest.fixture
def dialog(place, qtbot) -> ResendDialog:
    """The dialog for all messages to PACS, once all there is to know is looked up."""
    place.messages.table.selectAll()
    place.actions_by_name["messages.resend"].trigger()
    return opened(place, qtbot)


def opened(window, qtbot) -> ResendDialog:
    dialog = window.findChildren(ResendDialog)[-1]
    dialog.to.setCurrentIndex(dialog.to.findData("PACS"))
    looked(dialog, qtbot)
    return dialog


def looked(dialog: ResendDialog, qtbot) -> None:
    qtbot.waitUntil(lambda: dialog.strip.is_done)


def ended(dialog: ResendDialog, qtbot) -> None:
    qtbot.waitUntil(lambda: dialog.report is not None)


def press(dialog: ResendDialog) -> None:
    assert dialog.strip.is_done
    assert dialog.send_button.isEnabled()
    dialog.send_button.click()


def slowly(dialog: ResendDialog) -> None:
    dialog.options.pace.setCurrentIndex(dialog.options.pace.findData(RATE))
    dialog.options.rate.setValue(RATE_PER_S)


def listed(dialog: ResendDialog) -> list[tuple[str, str]]:
    rows = dialog.table.rows
    return [
        (rows.index(n, 0).data(), rows.index(n, 1).data()) for n in range(rows.rowCount())
    ]  # fmt: skip


def test_a_slow_resend_stands_still_while_paused_and_goes_on(dialog, receivers, qtbot):
    slowly(dialog)
    press(dialog)
    qtbot.waitUntil(lambda: len(receivers[0].received) >= 2)
    pause = dialog.pause_button
    assert pause.isVisible()
    assert pause.text() == "Pause"
    pause.click()
    assert pause.text() == "Continue"
    qtbot.waitUntil(lambda: dialog.text.startswith("Paused"))
    # One that was on its way may still arrive; after that nothing does.
    qtbot.wait(300)
    received = receivers[0].control_ids
    assert len(received) < COUNT
    qtbot.wait(int(4 * 1000 / RATE_PER_S))
    assert receivers[0].control_ids == received
    assert dialog.report is None
    pause.click()
    assert pause.text() == "Pause"
    ended(dialog, qtbot)
    assert receivers[0].control_ids == [f"A{n + 1}" for n in range(COUNT)]
    assert dialog.text == f"{COUNT} of {COUNT} accepted."
    assert not pause.isVisible()
    dialog.reject()


@pytest.mark.parametrize("is_paused", [False, True], ids=["running", "paused"])
def test_stop_ends_it_after_the_message_in_hand(dialog, receivers, engine, qtbot, is_paused):
    slowly(dialog)
    press(dialog)
    qtbot.waitUntil(lambda: len(receivers[0].received) >= 2)
    if is_paused:
        dialog.pause_button.click()
        qtbot.waitUntil(lambda: dialog.text.startswith("Paused"))
    stop = child(dialog, QPushButton, "resendClose")
    assert stop.text() == "Stop"
    stop.click()
    ended(dialog, qtbot)
    sent = receivers[0].control_ids
    assert 2 <= len(sent) < COUNT
    assert dialog.report.cancelled
    assert dialog.text == f"Cancelled: {len(sent)} of {COUNT} accepted."
    assert [control_id for control_id, _ in listed(dialog)] == sent
    assert dialog.isVisible()
    assert stop.text() == "Close"
    stop.click()
    assert not dialog.isVisible()


def test_two_destinations_at_once_and_the_choice_of_answers(dialog, receivers, qtbot):
    dialog.targets.choose_also("RIS")
    looked(dialog, qtbot)
    press(dialog)
    ended(dialog, qtbot)
    everything = [f"A{n + 1}" for n in range(COUNT)]
    assert [one.control_ids for one in receivers] == [everything, everything]
    assert dialog.text == f"{2 * COUNT - 1} of {2 * COUNT} accepted, 1 refused or not sent."
    told = [dialog.table.rows.index(n, 3).data() for n in range(2 * COUNT)]
    for name in ("PACS", "RIS"):
        assert sum(text.startswith(f"{name}: ") for text in told) == COUNT
    which = dialog.answers.which
    assert which.isVisible()
    assert [which.itemText(n) for n in range(which.count())] == [
        f"All answers ({2 * COUNT})",
        f"accepted AA ({2 * COUNT - 1})",
        "rejected AE (1)",
    ]
    which.setCurrentIndex(2)
    assert listed(dialog) == [("A2", "rejected")]
    assert dialog.table.rows.index(0, 3).data().startswith("RIS: AE")
    which.setCurrentIndex(1)
    assert len(listed(dialog)) == 2 * COUNT - 1
    assert {state for _, state in listed(dialog)} == {"accepted"}
    which.setCurrentIndex(0)
    assert len(listed(dialog)) == 2 * COUNT
    dialog.reject()


def test_changes_go_out_as_new_messages_that_name_their_originals(
    dialog, receivers, engine, place, qtbot
):
    options = dialog.options
    assert not options.reason.isVisible()
    options.new_ids.click()
    assert options.reason.isVisible()
    options.dates.setCurrentIndex(options.dates.findData(str(Dates.MESSAGE)))
    options.reason.setText("A test of the ward")
    looked(dialog, qtbot)
    press(dialog)
    ended(dialog, qtbot)
    assert dialog.report.accepted == COUNT
    sent = receivers[0].received
    assert len({message.get("MSH-10") for message in sent}) == COUNT
    assert not {*receivers[0].control_ids} & {f"A{n + 1}" for n in range(COUNT)}
    assert all(message.get("MSH-7") > "20260105093012" for message in sent)
    assert {message.get("PID-5.1") for message in sent} == {"MARLOWE"}
    reader = engine.open_reader()
    try:
        results = dialog.report.results
        made = reader.rows([result.message_id for result in results])
        originals = reader.rows([result.original_id for result in results])
        assert {row.origin for row in made} == {Origin.EDITED}
        assert [row.parent_id for row in made] == [row.id for row in originals]
        assert [row.control_id for row in made] == receivers[0].control_ids
        assert [row.control_id for row in originals] == [f"A{n + 1}" for n in range(COUNT)]
    finally:
        reader.close()
    qtbot.waitUntil(lambda: len(shown(place)) == 2 * COUNT)
    dialog.reject()


def test_dates_that_cannot_move_are_told_before_sending(place, engine, receivers, qtbot):
    send(port(engine), order("U1").replace(b"|20260105093012|", b"||"))
    qtbot.waitUntil(lambda: len(shown(place)) == COUNT + 1)
    place.messages.table.go_to(0)
    place.actions_by_name["messages.resend"].trigger()
    dialog = opened(place, qtbot)
    text = child(dialog.strip, QLabel, "preflightText")
    assert "cannot be changed as wished" not in text.text()
    dialog.options.dates.setCurrentIndex(dialog.options.dates.findData(str(Dates.SHIFT)))
    looked(dialog, qtbot)
    assert "It cannot be changed as wished, and will not be sent." in text.text()
    assert dialog.send_button.text() == "Send all the same"
    assert receivers[0].received == []
    dialog.reject()


def test_what_speaks_against_it_is_shown_and_sending_it_takes_a_second_press(
    place, receivers, qtbot
):
    for number in (1, 2):
        place.messages.table.go_to(0)
        place.actions_by_name["messages.resend"].trigger()
        dialog = opened(place, qtbot)
        warning = "It was sent there before under this control id"
        text = child(dialog.strip, QLabel, "preflightText").text()
        assert (warning in text) is (number == 2)
        assert dialog.send_button.text() == ("Send all the same" if number == 2 else "Send")
        # Whoever asks for it to be sent at once is shown what was found first.
        if number == 2:
            dialog.send_when_clear()
            assert dialog.text == "Not sent yet: look at what is said above."
            assert len(receivers[0].received) == 1
        press(dialog)
        ended(dialog, qtbot)
        assert receivers[0].control_ids == [f"A{COUNT}"] * number
        dialog.reject()


def test_a_recipe_is_applied_on_the_way_and_can_be_taken_back(dialog, receivers, qtbot):
    label = child(dialog, QLabel, "resendRecipe")
    dialog.recipe.take("Ward", RECIPE)
    assert label.text() == "Recipe Ward"
    assert dialog.options.reason.isVisible()
    child(dialog, QPushButton, "resendNoRecipe").click()
    assert label.text() == "No recipe"
    assert not dialog.options.reason.isVisible()
    dialog.recipe.take("Ward", RECIPE)
    looked(dialog, qtbot)
    press(dialog)
    ended(dialog, qtbot)
    assert dialog.report.accepted == COUNT
    assert {message.get("PID-3.1") for message in receivers[0].received} == {"88002"}
    assert receivers[0].control_ids == [f"A{n + 1}" for n in range(COUNT)]
    dialog.reject()


def test_after_a_failure_the_next_try_does_not_look_paused(dialog, receivers, qtbot):
    dialog.to.setCurrentIndex(dialog.to.count() - 1)
    dialog.address.setText("127.0.0.1:1")
    looked(dialog, qtbot)
    press(dialog)
    dialog.pause_button.click()
    qtbot.waitUntil(lambda: dialog.send_button.isVisible())
    assert "127.0.0.1" in dialog.text
    dialog.to.setCurrentIndex(dialog.to.findData("PACS"))
    looked(dialog, qtbot)
    slowly(dialog)
    press(dialog)
    assert dialog.pause_button.isVisible()
    assert dialog.pause_button.text() == "Pause"
    dialog.pause_button.click()
    qtbot.waitUntil(lambda: dialog.text.startswith("Paused"))
    dialog.pause_button.click()
    child(dialog, QPushButton, "resendClose").click()
    ended(dialog, qtbot)
    dialog.reject()
