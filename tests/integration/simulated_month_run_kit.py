"""Lives through a simulated month: intake, writer, measures and alert rules on its own clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulated_month_kit import (
    DAY_S,
    HOUR_S,
    MONTH_BEGIN_S,
    MONTH_DAYS,
    Feed,
    Sent,
    history,
    month,
)

from hl7console.engine.alerts.facts import Sources
from hl7console.engine.alerts.watch import AlertWatch
from hl7console.engine.intake import ControlIds, Intake
from hl7console.engine.measures.measuring import Measures
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.settings.alerts import AlertBook, AlertRule
from hl7console.store import alerts
from hl7console.store.alert_records import AlertRecord
from hl7console.store.alerts import NoticeWanted
from hl7console.store.connection import Database
from hl7console.store.measures.loading import load_feeds
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope
from hl7console.store.writer import StoreWriter

STEP_S = 900
"""Between two turns; while the link flaps there is one every 20 s."""

LINK = "PACS out"
FLAPS = range(MONTH_BEGIN_S + 19 * DAY_S + 14 * HOUR_S, MONTH_BEGIN_S + 19 * DAY_S + 15 * HOUR_S)
"""The hour in which the link is down for a minute, up for a minute, and so on."""

BOOK = AlertBook(
    rules=(
        AlertRule("Interface down", "connection", severity="critical", wait_s=30, recover_s=120),
        AlertRule("Feed silent", "silence", channels=("post",)),
        AlertRule(
            "Volume not normal",
            "rate",
            wait_s=1800,
            recover_s=6 * HOUR_S,
            channels=("post",),
        ),
    )
)
ORDER = (
    b"MSH|^~\\&|RIS|%b|PACS|NORTH|20260105093012||ORM^O01^ORM_O01|%d|P|2.5.1\r"
    b"PID|1||77001^^^NORTH^MR||MARLOWE^TESS||19680412|F\rORC|NW|P1^REGRIS|||SC\r"
    b"OBR|1|P1^REGRIS||CTHEAD^CT HEAD\r"
)


def day(number: int, hour: float = 0.0) -> int:
    """Return a time of the month in UTC seconds; the first day is 0, a Monday."""
    return MONTH_BEGIN_S + number * DAY_S + int(hour * HOUR_S)


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault: what has to be told of it, from when until when, and by when it has ended."""

    rule: str
    subject: str
    begins_s: int
    told_by_s: int
    ends_s: int
    ended_by_s: int


def plant(feeds: Sequence[Feed]) -> list[Planted]:
    """Put the faults into the feeds, and return what has to be told."""
    by_size = sorted(feeds, key=lambda feed: feed.per_day)
    outage, drift, dead = by_size[120], by_size[150], by_size[170]
    outage.silent.append((day(9, 8), day(10, 8)))
    drift.drift = (day(7), day(24), 0.06)
    dead.silent.append((day(13, 3), day(15, 9)))  # from a Sunday on
    return [
        Planted("Feed silent", outage.name, day(9, 0), day(10, 0), day(10, 8), day(10, 12)),
        Planted("Volume not normal", drift.name, day(8), day(21), day(24), day(27)),
        Planted("Feed silent", dead.name, day(12, 12), day(14, 12), day(15, 9), day(15, 13)),
        Planted("Interface down", LINK, FLAPS.start, FLAPS.start + 120, FLAPS.stop - 240,
                FLAPS.stop + 300),
    ]  # fmt: skip


