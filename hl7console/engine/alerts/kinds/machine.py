"""The machine: certificates that end, room on the disk, and how large the databases are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.subjects import is_about
from hl7console.engine.alerts.life import duration
from hl7console.engine.certificates import read_certificate
from hl7console.errors import ConsoleError, EnvironmentFaultError
from hl7console.settings import Tls
from hl7console.settings.alerts import AlertRule
from hl7console.store.interfaces import load_pacs, load_worklist_service

USUAL_CERTIFICATE_DAYS = 30.0
USUAL_FREE_MIB = 2_048.0
USUAL_DATABASE_MIB = 20_480.0

DATABASES = ("console.db", "worklist.db", "measures.db")
"""Files of a workspace that grow; each may have a log beside it."""

_MIB = 1024 * 1024
_DAY_US = 86_400 * 1_000_000
_Stamp = tuple[int, int]


class Certificates:
    """Finds interfaces that show a certificate which ends soon, or has ended.

    Listeners, destinations, the DICOM service and archives.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Stamp, int]] = {}

    def __call__(self, rule: AlertRule, facts: Facts) -> Iterator[Finding]:
        """Return those in use; a file that cannot be read is the matter of its interface."""
        limit_us = (rule.limit or USUAL_CERTIFICATE_DAYS) * _DAY_US
        in_use = list(_in_use(facts))
        for scope, name, path in in_use:
            if not is_about(rule, name):
                continue
            end_us = self._end_us(path)
            if not end_us or end_us - facts.now_us > limit_us:
                continue
            day = datetime.fromtimestamp(end_us // 1_000_000, tz=UTC)
            left_us = end_us - facts.now_us
            verb = f"ends in {duration(left_us)}" if left_us > 0 else "has ended"
            text = f"The certificate of {name}, {Path(path).name}, {verb} ({day:%Y-%m-%d})."
            yield Finding(scope, name, text)
        self._known = {path: self._known[path] for *_, path in in_use if path in self._known}

    def _end_us(self, path: str) -> int:
        """Return when a certificate ends; 0 where that cannot be read. Cached by its file."""
        try:
            found = Path(path).stat()
        except (OSError, ValueError):
            return 0
        stamp = (found.st_mtime_ns, found.st_size)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            try:
                end_us = int(read_certificate(Path(path)).not_after.timestamp()) * 1_000_000
            except (ConsoleError, OSError, ValueError, OverflowError):
                end_us = 0
            known = self._known[path] = (stamp, end_us)
        return known[1]


def _in_use(facts: Facts) -> Iterator[tuple[str, str, str]]:
    for listener in facts.sources.listeners():
        if listener.enabled and listener.tls != Tls.OFF and listener.tls_cert_path:
            yield "listener", listener.name, listener.tls_cert_path
    for one in facts.sources.destinations():
        if one.enabled and one.tls != Tls.OFF and one.tls_cert_path and one.tls_key_path:
            yield "destination", one.name, one.tls_cert_path
    watched = facts.sources.watched
    if watched is None:
        return
    service = watched.ask(load_worklist_service)
    if service is not None and service.enabled and service.tls != Tls.OFF:
        yield "worklist", service.name, service.tls_cert_path
    for archive in watched.ask(load_pacs):
        if archive.enabled and archive.tls != Tls.OFF and archive.tls_cert_path:
            yield "engine", archive.name, archive.tls_cert_path


def disk(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find that little is free where the workspace lies.

    Raises:
        EnvironmentFaultError: That cannot be found out.
    """
    limit_mib = rule.limit or USUAL_FREE_MIB
    try:
        free = shutil.disk_usage(facts.sources.workspace).free
    except OSError as fault:
        raise EnvironmentFaultError(
            f"The disk of the workspace cannot be looked at: {fault.strerror or 'no reason given'}."
        ) from None
    if free < limit_mib * _MIB:
        yield Finding("engine", "Disk", f"Only {_size(free)} are free on the workspace's disk.")


def database(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find that the workspace's databases have grown beyond a size, their logs counted in."""
    limit_mib = rule.limit or USUAL_DATABASE_MIB
    size = 0
    for name in DATABASES:
        for path in (facts.sources.workspace / name, facts.sources.workspace / f"{name}-wal"):
            try:
                size += path.stat().st_size
            except OSError:
                continue
    if size > limit_mib * _MIB:
        text = (
            f"The workspace's databases have grown to {_size(size)}."
            " Retention in the settings says what is kept."
        )
        yield Finding("engine", "Database", text)


def _size(size_bytes: int) -> str:
    mib = size_bytes / _MIB
    return f"{mib / 1024:,.1f} GiB" if mib >= 1024 else f"{mib:,.0f} MiB"
