"""The Lab on the real window: compose, send many times, record, open and replay."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from window_kit import order, port, send, shown

from hl7console.engine.console import SaveDestination, SendResult
from hl7console.engine.repair_commands import RecordMessages, StoreEdited
from hl7console.engine.samples import sample_messages
from hl7console.settings import DestinationSettings, Environment
from hl7console.ui.compare.opening import CompareWindow
from hl7console.ui.editing.opening import editors_of, stop_editors
from hl7console.ui.lab.answers import latency_text


@pytest.fixture
def lab(window, engine, qtbot):
    """The Lab, with two messages stored and the window's own listener as a destination."""
    at = port(engine)
    send(at, order("A1"), order("A2"))
    engine.submit(SaveDestination(DestinationSettings(name="Test", port=at))).result(10)
    qtbot.waitUntil(lambda: len(window.bridge.destinations) == 1)
    window.actions_by_name["go.lab"].trigger()
    return window.lab.place()


def stored(engine) -> int:
    return engine.snapshot().last_message_id


def choose(lab, name: str) -> None:
    library = lab.composer.library
    found = library.findItems(name, Qt.MatchFlag.MatchStartsWith)
    library.setCurrentItem(found[0])


def test_a_sample_is_sent_and_its_answer_shown(lab, engine, qtbot):
    composer = lab.composer
    choose(lab, "New order")
    assert composer.raw() == sample_messages()[0].raw
    composer.send_button.click()
    qtbot.waitUntil(lambda: "accepted" in composer.answers.line.text())
    row = [composer.answers.table.rows.index(0, column).data() for column in range(4)]
    assert row[1] == "accepted"
    assert row[0] != "SAMPLE1"
    assert composer.answers.latency.text().startswith("p50 ")


def test_one_message_is_sent_many_times_and_can_be_stopped(lab, engine, qtbot):
    composer = lab.composer
    choose(lab, "STAT order")
    composer.times.setValue(5000)
    composer.rate.setValue(20)
    composer.send_button.click()
    qtbot.waitUntil(lambda: composer.answers.table.rows.rowCount() > 0)
    assert composer.send_button.text() == "Stop"
    composer.send_button.click()
    qtbot.waitUntil(lambda: composer.send_button.text() == "Send")
    assert "Cancelled" in composer.answers.line.text()


def test_what_is_typed_is_sent_as_it_stands(lab, engine, qtbot):
    composer = lab.composer
    composer.text.setPlainText(order("T1").decode().replace("\r", "\n"))
    composer.new_ids.setChecked(False)
    composer.send_button.click()
    qtbot.waitUntil(lambda: "1 of 1 accepted" in composer.answers.line.text())
    reader = engine.open_reader()
    assert reader.raw(stored(engine)) == order("T1")
    reader.close()


def test_ctrl_enter_sends(lab, engine, qtbot):
    composer = lab.composer
    choose(lab, "New order")
    composer.text.setFocus()
    qtbot.keyClick(composer.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "accepted" in composer.answers.line.text())


def test_text_without_a_header_is_told(lab, qtbot):
    lab.composer.text.setPlainText("hello")
    lab.composer.send_button.click()
    assert "begins with MSH" in lab.composer.answers.line.text()


def test_nothing_can_be_sent_to_production_without_its_name(lab, engine, qtbot):
    settings = DestinationSettings(
        name="PACS", port=port(engine), environment=Environment.PRODUCTION
    )
    engine.submit(SaveDestination(settings)).result(10)
    target = lab.composer.target
    qtbot.waitUntil(lambda: target.to.findData("PACS") >= 0)
    choose(lab, "New order")
    target.to.setCurrentIndex(target.to.findData("PACS"))
    assert not lab.composer.send_button.isEnabled()
    target.confirm.setText("PACS")
    assert lab.composer.send_button.isEnabled()


def test_a_saved_message_is_in_the_list_with_its_very_bytes(lab, engine, qtbot):
    raw = order("S1").replace(b"MARLOWE", b"M\xffRLOWE")
    engine.submit(StoreEdited(raw, saved_name="Odd bytes")).result(10)
    library = lab.composer.library
    qtbot.waitUntil(lambda: bool(library.findItems("Odd bytes", Qt.MatchFlag.MatchExactly)))
    choose(lab, "Odd bytes")
    qtbot.waitUntil(lambda: "|S1|" in lab.composer.text.toPlainText())
    assert lab.composer.raw() == raw


def test_what_is_searched_for_is_recorded_opened_and_replayed(
    lab, window, engine, answers, tmp_path, qtbot
):
    answers.path = tmp_path / "one.hl7rec"
    window.messages.search.set_text("control:A2")
    window.actions_by_name["lab.recordFound"].trigger()
    page = lab.recordings
    qtbot.waitUntil(lambda: page.look is not None)
    assert page.look.end.messages == 1
    assert page.table.rows.texts(0)[2] == "A2"
    page.replay_button.click()
    qtbot.waitUntil(lambda: "1 of 1 accepted" in page.answers.line.text())
    window.messages.search.set_text("")
    window.go_to("messages")
    qtbot.waitUntil(lambda: "A2" in shown(window)[0])


def test_a_replay_is_paused_and_goes_on(lab, engine, tmp_path, qtbot):
    path = tmp_path / "all.hl7rec"
    send(port(engine), *(order(f"B{n}") for n in range(50)))
    engine.submit(RecordMessages(path)).result(10)
    page = lab.recordings
    lab.open_recording(path)
    qtbot.waitUntil(lambda: page.look is not None)
    page.speed.setCurrentIndex(page.speed.findText("10 times slower"))
    page.replay_button.click()
    qtbot.waitUntil(lambda: page.answers.table.rows.rowCount() > 0)
    page.pause_button.click()
    qtbot.waitUntil(lambda: page.pause_button.text() == "Continue")
    page.pause_button.click()
    page.replay_button.click()
    qtbot.waitUntil(lambda: page.replay_button.text() == "Replay")


def test_a_file_that_is_no_recording_is_told(lab, answers, tmp_path, qtbot):
    path = tmp_path / "bad.hl7rec"
    path.write_bytes(b"hello")
    answers.paths = [path]
    lab.recordings.choose()
    empty = lab.recordings._empty
    qtbot.waitUntil(lambda: "cannot be opened" in empty._title.text())
    assert "no recording" in empty._text.text()


def test_a_sample_is_opened_in_the_editor(lab, window, qtbot):
    choose(lab, "New order")
    lab.composer.edit_button.click()
    assert len(editors_of(window)) == 1
    stop_editors(window)


def test_two_pasted_messages_are_compared(lab, window, qtbot):
    lab.show_page("compare")
    page = lab.comparing
    page.left.setPlainText(order("C1").decode().replace("\r", "\n"))
    page.right.setPlainText("hello")
    page.compare_button.click()
    assert "begins with MSH" in page._fault.text()
    page.right.setPlainText(order("C2").decode().replace("\r", "\n"))
    page.compare_button.click()
    opened = window.findChildren(CompareWindow)[-1]
    qtbot.waitUntil(lambda: "1 difference" in opened.sheet.count.text())
    opened.close()


def test_latencies_are_told_as_percentiles():
    results = [SendResult(n, "", "accepted", "AA", "", n / 1000) for n in range(1, 101)]
    assert latency_text(results) == "p50 50 ms · p95 95 ms · max 100 ms"
    assert latency_text([]) == ""
