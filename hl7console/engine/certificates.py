"""Makes and reads the certificates that interfaces show: a CA, and what it signs.

For test networks and for links between two consoles; a hospital's own CA comes first where there
is one. Keys are P-256, never leave the folder that they were made in, and are never overwritten.

References:
    RFC 5280 (profile of certificates); BCP 195 section 4.3; IHE ITI-19 section 3.19.6.1.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hl7console.errors import EnvironmentFaultError, UsageError

CA_DAYS = 3650
"""Days that a CA made here is valid."""

LEAF_DAYS = 730
"""Days that a server or client certificate made here is valid; BCP 195 wants at most two years."""

_BACKDATED = datetime.timedelta(hours=1)
"""How far back validity starts, so that clocks slightly apart agree."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate and its key, as PEM files."""

    cert_path: Path
    key_path: Path


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    """What a certificate says of itself."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    """DNS names and addresses that it is for."""
    not_before: datetime.datetime
    not_after: datetime.datetime
    is_ca: bool
    key: str
    """Kind and size of the key: ``EC secp256r1``, ``RSA 2048``."""
    fingerprint: str
    """SHA-256 in hex."""
    serial: str

    @property
    def days_left(self) -> int:
        """Whole days until it expires; negative once it has."""
        return (self.not_after - _now()).days

    @property
    def is_not_yet_valid(self) -> bool:
        """Whether its validity starts in the future."""
        return self.not_before > _now()


def _now() -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.UTC)


def make_authority(
    folder: Path, *, name: str = "hl7console test CA", file_stem: str = "ca", days: int = CA_DAYS
) -> CertificateFiles:
    """Make a CA: ``ca.pem`` to hand out, and ``ca.key``, which signs and stays here.

    Raises:
        UsageError: A file of that name exists.
        EnvironmentFaultError: The folder cannot be written.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key.public_key(), days)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
    )
    return _save(folder, file_stem, [builder.sign(key, hashes.SHA256())], key)


def make_server_certificate(
    folder: Path,
    authority: CertificateFiles,
    *,
    host_names: Sequence[str],
    file_stem: str = "server",
    days: int = LEAF_DAYS,
) -> CertificateFiles:
    """Make the certificate of a listener, for the host names and addresses given.

    Raises:
        UsageError: No host name, a file of that name exists, or the CA is unfit.
    """
    if not host_names:
        raise UsageError("A server certificate needs at least one host name or address.")
    return _make_leaf(
        folder,
        authority,
        host_names[0],
        host_names,
        file_stem,
        days,
        ExtendedKeyUsageOID.SERVER_AUTH,
    )


def make_client_certificate(
    folder: Path,
    authority: CertificateFiles,
    *,
    name: str,
    file_stem: str = "client",
    days: int = LEAF_DAYS,
) -> CertificateFiles:
    """Make the certificate that a sender shows to a listener with mutual TLS.

    Raises:
        UsageError: A file of that name exists, or the CA is unfit.
    """
    return _make_leaf(folder, authority, name, (), file_stem, days, ExtendedKeyUsageOID.CLIENT_AUTH)


def _make_leaf(
    folder: Path,
    authority: CertificateFiles,
    name: str,
    host_names: Sequence[str],
    file_stem: str,
    days: int,
    purpose: x509.ObjectIdentifier,
) -> CertificateFiles:
    ca_cert, ca_key = _load_authority(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = _builder(subject, ca_cert.subject, key.public_key(), days)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
    )
    if host_names:
        names = x509.SubjectAlternativeName([_general_name(h) for h in host_names])
        builder = builder.add_extension(names, critical=False)
    return _save(folder, file_stem, [builder.sign(ca_key, hashes.SHA256())], key)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = _now()
    start, end = sorted((now - _BACKDATED, now + datetime.timedelta(days=days)))
    if days <= 0:
        start -= datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host.encode("idna").decode("ascii"))
    except UnicodeError:
        raise UsageError(f"Not a host name: {host}.") from None


def _load_authority(
    files: CertificateFiles,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey]:
    cert = _load(files.cert_path)
    try:
        key = serialization.load_pem_private_key(files.key_path.read_bytes(), password=None)
    except OSError as fault:
        raise UsageError(f"The CA's key {files.key_path.name} cannot be read.") from fault
    except TypeError:
        raise UsageError(f"The CA's key {files.key_path.name} needs a passphrase.") from None
    except ValueError:
        raise UsageError(f"{files.key_path.name} is no private key in PEM form.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise UsageError("The CA's key must be an RSA or an elliptic-curve key.")
    if not _info(cert).is_ca:
        raise UsageError(f"{files.cert_path.name} is not the certificate of a CA.")
    return cert, key


def _save(
    folder: Path, stem: str, chain: list[x509.Certificate], key: ec.EllipticCurvePrivateKey
) -> CertificateFiles:
    files = CertificateFiles(folder / f"{stem}.pem", folder / f"{stem}.key")
    for path in (files.cert_path, files.key_path):
        if path.exists():
            raise UsageError(
                f"There is a file {path.name} already; it was left as it is.",
                hint="Choose another name or folder.",
            )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    shown = b"".join(c.public_bytes(serialization.Encoding.PEM) for c in chain)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(files.key_path, secret, mode=0o600)
        _write_new(files.cert_path, shown, mode=0o644)
    except OSError as fault:
        with contextlib.suppress(OSError):
            files.key_path.unlink(missing_ok=True)
        raise EnvironmentFaultError(
            f"The certificate cannot be written: {fault.strerror or 'no access'}."
        ) from fault
    return files


def _write_new(path: Path, content: bytes, *, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as out:
        out.write(content)


def _load(path: Path) -> x509.Certificate:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"The certificate {path.name} does not exist.") from None
    except OSError as fault:
        raise UsageError(
            f"The certificate {path.name} cannot be opened: {fault.strerror or 'no access'}."
        ) from fault
    try:
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificate(content)
        return x509.load_der_x509_certificate(content)
    except ValueError:
        raise UsageError(
            f"{path.name} is no certificate.", hint="It must be a PEM or DER file."
        ) from None


def read_certificate(path: Path) -> CertificateInfo:
    """Return what the (first) certificate of a PEM or DER file says.

    Raises:
        UsageError: The file is missing, unreadable or no certificate.
    """
    return _info(_load(path))


def read_certificate_bytes(der: bytes) -> CertificateInfo:
    """Return what a DER certificate says, such as a peer's.

    Raises:
        UsageError: It is no certificate.
    """
    try:
        return _info(x509.load_der_x509_certificate(der))
    except ValueError:
        raise UsageError("The other side's certificate cannot be read.") from None


def _info(cert: x509.Certificate) -> CertificateInfo:
    names: tuple[str, ...] = ()
    is_ca = False
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        san = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(n) for n in san.get_values_for_type(x509.DNSName))
        names += tuple(str(n) for n in san.get_values_for_type(x509.IPAddress))
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        is_ca = cert.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    return CertificateInfo(
        subject=cert.subject.rfc4514_string(),
        issuer=cert.issuer.rfc4514_string(),
        names=names,
        not_before=cert.not_valid_before_utc,
        not_after=cert.not_valid_after_utc,
        is_ca=is_ca,
        key=_describe_key(cert),
        fingerprint=cert.fingerprint(hashes.SHA256()).hex(),
        serial=f"{cert.serial_number:x}",
    )


def _describe_key(cert: x509.Certificate) -> str:
    try:
        key = cert.public_key()
    except (ValueError, TypeError):
        return "unknown"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return type(key).__name__.lstrip("_").removesuffix("PublicKey")
