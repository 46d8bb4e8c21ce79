"""An outbox of alerts on a real database, with a clock and channels of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields, replace
from pathlib import Path

from alert_channel_kit import NOW_US, PLACE, an_alert

from hl7console.engine.alerts.channels.approval import approve_channel
from hl7console.engine.alerts.channels.attempt import Attempt, ChannelError
from hl7console.engine.alerts.channels.outbox import AlertOutbox
from hl7console.engine.alerts.channels.texts import AlertMessage
from hl7console.settings.alerts import AlertBook, Channel, EmailChannel, WebhookChannel
from hl7console.store.alert_records import AlertRecord
from hl7console.store.connection import Database
from hl7console.store.reader import StoreReader
from hl7console.store.writer import StoreWriter

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US

MAIL = EmailChannel("mail", "mail.test", "a@x.test", ("b@x.test",))
HOOK = WebhookChannel("hook", "http://127.0.0.1:9/")


class Post:
    """Takes the place of all channels: keeps what it is given, and fails where it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, AlertMessage]] = []
        self.tries: list[str] = []
        self.faults: dict[str, str] = {}
        self.remark = ""

    def __call__(self, channel: Channel, message: AlertMessage, attempt: Attempt) -> str:
        self.tries.append(channel.name)
        if fault := self.faults.get(channel.name):
            raise ChannelError(fault)
        self.taken.append((channel.name, message))
        return self.remark

    @property
    def subjects(self) -> list[str]:
        return [message.subject.removeprefix("[hl7console] ") for _, message in self.taken]


class Rig:
    """An outbox, what it sends to, and the means to write alerts as the engine does."""

    def __init__(self, folder: Path, writer: StoreWriter) -> None:
        self.folder = folder
        self.writer = writer
        self.book = AlertBook(channels=(MAIL, HOOK))
        self.post = Post()
        self.now_us = NOW_US
        self.outbox = self.new_outbox()
        self.approve(HOOK)

    def new_outbox(self, **options: object) -> AlertOutbox:
        options = {
            "now_us": lambda: self.now_us,
            "begin": lambda work: work(),
            "send_message": self.post,
            **options,
        }
        return AlertOutbox(
            self.writer,
            lambda: StoreReader(self.writer.path, None),
            lambda: self.book,
            PLACE,
            **options,  # type: ignore[arg-type]
        )

    def restart(self) -> None:
        self.outbox.close()
        self.outbox = self.new_outbox()

    def step(self, later_us: int = 0) -> None:
        self.now_us += later_us
        self.outbox.step(self.now_us)

    def write(self, change: Callable[[Database], object]) -> None:
        self.writer.call(change, label="test").result(10)

    def approve(self, *channels: Channel) -> None:
        for channel in channels:
            self.write(lambda database, one=channel: approve_channel(database, one))

    def begin(self, *alerts: AlertRecord, channels: Iterable[str] = ("mail",)) -> None:
        """Write alerts, and a notice for each of them and each channel."""

        def change(database: Database) -> None:
            put_alerts(database, alerts)
            for name in channels:
                for alert in alerts:
                    self.put(database, [alert.id], name, "onset")

        self.write(change)

    def begin_together(self, alerts: Sequence[AlertRecord], channel: str = "mail") -> None:
        """Write alerts, and one notice of them all."""

        def change(database: Database) -> None:
            put_alerts(database, alerts)
            self.put(database, [alert.id for alert in alerts], channel, "group")

        self.write(change)

    def end(self, alert: AlertRecord, *, channels: Iterable[str] = ("mail",)) -> None:
        over = replace(alert, ended_at_us=self.now_us, recovery_text="It answers again.")

        def change(database: Database) -> None:
            put_alerts(database, [over])
            for name in channels:
                self.put(database, [alert.id], name, "recovery")

        self.write(change)

    def put(self, database: Database, ids: list[int], channel: str, what: str) -> None:
        database.execute(
            "INSERT INTO alert_notices (alert_ids, channel, what, created_at_us, next_try_at_us)"
            " VALUES (?, ?, ?, ?, ?)",
            (json.dumps(ids), channel, what, self.now_us, self.now_us),
        )

    def rows(self) -> list[tuple[object, ...]]:
        reader = StoreReader(self.writer.path, None)
        try:
            return list(
                reader.database().all(
                    "SELECT channel, what, state, tries, fault FROM alert_notices ORDER BY id"
                )
            )
        finally:
            reader.close()

    def states(self) -> list[str]:
        return [str(row[2]) for row in self.rows()]


def put_alerts(database: Database, alerts: Iterable[AlertRecord]) -> None:
    names = [column.name for column in fields(AlertRecord)]
    marks = ", ".join("?" * len(names))
    database.executemany(
        f"INSERT OR REPLACE INTO alerts ({', '.join(names)}) VALUES ({marks})",  # noqa: S608
        (astuple(alert) for alert in alerts),
    )


def alerts(count: int, **changes: object) -> list[AlertRecord]:
    return [an_alert(n, subject=f"link {n}", **changes) for n in range(1, count + 1)]


@contextmanager
def running_rig(folder: Path) -> Iterator[Rig]:
    writer = StoreWriter(folder / "console.db", None)
    writer.start()
    rig = None
    try:
        rig = Rig(folder, writer)
        yield rig
    finally:
        if rig is not None:
            rig.outbox.close()
        assert writer.stop(10)
