"""The settings of listeners and destinations: typed, validated, plain values.

Paths of keys and certificates are settings; keys and passphrases themselves never are.
"""

from __future__ import annotations

import codecs
import dataclasses
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from hl7console.errors import UsageError

_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")

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
    profile: str = "default"
    """Mapping profile: what its messages mean for the worklist."""
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


OTHER_AES = "*"
"""Stands for an AE title that no rules are named for."""


@dataclass(frozen=True, slots=True)
class WorklistServiceSettings(_FromMapping):
    """The DICOM service: worklist, MPPS and C-ECHO on one port."""

    name: str = "Worklist"
    enabled: bool = True
    host: str = "127.0.0.1"
    """Address to bind; loopback until the user chooses otherwise."""
    port: int = 11112
    """TCP port; 0 takes a free one."""
    ae_title: str = "HL7CONSOLE"
    check_called_ae: bool = False
    """Refuse associations that call another AE title than ours."""
    allowed_aets: tuple[str, ...] = ()
    """Calling AE titles let in, ``AET`` or ``AET@ADDRESS``; empty lets in all."""
    ignore_aet_case: bool = False
    """Compare AE titles without regard to letter case."""
    max_associations: int = 32
    tls: Tls = Tls.OFF
    tls_cert_path: str = ""
    tls_key_path: str = ""
    tls_client_ca_path: str = ""
    """CA bundle that client certificates must chain to (mutual TLS)."""
    allowed_certificate_names: tuple[str, ...] = ()
    """Subject common names or DNS names let in; empty lets in every certificate of the CA."""
    accept_mpps: bool = True

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        _check_name(self.name)
        _check_port(self.port, lowest=0)
        check_ae_title(self.ae_title)
        for entry in self.allowed_aets:
            check_ae_title(entry.partition("@")[0])
        if not 1 <= self.max_associations <= 1000:
            raise UsageError("The number of associations must be between 1 and 1,000.")
        if self.tls != Tls.OFF and not (self.tls_cert_path and self.tls_key_path):
            raise UsageError("A TLS listener needs a certificate and its key.")
        if self.tls == Tls.MUTUAL and not self.tls_client_ca_path:
            raise UsageError("Mutual TLS needs the CA that client certificates come from.")


STATION_FILTERS = ("asked", "caller_if_absent", "caller")
SHOWN_STATES = ("SCHEDULED", "ARRIVED", "READY")
SERVABLE_STATES = (*SHOWN_STATES, "STARTED", "DEPARTED")