class Month:
    """The engine's parts on a clock of their own."""

    def __init__(self, folder: Path, feeds: Sequence[Feed]) -> None:
        self.path = folder / "console.db"
        self.notices: list[NoticeWanted] = []
        self._settings = tuple(ListenerSettings(name=feed.name, port=1) for feed in feeds)
        self._now_s = float(MONTH_BEGIN_S)
        self.writer = StoreWriter(self.path, None)
        control_ids = ControlIds()
        self._intakes = {
            settings.name: Intake(settings, self.writer, control_ids, clock_s=lambda: self._now_s)
            for settings in self._settings
        }

    def put(self, _answer: object) -> None:
        """Take an answer, as the inbox of a connection does; nobody waits for it here."""

    def stored(self, _answer: object) -> None:
        """Take a stored message, as a connection does."""

    def receive(self, sent: Sent) -> None:
        """Take one message in at its time."""
        self._now_s = sent.at_s
        payload = ORDER % (sent.feed.replace(" ", "").encode(), sent.number)
        self._intakes[sent.feed].take(payload, (), (self, self, 0), "10.0.0.1:40000", 1)  # type: ignore[arg-type]

    def snapshot(self) -> EngineSnapshot:
        """Return the lights: the link flaps in its hour, and is well else."""
        now_s = int(self._now_s)
        is_down = now_s in FLAPS and (now_s - FLAPS.start) % 120 < 60
        state = LinkState.FAILED if is_down else LinkState.CONNECTED
        text = "Nothing listens on 10.0.0.9:2575." if is_down else ""
        return EngineSnapshot(
            interfaces=(InterfaceStatus(LINK, "destination", state, "10.0.0.9:2575", "off", text),)
        )

    @contextmanager
    def watching(self) -> Iterator[tuple[Measures, AlertWatch]]:
        """Open what measures and what watches."""
        with (
            closing(Measures(self.path, None, longest_gap_s=2 * STEP_S, local=local)) as measures,
            closing(MeasureReader(self.path, None)) as reader,
        ):
            sources = Sources(
                self.path.parent,
                self.snapshot,
                measures=reader,
                listeners=lambda: self._settings,
                destinations=lambda: (DestinationSettings(LINK, "10.0.0.9", 2575),),
                local=local,
            )
            yield measures, AlertWatch(sources, self._keep, longest_gap_us=2 * STEP_S * 1_000_000)

    def _keep(
        self, changed: Sequence[AlertRecord], notices: Sequence[NoticeWanted], now_us: int
    ) -> list[AlertRecord]:
        self.notices += notices
        return self.writer.call(
            lambda database: alerts.keep_changes(database, changed, notices, now_us), label="keep"
        ).result(60)

    def turn(self, measures: Measures, watch: AlertWatch, at_s: int) -> None:
        """Let all that was received be stored, measured and looked at."""
        self.writer.call(lambda _: None, label="wait").result(60)
        while measures.step(at_s * 1_000_000):
            pass
        self._now_s = at_s
        watch.step(at_s * 1_000_000, BOOK)


def local(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def turns() -> Iterator[int]:
    """Yield the times of all turns of the month."""
    for at_s in range(MONTH_BEGIN_S + STEP_S, day(MONTH_DAYS) + 1, STEP_S):
        if FLAPS.start < at_s <= FLAPS.stop:
            yield from range(at_s - STEP_S + 20, at_s, 20)
        yield at_s


def live(folder: Path, feeds: Sequence[Feed], seed: int) -> tuple[Month, int]:
    """Live through the month, its faults included; return it and how many messages it had."""
    run = Month(folder, feeds)
    run.writer.start()
    sent = month(feeds, seed)
    learned = ((Scope.LISTENER, name, hours) for name, hours in history(feeds, seed))
    load_feeds(run.path, None, learned)
    place = 0
    try:
        with run.watching() as (measures, watch):
            measures.learn(MONTH_BEGIN_S * 1_000_000)
            for at_s in turns():
                while place < len(sent) and sent[place].at_s < at_s:
                    run.receive(sent[place])
                    place += 1
                run.turn(measures, watch, at_s)
    finally:
        run.writer.stop(30)
    return run, len(sent)


def told_in(run: Month) -> list[AlertRecord]:
    """Return all alerts of a month, by their onset."""
    with closing(Database(run.path, None, read_only=True)) as database:
        names = ", ".join(alerts.COLUMNS)
        rows = database.all(f"SELECT {names} FROM alerts ORDER BY onset_at_us")  # noqa: S608
        return [AlertRecord(*row) for row in rows]  # type: ignore[arg-type]
