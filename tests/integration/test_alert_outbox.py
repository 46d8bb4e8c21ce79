"""Alerts are told once over each channel: when it hangs, fails, comes back, and over restarts."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from alert_channel_kit import MailServer, WebhookServer, an_alert, hang, raw_server
from alert_outbox_kit import HOOK, HOUR_US, MAIL, MINUTE_US, SECOND_US, Rig, alerts, running_rig
from engine_kit import Certificates, wait_for
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.alerts.channels import outbox as outbox_module
from hl7console.engine.alerts.channels.outbox import AlertOutbox
from hl7console.engine.alerts.channels.pace import LAST_BACK_OFF_S, back_off_s
from hl7console.engine.alerts.channels.sending import send
from hl7console.engine.alerts.channels.texts import AlertMessage, News, TextPlace, message_of
from hl7console.engine.alerts.channels.troubles import ChannelTroubles
from hl7console.errors import ConsoleError
from hl7console.settings.alerts import AlertBook, CommandChannel, EmailChannel, WebhookChannel
from hl7console.store.reader import StoreReader


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running_rig(tmp_path) as made:
        yield made


def test_an_alert_is_told_once_over_each_channel(rig: Rig):
    rig.begin(an_alert(), channels=("mail", "hook"))
    rig.step()
    rig.step(HOUR_US)
    assert sorted(name for name, _ in rig.post.taken) == ["hook", "mail"]
    assert rig.post.subjects[0] == "Critical: PACS out: Nothing listens on 10.0.0.9:104."
    assert rig.states() == ["sent", "sent"]
    assert rig.outbox.problem == ""


def test_begin_and_end_are_two_messages(rig: Rig):
    rig.begin(an_alert())
    rig.step()
    rig.end(an_alert())
    rig.step()
    assert rig.post.subjects == [
        "Critical: PACS out: Nothing listens on 10.0.0.9:104.",
        "Over: PACS out: It answers again.",
    ]


def test_an_end_that_comes_before_the_begin_was_told_makes_one_message(rig: Rig):
    rig.begin(an_alert())
    rig.end(an_alert())
    rig.step()
    assert rig.post.subjects == [
        "Critical, over already: PACS out: Nothing listens on 10.0.0.9:104."
    ]
    assert rig.post.taken[0][1].payload["what"] == "brief"
    assert rig.states() == ["sent", "sent"]


def test_what_fails_is_tried_again_later_and_later(rig: Rig):
    rig.post.faults["mail"] = "The mail server is away."
    rig.begin(an_alert())
    tried: list[int] = []
    for second in range(0, 400, 10):
        before = len(rig.post.tries)
        rig.step(10 * SECOND_US if second else 0)
        if len(rig.post.tries) > before:
            tried.append(second)
    assert tried == [0, 10, 30, 70, 150, 310]
    assert rig.outbox.problem == ("The channel mail does not get through: The mail server is away.")
    rig.post.faults.clear()
    rig.step(HOUR_US)
    rig.step(HOUR_US)
    assert len(rig.post.taken) == 1
    assert rig.rows() == [("mail", "onset", "sent", 7, "")]
    assert rig.outbox.problem == ""


@given(st.integers(-5, 10_000))
def test_a_wait_is_never_shorter_than_the_one_before(tries: int):
    assert 10 <= back_off_s(tries) <= back_off_s(tries + 1) <= LAST_BACK_OFF_S


def test_what_comes_while_a_channel_is_away_goes_out_together(rig: Rig):
    rig.post.faults["mail"] = "away"
    first, *others = alerts(20)
    rig.begin(first)
    rig.step()
    rig.begin(*others)
    rig.end(first)
    rig.step(SECOND_US)
    assert rig.post.tries == ["mail"]
    rig.post.faults.clear()
    rig.step(MINUTE_US)
    assert rig.post.subjects == ["19 alerts: 19 critical; 1 begun and over already"]


def test_a_restart_goes_on_where_it_was(rig: Rig):
    rig.post.faults["mail"] = "away"
    rig.begin(an_alert())
    rig.step()
    rig.restart()
    rig.step(SECOND_US)
    assert len(rig.post.tries) == 1
    assert "does not get through: away" in rig.outbox.problem
    rig.post.faults.clear()
    rig.step(10 * SECOND_US)
    rig.restart()
    rig.step(HOUR_US)
    assert len(rig.post.taken) == 1
    assert rig.outbox.problem == ""


def test_after_a_day_it_is_given_up_and_told(rig: Rig):
    rig.post.faults["mail"] = "Nothing listens on mail:25."
    rig.begin(an_alert())
    for _ in range(26):
        rig.step(HOUR_US)
    assert rig.states() == ["failed"]
    told = "could not tell of alerts for a day, and those were given up: Nothing listens"
    assert told in rig.outbox.problem
    rig.restart()
    rig.step()
    assert told in rig.outbox.problem
    rig.post.faults.clear()
    rig.begin(an_alert(2))
    rig.step()
    assert rig.states() == ["failed", "sent"]
    assert rig.outbox.problem == ""


def test_what_slept_for_days_is_tried_before_it_is_given_up(rig: Rig):
    rig.post.faults["mail"] = "The network is not there yet."
    rig.begin(an_alert())
    rig.step(3 * 24 * HOUR_US)
    rig.step(MINUTE_US)
    assert rig.states() == ["due"]
    rig.post.faults.clear()
    rig.step(MINUTE_US)
    assert rig.states() == ["sent"]


@pytest.mark.expects_log
def test_one_alert_without_words_does_not_hold_up_others(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    def broken(news: News, place: TextPlace, now_us: int) -> AlertMessage:
        if news.first[0].alert.id == 1:
            raise KeyError("secret")
        return message_of(news, place, now_us)

    monkeypatch.setattr(outbox_module, "message_of", broken)
    rig.begin(an_alert(1), channels=("mail",))
    rig.begin(an_alert(2), channels=("hook",))
    rig.step()
    assert [(row[2], row[4]) for row in rig.rows()] == [
        ("due", "It could not be put in words (KeyError)."),
        ("sent", ""),
    ]


def test_a_clock_that_was_set_back_does_not_silence(rig: Rig):
    rig.post.faults["mail"] = "away"
    rig.begin(an_alert())
    rig.step()
    rig.post.faults.clear()
    rig.step(-50 * 24 * HOUR_US)
    assert len(rig.post.taken) == 1


def test_few_at_once_are_told_one_by_one_and_many_together(rig: Rig):
    rig.begin(*alerts(5))
    for _ in range(5):
        rig.step()
    assert len(rig.post.taken) == 5
    rig.step(MINUTE_US)
    rig.begin(*alerts(6))
    rig.step(MINUTE_US)
    assert len(rig.post.taken) == 6
    message = rig.post.taken[-1][1]
    assert message.subject == "[hl7console] 6 alerts: 6 critical"
    assert message.payload["what"] == "group"
    assert all(f"link {n}:" in message.body for n in range(1, 7))


def test_a_channel_gets_few_messages_a_minute(rig: Rig):
    for n in range(1, 61):
        rig.begin(an_alert(n))
        rig.step(SECOND_US)
    assert len(rig.post.taken) == 5
    rig.step(MINUTE_US)
    assert len(rig.post.taken) == 6
    assert rig.post.subjects[-1] == "55 alerts: 55 critical"
    assert set(rig.states()) == {"sent"}


@pytest.mark.parametrize("is_grouped", [True, False])
def test_ten_thousand_at_once_are_few_messages_and_little_memory(rig: Rig, is_grouped: bool):
    if is_grouped:
        rig.begin_together(alerts(10_000))
    else:
        rig.begin(*alerts(10_000))
    tracemalloc.start()
    try:
        for _ in range(5):
            rig.step(SECOND_US)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(rig.post.taken) == (1 if is_grouped else 2)
    assert set(rig.states()) == {"sent"}
    total = sum(int(str(message.payload["begun"])) for _, message in rig.post.taken)
    assert total == 10_000
    assert all(len(message.body) < 10_000 for _, message in rig.post.taken)
    assert peak_bytes < 8 * 1024 * 1024
    assert "more; the place Alerts shows them all." in rig.post.taken[0][1].body


def test_what_is_off_is_not_told_and_not_kept(rig: Rig):
    rig.book = AlertBook(
        channels=(
            replace(MAIL, enabled=False),
            replace(HOOK, url="http://127.0.0.1:10/"),
            CommandChannel("script", ("true",)),
        )
    )
    rig.begin(an_alert(), channels=("mail", "hook", "script", "gone"))
    rig.step()
    assert rig.post.tries == []
    assert [(row[0], row[2], row[4]) for row in rig.rows()] == [
        ("mail", "off", "The channel is switched off."),
        ("hook", "off", "The channel was not approved."),
        ("script", "off", "The channel was not approved."),
        ("gone", "off", "There is no such channel any more."),
    ]
    assert rig.outbox.problem == (
        "These channels are off until approved in Settings, Alert rules: hook, script."
    )
    rig.approve(*rig.book.channels[1:])
    rig.step(SECOND_US)
    assert rig.outbox.problem == ""
    assert rig.post.tries == []


def test_an_alert_that_is_gone_is_not_told(rig: Rig):
    rig.write(lambda database: rig.put(database, [77], "mail", "onset"))
    rig.step()
    assert rig.states() == ["off"]


def test_recipients_that_were_refused_are_told(rig: Rig):
    rig.post.remark = "The mail server refused some of the recipients: b@x.test."
    rig.begin(an_alert())
    rig.step()
    assert rig.states() == ["sent"]
    assert rig.post.remark in rig.outbox.problem


def test_a_full_disk_does_not_tell_twice(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    rig.begin(an_alert())
    real = AlertOutbox._write

    def full(self: AlertOutbox, change: object, label: str) -> int:
        raise ConsoleError("The disk is full.")

    monkeypatch.setattr(AlertOutbox, "_write", full)
    with pytest.raises(ConsoleError):
        rig.step()
    for _ in range(3):
        with pytest.raises(ConsoleError):
            rig.step(HOUR_US)
    assert rig.states() == ["due"]
    monkeypatch.setattr(AlertOutbox, "_write", real)
    rig.step(HOUR_US)
    rig.step(HOUR_US)
    assert rig.states() == ["sent"]
    assert len(rig.post.taken) == 1


@pytest.mark.expects_log
def test_our_own_fault_is_no_end(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> str:
        raise RuntimeError("secret")

    monkeypatch.setattr(rig.outbox, "send_message", broken)
    rig.begin(an_alert())
    rig.step()
    assert rig.rows() == [("mail", "onset", "due", 1, "It could not be sent (RuntimeError).")]
    rig.restart()
    rig.step(MINUTE_US)
    assert rig.states() == ["sent"]


def test_old_notices_are_forgotten(rig: Rig):
    rig.begin(an_alert())
    rig.step()
    rig.begin(an_alert(2))
    rig.step(40 * 24 * HOUR_US)
    assert rig.states() == ["sent"]


def test_a_channel_that_is_being_sent_to_is_left_alone(rig: Rig):
    begun: list[Callable[[], None]] = []
    rig.outbox = rig.new_outbox(begin=begun.append)
    rig.begin(an_alert(), channels=("mail", "hook"))
    rig.step()
    rig.begin(an_alert(2), channels=("mail", "hook"))
    rig.step(SECOND_US)
    assert len(begun) == 2
    begun.pop(0)()
    rig.step(SECOND_US)
    assert rig.states() == ["sent", "due", "due", "due"]
    assert [name for name, _ in rig.post.taken] == ["mail"]
    assert len(begun) == 2


# With its thread, over real connections.


def test_a_server_that_hangs_holds_up_no_other(rig: Rig, certificates: Certificates):
    with raw_server(hang) as hung, WebhookServer(certificates.server_context()) as server:
        rig.book = AlertBook(
            channels=(
                EmailChannel("mail", "localhost", "a@x.test", ("b@x.test",), hung, "off"),
                WebhookChannel(
                    "hook", f"https://localhost:{server.port}/", str(certificates.ca.cert_path)
                ),
            )
        )
        rig.approve(rig.book.channels[1])
        outbox = rig.new_outbox(begin=None, send_message=send)
        rig.begin(an_alert(), channels=("mail", "hook"))
        outbox.start()
        try:
            wait_for(lambda: server.posts, "the webhook")
            rig.begin(an_alert(2), channels=("mail", "hook"))
            outbox.poke()
            wait_for(lambda: len(server.posts) == 2, "the second one")
        finally:
            assert outbox.stop(10)
        # It was cut short while it hung: nothing is known of it, and it stays due.
        assert rig.rows()[0] == ("mail", "onset", "due", 0, "")


def test_a_mail_server_that_comes_back_gets_it_once(
    rig: Rig, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
):
    with MailServer(
        certificates.server_context(), answers=("451 later", "451 later", "250 OK")
    ) as server:
        rig.book = AlertBook(
            channels=(
                EmailChannel(
                    "mail",
                    "localhost",
                    "a@x.test",
                    ("b@x.test",),
                    server.port,
                    ca_path=str(certificates.ca.cert_path),
                ),
            )
        )
        outbox = rig.new_outbox(begin=None, send_message=send)
        rig.begin(an_alert())
        outbox.start()
        try:
            for tries in (1, 2, 3):
                wait_for(lambda n=tries: server.tries == n, "a try")
                wait_for(lambda n=tries: rig.rows()[0][3] == n, "its outcome")
                rig.now_us += HOUR_US
                outbox.poke()
            wait_for(lambda: rig.states() == ["sent"], "the end")
            wait_for(lambda: outbox.problem == "", "that nothing is wrong any more")
        finally:
            assert outbox.stop(10)
    assert [mail["Subject"] for mail in server.mails] == [
        "[hl7console] Critical: PACS out: Nothing listens on 10.0.0.9:104."
    ]


def test_what_is_taken_while_it_stops_is_noted(rig: Rig):
    begun, go = threading.Event(), threading.Event()

    def slow(*_: object) -> str:
        begun.set()
        assert go.wait(10)
        return ""

    outbox = rig.new_outbox(begin=None, send_message=slow)
    rig.begin(an_alert())
    outbox.start()
    assert begun.wait(10)
    stopping = threading.Thread(target=outbox.stop, args=(10,))
    stopping.start()
    go.set()
    stopping.join(10)
    assert rig.states() == ["sent"]


def test_one_that_cannot_be_cut_does_not_hold_up_the_end(rig: Rig):
    begun, go = threading.Event(), threading.Event()

    def deaf(*_: object) -> str:
        begun.set()
        assert go.wait(20)
        return ""

    outbox = rig.new_outbox(begin=None, send_message=deaf)
    rig.begin(an_alert())
    outbox.start()
    try:
        assert begun.wait(10)
        assert outbox.stop(10)
    finally:
        go.set()
    assert rig.states() == ["due"]


@pytest.mark.expects_log
def test_a_database_that_fails_for_a_while_is_told_once_and_waited_for(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(outbox_module, "LOOK_EVERY_S", 0.01)
    outbox = rig.new_outbox(begin=None)
    faults: list[Exception] = [
        ConsoleError("The disk failed."),
        ConsoleError("The disk failed."),
        sqlcipher.OperationalError("database is locked"),
        RuntimeError("secret"),
    ]
    real = outbox.open_reader

    def opening() -> StoreReader:
        if faults:
            raise faults.pop(0)
        return real()

    outbox.open_reader = opening
    rig.begin(an_alert())
    outbox.start()
    try:
        wait_for(lambda: rig.states() == ["sent"], "the message")
    finally:
        assert outbox.stop(10)
    told = [one.getMessage() for one in caplog.records if "cannot be told" in one.getMessage()]
    assert told.count("Alerts cannot be told: The disk failed.") == 1
    assert "Alerts cannot be told: The database is locked by another program." in told


def test_a_machine_without_room_for_threads_tries_again(rig: Rig):
    def full(work: Callable[[], None]) -> None:
        raise RuntimeError("can't start new thread")

    rig.outbox = rig.new_outbox(begin=full)
    rig.begin(an_alert())
    rig.step()
    assert rig.rows()[0][2:4] == ("due", 1)
    rig.restart()
    rig.step(MINUTE_US)
    assert rig.states() == ["sent"]


def test_many_troubles_are_few_sentences():
    troubles = ChannelTroubles()
    for number in range(9):
        troubles.note(f"mail {number}", "It is away.")
    assert troubles.text.count("does not get through") == 3
    assert troubles.text.endswith(" 6 more channels have faults.")
    troubles.keep({"mail 8"}, ("pager",))
    assert troubles.text == (
        "The channel is off until approved in Settings, Alert rules: pager."
        " The channel mail 8 does not get through: It is away."
    )
