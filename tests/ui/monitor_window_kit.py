"""Made-up measures and interfaces for the Monitor: a hospital by day, with things that go wrong."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hl7console.engine.console import EngineSnapshot
from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import InterfaceStatus, LinkState
from hl7console.engine.supervisor import Engine
from hl7console.store.alert_records import AlertRecord
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.records import Band, Curve, Mark, Scope
from hl7console.store.measures.stepping import steps_of

NAMES = ("EHR in", "RIS in", "Lab in", "ADT in", "Cardio in", "Path in", "Portal in", "Scheduling")
SENT = ("PACS out", "Billing out", "Archive out", "Dose out")
US = 1_000_000


def _wave(name: str, at_s: float) -> float:
    """A rate by time of day, the same every week, between 0 and about 30 a second."""
    seed = zlib.crc32(name.encode())
    size = 0.3 + seed % 97 / 97 * 24
    day = math.sin(((at_s % 86_400) / 86_400 - 0.29) * 2 * math.pi)
    noise = math.sin(at_s * 0.013 + seed) * 0.09 + math.sin(at_s * 0.171 + seed % 7) * 0.06
    return max(size * (0.55 + 0.45 * day) * (1 + noise), 0.0)


class MadeUpMeasures:
    """Answers as `hl7console.store.measures.reader.MeasureReader` does, out of thin air."""

    def __init__(
        self, names: dict[Scope, list[str]], *, is_broken: bool = False, now_s: int = 0
    ) -> None:
        self.names, self.is_broken = names, is_broken
        self.now_s = now_s or int(time.time())
        self.asked: list[tuple[object, ...]] = []

    def close(self) -> None:
        return None

    def interrupt(self) -> None:
        return None

    def last_s(self) -> int:
        return int(time.time())

    def series(self, scope: Scope) -> tuple[str, ...]:
        return tuple(self.names.get(scope, ()))

    def curve(self, scope, name, since_s, until_s, *, most_steps=720, times=True) -> Curve:
        self.asked.append((scope, name, since_s, until_s))
        steps = steps_of(since_s, until_s, most_steps, int(time.time()))
        at = [steps.first_s + n * steps.step_s for n in range(steps.count)]
        now_s = int(time.time())
        gap = range(now_s - 9_000, now_s - 7_800)
        known = [t <= now_s and t not in gap for t in at]
        received = [
            round(_wave(name, t) * min(steps.step_s, max(now_s - t, 0))) if k else 0
            for t, k in zip(at, known, strict=True)
        ]
        bad_since = now_s - 240 if self.is_broken else now_s + 1
        is_bad = self.is_broken and name in ("Billing out", "Lab in")
        if is_bad:
            received = [0 if t >= bad_since else n for t, n in zip(at, received, strict=True)]
        refused = [n // 47 if t % 7 else n // 19 for n, t in zip(received, at, strict=True)]
        backlog = [
            round(max(t - bad_since, 0) * 0.3) if is_bad else int(_wave(name, t // 900 * 900) % 3)
            for t in at
        ]
        return Curve(
            str(scope), name, steps.first_s, steps.step_s, known, received,
            [n - r for n, r in zip(received, refused, strict=True)], refused,
            [0] * steps.count, [0] * steps.count, [n * 900 for n in received],
            [self._times(name, t, n) if times else None for t, n in zip(at, received, strict=True)],
            [None] * steps.count, backlog, [n * 3 for n in backlog], [2] * steps.count,
        )  # fmt: skip

    @staticmethod
    def _times(name: str, at_s: int, count: int) -> Histogram | None:
        if not count:
            return None
        base = 900 + _wave(name, at_s) * 90 + zlib.crc32(name.encode()) % 900
        made = Histogram()
        for factor, share in ((0.8, 30), (1.0, 40), (1.4, 20), (2.6, 6), (4.4, 3), (6.5, 1)):
            wobble = 1 + 0.12 * math.sin(at_s * 0.05 * factor)
            made.add(int(base * factor * wobble), max(count * share // 100, 1))
        return made

    def curves(
        self, scope, since_s, until_s, *, names=None, most_steps=720, times=True, columns=()
    ) -> dict[str, Curve]:
        wanted = self.names.get(scope, []) if names is None else names
        return {
            n: self.curve(scope, n, since_s, until_s, most_steps=most_steps, times=times)
            for n in wanted
        }

    def peaks(self, scope, since_s, until_s, *, most_steps=720) -> dict[str, int]:
        found = self.curves(scope, since_s, until_s, most_steps=most_steps, times=False)
        return {name: max(curve.backlog, default=0) for name, curve in found.items()}

    def causes(self, scope, name, since_s, until_s, *, most_steps=720) -> dict[str, Sequence[int]]:
        curve = self.curve(scope, name, since_s, until_s, most_steps=most_steps, times=False)
        now_s = int(time.time())
        broken = [
            round(curve.step_s * 0.4)
            if self.is_broken and now_s - 900 < curve.since_s + n * curve.step_s <= now_s
            else 0
            for n in range(len(curve.received))
        ]
        return {
            "connection refused": broken,
            "AE 101 PID-3": [n * 2 // 3 for n in curve.refused],
            "AR 207": [n // 3 for n in curve.refused],
        }  # fmt: skip

    def marks(self, since_s: int, until_s: int) -> tuple[Mark, ...]:
        now_s = int(time.time())
        found = (
            Mark((now_s - 9_000) * US, "stop", ""),
            Mark((now_s - 7_800) * US, "start", "0.1.0"),
            Mark((now_s - 3_000) * US, "settings", "RIS in"),
        )
        return tuple(m for m in found if since_s * US <= m.at_us < until_s * US)

    def band(self, scope, name, since_s, until_s, step_s) -> Band | None:
        if scope not in (Scope.LISTENER, Scope.ALL, Scope.SENDER):
            return None
        count = -(-(until_s - since_s) // step_s)
        typical = [
            _wave(name, (since_s + n * step_s) // 3600 * 3600 + 1800) * step_s for n in range(count)
        ]
        return Band(
            since_s, step_s, [t * 0.75 for t in typical], typical, [t * 1.3 for t in typical], 6
        )


@dataclass
class StagedMonitor:
    """An engine whose interfaces, alerts and measures are what a test says."""

    engine: Engine
    interfaces: tuple[InterfaceStatus, ...] = ()
    queues: tuple[QueueStatus, ...] = ()
    alerts: tuple[AlertRecord, ...] = ()
    measures: object = None
    measures_opener: object = None
    version: int = 1
    commands: list[object] = field(default_factory=list)
    moving_per_s: float = 0.0

    @property
    def workspace(self):
        return self.engine.workspace

    def snapshot(self) -> EngineSnapshot:
        found = self.engine.snapshot()
        version = self.version
        interfaces = self.interfaces
        if self.moving_per_s:
            version = int(time.time())
            now_us = time.time_ns() // 1000
            count = int(time.time() * self.moving_per_s / max(len(interfaces), 1))
            interfaces = tuple(
                replace(s, received=count, accepted=count, last_message_at_us=now_us)
                if s.state is not LinkState.FAILED and not (self.alerts and s.name == "Lab in")
                else s
                for s in interfaces
            )  # fmt: skip
        return replace(
            found, interfaces=interfaces, queues=self.queues, alerts=self.alerts,
            alerts_open=len(self.alerts), measures_version=version,
            received_per_s=self.moving_per_s,
        )  # fmt: skip

    def open_measures(self):
        if self.measures_opener is not None:
            return self.measures_opener()
        return self.measures if self.measures is not None else self.engine.open_measures()

    def __getattr__(self, name: str) -> object:
        return getattr(self.engine, name)


def status(name: str, kind: str = "listener", **changes: object) -> InterfaceStatus:
    """One interface that is well."""
    now_us = time.time_ns() // 1000
    values: dict[str, object] = {
        "name": name, "kind": kind, "address": "127.0.0.1:2575", "tls": "off",
        "state": LinkState.CONNECTED if kind == "destination" else LinkState.LISTENING,
        "since_us": now_us - 12 * 86_400 * US, "received": 1000, "accepted": 990, "refused": 10,
        "last_message_at_us": now_us - 2 * US, "connections": 1,
    }  # fmt: skip
    return InterfaceStatus(**(values | changes))  # type: ignore[arg-type]


def alert(number: int, subject: str, text: str, **changes: object) -> AlertRecord:
    """One open alert."""
    now_us = time.time_ns() // 1000
    values: dict[str, object] = {
        "id": number, "rule": "connection down", "kind": "connection", "severity": "critical",
        "scope": "destination", "subject": subject, "onset_at_us": now_us - 240 * US, "text": text,
    }  # fmt: skip
    return AlertRecord(**(values | changes))  # type: ignore[arg-type]


def hospital(engine: Engine, count: int, *, is_broken: bool) -> StagedMonitor:
    """So many interfaces of a made-up hospital."""
    now_us = time.time_ns() // 1000
    kinds: list[tuple[str, str]] = []
    basis = [("listener", n) for n in NAMES[:3]] + [("destination", n) for n in SENT[:2]]
    basis += [("worklist", "Worklist RADWL")]
    basis += [("listener", n) for n in NAMES[3:]] + [("destination", n) for n in SENT[2:]]
    while len(kinds) < count:
        turn = len(kinds) // len(basis)
        kind, name = basis[len(kinds) % len(basis)]
        kinds.append((kind, f"{name} {turn + 1}" if turn else name))
    interfaces, queues = [], []
    for kind, name in kinds:
        changes: dict[str, object] = {}
        if kind == "destination":
            changes["environment"] = "production" if name == "Billing out" else "test"
        if is_broken and name == "Billing out":
            changes |= {
                "state": LinkState.FAILED, "text": "billing-if:6661 refuses the connection.",
                "since_us": now_us - 240 * US, "last_message_at_us": now_us - 245 * US,
            }  # fmt: skip
        if is_broken and name == "Lab in":
            changes["last_message_at_us"] = now_us - 370 * US
        made = status(name, kind, **changes)
        interfaces.append(made)
        if kind == "destination":
            is_down = made.state is LinkState.FAILED
            queues.append(
                QueueStatus(
                    name,
                    QueueCondition.WAITING if is_down else QueueCondition.EMPTY,
                    waiting=3 if is_down else 0,
                    oldest_at_us=now_us - 238 * US if is_down else 0,
                )
            )
    alerts: tuple[AlertRecord, ...] = ()
    if is_broken:
        alerts = (
            alert(
                1, "Billing out",
                "Connection refused by billing-if:6661; 3 deliveries wait, oldest 4 min",
                sample_control_id="D1204",
            ),
            alert(
                2, "Lab in", "Silence: Tuesdays at this hour bring 1.1 to 2.4 messages a second; "
                "none for 6 min", kind="silence", severity="warning", scope="listener",
                onset_at_us=now_us - 370 * US,
            ),
        )  # fmt: skip
    names: dict[Scope, list[str]] = {}
    for kind, name in kinds:
        names.setdefault(Scope(kind), []).append(name)
    names[Scope.STEPS] = ["SCHEDULED", "COMPLETED"]
    measures = MadeUpMeasures(names, is_broken=is_broken)
    return StagedMonitor(engine, tuple(interfaces), tuple(queues), alerts, measures)
