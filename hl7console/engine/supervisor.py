"""Builds, owns and stops every thread of the engine. Used by the window and the command line.

The order of stopping: accept nothing more; let messages under way commit and be answered, in and
out; end jobs and the hand-over; end the network thread; drain and close the store; give the
workspace up.
Each step has a time limit, and nothing acknowledged is lost when one is missed.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hl7console.engine import recipes
from hl7console.engine.alerts.service import AlertService
from hl7console.engine.collecting import TurnCollector
from hl7console.engine.commands import job_of
from hl7console.engine.console import Command, EngineSnapshot
from hl7console.engine.core import EngineCore
from hl7console.engine.dicom_service import DicomLink
from hl7console.engine.events import InterfaceEvent
from hl7console.engine.fairness import HeldBytes
from hl7console.engine.handover import HandoverServer
from hl7console.engine.intake import AnswerInbox, ControlIds
from hl7console.engine.jobs import EngineJob, JobRunner
from hl7console.engine.late_acks import LateAcks
from hl7console.engine.links import Links
from hl7console.engine.listener import FINISH_TIMEOUT_S, Listener
from hl7console.engine.measures.service import MeasuresService
from hl7console.engine.metrics import RateCounter
from hl7console.engine.network import NetworkThread
from hl7console.engine.owner import OwnerLock, owner_pid
from hl7console.engine.prometheus.endpoint import MetricsEndpoint
from hl7console.engine.queues.recipes import QueueRecipes
from hl7console.engine.queues.service import Queues
from hl7console.engine.retaining import Housekeeping
from hl7console.engine.route_book import RouteBook
from hl7console.engine.versions import EngineVersions
from hl7console.engine.worklist_inputs import put_profiles
from hl7console.engine.worklist_service import FollowMode, WorklistService
from hl7console.errors import ConsoleError, WorkspaceInUseError
from hl7console.settings import (
    DestinationSettings,
    ListenerSettings,
    MetricsEndpointSettings,
    RouteSettings,
    WorklistServiceSettings,
)
from hl7console.store import deliveries, interfaces
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.reader import StoreReader
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.writer import StoreWriter

if TYPE_CHECKING:
    from hl7console.store.workspace import Workspace

log = logging.getLogger(__name__)

START_TIMEOUT_S = 60.0
"""Longest that reading the settings may take at the start, in seconds."""

QUEUES_STOP_S = 2.0
"""Longest that messages under way to destinations may take when the engine stops, in seconds."""


class Engine:
    """The whole engine of one workspace. Satisfies `console.Console`. Any thread.

    Args:
        workspace: The opened workspace.
        listeners: Listeners to run in place of the stored ones.
        ephemeral: Changes of interfaces are for this run only, and not stored.
        lock: Ownership of the workspace, when it was acquired before.
        worklist: Where the worklist's rules run: ``process``, ``thread`` or ``off``.
        dicom: The DICOM service to run in place of the stored one, for this run only.
        drains: Whether delivery queues send in the background.
        measures: Whether what comes and goes is measured, and alert rules are looked at.
        metrics_endpoint: Its settings in place of the stored ones, for this run only.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        listeners: Sequence[ListenerSettings] | None = None,
        ephemeral: bool = False,
        lock: OwnerLock | None = None,
        worklist: str = FollowMode.PROCESS,
        dicom: WorklistServiceSettings | None = None,
        drains: bool = True,
        measures: bool = True,
        metrics_endpoint: MetricsEndpointSettings | None = None,
    ) -> None:
        self.workspace: Path = workspace.path
        self.show_window: Callable[[], None] | None = None
        """Brings the window to the front; called on a thread of the engine."""
        self._opened = workspace
        self._given = listeners
        self._lock = lock
        self._state_lock = threading.Lock()
        self._is_running = False
        self._has_stopped = False
        self._problem = ""
        self._own_problem = ""
        self._disk_warning = ""
        self._rate = RateCounter()
        self._held = HeldBytes()
        self._jobs = JobRunner()
        self._network = NetworkThread()
        self._handover = HandoverServer(self, self.workspace)
        self._is_serving = False
        self._writer = StoreWriter(
            workspace.database_path, workspace.key, on_problem=self._on_problem
        )
        self._writer.on_batch_done = self._on_batch_done
        self._worklist = WorklistService(
            workspace.database_path, workspace.key, FollowMode(worklist)
        )
        self.measures = MeasuresService(
            workspace, self.snapshot, self.open_worklist, is_off=not measures
        )
        self._profile_problem = ""
        self._dicom = DicomLink(
            self._writer,
            self.open_worklist,
            self._worklist,
            given=dicom,
            is_off=FollowMode(worklist) is FollowMode.OFF or (dicom is None and ephemeral),
            note_query=self.measures.note_query,
        )
        self._metrics_endpoint = MetricsEndpoint(
            self._writer, self.snapshot, given=metrics_endpoint, is_off=ephemeral
        )
        self._control_ids = ControlIds()
        self._inbox: AnswerInbox | None = None
        self._collector: TurnCollector | None = None
        self._links = Links(self._network, self._writer, self._make_listener, ephemeral=ephemeral)
        self._routes = RouteBook(
            self._writer, self._links.destinations, self.workspace, ephemeral=ephemeral
        )
        self._alerts = AlertService(self, self._writer, self.measures, is_off=not measures)
        versions = EngineVersions()
        self._queues = Queues(self._network, self._writer, self._links, versions, drains=drains)
        self.core = EngineCore(
            self.workspace,
            self._writer,
            self._network,
            self._links,
            self._control_ids,
            self.open_reader,
            self._worklist,
            self.open_worklist,
            self._dicom,
            self._routes,
            self._queues,
            self._metrics_endpoint,
            self._alerts,
            versions,
        )
        self._queues.run_recipe = QueueRecipes(self.open_reader, lambda: recipes.context(self.core))
        self._late_acks = LateAcks(self._writer, self._on_late_ack_settled)
        self._housekeeping = Housekeeping(self.core, self._jobs, self._on_disk_warning)

    def _on_disk_warning(self, text: str) -> None:
        self._disk_warning = text

    def _on_problem(self, text: str) -> None:
        self._problem = text

    def _on_batch_done(self) -> None:
        if self._inbox is not None:
            self._inbox.wake()
        self._worklist.poke()

    def _make_listener(self, settings: ListenerSettings) -> Listener:
        if self._inbox is None or self._collector is None:
            self._inbox = AnswerInbox(self._network.loop)
            self._collector = TurnCollector(self._network.loop, self._writer)
        return Listener(
            settings,
            writer=self._collector,
            inbox=self._inbox,
            control_ids=self._control_ids,
            rate=self._rate,
            held=self._held,
            router=self._routes.router,
            on_late_ack=self._late_acks.take,
            note_ack_time=self.measures.note_ack_time,
        )

    def _on_late_ack_settled(self) -> None:
        self.core.versions.deliveries += 1
        self._queues.recount()

    # Start and stop.

    def start(self) -> None:
        """Own the workspace, open the store, and start the listeners.

        A listener that cannot start is shown as failed; the engine runs on.

        Raises:
            WorkspaceInUseError: Another engine owns the workspace.
            ConsoleError: The database cannot be used. Nothing runs then.
        """
        if self._lock is None:
            self._lock = OwnerLock.acquire(self.workspace)
        if self._lock is None:
            pid = owner_pid(self.workspace)
            raise WorkspaceInUseError(
                f"Another console (process {pid}) uses this workspace.",
                hint="Use that one, or choose another workspace.",
            )
        try:
            self._writer.start()
            listeners, destinations = self._load()
            self._network.start()
            self._is_running = True
            self._profile_problem = put_profiles(self._writer, self.workspace, listeners)
            self._routes.load()
            self._links.start(listeners, destinations)
            self._queues.start()
            self._worklist.start()
            self._dicom.start()
            self.measures.start()
            self._alerts.start()
            self._metrics_endpoint.start()
        except BaseException:
            self.stop(2.0)
            raise
        self._serve()
        self._housekeeping.start()
        log.info("Engine started with %d listeners", len(listeners))

    def _load(self) -> tuple[Sequence[ListenerSettings], Sequence[DestinationSettings]]:
        listeners = self._writer.call(interfaces.load_listeners, label="read listeners")
        destinations = self._writer.call(interfaces.load_destinations, label="read destinations")
        interrupted = self._writer.call(
            lambda database: deliveries.mark_interrupted(database, time.time_ns() // 1000),
            label="mark interrupted deliveries",
        )
        if count := interrupted.result(START_TIMEOUT_S):
            log.warning("%d sendings were interrupted; what became of them is unknown", count)
        stored = listeners.result(START_TIMEOUT_S)
        return (
            stored if self._given is None else self._given,
            destinations.result(START_TIMEOUT_S),
        )

    def _serve(self) -> None:
        """Offer the hand-over; without it the engine runs on, alone."""
        try:
            self._handover.start()
            self._is_serving = True
        except OSError as fault:
            self._own_problem = (
                "Other programs cannot hand work to this one: "
                f"{fault.strerror or 'no socket could be made'}."
            )
            log.warning("No hand-over: %s", fault.strerror)

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Stop everything in order; a second call does nothing. Not on the network thread.

        Args:
            timeout_s: Longest that all of it may take, in seconds, more or less.

        Returns:
            Whether all threads ended in time. Nothing acknowledged is lost when they did not.
        """
        with self._state_lock:
            if self._has_stopped:
                return True
            self._has_stopped = True
        deadline_s = time.monotonic() + timeout_s
        self._jobs.cancel_all()
        has_ended = self._alerts.stop(min(2.0, timeout_s * 0.4))
        if self._is_running:
            log.info("Stopping: listeners")
            with contextlib.suppress(TimeoutError, ConsoleError):
                self._links.stop(min(FINISH_TIMEOUT_S, timeout_s * 0.6))
            log.info("Stopping: queues")
            self._queues.stop(min(QUEUES_STOP_S, _left(deadline_s) * 0.5))
        self._routes.stop(1.0)
        self._metrics_endpoint.stop(1.0)
        log.info("Stopping: DICOM")
        self._dicom.stop(min(2.0, max(0.5, _left(deadline_s))))
        log.info("Stopping: jobs")
        self._jobs.stop(min(1.0, _left(deadline_s)))
        if self._is_serving:
            self._handover.stop(max(0.5, _left(deadline_s)))
        log.info("Stopping: network")
        has_ended &= self._network.stop(max(1.0, _left(deadline_s)))
        # A job that waited for a receiver's answer ends now that the network is gone.
        has_ended &= self._jobs.stop(max(1.0, _left(deadline_s)))
        log.info("Stopping: worklist")
        has_ended &= self._worklist.stop(max(1.0, _left(deadline_s)))
        log.info("Stopping: measures")
        has_ended &= self.measures.stop(max(1.0, _left(deadline_s)))
        log.info("Stopping: store")
        has_ended &= self._writer.stop(max(1.0, _left(deadline_s)))
        self._is_running = False
        if self._lock is not None:
            self._lock.release()
        log.info("Engine stopped")
        return has_ended

    # What the window and the command line ask.

    def snapshot(self) -> EngineSnapshot:
        """Return counters and lights."""
        writer = self._writer
        versions = self.core.versions
        worklist = self._worklist.status
        return EngineSnapshot(
            last_message_id=writer.last_message_id,
            stored_total=writer.stored_total,
            derived_id=writer.derived_id,
            received_per_s=self._rate.per_s() if self._is_running else 0.0,
            settings_version=self._links.version + self._dicom.version + self._routes.version,
            deliveries_version=versions.deliveries,
            retention_version=versions.retention,
            interfaces=(*self._links.statuses(), *self._dicom.statuses()),
            problem=self._problem or self._disk_warning or self._own_problem,
            running=self._is_running and not self._has_stopped,
            worklist_entry=worklist.message_id,
            worklist_version=worklist.version,
            worklist_behind=max(writer.last_message_id - worklist.message_id, worklist.behind, 0),
            worklist_problem=worklist.problem
            or self._profile_problem
            or (worklist.notice if worklist.behind else ""),
            queues=self._queues.statuses(),
            measures_version=self.measures.version,
            measures_behind=self.measures.behind,
            measures_problem=self.measures.problem,
            metrics_endpoint=self._metrics_endpoint.status(),
            alerts=self._alerts.open_alerts,
            alerts_open=self._alerts.open_count,
            alerts_version=self._alerts.version,
            alert_problem=self._alerts.problem,
        )

    def listeners(self) -> tuple[ListenerSettings, ...]:
        """Return the listeners' settings."""
        return self._links.listeners()

    def destinations(self) -> tuple[DestinationSettings, ...]:
        """Return the destinations' settings."""
        return self._links.destinations()

    def routes(self) -> tuple[RouteSettings, ...]:
        """Return the routes' settings."""
        return self._routes.routes()

    def events(self, name: str) -> tuple[InterfaceEvent, ...]:
        """Return what happened on a listener beside messages, oldest first."""
        return self._links.events(name) or self._dicom.events(name)

    def received_history(self, span_s: int) -> list[int]:
        """Return messages received in each of the last seconds, oldest first."""
        return self._rate.history(span_s)

    def submit(self, command: Command) -> EngineJob:
        """Start a command.

        Raises:
            WorkspaceError: The engine is stopping.
        """
        return self._jobs.submit(*job_of(self.core, command))

    def open_reader(self) -> StoreReader:
        """Return a read-only connection of its own for the calling thread."""
        return StoreReader(self._opened.database_path, self._opened.key)

    def open_worklist(self) -> WorklistReader:
        """Return a read-only connection to the worklist for the calling thread."""
        return WorklistReader(self._opened.database_path, self._opened.key)

    def open_measures(self) -> MeasureReader:
        """Return a read-only connection to the measures for the calling thread."""
        return MeasureReader(self._opened.database_path, self._opened.key)

    def bring_up_window(self) -> bool:
        """Bring the window to the front; return whether there is one."""
        if self.show_window is None:
            return False
        self.show_window()
        return True


def _left(deadline_s: float) -> float:
    return max(0.0, deadline_s - time.monotonic())
