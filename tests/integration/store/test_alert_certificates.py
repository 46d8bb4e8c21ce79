"""Certificates of the DICOM service and of archives, from settings in a real database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alert_kinds_kit import START_US, Watch

from hl7console.engine.certificates import make_authority, make_server_certificate, read_certificate
from hl7console.settings import Tls
from hl7console.settings.alerts import AlertKind, AlertRule
from hl7console.settings.dicom import PacsSettings, WorklistServiceSettings
from hl7console.store.interfaces import save_pacs, save_worklist_service


@pytest.mark.parametrize(("enabled", "found"), [(True, ["Archive", "MWL"]), (False, [])])
def test_that_certificates_of_dicom_are_told(store, tmp_path, enabled, found) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    made = make_server_certificate(folder, make_authority(folder), host_names=["localhost"])
    shown = {"tls_cert_path": str(made.cert_path), "tls_key_path": str(made.key_path)}
    service = WorklistServiceSettings("MWL", tls=Tls.SERVER, enabled=enabled, **shown)
    archive = PacsSettings("Archive", tls=Tls.MUTUAL, enabled=enabled, **shown)
    plain = replace(archive, name="Plain", tls=Tls.OFF)
    store.writer.call(lambda db: save_worklist_service(db, service), label="test").result(10)
    for one in (archive, plain):
        store.writer.call(lambda db, one=one: save_pacs(db, one), label="test").result(10)
    watch = Watch(store, AlertRule("Ends", AlertKind.CERTIFICATE))
    end_us = int(read_certificate(made.cert_path).not_after.timestamp()) * 1_000_000
    second = (end_us - START_US) / 1_000_000 - 86_400
    assert [one.subject for one in watch.look(second)] == found
    assert watch.look(second - 40 * 86_400) == []
