"""A month of 200 feeds through intake, writer, measures and alert rules, with a clock of its own.

Each planted fault is told once, within its time, and ends once; nothing that is normal is told.
"""

from __future__ import annotations

from contextlib import closing

import pytest
from simulated_month_kit import FEEDS, MONTH_BEGIN_S, MONTH_DAYS, Feed, make_feeds, month
from simulated_month_run_kit import LINK, Month, Planted, day, live, plant, told_in

from hl7console.store.alert_records import AlertRecord
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope

SEED = 5
PER_DAY = 50
MOST_MESSAGES = 300_000


@pytest.fixture(scope="module")
def feeds() -> list[Feed]:
    return make_feeds(SEED, per_day=PER_DAY)


@pytest.fixture(scope="module")
def planted(feeds) -> list[Planted]:
    return plant(feeds)


@pytest.fixture(scope="module")
def lived(feeds, planted, tmp_path_factory) -> Month:
    """The month, lived through."""
    run, count = live(tmp_path_factory.mktemp("month"), feeds, SEED)
    assert len(feeds) == FEEDS
    assert 200_000 < count <= MOST_MESSAGES
    assert run.writer.stored_total == count
    return run


@pytest.fixture(scope="module")
def told(lived) -> list[AlertRecord]:
    return told_in(lived)


pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_every_planted_fault_is_told_once_and_ends_once_and_nothing_else_is_told(planted, told):
    found = sorted((alert.rule, alert.subject) for alert in told)
    assert found == sorted((fault.rule, fault.subject) for fault in planted)


def test_every_fault_is_told_and_ends_within_its_time(planted, told):
    by_subject = {alert.subject: alert for alert in told}
    for fault in planted:
        alert = by_subject[fault.subject]
        assert fault.begins_s <= alert.onset_at_us // 1_000_000 <= alert.told_at_us // 1_000_000
        assert fault.begins_s <= alert.told_at_us // 1_000_000 <= fault.told_by_s, fault
        assert fault.ends_s <= alert.ended_at_us // 1_000_000 <= fault.ended_by_s, fault


def test_a_feed_is_silent_since_its_last_message(feeds, planted, told):
    sent = month(feeds, SEED)
    for alert in told:
        if alert.rule == "Feed silent":
            feed = next(feed for feed in feeds if feed.name == alert.subject)
            since_s = feed.silent[0][0]
            last_s = max(one.at_s for one in sent if one.feed == feed.name and one.at_s < since_s)
            assert alert.onset_at_us // 1_000_000 == int(last_s)


def test_the_flapping_link_is_one_alert_that_counts_its_flaps(told):
    link = next(alert for alert in told if alert.subject == LINK)
    assert link.flaps == 29
    assert "29 times" in link.recovery_text


def test_a_message_goes_out_at_onset_and_one_at_recovery(lived):
    what = [notice.what for notice in lived.notices]
    assert sorted(what) == ["onset"] * 3 + ["recovery"] * 3


def test_what_was_measured_is_what_was_received(lived, feeds):
    with closing(MeasureReader(lived.path, None)) as reader:
        totals = reader.totals(Scope.LISTENER, MONTH_BEGIN_S, day(MONTH_DAYS))
        assert sum(total.received for total in totals.values()) == lived.writer.stored_total
        assert len(totals) >= len(feeds) - 5
