"""The DICOM service in the engine: from an order on one port to a query on the other."""

from __future__ import annotations

import socket
import time
from contextlib import closing, contextmanager

import pytest
from dicom_kit import rules
from engine_kit import Client, key_source, port, status, wait_for
from pydicom import Dataset

from hl7console.dicom.library import pynetdicom
from hl7console.dicom.service import MPPS, MPPS_RETRIEVE, MWL
from hl7console.engine.console import LinkState
from hl7console.engine.dicom_commands import (
    AskPacs,
    DeleteAeRules,
    SaveAeRules,
    SavePacs,
    SaveWorklistService,
    TestPacs,
)
from hl7console.engine.supervisor import Engine
from hl7console.errors import ConsoleError
from hl7console.settings import ListenerSettings, PacsSettings, Tls, WorklistServiceSettings
from hl7console.store.measures.records import Scope
from hl7console.store.worklist.journal import all_inputs
from hl7console.store.workspace import Workspace

LISTENER = ListenerSettings(name="RIS in", port=0)
SERVICE = WorklistServiceSettings(port=0, ae_title="RADWL")


def order(n: int = 1) -> bytes:
    return (
        f"MSH|^~\\&|RIS|HOSP|CON|RAD|20260105101500||ORM^O01|M{n}|P|2.3.1\r"
        f"PID|1||P{n}^^^HOSP^MR||DOE^JANE||19700101|F\rPV1|1|O\r"
        f"ORC|NW|PL{n}|FI{n}||SC||^^^20260106100000^^R\r"
        f"OBR|1|PL{n}|FI{n}|CTH^CT head^L^CTH^CT head prot^L||||||||||||||A{n}|R{n}|S{n}||||CT\r"
        f"ZDS|1.2.3.{n}^HOSP^Application^DICOM\r"
    ).encode()


@contextmanager
def running(folder, service=SERVICE):
    workspace = Workspace.open(folder / "workspace", key_source(folder))
    engine = Engine(workspace, listeners=(LISTENER,), worklist="thread", dicom=service)
    engine.start()
    try:
        if service is not None:
            wait_for(lambda: status(engine, "Worklist").state == LinkState.LISTENING, "the service")
        yield engine
    finally:
        assert engine.stop(10.0)


@contextmanager
def associated(engine, uids=(MWL, MPPS), aet="CT1"):
    entity = pynetdicom().AE(aet)
    for uid in uids:
        entity.add_requested_context(uid)
    association = entity.associate("127.0.0.1", port(engine, "Worklist"), ae_title="RADWL")
    assert association.is_established
    try:
        yield association
    finally:
        association.release()
        association.join(5)


def accessions(engine, **options):
    asked, step = Dataset(), Dataset()
    asked.AccessionNumber = ""
    step.Modality = "CT"
    asked.ScheduledProcedureStepSequence = [step]
    with associated(engine, **options) as association:
        return sorted(d.AccessionNumber for _, d in association.send_c_find(asked, MWL) if d)


def feed(engine, *numbers):
    with Client(port(engine, "RIS in")) as client:
        for n in numbers:
            client.ask(order(n))
    wait_for(
        lambda: engine.snapshot().worklist_entry >= engine.snapshot().last_message_id > 0,
        "the worklist",
    )


def test_queries_are_measured_with_the_time_to_their_first_answer(tmp_path):
    with running(tmp_path) as engine, closing(engine.open_measures()) as reader:
        feed(engine, 1)
        for _ in range(3):
            assert accessions(engine) == ["A1"]

        def measured():
            now_s = int(time.time())
            return reader.totals(
                Scope.WORKLIST, now_s - 60, now_s + 1, names=("Worklist",), times=True
            )["Worklist"]

        wait_for(lambda: measured().received == 3, "measured")
        found = measured()
    assert (found.accepted, found.refused) == (3, 0)
    assert found.latency is not None
    assert found.latency.total == 3
    assert 0 < found.latency.most < 60_000_000


