"""pynetdicom's own client: MPPS, TLS, dropped connections, hostile data sets."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import warnings

import pytest
from dicom_kit import Serving, line, rules, serving
from pydicom import Dataset

from hl7console.dicom import pacs
from hl7console.dicom.library import pynetdicom
from hl7console.dicom.service import MPPS, MPPS_RETRIEVE, MWL, VERIFICATION
from hl7console.errors import ConsoleError
from hl7console.settings import PacsSettings


def associate(served, aet="CT1", tls=None, uids=(MWL, MPPS, MPPS_RETRIEVE, VERIFICATION)):
    entity = pynetdicom().AE(aet)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 20
    for uid in uids:
        entity.add_requested_context(uid)
    return entity.associate("127.0.0.1", served.port, ae_title="RADWL", tls_args=tls)


def ended(association):
    if association.is_established:
        association.release()
    if association.ident is not None:
        association.join(5)


def ask(served, dataset, **options):
    association = associate(served, **options)
    assert association.is_established
    try:
        return [(s.Status if "Status" in s else None, d)
                for s, d in association.send_c_find(dataset, MWL)]  # fmt: skip
    finally:
        ended(association)


def query(**values):
    made, step = Dataset(), Dataset()
    for keyword, value in values.items():
        setattr(made if keyword[0] != "_" else step, keyword.lstrip("_"), value)
    made.ScheduledProcedureStepSequence = [step]
    return made


def mpps(status="IN PROGRESS", **values):
    made, step = Dataset(), Dataset()
    step.StudyInstanceUID = "1.2.3.1"
    step.AccessionNumber = "A1"
    if status:
        made.PerformedProcedureStepStatus = status
    for keyword, value in values.items():
        setattr(made, keyword, value)
    if status == "IN PROGRESS":
        made.ScheduledStepAttributesSequence = [step]
    return made


@pytest.fixture
def served():
    with serving(line(), line(accession="A2", study_uid="1.2.3.2")) as made:
        yield made


def test_a_step_is_created_and_set_and_then_closed(served):
    association = associate(served)
    try:
        status, _ = association.send_n_create(mpps(), MPPS, "1.9.1")
        assert status.Status == 0
        assert served.inputs[0]["operation"] == "create"
        told = served.inputs[0]["values"]
        assert told["PerformedProcedureStepStatus"] == "IN PROGRESS"
        assert told["ScheduledStepAttributesSequence"][0]["AccessionNumber"] == "A1"
        again, _ = association.send_n_create(mpps(), MPPS, "1.9.1")
        assert again.Status == 0x0111
        for state in ("IN PROGRESS", "COMPLETED"):
            status, _ = association.send_n_set(mpps(state), MPPS, "1.9.1")
            assert status.Status == 0
        status, _ = association.send_n_set(mpps("COMPLETED"), MPPS, "1.9.1")
        assert status.Status == 0x0110
        assert status.ErrorID == 0xA710
        assert "no longer be updated" in status.ErrorComment
        status, known = association.send_n_get([], MPPS_RETRIEVE, "1.9.1")
        assert (status.Status, known.PerformedProcedureStepStatus) == (0, "COMPLETED")
    finally:
        ended(association)
    assert [i["operation"] for i in served.inputs] == ["create", "set", "set"]


@pytest.mark.parametrize(
    ("dataset", "status"),
    [(mpps(status="", PerformedStationAETitle="CT1"), 0x0120), (mpps(status="COMPLETED"), 0x0106)],
)
def test_a_step_must_begin_in_progress(served, dataset, status):
    association = associate(served)
    try:
        assert association.send_n_create(dataset, MPPS, "1.9.2")[0].Status == status
        assert association.send_n_set(mpps("COMPLETED"), MPPS, "1.9.2")[0].Status == 0x0112
    finally:
        ended(association)
    assert not served.inputs


def test_what_the_worklist_knows_already_counts():
    stored = {
        "1.9.3": {"PerformedProcedureStepStatus": ("COMPLETED",), "Modality": ("CT",)},
        "1.9.4": {"PerformedProcedureStepStatus": ("IN PROGRESS",), "Modality": ("MR",)},
    }
    with serving(line(), stored=stored) as served:
        association = associate(served)
        try:
            assert association.send_n_create(mpps(), MPPS, "1.9.3")[0].Status == 0x0111
            assert association.send_n_set(mpps("COMPLETED"), MPPS, "1.9.3")[0].Status == 0x0110
            assert association.send_n_set(mpps("DISCONTINUED"), MPPS, "1.9.4")[0].Status == 0
            status, known = association.send_n_get([], MPPS_RETRIEVE, "1.9.4")
            assert (status.Status, known.Modality) == (0, "MR")
            assert known.PerformedProcedureStepStatus == "DISCONTINUED"
            assert association.send_n_get([], MPPS_RETRIEVE, "1.9.7")[0].Status == 0x0112
        finally:
            ended(association)


def test_what_cannot_be_kept_is_not_answered_with_success(served):
    def refuse(_body):
        raise TimeoutError

    served.service._steps._put = refuse
    association = associate(served)
    try:
        assert association.send_n_create(mpps(), MPPS, "1.9.5")[0].Status == 0x0110
    finally:
        ended(association)
    assert "mpps_not_kept" in served.codes


def test_two_associations_at_once(served):
    one, other = associate(served, "CT1"), associate(served, "CT2")
    try:
        for association in (one, other, one):
            found = list(association.send_c_find(query(AccessionNumber=""), MWL))
            assert [s.Status for s, _ in found] == [0xFF00, 0xFF00, 0]
    finally:
        ended(one)
        ended(other)


def test_an_empty_data_set_is_no_query(served):
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 100"
    assert [status for status, _ in ask(served, made)] == [0xA900]


def test_nonsense_keys_are_told_and_hurt_nobody(served):
    made = query(AccessionNumber="", _ScheduledProcedureStepStartDate="")
    step = made.ScheduledProcedureStepSequence[0]
    step.add_new("ScheduledProcedureStepStartDate", "DA", "tomorrow")
    made.add_new(0x00111010, "LO", "what")
    made.add_new(0x00080060, "CS", ["A" * 500] * 50)
    assert [status for status, _ in ask(served, made)] == [0]
    assert "query_key_nonsense" in served.codes


def test_a_pattern_made_to_take_for_ever_does_not(served):
    made = query(PatientID="*".join("a" * 2000), AccessionNumber="*?" * 2000)
    assert [status for status, _ in ask(served, made)] == [0]


def test_only_little_endian_is_taken(served):
    entity = pynetdicom().AE("CT1")
    entity.add_requested_context(MWL, "1.2.840.10008.1.2.2")
    association = entity.associate("127.0.0.1", served.port)
    assert not association.is_established
    ended(association)


def test_a_dropped_association_leaves_the_service_alone():
    with serving(*(line(accession=f"D{n}") for n in range(5000))) as served:
        association = associate(served)
        found = association.send_c_find(query(AccessionNumber=""), MWL)
        assert next(found)[0].Status == 0xFF00
        association.dul.socket.close()
        association.abort()
        association.join(5)
        with socket.create_connection(("127.0.0.1", served.port)) as nonsense:
            nonsense.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
        assert ask(served, query(AccessionNumber="D7"))[-1][0] == 0


def test_it_stops_with_peers_connected():
    served = Serving([line(accession=f"S{n}") for n in range(20_000)])
    _, served.port = served.service.start()
    idle, busy = associate(served), associate(served)
    silent = socket.create_connection(("127.0.0.1", served.port))

    def read():
        for _ in busy.send_c_find(query(AccessionNumber=""), MWL):
            pass

    reader = threading.Thread(target=read)
    reader.start()
    assert served.service.stop(3.0), "threads were left after the time to join them"
    reader.join(30)
    silent.close()
    for association in (idle, busy):
        association.abort()
        association.join(5)


def test_a_wrong_called_ae_is_refused_where_it_is_checked():
    with serving(line(), check_called_ae=True, ae_title="OTHER") as served:
        association = associate(served)
        assert association.is_rejected
        ended(association)
        assert served.codes == ["called_ae_refused"]


def test_letter_case_of_ae_titles_may_be_ignored():
    with serving(line(), allowed_aets=("ct1",), ignore_aet_case=True) as served:
        assert ask(served, query(AccessionNumber=""))[-1][0] == 0


def test_studies_that_were_sent_are_told(served):
    ask(served, query(AccessionNumber=""))
    assert set(served.queries[0].study_uids) == {"1.2.3.1", "1.2.3.2"}


@pytest.mark.parametrize("is_known", [True, False])
def test_tls(certificates, is_known):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.cert_path, certificates.server.key_path)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    if is_known:
        client.load_verify_locations(certificates.ca.cert_path)
    # A connection that says nothing holds up nobody's handshake.
    with (
        serving(line(), context=context) as served,
        socket.create_connection(("127.0.0.1", served.port)),
    ):
        association = associate(served, tls=(client, "localhost"))
        assert association.is_established == is_known
        ended(association)


def test_rules_change_while_it_runs(served):
    served.service.rules = {"CT1": rules(station_filter="caller", serve_open=False)}
    assert ask(served, query(AccessionNumber=""), aet="CT1")[0][0] == 0xFF00
    served.service.rules = {"CT9": rules(ae_title="CT9", station_filter="caller")}
    assert [s for s, _ in ask(served, query(AccessionNumber=""), aet="CT9")] == [0]


def test_an_archive_that_is_not_there_leaves_no_socket_behind():
    settings = PacsSettings("PACS", host="127.0.0.1", port=1, ae_title="PACS", timeout_s=1.0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with pytest.raises(ConsoleError):
            pacs.echo(settings)
        gc.collect()
    assert not [str(w.message) for w in told if issubclass(w.category, ResourceWarning)]
