"""Settings of the DICOM side: the worklist service, the rules for calling AEs, and archives."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hl7console.errors import UsageError
from hl7console.settings.base import FromMapping, Tls, check_name, check_port

_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")

OTHER_AES = "*"
"""Stands for an AE title that no rules are named for."""


@dataclass(frozen=True, slots=True)
class WorklistServiceSettings(FromMapping):
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
        check_name(self.name)
        check_port(self.port, lowest=0)
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
class AeRules(FromMapping):
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
class PacsSettings(FromMapping):
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
        check_name(self.name)
        check_port(self.port, lowest=1)
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
