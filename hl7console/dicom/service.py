"""The DICOM service: worklist, MPPS and C-ECHO for modalities, on threads of pynetdicom.

References:
    DICOM PS3.4 Annexes A (verification), F (MPPS) and K (worklist); PS3.7; PS3.8 section 9.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from hl7console.dicom import finding, mpps
from hl7console.dicom.datasets import dataset_of, read_query
from hl7console.dicom.events import DicomEvent, QueryDone
from hl7console.dicom.library import pynetdicom
from hl7console.dicom.serving import server_class
from hl7console.errors import ConsoleError
from hl7console.settings import OTHER_AES, AeRules, WorklistServiceSettings
from hl7console.worklist import wording
from hl7console.worklist.matching import Item

log = logging.getLogger(__name__)

MWL = "1.2.840.10008.5.1.4.31"
MPPS = "1.2.840.10008.3.1.2.3.3"
MPPS_RETRIEVE = "1.2.840.10008.3.1.2.3.4"
VERIFICATION = "1.2.840.10008.1.1"
TRANSFER_SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")
"""Implicit and explicit little endian."""

NETWORK_TIMEOUT_S = 60.0
ACSE_TIMEOUT_S = 30.0
DIMSE_TIMEOUT_S = 30.0

CALLING_REFUSED, CALLED_REFUSED = (1, 1, 3), (1, 1, 7)


class DicomService:
    """One port. Start and stop: any one thread; what it calls back comes on threads of its own.

    Args:
        settings: Of the service.
        rules: By AE title.
        open_source: Opens lines for the calling thread.
        put_mpps: Writes an MPPS input down; returns when it is durable.
        stored_mpps: Returns what the worklist knows of an MPPS instance, with its status; nothing
            for an unknown one.
        on_event: Is told what happened.
        on_query: Is told of each query that was answered.
        context: TLS; None for none.
        check_peer: Returns why a TLS client isn't let in; "" lets it in.
        now: Local time; for tests.
    """

    def __init__(
        self,
        settings: WorklistServiceSettings,
        *,
        rules: Mapping[str, AeRules],
        open_source: Callable[[], finding.LineSource],
        put_mpps: Callable[[mpps.Body], None],
        stored_mpps: Callable[[str], Item],
        on_event: Callable[[DicomEvent], None],
        on_query: Callable[[QueryDone], None] = lambda _: None,
        context: ssl.SSLContext | None = None,
        check_peer: Callable[[ssl.SSLSocket], str] = lambda _: "",
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.settings = settings
        self.rules = rules
        """Replaced as a whole when rules change."""
        self._open_source = open_source
        self._steps = mpps.PerformedSteps(put_mpps, stored_mpps)
        self._on_event = on_event
        self._on_query = on_query
        self._context = context
        self._check_peer = check_peer
        self._now = now
        self._server: Any = None
        self._thread: threading.Thread | None = None
        self.queries = 0
        self.refused = 0
        self.last_query_at_us = 0

    def start(self) -> tuple[str, int]:
        """Listen; return the address in use.

        Raises:
            OSError: The port cannot be had.
        """
        library = pynetdicom()
        settings = self.settings
        entity = library.AE(settings.ae_title)
        entity.maximum_associations = settings.max_associations
        entity.network_timeout = NETWORK_TIMEOUT_S
        entity.acse_timeout = ACSE_TIMEOUT_S
        entity.dimse_timeout = DIMSE_TIMEOUT_S
        services = [VERIFICATION, MWL]
        if settings.accept_mpps:
            services += [MPPS, MPPS_RETRIEVE]
        for uid in services:
            entity.add_supported_context(uid, list(TRANSFER_SYNTAXES))
        evt = library.evt
        handlers = [
            (evt.EVT_REQUESTED, self._requested),
            (evt.EVT_C_ECHO, lambda _: 0x0000),
            (evt.EVT_C_FIND, self._find),
            (evt.EVT_N_CREATE, self._n_create),
            (evt.EVT_N_SET, self._n_set),
            (evt.EVT_N_GET, self._n_get),
            (evt.EVT_CONN_CLOSE, lambda _: None),
        ]
        self._server = server_class()(
            entity,
            (settings.host, settings.port),
            settings.ae_title,
            entity.supported_contexts,
            handlers,
            context=self._context,
            check_peer=self._check_peer,
            on_fault=lambda text, peer: self._tell("dicom_tls", text, peer, is_fault=True),
        )
        entity._servers.append(self._server)  # noqa: SLF001 - its shutdown takes it out again
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="dicom-accept"
        )
        self._thread.start()
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def stop(self, timeout_s: float = 3.0) -> bool:
        """Stop listening and end every association; return whether all threads ended in time."""
        if self._server is None or self._thread is None:
            return True
        deadline = time.monotonic() + timeout_s
        self._server.shutdown()
        associations = self._server.open_associations()
        for association in associations:
            if association.is_established:
                # Without waiting for the peer's word: it may be stuck in the middle of its own.
                association.abort(block=False)
        for association in associations:
            association.join(min(0.3, max(0.0, deadline - time.monotonic())))
            if association.is_alive():
                self._server.cut(association)
        self._thread.join(max(0.1, deadline - time.monotonic()))
        threads = [self._thread, *associations]
        for association in associations:
            association.join(max(0.1, deadline - time.monotonic()))
        self._server = None
        return not any(thread.is_alive() for thread in threads)

    def connections(self) -> int:
        """Return how many associations are open."""
        return len(self._server.open_associations()) if self._server is not None else 0

    def rules_of(self, ae_title: str) -> AeRules:
        """Return the rules for a calling AE."""
        rules = self.rules
        found = rules.get(ae_title)
        if found is None and self.settings.ignore_aet_case:
            wanted = ae_title.lower()
            found = next((r for t, r in rules.items() if t.lower() == wanted), None)
        return found or rules.get(OTHER_AES) or AeRules(ae_title=OTHER_AES)

    # Associations.

    def _requested(self, event: Any) -> None:  # noqa: ANN401 - pynetdicom's
        association = event.assoc
        asked = association.requestor.primitive
        caller, called = asked.calling_ae_title.strip(), asked.called_ae_title.strip()
        peer = _peer(event)
        settings = self.settings
        refusal: tuple[int, int, int] | None = None
        if not self._is_allowed(caller, association.requestor.address):
            refusal = CALLING_REFUSED
            text = f"The AE title {_shown(caller)} is not on the list of those let in."
            self._tell("calling_ae_refused", text, peer, is_fault=True)
        elif settings.check_called_ae and not self._is_same(called, settings.ae_title):
            refusal = CALLED_REFUSED
            text = f"{_shown(caller)} calls the AE title {_shown(called)}; ours is another."
            self._tell("called_ae_refused", text, peer, is_fault=True)
        if refusal is not None:
            self.refused += 1
            association.acse.send_reject(*refusal)
            association.kill()

    def _is_same(self, one: str, other: str) -> bool:
        if self.settings.ignore_aet_case:
            return one.strip().lower() == other.strip().lower()
        return one.strip() == other.strip()

    def _is_allowed(self, caller: str, address: str) -> bool:
        allowed = self.settings.allowed_aets
        if not allowed:
            return True
        for entry in allowed:
            title, _, host = entry.partition("@")
            if self._is_same(caller, title) and host in ("", address):
                return True
        return False

    # Worklist.

    def _find(self, event: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401
        caller = event.assoc.requestor.ae_title.strip()
        peer = _peer(event)
        rules = self.rules_of(caller)
        self.queries += 1
        self.last_query_at_us = time.time_ns() // 1000
        try:
            identifier, requested, is_known = read_query(event.identifier, rules)
        except Exception as fault:  # noqa: BLE001 - any bytes may come; pydicom raises anything
            kind = type(fault).__name__
            self._tell("query_undecodable", f"A query could not be read ({kind}).", peer, True)
            yield finding.CANNOT_DECODE, None
            return
        if not is_known:
            self._tell("query_charset", wording.sentence("query_charset"), peer)
        found = finding.Found()
        source = self._open_source()
        begun_s, first_s = time.monotonic(), 0.0
        try:
            for one in finding.find(
                source,
                identifier,
                rules,
                caller=caller,
                now=f"{self._now():%Y%m%d%H%M%S}",
                requested=requested,
                is_cancelled=lambda: event.is_cancelled or not event.assoc.is_established,
                found=found,
            ):
                first_s = first_s or time.monotonic()
                yield one
        except ConsoleError as fault:
            found.status = finding.CANNOT_PROCESS
            self._tell("query_failed", fault.full_text, peer, is_fault=True)
            yield finding.CANNOT_PROCESS, None
        finally:
            source.close()
            took_us = int(((first_s or time.monotonic()) - begun_s) * 1e6)
            self._told(found, caller, peer, took_us)

    def _told(self, found: finding.Found, caller: str, peer: str, took_us: int) -> None:
        for reason in dict.fromkeys((r.code, tuple(sorted(r.args.items()))) for r in found.odd):
            code, args = reason
            text = f"{_shown(caller)}: {wording.sentence(code, dict(args))}"
            self._tell(code, text, peer, is_fault=code in ("query_limit", "shortened_clash"))
        seen = tuple(uid for uid in found.study_uids if uid)
        self._on_query(QueryDone(caller, found.answers, found.status, seen, took_us))

    # MPPS.

    def _n_create(self, event: Any) -> tuple[Any, Any]:  # noqa: ANN401
        uid = str(event.request.AffectedSOPInstanceUID or "")
        return self._mpps(event, "attribute_list", lambda v, a: self._steps.create(uid, v, a))

    def _n_set(self, event: Any) -> tuple[Any, Any]:  # noqa: ANN401
        uid = str(event.request.RequestedSOPInstanceUID or "")
        return self._mpps(event, "modification_list", lambda v, a: self._steps.set(uid, v, a))

    def _mpps(
        self,
        event: Any,  # noqa: ANN401
        part: str,
        take: Callable[[Any, str], tuple[int, str]],
    ) -> tuple[Any, Any]:
        caller, peer = event.assoc.requestor.ae_title.strip(), _peer(event)
        try:
            dataset = getattr(event, part)
            values, _, _ = read_query(dataset, self.rules_of(caller))
        except Exception as fault:  # noqa: BLE001 - any bytes may come
            kind = type(fault).__name__
            self._tell("mpps_undecodable", f"An MPPS could not be read ({kind}).", peer, True)
            return mpps.PROCESSING_FAILURE, None
        values.pop("SpecificCharacterSet", None)
        try:
            status, comment = take(values, caller)
        except (ConsoleError, TimeoutError, OSError):
            self._tell("mpps_not_kept", wording.sentence("mpps_not_kept"), peer, is_fault=True)
            return mpps.PROCESSING_FAILURE, None
        if not status:
            return 0x0000, dataset
        self._tell("mpps_refused", f"{_shown(caller)}: {comment}.", peer, is_fault=True)
        return _failure(status, comment), None

    def _n_get(self, event: Any) -> tuple[Any, Any]:  # noqa: ANN401
        values = self._steps.get(str(event.request.RequestedSOPInstanceUID or ""))
        if values is None:
            return mpps.NO_SUCH_INSTANCE, None
        wanted = event.request.AttributeIdentifierList
        made = dataset_of(values, AeRules(charsets=("ISO_IR 192",), pn_groups=True))
        if wanted:
            tags = wanted if isinstance(wanted, list) else [wanted]
            for element in [e for e in made if e.tag not in tags]:
                del made[element.tag]
        return 0x0000, made

    def _tell(self, code: str, text: str, peer: str, is_fault: bool = False) -> None:
        self._on_event(DicomEvent(code, text, peer, is_fault))


def _failure(status: int, comment: str) -> Any:  # noqa: ANN401
    from pydicom import Dataset

    made = Dataset()
    made.Status = status
    made.ErrorComment = comment[:64]
    if status == mpps.PROCESSING_FAILURE:
        made.ErrorID = mpps.MAY_NOT_BE_UPDATED
    return made


def _peer(event: Any) -> str:  # noqa: ANN401
    requestor = event.assoc.requestor
    return f"{requestor.address}:{requestor.port}"


def _shown(title: str) -> str:
    """Return an AE title as it may be shown: it is what some machine chose to send."""
    return "".join([c if c.isascii() and c.isprintable() else "?" for c in title[:16]]) or "(none)"
