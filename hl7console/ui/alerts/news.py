"""Which of the open alerts are news to the window, so that none is told twice.

What was told last is remembered across restarts as the time when the last alert that was told
counted as one. No Qt.
"""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.words import needs_somebody, severity_rank


class AlertNews:
    """Tells new alerts from those that were told. Any one thread.

    Args:
        told_until_us: Up to when alerts were told before, see `told_until_us`.
    """

    def __init__(self, told_until_us: int = 0) -> None:
        self._before_us = told_until_us
        self._told: set[int] = set()
        self._put_off: set[int] = set()
        self.told_until_us = told_until_us
        """To be remembered: alerts that counted until then were told."""

    def take(self, alerts: Sequence[AlertRecord], now_us: int) -> list[AlertRecord]:
        """Return those of the open alerts that are to be told now, the worst first.

        An alert that is snoozed, or that hangs on something that is down, is told when that ends;
        one that somebody looks after is not told.
        """
        before_us = min(self._before_us, now_us)  # a clock that was ahead hides nothing for long
        told = []
        for alert in alerts:
            if needs_somebody(alert, now_us):
                is_known = alert.id in self._told or _counted_at_us(alert) <= before_us
                if alert.id in self._put_off or not is_known:
                    told.append(alert)
                self._put_off.discard(alert.id)
            elif not alert.acknowledged_at_us:
                self._put_off.add(alert.id)
            self._told.add(alert.id)
        latest_us = max((_counted_at_us(alert) for alert in alerts), default=0)
        self.told_until_us = max(min(self.told_until_us, now_us), latest_us)
        return sorted(told, key=lambda alert: (-severity_rank(alert.severity), -alert.id))


def _counted_at_us(alert: AlertRecord) -> int:
    return alert.told_at_us or alert.onset_at_us
