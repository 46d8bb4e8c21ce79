"""What a report tells of alerts: each of them, and how those of a rule went."""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.engine.reports.figures import AlertLine, AlertRuleFigures
from hl7console.store.alert_records import AlertRecord


def alert_lines(alerts: Sequence[AlertRecord], most: int) -> tuple[tuple[AlertLine, ...], int]:
    """Return the latest alerts, oldest first, and how many there are in all."""
    return tuple(_line(alert) for alert in alerts[-most:]), len(alerts)


def _line(alert: AlertRecord) -> AlertLine:
    return AlertLine(
        onset_at_us=alert.onset_at_us,
        ended_at_us=alert.ended_at_us,
        severity=alert.severity,
        rule=alert.rule,
        subject=alert.subject,
        text=alert.text,
        recovery_s=recovery_s(alert),
        is_acknowledged=bool(alert.acknowledged_at_us),
    )


def recovery_s(alert: AlertRecord) -> float | None:
    """Return how long it took from the onset to the end; None while it is open."""
    if alert.is_open:
        return None
    return max(alert.ended_at_us - alert.onset_at_us, 0) / 1_000_000


def rule_figures(alerts: Sequence[AlertRecord]) -> tuple[AlertRuleFigures, ...]:
    """Return how the alerts of each rule went, the most frequent first."""
    by_rule: dict[str, list[AlertRecord]] = {}
    for alert in alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    found = [_figures(rule, of_rule) for rule, of_rule in by_rule.items()]
    return tuple(sorted(found, key=lambda figures: (-figures.count, figures.rule)))


def _figures(rule: str, alerts: Sequence[AlertRecord]) -> AlertRuleFigures:
    times = [s for s in map(recovery_s, alerts) if s is not None]
    return AlertRuleFigures(
        rule=rule,
        count=len(alerts),
        open_count=sum(alert.is_open for alert in alerts),
        mean_recovery_s=sum(times) / len(times) if times else None,
        longest_s=max(times, default=None),
    )
