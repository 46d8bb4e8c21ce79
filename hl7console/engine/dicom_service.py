"""The DICOM service in the engine: its settings, its light, and what it writes to the journal."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from hl7console.engine import auditing
from hl7console.engine.console import InterfaceStatus, LinkState
from hl7console.engine.events import InterfaceEvent, Timeline
from hl7console.engine.listener import explain_bind
from hl7console.engine.sockets import peer_text
from hl7console.engine.tls import (
    is_certificate_allowed,
    is_loopback,
    peer_names,
    server_context,
)
from hl7console.engine.worklist_service import WorklistService
from hl7console.errors import ConsoleError
from hl7console.settings import AeRules, ListenerSettings, Tls, WorklistServiceSettings
from hl7console.store import interfaces
from hl7console.store.connection import Database
from hl7console.store.worklist import journal
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.worklist.served import served_studies
from hl7console.store.writer import StoreWriter
from hl7console.worklist.matching import Item
from hl7console.worklist.rows import EXAM
from hl7console.worklist.rules.mpps import attributes_of

if TYPE_CHECKING:
    from hl7console.dicom.events import DicomEvent, QueryDone
    from hl7console.dicom.service import DicomService

log = logging.getLogger(__name__)

SUCCESS, CANCELLED = 0x0000, 0xFE00
"""States of a C-FIND that went well (DICOM PS3.4 Table K.4-2)."""

STORE_TIMEOUT_S = 20.0
"""Longest that an MPPS message waits to be durable, in seconds."""


class DicomLink:
    """Runs the DICOM service of one engine. Any thread.

    Args:
        writer: The store's writer.
        open_worklist: Opens the worklist for the calling thread.
        worklist: What follows the journal.
        given: Settings in place of the stored ones; changes are not stored then.
        is_off: Nothing is started.
        note_query: Is told of each query: the service's name, µs to the first answer, whether it
            went well. On threads of the service.
    """

    def __init__(
        self,
        writer: StoreWriter,
        open_worklist: Callable[[], WorklistReader],
        worklist: WorklistService,
        *,
        given: WorklistServiceSettings | None = None,
        is_off: bool = False,
        note_query: Callable[[str, int, bool], None] | None = None,
    ) -> None:
        self._note_query = note_query
        self._writer = writer
        self._open_worklist = open_worklist
        self._worklist = worklist
        self._given = given
        self._is_off = is_off
        self._changing = threading.Lock()
        self._noting = threading.Lock()
        self._starting: threading.Thread | None = None
        self._service: DicomService | None = None
        self._rules: dict[str, AeRules] = {}
        self._served: set[str] = set()
        self.settings = given
        """None while there is no service."""
        self.timeline = Timeline()
        self._state = LinkState.STOPPED
        self._text = ""
        self._address = ""
        self._since_us = time.time_ns() // 1000
        self.version = 0
        """Grows with every change of settings."""

    def start(self) -> None:
        """Start what is configured, in the background; its light tells what came of it."""
        if self._is_off:
            return
        if self._given is not None:
            self._turn(LinkState.STARTING)
        self._starting = threading.Thread(target=self._load_and_run, name="dicom-start")
        self._starting.start()

    def _load_and_run(self) -> None:
        def load(
            database: Database,
        ) -> tuple[WorklistServiceSettings | None, tuple[AeRules, ...], set[str]]:
            return (
                interfaces.load_worklist_service(database),
                interfaces.load_ae_rules(database),
                served_studies(database),
            )

        try:
            with self._changing:
                stored, rules, served = self._writer.call(load, label="DICOM settings").result(
                    STORE_TIMEOUT_S
                )
                self._rules = {rule.ae_title: rule for rule in rules}
                self._served = served
                self.settings = self._given or stored
                self._run()
        except (ConsoleError, TimeoutError) as fault:
            text = fault.full_text if isinstance(fault, ConsoleError) else "The store is busy."
            self._turn(LinkState.FAILED, text)

    def _run(self) -> None:
        settings = self.settings
        if settings is None or not settings.enabled:
            self._turn(LinkState.STOPPED)
            return
        self._turn(LinkState.STARTING)
        from hl7console.dicom.service import DicomService

        try:
            context = _context(settings)
            service = DicomService(
                settings,
                rules=self._rules,
                open_source=self._open_worklist,
                put_mpps=self._put_mpps,
                stored_mpps=self._stored_mpps,
                on_event=self._on_event,
                on_query=self._on_query,
                context=context,
                check_peer=lambda sock: _refusal(settings, sock),
            )
            self._address = peer_text(service.start())
        except ConsoleError as fault:
            self._turn(LinkState.FAILED, fault.full_text)
        except OSError as fault:
            fault_told = explain_bind(fault, _as_listener(settings))
            self._turn(LinkState.FAILED, fault_told.full_text)
        else:
            self._service = service
            self._turn(LinkState.LISTENING)
            log.info("DICOM service listens on %s", self._address)

    def stop(self, timeout_s: float = 3.0) -> bool:
        """Stop the service; return whether all its threads ended in time."""
        if self._starting is not None:
            self._starting.join(timeout_s)
        with self._changing:
            service, self._service = self._service, None
            has_ended = service.stop(timeout_s) if service is not None else True
            self._turn(LinkState.STOPPED)
        return has_ended

    # Settings.

    def save_service(self, settings: WorklistServiceSettings) -> InterfaceStatus:
        """Store the settings, and start, restart or stop the service; return its light."""
        settings.validate()
        with self._changing:
            self._keep(
                lambda database: interfaces.save_worklist_service(database, settings),
                "worklist service saved",
                settings.name,
            )
            service, self._service = self._service, None
            if service is not None:
                service.stop()
            self.settings = settings
            if not self._is_off:
                self._run()
        return self.statuses()[0]

    def save_rules(self, rules: AeRules, previous_title: str = "") -> None:
        """Store the rules for an AE; they count from its next query on."""
        rules.validate()
        with self._changing:
            self._keep(
                lambda database: interfaces.save_ae_rules(
                    database, rules, previous_title=previous_title
                ),
                "AE rules saved",
                rules.ae_title,
            )
            kept = {t: r for t, r in self._rules.items() if t != previous_title}
            self._set_rules(kept | {rules.ae_title: rules})

    def delete_rules(self, ae_title: str) -> None:
        """Remove the rules for an AE."""
        with self._changing:
            self._keep(
                lambda database: interfaces.delete_interface(
                    database, interfaces.AE_PREFIX + ae_title
                ),
                "AE rules deleted",
                ae_title,
            )
            self._set_rules({t: r for t, r in self._rules.items() if t != ae_title})

    def _set_rules(self, rules: dict[str, AeRules]) -> None:
        self._rules = rules
        if self._service is not None:
            self._service.rules = rules

    def rules(self) -> tuple[AeRules, ...]:
        """Return the rules for calling AEs."""
        return tuple(self._rules.values())

    def _keep(self, change: Callable[[Database], object], action: str, name: str) -> None:
        self.version += 1
        if self._given is not None:
            return

        def keep(database: Database) -> None:
            change(database)
            auditing.append(database, action, name)

        self._writer.call(keep, label=action).result(STORE_TIMEOUT_S)

    # What it shows.

    def statuses(self) -> tuple[InterfaceStatus, ...]:
        """Return its light; none where there is no service."""
        settings = self.settings
        if settings is None or self._is_off:
            return ()
        service = self._service
        fault = self.timeline.latest_fault()
        address = self._address or peer_text((settings.host, settings.port))
        return (
            InterfaceStatus(
                name=settings.name,
                kind="worklist",
                state=self._state,
                address=address,
                tls=str(settings.tls),
                text=self._text,
                since_us=self._since_us,
                connections=service.connections() if service is not None else 0,
                received=service.queries if service is not None else 0,
                accepted=service.queries if service is not None else 0,
                refused=service.refused if service is not None else 0,
                last_message_at_us=service.last_query_at_us if service is not None else 0,
                beyond_loopback=not is_loopback(settings.host),
                last_event=fault.text if fault is not None else "",
                last_event_at_us=fault.at_us if fault is not None else 0,
                ae_title=settings.ae_title,
            ),
        )

    def events(self, name: str) -> tuple[InterfaceEvent, ...]:
        """Return what happened on the service, oldest first."""
        settings = self.settings
        return self.timeline.all() if settings is not None and settings.name == name else ()

    def _turn(self, state: LinkState, text: str = "") -> None:
        if state != self._state:
            self._since_us = time.time_ns() // 1000
        self._state, self._text = state, text
        if state is LinkState.FAILED:
            log.warning("The DICOM service does not listen: %s", text)

    def _on_event(self, event: DicomEvent) -> None:
        with self._noting:
            self.timeline.add(event.code, event.text, peer=event.peer, is_fault=event.is_fault)

    # The journal.

    def _on_query(self, done: QueryDone) -> None:
        if self._note_query is not None and self.settings is not None:
            is_well = done.status in (SUCCESS, CANCELLED)
            self._note_query(self.settings.name, done.first_answer_us, is_well)
        with self._noting:
            new = [uid for uid in done.study_uids if uid not in self._served]
            self._served.update(new)
        if new:
            self._append("served", {"study_uids": new})

    def _put_mpps(self, body: dict[str, object]) -> None:
        self._append("mpps", body).result(STORE_TIMEOUT_S)
        self._worklist.poke()

    def _append(self, kind: str, body: dict[str, object]) -> Future[int]:
        at_us = time.time_ns() // 1000
        return self._writer.call(
            lambda database: journal.append_input(database, kind, body, at_us=at_us),
            label=f"worklist {kind}",
        )

    def _stored_mpps(self, uid: str) -> Item:
        reader = self._open_worklist()
        try:
            rows = reader.rows_found(EXAM, "uid", uid)
        finally:
            reader.close()
        return attributes_of(rows[0]) if rows else {}


def _context(settings: WorklistServiceSettings) -> ssl.SSLContext | None:
    if settings.tls == Tls.OFF:
        return None
    return server_context(_as_listener(settings)).context


def _as_listener(settings: WorklistServiceSettings) -> ListenerSettings:
    return ListenerSettings(
        name=settings.name,
        host=settings.host,
        port=settings.port,
        tls=settings.tls,
        tls_cert_path=settings.tls_cert_path,
        tls_key_path=settings.tls_key_path,
        tls_client_ca_path=settings.tls_client_ca_path,
    )


def _refusal(settings: WorklistServiceSettings, sock: ssl.SSLSocket) -> str:
    allowed = settings.allowed_certificate_names
    if not allowed:
        return ""
    told: dict[str, object] = dict(sock.getpeercert() or {})
    names = peer_names(told)
    if is_certificate_allowed(allowed, names, sock.getpeercert(binary_form=True)):
        return ""
    return f"The client's certificate ({', '.join(names) or 'none'}) is not on the list."
