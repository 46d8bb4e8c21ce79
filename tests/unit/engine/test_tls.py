from __future__ import annotations

import hashlib
import os
import ssl
from pathlib import Path

import pytest

from hl7console.engine.certificates import (
    make_authority,
    make_client_certificate,
    make_server_certificate,
    read_certificate,
)
from hl7console.engine.tls import (
    client_context,
    expiry_warning,
    explain_tls_fault,
    is_certificate_allowed,
    is_loopback,
    key_file_warning,
    peer_names,
    server_context,
)
from hl7console.engine.tls_stream import TlsStream
from hl7console.errors import EnvironmentFaultError
from hl7console.settings import DestinationSettings, ListenerSettings, Tls


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    ca = make_authority(folder)
    make_server_certificate(folder, ca, host_names=["localhost"])
    make_client_certificate(folder, ca, name="RIS")
    make_server_certificate(folder, ca, host_names=["localhost"], file_stem="old", days=-1)
    make_server_certificate(folder, ca, host_names=["localhost"], file_stem="soon", days=3)
    return folder


def listener(folder: Path, stem: str = "server", tls: Tls = Tls.SERVER) -> ListenerSettings:
    return ListenerSettings(
        "x",
        tls=tls,
        tls_cert_path=str(folder / f"{stem}.pem"),
        tls_key_path=str(folder / f"{stem}.key"),
        tls_client_ca_path=str(folder / "ca.pem"),
    )


def destination(folder: Path, **changes: object) -> DestinationSettings:
    values = {"name": "y", "tls": Tls.SERVER, "tls_ca_path": str(folder / "ca.pem")}
    return DestinationSettings(**{**values, **changes})  # type: ignore[arg-type]


def shake(server: TlsStream, client: TlsStream) -> None:
    """Carry bytes both ways until there are none."""
    to_server, to_client = client.start(), b""
    while to_server or to_client:
        assert server.received(to_server) == b""
        to_client = server.outgoing()
        assert client.received(to_client) == b""
        to_server = client.outgoing()
        to_client = b""


def test_contexts_offer_1_2_and_1_3_with_forward_secrecy_only(folder: Path):
    context = server_context(listener(folder)).context
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.options & ssl.OP_NO_COMPRESSION
    for cipher in context.get_ciphers():
        assert cipher["protocol"] == "TLSv1.3" or "DHE" in cipher["name"]
        assert cipher["aead"]
    assert context.verify_mode == ssl.CERT_NONE
    mutual = server_context(listener(folder, tls=Tls.MUTUAL)).context
    assert mutual.verify_mode == ssl.CERT_REQUIRED
    assert mutual.cert_store_stats()["x509"] == 1  # its own CA only


def test_the_host_name_is_checked_unless_switched_off(folder: Path):
    assert client_context(destination(folder)).check_hostname
    lax = client_context(destination(folder, tls_check_host=False))
    assert not lax.check_hostname
    assert lax.verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tls_cert_path": "missing.pem"}, "missing.pem does not exist"),
        ({"tls_key_path": "missing.key"}, "missing.key does not exist"),
        ({"tls_key_path": "ca.key"}, "does not belong"),
        ({"tls_key_path": "server.pem"}, "cannot be read"),
        ({"tls_cert_path": "server.key"}, "is no certificate"),
        ({"tls_client_ca_path": "missing.pem"}, "missing.pem does not exist"),
        ({"tls_client_ca_path": "server.key"}, "holds no certificate"),
        ({"tls_cert_path": "old.pem", "tls_key_path": "old.key"}, "expired on"),
    ],
)
def test_unfit_files_are_named(folder: Path, changes: dict[str, str], sentence: str):
    values = listener(folder, tls=Tls.MUTUAL).to_mapping()
    values |= {name: str(folder / value) for name, value in changes.items()}
    with pytest.raises(EnvironmentFaultError, match=sentence) as caught:
        server_context(ListenerSettings.from_mapping(values))
    assert str(folder) not in caught.value.text


def test_a_key_with_a_passphrase_is_refused_without_a_prompt(folder: Path):
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key((folder / "server.key").read_bytes(), None)
    locked = folder / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    values = listener(folder).to_mapping() | {"tls_key_path": str(locked)}
    with pytest.raises(EnvironmentFaultError, match="protected by a passphrase"):
        server_context(ListenerSettings.from_mapping(values))


