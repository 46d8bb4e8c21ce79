"""Settings of listeners, of destinations, and of the routes between them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from hl7console.errors import UsageError
from hl7console.settings.base import MIB, FromMapping, Tls, check_codec, check_name, check_port

LARGEST_LIMIT_BYTES = 256 * MIB
"""Highest limit on the size of a message that a listener can be set to."""


SHORTEST_RETRY_S = 0.05
LONGEST_RETRY_S = 3600.0
"""Bounds of the waits between the tries of one message, in seconds."""


class AckMode(StrEnum):
    """Which acknowledgement a listener sends (reference: MSH-15 and MSH-16)."""

    AUTO = "auto"
    ORIGINAL = "original"
    ENHANCED = "enhanced"
    NONE = "none"


class Environment(StrEnum):
    """What a destination is; production asks for a typed confirmation."""

    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"


class OnRefusal(StrEnum):
    """What a queue does when the receiver refuses a message for its content."""

    PARK = "park"
    """The message goes to the error list, and the next one is sent."""
    STOP = "stop"
    """The queue stops until somebody has decided; nothing overtakes it."""


@dataclass(frozen=True, slots=True)
class ListenerSettings(FromMapping):
    """One MLLP port that receives messages."""

    name: str
    host: str = "127.0.0.1"
    """Address to bind; loopback until the user chooses otherwise."""
    port: int = 2575
    """TCP port; 0 takes a free one."""
    tls: Tls = Tls.OFF
    tls_cert_path: str = ""
    tls_key_path: str = ""
    tls_client_ca_path: str = ""
    """CA bundle that client certificates must chain to (mutual TLS)."""
    allowed_certificate_names: tuple[str, ...] = ()
    """Subject common names or DNS names let in; empty lets in every certificate of the CA."""
    allowed_addresses: tuple[str, ...] = ()
    """Addresses or networks (CIDR) let in; empty lets in all."""
    allowed_senders: tuple[str, ...] = ()
    """``MSH-3`` or ``MSH-3|MSH-4`` let in; others are answered AE 103. Empty lets in all."""
    max_message_bytes: int = 32 * MIB
    max_connections: int = 256
    idle_timeout_s: float = 0.0
    """Close a connection that is silent this long between messages; 0 never does."""
    frame_timeout_s: float = 60.0
    """Longest silence inside a message."""
    charset_default: str = "cp1252"
    """Python codec for messages whose MSH-18 is empty and that are not valid UTF-8."""
    force_codec: str = ""
    """Python codec used whatever MSH-18 says; empty follows MSH-18."""
    ack_mode: AckMode = AckMode.AUTO
    accept_unframed: bool = False
    accept_batch: bool = False
    drop_duplicates: bool = False
    profile: str = "default"
    """Mapping profile: what its messages mean for the worklist."""
    enabled: bool = True

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        check_name(self.name)
        check_port(self.port, lowest=0)
        for codec in (self.charset_default, self.force_codec):
            check_codec(codec)
        if self.tls != Tls.OFF and not (self.tls_cert_path and self.tls_key_path):
            raise UsageError("A TLS listener needs a certificate and its key.")
        if self.tls == Tls.MUTUAL and not self.tls_client_ca_path:
            raise UsageError("Mutual TLS needs the CA that client certificates come from.")
        if not 1024 <= self.max_message_bytes <= LARGEST_LIMIT_BYTES:
            most = LARGEST_LIMIT_BYTES // MIB
            raise UsageError(f"The largest message must be between 1 KiB and {most} MiB.")
        if not 1 <= self.max_connections <= 10_000:
            raise UsageError("The number of connections must be between 1 and 10,000.")
        for address in self.allowed_addresses:
            try:
                ipaddress.ip_network(address, strict=False)
            except ValueError:
                raise UsageError(f"Not an address or network: {address}.") from None


@dataclass(frozen=True, slots=True)
class DestinationSettings(FromMapping):
    """One receiver that messages are sent to."""

    name: str
    host: str = "127.0.0.1"
    port: int = 2575
    tls: Tls = Tls.OFF
    """`SERVER` checks the receiver's certificate; `MUTUAL` shows ours as well."""
    tls_ca_path: str = ""
    """CA bundle the receiver's certificate must chain to; empty uses the system's."""
    tls_cert_path: str = ""
    tls_key_path: str = ""
    tls_check_host: bool = True
    """Whether the certificate must name the configured host."""
    connect_timeout_s: float = 5.0
    response_timeout_s: float = 30.0
    environment: Environment = Environment.TEST
    lenient_msa2: bool = False
    """Accept an acknowledgement whose MSA-2 is blank."""
    application_ack_timeout_s: float = 120.0
    """How long an application acknowledgement is waited for after a commit acknowledgement."""
    keep_order: bool = True
    """Send strictly in order, one at a time; else over `parallel` connections."""
    parallel: int = 1
    """Connections at the same time where order need not be kept."""
    rate_per_s: float = 0.0
    """Most messages a second; 0 sets no limit."""
    retry_first_s: float = 1.0
    """How long to wait before the first retry; each further one waits longer."""
    retry_most_s: float = 60.0
    retry_jitter: float = 0.1
    """Share by which each wait varies at random, 0 to 1, so that senders don't move in step."""
    on_refusal: OnRefusal = OnRefusal.PARK
    max_unknown: int = 3
    """After this many tries of one message without a certain answer it is parked; 0 never does."""
    charset_out: str = ""
    """Character set that messages are sent in, as in table 0211; empty leaves it."""
    enabled: bool = True

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        check_name(self.name)
        check_port(self.port, lowest=1)
        if not self.host:
            raise UsageError("A destination needs a host.")
        if self.tls == Tls.MUTUAL and not (self.tls_cert_path and self.tls_key_path):
            raise UsageError("Mutual TLS needs our certificate and its key.")
        self._validate_queue()

    def _validate_queue(self) -> None:
        if self.on_refusal not in tuple(OnRefusal):
            raise UsageError("On refusal a queue can park the message, or stop.")
        if not 1 <= self.parallel <= 64:
            raise UsageError("The number of connections must be between 1 and 64.")
        if self.keep_order and self.parallel > 1:
            raise UsageError("Over more than one connection the order cannot be kept.")
        if not 0.0 <= self.retry_jitter <= 1.0:
            raise UsageError("The jitter must be between 0 and 1.")
        if not SHORTEST_RETRY_S <= self.retry_first_s <= self.retry_most_s <= LONGEST_RETRY_S:
            raise UsageError("The first retry comes after 0.05 s or later, the last within 1 h.")
        if not 0.0 <= self.rate_per_s <= 100_000.0:
            raise UsageError("The rate must be between 0 and 100,000 messages a second.")
        if min(self.connect_timeout_s, self.response_timeout_s) <= 0:
            raise UsageError("A time limit must be above 0 s.")
        if self.application_ack_timeout_s <= 0 or self.max_unknown < 0:
            raise UsageError("A limit cannot be below 0.")


@dataclass(frozen=True, slots=True)
class RouteSettings(FromMapping):
    """Where received messages are forwarded to, and which of them."""

    name: str
    filter: str = ""
    """A filter expression; empty takes every message."""
    destinations: tuple[str, ...] = ()
    """Names of destinations."""
    recipe: str = ""
    """Name of the saved recipe that edits the messages on this way; empty leaves them."""
    enabled: bool = True

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other.

        Whether filter, destinations and recipe exist is checked where the route is saved.
        """
        check_name(self.name)
        if not self.destinations:
            raise UsageError("A route needs at least one destination.")
        if len(set(self.destinations)) != len(self.destinations):
            raise UsageError("A route names a destination twice.")

    def renamed(self, destination: str, new_name: str) -> Self:
        """Return this route with a destination under another name."""
        names = tuple(new_name if name == destination else name for name in self.destinations)
        return replace(self, destinations=names)
