"""What of the open alerts is news: each is told once, also over restarts of the window."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.news import AlertNews
from hl7console.ui.alerts.toast import headline, sentence, worst

SECOND = 1_000_000


def alert(number: int, at_s: int, severity: str = "warning", **changes: object) -> AlertRecord:
    at_us = at_s * SECOND
    made = AlertRecord(
        number, "R", "silence", severity, "listener", f"L{number}", at_us, "Quiet.", at_us
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def ids(alerts: list[AlertRecord]) -> list[int]:
    return [one.id for one in alerts]


def test_each_is_told_once_and_the_worst_first():
    news = AlertNews()
    first, second = alert(1, 10), alert(2, 11, "critical")
    assert ids(news.take([first, second], 20 * SECOND)) == [2, 1]
    assert news.take([first, second], 21 * SECOND) == []
    assert ids(news.take([first, second, alert(3, 22)], 23 * SECOND)) == [3]


def test_a_restart_tells_only_what_began_meanwhile():
    before = AlertNews()
    before.take([alert(1, 10)], 20 * SECOND)
    after = AlertNews(before.told_until_us)
    assert ids(after.take([alert(1, 10), alert(2, 30)], 40 * SECOND)) == [2]


def test_what_is_snoozed_is_told_when_that_ends():
    news = AlertNews()
    news.take([alert(1, 10)], 20 * SECOND)
    snoozed = alert(1, 10, snoozed_until_us=60 * SECOND)
    assert news.take([snoozed], 30 * SECOND) == []
    assert ids(news.take([snoozed], 61 * SECOND)) == [1]
    assert news.take([snoozed], 62 * SECOND) == []


def test_what_hangs_on_something_down_is_told_when_that_is_up():
    news = AlertNews()
    assert news.take([alert(1, 10, silenced_by="Host")], 20 * SECOND) == []
    assert ids(news.take([alert(1, 10)], 30 * SECOND)) == [1]


def test_what_somebody_looks_after_is_not_told():
    news = AlertNews()
    known = alert(1, 10, acknowledged_at_us=15 * SECOND, snoozed_until_us=18 * SECOND)
    assert news.take([known], 16 * SECOND) == []
    assert news.take([known], 20 * SECOND) == []


def test_a_clock_that_was_ahead_hides_nothing():
    news = AlertNews(told_until_us=10_000 * SECOND)
    assert ids(news.take([alert(1, 101)], 100 * SECOND)) == [1]


@given(st.lists(st.sets(st.integers(1, 8)), max_size=8), st.integers(0, 7))
def test_no_alert_is_told_twice(looks, restart_at):
    """Whatever is open at each look, with a restart of the window somewhere between."""
    told: list[int] = []
    news, ended = AlertNews(), set()
    last: set[int] = set()
    opened: dict[int, int] = {}
    for place, look in enumerate(looks):
        now_s = 100 + place
        if place == restart_at:
            news = AlertNews(news.told_until_us)
        ended |= last - look
        still = look - ended
        for number in still:
            opened.setdefault(number, now_s)
        alerts = [alert(number, opened[number]) for number in sorted(still)]
        told += ids(news.take(alerts, now_s * SECOND))
        last = still
    assert len(told) == len(set(told))
    assert set(told) == set(opened)


def test_many_are_told_in_one_sentence():
    alerts = [alert(n, 10, "critical" if n == 1 else "info") for n in range(1, 8)]
    assert headline(alerts) == "7 alerts, 1 critical"
    assert headline(alerts, has_more=True) == "More than 7 alerts, 1 critical"
    assert sentence(alerts) == "L1, L2, L3 and 4 more"
    assert (headline(alerts[:1]), sentence(alerts[:1])) == ("L1", "Quiet.")
    assert worst(alerts) == "critical"


def test_a_long_sentence_is_cut_off():
    long = alert(1, 10, text="word " * 100)
    assert len(sentence([long])) <= 200
    assert sentence([long]).endswith("word…")
