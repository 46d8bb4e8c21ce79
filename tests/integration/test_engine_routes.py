"""Routes: what they queue, in the transaction that stores the message."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from engine_kit import (
    Client,
    Receiver,
    destination,
    order,
    port,
    reply,
    running_engine,
    status,
    wait_for,
)

from hl7console.engine import recipes
from hl7console.engine.console import (
    DeleteInterface,
    ImportFiles,
    ImportMode,
    SaveDestination,
)
from hl7console.engine.repair_commands import DeleteRoute, SaveRoute
from hl7console.engine.supervisor import Engine
from hl7console.errors import UsageError
from hl7console.hl7v2.filters import FilterError
from hl7console.settings import ListenerSettings, RouteSettings
from hl7console.store.connection import Database
from hl7console.store.recipes import recipe_text

PLAIN = ListenerSettings("plain", port=0)
ADT = b"MSH|^~\\&|REGADT|NORTH|PACS|NORTH|20260105||ADT^A08|%b|P|2.5.1\rPID|1||77^^^N^MR\r"


def add_destinations(engine: Engine, *names: str) -> None:
    """Destinations that are switched off, so that what is queued stays."""
    for name in names:
        engine.submit(SaveDestination(destination(1, name=name, enabled=False))).result(10)


def save(engine: Engine, name: str, expression: str, *destinations: str, **more: object) -> str:
    settings = RouteSettings(name, expression, destinations, **more)  # type: ignore[arg-type]
    return engine.submit(SaveRoute(settings)).result(10).text


def queued(engine: Engine) -> list[tuple[str, str, str]]:
    """Return control id, destination and route of every delivery, in the queue's order."""

    def read(database: Database) -> list[tuple[str, str, str]]:
        rows = database.all(
            "SELECT m.control_id, d.destination, d.route FROM deliveries AS d"
            " JOIN messages AS m ON m.id = d.message_id WHERE d.is_due = 1 ORDER BY d.id"
        )
        return [(str(c), str(d), str(r)) for c, d, r in rows]

    return engine.core.writer.call(read, label="test").result(10)


