"""TLS contexts for listeners and destinations, and plain sentences for every TLS fault.

Trust is private: a listener checks client certificates against its own CA bundle only, never
against the public web's. A bundle may also hold the exact certificate of a peer (a pin), so both
ways of trusting that IHE asks for work with the one setting.

References:
    IHE ITI TF-2, ITI-19 section 3.19.6 (authentication of nodes); BCP 195 (RFC 9325);
    RFC 8996 (TLS 1.0 and 1.1 retired).
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import ssl
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hl7console.engine.certificates import CertificateInfo, read_certificate
from hl7console.engine.sockets import is_localhost
from hl7console.errors import ConsoleError, EnvironmentFaultError
from hl7console.settings import DestinationSettings, ListenerSettings, Tls

TLS12_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"
"""Suites offered at TLS 1.2: forward secrecy and authenticated encryption only."""

HANDSHAKE_TIMEOUT_S = 10.0
"""Longest a handshake may take, in seconds."""

WARN_DAYS = 30
"""A certificate that has fewer days left than this is warned about."""


@dataclass(frozen=True, slots=True)
class ServerTls:
    """What a TLS listener runs with."""

    context: ssl.SSLContext
    certificate: CertificateInfo
    warning: str = ""
    """A plain sentence about something that works, but shouldn't stay so."""


class _KeyIsProtectedError(Exception):
    """The private key needs a passphrase."""


def server_context(settings: ListenerSettings) -> ServerTls:
    """Return the TLS side of a listener.

    Raises:
        EnvironmentFaultError: A file is missing or unfit, or the certificate has expired.

    References:
        BCP 195 sections 3.1 and 4.2; RFC 5746 (renegotiation, switched off).
    """
    certificate = _own_certificate(settings.tls_cert_path, "listener")
    context = _bare_context(ssl.PROTOCOL_TLS_SERVER)
    _load_own_certificate(context, settings.tls_cert_path, settings.tls_key_path)
    if settings.tls == Tls.MUTUAL:
        context.verify_mode = ssl.CERT_REQUIRED
        _load_authorities(context, settings.tls_client_ca_path)
    warning = expiry_warning(certificate) or key_file_warning(Path(settings.tls_key_path))
    return ServerTls(context, certificate, warning)


