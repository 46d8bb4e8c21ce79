"""*Test connection*: connects to a destination without sending, or checks a listener's settings."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hl7console.engine.certificates import CertificateInfo, read_certificate_bytes
from hl7console.engine.console import JobReport, LinkState, TestConnection
from hl7console.engine.core import EngineCore
from hl7console.engine.listener import check_address
from hl7console.engine.sender import NotSentError, OutboundConnection, connect
from hl7console.engine.sockets import peer_text
from hl7console.engine.tls import expiry_warning, is_loopback, key_file_warning, server_context
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings, ListenerSettings, Tls

REFUSAL_WAIT_S = 0.5
"""How long a receiver may take to refuse our certificate: TLS 1.3 tells it after the handshake."""

TEST_TIMEOUT_S = 60.0

Details = tuple[tuple[str, str], ...]


def test_connection(core: EngineCore, command: TestConnection) -> JobReport:
    """Try what a command names, and report. The job's thread.

    Raises:
        UsageError: The settings contradict each other.
        EnvironmentFaultError: It does not work; the text says why.
    """
    if command.destination is not None:
        command.destination.validate()
        return core.network.run(_try_destination(command.destination), timeout_s=TEST_TIMEOUT_S)
    if command.listener is not None:
        return _try_listener(core, command.listener)
    raise UsageError("Nothing to test was named.")


test_connection.__test__ = False  # type: ignore[attr-defined]


async def _try_destination(settings: DestinationSettings) -> JobReport:
    connection = await connect(settings)
    where = peer_text((settings.host, settings.port))
    try:
        await _wait_for_refusal(connection)
        details = connection.tls_details()
        warning = ""
        der = connection.peer_certificate_der()
        if der is not None:
            certificate = read_certificate_bytes(der)
            details += describe_certificate(certificate)
            warning = expiry_warning(certificate)
    finally:
        connection.close()
    text = f"{where} answers{' with TLS' if settings.tls != Tls.OFF else ''}."
    return JobReport(text=f"{text} {warning}".strip(), details=(("Address", where), *details))


async def _wait_for_refusal(connection: OutboundConnection) -> None:
    try:
        async with asyncio.timeout(REFUSAL_WAIT_S):
            await connection.lost.wait()
    except TimeoutError:
        return
    raise NotSentError(
        connection.refusal or "The receiver closed the connection at once.",
        hint="It may not let this machine or its certificate in.",
    )


def _try_listener(core: EngineCore, settings: ListenerSettings) -> JobReport:
    settings.validate()
    details: Details = (("Address", peer_text((settings.host, settings.port))),)
    notes = []
    if settings.tls != Tls.OFF:
        tls = server_context(settings)
        details += describe_certificate(tls.certificate)
        notes += [expiry_warning(tls.certificate), key_file_warning(Path(settings.tls_key_path))]
    elif not is_loopback(settings.host):
        notes.append("Without TLS, everybody on the network can read what is received.")
    if not _is_ours(core, settings):
        core.network.run(check_address(settings), timeout_s=TEST_TIMEOUT_S)
    text = " ".join(["The listener can run with these settings.", *filter(None, notes)])
    return JobReport(text=text, details=details)


def _is_ours(core: EngineCore, settings: ListenerSettings) -> bool:
    """Return whether one of our own listeners holds the address, under the same name."""
    running = core.links.listener(settings.name)
    if running is None or running.status().state != LinkState.LISTENING:
        return False
    return running.port == settings.port and running.settings.host == settings.host


def describe_certificate(certificate: CertificateInfo) -> Details:
    """Return what to show of a certificate, by name."""
    return (
        ("Certificate", certificate.subject),
        ("Issued by", certificate.issuer),
        ("For", ", ".join(certificate.names) or "no host"),
        ("Valid until", f"{certificate.not_after:%Y-%m-%d} ({certificate.days_left} days)"),
        ("Key", certificate.key),
        ("SHA-256", certificate.fingerprint),
    )