def performed(state, uid):
    made, step = Dataset(), Dataset()
    made.PerformedProcedureStepStatus = state
    made.PerformedProcedureStepID = "PPS1"
    if state == "IN PROGRESS":
        step.StudyInstanceUID, step.AccessionNumber = uid, "A1"
        step.ScheduledProcedureStepID = "S1"
        made.ScheduledStepAttributesSequence = [step]
    return made


def test_an_order_is_served_until_its_exam_begins(tmp_path):
    with running(tmp_path) as engine, closing(engine.open_worklist()) as reader:
        feed(engine, 1, 2)
        assert accessions(engine) == ["A1", "A2"]
        with associated(engine) as association:
            created, _ = association.send_n_create(performed("IN PROGRESS", "1.2.3.1"), MPPS, "1.9")
            assert created.Status == 0
            step = reader.step_of("1.2.3.1")
            wait_for(lambda: reader.rows([step])[0].state == "STARTED", "the exam")
            assert accessions(engine) == ["A2"]
            assert association.send_n_set(performed("COMPLETED", ""), MPPS, "1.9")[0].Status == 0
            wait_for(lambda: reader.rows([step])[0].state == "COMPLETED", "its end")
            again, _ = association.send_n_set(performed("COMPLETED", ""), MPPS, "1.9")
            assert again.Status == 0x0110


def test_what_was_served_is_written_down_once(tmp_path):
    with running(tmp_path) as engine:
        feed(engine, 1, 2)
        accessions(engine)
        accessions(engine)

        def served():
            with closing(engine.open_reader()) as reader:
                return [e.body["study_uids"] for e in all_inputs(reader.database())
                        if e.kind == "served"]  # fmt: skip

        wait_for(served, "the journal")
        assert [sorted(uids) for uids in served()] == [["1.2.3.1", "1.2.3.2"]]


@pytest.mark.expects_log
def test_rules_and_service_are_changed_while_it_runs(tmp_path):
    with running(tmp_path, service=None) as engine:
        assert all(i.kind == "listener" for i in engine.snapshot().interfaces)
        report = engine.submit(SaveWorklistService(SERVICE)).result(20)
        assert "listens on" in report.text
        feed(engine, 1)
        assert accessions(engine) == ["A1"]
        engine.submit(SaveAeRules(rules(ae_title="CT1", serve_open=False))).result(20)
        assert accessions(engine) == []
        engine.submit(DeleteAeRules("CT1")).result(20)
        assert accessions(engine) == ["A1"]
        with socket.create_server(("127.0.0.1", 0)) as taken:
            busy = WorklistServiceSettings(port=taken.getsockname()[1])
            report = engine.submit(SaveWorklistService(busy)).result(20)
        assert report.is_fault
        assert "in use" in report.text


def test_an_archive_is_asked_and_compared(tmp_path):
    library = pynetdicom()
    from pynetdicom import evt

    entity = library.AE("PACS")
    entity.add_supported_context("1.2.840.10008.5.1.4.1.2.2.1")
    entity.add_supported_context("1.2.840.10008.1.1")

    def find(event):
        made = Dataset()
        made.StudyInstanceUID = event.identifier.StudyInstanceUID
        made.AccessionNumber, made.PatientID, made.PatientName = "A1", "OTHER", "DOE^JANE"
        made.PatientBirthDate, made.PatientSex = "19700101", "F"
        yield 0xFF00, made

    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, find)]
    )
    try:
        pacs = PacsSettings("Archive", port=server.server_address[1])
        with running(tmp_path) as engine, closing(engine.open_worklist()) as reader:
            feed(engine, 1)
            assert "answers" in engine.submit(TestPacs(pacs)).result(20).text
            engine.submit(SavePacs(pacs)).result(20)
            report = engine.submit(AskPacs(reader.step_of("1.2.3.1"))).result(20)
            assert report.is_fault
            assert [name for name, _ in report.details] == ["study", "PatientID"]
    finally:
        server.shutdown()
        wait_for(lambda: not server.active_associations, "the archive's end")


def secured(certificates, **changes):
    server, ca = certificates.server, certificates.ca
    return WorklistServiceSettings(
        port=0, ae_title="RADWL", tls=Tls.MUTUAL, tls_cert_path=str(server.cert_path),
        tls_key_path=str(server.key_path), tls_client_ca_path=str(ca.cert_path), **changes,
    )  # fmt: skip


