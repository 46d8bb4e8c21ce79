"""The fields of a profile, compiled: for each column, how it is read and where it may stand."""

from __future__ import annotations

from collections.abc import Mapping

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.conversions import CLEARS, CONVERT, Convert, path_of
from hl7console.worklist.mapping.texts import NULL
from hl7console.worklist.profiles.columns import COLUMNS
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.profiles.sources import FieldSource
from hl7console.worklist.reading import Seg

Segments = Mapping[str, Seg]
"""The segment of each name that a row is made from."""

Place = tuple[str, int, FieldSource, FieldSource]
"""Segment, field, and the source as the first choice and as a fallback."""
PlanRow = tuple[str, Convert, tuple[Place, ...]]
Plan = tuple[PlanRow, ...]

AREAS = ("patient", "visit", "order", "step")


def compile_plans(profile: Profile) -> dict[str, object]:
    """Return the plan of each area."""
    plans: dict[str, object] = {}
    for area in AREAS:
        plans[area] = tuple(
            (column, CONVERT[COLUMNS[column].kind], tuple(map(_place_of, sources)))
            for column, sources in profile.fields.items()
            if COLUMNS[column].area == area and sources
        )
    return plans


def _place_of(source: FieldSource) -> Place:
    first = source._replace(rule="")
    return source.segment, source.field, first, source._replace(rule="fallback")


def plan_of(profile: Profile, area: str) -> Plan:
    """Return the compiled plan of an area."""
    return profile.plans.get(area, ())  # type: ignore[return-value]


def fill(context: Context, plan: Plan, segments: Segments, out: Mapped) -> None:
    """Put the columns of a plan, each from the first of its sources that has a value.

    A source is a fallback when the segment of one before it was there. A column whose fields are
    only ``""`` is put as "": cleared.
    """
    get = segments.get
    for column, convert, places in plan:
        null_path = ""
        is_fallback = False
        for name, number, first, later in places:
            seg = get(name)
            if seg is None:
                continue
            fields = seg.fields
            if number < len(fields) and (raw := fields[number]):
                if raw == NULL:
                    null_path = null_path or path_of(seg, first)
                elif convert(context, out, column, seg, later if is_fallback else first, raw):
                    break
            is_fallback = True
        else:
            if null_path:
                for cleared in CLEARS.get(column, (column,)):
                    out.put(cleared, "", null_path, "null")
