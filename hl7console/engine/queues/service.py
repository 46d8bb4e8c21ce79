"""All delivery queues of an engine: started, changed, paused for what people do, and stopped.

Counts are taken once and kept up from then on. They are told to the network thread by the writer
thread alone, so that they come in the order in which the store changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from hl7console.engine.destination_light import DestinationLight
from hl7console.engine.links import Links
from hl7console.engine.network import NetworkThread
from hl7console.engine.queues.keeper import Keeper
from hl7console.engine.queues.payloads import RunRecipe, no_recipes
from hl7console.engine.queues.queue import DeliveryQueue
from hl7console.engine.queues.standing import Tally
from hl7console.engine.queues.status import orphan_status, status_of
from hl7console.engine.repair_commands import QueueStatus
from hl7console.engine.versions import EngineVersions
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings import DestinationSettings
from hl7console.store import queue_changes
from hl7console.store.connection import Database
from hl7console.store.queue_records import QueueCounts, Settled, Unclaimed
from hl7console.store.repair_records import QueueState
from hl7console.store.writer import StoreWriter

T = TypeVar("T")

PAUSE_S = 1.0
"""How long the message under way may take when somebody changes what waits, in seconds."""

CHANGE_TIMEOUT_S = 120.0
SHOW_EVERY_S = 0.1
"""Views are told of changes this often at most."""
RECOUNT_EVERY_S = 1.0


class Queues:
    """The delivery queues. Any thread but the network thread, unless a method says otherwise.

    Args:
        network: Where they live.
        writer: The store's.
        links: The destinations.
        versions: Where changes are counted for views.
        drains: Whether anything is sent; else queues only fill.
        run_recipe: Applies recipes; called on a thread of its own.
    """

    def __init__(
        self,
        network: NetworkThread,
        writer: StoreWriter,
        links: Links,
        versions: EngineVersions,
        *,
        drains: bool = True,
        run_recipe: RunRecipe = no_recipes,
    ) -> None:
        self._network = network
        self._writer = writer
        self._links = links
        self._versions = versions
        self._drains = drains
        self.run_recipe = run_recipe
        self._queues: dict[str, DeliveryQueue] = {}
        self._orphans: dict[str, QueueCounts] = {}
        self._keeper: Keeper | None = None
        self._shown_s = 0.0
        self._will_show = False
        self._recounting: set[str] = set()
        self._is_stopped = False
        writer.on_queued = self.on_queued

    def start(self) -> None:
        """Count what waits, and start sending it. Destinations must be known by now.

        Raises:
            ConsoleError: The store fails.
        """
        self._network.run(self._make_keeper())

        def load(database: Database) -> None:
            counts = queue_changes.count_queues(database)
            states = queue_changes.load_states(database)
            self._network.call(lambda: self._begin(counts, states))

        self._writer.call(load, label="count what waits").result(CHANGE_TIMEOUT_S)
        self._network.run(self._caught_up())
        self._links.queues = self

    async def _make_keeper(self) -> None:
        self._keeper = Keeper(self._writer, self._kept)

    def _begin(self, counts: dict[str, QueueCounts], states: dict[str, QueueState]) -> None:
        destinations = {settings.name: settings for settings in self._links.destinations()}
        for name in counts.keys() - destinations.keys():
            self._orphans[name] = counts[name]
        for name, settings in destinations.items():
            light = self._links.light(name) or DestinationLight(settings)
            state = states.get(name, QueueState(name))
            self._add(settings, light, state, counts.get(name, QueueCounts()))
        if counts:
            self._changed()

    def _add(
        self,
        settings: DestinationSettings,
        light: DestinationLight,
        state: QueueState,
        counts: QueueCounts,
    ) -> None:
        if self._keeper is None or self._is_stopped:
            return
        queue = DeliveryQueue(settings, light, self._keeper, self._run, state, counts)
        self._queues = {**self._queues, settings.name: queue}
        if self._drains:
            queue.start()

    def _run(self, recipe_id: int, raw: bytes) -> bytes:
        return self.run_recipe(recipe_id, raw)

    def stop(self, timeout_s: float) -> None:
        """Give what is under way time for its answer, write down what is known, and end."""
        self._links.queues = None
        with suppress(TimeoutError, ConsoleError):
            self._network.run(self._stop(timeout_s), timeout_s=timeout_s + 3.0)

    async def _stop(self, timeout_s: float) -> None:
        self._is_stopped = True
        await asyncio.gather(*(queue.stop(timeout_s) for queue in self._queues.values()))

    # What the store tells.

    def on_queued(self, counts: Mapping[str, int]) -> None:
        """Take note of deliveries added. The writer thread, after or in their transaction."""
        self._network.call(lambda: self._queued(counts))

    def _queued(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            queue = self._queues.get(name)
            if queue is not None:
                queue.queued(count)
            else:
                known = self._orphans.get(name, QueueCounts())
                self._orphans[name] = QueueCounts(
                    known.due + count, known.held, known.failed, known.head_id, known.head_at_us
                )
        self._changed()

    def _kept(self, settled: Sequence[Settled], unclaimed: Sequence[Unclaimed]) -> None:
        """Take note of what was written down. The network thread."""
        tallies: dict[str, Tally] = {}
        for one in settled:
            tally = tallies.get(one.destination)
            if tally is None:
                tally = tallies[one.destination] = Tally()
            tally.add(one)
        for given in unclaimed:
            tallies.setdefault(given.destination, Tally()).count += 1
        for name, tally in tallies.items():
            queue = self._queues.get(name)
            if queue is not None:
                queue.kept(tally)
        self._changed()

    def _changed(self) -> None:
        """Have views look again, a few times a second at most. The network thread."""
        if self._will_show:
            return
        now_s = time.monotonic()
        wait_s = self._shown_s + SHOW_EVERY_S - now_s
        if wait_s <= 0:
            self._show()
        else:
            self._will_show = True
            asyncio.get_running_loop().call_later(wait_s, self._show)

    def _show(self) -> None:
        self._will_show = False
        self._shown_s = time.monotonic()
        self._versions.deliveries += 1
        for name, queue in self._queues.items():
            has_no_head = queue.standing.due and not queue.standing.head_id
            if (queue.must_recount or has_no_head) and name not in self._recounting:
                self._recounting.add(name)
                asyncio.get_running_loop().call_later(RECOUNT_EVERY_S, self._recount, name)

    def _recount(self, name: str) -> None:
        """Count again where the counts do not agree with the store's. The network thread."""

        def count(database: Database) -> None:
            self._tell(database, (name,))
            self._network.call(lambda: self._recounting.discard(name))

        self._writer.call(count, label="count what waits")

    def recount(self) -> None:
        """Have all queues counted again soon: deliveries changed past them."""

        def mark() -> None:
            for queue in self._queues.values():
                queue.must_recount = True
            self._changed()

        self._network.call(mark)

    # What people do.

    def change(
        self,
        names: Collection[str],
        function: Callable[[Database], T],
        label: str,
        *,
        touched: Callable[[T], Collection[str]] = lambda _: (),
    ) -> T:
        """Change what waits in queues, none of which sends meanwhile.

        Args:
            names: The queues.
            function: Does it, on the writer thread, inside a transaction.
            label: What it does, in a few words, for the log.
            touched: Further queues that it changed, from its result.

        Raises:
            ConsoleError: The store fails, or `function` says so; nothing was changed.
        """
        self._network.run(self._pause(names))
        try:

            def work(database: Database) -> T:
                result = function(database)
                self._tell(database, {*names, *touched(result)})
                return result

            result = self._writer.call(work, label=label).result(CHANGE_TIMEOUT_S)
            self._network.run(self._caught_up())
        finally:
            for name in names:
                self.resume(name)
        return result

    def _tell(self, database: Database, names: Collection[str]) -> None:
        """Have the counts and states of queues taken over. The writer thread."""
        states = queue_changes.load_states(database)
        counts = {name: queue_changes.count_queue(database, name) for name in names}
        self._network.call(lambda: self._recounted(counts, states))

    def _recounted(
        self, counts: Mapping[str, QueueCounts], states: Mapping[str, QueueState]
    ) -> None:
        for name, counted in counts.items():
            queue = self._queues.get(name)
            if queue is not None:
                queue.recounted(counted, states.get(name, QueueState(name)))
            elif counted.due or counted.failed:
                self._orphans[name] = counted
            else:
                self._orphans.pop(name, None)
        self._changed()

    def retry_now(self, names: Collection[str]) -> None:
        """Let queues wait no longer for their next try."""

        def retry() -> None:
            for name in names:
                if name in self._queues:
                    self._queues[name].retry_now()

        self._network.call(retry)

    # What changes of destinations do.

    def halt(self, name: str) -> None:
        """Send nothing more from a queue; returns once what is under way has ended, or soon."""
        self._network.run(self._pause((name,)))

    async def _pause(self, names: Collection[str]) -> None:
        queues = [self._queues[name] for name in names if name in self._queues]
        await asyncio.gather(*(queue.pause(PAUSE_S) for queue in queues))

    def resume(self, name: str) -> None:
        """Go on after `halt`."""

        def go_on() -> None:
            if name in self._queues:
                self._queues[name].resume()

        self._network.call(go_on)

    def configured(
        self, settings: DestinationSettings, light: DestinationLight, previous_name: str
    ) -> None:
        """Go on with other settings, perhaps by another name, or with a new queue.

        Raises:
            ConsoleError: The store fails.
        """
        self._network.run(self._take_away(previous_name))

        def load(database: Database) -> None:
            state = queue_changes.load_states(database).get(settings.name)
            counts = queue_changes.count_queue(database, settings.name)
            self._network.call(
                lambda: self._replace(settings, light, state or QueueState(settings.name), counts)
            )

        self._writer.call(load, label="count what waits").result(CHANGE_TIMEOUT_S)
        self._network.run(self._caught_up())

    async def _caught_up(self) -> None:
        """Do nothing: what the writer thread told the network thread before is done by then."""

    def _replace(
        self,
        settings: DestinationSettings,
        light: DestinationLight,
        state: QueueState,
        counts: QueueCounts,
    ) -> None:
        self._orphans.pop(settings.name, None)
        self._add(settings, light, state, counts)
        if counts.due or counts.failed:
            self._changed()

    def removed(self, name: str) -> None:
        """Forget a queue; nothing waits in it."""
        self._network.run(self._take_away(name))

    async def _take_away(self, name: str) -> None:
        queue = self._queues.get(name)
        if queue is None:
            return
        await queue.stop(PAUSE_S)
        self._queues = {known: q for known, q in self._queues.items() if known != name}

    def may_remove(self, database: Database, name: str) -> None:
        """Refuse to remove a destination that deliveries wait for. The writer thread.

        Raises:
            UsageError: Deliveries wait for it.
        """
        waiting = queue_changes.count_queue(database, name).due
        if waiting:
            what = "1 delivery waits" if waiting == 1 else f"{waiting:,} deliveries wait"
            raise UsageError(
                f"{what} for {name}.", hint="Reroute or cancel what waits there, then remove it."
            )
        queue_changes.forget_queue(database, name)

    def rename(self, database: Database, old_name: str, new_name: str) -> None:
        """Have what waits follow a destination's new name. The writer thread."""
        queue_changes.rename_queue(database, old_name, new_name)

    # How they stand.

    def statuses(self) -> tuple[QueueStatus, ...]:
        """Return how each queue stands, and what waits for destinations that are gone."""
        queues = self._queues
        found = [status_of(queue, drains=self._drains) for queue in queues.values()]
        found += [orphan_status(n, c) for n, c in self._orphans.copy().items() if n not in queues]
        return tuple(found)

    def names(self) -> Collection[str]:
        """Return the names of all queues that send."""
        return self._queues.keys()
