"""Alert rules, the channels that tell of alerts, and what is left out of the learned normal.

They stand in one TOML file of the workspace, ``alerts.toml``. `hl7console.settings.alert_file`
reads and writes it; this module has the values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hl7console.settings.base import FromMapping


class Severity(StrEnum):
    """How bad an alert is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)
"""From the mildest to the worst."""


class AlertKind(StrEnum):
    """What a rule looks at."""

    CONNECTION = "connection"
    """A listener cannot listen; a destination is down or refuses the connection."""
    SILENCE = "silence"
    """No message for longer than is normal for this feed and hour, or than a fixed time."""
    RATE = "rate"
    """Fewer or more messages within a span than is normal for this feed and these hours."""
    BACKLOG = "backlog"
    """More than `limit` deliveries wait."""
    HEAD_AGE = "head_age"
    """The first delivery that waits has waited longer than `limit` seconds."""
    REJECTIONS = "rejections"
    """More than `limit` per cent of the messages of a span were refused."""
    REFUSED_RUN = "refused_run"
    """`limit` messages or more were refused one after the other."""
    LATENCY = "latency"
    """A percentile of the time to an answer within a span is above `limit` milliseconds."""
    STUCK = "stuck"
    """A queue was stopped by its head, or its head stays unclear."""
    CERTIFICATE = "certificate"
    """A certificate in use ends within `limit` days."""
    DISK = "disk"
    """Less than `limit` MiB are free where the workspace lies."""
    DATABASE = "database"
    """The database is larger than `limit` MiB."""
    BEHIND = "behind"
    """Derived data (full text, worklist, measures) is more than `limit` messages behind."""
    ORDER_WITHOUT_RESULT = "order_without_result"
    """An order has no result `limit` hours after its step was to begin."""
    APPOINTMENT_WITHOUT_ORDER = "appointment_without_order"
    """An appointment begins within `limit` hours and has no order."""
    UNMAPPED_CODE = "unmapped_code"
    """The worklist met a procedure code that its tables don't have."""
    SEQUENCE = "sequence"
    """Control ids or times of a sender run backwards, or numbers are missing between them."""
    DUPLICATES = "duplicates"
    """`limit` messages or more of a span had a control id that was used before."""
    FILTER = "filter"
    """`limit` messages or more of a span match a filter expression."""


@dataclass(frozen=True, slots=True)
class AlertRule(FromMapping):
    """When an alert begins and ends, and who is told. Times of day are local."""

    name: str
    kind: str
    """An `AlertKind`."""
    severity: str = Severity.WARNING
    subjects: tuple[str, ...] = ()
    """Names of interfaces or senders, with ``*`` for any text; empty takes all of the kind."""
    limit: float = 0.0
    """As the kind says; 0 takes the kind's usual one (silence and rate: what is normal)."""
    span_s: float = 0.0
    """Seconds looked back over; 0 takes the kind's usual one."""
    percentile: float = 95.0
    """For `AlertKind.LATENCY`."""
    filter: str = ""
    """For `AlertKind.FILTER`: a filter expression."""
    days: tuple[str, ...] = ()
    """``mon`` to ``sun``; empty takes all days."""
    from_time: str = ""
    """``HH:MM`` from which on a day the rule counts; with `to_time` before it, over midnight."""
    to_time: str = ""
    wait_s: float = 0.0
    """How long it has to be bad before that counts."""
    recover_s: float = 60.0
    """How long it has to be good before the alert ends: a flapping link is one alert."""
    depends_on: tuple[str, ...] = ()
    """Interfaces; while one of them has a connection alert, this rule tells nobody."""
    channels: tuple[str, ...] = ()
    """Names of the channels that are told, beside the window."""
    sound: bool = False
    """Whether the window beeps."""
    enabled: bool = True


class MailTls(StrEnum):
    """How a connection to a mail server is protected."""

    OFF = "off"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class EmailChannel(FromMapping):
    """Tells by e-mail."""

    name: str
    host: str
    sender: str
    recipients: tuple[str, ...]
    port: int = 587
    tls: str = MailTls.STARTTLS
    ca_path: str = ""
    """Authorities to trust, as PEM; empty takes the system's."""
    user: str = ""
    password_path: str = ""
    """File with the password on its first line; a password itself is no setting."""
    timeout_s: float = 20.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class WebhookChannel(FromMapping):
    """Tells by a POST of JSON."""

    name: str
    url: str
    ca_path: str = ""
    token_path: str = ""
    """File whose first line is sent as ``Authorization: Bearer``."""
    timeout_s: float = 10.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CommandChannel(FromMapping):
    """Tells by running a program; the alert comes as JSON on its standard input."""

    name: str
    command: tuple[str, ...]
    """Program and arguments; no shell."""
    timeout_s: float = 20.0
    enabled: bool = True


Channel = EmailChannel | WebhookChannel | CommandChannel


@dataclass(frozen=True, slots=True)
class NormalSettings(FromMapping):
    """How the normal of a feed is learned."""

    weeks: int = 8
    """Recent weeks that it is learned from."""
    least_weeks: int = 3
    """Fewer weeks than that are not enough history."""
    leave_out: tuple[str, ...] = ()
    """Days that don't count, ``2026-12-24`` or ``2026-12-24..2026-12-26``: holidays, downtimes."""


@dataclass(frozen=True, slots=True)
class AlertBook:
    """What the file says."""

    rules: tuple[AlertRule, ...] = ()
    channels: tuple[Channel, ...] = ()
    normal: NormalSettings = NormalSettings()
    group_above: int = 5
    """More alerts than that at once are told of in one message."""
