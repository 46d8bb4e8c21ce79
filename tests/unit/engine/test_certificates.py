from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hl7console.engine.certificates import (
    CertificateFiles,
    make_authority,
    make_client_certificate,
    make_server_certificate,
    read_certificate,
    read_certificate_bytes,
)
from hl7console.errors import UsageError


def test_a_ca_signs_servers_and_clients(tmp_path: Path):
    ca = make_authority(tmp_path, name="our CA")
    server = make_server_certificate(tmp_path, ca, host_names=["ris.example", "10.1.2.3", "::1"])
    client = make_client_certificate(tmp_path, ca, name="RIS")
    authority = read_certificate(ca.cert_path)
    assert authority.is_ca
    assert authority.subject == "CN=our CA"
    info = read_certificate(server.cert_path)
    assert info.names == ("ris.example", "10.1.2.3", "::1")
    assert info.issuer == "CN=our CA"
    assert not info.is_ca
    assert 700 < info.days_left <= 730
    assert info.key == "EC secp256r1"
    assert len(info.fingerprint) == 64
    assert read_certificate(client.cert_path).subject == "CN=RIS"


@pytest.mark.skipif(os.name != "posix", reason="modes say nothing on Windows")
def test_keys_are_for_the_owner_only(tmp_path: Path):
    ca = make_authority(tmp_path)
    assert stat.S_IMODE(ca.key_path.stat().st_mode) == 0o600


def test_nothing_is_overwritten(tmp_path: Path):
    ca = make_authority(tmp_path)
    before = ca.key_path.read_bytes()
    with pytest.raises(UsageError, match=r"ca\.pem already"):
        make_authority(tmp_path)
    assert ca.key_path.read_bytes() == before


def test_only_a_ca_can_sign(tmp_path: Path):
    ca = make_authority(tmp_path)
    server = make_server_certificate(tmp_path, ca, host_names=["localhost"])
    with pytest.raises(UsageError, match="not the certificate of a CA"):
        make_client_certificate(tmp_path, server, name="x")
    with pytest.raises(UsageError, match="cannot be read"):
        make_client_certificate(
            tmp_path, CertificateFiles(ca.cert_path, tmp_path / "missing.key"), name="x"
        )
    with pytest.raises(UsageError, match="no private key"):
        make_client_certificate(tmp_path, CertificateFiles(ca.cert_path, ca.cert_path), name="x")


def test_host_names_are_checked(tmp_path: Path):
    ca = make_authority(tmp_path)
    with pytest.raises(UsageError, match="at least one"):
        make_server_certificate(tmp_path, ca, host_names=[])
    with pytest.raises(UsageError, match="Not a host name"):
        make_server_certificate(tmp_path, ca, host_names=["a" * 70])


def test_an_expired_one_says_so(tmp_path: Path):
    ca = make_authority(tmp_path)
    old = make_server_certificate(tmp_path, ca, host_names=["x"], days=-1)
    assert read_certificate(old.cert_path).days_left < 0
    assert not read_certificate(old.cert_path).is_not_yet_valid


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nx"])
def test_what_is_no_certificate_is_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "x.pem"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="no certificate"):
        read_certificate(file)
    with pytest.raises(UsageError):
        read_certificate_bytes(content)
    with pytest.raises(UsageError, match="does not exist"):
        read_certificate(tmp_path / "missing.pem")
