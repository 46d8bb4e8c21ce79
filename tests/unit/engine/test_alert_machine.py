"""Certificates that end, room on the disk, and how large the databases are."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from hl7console.engine.alerts.facts import Facts, Sources
from hl7console.engine.alerts.kinds.table import KINDS
from hl7console.engine.certificates import (
    CertificateFiles,
    make_authority,
    make_server_certificate,
    read_certificate,
)
from hl7console.engine.snapshot import EngineSnapshot
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings, ListenerSettings, Tls
from hl7console.settings.alerts import AlertKind, AlertRule, NormalSettings

DAY_US = 86_400 * 1_000_000
MIB = 1024 * 1024


def rule(kind: AlertKind, **values: object) -> AlertRule:
    return AlertRule("Rule", kind, **values)  # type: ignore[arg-type]


class Look:
    """One kind that looks at a folder."""

    def __init__(self, kind: AlertKind, folder: Path, **sources: object) -> None:
        self._kind = kind
        self._find = KINDS[kind].make()
        self._sources = Sources(folder, EngineSnapshot, **sources)  # type: ignore[arg-type]

    def __call__(self, now_us: int = 0, **values: object):
        facts = Facts(self._sources, now_us, NormalSettings(), now_us)
        return list(self._find(rule(self._kind, **values), facts))


# Certificates.


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    folder = tmp_path_factory.mktemp("signed")
    return make_server_certificate(folder, make_authority(folder), host_names=["localhost"])


@pytest.fixture
def end_us(signed: CertificateFiles) -> int:
    return int(read_certificate(signed.cert_path).not_after.timestamp()) * 1_000_000


def listener(signed: CertificateFiles, **values: object) -> ListenerSettings:
    told: dict[str, object] = {
        "name": "RIS-in",
        "tls": Tls.SERVER,
        "tls_cert_path": str(signed.cert_path),
        "tls_key_path": str(signed.key_path),
        **values,
    }
    return ListenerSettings(**told)  # type: ignore[arg-type]


def destination(signed: CertificateFiles, **values: object) -> DestinationSettings:
    told: dict[str, object] = {
        "name": "PACS",
        "tls": Tls.MUTUAL,
        "tls_cert_path": str(signed.cert_path),
        "tls_key_path": str(signed.key_path),
        **values,
    }
    return DestinationSettings(**told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "limit", "is_found", "told"),
    [
        (31, 0, False, ""),
        (30, 0, True, "ends in 30 d"),
        (8, 7, False, ""),
        (7, 7, True, "ends in 7 d"),
        (-1, 7, True, "has ended"),
    ],
)
def test_when_a_certificate_is_told(tmp_path, signed, end_us, days, limit, is_found, told) -> None:
    look = Look(AlertKind.CERTIFICATE, tmp_path, listeners=lambda: (listener(signed),))
    found = look(end_us - days * DAY_US, limit=limit)
    assert bool(found) is is_found
    if is_found:
        assert found[0].key == ("listener", "RIS-in")
        assert told in found[0].text
        assert "server.pem" in found[0].text
        assert str(tmp_path) not in found[0].text


@pytest.mark.parametrize(
    ("listeners", "destinations", "subjects", "expected"),
    [
        ([{}], [{}], (), ["RIS-in", "PACS"]),
        ([{"enabled": False}], [{"enabled": False}], (), []),
        ([{"tls": Tls.OFF}], [{"tls": Tls.OFF}], (), []),
        ([], [{"tls": Tls.SERVER, "tls_cert_path": "", "tls_key_path": ""}], (), []),
        ([{}, {"name": "LAB-in"}], [{}], ("*-in",), ["RIS-in", "LAB-in"]),
        ([{}], [{}], ("pacs",), ["PACS"]),
        ([{"tls_cert_path": "not there.pem"}], [], (), []),
        ([{"tls_cert_path": "nul\0byte"}], [], (), []),
    ],
)
def test_whose_certificates_are_told(
    tmp_path, signed, end_us, listeners, destinations, subjects, expected
) -> None:
    look = Look(
        AlertKind.CERTIFICATE,
        tmp_path,
        listeners=lambda: tuple(listener(signed, **one) for one in listeners),
        destinations=lambda: tuple(destination(signed, **one) for one in destinations),
    )
    assert [one.subject for one in look(end_us, subjects=subjects)] == expected


def test_that_a_certificate_that_was_replaced_is_read_again(tmp_path, signed, end_us) -> None:
    path = tmp_path / "mine.pem"
    path.write_text("no certificate", encoding="utf-8")
    listeners = (listener(signed, tls_cert_path=str(path)),)
    look = Look(AlertKind.CERTIFICATE, tmp_path, listeners=lambda: listeners)
    assert look(end_us) == []
    shutil.copy(signed.cert_path, path)
    assert look(end_us)


def test_that_a_certificate_is_read_once(tmp_path, signed, end_us, monkeypatch) -> None:
    reads = []

    def read(path: Path):
        reads.append(path)
        return read_certificate(path)

    monkeypatch.setattr("hl7console.engine.alerts.kinds.machine.read_certificate", read)
    look = Look(AlertKind.CERTIFICATE, tmp_path, listeners=lambda: (listener(signed),))
    for _ in range(3):
        assert look(end_us)
    assert len(reads) == 1


# The disk and the databases.

_Usage = namedtuple("_Usage", "total used free")


@pytest.mark.parametrize(
    ("free", "limit", "told"),
    [
        (2_048 * MIB, 0, ""),
        (2_048 * MIB - 1, 0, "2.0 GiB"),
        (100 * MIB, 100, ""),
        (100 * MIB - 1, 100, "100 MiB"),
        (0, 100, "0 MiB"),
    ],
)
def test_when_little_is_free(tmp_path, monkeypatch, free, limit, told) -> None:
    asked = []

    def usage(path: Path) -> _Usage:
        asked.append(path)
        return _Usage(10**12, 0, free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    found = Look(AlertKind.DISK, tmp_path)(limit=limit)
    assert asked == [tmp_path]
    assert bool(found) is bool(told)
    assert told in (found[0].text if found else "")
    assert all(one.key == ("engine", "Disk") for one in found)


def test_that_a_disk_that_cannot_be_looked_at_is_neither_full_nor_not(tmp_path) -> None:
    with pytest.raises(ConsoleError, match="cannot be looked at"):
        Look(AlertKind.DISK, tmp_path / "not there")()


def sized(path: Path, size_bytes: int) -> None:
    path.touch()
    os.truncate(path, size_bytes)


@pytest.mark.parametrize(("more", "is_found"), [(0, False), (1, True)])
def test_when_the_databases_are_large(tmp_path, more, is_found) -> None:
    sized(tmp_path / "console.db", 5 * MIB)
    sized(tmp_path / "console.db-wal", 2 * MIB)
    sized(tmp_path / "worklist.db", 2 * MIB)
    sized(tmp_path / "measures.db", 1 * MIB + more)
    sized(tmp_path / "other.db", 50 * MIB)
    found = Look(AlertKind.DATABASE, tmp_path)(limit=10)
    assert bool(found) is is_found
    if is_found:
        assert found[0].key == ("engine", "Database")
        assert "10 MiB" in found[0].text


def test_that_no_database_is_small(tmp_path) -> None:
    assert Look(AlertKind.DATABASE, tmp_path)() == []
