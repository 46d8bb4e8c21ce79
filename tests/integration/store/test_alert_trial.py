"""Rules tried on history, on real databases."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from measures_store_kit import BEGIN_S, measuring, turn

from hl7console.engine.alert_commands import TryAlertRule
from hl7console.engine.alerts.trial import try_rule
from hl7console.engine.console import JobReport
from hl7console.errors import UsageError
from hl7console.store.measures.loading import load_feeds
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope

HOUR_S = 3600
DAY_S = 86_400
NOW_S = BEGIN_S + 70 * DAY_S
SECOND_US = 1_000_000


class Job:
    """A job that notes how far it is, and can be stopped."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self.told: list[str] = []

    def advance(self, _: int, *, text: str, share: float) -> None:
        assert 0.0 <= share <= 1.0
        self.told.append(text)


class Tried:
    """Tries rules on what a store has."""

    def __init__(self, store) -> None:
        self.job = Job()
        self._console = SimpleNamespace(
            workspace=Path(store.path.parent),
            open_reader=store.reader,
            open_measures=lambda: MeasureReader(store.path, store.key),
            listeners=tuple,
            destinations=tuple,
        )

    def __call__(self, rule: str, *, days: int = 30, until_s: int = NOW_S) -> JobReport:
        text = f'[[rule]]\nname = "R"\n{rule}\n'
        command = TryAlertRule(text, "R", (until_s - days * DAY_S) * SECOND_US, until_s * SECOND_US)
        return try_rule(self._console, self.job, command)  # type: ignore[arg-type]


@pytest.fixture
def tried(store) -> Tried:
    return Tried(store)


def load(store, counts, *, name: str = "RIS-in", refused=lambda _: 0) -> None:
    """Load seventy days of hours, each with what `counts` says of it."""
    hours = range(BEGIN_S, NOW_S, HOUR_S)
    feed = [(at_s, counts(at_s), refused(at_s)) for at_s in hours]
    load_feeds(store.path, store.key, [(Scope.LISTENER, name, feed)])


def learn(store) -> None:
    with measuring(store) as measures:
        for more in range(20):
            turn(measures, NOW_S + more)


def test_that_silence_would_have_fired_where_a_feed_was_dead(store, tried) -> None:
    dead = range(NOW_S - 9 * DAY_S, NOW_S - 8 * DAY_S)
    load(store, lambda at_s: 0 if at_s in dead else 20)
    learn(store)
    report = tried('kind = "silence"')
    assert "it would have fired once" in report.text
    ((_, what),) = report.details
    assert "RIS-in is silent" in what
    assert "It lasted 25 h." in what
    assert tried.job.told


def test_that_a_span_in_which_the_program_did_not_run_is_no_silence(store, tried) -> None:
    off = range(NOW_S - 9 * DAY_S, NOW_S - 8 * DAY_S)
    hours = [at_s for at_s in range(BEGIN_S, NOW_S, HOUR_S) if at_s not in off]
    feeds = [
        (Scope.LISTENER, "RIS-in", [(at_s, 20) for at_s in hours if at_s < off.start]),
        (Scope.LISTENER, "RIS-in", [(at_s, 20) for at_s in hours if at_s >= off.stop]),
    ]
    load_feeds(store.path, store.key, feeds)
    learn(store)
    assert "it would not have fired." in tried('kind = "silence"').text


def test_that_volume_would_have_fired_where_half_was_missing(store, tried) -> None:
    few = range(NOW_S - 6 * DAY_S, NOW_S - 4 * DAY_S)
    load(store, lambda at_s: 9 if at_s in few else 20)
    learn(store)
    report = tried('kind = "rate"')
    assert "once" in report.text
    assert "unusually few messages" in report.details[0][1]


def test_that_refusals_would_have_fired_in_their_hours(store, tried) -> None:
    bad = {NOW_S - 5 * DAY_S, NOW_S - 10 * DAY_S}
    load(store, lambda _: 20, refused=lambda at_s: 10 if at_s in bad else 0)
    learn(store)
    report = tried('kind = "rejections"\nlimit = 20')
    assert "2 times" in report.text
    assert [what.split(":")[0] for _, what in report.details] == ["RIS-in", "RIS-in"]
    assert "3 times" not in report.text


def test_that_hours_of_the_rule_count(store, tried) -> None:
    bad = {NOW_S - 5 * DAY_S + 3 * HOUR_S}
    load(store, lambda _: 20, refused=lambda at_s: 10 if at_s in bad else 0)
    learn(store)
    rule = 'kind = "rejections"\nlimit = 20\n'
    assert "once" in tried(rule).text
    hours = 'from_time = "09:00"\nto_time = "17:00"'
    assert "would not have fired" in tried(f"{rule}{hours}").text


def test_that_a_filter_would_have_fired_where_messages_match(store, message, tried) -> None:
    at_s = NOW_S - 3 * DAY_S
    for number, second in enumerate((0, 10, 20, 8000, 50_000)):
        received = message(received_at_us=(at_s + second) * SECOND_US, control_id=f"E{number}",
                           status="error")  # fmt: skip
        store.put(received)
    load(store, lambda _: 1, name="Other")
    learn(store)
    report = tried('kind = "filter"\nfilter = "status:error"\nspan_s = "10m"')
    assert "3 times" in report.text
    assert "3 messages of RIS-in" in report.details[0][1]
    assert "once" in tried('kind = "filter"\nfilter = "status:error"\nlimit = 3').text
    # One that asks the content, which the index has of all of them.
    assert "3 times" in tried('kind = "filter"\nfilter = "MSH-9.1=ORM"').text


def test_that_a_run_of_refusals_would_have_fired(store, message, tried) -> None:
    at_s = NOW_S - 3 * DAY_S
    for number in range(12):
        status = "ok" if number == 11 else "rejected"
        store.put(message(received_at_us=(at_s + 60 * number) * SECOND_US, status=status))
    load(store, lambda _: 1, name="Other")
    learn(store)
    report = tried('kind = "refused_run"\nlimit = 5\nrecover_s = 0')
    assert "once" in report.text
    assert "It lasted" in report.details[0][1]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('kind = "connection"', "cannot be tried"),
        ('kind = "disk"', "cannot be tried"),
        ('kind = "nonsense"', "Line 1: There is no kind nonsense"),
    ],
)
def test_that_what_cannot_be_tried_says_so(tried, rule, told) -> None:
    with pytest.raises(UsageError, match=told):
        tried(rule)


def test_that_nothing_measured_is_nothing_to_try(tried) -> None:
    assert "nothing was measured" in tried('kind = "silence"').text


def test_that_it_can_be_stopped(store, tried) -> None:
    load(store, lambda _: 20)
    tried.job.is_cancelled = True
    assert tried('kind = "rejections"').cancelled