def test_warnings(folder: Path):
    assert "expires in 2 days" in expiry_warning(read_certificate(folder / "soon.pem"))
    assert "expired on" in expiry_warning(read_certificate(folder / "old.pem"))
    assert expiry_warning(read_certificate(folder / "server.pem")) == ""
    assert server_context(listener(folder, "soon")).warning.startswith("The certificate expires")


@pytest.mark.skipif(os.name != "posix", reason="modes say nothing on Windows")
def test_a_key_that_everybody_can_read_is_warned_about(tmp_path: Path):
    key = tmp_path / "a.key"
    key.write_text("x")
    key.chmod(0o600)
    assert key_file_warning(key) == ""
    key.chmod(0o644)
    assert "0600" in key_file_warning(key)
    assert key_file_warning(tmp_path / "missing") == ""


def test_a_stream_carries_data_both_ways_and_knows_the_peer(folder: Path):
    server = TlsStream(server_context(listener(folder, tls=Tls.MUTUAL)).context, is_server=True)
    own = destination(
        folder,
        tls=Tls.MUTUAL,
        tls_cert_path=str(folder / "client.pem"),
        tls_key_path=str(folder / "client.key"),
    )
    client = TlsStream(client_context(own), is_server=False, host_name="localhost")
    shake(server, client)
    assert server.is_established
    assert client.is_established
    assert server.received(client.encrypt(b"x" * 100_000)) == b"x" * 100_000
    assert client.received(server.encrypt(b"answer")) == b"answer"
    assert peer_names(server.peer_certificate()) == ("ris",)
    assert client.describe()[0] == "TLSv1.3"
    assert server.received(client.end()) == b""
    assert server.has_ended


def test_a_stream_takes_any_cut_of_the_wire(folder: Path):
    server = TlsStream(server_context(listener(folder)).context, is_server=True)
    client = TlsStream(client_context(destination(folder)), is_server=False, host_name="localhost")
    to_server = client.start()
    while to_server:
        for byte in to_server:
            assert server.received(bytes([byte])) == b""
        client.received(server.outgoing())
        to_server = client.outgoing()
    got = b"".join(server.received(bytes([b])) for b in client.encrypt(b"hello"))
    assert got == b"hello"


def test_a_fault_leaves_an_alert_to_send(folder: Path):
    server = TlsStream(server_context(listener(folder, tls=Tls.MUTUAL)).context, is_server=True)
    client = TlsStream(client_context(destination(folder)), is_server=False, host_name="localhost")
    server.received(client.start())
    client.received(server.outgoing())
    with pytest.raises(ssl.SSLError) as caught:
        server.received(client.outgoing())
    assert explain_tls_fault(caught.value) == "the client showed no certificate"
    with pytest.raises(ssl.SSLError) as caught:
        client.received(server.outgoing())
    assert explain_tls_fault(caught.value) == "the other side asks for our certificate"


def test_faults_that_no_table_knows_still_give_a_sentence():
    unknown = ssl.SSLError()
    unknown.reason = "SOME_NEW_REASON"
    assert explain_tls_fault(unknown) == "some new reason"
    assert "10 s" in explain_tls_fault(TimeoutError())
    assert explain_tls_fault(ConnectionResetError()) == "the connection broke in the handshake"
    refused = ssl.SSLCertVerificationError()
    refused.verify_code = 10
    assert (
        explain_tls_fault(refused, whose="the client's") == "the client's certificate has expired"
    )
    refused.verify_code, refused.verify_message = 999, "odd"
    assert "not accepted (odd)" in explain_tls_fault(refused)


def test_allow_list_of_certificates():
    der = b"certificate"
    print_ = hashlib.sha256(der).hexdigest()
    assert is_certificate_allowed((), (), None)
    assert is_certificate_allowed(("RIS",), ("ris",), None)
    assert not is_certificate_allowed(("RIS",), ("pacs",), der)
    assert not is_certificate_allowed(("RIS",), (), None)
    assert is_certificate_allowed((print_.upper(),), (), der)
    assert is_certificate_allowed((":".join(print_[i : i + 2] for i in range(0, 64, 2)),), (), der)


def test_peer_names_are_common_and_alternative_names():
    certificate = {
        "subject": ((("countryName", "DE"),), (("commonName", "RIS"),)),
        "subjectAltName": (("DNS", "Ris.Example"), ("IP Address", "10.0.0.1"), ("URI", "x:y")),
    }
    assert peer_names(certificate) == ("ris", "ris.example", "10.0.0.1")
    assert peer_names(None) == ()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("pacs", False),
    ],
)
def test_loopback(host: str, loopback: bool):
    assert is_loopback(host) == loopback
