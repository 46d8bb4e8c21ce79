"""What a plan remembers changes nothing of what it says, and stays bounded."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapping_kit import OBR, ORC, PID, entry, fields

from hl7console.worklist.mapping import plan
from hl7console.worklist.mapping.orders import map_orders
from hl7console.worklist.profiles.loading import load_profile
from hl7console.worklist.reading import View

HEADS = ("MSH|^~\\&", "MSH|!~\\&", "MSH|^#\\&")
TEXT = 'base = "default"\n'


def mapped(profile, head, *segments):
    raw = "\r".join([f"{head}|RIS|HOSP|C|RAD|20261103080000||ORM^O01|M1|P|2.3.1", *segments])
    raw = raw if head == HEADS[0] else raw.replace("^", head[4]).replace("~", head[5])
    view, message = View(raw.encode()), entry(raw.encode())
    return [
        (one.order.values, one.order.paths, one.order.rules, [s.values for s in one.steps])
        for one in map_orders(view, profile, message, lambda *_: None)
    ]


def fresh():
    """Return the default profile with plans that nobody has used yet."""
    profile = load_profile(TEXT, "fresh")
    return replace(profile, plans=plan.compile_plans(profile))


def traffic():
    for number in range(12):
        head = HEADS[number % 3]
        order = fields(OBR, f4=f"C{number}^Exam {number}^L", f18=f"A{number}", f24="CT")
        extra = [["NTE|1||Note"], ["DG1|1||R51^Headache"], ["ZDS|1.2.3"], []][number % 4]
        yield head, PID, ORC, order, *extra


@pytest.mark.parametrize(("told", "shapes"), [(1, 500), (20_000, 1), (3, 2)])
def test_forgetting_changes_nothing(monkeypatch, told, shapes):
    wanted = [mapped(fresh(), *one) for one in traffic()]
    monkeypatch.setattr(plan, "_MOST_TOLD", told)
    monkeypatch.setattr(plan, "_MOST_SHAPES", shapes)
    kept = fresh()
    for _ in range(2):
        assert [mapped(kept, *one) for one in traffic()] == wanted


def test_what_is_remembered_stays_bounded(monkeypatch):
    monkeypatch.setattr(plan, "_MOST_TOLD", 20)
    monkeypatch.setattr(plan, "_MOST_SHAPES", 4)
    profile = fresh()
    for number in range(60):
        mapped(profile, HEADS[number % 3], PID, ORC, fields(OBR, f4=f"C{number}^Exam {number}^L"))
    for area in plan.AREAS:
        made = plan.plan_of(profile, area)
        assert sum(map(len, made._shapes.values())) <= 4
        assert sum(map(len, made._memories)) <= 21


def test_a_profile_without_fields_maps_nothing():
    from hl7console.worklist.profiles.profile import Profile

    assert plan.plan_of(Profile(), "order").names == frozenset()
