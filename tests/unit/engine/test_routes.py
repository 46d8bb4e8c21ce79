"""Routes decide as the filter language means it, whatever order they take the conditions in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine import route_trial
from hl7console.engine.intake import ControlIds, Intake
from hl7console.engine.routes import ROUTE_FAULT, CompiledRoute, Router, compiled, undecided_text
from hl7console.hl7v2.filters import evaluate, parse
from hl7console.hl7v2.message import Message
from hl7console.settings import ListenerSettings, RouteSettings
from hl7console.store.records import NewMessage
from hl7console.store.repair_records import DeliveryWanted

RAW = (
    b"MSH|^~\\&|RIS|HOSP|PACS|MAIN|20260105||ORM^O01|M1|P|2.5.1\r"
    b"PID|1||77^^^HOSP^MR||SMITH^JOHN||19800131|M\rOBR|1|P1|F1|CT1^CT Head\rNTE|1||note\r"
)
CONDITIONS = st.sampled_from(
    ("type:ORM", "type:ADT", "from:RIS", "from:LAB", "patient:77", "listener:in", "size:>10",
     "size:>1M", "control:M*", "PID-3.1=77", "PID-3.1=78", "smith", "jones", '"ct head"',
     "has:note", "has:attachment", "OBR-4.1~ct", "ZZZ-1")
)  # fmt: skip
FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' or '.join(parts)})"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=8,
)


class NoWriter:
    def put(self, new: NewMessage, on_stored: object) -> None:
        raise AssertionError


def arriving(router: Router | None = None, raw: bytes = RAW, **settings: object) -> NewMessage:
    listener = ListenerSettings("in", **settings)  # type: ignore[arg-type]
    new, _ = Intake(listener, NoWriter(), ControlIds(), router=router).read(raw)
    return new


def route(name: str, text: str, *destinations: str, recipe_id: int = 0) -> CompiledRoute:
    return compiled(RouteSettings(name, text, destinations or ("D",)), recipe_id)


@given(FILTERS)
def test_a_route_takes_what_its_filter_matches(text: str):
    new = arriving()
    expected = evaluate(parse(text), new, RAW)
    assert bool(Router([route("r", text)]).decide(new, RAW, "ascii").wanted) == expected


def test_conditions_on_keys_take_no_message_apart(monkeypatch: pytest.MonkeyPatch):
    read: list[int] = []
    real = Message.parse.__func__  # type: ignore[attr-defined]

    def parse_counted(cls: type[Message], *args: object, **options: object) -> Message:
        read.append(1)
        return real(cls, *args, **options)

    monkeypatch.setattr(Message, "parse", classmethod(parse_counted))
    keys = Router([
        route("a", "type:ORM from:RIS to:MAIN control:M1 patient:77 size:>10 listener:in"),
        route("b", "smith type:ADT"),
        route("c", "type:ORM or PID-3.1=78"),
    ])  # fmt: skip
    assert len(keys.decide(arriving(), RAW, "ascii").wanted) == 1
    assert not read
    several = Router([route("a", "smith"), route("b", "PID-3.1=77"), route("c", "has:note")])
    assert several.decide(arriving(), RAW, "ascii").wanted
    assert len(read) == 1


def test_a_destination_gets_a_message_once_unless_by_other_recipes():
    router = Router([
        route("a", "type:ORM", "X", "Y"),
        route("b", "", "Y", "Z"),
        route("c", "", "X", recipe_id=5),
    ])  # fmt: skip
    assert router.decide(arriving(), RAW, "ascii").wanted == (
        DeliveryWanted("X", "a"), DeliveryWanted("Y", "a"), DeliveryWanted("Z", "b"),
        DeliveryWanted("X", "c", 5),
    )  # fmt: skip


def test_a_route_with_a_fault_flags_only_what_it_would_take():
    broken = CompiledRoute("broken", parse("type:ORM"), (), fault="There is no recipe x.")
    router = Router([route("fine", ""), broken])
    new = arriving(router)
    assert new.deliveries == (DeliveryWanted("D", "fine"),)
    assert ROUTE_FAULT in new.flags.split()
    assert new.error_text == undecided_text(("broken",))
    other = arriving(router, RAW.replace(b"ORM^O01", b"ADT^A01"))
    assert other.flags == other.error_text == ""


def test_the_listener_says_what_becomes_of_duplicates():
    router = Router([route("all", "")])
    assert not arriving(router).drops_duplicate_deliveries
    assert arriving(router, drop_duplicates=True).drops_duplicate_deliveries


@pytest.mark.parametrize(
    "raw", [b"", b"no message", RAW.replace(b"ORM^O01", b"ACK"), b"\x00" * 50, RAW[:40]]
)
def test_what_is_no_accepted_message_is_not_routed(raw: bytes):
    assert arriving(Router([route("all", "")]), raw).deliveries == ()


@given(st.binary(max_size=300))
def test_no_bytes_stop_a_route(tail: bytes):
    router = Router([route("a", "PID-3.1=77 or smith or OBX-5~x"), route("b", "has:note")])
    new = arriving(router, RAW + tail)
    assert ROUTE_FAULT not in new.flags


def test_a_dry_run_names_the_routes_that_cannot_be_applied():
    routes = (
        RouteSettings("a", "type:ORM", ("X",)),
        RouteSettings("b", "since:2h", ("Y",)),
        RouteSettings("c", "", ("Z",), enabled=False),
    )
    new = arriving()
    found = route_trial.dry_run(routes, new, RAW)  # type: ignore[arg-type]
    assert found.wanted == (DeliveryWanted("X", "a"),)
    assert found.undecided == ("b",)