def is_let_in(engine, certificates, own):
    entity = pynetdicom().AE("CT1")
    entity.add_requested_context(MWL)
    tls = (certificates.client_context(own), "localhost")
    association = entity.associate("127.0.0.1", port(engine, "Worklist"), tls_args=tls)
    found = association.is_established
    if found:
        association.release()
    if association.ident is not None:
        association.join(5)
    if (held := association.dul.socket) is not None and held.socket is not None:
        held.socket.close()  # which pynetdicom leaves open where the peer has gone
    return found


@pytest.mark.parametrize(
    ("names", "own", "is_in", "told"),
    [
        ((), "client", True, ""),
        ((), "foreign_client", False, "TLS failed"),
        ((), None, False, "TLS failed"),
        (("ris",), "client", True, ""),
        (("CT 1",), "client", False, "The client's certificate (ris) is not on the list."),
    ],
)
def test_only_modalities_with_a_certificate_are_let_in(
    tmp_path, certificates, names, own, is_in, told
):
    service = secured(certificates, allowed_certificate_names=names)
    with running(tmp_path, service) as engine:
        own = getattr(certificates, own) if own else None
        assert is_let_in(engine, certificates, own) is is_in
        if told:
            wait_for(lambda: engine.events("Worklist"), "the event")
            event = engine.events("Worklist")[-1]
            assert event.is_fault
            assert told.lower() in event.text.lower()


def test_an_exam_of_before_a_restart_is_told_of(tmp_path):
    with running(tmp_path) as engine:
        feed(engine, 1)
        begun = performed("IN PROGRESS", "1.2.3.1")
        begun.Modality, begun.PatientID = "CT", "P1"
        with associated(engine) as association:
            assert association.send_n_create(begun, MPPS, "1.9")[0].Status == 0
    with running(tmp_path) as engine, associated(engine, (MPPS, MPPS_RETRIEVE)) as association:
        wait_for(
            lambda: association.send_n_get([], MPPS_RETRIEVE, "1.9")[0].Status == 0, "the exam"
        )
        assert association.send_n_set(performed("COMPLETED", ""), MPPS, "1.9")[0].Status == 0
        _, known = association.send_n_get([], MPPS_RETRIEVE, "1.9")
    assert known.PerformedProcedureStepStatus == "COMPLETED"
    assert (known.Modality, known.PatientID, known.PerformedProcedureStepID) == ("CT", "P1", "PPS1")
    (step,) = known.ScheduledStepAttributesSequence
    assert (step.StudyInstanceUID, step.ScheduledProcedureStepID) == ("1.2.3.1", "S1")


@pytest.mark.parametrize(
    ("own", "ca", "is_reached"),
    [("client", "ca", True), ("foreign_client", "ca", False), ("client", "other_ca", False)],
)
def test_an_archive_is_asked_over_tls(tmp_path, certificates, own, ca, is_reached):
    entity = pynetdicom().AE("PACS")
    entity.add_supported_context("1.2.840.10008.1.1")
    context = certificates.server_context(is_mutual=True)
    server = entity.start_server(("127.0.0.1", 0), block=False, ssl_context=context)
    files = getattr(certificates, own)
    pacs = PacsSettings(
        "Archive", host="localhost", port=server.server_address[1], tls=Tls.MUTUAL,
        tls_ca_path=str(getattr(certificates, ca).cert_path), timeout_s=5.0,
        tls_cert_path=str(files.cert_path),
        tls_key_path=str(files.key_path),
    )  # fmt: skip
    try:
        with running(tmp_path, service=None) as engine:
            if is_reached:
                assert "answers" in engine.submit(TestPacs(pacs)).result(20).text
            else:
                with pytest.raises(ConsoleError, match=r"Archive .*reached|Archive did not"):
                    engine.submit(TestPacs(pacs)).result(20)
    finally:
        server.shutdown()
        wait_for(lambda: not server.active_associations, "the archive's end")
