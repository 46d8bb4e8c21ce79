"""What the tests of alert kinds share: turns at given times on a real database."""

from __future__ import annotations

from hl7console.engine.alerts.facts import Facts, Sources
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.table import KINDS, Find
from hl7console.engine.snapshot import EngineSnapshot
from hl7console.settings.alerts import AlertRule, NormalSettings
from hl7console.store.records import NewMessage

START_US = 1_767_225_600_000_000
"""2026-01-01, midnight UTC."""

SECOND_US = 1_000_000


class Watch:
    """One rule's kind that looks at given times, in seconds after the start."""

    def __init__(self, store, rule: AlertRule, **sources: object) -> None:
        self.rule = rule
        self.sources = Sources(
            store.path.parent,
            EngineSnapshot,
            messages=store.reader(),
            **sources,  # type: ignore[arg-type]
        )
        self._find = self._made()

    def _made(self) -> Find:
        return KINDS[self.rule.kind].make()

    def restart(self) -> None:
        """Forget what was remembered, as a new start of the program does."""
        self._find = self._made()

    def look(self, second: float = 0.0, **changed: object) -> list[Finding]:
        """Return what is found at a time."""
        now_us = START_US + int(second * SECOND_US)
        facts = Facts(self.sources, now_us, NormalSettings(), START_US)
        return sorted(self._find(self.rule, facts), key=lambda finding: finding.key)


def put(store, message, *control_ids: str, second: float = 0.0, **columns: object) -> list[int]:
    """Store received messages with these control ids; return their ids."""
    made: list[NewMessage] = [
        message(
            raw_of(control_id, **{k: v for k, v in columns.items() if k in ("time", "sender_of")}),
            received_at_us=START_US + int(second * SECOND_US),
            **{k: v for k, v in columns.items() if k not in ("time", "sender_of")},
        )
        for control_id in control_ids
    ]
    return [outcome.message_id for outcome in store.put(*made)]


def raw_of(control_id: str, *, time: str = "", sender_of: str = "RIS|HOSP") -> bytes:
    """Return a message with a control id and a time."""
    return (
        f"MSH|^~\\&|{sender_of}|PACS|HOSP|{time}||ORM^O01|{control_id}|P|2.5\r"
        "PID|1||SECRET4711^^^HOSP||SECRETNAME^JO\r"
    ).encode()