@dataclass(frozen=True, slots=True)
class AeRules(_FromMapping):
    """What is different for one calling AE. Every countermeasure to a quirk is off by default."""

    ae_title: str = OTHER_AES
    """Calling AE title; ``*`` is for all that have no rules of their own."""
    description: str = ""
    aliases: tuple[str, ...] = ()
    """Further AE titles that this machine's steps are booked under (groups)."""
    answer_asked_aet: bool = False
    """Answer with the AE title that was asked for where an alias matched."""
    station_filter: str = "asked"
    """``asked``: as the query says; ``caller_if_absent``: steps of the calling AE where the query
    names no station; ``caller``: steps of the calling AE whatever it says."""
    modalities: tuple[str, ...] = ()
    """What the machine is: open steps of other modalities are not served to it; empty: any."""
    serve_open: bool = True
    """Serve steps without a station, which are open to their modality."""
    shown_states: tuple[str, ...] = SHOWN_STATES
    charsets: tuple[str, ...] = ()
    """Character sets of answers in order of preference, as DICOM names them (``ISO_IR 192``)."""
    request_charset: str = ""
    """Character set of queries that name none and hold more than ASCII."""
    transliterate: str = ""
    """``ascii`` or ``latin1``: write all text in these letters; "" sends it as it is."""
    pn_groups: bool = False
    """Send ideographic and phonetic groups of names."""
    uppercase_names: bool = False
    max_answers: int = 0
    """Most answers to a query; 0 sets no limit."""
    limit_is_success: bool = False
    """End a query that hit the limit with success instead of "out of resources"."""
    window_back_days: int = -1
    """For queries without a date: steps at most this many days back; -1 sets no limit."""
    window_ahead_days: int = -1
    equivalents: tuple[str, ...] = ()
    """Modalities that stand for each other, ``CR=DX=DR``."""
    fill_type2: bool = False
    """Return every attribute that was asked for, empty where there is no value."""
    warn_unsupported: bool = False
    """Answer FF01 in place of FF00 where an attribute that was asked for is not supported."""
    step_keys_at_top: bool = False
    """Take modality, station and start date outside the sequence for those of the step."""
    normalise_dates: bool = False
    """Read dates and times with dots, dashes or colons."""
    append_wildcard: bool = False
    """Match the beginning of names."""
    fold_accents: bool = False
    """Match names without regard to accents."""
    truncate: bool = False
    """Cut values to the length that DICOM allows (SH 16, LO 64)."""
    first_value_only: bool = False
    """Send only the first of several values."""
    omit_empty_sequences: bool = False
    accession_length: int = 0
    """Send the last characters of accession numbers only; 0 sends all."""
    patient_id_length: int = 0
    digits_only: bool = False
    """Send only the digits of accession numbers and patient ids."""

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        for title in (self.ae_title, *self.aliases):
            check_ae_title(title)
        if self.station_filter not in STATION_FILTERS:
            raise UsageError(f"The station filter must be one of {', '.join(STATION_FILTERS)}.")
        if wrong := sorted(set(self.shown_states) - set(SERVABLE_STATES)):
            raise UsageError(
                f"Steps that are {', '.join(wrong)} cannot be shown to a modality.",
                hint=f"Choose from {', '.join(SERVABLE_STATES)}.",
            )
        if self.transliterate not in ("", "ascii", "latin1"):
            raise UsageError("Transliterate to ascii or latin1, or leave it empty.")
        if wrong := [c for c in (*self.charsets, self.request_charset) if c not in CHARSETS]:
            raise UsageError(f"Not a character set of DICOM: {wrong[0]}.")
        if min(self.max_answers, self.accession_length, self.patient_id_length) < 0:
            raise UsageError("A limit cannot be below 0.")
        if min(self.window_back_days, self.window_ahead_days) < -1:
            raise UsageError("A window of days cannot be below 0; -1 sets no limit.")


CHARSETS = (
    "", "ISO_IR 6", "ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 144",
    "ISO_IR 127", "ISO_IR 126", "ISO_IR 138", "ISO_IR 148", "ISO_IR 203", "ISO_IR 13",
    "ISO_IR 166", "ISO_IR 192", "GB18030", "GBK", "ISO 2022 IR 87", "ISO 2022 IR 159",
    "ISO 2022 IR 149", "ISO 2022 IR 58",
)  # fmt: skip
"""Character sets of DICOM by their defined terms; "" stands for ASCII."""


@dataclass(frozen=True, slots=True)
class PacsSettings(_FromMapping):
    """An archive that can be asked for studies."""

    name: str
    host: str = "127.0.0.1"
    port: int = 104
    ae_title: str = "PACS"
    """Its AE title."""
    calling_ae_title: str = "HL7CONSOLE"
    """Ours; it may have to know it."""
    tls: Tls = Tls.OFF
    tls_ca_path: str = ""
    tls_cert_path: str = ""
    tls_key_path: str = ""
    tls_check_host: bool = True
    timeout_s: float = 15.0
    enabled: bool = True

    def validate(self) -> None:
        """Raise `UsageError` when the settings contradict each other."""
        _check_name(self.name)
        _check_port(self.port, lowest=1)
        if not self.host:
            raise UsageError("An archive needs a host.")
        check_ae_title(self.ae_title)
        check_ae_title(self.calling_ae_title)
        if self.tls == Tls.MUTUAL and not (self.tls_cert_path and self.tls_key_path):
            raise UsageError("Mutual TLS needs our certificate and its key.")
        if not 1.0 <= self.timeout_s <= 600.0:
            raise UsageError("The time limit must be between 1 and 600 seconds.")


def is_ae_title(text: str) -> bool:
    """Return whether a text is an AE title: 1 to 16 printable ASCII characters, no backslash.

    A blank at either end is no part of a title, and does not make one wrong here.

    References:
        DICOM PS3.5 section 6.2, AE.
    """
    return _AE_TITLE.fullmatch(text.strip(" ")) is not None and len(text) <= 16


def check_ae_title(title: str) -> None:
    """Raise `UsageError` unless it is an AE title without a blank at either end."""
    if not _AE_TITLE.fullmatch(title):
        raise UsageError(
            "An AE title has 1 to 16 plain characters, no backslash, and no blank at either end."
        )


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
