"""The settings of listeners and destinations: typed, validated, plain values.

Paths of keys and certificates are settings; keys and passphrases themselves never are.
"""

from __future__ import annotations

import codecs
import dataclasses
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from hl7console.errors import UsageError

MIB = 1024 * 1024
"""Bytes in a mebibyte."""

LARGEST_LIMIT_BYTES = 256 * MIB
"""Highest limit on the size of a message that a listener can be set to."""


class Tls(StrEnum):
    """How an interface protects its connections."""

    OFF = "off"
    SERVER = "server"
    """The server shows a certificate."""
    MUTUAL = "mutual"
    """Both sides show a certificate."""


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


class _FromMapping:
    """Reads a settings value from JSON or TOML, and writes it back."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Build and validate from plain values; unknown keys are a `UsageError`."""
        names = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
        unknown = sorted(set(values) - names)
        if unknown:
            raise UsageError(f"Unknown setting: {', '.join(unknown)}.")
        made = cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
        made.validate()
        return made

    def to_mapping(self) -> dict[str, object]:
        """Return plain values (str, int, float, bool, list), ready for JSON or TOML."""
        return {
            k: list(v) if isinstance(v, tuple) else (str(v) if isinstance(v, StrEnum) else v)
            for k, v in dataclasses.asdict(self).items()  # type: ignore[call-overload]
        }

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""


@dataclass(frozen=True, slots=True)
class ListenerSettings(_FromMapping):
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
    enabled: bool = True

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        _check_name(self.name)
        _check_port(self.port, lowest=0)
        for codec in (self.charset_default, self.force_codec):
            _check_codec(codec)
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
class DestinationSettings(_FromMapping):
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
    enabled: bool = True

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        _check_name(self.name)
        _check_port(self.port, lowest=1)
        if not self.host:
            raise UsageError("A destination needs a host.")
        if self.tls == Tls.MUTUAL and not (self.tls_cert_path and self.tls_key_path):
            raise UsageError("Mutual TLS needs our certificate and its key.")


@dataclass(frozen=True, slots=True)
class RetentionSettings(_FromMapping):
    """How long messages stay. The default keeps everything."""

    keep_days: int = 0
    """Delete messages older than this many days; 0 keeps them."""
    max_database_bytes: int = 0
    """Delete the oldest messages when the database outgrows this; 0 sets no limit."""
    max_messages: int = 0
    """Delete the oldest messages beyond this number; 0 sets no limit."""
    warn_free_bytes: int = field(default=1024 * MIB)
    """Warn when the disk has less room than this."""


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > 64 or any(ord(c) < 32 for c in name):
        raise UsageError("An interface needs a name of 1 to 64 characters.")


def _check_port(port: int, *, lowest: int) -> None:
    if not lowest <= port <= 65535:
        raise UsageError(f"A port must be between {lowest} and 65535.")


def _check_codec(codec: str) -> None:
    if codec:
        try:
            codecs.lookup(codec)
        except LookupError:
            raise UsageError(f"Unknown character set: {codec}.") from None