def test_a_message_is_queued_where_its_routes_say(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        add_destinations(engine, "PACS", "BILLING")
        text = save(engine, "orders", "type:ORM", "PACS", "BILLING")
        assert text == "orders was saved; it forwards to PACS, BILLING."
        save(engine, "moves", "type:ADT PID-3.1=77", "BILLING")
        save(engine, "off", "", "PACS", enabled=False)
        assert [route.name for route in engine.routes()] == ["moves", "off", "orders"]
        assert b"|AA|" in client.ask(order("R1"))
        assert b"|AA|" in client.ask(ADT % b"R2")
        assert b"|AA|" in client.ask((ADT % b"R3").replace(b"77^", b"78^"))
        assert queued(engine) == [
            ("R1", "PACS", "orders"),
            ("R1", "BILLING", "orders"),
            ("R2", "BILLING", "moves"),
        ]
        engine.submit(DeleteRoute("orders")).result(10)
        assert b"|AA|" in client.ask(order("R4"))
        assert len(queued(engine)) == 3


def test_routes_are_in_force_again_after_a_restart(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine:
        add_destinations(engine, "PACS")
        save(engine, "all", "", "PACS")
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        assert engine.routes() == (RouteSettings("all", "", ("PACS",)),)
        client.ask(order("S1"))
        assert queued(engine) == [("S1", "PACS", "all")]


def test_what_is_not_accepted_is_not_forwarded(tmp_path: Path):
    strict = ListenerSettings("strict", port=0, allowed_senders=("REGRIS",))
    with running_engine(tmp_path, strict) as engine, Client(port(engine, "strict")) as client:
        add_destinations(engine, "PACS")
        save(engine, "all", "", "PACS")
        assert b"|AE|" in client.ask(ADT % b"T1")
        client.send(b"\x0bMSH|^~\\&|REGRIS|N|||20260105||ACK|T2|P|2.5.1\rMSA|AA|X\r\x1c\r")
        client.send(b"\x0bnot a message\x1c\r")
        assert b"|AA|" in client.ask(order("T3"))
        assert queued(engine) == [("T3", "PACS", "all")]
        client.send(b"\x0b" + order("T4"))  # and no end
    with running_engine(tmp_path, strict) as engine:
        assert queued(engine) == [("T3", "PACS", "all")]


@pytest.mark.parametrize("drops", [False, True])
def test_duplicates_are_forwarded_unless_the_listener_drops_them(tmp_path: Path, drops: bool):
    listener = ListenerSettings("plain", port=0, drop_duplicates=drops)
    with running_engine(tmp_path, listener) as engine, Client(port(engine, "plain")) as client:
        add_destinations(engine, "PACS")
        save(engine, "all", "", "PACS")
        for _ in range(2):
            assert b"|AA|D1" in client.ask(order("D1"))
        assert len(queued(engine)) == (1 if drops else 2)


def test_only_imports_as_a_listener_are_forwarded(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine:
        add_destinations(engine, "PACS")
        save(engine, "all", "listener:plain", "PACS")
        engine.submit(ImportFiles(pasted=order("I1"))).result(10)
        receive = ImportFiles(pasted=order("I2"), mode=ImportMode.RECEIVE, listener="plain")
        engine.submit(receive).result(10)
        assert queued(engine) == [("I2", "PACS", "all")]


@pytest.mark.parametrize(
    ("expression", "destinations", "text", "position"),
    [
        ("type:ORM (", ("PACS",), "", 10),
        ("type:ORM handled:no", ("PACS",), "A route cannot ask for handled:no.", 9),
        ("", ("PACS", "NOWHERE"), "There is no destination named NOWHERE.", None),
        ("", (), "A route needs at least one destination.", None),
    ],
)
def test_a_route_that_is_wrong_is_refused_with_the_reason(
    tmp_path: Path, expression: str, destinations: tuple[str, ...], text: str, position: int | None
):
    with running_engine(tmp_path, PLAIN) as engine:
        add_destinations(engine, "PACS")
        with pytest.raises(UsageError) as caught:
            save(engine, "wrong", expression, *destinations)
        assert text in caught.value.text
        if position is not None:
            assert isinstance(caught.value, FilterError)
            assert caught.value.position == position
        assert engine.routes() == ()


def test_a_destination_in_use_cannot_go_and_carries_its_routes_along(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        add_destinations(engine, "PACS", "OTHER")
        save(engine, "all", "", "PACS", "OTHER")
        with pytest.raises(UsageError, match="The route all sends to PACS"):
            engine.submit(DeleteInterface("PACS")).result(10)
        before = engine.snapshot().settings_version
        renamed = SaveDestination(destination(1, name="ARCHIVE", enabled=False), "PACS")
        engine.submit(renamed).result(10)
        assert engine.routes()[0].destinations == ("ARCHIVE", "OTHER")
        assert engine.snapshot().settings_version > before
        client.ask(order("N1"))
        assert queued(engine) == [("N1", "ARCHIVE", "all"), ("N1", "OTHER", "all")]
    with running_engine(tmp_path, PLAIN) as engine:
        assert engine.routes()[0].destinations == ("ARCHIVE", "OTHER")


@pytest.mark.expects_log
def test_a_route_that_fails_costs_neither_the_message_nor_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        add_destinations(engine, "PACS", "BILLING")
        save(engine, "all", "", "PACS")
        save(engine, "odd", "PID-3.1=77001", "BILLING")
        table = engine.core.routes.router.table

        class Bad:
            root = object()

        broken = next(route for route in table if route.name == "odd")
        object.__setattr__(broken, "query", Bad())
        assert b"|AA|" in client.ask(order("V1"))
        assert queued(engine) == [("V1", "PACS", "all")]
        with closing(engine.open_reader()) as reader:
            row = reader.rows([1])[0]
        assert "route_fault" in row.flags
        assert row.error_text.startswith("The route odd could not be applied")
        assert status(engine, "plain").state == "listening"


@pytest.mark.expects_log
@pytest.mark.parametrize("in_the_way", ["AFTER INSERT ON deliveries", "AFTER INSERT ON messages"])
def test_a_message_and_its_deliveries_are_stored_together_or_not_at_all(
    tmp_path: Path, in_the_way: str
):
    def fail(database: Database) -> None:
        database.execute(
            f"CREATE TRIGGER in_the_way {in_the_way} WHEN new.id > 1"
            " BEGIN SELECT RAISE(ABORT, 'no'); END"
        )

    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        add_destinations(engine, "PACS")
        save(engine, "all", "", "PACS")
        assert b"MSA|AA|A1" in client.ask(order("A1"))
        engine.core.writer.call(fail, label="test").result(10)
        refused = client.ask(order("A2"))
        assert b"MSA|AR|A2" in refused
        assert b"|207^" in refused
        with closing(engine.open_reader()) as reader:
            assert list(reader.ids(None)) == [1]
        assert queued(engine) == [("A1", "PACS", "all")]
        engine.core.writer.call(
            lambda database: database.execute("DROP TRIGGER in_the_way") and None, label="test"
        ).result(10)
        assert b"MSA|AA|A2" in client.ask(order("A2"))
        assert queued(engine) == [("A1", "PACS", "all"), ("A2", "PACS", "all")]


def test_the_queue_is_told_how_many_came_and_only_then(tmp_path: Path):
    told: list[dict[str, int]] = []
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        engine.core.writer.on_queued = lambda counts: told.append(dict(counts))
        client.ask(order("Q1"))
        assert told == []
        add_destinations(engine, "PACS", "BILLING")
        save(engine, "all", "", "PACS", "BILLING")
        client.ask(order("Q2"))
        assert queued(engine)
        assert told == [{"PACS": 1, "BILLING": 1}]


RECIPE = '[[step]]\nset = "MSH-5"\nvalue = "{}"\n'


def recipe_ids(engine: Engine) -> list[int]:
    def read(database: Database) -> list[int]:
        return [int(row[0] or 0) for row in database.all("SELECT recipe_id FROM deliveries")]

    return engine.core.writer.call(read, label="test").result(10)


@pytest.mark.expects_log
def test_a_route_applies_the_recipe_as_it_stands(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        add_destinations(engine, "PACS")
        with pytest.raises(UsageError, match="no recipe"):
            save(engine, "all", "", "PACS", recipe="mend")
        recipes.save(engine.workspace, "mend", RECIPE.format("A"))
        save(engine, "all", "", "PACS", recipe="mend")
        client.ask(order("C1"))
        book = engine.core.routes
        for text in (RECIPE.format("B"), "no recipe at all ["):
            recipes.save(engine.workspace, "mend", text)
            assert book._watch.look()
            book._on_recipe_changed()
            client.ask(order("C2"))
        first, second, third = recipe_ids(engine)
        # What is not a recipe (any more) leaves the one in force that was.
        assert 0 < first < second == third
        text = engine.core.writer.call(
            lambda database: recipe_text(database, second), label="test"
        ).result(10)
        assert text == ("mend", RECIPE.format("B"))


@pytest.mark.expects_log
def test_a_route_whose_recipe_is_gone_forwards_nothing_unedited(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        add_destinations(engine, "PACS")
        recipes.save(engine.workspace, "mend", RECIPE.format("A"))
        save(engine, "orders", "type:ORM", "PACS", recipe="mend")
        engine.core.writer.call(
            lambda database: database.execute("DELETE FROM recipes") and None, label="test"
        ).result(10)
        recipes.delete(engine.workspace, "mend")
        engine.core.routes._on_recipe_changed()
        assert "no recipe" in engine.core.routes.problems()["orders"]
        client.ask(order("G1"))
        client.ask(ADT % b"G2")
        assert queued(engine) == []
        with closing(engine.open_reader()) as reader:
            assert ["route_fault" in row.flags for row in reader.rows([1, 2])] == [True, False]


def test_what_a_route_queues_is_sent_in_order(tmp_path: Path):
    with (
        running_engine(tmp_path, PLAIN) as engine,
        Receiver(reply) as receiver,
        Client(port(engine, "plain")) as client,
    ):
        engine.submit(SaveDestination(destination(receiver.port))).result(10)
        save(engine, "orders", "type:ORM", "PACS")
        for n in range(20):
            assert b"|AA|" in client.ask(order(f"E{n}"))
        wait_for(lambda: len(receiver.received) == 20, "the messages at the receiver")
        assert receiver.received == [order(f"E{n}") for n in range(20)]
        # What was queued under the old name goes on under the new one.
        renamed = destination(receiver.port, name="ARCHIVE")
        engine.submit(SaveDestination(renamed, "PACS")).result(10)
        client.ask(order("E20"))
        wait_for(lambda: len(receiver.received) == 21, "the message after the new name")
        wait_for(lambda: not queued(engine), "the end of the queue")


def test_what_was_routed_while_a_destination_was_renamed_comes_along(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        add_destinations(engine, "PACS")
        save(engine, "all", "", "PACS")
        book = engine.core.routes
        real = book.destination_saved

        def late(name: str, previous_name: str) -> None:
            assert b"|AA|" in client.ask(order("Z1"))
            real(name, previous_name)

        book.destination_saved = late  # type: ignore[method-assign]
        renamed = SaveDestination(destination(1, name="ARCHIVE", enabled=False), "PACS")
        engine.submit(renamed).result(10)
        assert queued(engine) == [("Z1", "ARCHIVE", "all")]
        wait_for(
            lambda: (
                [(q.destination, q.waiting) for q in engine.snapshot().queues] == [("ARCHIVE", 1)]
            ),
            "the queue's count",
        )
