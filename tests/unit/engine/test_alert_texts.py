"""What is said of alerts: whole sentences, no patient data, no text that breaks out of a line."""

from __future__ import annotations

import json
from datetime import datetime
from email import message_from_bytes, policy
from email.headerregistry import Address

from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.alerts.channels.mail import _compose
from hl7console.engine.alerts.channels.texts import (
    AlertMessage,
    News,
    TextPlace,
    message_of,
    one_line,
    test_message,
)
from hl7console.store.alert_notices import NewsCount, ToldAlert
from hl7console.store.alert_records import AlertRecord

NOW_US = 1_767_600_000_000_000
PLACE = TextPlace("north", "console-1", "hl7console-abc")
TEXTS = st.text(max_size=60)
TIMES = st.one_of(st.integers(-(2**62), 2**62), st.just(NOW_US), st.just(0))


def alert(**changes: object) -> AlertRecord:
    values: dict[str, object] = {
        "id": 7,
        "rule": "refused often",
        "kind": "rejections",
        "severity": "warning",
        "scope": "listener",
        "subject": "RIS in",
        "onset_at_us": NOW_US - 90_000_000,
        "text": "12 % of the messages were refused.",
        "sample_control_id": "MSG00017",
        "filter": 'listener:"RIS in" PID-5~"MARLOWE"',
        "note": "Called Mrs Marlowe's ward.",
        "acknowledged_by": "someone",
    }
    return AlertRecord(**{**values, **changes})  # type: ignore[arg-type]


def news(*told: ToldAlert, counts: tuple[NewsCount, ...] = ()) -> News:
    made = counts or tuple(
        NewsCount(
            one.alert.rule,
            one.alert.severity,
            int(one.begins and not one.ends),
            int(one.ends and not one.begins),
            int(one.begins and one.ends),
        )
        for one in told
    )
    return News("hl7console-abc-1", told, made)


def text_of(message: AlertMessage) -> str:
    return f"{message.subject}\n{message.body}"


def test_one_alert_is_told_with_all_that_one_needs():
    message = message_of(news(ToldAlert(alert(), True, False)), PLACE, NOW_US)
    assert message.subject == ("[hl7console] Warning: RIS in: 12 % of the messages were refused.")
    lines = message.body.split("\n")
    since = datetime.fromtimestamp(NOW_US / 1e6 - 90).astimezone()
    assert lines[0] == "12 % of the messages were refused."
    assert "Interface: RIS in (listener)" in lines
    assert "Rule: refused often" in lines
    assert f"Since: {since:%Y-%m-%d %H:%M:%S} {since.strftime('%z')[:3]}:00" in lines
    assert "Sample control id: MSG00017" in lines
    assert "hl7console, workspace north on console-1" in lines
    assert not message.is_urgent


def test_the_end_says_how_long_it_lasted():
    over = alert(ended_at_us=NOW_US, recovery_text="Messages are taken again.")
    message = message_of(news(ToldAlert(over, False, True)), PLACE, NOW_US)
    assert message.subject == "[hl7console] Over: RIS in: Messages are taken again."
    assert "It was: 12 % of the messages were refused." in message.body
    assert "Lasted: 1 min 30 s" in message.body
    assert message.payload["what"] == "recovery"


def test_an_interface_that_the_sentence_names_is_not_named_twice():
    named = alert(text="RIS in refuses messages.")
    message = message_of(news(ToldAlert(named, True, False)), PLACE, NOW_US)
    assert message.subject == "[hl7console] Warning: RIS in refuses messages."


def test_many_are_counted_and_the_first_are_named():
    first = tuple(
        ToldAlert(alert(id=n, subject=f"link {n}", severity="critical"), True, False)
        for n in range(30)
    )
    counts = (
        NewsCount("down", "critical", begun=9_000, over=3, brief=2),
        NewsCount("silent", "warning", begun=1_000),
    )
    message = message_of(news(*first, counts=counts), PLACE, NOW_US)
    assert message.subject == (
        "[hl7console] 10,000 alerts: 9,000 critical, 1,000 warning; 3 over;"
        " 2 begun and over already"
    )
    assert message.body.count("\n- Critical: link ") == 30
    assert "… and 9,975 more; the place Alerts shows them all." in message.body
    assert "  down: 9,000 critical, 3 over, 2 begun and over already" in message.body
    assert message.payload["begun"] == 10_000
    assert len(json.dumps(message.payload)) < 40_000
    assert message.is_urgent


def test_what_people_wrote_is_left_out():
    for told in (ToldAlert(alert(), True, False), ToldAlert(alert(ended_at_us=1), False, True)):
        message = message_of(news(told), PLACE, NOW_US)
        everything = text_of(message) + json.dumps(message.payload)
        assert "MARLOWE" not in everything.upper()
        assert "MARLOWE" not in repr(message).upper()


ALERTS = st.builds(
    AlertRecord,
    id=st.integers(0, 2**60),
    rule=TEXTS,
    kind=TEXTS,
    severity=st.one_of(TEXTS, st.sampled_from(["info", "warning", "critical"])),
    scope=TEXTS,
    subject=TEXTS,
    onset_at_us=TIMES,
    text=TEXTS,
    ended_at_us=TIMES,
    recovery_text=TEXTS,
    sample_control_id=TEXTS,
)


@given(ALERTS, st.sampled_from([(True, False), (False, True), (True, True)]), TEXTS, TIMES)
def test_no_text_breaks_out_of_its_line(
    record: AlertRecord, state: tuple[bool, bool], folder: str, now_us: int
):
    place = TextPlace(folder, folder, "hl7console-abc")
    for told in (
        news(ToldAlert(record, *state)),
        news(ToldAlert(record, *state), ToldAlert(record, *state)),
    ):
        message = message_of(told, place, now_us)
        assert len(message.subject) < 250
        assert len(message.subject.splitlines()) == 1
        assert all(line.isprintable() for line in message.body.split("\n"))
        assert json.loads(json.dumps(message.payload)) == message.payload
        mail = _compose(Address("", "a", "x.test"), [Address("", "b", "y.test")], message)
        raw = mail.as_bytes()
        assert b"\n\n" not in raw.replace(b"\r\n", b"")
        read = message_from_bytes(raw, policy=policy.default)
        assert sorted(read.keys()) == sorted(mail.keys())
        assert str(read["Subject"]).split() == message.subject.split()
        assert read.get_content().split() == message.body.split()  # type: ignore[attr-defined]


@given(st.text(), st.integers(1, 100))
def test_a_line_is_one_line_and_short_enough(text: str, most: int):
    line = one_line(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1
    assert line == line.strip()


def test_a_test_says_that_it_is_one():
    message = test_message("night\r\nBcc: x", PLACE, NOW_US)
    assert message.subject == "[hl7console] Test of the channel night Bcc: x"
    assert message.payload["what"] == "test"
    assert "Nothing is wrong." in message.body
