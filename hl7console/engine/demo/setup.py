"""Prepares the demo's workspace, certificates and interfaces, all on loopback."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from hl7console.engine import certificates
from hl7console.engine.certificates import CertificateFiles
from hl7console.engine.console import Console, InterfaceStatus, LinkState
from hl7console.engine.demo.segments import System
from hl7console.engine.owner import LOCK_FILE_NAME, OwnerLock
from hl7console.errors import EnvironmentFaultError, UsageError, WorkspaceInUseError
from hl7console.settings import DestinationSettings, ListenerSettings, Tls
from hl7console.store.keys import KeySource
from hl7console.store.workspace import KIND_DEMO, forget_key, read_record

LOOPBACK = "127.0.0.1"

HOSPITAL_IN = "Hospital in"
"""The plain listener: registration, appointments, laboratory, documents."""

IMAGING_IN = "Imaging in"
"""The TLS listener: radiology, cardiology, reporting."""

TEST_SYSTEM_IN = "Test system"
"""A listener that plays the receiver of what the user sends again."""

TEST_SYSTEM = "Test system (loopback)"
"""The destination that leads to it."""

CERTIFICATES_FOLDER = "certificates"

_MARGIN_DAYS = 7
"""Certificates with fewer days left are made anew."""


def check_folder(path: Path) -> None:
    """Refuse a folder that holds anything but the demo's own workspace.

    Raises:
        UsageError: It does.
    """
    record = read_record(path)
    if record is not None:
        if record.kind != KIND_DEMO:
            raise UsageError(
                "This workspace holds real messages; sample traffic needs one of its own.",
                hint="Leave out --workspace, or name an empty folder.",
            )
        return
    if path.is_dir() and any(entry.name != LOCK_FILE_NAME for entry in path.iterdir()):
        raise UsageError(
            f"The folder is not empty: {path}.",
            hint="The demo needs a folder of its own; name an empty or a new one.",
        )


def clear(path: Path) -> None:
    """Delete the demo's workspace.

    Raises:
        UsageError: The folder is no demo workspace.
        WorkspaceInUseError: A running demo uses it.
        EnvironmentFaultError: Something in it cannot be deleted.
    """
    check_folder(path)
    record = read_record(path)
    if record is None:
        return
    lock = OwnerLock.acquire(path)
    if lock is None:
        raise WorkspaceInUseError("The demo is running in this workspace.", hint="End it first.")
    lock.release()
    forget_key(KeySource(use_key_store=False), record)
    try:
        shutil.rmtree(path)
    except OSError as fault:
        raise EnvironmentFaultError(f"The demo's workspace cannot be deleted: {fault}.") from fault


def demo_listeners(folder: Path) -> tuple[ListenerSettings, ...]:
    """Return the demo's listeners on free loopback ports; makes certificates where needed.

    Args:
        folder: The demo's workspace.
    """
    server = _server_certificate(folder / CERTIFICATES_FOLDER)
    return (
        ListenerSettings(name=HOSPITAL_IN, host=LOOPBACK, port=0, charset_default="cp1252"),
        ListenerSettings(
            name=IMAGING_IN,
            host=LOOPBACK,
            port=0,
            tls=Tls.SERVER,
            tls_cert_path=str(server.cert_path),
            tls_key_path=str(server.key_path),
        ),
        ListenerSettings(name=TEST_SYSTEM_IN, host=LOOPBACK, port=0),
    )


def route_to(console: Console, folder: Path) -> Callable[[System], DestinationSettings | None]:
    """Return the function that says where a system sends at this moment: listeners may move."""
    ca_path = str(folder / CERTIFICATES_FOLDER / "ca.pem")

    def route(system: System) -> DestinationSettings | None:
        status = _listening(console, IMAGING_IN if system.over_tls else HOSPITAL_IN)
        if status is None:
            return None
        return DestinationSettings(
            name=system.application,
            host=LOOPBACK,
            port=int(status.address.rpartition(":")[2]),
            tls=Tls.SERVER if status.tls != Tls.OFF else Tls.OFF,
            tls_ca_path=ca_path if status.tls != Tls.OFF else "",
        )

    return route


def test_system(console: Console) -> DestinationSettings | None:
    """Return the destination that leads to the listener that plays a receiver."""
    status = _listening(console, TEST_SYSTEM_IN)
    if status is None:
        return None
    port = int(status.address.rpartition(":")[2])
    return DestinationSettings(name=TEST_SYSTEM, host=LOOPBACK, port=port)


def _listening(console: Console, name: str) -> InterfaceStatus | None:
    for status in console.snapshot().interfaces:
        if status.name == name and status.state == LinkState.LISTENING:
            return status
    return None


def _server_certificate(folder: Path) -> CertificateFiles:
    """Return a certificate for loopback with days left, made with its CA when there is none."""
    server = CertificateFiles(folder / "server.pem", folder / "server.key")
    parts = (folder / "ca.pem", server.cert_path, server.key_path)
    if all(part.exists() for part in parts) and (
        certificates.read_certificate(server.cert_path).days_left > _MARGIN_DAYS
    ):
        return server
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}-{time.time_ns() // 10**9}"))
    authority = certificates.make_authority(folder, name="hl7console demo CA")
    return certificates.make_server_certificate(
        folder, authority, host_names=["localhost", LOOPBACK, "::1"]
    )