def trusting_context(ca_path: str = "") -> ssl.SSLContext:
    """Return the TLS side of connections to a server whose host name is checked.

    Args:
        ca_path: Authorities to trust, as PEM; empty takes the system's.

    Raises:
        EnvironmentFaultError: The file is missing or unfit.
    """
    context = _bare_context(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    if ca_path:
        _load_authorities(context, ca_path)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    return context


def client_context(settings: DestinationSettings) -> ssl.SSLContext:
    """Return the TLS side of connections to a destination.

    Raises:
        EnvironmentFaultError: A file is missing or unfit, or our own certificate has expired.
    """
    context = trusting_context(settings.tls_ca_path)
    context.check_hostname = settings.tls_check_host
    if settings.tls_cert_path and settings.tls_key_path:
        _own_certificate(settings.tls_cert_path, "destination")
        _load_own_certificate(context, settings.tls_cert_path, settings.tls_key_path)
    return context


def _bare_context(protocol: int) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(TLS12_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_SINGLE_ECDH_USE
    # A pinned certificate counts as its own anchor even though it is no CA.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _own_certificate(path: str, whose: str) -> CertificateInfo:
    try:
        certificate = read_certificate(Path(path))
    except ConsoleError as fault:
        raise EnvironmentFaultError(fault.text, hint=fault.hint) from fault
    name = Path(path).name
    if certificate.days_left < 0:
        raise EnvironmentFaultError(
            f"The {whose}'s certificate {name} expired on {certificate.not_after:%Y-%m-%d}.",
            hint="Make or order a new certificate and choose it in the interface's settings.",
        )
    if certificate.is_not_yet_valid:
        raise EnvironmentFaultError(
            f"The {whose}'s certificate {name} is valid only from "
            f"{certificate.not_before:%Y-%m-%d}.",
            hint="Check the clock of this machine, or choose another certificate.",
        )
    return certificate


def _refuse_passphrase() -> str:
    raise _KeyIsProtectedError


def _load_own_certificate(context: ssl.SSLContext, cert_path: str, key_path: str) -> None:
    key_name = Path(key_path).name
    try:
        context.load_cert_chain(cert_path, key_path, password=_refuse_passphrase)
    except _KeyIsProtectedError:
        raise EnvironmentFaultError(
            f"The key {key_name} is protected by a passphrase.",
            hint="Save a copy without one in a folder that only you can read, and choose that.",
        ) from None
    except FileNotFoundError:
        raise EnvironmentFaultError(
            f"The key {key_name} does not exist.", hint="Choose the key that belongs to it."
        ) from None
    except ssl.SSLError as fault:
        text = f"The key {key_name} cannot be read; it must be a PEM file."
        if (fault.reason or "").endswith("MISMATCH"):
            text = f"The key {key_name} does not belong to the certificate {Path(cert_path).name}."
        elif "TOO_SMALL" in (fault.reason or "") or "TOO_WEAK" in (fault.reason or ""):
            text = f"The certificate {Path(cert_path).name} or its key is too weak."
        raise EnvironmentFaultError(text, hint="Choose a matching pair of files.") from fault
    except OSError as fault:
        raise EnvironmentFaultError(
            f"The key {key_name} cannot be opened: {fault.strerror or 'no access'}."
        ) from fault


def _load_authorities(context: ssl.SSLContext, path: str) -> None:
    name = Path(path).name
    try:
        context.load_verify_locations(cafile=path)
    except FileNotFoundError:
        raise EnvironmentFaultError(f"The CA bundle {name} does not exist.") from None
    except ssl.SSLError as fault:
        raise EnvironmentFaultError(
            f"The CA bundle {name} holds no certificate.", hint="It must be a PEM file."
        ) from fault
    except OSError as fault:
        raise EnvironmentFaultError(
            f"The CA bundle {name} cannot be opened: {fault.strerror or 'no access'}."
        ) from fault


def expiry_warning(certificate: CertificateInfo) -> str:
    """Return a sentence when the certificate has expired or soon will; empty otherwise."""
    days = certificate.days_left
    if days < 0:
        return f"The certificate expired on {certificate.not_after:%Y-%m-%d}."
    if days >= WARN_DAYS:
        return ""
    when = "today" if days == 0 else f"in {days} day{'s' if days != 1 else ''}"
    return f"The certificate expires {when}, on {certificate.not_after:%Y-%m-%d}."


def key_file_warning(path: Path) -> str:
    """Return a sentence when others than the owner can read a key; empty otherwise.

    On Windows the mode says nothing about access, so nothing is claimed there.
    """
    if sys.platform == "win32" or os.name == "nt":
        return ""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        return f"Everybody on this machine can read the key {path.name}; set its mode to 0600."
    return ""


def peer_names(certificate: dict[str, object] | None) -> tuple[str, ...]:
    """Return the common names and DNS names of `SSLObject.getpeercert()`, lower case."""
    if not certificate:
        return ()
    names: list[str] = []
    subject = certificate.get("subject", ())
    for relative in subject if isinstance(subject, tuple) else ():
        names += [value.lower() for key, value in relative if key == "commonName"]
    others = certificate.get("subjectAltName", ())
    for kind, value in others if isinstance(others, tuple) else ():
        if kind in ("DNS", "IP Address"):
            names.append(value.lower())
    return tuple(dict.fromkeys(names))


def is_certificate_allowed(
    allowed: Iterable[str], names: Iterable[str], certificate_der: bytes | None
) -> bool:
    """Return whether a peer's certificate is on the allow list; an empty list allows all.

    Entries are common names, DNS names, or SHA-256 fingerprints in hex (colons are ignored).

    References:
        IHE ITI-19 section 3.19.6.1.3: authorisation is apart from authentication.
    """
    wanted = {entry.strip().lower() for entry in allowed}
    if not wanted:
        return True
    if wanted.intersection(names):
        return True
    if not certificate_der:
        return False
    fingerprint = hashlib.sha256(certificate_der).hexdigest()
    return any(entry.replace(":", "").removeprefix("sha256") == fingerprint for entry in wanted)


_VERIFY_FAULTS = {
    9: "{whose} certificate is not valid yet",
    10: "{whose} certificate has expired",
    18: "{whose} certificate is self-signed and not in the CA bundle",
    19: "{whose} certificate comes from a CA that is not in the CA bundle",
    20: "{whose} certificate comes from a CA that is not in the CA bundle",
    21: "{whose} certificate comes from a CA that is not in the CA bundle",
    23: "{whose} certificate has been revoked",
    24: "a CA in {whose} certificate's chain is not allowed to issue certificates",
    26: "{whose} certificate is not meant for this use",
    62: "{whose} certificate does not name the host that was connected to",
    64: "{whose} certificate does not name the address that was connected to",
    66: "{whose} certificate has a key that is too weak",
    67: "a CA in {whose} certificate's chain has a key that is too weak",
    68: "{whose} certificate has a signature that is too weak",
}

_REASON_FAULTS = (
    ("HTTP_REQUEST", "the other side spoke HTTP, not TLS"),
    ("HTTPS_PROXY_REQUEST", "the other side spoke HTTP, not TLS"),
    ("WRONG_VERSION_NUMBER", "the other side did not speak TLS; is it a plain port?"),
    ("RECORD_LAYER_FAILURE", "the other side did not speak TLS"),
    ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "the client showed no certificate"),
    ("CERTIFICATE_REQUIRED", "the other side asks for our certificate"),
    ("UNSUPPORTED_PROTOCOL", "the other side offers only retired TLS versions"),
    ("ALERT_PROTOCOL_VERSION", "the two sides have no TLS version in common"),
    ("VERSION_TOO_LOW", "the other side offers only retired TLS versions"),
    ("NO_SHARED_CIPHER", "the two sides have no cipher in common"),
    ("ALERT_UNKNOWN_CA", "the other side does not know the CA of our certificate"),
    ("ALERT_CERTIFICATE_EXPIRED", "the other side says that our certificate has expired"),
    ("ALERT_CERTIFICATE_REVOKED", "the other side says that our certificate was revoked"),
    ("ALERT_CERTIFICATE_UNKNOWN", "the other side does not accept our certificate"),
    ("ALERT_BAD_CERTIFICATE", "the other side does not accept our certificate"),
    ("ALERT_UNSUPPORTED_CERTIFICATE", "the other side does not accept our certificate"),
    ("ALERT_ACCESS_DENIED", "the other side does not let our certificate in"),
    (
        "ALERT_HANDSHAKE_FAILURE",
        "the other side refused the handshake; it may ask for a certificate",
    ),
    ("UNEXPECTED_EOF_WHILE_READING", "the other side closed the connection in the handshake"),
)


def explain_tls_fault(fault: BaseException, *, whose: str = "the other side's") -> str:
    """Return a TLS fault as a plain sentence part, without a full stop.

    Args:
        fault: What `ssl` raised.
        whose: Whose certificate was checked: ``the client's`` or ``the receiver's``.
    """
    if isinstance(fault, ssl.SSLCertVerificationError):
        known = _VERIFY_FAULTS.get(fault.verify_code)
        if known:
            return known.format(whose=whose)
        return f"{whose} certificate was not accepted ({fault.verify_message})"
    if isinstance(fault, ssl.SSLEOFError):
        return "the other side closed the connection in the handshake"
    if isinstance(fault, ssl.SSLError):
        reason = fault.reason or ""
        for part, text in _REASON_FAULTS:
            if part in reason:
                return text
        return reason.lower().replace("_", " ") or "no reason given"
    if isinstance(fault, TimeoutError):
        return f"no TLS handshake within {HANDSHAKE_TIMEOUT_S:.0f} s"
    return "the connection broke in the handshake"


def explain_client_fault(fault: ssl.SSLError, first_bytes: bytes, *, is_handshake: bool) -> str:
    """Return why a client's TLS failed, as a sentence.

    Args:
        fault: What `ssl` raised.
        first_bytes: The first ones that the client sent.
        is_handshake: Whether it failed in the handshake.
    """
    if is_handshake and (first_bytes[:1] == b"\x0b" or first_bytes[:3] == b"MSH"):
        return "A client spoke plain MLLP on this TLS port."
    if is_handshake and first_bytes[:4] in (b"GET ", b"POST", b"HEAD", b"PUT "):
        return "An HTTP client connected to this TLS port."
    if is_handshake and first_bytes[:1] != b"\x16":
        return "A client sent something that is no TLS on this TLS port."
    reason = explain_tls_fault(fault, whose="the client's")
    return f"TLS failed: {reason}."


def is_loopback(host: str) -> bool:
    """Return whether an address to bind stays on this machine."""
    if is_localhost(host):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
