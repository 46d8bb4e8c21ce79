"""Alert rules, the channels that tell of alerts, and what is left out of the learned normal.

They stand in one TOML file of the workspace, ``alerts.toml``. `hl7console.settings.alert_file`
reads and writes it; this module has the values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hl7console.errors import UsageError
from hl7console.settings.base import FromMapping, check_port

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_S = 366 * 86_400
"""Longest span, wait or recovery of a rule, in seconds."""

_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


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

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other.

        Whether a filter can be read is checked where rules are saved.
        """
        _check_name(self.name, "rule")
        if self.kind not in tuple(AlertKind):
            raise UsageError(
                f"There is no kind {self.kind}.", hint=f"There are {_words(AlertKind)}."
            )
        if self.severity not in tuple(Severity):
            raise UsageError(
                f"There is no severity {self.severity}.", hint=f"There are {_words(Severity)}."
            )
        if min(self.limit, self.span_s, self.wait_s, self.recover_s) < 0:
            raise UsageError("A limit and a time cannot be below 0.")
        if max(self.span_s, self.wait_s, self.recover_s) > LONGEST_S:
            raise UsageError("A time is a year at most.")
        if not 0.0 < self.percentile <= 100.0:
            raise UsageError("A percentile is above 0, and 100 at most.")
        if self.kind == AlertKind.FILTER and not self.filter.strip():
            raise UsageError("A rule of the kind filter needs a filter.")
        self._validate_times()

    def _validate_times(self) -> None:
        for day in self.days:
            if day not in DAYS:
                raise UsageError(f"There is no day {day}.", hint=f"There are {', '.join(DAYS)}.")
        for time in (self.from_time, self.to_time):
            if time and not _TIME_OF_DAY.fullmatch(time):
                raise UsageError(f"{time} is no time of day.", hint="Write 07:30 or 18:00.")
        if bool(self.from_time) != bool(self.to_time):
            raise UsageError("A rule for hours of the day needs from_time and to_time.")


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

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        _check_name(self.name, "channel")
        if not self.host.strip() or not self.recipients:
            raise UsageError("An e-mail channel needs a host and recipients.")
        check_port(self.port, lowest=1)
        if self.tls not in tuple(MailTls):
            raise UsageError(f"There is no tls {self.tls}.", hint=f"There are {_words(MailTls)}.")
        for address in (self.sender, *self.recipients):
            if "@" not in address or any(ord(c) < 32 for c in address):
                raise UsageError("A sender or recipient is no e-mail address.")
        _check_timeout(self.timeout_s)


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

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        _check_name(self.name, "channel")
        if not self.url.lower().startswith(("http://", "https://")):
            raise UsageError("A webhook needs a url that begins with http:// or https://.")
        _check_timeout(self.timeout_s)


@dataclass(frozen=True, slots=True)
class CommandChannel(FromMapping):
    """Tells by running a program; the alert comes as JSON on its standard input."""

    name: str
    command: tuple[str, ...]
    """Program and arguments; no shell."""
    timeout_s: float = 20.0
    enabled: bool = True

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        _check_name(self.name, "channel")
        if not self.command or not self.command[0].strip():
            raise UsageError("A command channel needs a program.")
        _check_timeout(self.timeout_s)


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

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        if not 1 <= self.least_weeks <= self.weeks <= 104:
            raise UsageError("weeks is 104 at most, and least_weeks is not above weeks.")
        for entry in self.leave_out:
            first, _, last = entry.partition("..")
            try:
                begin = date.fromisoformat(first.strip())
                if last and date.fromisoformat(last.strip()) < begin:
                    raise UsageError(f"{entry} ends before it begins.")
            except ValueError:
                raise UsageError(
                    f"{entry} is no day.", hint="Write 2026-12-24, or 2026-12-24..2026-12-26."
                ) from None


@dataclass(frozen=True, slots=True)
class AlertBook:
    """What the file says."""

    rules: tuple[AlertRule, ...] = ()
    channels: tuple[Channel, ...] = ()
    normal: NormalSettings = NormalSettings()
    group_above: int = 5
    """More alerts than that at once are told of in one message."""


def _check_name(name: str, what: str) -> None:
    if not name.strip() or len(name) > 64 or any(ord(c) < 32 for c in name):
        raise UsageError(f"A {what} needs a name of 1 to 64 characters.")


def _check_timeout(timeout_s: float) -> None:
    if not 0.1 <= timeout_s <= 600:
        raise UsageError("A time limit is between 0.1 and 600 s.")


def _words(choices: type[StrEnum]) -> str:
    return ", ".join(str(choice) for choice in choices)
