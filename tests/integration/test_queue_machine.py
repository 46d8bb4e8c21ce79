"""Delivery queues against receivers that misbehave in every way, with kills and restarts.

The engine is a process of its own, commands reach it as those of a second console do, and what is
checked is what the receivers wrote down against what the database says.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from engine_kit import Certificates, destination, key_source, order, wait_for
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from killable_engine_kit import (
    EngineProcess,
    EngineProcesses,
    Written,
    attach,
    count_due,
    engine_processes,
    read_written,
)
from misbehaving_receiver_kit import (
    MAYBE_CERTAIN,
    Answer,
    Arrival,
    Contexts,
    Greeting,
    MisbehavingReceiver,
)

from hl7console.engine.attached import AttachedConsole
from hl7console.engine.console import Command, ImportFiles, JobReport, SaveDestination
from hl7console.engine.repair_commands import (
    ChangeDeliveries,
    DeliveryAction,
    HoldQueue,
    QueueMessages,
    ReleaseQueue,
    RerouteDeliveries,
    RewindQueue,
)
from hl7console.settings import DestinationSettings, OnRefusal, Tls
from hl7console.store.workspace import Workspace

pytestmark = pytest.mark.slow

IS_FULL = os.environ.get("HL7CONSOLE_FULL") == "1"
EXAMPLES = 60 if IS_FULL else 6
STEPS = 40 if IS_FULL else 20

SECURE, STRICT, LOOSE = "Secure", "Strict", "Loose"
NAMES = (SECURE, STRICT, LOOSE)
IN_ORDER = (SECURE, STRICT)

OVER = {"accepted", "committed", "rejected", "skipped", "cancelled", "unknown"}
"""States that a delivery may end in once every receiver behaves and nothing is held."""

names = st.sampled_from(NAMES)
picks = st.lists(st.integers(0, 1000), min_size=1, max_size=3)


def destinations(
    receivers: dict[str, MisbehavingReceiver], certificates: Certificates
) -> list[DestinationSettings]:
    """Return one with TLS that parks, a plain one that stops, and one that keeps no order."""
    quick: dict[str, object] = {
        "connect_timeout_s": 1.0,
        "response_timeout_s": 0.25,
        "application_ack_timeout_s": 0.3,
        "retry_first_s": 0.05,
        "retry_most_s": 0.1,
    }
    ca = str(certificates.ca.cert_path)
    return [
        destination(
            receivers[SECURE].port, name=SECURE, host="localhost", tls=Tls.SERVER, tls_ca_path=ca,
            max_unknown=0, **quick,
        ),
        destination(
            receivers[STRICT].port, name=STRICT, on_refusal=OnRefusal.STOP, max_unknown=3,
            lenient_msa2=True, **quick,
        ),
        destination(
            receivers[LOOSE].port, name=LOOSE, keep_order=False, parallel=3, max_unknown=0, **quick
        ),
    ]  # fmt: skip


class Proof:
    """Holds what the receivers saw against what the database says, over the life of a workspace."""

    def __init__(self, receivers: dict[str, MisbehavingReceiver]) -> None:
        self._receivers = receivers
        self._accepted_at: dict[int, int] = {}
        """How many arrivals a receiver had when a delivery was found accepted, by delivery."""
        self.promised: list[tuple[str, str]] = []
        """Destination and control id of what a command said was queued."""
        self.wire: dict[str, bytes] = {}
        """What is to go out, by control id."""
        self.out_of_order: set[tuple[str, str]] = set()
        """Those that a user moved in their queue."""

    def check(self, written: Sequence[Written], *, is_down: bool) -> None:
        """Check everything.

        Args:
            written: What the database says; must have been read before this is called.
            is_down: No engine runs.
        """
        arrived = {name: receiver.arrivals() for name, receiver in self._receivers.items()}
        by_message: dict[tuple[str, str], list[Written]] = {}
        for delivery in written:
            by_message.setdefault((delivery.destination, delivery.control_id), []).append(delivery)
        assert [due for due in self.promised if due not in by_message] == [], "lost"
        for name, arrivals in arrived.items():
            for (to, control_id), deliveries in by_message.items():
                if to == name:
                    came = [a for a in arrivals if a.control_id == control_id]
                    self._check_one(deliveries, came, len(arrivals), is_down=is_down)
            assert {a.control_id for a in arrivals} <= {c for d, c in by_message if d == name}
            if name in IN_ORDER:
                self._check_order(name, arrivals, by_message)

    def _check_one(
        self, deliveries: list[Written], came: list[Arrival], seen: int, *, is_down: bool
    ) -> None:
        """Check the deliveries of one message to one destination."""
        assert all(a.payload == self.wire[a.control_id] for a in came), "other bytes"
        for delivery in deliveries:
            self._check_attempts(delivery, is_down=is_down)
            if delivery.is_accepted:
                assert any(a.answer in MAYBE_CERTAIN for a in came), ("not there", delivery)
                if len(deliveries) == 1:
                    at = self._accepted_at.setdefault(delivery.id, seen)
                    late = [a for a in came if a.number >= at]
                    assert not late, ("sent after its acknowledgement was stored", delivery, late)
            else:
                assert delivery.id not in self._accepted_at, ("accepted before", delivery)
        if is_down:
            noted = sum(len(d.attempts) for d in deliveries)
            cut_off = sum(
                d.state == "sending" and not any(a.state == "sending" for a in d.attempts)
                for d in deliveries
            )
            assert len(came) <= noted + cut_off, ("a try is not noted", deliveries, came)

    @staticmethod
    def _check_attempts(delivery: Written, *, is_down: bool) -> None:
        states = [attempt.state for attempt in delivery.attempts]
        good = [state for state in states if state in ("accepted", "committed")]
        assert len(good) == (1 if delivery.is_accepted else 0), delivery
        assert not good or states[-1] == good[0], ("tried again after it was accepted", delivery)
        if is_down and delivery.state != "sending":
            assert delivery.attempt_count == len(states), delivery
        assert delivery.is_due or delivery.state in OVER, delivery

    def _check_order(
        self,
        name: str,
        arrivals: list[Arrival],
        by_message: dict[tuple[str, str], list[Written]],
    ) -> None:
        """Check that all came in order, and the accepted ones for the last time too.

        The first arrivals alone would let one that is tried again be overtaken.
        """
        came = [arrival.control_id for arrival in arrivals]
        first, last = dict.fromkeys(came), reversed(dict.fromkeys(reversed(came)))
        alone = {
            control_id: deliveries[0]
            for (to, control_id), deliveries in by_message.items()
            if to == name and len(deliveries) == 1 and (to, control_id) not in self.out_of_order
        }
        ids = [alone[control_id].id for control_id in first if control_id in alone]
        assert ids == sorted(ids), ("out of order", name, came)
        accepted = [alone[c].id for c in last if c in alone and alone[c].is_accepted]
        assert accepted == sorted(accepted), ("overtaken", name, came)


class QueueMachine(RuleBasedStateMachine):
    """Three destinations of one engine, and all that can happen to them."""

    folder: Path
    certificates: Certificates
    engines: EngineProcesses
    count = 0

    def __init__(self) -> None:
        super().__init__()
        QueueMachine.count += 1
        self._folder = self.folder / f"example{QueueMachine.count}"
        self._folder.mkdir()
        good, bad = self.certificates.server_context, self.certificates
        contexts = Contexts(good(), good(bad.expired), good(bad.wrong_host))
        self._receivers = {
            SECURE: MisbehavingReceiver(contexts, slow_s=0.4),
            STRICT: MisbehavingReceiver(slow_s=0.4),
            LOOSE: MisbehavingReceiver(slow_s=0.4),
        }
        self._proof = Proof(self._receivers)
        self._sent = 0
        self._engine: EngineProcess | None = None
        self._console: AttachedConsole | None = None
        try:
            Workspace.open(self._folder / "workspace", key_source(self._folder))
            self._start()
            for one in destinations(self._receivers, self.certificates):
                self._do(SaveDestination(one))
        except BaseException:
            self._clear()
            raise

    # The engine.

    def _start(self) -> None:
        self._engine = self.engines.run(self._folder)
        self._console = attach(self._folder)

    def _end(self, *, kill: bool) -> None:
        assert self._engine is not None
        engine, self._engine = self._engine, None
        if kill:
            engine.kill()
        else:
            engine.stop()
        if self._console is not None:
            self._console.stop()
            self._console = None

    def _do(self, command: Command) -> JobReport:
        assert self._console is not None
        return self._console.submit(command).result(20)

    def _written(self) -> list[Written]:
        return read_written(self._folder)

    def _picked(self, numbers: list[int], name: str = "") -> list[Written]:
        found = [d for d in self._written() if name in ("", d.destination)]
        return list({found[n % len(found)].id: found[n % len(found)] for n in numbers}.values())

    # What users do.

    @rule(count=st.integers(1, 6), to=st.sets(names, min_size=1), asks_more=st.booleans())
    def queue(self, count: int, to: set[str], asks_more: bool) -> None:
        """Queue new messages; some ask for an application acknowledgement."""
        command, control_ids = self._kept(count, sorted(to), asks_more=asks_more)
        self._do(command)
        self._proof.promised += [(name, c) for c in control_ids for name in to]

    def _kept(
        self, count: int, to: list[str], *, asks_more: bool = False
    ) -> tuple[QueueMessages, list[str]]:
        control_ids = [f"M{self._sent + n:05d}" for n in range(count)]
        self._sent += count
        raws = [order(control_id) for control_id in control_ids]
        if asks_more:
            raws = [raw.replace(b"|P|2.5.1", b"|P|2.5.1|||AL|AL", 1) for raw in raws]
        self._proof.wire |= dict(zip(control_ids, raws, strict=True))
        kept = self._do(ImportFiles(pasted=b"\n".join(raws)))
        assert kept.messages == count
        ids = tuple(range(kept.first_message_id, kept.last_message_id + 1))
        return QueueMessages(ids, tuple(to)), control_ids

    @rule(name=names)
    def hold_queue(self, name: str) -> None:
        """Hold a queue."""
        self._do(HoldQueue(name, "A test"))

    @rule(name=names)
    def release_queue(self, name: str) -> None:
        """Release a queue that is held or stopped."""
        self._do(ReleaseQueue(name))

    @precondition(lambda self: self._sent)
    @rule(numbers=picks, action=st.sampled_from(DeliveryAction))
    def change(self, numbers: list[int], action: DeliveryAction) -> None:
        """Do something with single deliveries."""
        if picked := self._picked(numbers):
            self._proof.out_of_order |= {
                (d.destination, d.control_id)
                for d in picked
                if not d.is_due or action in (DeliveryAction.SKIP, DeliveryAction.CANCEL)
            }
            self._do(ChangeDeliveries(action, tuple(d.id for d in picked), reason="A test"))

    @precondition(lambda self: self._sent)
    @rule(numbers=picks, to=names)
    def reroute(self, numbers: list[int], to: str) -> None:
        """Send what is due at one destination to another one."""
        picked = [d for d in self._picked(numbers) if d.destination != to and d.is_due]
        if picked:
            self._proof.out_of_order |= {(d.destination, d.control_id) for d in picked}
            self._do(RerouteDeliveries(tuple(d.id for d in picked), to))

    @precondition(lambda self: self._sent)
    @rule(name=names)
    def rewind(self, name: str) -> None:
        """Send all again that a destination was sent."""
        if len(self._written()) < 100:
            self._do(RewindQueue(name, 0))

    # What receivers do.

    @rule(name=names, answers=st.lists(st.sampled_from(Answer), min_size=1, max_size=5))
    def misbehave(self, name: str, answers: list[Answer]) -> None:
        """Answer the next messages otherwise."""
        self._receivers[name].answer_next(answers)

    @precondition(lambda self: self._sent)
    @rule(name=names, number=st.integers(0, 1000), answer=st.sampled_from(Answer))
    def always_answer(self, name: str, number: int, answer: Answer) -> None:
        """Answer one message always so."""
        self._receivers[name].answer_by[f"M{number % (self._sent + 2):05d}"] = answer

    @rule(name=names, greetings=st.lists(st.sampled_from(Greeting), min_size=1, max_size=3))
    def greet(self, name: str, greetings: list[Greeting]) -> None:
        """Treat the next connections otherwise, and end those there are."""
        self._receivers[name].greet_next(greetings)
        self._receivers[name].drop_connections()

    @rule(name=names)
    def go_away(self, name: str) -> None:
        """Refuse connections."""
        self._receivers[name].close_port()

    @rule(name=names)
    def behave(self, name: str) -> None:
        """Answer as one should."""
        self._receivers[name].behave()

    # What time and power do.

    @rule(milliseconds=st.integers(5, 400))
    def wait(self, milliseconds: int) -> None:
        """Let things go on, and look."""
        threading.Event().wait(milliseconds / 1000)
        self._proof.check(self._written(), is_down=False)

    @rule()
    def stop(self) -> None:
        """Stop the engine in order, and start it again."""
        self._end(kill=False)
        self._proof.check(self._written(), is_down=True)
        self._start()

    @rule()
    def kill(self) -> None:
        """Kill the engine, and start it again."""
        self._kill()

    def _kill(self) -> None:
        self._end(kill=True)
        self._proof.check(self._written(), is_down=True)
        self._start()

    @rule(count=st.integers(1, 30), milliseconds=st.integers(0, 60))
    def kill_at_work(self, count: int, milliseconds: int) -> None:
        """Kill the engine while it takes and sends messages."""
        assert self._console is not None
        command, _ = self._kept(count, list(NAMES))
        self._console.submit(command)
        threading.Event().wait(milliseconds / 1000)
        self._kill()

    # The end.

    def teardown(self) -> None:
        """Let all go out to receivers that behave, and look at what became of it."""
        try:
            if sys.exc_info()[0] is None:
                self._drain()
        finally:
            self._clear()

    def _drain(self) -> None:
        for receiver in self._receivers.values():
            receiver.behave()
        held = tuple(d.id for d in self._written() if d.state == "held")
        if held:
            self._do(ChangeDeliveries(DeliveryAction.RELEASE, held))
        for name in NAMES:
            self._do(ReleaseQueue(name))
        try:
            wait_for(lambda: not count_due(self._folder), "drained", 20)
        except AssertionError:
            due = [d for d in self._written() if d.is_due]
            assert self._console is not None
            raise AssertionError(f"not drained: {due} {self._console.snapshot().queues}") from None
        self._end(kill=False)
        written = self._written()
        self._proof.check(written, is_down=True)
        assert [d for d in written if d.state not in OVER] == []

    def _clear(self) -> None:
        if self._engine is not None:
            self._end(kill=True)
        for receiver in self._receivers.values():
            receiver.stop()


def test_whatever_happens_nothing_is_lost_and_nothing_accepted_is_sent_again(
    tmp_path: Path, certificates: Certificates
):
    with ExitStack() as stack:
        QueueMachine.folder = tmp_path
        QueueMachine.certificates = certificates
        QueueMachine.engines = stack.enter_context(engine_processes(tmp_path))
        run_state_machine_as_test(
            QueueMachine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                # Each example takes seconds: where one fails, its steps are told as they were.
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
